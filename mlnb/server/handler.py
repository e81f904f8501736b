"""The one authenticated Tornado handler, and the two public ones.

It authenticates by Jupyter's means, finds the route, asks Jupyter's authorizer about exactly that operation, and lets a worker thread
do the rest. Nothing that can block runs on the loop.
"""

from __future__ import annotations

import asyncio
import functools
import json
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import APIHandler
from tornado import web
from tornado.iostream import StreamClosedError

from mlnb.core.errors import MlnbError, PermissionDeniedError
from mlnb.server.host import Host, of

if TYPE_CHECKING:
    from mlnb.server.identity import Identity
    from mlnb.server.operations import Incoming
    from mlnb.server.route import RawResponse
    from mlnb.server.router import Match

# Credentials and what only concerns the connection never reach a route.
_PRIVATE_HEADERS = frozenset({"authorization", "cookie", "x-xsrftoken", "connection", "transfer-encoding", "upgrade"})

# A page made from somebody's data is shown without scripts, in an origin of its own.
_ACTIVE = ("text/html", "application/xhtml", "image/svg", "text/xml", "application/xml")
_HARMLESS = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"

# Headers of one connection: what a process behind us says about its own does not hold for ours.
_CONNECTION = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "date", "server"})

_CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "ENDPOINT_NOT_FOUND",
    405: "BAD_REQUEST",
    413: "PAYLOAD_TOO_LARGE",
    429: "RESOURCE_EXHAUSTED",
    503: "TEMPORARILY_UNAVAILABLE",
}


class JsonHandler(APIHandler):
    """Answers in JSON, errors included, and never with the text of an exception we did not write."""

    def initialize(self) -> None:
        """Give the request its id, which goes into the answer and the log."""
        self.request_id = uuid.uuid4().hex
        self._working: asyncio.Future[Any] | None = None
        self._gone = False
        self.set_header("X-Request-Id", self.request_id)

    def set_default_headers(self) -> None:
        """Add the request id and forbid caching: every answer depends on who asks."""
        super().set_default_headers()
        self.set_header("Cache-Control", "no-store")
        if hasattr(self, "request_id"):
            self.set_header("X-Request-Id", self.request_id)

    def get_login_url(self) -> str:
        """Answer 401 where Jupyter would redirect to a login page."""
        raise web.HTTPError(401)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer errors raised by Jupyter and Tornado themselves in our shape."""
        from mlnb.server.errors import body

        error = (kwargs.get("exc_info") or (None, None, None))[1]
        if status_code == 403 and getattr(self, "_jupyter_current_user", None) is None and self.check_host():
            status_code = 401
            self.set_status(401)
        if isinstance(error, MlnbError):
            self.send(error)
            return
        message = self._reason
        if status_code == 401:
            message = "Nobody is logged in, or the token is wrong."
        elif isinstance(error, web.HTTPError) and status_code < 500 and error.log_message:
            message = _formatted(error)
        elif status_code >= 500:
            message = f"The server met a fault. Its log has the details under request {self.request_id}."
        hint = None
        if status_code == 401:
            hint = "Send the server's token: Authorization: Bearer <token>."
        elif "_xsrf" in message:
            hint = "Send the value of the _xsrf cookie as X-XSRFToken, or the server's token instead of a cookie."
        code = _CODES.get(status_code, "INTERNAL_ERROR" if status_code >= 500 else "BAD_REQUEST")
        self.finish(json.dumps(body(code, message, hint=hint, request_id=self.request_id)))

    def send(self, error: BaseException) -> None:
        """Answer with an error of ours, or with a 500 for one that is not."""
        from mlnb.server.errors import answer

        found = answer(error, path=self.request.path, request_id=self.request_id)
        if found.status >= 500 and found.body["error_code"] == "INTERNAL_ERROR":
            self.log.error("mlnb request %s failed", self.request_id, exc_info=error)
        self.set_status(found.status)
        for name, value in found.headers.items():
            self.set_header(name, value)
        self.set_header("Content-Type", "application/json")
        self.finish(found.to_bytes())

    def on_connection_close(self) -> None:
        """Stop waiting for work whose reader has gone; work that has not begun never begins."""
        self._gone = True
        if self._working is not None:
            self._working.cancel()
        super().on_connection_close()


def _formatted(error: web.HTTPError) -> str:
    """Fill in the log message as a log would: Jupyter's own handler sends ``no run %s``."""
    try:
        return str(error.log_message) % error.args if error.args else str(error.log_message).replace("%%", "%")
    except (TypeError, ValueError):
        return str(error.log_message)


class MlnbHandler(JsonHandler):
    """Everything under ``{base_url}mlnb/`` that needs a login."""

    SUPPORTED_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

    @web.authenticated
    async def get(self, path: str) -> None:
        """Answer GET."""
        await self._serve()

    @web.authenticated
    async def head(self, path: str) -> None:
        """Answer HEAD like GET, without the body."""
        await self._serve()

    @web.authenticated
    async def post(self, path: str) -> None:
        """Answer POST."""
        await self._serve()

    @web.authenticated
    async def put(self, path: str) -> None:
        """Answer PUT."""
        await self._serve()

    @web.authenticated
    async def patch(self, path: str) -> None:
        """Answer PATCH."""
        await self._serve()

    @web.authenticated
    async def delete(self, path: str) -> None:
        """Answer DELETE."""
        await self._serve()

    async def _serve(self) -> None:
        host = of(self)
        try:
            match = await self._match(host)
            if not await self._may(match):
                route = match.route
                raise PermissionDeniedError(
                    f"This server's authorizer does not let you {route.effective_action} mlnb:{route.resource}.",
                    hint="Ask whoever runs this Jupyter server.",
                )
            response = await self._work(host, match)
            await self._reply(host, match, response)
        except asyncio.CancelledError:
            if not self._gone:
                raise
            self.log.debug("mlnb request %s: the client left", self.request_id)
        except StreamClosedError:
            self.log.debug("mlnb request %s: the client left while reading", self.request_id)
        except web.HTTPError:
            raise
        except Exception as error:
            self.send(error)

    async def _match(self, host: Host) -> Match:
        # The table and its models are imported by the first request, in a thread: that takes longer than the loop may wait.
        router = host.router_if_loaded or await self._in_thread(host, "fast", host.router)
        return router.find(self.request.method or "GET", self.relative_path)

    @property
    def relative_path(self) -> str:
        """The path below ``{base_url}mlnb``, still percent-encoded."""
        base = self.base_url.rstrip("/")
        if not self.request.path.startswith(base):  # a client that sent it decoded
            base = unquote(base)
        return self.request.path[len(base) + len("/mlnb") :]

    async def _may(self, match: Match) -> bool:
        from mlnb.server.identity import is_allowed

        return await is_allowed(self, match.route)

    async def _work(self, host: Host, match: Match) -> RawResponse:
        from mlnb.server.identity import identify
        from mlnb.server.operations import Incoming

        incoming = Incoming(
            verb=self.request.method or "GET",
            path=self.relative_path,
            params=match.params,
            query=_decoded(self.request.query_arguments),
            headers={k.lower(): v for k, v in self.request.headers.items() if k.lower() not in _PRIVATE_HEADERS},
            body=self.request.body,
        )
        call = functools.partial(_perform, host, match, incoming, identify(self, self.request_id))
        response: RawResponse = await self._in_thread(host, match.route.pool, call)
        return response

    async def _in_thread(self, host: Host, pool: str, call: Any) -> Any:
        self._working = asyncio.wrap_future(host.pool(pool).submit(call))
        try:
            return await self._working
        finally:
            self._working = None

    async def _reply(self, host: Host, match: Match, response: RawResponse) -> None:
        self.set_status(response.status)
        whole = isinstance(response.body, bytes)
        for name, value in response.headers.items():
            if name.lower() not in _CONNECTION and not (whole and name.lower() == "content-length"):
                self.set_header(name, value)
        self.set_header("Content-Type", response.content_type)
        if response.content_type.startswith(_ACTIVE):
            self.set_header("Content-Security-Policy", _HARMLESS)
        if isinstance(response.body, bytes):
            await self.finish(response.body or None, set_content_type=response.content_type)
        else:
            await self._stream(host, match.route.pool, response.body)

    async def _stream(self, host: Host, pool: str, chunks: Iterator[bytes]) -> None:
        """Send a body piece by piece; the next one is read only when the client has taken the last."""
        try:
            while (chunk := await self._in_thread(host, pool, functools.partial(next, chunks, None))) is not None:
                self.write(chunk)
                await self.flush()
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                host.pool(pool).submit(close)
        await self.finish()


def _perform(host: Host, match: Match, incoming: Incoming, identity: Identity) -> RawResponse:
    """Answer in a worker thread, with the request's person as the caller of everything below."""
    from mlnb.core.caller import Caller, calling
    from mlnb.server import identity as identities
    from mlnb.server.operations import perform
    from mlnb.server.status import without_workspace

    early = without_workspace(host, match.route)
    if early is not None:
        return early
    ws = host.workspace()
    token = identities.current.set(identity)
    try:
        caller = Caller(principal=identity.principal(ws.user), source="rest", request_id=identity.request_id)
        with calling(caller):
            return perform(match.route, ws, incoming, max_json_bytes=host.settings.max_json_bytes)
    finally:
        identities.current.reset(token)


def _decoded(query: dict[str, list[bytes]]) -> dict[str, list[str]]:
    return {key: [value.decode("utf-8", "replace") for value in values] for key, values in query.items()}


class PublicHandler(JsonHandler):
    """An answer that needs no login and says nothing about the workspace.

    ``/health`` is for probes. The platform's client asks ``/.well-known/databricks-config`` before its first call and warns when there
    is nothing; an empty object makes it go on with the host it was given.
    """

    _track_activity = False

    def initialize(self, answer: dict[str, str]) -> None:  # type: ignore[override]
        """Keep the fixed answer."""
        super().initialize()
        self._answer = answer

    @allow_unauthenticated
    async def get(self) -> None:
        """Answer GET."""
        await self.finish(json.dumps(self._answer))

    @allow_unauthenticated
    async def head(self) -> None:
        """Answer HEAD."""
        await self.finish()

"""What every handler of operations does, whatever server it stands in: find the route, work in a thread, answer."""

from __future__ import annotations

import asyncio
import functools
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tornado import web
from tornado.iostream import StreamClosedError

from mlnb.core.errors import PermissionDeniedError

if TYPE_CHECKING:
    from mlnb.server.host import Host
    from mlnb.server.identity import Identity
    from mlnb.server.operations import Incoming
    from mlnb.server.route import RawResponse
    from mlnb.server.router import Match

# Credentials and what only concerns the connection never reach a route.
_PRIVATE_HEADERS = frozenset({"authorization", "cookie", "x-xsrftoken", "connection", "transfer-encoding", "upgrade"})

# A page made from somebody's data is shown without scripts, in an origin of its own.
_ACTIVE = ("text/html", "text/xml", "application/xml", "+xml")
_HARMLESS = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"

# Headers of one connection: what a process behind us says about its own does not hold for ours.
_CONNECTION = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "date", "server"})


class Operations(web.RequestHandler):
    """Answers operations; a server's own handler says who asks, what they may, and where the paths begin."""

    log: Any
    #: The file that holds the body, where it is received piece by piece.
    upload: Path | None = None

    def initialize(self) -> None:
        """Give the request its id, which goes into the answer and the log."""
        self.request_id = uuid.uuid4().hex
        self._working: asyncio.Future[Any] | None = None
        self._gone = False
        self._left = threading.Event()
        self.set_header("X-Request-Id", self.request_id)

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
        self._left.set()
        if self._working is not None:
            self._working.cancel()
        super().on_connection_close()

    def host(self) -> Host:
        """Return what this server keeps."""
        raise web.HTTPError(500)

    def identity(self) -> Identity:
        """Return who asks."""
        raise web.HTTPError(401)

    async def may(self, match: Match) -> bool:
        """Say whether this server lets them."""
        raise web.HTTPError(403)

    @property
    def relative_path(self) -> str:
        """The operation's path, still percent-encoded."""
        return self.request.path

    async def end(self, body: bytes | None, content_type: str) -> None:
        """Finish with a body; the type's header is set."""
        raise web.HTTPError(500)

    async def serve(self) -> None:
        """Answer the request."""
        host = self.host()
        try:
            match = await self.admitted()
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

    async def admitted(self) -> Match:
        """Return the operation that is asked for.

        Raises
        ------
        NotFoundError, NotProvidedError, PermissionDeniedError
            When there is none, or this server does not let them.
        """
        match = await self._match(self.host())
        if not await self.may(match):
            route = match.route
            raise PermissionDeniedError(
                f"This server does not let you {route.effective_action} mlnb:{route.resource}.",
                hint="Ask whoever runs this server.",
            )
        return match

    async def _match(self, host: Host) -> Match:
        # The table and its models are imported by the first request, in a thread: that takes longer than the loop may wait.
        router = host.router_if_loaded or await self._in_thread(host, "fast", host.router)
        return router.find(self.request.method or "GET", self.relative_path)

    async def _work(self, host: Host, match: Match) -> RawResponse:
        from mlnb.server.operations import Incoming

        incoming = Incoming(
            verb=self.request.method or "GET",
            path=self.relative_path,
            params=match.params,
            query=_decoded(self.request.query_arguments),
            headers={k.lower(): v for k, v in self.request.headers.items() if k.lower() not in _PRIVATE_HEADERS},
            body=self.request.body,
            upload=self.upload,
        )
        call = functools.partial(_perform, host, match, incoming, self.identity(), self._left)
        response: RawResponse = await self._in_thread(host, match.route.pool, call)
        return response

    async def _in_thread(self, host: Host, pool: str, call: Any) -> Any:
        if self._gone:  # the client left between two pieces of work, when there was nothing to cancel
            raise asyncio.CancelledError
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
        if (
            any(kind in response.content_type.lower() for kind in _ACTIVE)
            and "Content-Security-Policy" not in response.headers
        ):
            self.set_header("Content-Security-Policy", _HARMLESS)
        if isinstance(response.body, bytes):
            await self.end(response.body or None, response.content_type)
        else:
            await self._stream(host, match.route.pool, response.body, response.content_type)

    async def _stream(self, host: Host, pool: str, chunks: Iterator[bytes], content_type: str) -> None:
        """Send a body piece by piece; the next one is read only when the client has taken the last."""
        try:
            while (chunk := await self._in_thread(host, pool, functools.partial(next, chunks, None))) is not None:
                self.write(chunk)
                await self.flush()
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                host.pool(pool).submit(close)
        await self.end(None, content_type)


def _perform(host: Host, match: Match, incoming: Incoming, identity: Identity, left: threading.Event) -> RawResponse:
    """Answer in a worker thread, with the request's person as the caller of everything below."""
    from mlnb.core.caller import answering, calling
    from mlnb.server import identity as identities
    from mlnb.server.operations import perform
    from mlnb.server.status import without_workspace

    early = without_workspace(host, match.route)
    if early is not None:
        return early
    ws = host.workspace()
    token = identities.current.set(identity)
    try:
        with calling(identity.caller(ws.user)), answering(left):
            return perform(match.route, ws, incoming, max_json_bytes=host.settings.max_json_bytes)
    finally:
        identities.current.reset(token)


def _decoded(query: dict[str, list[bytes]]) -> dict[str, list[str]]:
    return {key: [value.decode("utf-8", "replace") for value in values] for key, values in query.items()}

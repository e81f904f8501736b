"""The one authenticated Tornado handler, and the two public ones.

It authenticates by Jupyter's means, finds the route, asks Jupyter's authorizer about exactly that operation, and lets a worker thread
do the rest. Nothing that can block runs on the loop.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import unquote

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import APIHandler
from tornado import web

from mlnb.core.errors import MlnbError
from mlnb.server.host import Host, of
from mlnb.server.operation_handler import Operations

if TYPE_CHECKING:
    from mlnb.server.identity import Identity
    from mlnb.server.router import Match

# A file of any size: the disk is the limit.
_MAX_UPLOAD = 1 << 44

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


class JsonHandler(Operations, APIHandler):
    """Answers in JSON, errors included, and never with the text of an exception we did not write."""

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
        await self.serve()

    @web.authenticated
    async def head(self, path: str) -> None:
        """Answer HEAD like GET, without the body."""
        await self.serve()

    @web.authenticated
    async def post(self, path: str) -> None:
        """Answer POST."""
        await self.serve()

    @web.authenticated
    async def put(self, path: str) -> None:
        """Answer PUT."""
        await self.serve()

    @web.authenticated
    async def patch(self, path: str) -> None:
        """Answer PATCH."""
        await self.serve()

    @web.authenticated
    async def delete(self, path: str) -> None:
        """Answer DELETE."""
        await self.serve()

    async def may(self, match: Match) -> bool:
        """Ask Jupyter's authorizer."""
        from mlnb.server.identity import is_allowed

        return await is_allowed(self, match.route)

    def host(self) -> Host:
        """Return what this server keeps."""
        return of(self)

    def identity(self) -> Identity:
        """Return who Jupyter says it is."""
        from mlnb.server.identity import identify

        return identify(self, self.request_id)

    @property
    def relative_path(self) -> str:
        """The path below ``{base_url}mlnb``, still percent-encoded."""
        base = self.base_url.rstrip("/")
        if not self.request.path.startswith(base):  # a client that sent it decoded
            base = unquote(base)
        return self.request.path[len(base) + len("/mlnb") :]

    async def end(self, body: bytes | None, content_type: str) -> None:
        """Finish with a body of a type: Jupyter's own handler would call everything JSON."""
        await self.finish(body, set_content_type=content_type)


@web.stream_request_body
class UploadHandler(MlnbHandler):
    """Files of volumes and runs: a body of any size goes into a file while it arrives, and only from somebody who may send it."""

    async def prepare(self) -> None:  # type: ignore[override]
        """Make the file that the body goes into."""
        await super().prepare()
        if self.request.method not in ("PUT", "POST", "PATCH"):
            return
        if self.current_user is None:
            raise web.HTTPError(401)
        try:
            await self.admitted()
        except MlnbError as error:
            self.send(error)
            return
        self.request.connection.set_max_body_size(_MAX_UPLOAD)  # type: ignore[union-attr]
        self._sink = await asyncio.to_thread(self._new_file)

    def _new_file(self) -> IO[bytes]:
        folder = self.host().path / "tmp"
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix="upload-", dir=folder)
        self.upload = Path(name)
        return os.fdopen(handle, "wb")

    async def data_received(self, chunk: bytes) -> None:
        """Write a piece, in a thread: the next one is read when it is on disk."""
        if self._sink is not None:
            await asyncio.to_thread(self._sink.write, chunk)

    async def serve(self) -> None:
        """Answer with the whole body on disk."""
        try:
            if self._sink is not None:
                await asyncio.to_thread(self._sink.close)
            await super().serve()
        finally:
            self._remove()

    def on_connection_close(self) -> None:
        """Forget what a client sent that went away."""
        super().on_connection_close()
        self._remove()

    def on_finish(self) -> None:
        """Leave no file behind, whatever ended the request."""
        super().on_finish()
        self._remove()

    def _remove(self) -> None:
        if self.upload is not None:
            self.upload.unlink(missing_ok=True)
            self.upload = None

    _sink: IO[bytes] | None = None


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

"""The catalog's operations without Jupyter: what ``mlnb catalog serve`` starts, with a token of its own.

Only the catalog, its SQL and its files are answered: nothing here starts kernels, models or jobs.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tornado import web

from mlnb.server.host import Host
from mlnb.server.identity import Identity
from mlnb.server.operation_handler import Operations

if TYPE_CHECKING:
    from mlnb.server.router import Match

#: Resources of the operations table that are answered.
RESOURCES = frozenset({"catalog", "sql", "files"})

_log = logging.getLogger("mlnb.server")


class CatalogHandler(Operations):
    """Every operation of the catalog, for whoever shows the token."""

    log = _log

    def initialize(self, host: Host, token: str) -> None:  # type: ignore[override]
        """Keep what the server keeps, and the token."""
        super().initialize()
        self._host, self._token = host, token

    def set_default_headers(self) -> None:
        """Forbid caching: every answer depends on who asks."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")

    def check_xsrf_cookie(self) -> None:
        """Ask for none: there are no cookies, so no page can send one for somebody."""

    async def prepare(self) -> None:
        """Turn away whoever does not show the token."""
        scheme, _, given = self.request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() not in ("bearer", "token") or not hmac.compare_digest(given.strip(), self._token):
            self._refuse(
                401, "UNAUTHENTICATED", "The token is missing or wrong.", "Send Authorization: Bearer <token>."
            )

    def _refuse(self, status: int, code: str, message: str, hint: str) -> None:
        from mlnb.server.errors import body

        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(body(code, message, hint=hint, request_id=self.request_id)))

    def host(self) -> Host:
        """Return what this server keeps."""
        return self._host

    def identity(self) -> Identity:
        """Return whom the token stands for: the workspace's user."""
        return Identity(how="setting", provider="token", credential="token", request_id=self.request_id)

    async def may(self, match: Match) -> bool:
        """Answer the catalog's operations only."""
        return match.route.resource in RESOURCES

    async def end(self, body: bytes | None, content_type: str) -> None:
        """Finish with a body."""
        self.set_header("Content-Type", content_type)
        await self.finish(body)

    async def get(self, *_: str) -> None:
        """Answer GET."""
        await self.serve()

    head = post = put = patch = delete = get


class _Health(web.RequestHandler):
    """An answer for probes, which says nothing about the workspace."""

    def initialize(self, answer: dict[str, str]) -> None:
        """Keep the fixed answer."""
        self._answer = answer

    def get(self) -> None:
        """Answer GET."""
        self.finish(self._answer)


def application(path: Path, token: str) -> web.Application:
    """Return the application for a workspace."""
    about: dict[str, Any] = {"host": Host(path), "token": token}
    return web.Application(
        [
            (r"/health", _Health, {"answer": {"status": "ok"}}),
            (r"/\.well-known/databricks-config", _Health, {"answer": {}}),
            (r"/.*", CatalogHandler, about),
        ]
    )


def serve(path: Path, token: str, *, address: str, port: int, started: Callable[[int], None]) -> None:
    """Answer until interrupted.

    Parameters
    ----------
    address, port
        Where to listen; port 0 takes a free one.
    started
        Called with the port once the server listens.
    """

    async def run() -> None:
        from tornado.httpserver import HTTPServer
        from tornado.netutil import bind_sockets

        server = HTTPServer(application(path, token))
        sockets = bind_sockets(port, address)
        server.add_sockets(sockets)
        started(int(sockets[0].getsockname()[1]))
        try:
            await asyncio.Event().wait()
        finally:
            server.stop()
            await server.close_all_connections()

    asyncio.run(run())

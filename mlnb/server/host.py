"""What one Jupyter server keeps: the workspace, opened off the loop when first needed, the routes, and the worker pools."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlnb.door import Workspace
    from mlnb.server.pools import Pool
    from mlnb.server.router import Router
    from mlnb.server.settings import ServerSettings

log = logging.getLogger("mlnb.server")

_QUEUE = 64  # slow calls that may wait; quick ones may wait in larger numbers because they leave quickly
_FAST_QUEUE = 512
_WARM_AFTER_S = 2.0  # after the first answers, which should not share the processor with an import


class Host:
    """The collaborators of the handlers.

    Nothing is imported or opened when it is made; each property does so on first use, and all of them are called from worker threads.

    Parameters
    ----------
    path
        The workspace folder.
    on_open
        Called once, in the opening thread, with the opened workspace.
    """

    def __init__(self, path: Path, on_open: Callable[[Host, Workspace], None] | None = None) -> None:
        self.path = path
        self._on_open = on_open
        self._lock = threading.RLock()
        self._workspace: Workspace | None = None
        self._settings: ServerSettings | None = None
        self._router: Router | None = None
        self._pools: dict[str, Pool] = {}
        self.opening = False

    def exists(self) -> bool:
        """Whether somebody has used this workspace; looking must not create it."""
        if os.environ.get("MLNB_METASTORE_URL"):
            return True
        return (self.path / "metastore.db").exists() or (self.path / "mlnb.toml").exists()

    def workspace(self) -> Workspace:
        """Open the workspace, creating and migrating it when needed.

        Raises
        ------
        MlnbError
            When it cannot be opened; the next call tries again.
        """
        if self._workspace is not None:
            return self._workspace
        with self._lock:
            if self._workspace is None:
                self.opening = True
                try:
                    self._workspace = self._open()
                finally:
                    self.opening = False
            return self._workspace

    def _open(self) -> Workspace:
        from mlnb.door import open_workspace

        ws = open_workspace(self.path)
        if self._on_open is not None:
            try:
                self._on_open(self, ws)
            except Exception:
                log.exception("mlnb: what follows opening the workspace failed")
        threading.Thread(target=_warm, args=(ws,), name="mlnb-warm", daemon=True).start()
        return ws

    @property
    def is_open(self) -> bool:
        """Whether the workspace is open already."""
        return self._workspace is not None

    @property
    def settings(self) -> ServerSettings:
        """The section ``[server]``; its defaults while the settings cannot be read."""
        from mlnb.server.settings import ServerSettings

        if self._settings is None:
            if self._workspace is None:
                return ServerSettings()
            self._settings = self._workspace.settings.section("server", ServerSettings)
        return self._settings

    def router(self) -> Router:
        """Import all route modules and build the path tree, once."""
        with self._lock:
            if self._router is None:
                from mlnb.server.router import Router, load_routes

                self._router = Router(load_routes())
            return self._router

    @property
    def router_if_loaded(self) -> Router | None:
        """The path tree when it is there already, so that the loop need not ask a thread for it."""
        return self._router

    def pool(self, name: str) -> Pool:
        """Return the pool ``fast``, ``slow`` or ``mlflow``."""
        with self._lock:
            if name not in self._pools:
                from mlnb.server.pools import Pool

                threads = self.settings.slow_threads if name == "slow" else self.settings.threads
                self._pools[name] = Pool(name, threads, _QUEUE if name == "slow" else _FAST_QUEUE)
            return self._pools[name]

    def __repr__(self) -> str:
        return f"Host({str(self.path)!r}, open={self.is_open})"


def _warm(ws: Workspace) -> None:
    """Import MLflow and open its store before a panel asks for it: the first contact takes seconds."""
    time.sleep(_WARM_AFTER_S)
    try:
        ws.tracking.client().search_experiments(max_results=1)
    except Exception as error:
        log.debug("mlnb: MLflow was not warmed up: %s", error)


def of(handler: Any) -> Host:
    """Return the host of a Tornado handler."""
    host: Host = handler.settings["mlnb_host"]
    return host

"""The load hook of the Jupyter server extension.

It adds four handlers and two event schemas and returns. Opening the workspace, importing the routes and starting the supervisor happen
later, in threads: nobody's Jupyter should start more slowly because of us.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

FOLDER = ".mlnb"


def load(server_app: Any) -> None:
    """Add mlnb to a Jupyter server.

    The workspace is ``MLNB_WORKSPACE``, else ``.mlnb`` in the server's root folder; it is also put into the environment, where the
    kernels of this server find it.
    """
    from jupyter_server.utils import url_path_join

    from mlnb.server import events, notebooks
    from mlnb.server.handler import MlnbHandler, PublicHandler, UploadHandler
    from mlnb.server.host import Host

    path = workspace_path(server_app)
    os.environ["MLNB_WORKSPACE"] = str(path)
    # Its kernels need no widgets: the pages of this server have our components.
    os.environ["MLNB_LAB"] = "1"
    app = server_app.web_app
    watcher = events.Watcher(server_app)
    host = Host(path, on_open=watcher.opened)
    app.settings["mlnb_host"] = host
    given = app.settings["base_url"]
    # Some clients send a Hub's "/user/a%40b/" with a plain "@".
    bases = dict.fromkeys(url_path_join(base, "mlnb") for base in (given, re.escape(unquote(given))))
    handlers: list[Any] = []
    for base in bases:
        handlers += [
            (f"{base}/health", PublicHandler, {"answer": {"status": "ok"}}),
            (f"{base}/\\.well-known/databricks-config", PublicHandler, {"answer": {}}),
            (f"{base}/(api/2\\.0/(?:fs/files|mlflow-artifacts/artifacts)/.*)", UploadHandler),
            (f"{base}/(.*)", MlnbHandler),
        ]
    app.add_handlers(".*$", handlers)
    events.register_schemas(server_app.event_logger)
    notebooks.follow(server_app.event_logger, host, server_app.root_dir)
    server_app.io_loop.add_callback(watcher.start, host)
    server_app.log.info("mlnb: workspace %s", path)


def workspace_path(server_app: Any) -> Path:
    """Return the folder of the workspace this server works on."""
    chosen = os.environ.get("MLNB_WORKSPACE")
    if chosen:
        return Path(chosen).expanduser().resolve()
    return Path(server_app.root_dir).resolve() / FOLDER

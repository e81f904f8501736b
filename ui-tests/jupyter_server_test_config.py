"""The server of the browser tests: a fresh folder with a fresh workspace, without any protection. Never use it elsewhere."""

import os
from pathlib import Path

from jupyterlab.galata import configure_jupyter_server

configure_jupyter_server(c)  # noqa: F821

c.ServerApp.allow_root = True  # noqa: F821
c.ServerApp.port = int(os.environ.get("MLNB_TEST_PORT", "8888"))  # noqa: F821
# Kernels and the server meet in one workspace, which goes with the folder.
os.environ.setdefault("MLNB_WORKSPACE", str(Path(c.ServerApp.root_dir) / ".mlnb"))  # noqa: F821
# Also where the package is only on the path, not installed.
c.ServerApp.jpserver_extensions = {"mlnb": True, "jupyterlab": True}  # noqa: F821

"""Serve a fresh workspace with two tables in it, as a secured Lab or as Notebook 7: ``python hosts/serve.py lab|notebook PORT``."""

import os
import sys
import tempfile
from pathlib import Path

kind, port = sys.argv[1:]
folder = Path(tempfile.mkdtemp(prefix=f"mlnb-{kind}-"))
os.environ["MLNB_WORKSPACE"] = str(folder / ".mlnb")
# Layouts and settings of other servers of this user are none of ours.
os.environ["JUPYTERLAB_WORKSPACES_DIR"] = str(folder / ".layouts")
os.environ["JUPYTERLAB_SETTINGS_DIR"] = str(folder / ".settings")

import pandas as pd  # noqa: E402

import mlnb  # noqa: E402  (the workspace is chosen first)

ws = mlnb.workspace()
ws.catalog.create_schema("main.shop", if_not_exists=True)
ws.catalog.write("main.shop.orders", pd.DataFrame({"id": range(300)}))
ws.catalog.write("main.shop.visits", pd.DataFrame({"id": range(20)}))

# A token, cross-site protection and a base address as behind a hub.
command = [sys.executable, "-m", f"jupyter{kind}" if kind == "lab" else kind, "--allow-root", "--no-browser"]
command += [f"--port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}"]
command += ["--IdentityProvider.token=secret", "--ServerApp.jpserver_extensions={'mlnb': True}"]
if kind == "lab":
    command += ["--ServerApp.base_url=/user/a@b/"]
os.chdir(folder)
os.execv(command[0], command)

"""A JupyterLab whose workspace holds many tables in one schema, for tree.mjs: it runs until it is stopped and leaves nothing behind."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

sys.path.insert(0, str(Path(__file__).parents[1] / "catalog"))


def main() -> None:
    """Fill a workspace, start Lab on it, and remove both at the end."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=8899)
    options.add_argument("--tables", type=int, default=10_000)
    options.add_argument("--columns", type=int, default=20)
    given = options.parse_args()
    from tree import fill

    from mlnb.door import Workspace

    folder = Path(tempfile.mkdtemp(prefix="mlnb-bench-"))
    place = folder / ".mlnb"
    workspace = Workspace(place)
    fill(workspace, given.tables, given.columns)
    workspace.close()
    asked = [
        f"--ServerApp.port={given.port}",
        "--ServerApp.port_retries=0",
        "--no-browser",
        "--IdentityProvider.token=",
    ]
    asked += [f"--ServerApp.root_dir={folder}", f"--LabApp.workspaces_dir={folder / 'workspaces'}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        asked.append("--allow-root")
    environment = {**os.environ, "MLNB_WORKSPACE": str(place)}
    lab = subprocess.Popen([sys.executable, "-m", "jupyterlab", *asked], env=environment)

    def end(*_: object) -> NoReturn:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
    try:
        lab.wait()
    finally:
        lab.terminate()
        lab.wait(30)
        subprocess.run([sys.executable, "-m", "mlnb", "-w", str(place), "down"])
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

"""A JupyterLab whose workspace holds 10,000 runs with 1,000 metrics each, and MLflow's own interface on the same store, for runs.mjs.

Both run until they are stopped. The store is seeded once (about two minutes, 2 GB); `--store FOLDER` keeps it for the next time.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))


def main() -> None:
    """Fill a workspace, start Lab and MLflow on it, and end both when this ends."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=8899)
    options.add_argument("--runs", type=int, default=10_000)
    options.add_argument("--metrics", type=int, default=1_000)
    options.add_argument("--store", type=Path)
    given = options.parse_args()
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    from search import seed

    from mlnb.door import Workspace

    folder = given.store or Path(tempfile.mkdtemp(prefix="mlnb-bench-"))
    place = folder / ".mlnb"
    workspace: Any = Workspace(place)
    seed(workspace, given.runs, given.metrics)
    store = workspace.tracking.uri
    workspace.close()
    environment = {**os.environ, "MLNB_WORKSPACE": str(place), "MLNB_SERVER__SUPERVISOR": "false"}
    asked = [
        f"--ServerApp.port={given.port}",
        "--ServerApp.port_retries=0",
        "--no-browser",
        "--IdentityProvider.token=",
    ]
    asked += [f"--ServerApp.root_dir={folder}", f"--LabApp.workspaces_dir={folder / 'workspaces'}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        asked.append("--allow-root")
    peer = ["server", "--backend-store-uri", store, "--port", str(given.port + 1), "--workers", "1"]
    processes = [
        subprocess.Popen([sys.executable, "-m", "jupyterlab", *asked], env=environment),
        subprocess.Popen([sys.executable, "-m", "mlflow", *peer], env=environment, start_new_session=True),
    ]

    def end(*_: object) -> NoReturn:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
    try:
        processes[0].wait()
    finally:
        processes[0].terminate()
        # MLflow leaves its workers behind unless all of them are asked.
        os.killpg(processes[1].pid, signal.SIGTERM)
        for process in processes:
            process.wait(30)
        if not given.store:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

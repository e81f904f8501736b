"""Whatever a kernel does with plain MLflow, artifacts stay in the workspace."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CODE = """
import mlnb
ws = mlnb.workspace()
ws.tracking.configure()
import mlflow
with mlflow.start_run():
    mlflow.log_text("x", "a.txt")
mlflow.set_experiment("mine")
with mlflow.start_run():
    mlflow.log_text("x", "a.txt")
print(len(list((ws.path / "artifacts").rglob("a.txt"))))
"""


def test_experiments_without_a_place_are_kept_in_the_workspace(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("MLNB_")}
    env.pop("_MLFLOW_SERVER_ARTIFACT_ROOT", None)
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[-1] == "2"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".mlnb"]

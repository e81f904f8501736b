"""After the extension was loaded, plain MLflow calls go to the workspace, and no store appears beside the notebook."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "mlnb")
assert "mlflow" not in sys.modules and "pydantic" not in sys.modules
{cells}
"""


def run(folder: Path, *cells: str, address: str | None = None) -> str:
    """Run cells in a process of their own; returns what they print."""
    import os

    environment = {key: value for key, value in os.environ.items() if "MLFLOW" not in key}
    environment |= {"MLFLOW_TRACKING_URI": address} if address else {}
    body = "\n".join(f"shell.run_cell({cell!r}).raise_error()" for cell in cells)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(cells=body)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def folder(ws: Any, tmp_path: Path) -> Path:
    """Where the notebook is: inside the workspace's project."""
    made: Path = ws.path.parent / "notes"
    made.mkdir()
    return made


def test_a_logged_profile_is_found_by_plain_mlflow(ws: Any, folder: Path) -> None:
    shown = run(
        folder,
        "import pandas as pd\nx = pd.DataFrame({'a': [1, 2, 3]})",
        "%eda x --log --quiet",
        "import mlflow\nprint(mlflow.search_runs(search_all_experiments=True)['tags.mlnb.kind'].tolist())",
    )
    assert "['eda']" in shown
    assert list(folder.iterdir()) == []


def test_plain_mlflow_alone_uses_the_workspace_but_never_another_store_than_the_user_names(
    ws: Any, folder: Path
) -> None:
    ask = "import mlflow\nprint('uri', mlflow.get_tracking_uri())"
    assert f"uri {ws.tracking.uri}" in run(folder, ask)
    other = "http://127.0.0.1:9"
    assert f"uri {other}" in run(folder, "%scope", ask, address=other)


def test_no_workspace_is_made_for_plain_mlflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLNB_WORKSPACE", raising=False)
    bare = tmp_path / "bare"
    bare.mkdir()
    run(bare, "mlflow_is_only_named = 1")
    assert list(bare.iterdir()) == []

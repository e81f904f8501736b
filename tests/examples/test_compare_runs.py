"""The notebook of three models runs as written: found, compared, run again to the same number, and worst where it says."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from mlnb.jobs.client import execute_notebook

    folder = tmp_path_factory.mktemp("runs")
    shutil.copy(EXAMPLES / "compare_runs.ipynb", folder)
    done = folder / "done.ipynb"
    env = {"MLNB_WORKSPACE": str(folder / ".mlnb")}
    try:
        execute_notebook(folder / "compare_runs.ipynb", done, cwd=folder, env=env, timeout=1200)
    finally:
        _stop_supervisor(folder / ".mlnb")
    return nbformat.read(done, 4)


def _stop_supervisor(path: Path) -> None:
    from mlnb.door import Workspace

    workspace = Workspace(path)
    workspace.supervisor.stop()
    workspace.close()


def output(notebook: Any, cell_id: str) -> str:
    cell = next(cell for cell in notebook.cells if cell.id == cell_id)
    return "".join(o.get("text") or o.get("data", {}).get("text/plain", "") for o in cell.outputs)


def test_three_cells_are_three_runs_and_the_best_stands_first(executed: Any) -> None:
    for name in ("linear", "forest", "boosted"):
        assert "FINISHED" in output(executed, name)
    table = output(executed, "runs")
    assert table.startswith("3 of 3 runs")
    assert table.index("boosted") < table.index("forest") < table.index("linear")


def test_two_runs_differ_in_what_was_changed(executed: Any) -> None:
    told = output(executed, "diff")
    assert "roc_auc" in told
    assert "b is better" in told
    assert "LGBMClassifier" in told
    assert "the same: " in told
    assert "environment" in told.split("the same: ")[1]


def test_a_replay_gives_the_same_number_and_says_why_another_does_not(executed: Any) -> None:
    assert "IDENTICAL" in output(executed, "replay")
    latest = output(executed, "latest")
    assert "DIFFERENT" in latest
    assert "main.ml.delays" in latest


def test_it_is_said_where_the_model_is_worst_and_which_of_two_is_better(executed: Any) -> None:
    assert "worst carrier: " in output(executed, "evaluate")
    assert output(executed, "champion").startswith("BETTER in roc_auc")
    assert "## Parameters" in output(executed, "card")


def test_the_plain_client_finds_the_same_runs(executed: Any) -> None:
    assert {"boosted", "forest", "linear"} <= set(output(executed, "plain").split())

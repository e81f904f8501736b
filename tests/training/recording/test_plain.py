"""Plain MLflow calls in a real kernel: the right experiment, our tags, no run left open unseen."""

from __future__ import annotations

import contextlib
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError

from mlnb.core.clock import now_ms
from tests.waiting import until


@pytest.fixture
def kernel(ws: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Execute cells in a fresh kernel of the notebook ``work/plain.ipynb``; returns what each printed, or its error's name."""
    (ws.root / "work").mkdir(exist_ok=True)
    monkeypatch.setenv("JPY_SESSION_NAME", str(ws.root / "work" / "plain.ipynb"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("MLNB_NOTEBOOK", raising=False)

    def run(*sources: str) -> list[str]:
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
        client = NotebookClient(book, timeout=120, kernel_name="python3", allow_errors=True)
        with contextlib.suppress(DeadKernelError):
            client.execute(cwd=str(ws.root / "work"))
        return ["".join(out.get("text") or out.get("ename", "") for out in cell.outputs) for cell in book.cells]

    return run


def test_start_run_lands_in_the_notebooks_experiment_without_the_extension(ws: Any, kernel: Any) -> None:
    ws.tracking.experiment_id("warm")  # a new store tells of its tables
    shown = kernel("import mlflow\nwith mlflow.start_run(run_name='plain'):\n    mlflow.log_metric('auc', 0.5)")
    assert shown == [""]
    run = ws.runs.get("plain")
    assert (run.experiment_name, run.source.notebook, run.status) == (
        "work/plain.ipynb",
        "work/plain.ipynb",
        "FINISHED",
    )
    assert (run.tags["mlnb.mode"], run.metrics) == ("plain", {"auc": 0.5})
    assert str(ws.path) in run.artifact_uri
    assert not (ws.root / "work" / "mlruns").exists()
    assert not (ws.root / "work" / "mlflow.db").exists()
    assert [item.run_id for item in ws.runs.of_notebook("work/plain.ipynb").runs] == [run.run_id]


def test_set_experiment_and_an_open_parent_win(ws: Any, kernel: Any) -> None:
    kernel(
        "import mlflow\nmlflow.set_experiment('chosen')\nwith mlflow.start_run(run_name='by choice'):\n    pass",
        "%load_ext mlnb",
        "%%mlrun --name parent --experiment other\nwith mlflow.start_run(run_name='child', nested=True):\n    pass",
    )
    assert ws.runs.get("by choice").experiment_name == "chosen"
    assert ws.runs.get("parent").experiment_name == "other"
    assert ws.runs.get("child").parent_run_id == ws.runs.get("parent").run_id


def test_a_run_that_a_call_opened_ends_with_the_cell_and_one_opened_on_purpose_is_shown(ws: Any, kernel: Any) -> None:
    shown = kernel(
        "%load_ext mlnb",
        "import mlflow\nmlflow.log_metric('a', 1)",
        "print(mlflow.active_run())",
        "mlflow.log_metric('b', 1)\n1 / 0",
        "mine = mlflow.start_run(run_name='mine')",
        "mlflow.log_metric('c', 1)\nprint(mlflow.active_run().info.run_name)",
        "import mlnb\nprint(mlnb.workspace().runs.count_running())\nmlflow.end_run()",
        "print(mlnb.workspace().runs.count_running())\nmlflow.log_metric('d', 1)\nmlflow.end_run()",
        "mlflow.start_run(run_name='open')",
        "import os\nos._exit(9)",
    )
    assert "ended with the cell" in shown[1]
    assert shown[1].count("\n") == 1
    assert shown[2] == "None\n"
    assert "ended with the cell" in shown[3]
    assert shown[4] == "mlnb: run mine stays open until mlflow.end_run().\n"
    assert shown[5:8] == ["mine\n", "1\n", "0\n"]
    # one left open by a kernel that is gone is not running for ever
    assert ws.runs.get("open").status == "RUNNING"
    (sweep,) = [one for one in ws.runs.reconcilers() if one.name == "runs"]

    def is_swept() -> bool:
        sweep.tick(now_ms() + 70_000)
        return bool(ws.runs.get("open").status != "RUNNING")

    until(is_swept)
    assert ws.runs.get("open").status == "KILLED"
    by_metric = {key: run for run in map(ws.runs.get, ws.runs.search().ids) for key in run.metrics}
    assert {key: run.status for key, run in by_metric.items()} == {
        "a": "FINISHED",
        "b": "FAILED",
        "c": "FINISHED",
        "d": "FINISHED",
    }
    assert by_metric["a"].tags["mlnb.closed_by"] == "cell_end"
    assert "mlnb.closed_by" not in by_metric["c"].tags
    assert by_metric["c"].session is not None
    assert by_metric["c"].session["state"] == "ENDED"
    assert {run.experiment_name for run in by_metric.values()} == {"work/plain.ipynb"}


def test_mlflow_elsewhere_is_left_alone(ws: Any, kernel: Any, tmp_path: Any) -> None:
    shown = kernel(
        f"import mlflow\nmlflow.set_tracking_uri('sqlite:///{tmp_path}/own.db')",
        "%load_ext mlnb",
        "mlflow.log_metric('a', 1)\nprint(mlflow.active_run().data.tags.get('mlnb.mode'))",
        "print(mlflow.active_run() is not None)",
    )
    assert shown[2].endswith("None\n")
    assert shown[3] == "True\n"
    assert ws.runs.search().total == 0

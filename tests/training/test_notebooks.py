"""The runs of a notebook, and what becomes of them when it is renamed or deleted."""

from __future__ import annotations

import time
from typing import Any

from mlnb.core.caller import calling
from mlnb.training.recording.notebooks import current_path, former_paths
from mlnb.training.recording.source import Cell


def run_cell(ws: Any, name: str, notebook: str, *, cell_id: str = "c1", **values: float) -> str:
    with calling(notebook=notebook), ws.runs.start(name, cell=Cell("depth = 3", {}, cell_id), params="auto") as run:
        run.log(values)
    return str(run.run_id)


def test_a_notebook_has_its_runs_in_short_the_newest_first(ws: Any) -> None:
    first = run_cell(ws, "first", "work/a.ipynb", auc=0.5, loss=float("nan"))
    second = run_cell(ws, "second", "work/a.ipynb", cell_id="c2", **{f"m{index}": index for index in range(9)})
    run_cell(ws, "elsewhere", "work/b.ipynb")
    with calling(notebook="work/a.ipynb"), ws.runs.start("moved", experiment="shared", cell=Cell("1", {}), note="hm"):
        pass
    found = ws.runs.of_notebook("work/a.ipynb")
    assert (found.path, found.total) == ("work/a.ipynb", 3)
    assert found.experiment_id == ws.runs.get(first).experiment_id
    assert [run.name for run in found.runs] == ["moved", "second", "first"]
    moved, newer, older = found.runs
    assert (moved.note, moved.metrics, newer.run_id) == ("hm", {}, second)
    assert (older.metrics, older.params) == ({"auc": 0.5, "loss": "NaN"}, {"depth": "3"})
    assert (older.cell_id, older.status, older.models) == ("c1", "FINISHED", 0)
    assert older.code_sha256 == ws.runs.get(first).source.code_sha256
    assert len(newer.metrics) == 5
    assert ws.runs.of_notebook("nothing.ipynb").to_dict() == {"path": "nothing.ipynb", "total": 0, "runs": []}


def test_models_of_a_notebooks_runs_are_counted(ws: Any, frame: Any) -> None:
    from sklearn.linear_model import LogisticRegression

    X = frame[["delay", "distance"]]
    model = LogisticRegression().fit(X, frame["late"])
    with calling(notebook="m.ipynb"), ws.runs.start("model", cell=Cell("1", {})) as run:
        run.log_model(model, "one", input_example=X)
        run.log_model(model, "two", input_example=X)
    assert [item.models for item in ws.runs.of_notebook("m.ipynb").runs] == [2]


def test_runs_follow_a_notebook_that_is_renamed_and_its_kernel_writes_to_the_new_place(ws: Any) -> None:
    first = run_cell(ws, "first", "work/a.ipynb")
    experiment_id = ws.runs.get(first).experiment_id
    assert ws.runs.notebook_renamed("work/a.ipynb", "work/b.ipynb") == [experiment_id]
    # the kernel still believes in the old path
    second = run_cell(ws, "second", "work/a.ipynb")
    assert ws.runs.get(second).experiment_id == experiment_id
    assert ws.runs.get(second).source.notebook == "work/b.ipynb"
    assert ws.runs.notebook_renamed("work", "papers") == [experiment_id]
    third = run_cell(ws, "third", "work/a.ipynb")
    assert ws.runs.get(third).source.notebook == "papers/b.ipynb"
    assert [run.run_id for run in ws.runs.of_notebook("papers/b.ipynb").runs] == [third, second, first]
    assert former_paths(ws, "papers/b.ipynb") == ["work/b.ipynb", "work/a.ipynb"]


def test_a_rename_before_this_kernel_began_concerns_another_file(ws: Any) -> None:
    ws.runs.notebook_renamed("a.ipynb", "old.ipynb")
    later = int(time.time() * 1000) + 60_000
    assert current_path(ws, "a.ipynb") == "old.ipynb"
    assert current_path(ws, "a.ipynb", since=later) == "a.ipynb"


def test_renames_in_a_circle_end(ws: Any) -> None:
    ws.runs.notebook_renamed("a.ipynb", "b.ipynb")
    ws.runs.notebook_renamed("b.ipynb", "a.ipynb")
    assert current_path(ws, "a.ipynb") == "a.ipynb"
    assert ws.runs.notebook_renamed("a.ipynb", "a.ipynb") == []


def test_the_runs_of_a_deleted_notebook_stay_and_say_so_until_it_is_back(ws: Any) -> None:
    first = run_cell(ws, "first", "a.ipynb")
    experiment_id = ws.runs.get(first).experiment_id
    client = ws.tracking.client()
    assert ws.runs.notebook_deleted("a.ipynb") == [experiment_id]
    assert client.get_experiment(experiment_id).tags["mlnb.notebook"] == "deleted"
    assert [run.run_id for run in ws.runs.of_notebook("a.ipynb").runs] == [first]
    assert ws.journal.tail(1)[0].action == "notebook.deleted"
    assert ws.runs.notebook_deleted("never.ipynb") == []
    run_cell(ws, "again", "a.ipynb")
    assert "mlnb.notebook" not in client.get_experiment(experiment_id).tags


def test_a_notebook_that_takes_the_name_of_another_keeps_its_own_experiment(ws: Any) -> None:
    one, two = run_cell(ws, "one", "a.ipynb"), run_cell(ws, "two", "b.ipynb")
    assert ws.runs.notebook_renamed("a.ipynb", "b.ipynb") == []
    assert {run.run_id for run in ws.runs.of_notebook("b.ipynb").runs} == {one, two}

"""What differs between two runs, on runs made by real cells."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlnb.training.comparing.align import align, cell_diffs, unified
from mlnb.training.records_diff import CellDiff
from mlnb.training.records_replay import ExecutedCell

AREAS = ["artifacts", "cells", "data", "environment", "git", "metrics", "params", "tags"]


def cells(*texts: str, ids: str = "") -> list[ExecutedCell]:
    """Make executed cells; ``ids`` has a letter for each, a dot for none."""
    names: list[str | None] = [None if letter == "." else letter for letter in ids] or [None] * len(texts)
    return [ExecutedCell(position=place, source=text, cell_id=names[place]) for place, text in enumerate(texts)]


def run(
    ws: Any, name: str, *, code: str = "model = 1", executed: list[ExecutedCell] | None = None, **start: Any
) -> str:
    """Make a run that keeps its code and the cells before it."""
    log = start.pop("log", {})
    with ws.runs.start(name, experiment="flights", **start) as made:
        made.log(**log)
    files = {"mlnb/cell.py": code}
    if executed is not None:
        files["mlnb/executed.jsonl"] = "\n".join(json.dumps(cell.to_dict()) for cell in executed)
    ws.runs.write_artifacts(made.run_id, files)
    return str(made.run_id)


def changes(diffs: list[CellDiff]) -> list[tuple[str, int | None, int | None]]:
    return [(item.change, item.a_position, item.b_position) for item in diffs]


def test_cells_are_matched_by_id_then_text_then_likeness() -> None:
    a = cells("import pandas", "x = read('t')", "model = fit(x, depth=3, leaves=7)", "show(model)", ids="ab..")
    b = cells(
        "import numpy", "print(1)", "x = read('t')", "model = fit(x, depth=6, leaves=7)", "show(model)", ids="a.b.."
    )
    assert changes(cell_diffs(a, b)) == [
        ("changed", 0, 0), ("added", None, 1), ("same", 1, 2), ("changed", 2, 3), ("same", 3, 4),
    ]  # fmt: skip
    assert cell_diffs(a, b)[3].diff.splitlines()[1:] == [
        "-model = fit(x, depth=3, leaves=7)",
        "+model = fit(x, depth=6, leaves=7)",
    ]


def test_the_last_executions_of_a_cell_belong_together_and_the_order_is_told() -> None:
    a = cells("x = 1", "x = 1", "y = 2", "z = 3", ids="aabc")
    b = cells("z = 3", "x = 1", "y = 2", ids="cab")
    assert changes(cell_diffs(a, b)) == [("removed", 0, None), ("moved", 3, 0), ("same", 1, 1), ("same", 2, 2)]


def test_cells_that_share_few_words_are_not_the_same_cell() -> None:
    assert changes(cell_diffs(cells("import os"), cells("plot(frame, kind='bar', title='x')"))) == [
        ("removed", 0, None), ("added", None, 0),
    ]  # fmt: skip


TEXTS = st.lists(
    st.tuples(st.sampled_from(["", "a", "b", "c"]), st.sampled_from(["x = 1", "x = 2", "y = x + 1", "print(y)", ""])),
    max_size=8,
)


@settings(max_examples=300, deadline=None)
@given(one=TEXTS, other=TEXTS)
def test_every_cell_is_in_a_diff_once_and_a_diff_can_be_turned_round(one: Any, other: Any) -> None:
    a, b = (
        [ExecutedCell(position=i, cell_id=c or None, source=t) for i, (c, t) in enumerate(items)]
        for items in (one, other)
    )
    found = cell_diffs(a, b)
    assert sorted(item.a_position for item in found if item.a_position is not None) == list(range(len(a)))
    assert [item.b_position for item in found if item.b_position is not None] == list(range(len(b)))
    assert all(item.change == "same" for item in cell_diffs(a, a))
    assert {(there, here) for here, there in align(a, b).items()} == set(align(b, a).items())
    for item in found:
        assert (item.diff == "") == ((item.a_source or "") == (item.b_source or ""))


def test_a_run_does_not_differ_from_itself(ws: Any) -> None:
    run_id = run(
        ws,
        "one",
        log={"auc": 0.5, "bad": float("nan")},
        params={"depth": 3},
        tags={"team": "ops"},
        executed=cells("x = 1"),
    )
    found = ws.runs.diff(run_id, run_id)
    assert found.same == AREAS
    assert found.notes == []
    assert (found.a, found.a.name) == (found.b, "one")


def test_parameters_metrics_tags_and_files_say_how_they_differ(ws: Any) -> None:
    a = run(ws, "one", log={"auc": 0.5, "log_loss": 0.4, "n_rows": 10, "old": 1}, params={"depth": 3, "rate": 0.1})
    b = run(
        ws,
        "two",
        log={"auc": 0.6, "log_loss": 0.5, "n_rows": 11},
        params={"depth": 6, "new": "x"},
        tags={"team": "ops"},
    )
    ws.runs.write_artifacts(a, {"plot.txt": "aa"})
    ws.runs.write_artifacts(b, {"plot.txt": "ab"})
    found = ws.runs.diff(a, b)
    assert {item.key: (item.change, item.a, item.b) for item in found.params} == {
        "depth": ("changed", "3", "6"), "new": ("added", None, "x"), "rate": ("removed", "0.1", None),
    }  # fmt: skip
    metrics = {item.key: item for item in found.metrics}
    assert {key: (item.change, item.better) for key, item in metrics.items() if key in ("auc", "log_loss", "n_rows", "old")} == {
        "auc": ("changed", "b"), "log_loss": ("changed", "a"), "n_rows": ("changed", None), "old": ("removed", None),
    }  # fmt: skip
    assert metrics["auc"].difference == pytest.approx(0.1)
    assert [(item.key, item.change) for item in found.tags] == [("team", "added")]
    (plot,) = (item for item in found.artifacts if item.key == "plot.txt")
    assert plot.change == "changed"
    assert plot.a != plot.b
    back = ws.runs.diff(b, a)
    assert [item.change for item in back.params] == ["changed", "removed", "added"]
    assert {item.key: item.better for item in back.metrics}["auc"] == "a"
    assert "cells" in found.same
    assert any("not recorded" in note for note in found.notes)


def test_executed_cells_are_compared_when_both_runs_keep_them(ws: Any) -> None:
    a = run(ws, "one", executed=cells("x = 1", "fit(x)", ids="ab"))
    b = run(ws, "two", executed=cells("x = 2", "fit(x)", ids="ab"), code="fit(x)")
    found = ws.runs.diff(a, b)
    assert [item.change for item in found.cells] == ["changed", "same"]
    assert not any("not recorded" in note for note in found.notes)
    ws.runs.write_artifacts(b, {"mlnb/executed.jsonl": "{broken"})
    assert any("cannot be read" in note for note in ws.runs.diff(a, b).notes)


def test_tables_are_compared_by_version_with_the_columns_between(ws: Any, table: str) -> None:
    with ws.runs.start("one", experiment="flights") as one:
        ws.catalog.table(table).to_pandas()
    ws.sql(f"ALTER TABLE {table} ADD COLUMN gate STRING")
    with ws.runs.start("two", experiment="flights") as two:
        ws.catalog.table(table).to_pandas()
    found = ws.runs.diff(one.run_id, two.run_id)
    (data,) = found.data
    assert (data.name, data.change, data.columns_added) == (table, "changed", ["gate"])
    assert data.b_version > data.a_version
    assert "data" not in found.same


def test_packages_and_commits_between_runs_are_named(ws: Any, tmp_path: Path) -> None:
    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(ws.root), "-c", "user.name=a", "-c", "user.email=a@b", *words],
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    git("init", "-q")
    commits = []
    for text in ("first", "second", "third"):
        git("commit", "-q", "--allow-empty", "-m", text)
        commits.append(git("rev-parse", "HEAD"))
    ids = [run(ws, name) for name in ("one", "two")]
    client = ws.tracking.client()
    for run_id, commit in zip(ids, (commits[0], commits[2]), strict=True):
        client.set_tag(run_id, "mlflow.source.git.commit", commit)
    ws.runs.write_artifacts(
        ids[0], {"mlnb/environment.lock": "# python 3.11.1 (cpython)\n# Linux\nnumpy==1.0\nold==1\n"}
    )
    ws.runs.write_artifacts(ids[1], {"mlnb/environment.lock": "# python 3.11.2 (cpython)\n# Linux\nnumpy==2.0\n"})
    found = ws.runs.diff(*ids)
    assert [line.split(" ", 1)[1] for line in found.git_commits] == ["third", "second"]
    assert {item.key: (item.change, item.b) for item in found.environment} == {
        "numpy": ("changed", "2.0"), "old": ("removed", None), "python": ("changed", "3.11.2 (cpython)"),
    }  # fmt: skip
    back = ws.runs.diff(ids[1], ids[0])
    assert len(back.git_commits) == 2
    assert any("older commit" in note for note in back.notes)
    client.set_tag(ids[0], "mlflow.source.git.commit", commits[2])
    assert "git" in ws.runs.diff(*ids).same
    ws.runs.write_artifacts(ids[0], {"mlnb/git.diff": "+x"})
    uncommitted = ws.runs.diff(*ids)
    assert "git" not in uncommitted.same
    assert any("changes not committed are not" in note for note in uncommitted.notes)
    client.set_tag(ids[0], "mlflow.source.git.commit", "f" * 40)
    assert any("not in this folder's repository" in note for note in ws.runs.diff(*ids).notes)


def test_differences_of_evaluated_metrics_come_in_standard_errors(ws: Any, frame: Any) -> None:
    ids = []
    for shift in (0.0, 3.0):
        with ws.runs.start("evaluated", experiment="flights") as made:
            ws.evaluation.evaluate(
                lambda rows, s=shift: rows["delay"] + s * (rows["distance"] > 1000) > 0,
                frame,
                targets="late",
                bootstrap=200,
                run=made.run_id,
            )
        ids.append(made.run_id)
    found = {item.key: item for item in ws.runs.diff(*ids).metrics}["accuracy_score"]
    assert found.better == "a"
    assert found.standard_errors is not None
    assert found.standard_errors < -1


def test_runs_of_one_kernel_differ_in_what_they_follow_from(ws: Any, cell: Callable[[str], Any]) -> None:
    for source in (
        "rate = 0.1",
        "%%mlrun --experiment flights --name one --quiet\ndepth = 3\n{'auc': rate * depth}",
        "unused = 'looked at'",
        "rate = 0.2",
        "%%mlrun --experiment flights --name two --quiet\ndepth = 3\n{'auc': rate * depth}",
    ):
        assert cell(source).error_in_exec is None
    found = cell("%rundiff one two").result
    assert changes(found.cells) == [("changed", 0, 0), ("same", 1, 1)]
    assert found.cells[1].is_run
    assert found.cells[1].b_source == "depth = 3\n{'auc': rate * depth}"
    assert "artifacts" in found.same


def test_what_was_not_recorded_is_not_called_the_same(ws: Any) -> None:
    client, experiment = ws.tracking.client(), ws.tracking.experiment_id("plain")
    ids = [client.create_run(experiment, run_name=name).info.run_id for name in ("one", "two")]
    found = ws.runs.diff(*ids)
    assert not {"cells", "environment"} & set(found.same)
    assert {"params", "metrics", "data", "git"} <= set(found.same)
    assert any("no lock" in note for note in found.notes)
    assert any("keeps no code" in note for note in found.notes)


def test_unified_text_has_no_head_lines() -> None:
    assert unified("a\nb\nc", "a\nx\nc") == "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c"
    assert unified("", "new") == "@@ -0,0 +1 @@\n+new"
    assert unified("a", "a") == ""

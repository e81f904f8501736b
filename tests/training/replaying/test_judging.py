"""Which cells a replay executes, which verdict follows, and which cause is named first."""

from __future__ import annotations

from typing import Any

import pytest

from mlnb.training.background.environment import differences, packages
from mlnb.training.recording.environment import lock_text
from mlnb.training.records import RunData, RunRecord
from mlnb.training.records_diff import DataDiff, MetricDiff, RunDiff, RunHead, ValueDiff
from mlnb.training.records_replay import ExecutedCell, RunSourceCode, TableUse
from mlnb.training.replaying.causes import causes_of, data_changes
from mlnb.training.replaying.cells import (
    BEGIN,
    FINISH,
    NotReplayableError,
    closure_cells,
    first_versions,
    made_by,
    planned_cells,
    without_installing,
)
from mlnb.training.replaying.judging import verdict_of


def cell(position: int, place: int | None, source: str = "x", *, run: bool = False, **more: Any) -> ExecutedCell:
    more.setdefault("in_closure", True)
    return ExecutedCell(
        position=position, cell_id=f"c{place}", source=source, document_position=place, is_run=run, **more
    )


def source(*cells: ExecutedCell, reproducible: str = "clean") -> RunSourceCode:
    return RunSourceCode(run_id="r", cells=list(cells), reproducible=reproducible, reasons=["because"])  # type: ignore[arg-type]


def test_cells_run_from_top_to_bottom_each_once_and_the_run_last() -> None:
    found = closure_cells(
        source(
            cell(0, 2, "late"),
            cell(1, 0, "first"),
            cell(2, None, "deleted"),
            cell(3, 1, "middle"),
            cell(4, 0, "first again"),
            cell(5, 4, "not needed", in_closure=False),
            cell(6, 3, "run", run=True),
        )
    )
    assert [one.source for one in found] == ["first again", "deleted", "middle", "late", "run"]


def test_a_run_without_cells_cannot_be_replayed() -> None:
    with pytest.raises(NotReplayableError):
        closure_cells(source())


def reads(name: str, version: int) -> list[TableUse]:
    return [TableUse(direction="read", name=name, version=version)]


def test_a_cell_that_reads_another_version_is_told_so_before() -> None:
    cells = [cell(0, 0, "a", tables=reads("t", 3)), cell(1, 1, "b", tables=reads("t", 5)), cell(2, 2, "run", run=True)]
    data = [
        RunData(direction="read", name="t", version=5),
        RunData(direction="read", name="u", version=1, observed=False),
    ]
    assert first_versions(cells, data) == {"t": 3, "u": 1}
    planned = planned_cells(cells, "body", data)
    assert [one.source for one in planned] == [BEGIN, "a", planned[2].source, "b", "body", FINISH]
    assert "{'t': 5}" in planned[2].source
    assert [one.kind for one in planned] == ["silent", "cell", "silent", "cell", "run", "silent"]


def test_tables_that_the_cells_made_are_not_there_before() -> None:
    made = [TableUse(direction="written", name="new", version=0), *reads("new", 0)]
    cells = [cell(0, 0, "a", tables=[*made, *reads("t", 0)]), cell(1, 1, "run", run=True)]
    data = [
        RunData(direction="read", name="u", version=0),
        RunData(direction="written", name="u", version=1),
        RunData(direction="read", name="own", version=0),
        RunData(direction="written", name="own", version=0),
    ]
    assert made_by(cells, data) == ["new", "own"]


def test_a_cell_that_was_a_run_is_only_executed_and_installs_nothing() -> None:
    assert without_installing("%%mlrun --name x\ny = 1") == "y = 1"
    assert "seed_everything(5)" in without_installing("%%mlrun --seed 5\ny = 1")
    assert "pip" not in without_installing("x = 1\n%pip install pandas\n!pip install numpy")


def record(status: str = "FINISHED", **more: Any) -> RunRecord:
    return RunRecord(run_id="r", experiment_id="1", experiment_name="e", name="n", status=status, **more)  # type: ignore[arg-type]


def metric(a: float | None, b: float | None) -> MetricDiff:
    change = "added" if a is None else "removed" if b is None else "same" if a == b else "changed"
    return MetricDiff(key="m", change=change, a=a, b=b)  # type: ignore[arg-type]


SAME, OTHER = ValueDiff(key="p", change="same", a="1", b="1"), ValueDiff(key="p", change="changed", a="1", b="2")


@pytest.mark.parametrize(
    ("params", "metrics", "models", "expected"),
    [
        ([SAME], [metric(0.5, 0.5)], [], "IDENTICAL"),
        ([], [], [], "IDENTICAL"),
        ([], [metric(0.5, 0.5 + 4e-10)], [], "WITHIN_TOLERANCE"),
        ([], [metric(0.5, 0.6)], [], "DIFFERENT"),
        ([], [metric(0.5, None)], [], "DIFFERENT"),
        ([], [metric(None, 0.5)], [], "DIFFERENT"),
        ([], [metric(0.5, float("nan"))], [], "DIFFERENT"),
        ([OTHER], [metric(0.5, 0.5)], [], "DIFFERENT"),
        ([], [metric(0.5, 0.5)], [OTHER], "DIFFERENT"),
        ([], [], [ValueDiff(key="model", change="same", a="near", b="nearly")], "WITHIN_TOLERANCE"),
    ],
)
def test_the_verdict_says_what_the_comparison_says(params: Any, metrics: Any, models: Any, expected: str) -> None:
    assert verdict_of(record(), params, metrics, models, rtol=1e-9, atol=0.0) == expected


def test_a_replay_that_did_not_finish_failed() -> None:
    assert verdict_of(record("KILLED"), [], [], [], rtol=0, atol=0) == "FAILED"


def diff(**more: Any) -> RunDiff:
    head = RunHead(run_id="r", name="n", experiment_id="1", experiment_name="e", status="FINISHED")
    return RunDiff(a=head, b=head, **more)


TABLE = DataDiff(name="t", kind="table", direction="read", change="changed", a_version=1, b_version=2)
PACKAGE = ValueDiff(key="numpy", change="changed", a="1", b="2")


def test_causes_come_in_the_order_in_which_they_are_worth_looking_at() -> None:
    run = source(cell(0, 0, "model = RandomForestClassifier().fit(X, y)", run=True), reproducible="edited")
    found = causes_of("DIFFERENT", run, record(), diff(data=[TABLE], environment=[PACKAGE]), None)
    assert [cause.kind for cause in found] == ["code", "data", "environment", "seeds"]
    assert found[0].details == ["because"]
    assert found[1].details == ["t: version 1 then, 2 in the replay"]


@pytest.mark.parametrize(
    "code", ["RandomForestClassifier(random_state=0)", "np.random.seed(1)\nnp.random.rand()", "x + 1"]
)
def test_nothing_that_explains_it_is_unexplained(code: str) -> None:
    found = causes_of("DIFFERENT", source(cell(0, 0, code, run=True)), record(), diff(), None)
    assert [cause.kind for cause in found] == ["unexplained"]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("NameError: name 'x' is not defined", "code"),
        ("ModuleNotFoundError: No module named 'lightgbm'", "environment"),
        ("VERSION_NOT_FOUND: main.ml.t has no version 3", "data"),
    ],
)
def test_a_failure_is_explained_by_its_error_first(error: str, kind: str) -> None:
    run = source(cell(0, 0, "x", run=True), reproducible="out_of_order")
    found = causes_of("FAILED", run, record("FAILED"), diff(environment=[PACKAGE]), error)
    assert found[0].kind == kind
    assert any(error in cause.message for cause in found)


def test_runs_that_are_the_same_need_no_causes() -> None:
    assert causes_of("IDENTICAL", source(reproducible="edited"), record(), diff(data=[TABLE]), None) == []


def test_tables_that_the_replay_wrote_itself_are_no_other_data() -> None:
    own = TABLE.model_copy(update={"b_version": None})
    assert data_changes([own, TABLE]) == ["t: version 1 then, 2 in the replay"]


def test_a_lock_is_held_against_what_is_installed() -> None:
    lock = lock_text()
    assert differences(lock) == []
    name, version = next(iter(packages(lock).items()))
    assert differences(lock.replace(f"{name}=={version}\n", f"{name}==0.0.1\n")) == [
        f"{name}: 0.0.1 then, {version} now"
    ]

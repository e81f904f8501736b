"""Many runs: by state, parent and trash, in groups, as frames, curves and CSV, side by side."""

from __future__ import annotations

import csv
import io
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mlnb.core.errors import InvalidParameterError
from mlnb.server.runs_finding import GetColumns, get_columns
from mlnb.training.reading.client_reader import ClientReader
from mlnb.training.reading.reader import Key, RunQuery, parse_order
from mlnb.training.reading.sql_reader import SqlReader
from mlnb.training.records import SearchError

DEPTHS = ("10", "9", "9", "2", None, "2", "9", "deep")


def fill(ws: Any) -> SimpleNamespace:
    """Make eight runs, two of them inside the first one, one deleted, one pinned; the first has a long history."""
    from mlflow.entities import Metric, Param, RunTag

    client, experiment = ws.tracking.client(), ws.tracking.experiment_id("flights")
    ids: list[str] = []
    for number, depth in enumerate(DEPTHS):
        tags = {"mlflow.parentRunId": ids[0]} if number in (3, 4) else {}
        run = client.create_run(experiment, start_time=1_000_000 + number, run_name=f"run {number}", tags=tags)
        loss = [
            Metric("loss", value, 1000 + step, step) for step, value in enumerate((5.0, number / 10, float("nan"), 2.0))
        ]
        params = [Param("depth", depth)] if depth is not None else []
        client.log_batch(
            run.info.run_id,
            [*loss, Metric("auc", number / 8, 0, 0)],
            params,
            [RunTag("team", "a" if number % 2 else "b")],
        )
        client.set_terminated(run.info.run_id, "FAILED" if number == 2 else "FINISHED", 1_000_500 + number * 100)
        ids.append(run.info.run_id)
    client.delete_run(ids[7])
    client.set_tag(ids[5], "mlnb.pinned", "true")
    for start in range(0, 3000, 1000):
        wave = [Metric("wave", _wave(step), 1_000 + 2 * step, step) for step in range(start, start + 1000)]
        client.log_batch(ids[0], wave)
    client.log_batch(ids[0], [Metric("restless", _wave(step), 1_000 + step, 0) for step in range(900)])
    return SimpleNamespace(ids=ids, experiment=experiment)


def _wave(step: int) -> float:
    return {1234: 99.0, 1235: -99.0, 2000: float("nan")}.get(step, math.sin(step / 100))


@pytest.fixture(scope="module")
def filled(workspace_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, SimpleNamespace]]:
    """A workspace with runs, made once: these tests only read."""
    from mlnb.door import Workspace

    folder = tmp_path_factory.mktemp("many") / ".mlnb"
    shutil.copytree(workspace_template, folder)
    workspace = Workspace(folder)
    yield workspace, fill(workspace)
    workspace.close()


def test_runs_are_chosen_by_state_parent_and_trash(filled: tuple[Any, SimpleNamespace]) -> None:
    ws, made = filled
    ids = made.ids
    assert ws.runs.search(state="FAILED").ids == [ids[2]]
    assert ws.runs.search(deleted=True).ids == [ids[7]]
    assert ws.runs.search(parent=ids[0]).ids == [ids[4], ids[3]]
    page = ws.runs.search(parent="", limit=3, offset=2)
    assert page.ids == [ids[2], ids[1], ids[0]]
    assert (page.total, page.children, page.pinned) == (5, {ids[0]: 2}, [ids[5]])
    assert ws.runs.search(state=["FAILED", "RUNNING"], parent=ids[0]).ids == []
    with pytest.raises(SearchError, match="no state DONE"):
        ws.runs.search(state="DONE")


def test_columns_give_the_least_and_greatest_value_ever_logged(filled: tuple[Any, SimpleNamespace]) -> None:
    ws, made = filled
    page = ws.runs.search(columns=["metrics.loss", "metrics.loss@min", "metrics.loss@max", "metrics.wave@min"])
    row = next(row for row in page.rows() if row["run_id"] == made.ids[3])
    assert (row["metrics.loss"], row["metrics.loss@min"], row["metrics.loss@max"]) == (2.0, 0.3, 5.0)
    assert row["metrics.wave@min"] is None
    assert ws.runs.search(order_by="metrics.loss@min DESC", limit=2).ids == [made.ids[6], made.ids[5]]


def test_runs_are_sorted_by_how_long_they_took(filled: tuple[Any, SimpleNamespace]) -> None:
    ws, made = filled
    page = ws.runs.search(order_by="duration DESC", columns=["duration"], limit=2)
    assert (page.ids, page.columns[0].values) == ([made.ids[6], made.ids[5]], [1094, 995])


def test_a_logged_model_comes_with_what_was_measured_on_each_data_set(ws: Any) -> None:
    from mlflow.entities import Metric

    client, experiment = ws.tracking.client(), ws.tracking.experiment_id("models")
    run = client.create_run(experiment).info.run_id
    model = client.create_logged_model(experiment, name="lgbm", source_run_id=run)
    for step, (name, value, data) in enumerate(
        (("auc", 0.7, "dev"), ("auc", 0.8, "test"), ("auc", 0.75, "dev"), ("f1", 0.5, None))
    ):
        digest = f"{data}1" if data else None
        client.log_batch(
            run,
            [
                Metric(
                    name,
                    value,
                    1000 + step,
                    step,
                    model_id=model.model_id,
                    dataset_name=data,
                    dataset_digest=digest,
                    run_id=run,
                )
            ],
        )
    (ours,) = ws.runs.get(run).models
    assert [(item.name, item.value, item.dataset, item.digest) for item in ours.metrics] == [
        ("f1", 0.5, None, None), ("auc", 0.75, "dev", "dev1"), ("auc", 0.8, "test", "test1"),
    ]  # fmt: skip
    assert ClientReader(ws.tracking.client).models(run) == [ours]


def test_groups_hold_every_run_once_in_natural_order(filled: tuple[Any, SimpleNamespace]) -> None:
    ws, made = filled
    groups = ws.runs.groups("params.depth", columns=["metrics.auc"])
    assert [group.value for group in groups] == ["2", "9", "10", None]
    assert sorted(run for group in groups for run in group.ids) == sorted(made.ids[:7])
    nine = groups[1].metrics["metrics.auc"]
    assert (groups[1].runs, nine.count, nine.min, nine.max) == (3, 3, 1 / 8, 6 / 8)
    assert nine.mean == pytest.approx(3 / 8)
    assert ws.runs.search(group_by="attributes.status").groups[0].value == "FAILED"
    with pytest.raises(SearchError, match="a value of its own"):
        ws.runs.groups("metrics.auc")


def test_a_frame_is_whole_or_keeps_the_best_the_pinned_and_the_wanted(filled: tuple[Any, SimpleNamespace]) -> None:
    ws, made = filled
    whole = ws.runs.frame("flights", columns=["metrics.auc", "params.depth"])
    assert (whole.sampled, whole.total, len(whole.ids)) == (False, 7, 7)
    some = ws.runs.frame("flights", columns=["metrics.loss@min"], max_points=3, keep=[made.ids[4], "no run"])
    assert (some.sampled, some.total, len(some.ids)) == (True, 7, 3)
    assert {made.ids[0], made.ids[4], made.ids[5]} == set(some.ids)
    assert some.ids == ws.runs.frame("flights", columns=["metrics.loss@min"], max_points=3, keep=[made.ids[4]]).ids
    assert ws.runs.frame("flights", "metrics.auc > 0.6", columns=["metrics.auc"]).ids == [made.ids[6], made.ids[5]]
    with pytest.raises(InvalidParameterError, match="21 columns"):
        ws.runs.frame("flights", columns=[f"metrics.m{n}" for n in range(21)])


@pytest.mark.parametrize("x", ["step", "time", "relative_time"])
def test_a_long_curve_keeps_its_ends_and_extremes(filled: tuple[Any, SimpleNamespace], x: str) -> None:
    ws, made = filled
    (curve,) = ws.runs.series(made.ids[:2], "wave", max_points=100, x=x).curves
    assert (curve.total, curve.nan, curve.thinned) == (3000, 1, True)
    assert 50 < len(curve.x) <= 100
    assert curve.x == sorted(curve.x)
    assert (max(curve.y), min(curve.y)) == (99.0, -99.0)
    place = {"step": 1.0, "time": 2.0, "relative_time": 2.0}[x]
    start = 1000 if x == "time" else 0
    assert (curve.x[0], curve.x[-1]) == (start, start + place * 2999)
    assert curve.x[curve.y.index(99.0)] == start + place * 1234


def test_short_curves_are_whole_and_many_values_of_one_step_are_thinned_in_time(
    filled: tuple[Any, SimpleNamespace],
) -> None:
    ws, made = filled
    found = ws.runs.series(made.ids[:3], ["loss", "absent"]).curves
    assert [curve.run_id for curve in found] == made.ids[:3]
    assert (found[1].x, found[1].y) == ([0, 1, 3], [5.0, 0.1, 2.0])
    assert (found[1].total, found[1].nan, found[1].thinned) == (4, 1, False)
    (restless,) = ws.runs.series(made.ids[0], "restless", max_points=40, x="relative_time").curves
    assert (restless.total, restless.thinned, restless.x[0], restless.x[-1]) == (900, True, 0, 899)
    assert len(restless.x) <= 40


def test_a_curve_that_goes_on_is_read_again(ws: Any) -> None:
    with ws.runs.start("live", experiment="live") as run:
        client = ws.tracking.client()
        for step in range(3):
            client.log_metric(run.run_id, "loss", 1.0 / (step + 1), step=step)
            (curve,) = ws.runs.series(run.run_id, "loss").curves
            assert (curve.total, curve.x[-1]) == (step + 1, step)


def test_csv_has_every_run_once_and_absent_values_empty(filled: tuple[Any, SimpleNamespace]) -> None:
    ws, made = filled
    text = "".join(
        ws.runs.csv(
            experiments="flights", columns=["params.depth", "metrics.auc", "start_time"], order_by="metrics.auc"
        )
    )
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["run_id", "params.depth", "metrics.auc", "attributes.start_time"]
    assert [row[0] for row in rows[1:]] == made.ids[:7]
    assert rows[5][1:] == ["", "0.5", "1970-01-01T00:16:40.004Z"]
    assert "metrics.wave" in next(iter(ws.runs.csv("metrics.auc > 2")))


def test_more_runs_than_a_file_takes_are_refused_instead_of_cut(
    filled: tuple[Any, SimpleNamespace], monkeypatch: pytest.MonkeyPatch
) -> None:
    ws, _ = filled
    monkeypatch.setattr("mlnb.training.reading.csv_text.MOST_ROWS", 6)
    with pytest.raises(InvalidParameterError, match="7 runs do not go into one file of at most 6"):
        ws.runs.csv(experiments="flights")
    assert len("".join(ws.runs.csv("metrics.auc > 0.5", experiments="flights")).splitlines()) > 1


def test_csv_holds_nothing_that_a_spreadsheet_executes_and_leaves_numbers_alone(ws: Any) -> None:
    client = ws.tracking.client()
    given = {"a": "=HYPERLINK(1)", "b": "-0.5", "c": "-1+cmd|' /C calc'!A0", "d": "+1e3", "e": "@SUM(1)", "f": "x=1"}
    run = client.create_run(ws.tracking.experiment_id("e"), run_name="=1+1").info.run_id
    for key, value in given.items():
        client.log_param(run, key, value)
    text = "".join(ws.runs.csv(columns=["attributes.run_name", *(f"params.{key}" for key in given)]))
    _, row = csv.reader(io.StringIO(text))
    expected = ["'=HYPERLINK(1)", "-0.5", "'-1+cmd|' /C calc'!A0", "+1e3", "'@SUM(1)", "x=1"]
    assert row == [run, "'=1+1", *expected]


def test_keys_are_searched_by_part_and_kind(filled: tuple[Any, SimpleNamespace]) -> None:
    ws, _ = filled
    assert [item.key for item in ws.runs.columns("flights", q="LO").columns] == ["metrics.loss"]
    assert ws.runs.columns("flights", kind="params").columns[0].model_dump() == {
        "key": "params.depth", "type": "string", "runs": 6,
    }  # fmt: skip
    assert [item.key for item in ws.runs.columns("flights", kind="tags").columns] == ["tags.team"]
    assert "tags.mlnb.pinned" in [item.key for item in ws.runs.columns("flights", q="tags.mlnb.").columns]
    assert ws.runs.columns("flights", kind="attributes", q="time").columns[0].key == "attributes.start_time"
    assert [item.key for item in ws.runs.columns("flights", q="metrics.wa").columns] == ["metrics.wave"]
    assert [item.key for item in ws.runs.columns("flights", q="attributes.du").columns] == ["attributes.duration"]
    assert ws.runs.columns("flights").columns[-1].key.startswith("attributes.")
    assert [item.key for item in get_columns(ws, GetColumns(id="all", q="LO")).columns] == ["metrics.loss"]


def test_runs_stand_side_by_side_in_the_order_named(filled: tuple[Any, SimpleNamespace]) -> None:
    ws, made = filled
    found = ws.runs.compare([made.ids[3], "run 4", made.ids[3]])
    assert [run.run_id for run in found.runs] == [made.ids[3], made.ids[4]]
    (depth,) = found.params
    assert (depth.values, depth.differs) == (["2", None], True)
    assert {row.key: row.differs for row in found.metrics} == {"auc": True, "loss": False}
    assert [row.key for row in found.tags] == ["team"]
    assert next(row for row in found.attributes if row.key == "duration_ms").values == [797, 896]
    assert list(found.to_pandas().columns) == ["run 3", "run 4"]


def test_the_client_reader_finds_the_same(filled: tuple[Any, SimpleNamespace]) -> None:
    ws, made = filled
    ours, theirs = SqlReader(ws.tracking.uri), ClientReader(ws.tracking.client)
    which = (made.experiment,)
    keys = (Key("metrics", "loss"), Key("metrics", "loss@min"), Key("params", "depth"), Key("attributes", "status"))
    for query in (
        RunQuery(which, columns=keys, states=("FINISHED",)),
        RunQuery(which, columns=keys, deleted=True),
        RunQuery(which, columns=keys, parent=made.ids[0], order_by=parse_order("metrics.auc")),
        RunQuery(which, columns=keys, parent="", offset=1, limit=2),
        RunQuery(which, columns=keys, pinned=True),
    ):
        assert ours.page(query) == theirs.page(query), query
        assert ours.ids(query, 2) == theirs.ids(query, 2)
    assert ours.cells(made.ids, keys) == theirs.cells(made.ids, keys)
    every = RunQuery(which)
    assert ours.children(made.ids, every) == theirs.children(made.ids, every) == {made.ids[0]: 2}
    assert ours.curves(made.ids, ["loss"], 100, "step") == theirs.curves(made.ids, ["loss"], 100, "step")
    assert ours.find_keys(which, "o", ("metrics", "params"), 10) == theirs.find_keys(
        which, "o", ("metrics", "params"), 10
    )
    assert ours.values(which, Key("params", "depth")) == theirs.values(which, Key("params", "depth"))
    assert ours.rows(made.ids) == theirs.rows(made.ids)


def test_a_page_out_of_a_server_fetches_its_runs_once(filled: tuple[Any, SimpleNamespace]) -> None:
    from mlnb.training.reading.search import RunSearch

    ws, made = filled
    asked: list[Any] = []

    class Counting:
        """The real client, which tells what it was asked."""

        def __getattr__(self, name: str) -> Any:
            asked.append(name)
            return getattr(ws.tracking.client(), name)

    search = RunSearch(ClientReader(Counting), lambda: 0)  # type: ignore[arg-type]
    page = search.search(columns=["metrics.auc"], parent="")
    assert (page.total, page.children, page.pinned) == (5, {made.ids[0]: 2}, [made.ids[5]])
    assert asked.count("search_runs") == 1


def test_an_order_that_is_kept_notices_what_another_process_wrote(ws: Any) -> None:
    import subprocess
    import sys

    client, experiment = ws.tracking.client(), ws.tracking.experiment_id("live")
    client.create_run(experiment, run_name="first")
    assert ws.runs.search(experiments="live").total == 1
    code = (
        "import sqlite3, sys, uuid; c = sqlite3.connect(sys.argv[1]);"
        "c.execute(\"insert into runs (run_uuid, name, experiment_id, status, lifecycle_stage, start_time) values (?, 'late', ?, 'RUNNING', 'active', 5)\","
        " (uuid.uuid4().hex, int(sys.argv[2]))); c.commit()"
    )
    file = str(ws.tracking.uri).removeprefix("sqlite:///")
    subprocess.run([sys.executable, "-c", code, file, experiment], check=True, timeout=180)
    assert ws.runs.search(experiments="live").total == 2


def test_a_store_in_postgresql_answers_alike(
    workspace_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlnb.door import Workspace

    monkeypatch.setenv("MLNB_TRACKING_URI", postgres_url.replace("postgresql://", "postgresql+psycopg://"))
    workspace = Workspace(workspace_path)
    made = fill(workspace)
    ours, theirs = SqlReader(workspace.tracking.uri), ClientReader(workspace.tracking.client)
    keys = (Key("metrics", "loss"), Key("metrics", "loss@min"), Key("params", "depth"))
    query = RunQuery(columns=keys, parent="", states=("FINISHED",), order_by=parse_order("params.depth DESC"))
    assert ours.page(query) == theirs.page(query)
    by_least = parse_order("metrics.loss@min DESC")
    assert ours.ids(RunQuery(order_by=by_least), 2)[1] == [made.ids[6], made.ids[5]]
    assert ours.children(made.ids, RunQuery()) == {made.ids[0]: 2}
    assert ours.find_keys(None, "O", ("metrics", "params"), 10) == theirs.find_keys(
        None, "O", ("metrics", "params"), 10
    )
    (curve,) = ours.curves(made.ids[:2], ["wave"], 100, "step")
    assert (curve.total, curve.nan, max(curve.y), min(curve.y)) == (3000, 1, 99.0, -99.0)
    assert (curve.x[0], curve.x[-1], len(curve.x) <= 100) == (0, 2999, True)
    (restless,) = ours.curves(made.ids, ["restless"], 40, "time")
    assert (restless.total, restless.x[0], restless.x[-1]) == (900, 1000, 1899)
    assert [group.value for group in workspace.runs.groups("params.depth")] == ["2", "9", "10", None]
    assert workspace.runs.search(deleted=True).ids == [made.ids[7]]
    workspace.close()

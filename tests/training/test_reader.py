"""Pages of runs out of MLflow's tables say what MLflow's own search says."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mlnb.core.errors import MlnbError
from mlnb.training.reading.client_reader import ClientReader
from mlnb.training.reading.reader import Key, RunQuery, open_reader, parse_key, parse_order
from mlnb.training.reading.sql_reader import SqlReader
from mlnb.training.records import ExperimentNotFoundError, RunNotFoundError, SearchError


def fill(ws: Any) -> tuple[str, list[str]]:
    """Make 14 runs with all kinds of values; return the experiment and the ids."""
    from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag

    client = ws.tracking.client()
    experiment = ws.tracking.experiment_id("flights")
    ids = []
    for number in range(14):
        run = client.create_run(experiment, start_time=1_000_000 + number // 2, run_name=f"run {number % 4}")
        metrics = [Metric("auc", float("nan") if number == 5 else number / 14, 0, 0)]
        metrics += [Metric("odd key/with space", -number, 0, 0)] if number % 2 else []
        params = [Param("depth", str(number % 3)), Param("learning rate", f"0.{number}")]
        tags = [RunTag("team", "ops" if number < 7 else "Ops%x")]
        client.log_batch(run.info.run_id, metrics, params if number != 3 else [], tags)
        if number % 4 == 0:
            data = Dataset(f"main.ml.t{number % 8}", f"d{number}", "delta_table", "{}")
            client.log_inputs(run.info.run_id, [DatasetInput(data, [InputTag("mlflow.data.context", "training")])])
        if number != 13:
            client.set_terminated(run.info.run_id, "FAILED" if number % 5 == 0 else "FINISHED", 2_000_000 + number)
        ids.append(run.info.run_id)
    client.delete_run(ids[9])
    client.create_run(ws.tracking.experiment_id("other"), run_name="elsewhere")
    return experiment, ids


FILTERS = [
    "",
    "metrics.auc > 0.3",
    "metrics.auc != 0.5",
    "metrics.auc <= 0.5 AND params.depth = '1'",
    "metrics.`odd key/with space` < -4",
    "params.`learning rate` LIKE '0.1%'",
    "params.depth != '1'",
    "params.depth IS NULL",
    "tags.team = 'ops'",
    "tags.team ILIKE 'OPS%'",
    "tags.team LIKE 'Ops%'",
    "attributes.status = 'FAILED'",
    "attributes.start_time >= 1000003",
    "attributes.run_name = 'run 1'",
    "run_name LIKE 'run%'",
    "datasets.name = 'main.ml.t0'",
    "dataset.context = 'training'",
    "attributes.status = 'RUNNING'",
]
ORDERS = [
    [],
    ["metrics.auc DESC"],
    ["metrics.auc ASC"],
    ["params.depth DESC", "metrics.auc DESC"],
    ["attributes.end_time DESC"],
    ["tags.team", "start_time ASC"],
    ["metrics.`odd key/with space`"],
]


@pytest.fixture(scope="module")
def filled(workspace_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, str, list[str]]]:
    """A workspace with runs, made once: these tests only read."""
    from mlnb.door import Workspace

    folder = tmp_path_factory.mktemp("filled") / ".mlnb"
    shutil.copytree(workspace_template, folder)
    workspace = Workspace(folder)
    yield (workspace, *fill(workspace))
    workspace.close()


def test_filters_and_orders_mean_what_they_mean_in_mlflow(filled: tuple[Any, str, list[str]]) -> None:
    ws, experiment, _ = filled
    reader, client = SqlReader(ws.tracking.uri), ws.tracking.client()
    for text in FILTERS:
        for order in ORDERS if text in ("", "metrics.auc > 0.3") else ([],):
            theirs = [run.info.run_id for run in client.search_runs([experiment], text, order_by=order)]
            query = RunQuery((experiment,), text, parse_order(order), limit=500)
            total, ours, _ = reader.page(query)
            assert (total, ours) == (len(theirs), theirs), (text, order)


def test_blocks_hold_every_run_once_and_the_values_of_the_client(filled: tuple[Any, str, list[str]]) -> None:
    ws, experiment, ids = filled
    reader, client = SqlReader(ws.tracking.uri), ws.tracking.client()
    keys = tuple(
        parse_key(text) for text in ("metrics.auc", "params.depth", "tags.team", "start_time", "status", "run_name")
    )
    seen: list[str] = []
    for offset in range(0, 20, 4):
        _, found, columns = reader.page(RunQuery((experiment,), columns=keys, offset=offset, limit=4))
        seen += found
        for index, run_id in enumerate(found):
            run = client.get_run(run_id)
            values = {column.key: column.values[index] for column in columns}
            assert repr(values["metrics.auc"]) == repr(run.data.metrics.get("auc"))
            assert values["params.depth"] == run.data.params.get("depth")
            assert values["tags.team"] == run.data.tags["team"]
            assert values["attributes.status"] == run.info.status
            assert values["attributes.start_time"] == run.info.start_time
            assert values["attributes.run_name"] == run.info.run_name
    assert sorted(seen) == sorted(set(ids) - {ids[9]})


def test_the_client_reader_answers_alike(filled: tuple[Any, str, list[str]]) -> None:
    ws, experiment, ids = filled
    ours, theirs = SqlReader(ws.tracking.uri), ClientReader(ws.tracking.client)
    assert type(open_reader("http://localhost:1", ws.tracking.client)) is ClientReader
    keys = (Key("metrics", "auc"), Key("attributes", "run_name"), Key("params", "learning rate"))
    query = RunQuery((experiment,), "tags.team = 'ops'", parse_order("metrics.auc DESC"), keys, 1, 3)
    assert [str(part) for part in ours.page(query)] == [str(part) for part in theirs.page(query)]
    assert ours.keys([experiment]) != []
    assert dict(ours.keys([experiment])) == dict(theirs.keys([experiment]))
    assert ours.find(prefix=ids[0][:8]) == theirs.find(prefix=ids[0][:8]) == [ids[0]]
    assert ours.find(name="run 2", limit=1) == theirs.find(name="run 2", limit=1)
    assert repr(ours.get(ids[4])) == repr(theirs.get(ids[4]))
    assert ours.get("0" * 32) is theirs.get("0" * 32) is None
    assert {item.name: item.runs for item in ours.experiments()} == {
        item.name: item.runs for item in theirs.experiments()
    }


def test_reading_never_changes_mlflows_store(filled: tuple[Any, str, list[str]]) -> None:
    import sqlalchemy as sa

    ws, experiment, _ = filled
    reader = SqlReader(ws.tracking.uri)
    file = Path(sa.make_url(ws.tracking.uri).database or "")
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    reader.page(RunQuery((experiment,), "metrics.auc > 0", limit=10))
    reader.keys(None)
    with pytest.raises(sa.exc.OperationalError, match="readonly"), reader._engine.connect() as connection:
        connection.execute(sa.text("DELETE FROM runs"))
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before


def test_a_store_that_does_not_exist_yet_is_empty_and_stays_absent(tmp_path: Path) -> None:
    reader = SqlReader(f"sqlite:///{tmp_path / 'with space & %.db'}")
    assert reader.experiments() == []
    assert reader.page(RunQuery(columns=(Key("metrics", "auc"),)))[:2] == (0, [])
    assert reader.find(name="x") == reader.names() == reader.models("x") == []
    assert list(tmp_path.iterdir()) == []


def test_pages_show_what_differs_when_there_is_much(ws: Any) -> None:
    from mlflow.entities import Metric, Param

    client, experiment = ws.tracking.client(), ws.tracking.experiment_id("wide")
    for number in range(3):
        run = client.create_run(experiment)
        params = [Param(f"p{index}", str(index if index else number)) for index in range(20)]
        client.log_batch(run.info.run_id, [Metric("auc", number, 0, 0)], params)
    page = ws.runs.search(experiments="wide")
    shown = {column.key for column in page.columns}
    assert {"metrics.auc", "params.p0", "attributes.run_name"} <= shown
    assert "params.p7" not in shown
    assert page.as_of == ws.journal.last_id()
    assert ws.runs.columns("wide", q="p1").columns[0].key.startswith("params.p1")
    assert ws.runs.columns("wide", limit=5).truncated


def test_runs_are_found_by_prefix_name_last_and_best(filled: tuple[Any, str, list[str]]) -> None:
    ws, _, ids = filled
    assert ws.runs.resolve(ids[2]) == ids[2]
    assert ws.runs.resolve(ids[2][:10]) == ids[2]
    assert ws.runs.resolve("run 3") == ids[11]
    assert ws.runs.resolve("@best:auc") == ids[13]
    assert ws.runs.resolve("@last") == ws.runs.resolve("elsewhere")
    assert ws.runs.resolve(ws.tracking.client().get_run(ids[1])) == ids[1]


def test_what_cannot_be_found_or_read_says_so(filled: tuple[Any, str, list[str]]) -> None:
    runs = filled[0].runs
    cases: list[tuple[Callable[[], object], type[MlnbError], str, str]] = [
        (lambda: runs.get("run9"), RunNotFoundError, "RUN_NOT_FOUND", "Did you mean run 3, run 2 or run 1?"),
        (lambda: runs.get("@best:auk"), RunNotFoundError, "RUN_NOT_FOUND", "Did you mean auc?"),
        (lambda: runs.get(""), RunNotFoundError, "RUN_NOT_FOUND", "%runs"),
        (lambda: runs.search("metrics.auc >"), SearchError, "INVALID_SEARCH", "A number"),
        (lambda: runs.search(columns=["metric"]), SearchError, "INVALID_SEARCH", "metrics"),
        (lambda: runs.search(order_by="attributes.stat DESC"), SearchError, "INVALID_SEARCH", "status"),
        (lambda: runs.search(experiments="flight"), ExperimentNotFoundError, "EXPERIMENT_NOT_FOUND", "flights"),
        (lambda: runs.columns("nope"), ExperimentNotFoundError, "EXPERIMENT_NOT_FOUND", ""),
    ]
    for call, error, code, hint in cases:
        with pytest.raises(error) as caught:
            call()
        assert caught.value.code == code
        assert hint in (caught.value.hint or "")


def test_limits_of_a_page_are_checked(ws: Any) -> None:
    from mlnb.core.errors import InvalidParameterError

    for options in ({"limit": 0}, {"limit": 501}, {"offset": -1}, {"columns": [f"metrics.m{n}" for n in range(201)]}):
        with pytest.raises(InvalidParameterError):
            ws.runs.search(**options)


def test_a_store_in_postgresql_answers_alike(
    workspace_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlnb.door import Workspace

    monkeypatch.setenv("MLNB_TRACKING_URI", postgres_url.replace("postgresql://", "postgresql+psycopg://"))
    workspace = Workspace(workspace_path)
    reader = SqlReader(workspace.tracking.uri)
    assert reader.experiments() == []
    experiment, _ = fill(workspace)
    client = workspace.tracking.client()
    for text in FILTERS:
        theirs = [run.info.run_id for run in client.search_runs([experiment], text, order_by=["metrics.auc DESC"])]
        assert reader.page(RunQuery((experiment,), text, parse_order("metrics.auc DESC")))[1] == theirs, text
    with workspace.runs.start("on postgres", experiment="flights") as run:
        run.log(auc=0.5)
    assert workspace.runs.get("on postgres").metrics == {"auc": 0.5}
    workspace.close()

"""Filters are MLflow's: what it reads and what it finds, and where it stops."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlnb.training.reading.reader import RunQuery, parse_order
from mlnb.training.reading.sql_reader import SqlReader
from mlnb.training.records import SearchError


@pytest.fixture(scope="module")
def store(workspace_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """Thirty runs that have and lack all kinds of values."""
    import random
    import shutil

    from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag

    from mlnb.door import Workspace

    folder = tmp_path_factory.mktemp("filters") / ".mlnb"
    shutil.copytree(workspace_template, folder)
    ws = Workspace(folder)
    client, experiment = ws.tracking.client(), ws.tracking.experiment_id("any")
    chance = random.Random(3)
    ids = []
    for number in range(30):
        run = client.create_run(
            experiment, start_time=1000 + number // 3, run_name=chance.choice(["a", "A", "b c", "b_c"])
        )
        values = [float("nan"), float("inf"), 0.0, -1.5, 2.0, 1e-9]
        metrics = [Metric(key, chance.choice(values), 0, 0) for key in ("auc", "val/loss 2") if chance.random() < 0.8]
        params = [
            Param(key, chance.choice(["1", "10", "x%", "X", "it's"]))
            for key in ("depth", "learning rate")
            if chance.random() < 0.7
        ]
        tags = [RunTag("team", chance.choice(["ops", "OPS", "", "o_s"]))] if chance.random() < 0.7 else []
        client.log_batch(run.info.run_id, metrics, params, tags)
        if chance.random() < 0.5:
            data = Dataset(chance.choice(["t1", "t2"]), chance.choice(["d1", "d2"]), "x", "{}")
            client.log_inputs(
                run.info.run_id,
                [DatasetInput(data, [InputTag("mlflow.data.context", chance.choice(["train", "eval"]))])],
            )
        if chance.random() < 0.7:
            client.set_terminated(run.info.run_id, chance.choice(["FINISHED", "FAILED", "KILLED"]), 5000 + number)
        ids.append(run.info.run_id)
    yield SimpleNamespace(ws=ws, client=client, experiment=experiment, ids=ids, reader=SqlReader(ws.tracking.uri))
    ws.close()


TEXTS = st.sampled_from(
    ["'1'", "'10'", "'x%'", "'%'", "'_'", "'OPS'", "'o%'", '"it\'s"', "''", "'t1'", "'d2'", "'train'", "'b_c'", "'A'"]
)
NUMBERS = st.sampled_from(["0", "-1.5", "2", "1e-9", "1e400", "1003", "-3", "0.0"])
NUMERIC = st.sampled_from(["=", "!=", ">", ">=", "<", "<="])
TEXTUAL = st.sampled_from(["=", "!=", "LIKE", "ILIKE", "like"])
METRICS = st.sampled_from(
    ["metrics.auc", "metric.auc", "metrics.`val/loss 2`", 'metrics."val/loss 2"', "metrics.absent"]
)
WORDS = st.sampled_from(
    ["params.depth", "param.`learning rate`", "parameters.depth", "tags.team", "tag.absent", "tags.`mlflow.runName`",
     "run_name", "attributes.run_name", "status", "attr.user_id", "run.status", "`run name`",
     "datasets.name", "dataset.digest", "datasets.context"]
)  # fmt: skip
TIMES = st.sampled_from(["start_time", "attributes.end_time", "created", "attribute.start_time"])
CLAUSE = st.one_of(
    st.tuples(METRICS, NUMERIC, NUMBERS),
    st.tuples(TIMES, NUMERIC, NUMBERS),
    st.tuples(WORDS, TEXTUAL, TEXTS),
    st.tuples(
        st.sampled_from(["params.depth", "tags.team", "tags.absent"]),
        st.sampled_from(["IS", "is not"]),
        st.just("NULL"),
    ),
    st.tuples(
        st.sampled_from(["datasets.name", "datasets.context"]),
        st.sampled_from(["IN", "NOT IN"]),
        st.just("('t1', 'train')"),
    ),
)
FILTER = st.lists(CLAUSE.map(" ".join), min_size=1, max_size=3).map(" AND ".join)
ORDER = st.lists(
    st.tuples(
        st.sampled_from(["metrics.auc", "metrics.`val/loss 2`", "params.depth", "tags.team", "attributes.end_time", "status", "start_time"]),
        st.sampled_from(["", " ASC", " DESC"]),
    ),
    max_size=2,
    unique_by=lambda item: item[0],
).map(lambda items: ["".join(item) for item in items])  # fmt: skip


def of_mlflow(store: SimpleNamespace, text: str, order: list[str]) -> list[str] | None:
    """Return the ids that MLflow's own search finds, None when it refuses."""
    try:
        return [run.info.run_id for run in store.client.search_runs([store.experiment], text, order_by=order)]
    except Exception:
        return None


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=FILTER, order=ORDER)
def test_any_filter_and_order_find_what_mlflow_finds(store: SimpleNamespace, text: str, order: list[str]) -> None:
    theirs = of_mlflow(store, text, order)
    if theirs is None:
        with pytest.raises(SearchError):
            store.reader.page(RunQuery((store.experiment,), text, parse_order(order)))
        return
    total, ours, _ = store.reader.page(RunQuery((store.experiment,), text, parse_order(order)))
    assert (total, ours) == (len(theirs), theirs)


BROKEN = st.lists(
    st.sampled_from(["metrics.auc", ">", "0.5", "AND", "OR", "'x'", "params", ".", "`", "IN", "(", ")", "NULL", "IS", "status", "'", ";", "is", ","]),
    max_size=7,
).map(" ".join)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(BROKEN, st.text(max_size=30)))
def test_what_mlflow_refuses_is_refused_with_a_place_and_nothing_else_is(store: SimpleNamespace, text: str) -> None:
    found = store.ws.runs.check_filter(text)
    theirs = of_mlflow(store, text, [])
    if text.strip():
        assert found.ok == (theirs is not None), (text, found)
    if not found.ok:
        assert 0 <= found.position <= found.end <= len(text)
        assert found.message


@pytest.mark.parametrize(
    ("text", "marked", "message"),
    [
        ("metrics.auc > 0.7 AND parms.depth = '5'", "parms", "parms is no kind of value"),
        ("metrics.auc > '0.7'", "'0.7'", "compared with a number"),
        ("params.depth = 5", "5", "text in quotes"),
        ("metrics.auc > 0.7 OR metrics.auc < 0.2", "OR", "joined by OR"),
        ("metrics.auc LIKE 0.7", "LIKE", "cannot be compared by LIKE"),
        ("statis = 'FAILED'", "statis", "no attribute statis"),
        ("params.depth = 'x", "'x", "not closed"),
        ("metrics.val-loss > 1", "metrics.val-loss", "need quotes"),
        ("metrics.auc >", "", "value is missing"),
        ("metrics.auc => 1", ">", "two comparisons"),
        ("(metrics.auc > 1)", "(", "no parentheses"),
        ("status IN ('a')", "status", "not compared with a list"),
        ("metrics.auc IS NULL", "IS", "asked for NULL"),
        ("tags.`ü😀` = 'x' AND status = 3", "3", "text in quotes"),
    ],
)
def test_the_place_of_an_error_is_named(store: SimpleNamespace, text: str, marked: str, message: str) -> None:
    found = store.ws.runs.check_filter(text)
    assert not found.ok
    assert text[found.position : found.end] == marked
    assert message in found.message
    with pytest.raises(SearchError) as caught:
        store.ws.runs.search(text)
    assert caught.value.details["position"] == found.position


@pytest.mark.parametrize(
    ("text", "start", "items"),
    [
        ("|", 0, ["metrics.", "params.", "tags.", "status", "datasets.name"]),
        ("metrics.a|", 0, ["metrics.auc", "metrics.`val/loss 2`"]),
        ("metrics.`val|", 0, ["metrics.`val/loss 2`"]),
        ("dep|", 0, ["params.depth"]),
        ("metrics.auc |", 12, ["=", "!=", ">", ">=", "<", "<="]),
        ("params.depth I|", 13, ["ILIKE", "IS NULL", "IS NOT NULL"]),
        ("params.depth = |", 15, ["'1'", "'10'", '"it\'s"']),
        ("params.depth = 'x|", 15, ["'x%'", "'X'"]),
        ("metrics.auc > 1 A|", 16, ["AND"]),
        ("metrics.auc > 1 AND status = '|", 29, ["'FINISHED'", "'RUNNING'"]),
        ("tags.team IS |", 13, ["NULL", "NOT NULL"]),
        ("datasets.name IN (|", 18, ["'t1'", "'t2'"]),
        ("metrics.au| > 3", 0, ["metrics.auc"]),
    ],
)
def test_what_may_stand_at_the_cursor_is_offered(
    store: SimpleNamespace, text: str, start: int, items: list[str]
) -> None:
    cursor = text.index("|")
    found = store.ws.runs.complete_filter(text.replace("|", ""), cursor, experiments="any")
    offered = [item.text for item in found.items]
    assert found.start == start
    assert [item for item in items if item not in offered] == []
    assert found.end >= cursor


def test_what_is_completed_can_be_read(store: SimpleNamespace) -> None:
    text, picked = (
        "",
        ["metrics.`val/loss 2`", ">", None, "AND", "params.depth", "=", '"it\'s"', "AND", "tags.team", "IS NOT NULL"],
    )
    for pick in picked:
        if pick is not None:
            offered = [item.text for item in store.ws.runs.complete_filter(text, len(text)).items]
            assert pick in offered, (text, pick, offered)
        text += f"{pick or '-9'} "
    assert store.ws.runs.check_filter(text).ok


def test_very_long_filters_are_refused_and_long_lists_are_read(store: SimpleNamespace) -> None:
    assert store.ws.runs.search(" AND ".join(["metrics.auc > -9"] * 100)).total > 0
    with pytest.raises(SearchError):
        store.ws.runs.search(" AND ".join(["metrics.auc > -9"] * 101))
    names = ", ".join(f"'{run_id}'" for run_id in store.ids)
    for text in (f"attributes.run_id IN ({names})", f"run_id IN ({names}) AND status != 'x'"):
        assert sorted(store.ws.runs.search(text).ids) == sorted(store.ids)

"""Making monitors, and the answers to bad input: each names what is wrong and what would do, and changes nothing."""

from __future__ import annotations

import pytest
from monitoring_data import make_baseline, make_log

from mlnb.core.errors import AlreadyExistsError, InvalidParameterError, InvalidStateError, NotFoundError
from mlnb.monitoring.records import InferenceLog, LabelSource, TimeSeries
from mlnb.training.scoring.expressions import parse_slices


def log_profile(**changes):
    fields = {
        "timestamp_col": "at_time",
        "granularities": ["1 day"],
        "problem_type": "classification",
        "prediction_col": "prediction",
        "model_id_col": "model_id",
    }
    return InferenceLog(**(fields | changes))


@pytest.fixture
def table(catalog):
    log = make_log(1, 20)
    catalog.create_table("main.default.log", log.rows)
    catalog.create_table("main.default.truth", log.labels)
    return "main.default.log"


def test_a_monitor_has_the_platforms_fields_and_is_in_the_journal(ws, monitors, table):
    info = monitors.create(table, profile=log_profile(), slicing_exprs=["carrier"])
    assert info.profile_metrics_table_name == "main.default.log_profile_metrics"
    assert info.drift_metrics_table_name == "main.default.log_drift_metrics"
    assert info.status == "MONITOR_STATUS_PENDING"
    assert info.to_dict()["inference_log"]["problem_type"] == "classification"
    assert [i.table_name for i in monitors.list(schema="default")] == [table]
    event = ws.journal.tail(actions=["monitor.created"])[-1]
    assert event.subject == f"monitor:{table}"


BAD = [
    ({"timestamp_col": "at_tine"}, {}, "There is no column 'at_tine' for timestamp_col.", "at_time"),
    ({"timestamp_col": "x"}, {}, "Column 'x' is double and cannot be timestamp_col", "at_time"),
    ({"prediction_col": "predicted"}, {}, "There is no column 'predicted'", "prediction"),
    ({"model_id_col": "model"}, {}, "There is no column 'model'", "model_id"),
    ({"problem_type": "regression", "prediction_col": "carrier"}, {}, "cannot be prediction_col", "prediction"),
    ({"label_col": "truth"}, {}, "There is no column 'truth' for label_col", None),
    ({}, {"slicing_exprs": ["carier"]}, "uses the unknown column 'carier'", "carrier"),
    ({}, {"excluded_columns": ["hours"]}, "There is no column 'hours'", "hour"),
    ({}, {"baseline_table_name": "main.default.truth"}, "none of the monitored columns", "x"),
]


@pytest.mark.parametrize(("changes", "options", "message", "hint"), BAD, ids=[b[2][:30] for b in BAD])
def test_a_wrong_column_is_named_with_one_that_would_do(ws, monitors, table, changes, options, message, hint):
    before = ws.journal.last_id()
    with pytest.raises(InvalidParameterError) as error:
        monitors.create(table, profile=log_profile(**changes), **options)
    assert error.value.code == "INVALID_PARAMETER_VALUE"
    assert message in error.value.message
    assert hint is None or hint in error.value.hint
    assert (monitors.list(), ws.journal.last_id()) == ([], before)


def test_missing_tables_are_refused_with_the_catalogs_code(monitors, table):
    with pytest.raises(NotFoundError) as error:
        monitors.create("main.default.logs", profile=log_profile())
    assert error.value.code == "TABLE_OR_VIEW_NOT_FOUND"
    labels = LabelSource(table="main.default.truths", request_id_col="id", label_col="late")
    with pytest.raises(NotFoundError):
        monitors.create(table, profile=log_profile(), labels=labels)
    wrong = LabelSource(table="main.default.truth", request_id_col="databricks_request_id", label_col="is_late")
    with pytest.raises(InvalidParameterError, match="no column 'is_late'") as error:
        monitors.create(table, profile=log_profile(), labels=wrong)
    assert "late" in error.value.hint
    assert monitors.list() == []


def test_a_table_has_one_monitor_and_a_missing_one_has_a_hint(monitors, table):
    monitors.create(table, profile=log_profile())
    with pytest.raises(AlreadyExistsError) as error:
        monitors.create(table, profile=log_profile())
    assert error.value.code == "RESOURCE_ALREADY_EXISTS"
    with pytest.raises(NotFoundError) as missing:
        monitors.get("main.default.lag")
    assert "main.default.log" in missing.value.hint
    with pytest.raises(InvalidStateError, match="has not been refreshed yet"):
        monitors.profile(table)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("sum(hour)", "an aggregate"),
        ("hour >", "not an expression"),
        ("(SELECT 1)", "not one expression"),
        ("hour IN (SELECT 1)", "a sub-query"),
        ("1 = 1", "uses no column"),
        ("hour; DROP TABLE x", "not one expression"),
        ("row_number() OVER (ORDER BY hour)", "a window function"),
        ("carrier = 'AA", "a quote is not closed"),
    ],
)
def test_a_slice_is_one_plain_expression(text, why):
    with pytest.raises(InvalidParameterError, match=why):
        parse_slices([text], ["hour", "carrier"])


def test_slices_with_too_many_values_are_folded(monitors, catalog, monkeypatch):
    monkeypatch.setenv("MLNB_MONITORING__MAX_SLICE_VALUES", "3")
    catalog.create_table("main.default.log", make_log(1, 200).rows)
    monitors.create("main.default.log", profile=log_profile(), slicing_exprs=["hour"])
    done = monitors.refresh("log")
    assert "folded into 'other': hour" in done.message
    values = monitors.profile("log", column_name=":table", model_id="*", slice_key="hour")["slice_value"]
    assert len(values) == 4
    assert "other" in set(values)


def test_slices_true_and_false_make_the_whole(monitors, catalog):
    catalog.create_table("main.default.log", make_log(1, 200).rows)
    monitors.create("main.default.log", profile=log_profile(), slicing_exprs=["hour > 12"])
    monitors.refresh("log")
    rows = monitors.profile("log", column_name=":table", model_id="*").set_index("slice_value")["count"].to_dict()
    assert rows["true"] + rows["false"] == 200


def test_an_update_counts_versions_and_computes_again(monitors, catalog, table):
    catalog.create_table("main.default.base", make_baseline(100))
    monitors.create(table, profile=log_profile())
    monitors.refresh(table)
    info = monitors.update(table, baseline_table_name="main.default.base", excluded_columns=["hour"])
    assert info.monitor_version == 2
    assert monitors.refresh(table).windows == 1
    drift = monitors.drift(table)
    assert "hour" not in set(drift["column_name"])
    assert set(drift["monitor_version"]) == {2}


def test_the_version_of_the_baseline_is_pinned_until_another_is_used_or_the_monitor_is_gone(
    ws, monitors, catalog, table
):
    def pins():
        return [(pin.version, pin.owner) for pin in catalog.pins("main.default.base")]

    catalog.create_table("main.default.base", make_baseline(100))
    monitors.create(table, profile=log_profile(), baseline_table_name="main.default.base")
    owner = f"monitor:{monitors.get(table).table_name}"
    monitors.refresh(table)
    assert pins() == [(0, owner)]
    catalog.append("main.default.base", make_baseline(10))
    monitors.refresh(table)
    assert pins() == [(1, owner)]
    monitors.refresh(table)
    assert pins() == [(1, owner)]
    monitors.delete(table)
    assert pins() == []
    assert [event.action for event in ws.journal.tail(actions=["table.pinned", "table.unpinned"])][
        -1
    ] == "table.unpinned"


def test_deleting_a_monitor_keeps_its_tables(ws, monitors, catalog, table):
    monitors.create(table, profile=TimeSeries(timestamp_col="at_time", granularities=["1 week"]))
    monitors.alert(table, "a", metric="psi", threshold=0.2, k=1, n=1)
    monitors.refresh(table)
    monitors.delete(table)
    assert (monitors.list(), monitors.alerts()) == ([], [])
    assert catalog.exists("main.default.log_profile_metrics")
    assert ws.journal.tail(actions=["monitor.deleted"])
    monitors.create(table, profile=TimeSeries(timestamp_col="at_time", granularities=["1 day"]))
    assert monitors.refresh(table).state == "SUCCESS"


def test_a_wrong_filter_or_metric_is_named(monitors, table):
    monitors.create(table, profile=log_profile())
    monitors.refresh(table)
    with pytest.raises(InvalidParameterError, match="no column 'colum_name'") as error:
        monitors.profile(table, colum_name="x")
    assert "column_name" in error.value.hint
    with pytest.raises(InvalidParameterError, match="no metric 'js_distanc'"):
        monitors.drift_matrix(table, "js_distanc")
    with pytest.raises(InvalidParameterError, match="is not a drift metric"):
        monitors.drift_matrix(table, "avg")
    with pytest.raises(InvalidParameterError, match="not monitored by 1 week"):
        monitors.drift_matrix(table, granularity="1 week")

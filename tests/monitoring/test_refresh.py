"""Refreshes on real tables: what is written, what is computed again, and that order does not matter."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from deltalake import DeltaTable
from monitoring_data import DAY, START, Log, make_baseline, make_log
from sklearn import metrics as sk

from mlnb.core.errors import InvalidParameterError
from mlnb.monitoring.records import InferenceLog, Snapshot, TimeSeries

PROFILE = [
    "window",
    "log_type",
    "granularity",
    "slice_key",
    "slice_value",
    "column_name",
    "data_type",
    "logging_table_commit_version",
    "monitor_version",
    "model_id",
    "count",
    "num_nulls",
    "num_zeros",
    "num_nan",
    "distinct_count",
    "avg",
    "min",
    "max",
    "stddev",
    "median",
    "min_length",
    "max_length",
    "avg_length",
    "min_size",
    "max_size",
    "avg_size",
    "quantiles",
    "frequent_items",
    "non_null_columns",
    "percent_null",
    "percent_nan",
    "percent_zeros",
    "percent_distinct",
    "accuracy_score",
    "log_loss",
    "confusion_matrix",
    "precision",
    "recall",
    "f1_score",
    "roc_auc_score",
    "mean_squared_error",
    "root_mean_squared_error",
    "mean_average_error",
    "mean_absolute_percentage_error",
    "r2_score",
    "num_labels",
    "label_coverage",
    "refresh_id",
    "window_start",
]
DRIFT = [
    "window",
    "granularity",
    "monitor_version",
    "slice_key",
    "slice_value",
    "column_name",
    "data_type",
    "model_id",
    "window_cmp",
    "drift_type",
    "count_delta",
    "avg_delta",
    "percent_null_delta",
    "percent_zeros_delta",
    "percent_distinct_delta",
    "non_null_columns_delta",
    "js_distance",
    "ks_test",
    "wasserstein_distance",
    "population_stability_index",
    "chi_squared_test",
    "tv_distance",
    "l_infinity_distance",
    "wasserstein_normalized",
    "p_adjusted",
    "effect",
    "new_categories",
    "refresh_id",
    "window_start",
]


def rows_of(catalog, name):
    """Rows of a metric table without what differs from refresh to refresh, in a fixed order."""
    found = catalog.table(f"main.default.log_{name}_metrics").to_arrow().to_pylist(maps_as_pydicts="lossy")
    for row in found:
        for volatile in ("refresh_id", "logging_table_commit_version"):
            row.pop(volatile, None)
    return sorted(
        found,
        key=lambda row: repr(
            [
                row.get(k)
                for k in (
                    "log_type",
                    "drift_type",
                    "granularity",
                    "window_start",
                    "model_id",
                    "slice_key",
                    "slice_value",
                    "column_name",
                )
            ]
        ),
    )


def same(one, other):
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        assert a.keys() == b.keys()
        for name in a:
            if name == "distinct_count" or name == "percent_distinct" or name == "percent_distinct_delta":
                continue  # estimated by a sketch for columns with many values
            if isinstance(a[name], float):
                assert b[name] == pytest.approx(a[name], rel=1e-9, abs=1e-12), (name, a["column_name"])
            else:
                assert repr(a[name])[:60] == repr(b[name])[:60], (name, a["column_name"])


def test_the_tables_have_the_platforms_columns_in_order_and_are_plain_delta(watched, monitors, catalog):
    watched(make_log(2), slicing_exprs=["carrier"])
    done = monitors.refresh("main.default.log")
    assert (done.state, done.windows, done.rows) == ("SUCCESS", 2, 400)
    tables = {n: catalog.table(f"main.default.log_{n}_metrics") for n in ("profile", "drift")}
    assert [DeltaTable(tables[n].location).to_pyarrow_table().column_names for n in tables] == [PROFILE, DRIFT]
    keys = {
        (r["slice_key"], r["slice_value"], r["model_id"])
        for r in rows_of(catalog, "profile")
        if r["log_type"] == "INPUT"
    }
    assert keys == {
        (k, v, m)
        for k, v in [(None, None), *(("carrier", c) for c in ("AA", "DL", "UA"))]
        for m in ("*", "main.ml.m/1")
    }


def test_profile_figures_are_those_of_numpy(watched, monitors):
    log = make_log(2, 300)
    x = np.array(log.rows.column("x").to_pylist())
    x[:10] = np.nan
    x[10:15] = np.inf
    column = pa.array([None if 15 <= i < 20 else v for i, v in enumerate(x)])
    log.rows = log.rows.set_column(3, "x", column)
    watched(log)
    monitors.refresh("log")
    row = monitors.profile("log", column_name="x", model_id="*", slice_key=None, log_type="INPUT").iloc[0]
    finite = x[20:300]
    assert (row["count"], row["num_nulls"], row["num_nan"]) == (295, 5, 10)
    assert row["avg"] == pytest.approx(finite.mean())
    assert row["stddev"] == pytest.approx(finite.std(ddof=1))
    assert row["median"] == pytest.approx(np.median(finite))
    assert (row["min"], row["max"]) == (finite.min(), finite.max())
    assert row["percent_null"] == pytest.approx(100 * 5 / 300)
    assert len(row["quantiles"]) == 1000
    ranks = [np.mean(finite <= row["quantiles"][i]) for i in (100, 500, 900)]
    assert ranks == pytest.approx([0.1, 0.5, 0.9], abs=0.02)


def test_quality_is_computed_where_labels_have_arrived(watched, monitors):
    log = make_log(3, 200)
    watched(log, labels=450)
    monitors.refresh("log")
    found = monitors.quality("log").set_index("start")
    assert found["num_labels"].tolist() == [200, 200, 50]
    assert found["label_coverage"].tolist() == [1.0, 1.0, 0.25]
    truth = np.array(log.labels.column("late"))[:200]
    score = np.array(log.rows.column("prediction"))[:200]
    first = found.iloc[0]
    assert first["roc_auc_score"] == pytest.approx(sk.roc_auc_score(truth, score))
    assert first["log_loss"] == pytest.approx(sk.log_loss(truth, score))
    assert first["f1_score"] == pytest.approx(sk.f1_score(truth, score >= 0.5))
    assert first["base_rate"] == pytest.approx(truth.mean())


def test_late_labels_touch_only_their_windows(watched, monitors, catalog):
    log = make_log(4, 150)
    watched(log, labels=300)
    monitors.refresh("log")
    first = monitors.profile("log", column_name=":table", model_id="*")["refresh_id"].unique()
    catalog.append("main.default.truth", log.labels.slice(300, 60))
    done = monitors.refresh("log")
    assert (done.windows, len(first)) == (1, 1)
    after = monitors.profile("log", column_name=":table", model_id="*", log_type="INPUT")
    assert after["refresh_id"].tolist() == [first[0], first[0], done.refresh_id, first[0]]
    assert monitors.quality("log")["num_labels"].tolist() == [150, 150, 60]


def test_the_newest_label_of_a_request_wins_and_unknown_ones_are_counted(watched, monitors, catalog):
    log = make_log(1, 100)
    watched(log)
    flipped = log.labels.slice(0, 10)
    flipped = flipped.set_column(1, "late", pc.invert(flipped.column("late")))
    extra = pa.table({"databricks_request_id": ["nobody"], "late": [True]})
    catalog.append("main.default.truth", flipped)
    catalog.append("main.default.truth", extra)
    done = monitors.refresh("log")
    assert "10 labels were superseded" in done.message
    assert "1 labels speak about no logged prediction" in done.message
    truth = np.array(log.labels.column("late").to_pylist())
    truth[:10] = ~truth[:10]
    assert monitors.quality("log").iloc[0]["base_rate"] == pytest.approx(truth.mean())


def test_nothing_new_computes_nothing(watched, monitors, catalog):
    watched(make_log(2))
    monitors.refresh("log")
    version = catalog.table("main.default.log_profile_metrics").version
    done = monitors.refresh("log")
    assert (done.state, done.windows) == ("SUCCESS", 0)
    assert "Nothing has changed" in done.message
    assert catalog.table("main.default.log_profile_metrics").version == version


@pytest.mark.parametrize("seed", [1, 2])
def test_any_order_of_arrivals_gives_the_tables_of_one_full_refresh(watched, monitors, catalog, seed):
    rng = np.random.default_rng(seed)
    log = make_log(4, 60)
    first = Log(log.rows.slice(0, 60), log.labels.slice(0, 30))
    watched(first, granularities=["1 day", "1 week"], slicing_exprs=["hour > 12"])
    monitors.refresh("log")
    pieces = [("rows", log.rows.slice(60 * i, 60)) for i in range(1, 4)]
    pieces += [("labels", log.labels.slice(30 + 70 * i, 70)) for i in range(3)]
    for number in rng.permutation(len(pieces)):
        kind, part = pieces[number]
        catalog.append("main.default.log" if kind == "rows" else "main.default.truth", part)
        if rng.uniform() < 0.6:
            monitors.refresh("log")
    monitors.refresh("log")
    step_by_step = {name: rows_of(catalog, name) for name in ("profile", "drift")}
    monitors.refresh("log", full=True)
    for name, rows in step_by_step.items():
        same(rows_of(catalog, name), rows)


def test_rows_that_were_deleted_or_changed_leave_no_trace(watched, monitors, catalog):
    log = make_log(3, 50)
    watched(log)
    monitors.refresh("log")
    table = catalog.table("main.default.log")
    table.overwrite(log.rows.slice(0, 100))
    monitors.refresh("log")
    starts = monitors.profile("log", column_name=":table", model_id="*", log_type="INPUT")["window_start"]
    assert [int(s.timestamp()) for s in starts] == [START, START + DAY]
    kinds = monitors.drift("log", column_name="x", model_id="*")["drift_type"].value_counts().to_dict()
    assert kinds == {"BASELINE": 2, "CONSECUTIVE": 1}


def test_drift_shows_in_the_shifted_window_only(watched, monitors, catalog):
    watched(make_log(3, 400))
    catalog.append("main.default.log", make_log(1, 400, first_day=3, shift=1.0).rows)
    monitors.refresh("log")
    matrix = monitors.drift_matrix("log")
    x = matrix.columns.index("x")
    assert matrix.drifted[x] == [False, False, False, True]
    assert matrix.drifted[matrix.columns.index("carrier")] == [False] * 4
    assert matrix.columns[:2] == ["prediction", "x"] or matrix.columns[:2] == ["x", "prediction"]
    assert len(matrix.values) == len(matrix.columns)
    drift = monitors.drift("log", column_name="x", model_id="*", drift_type="CONSECUTIVE")
    assert drift["population_stability_index"].iloc[-1] > 0.2 > drift["population_stability_index"].iloc[0]


def test_rows_outside_time_are_counted_and_left_out(watched, monitors):
    log = make_log(1, 50)
    wrong = log.rows.slice(0, 3)
    far = pa.array([-(10**15), 4 * 10**15, None], pa.int64()).cast(pa.timestamp("us", "UTC"))
    log.rows = pa.concat_tables([log.rows, wrong.set_column(1, "at_time", far)])
    watched(log)
    done = monitors.refresh("log")
    assert done.message.startswith("3 rows have no time, or one before 1970 or in the future")
    assert monitors.profile("log", column_name=":table", model_id="*", log_type="INPUT")["count"].tolist() == [50]


def test_an_empty_table_and_columns_without_values_refresh_well(watched, monitors, catalog):
    log = make_log(1, 30)
    empty = pa.nulls(30, pa.float64())
    full = log.rows
    log.rows = full.set_column(3, "x", empty).slice(0, 0)
    watched(log, baseline_table_name=None)
    assert monitors.refresh("log").state == "SUCCESS"
    catalog.append("main.default.log", full.set_column(3, "x", empty))
    monitors.refresh("log")
    row = monitors.profile("log", column_name="x", model_id="*").iloc[0]
    assert (row["count"], row["num_nulls"], row["percent_null"]) == (0, 30, 100.0)
    assert np.isnan(row["avg"])
    later = make_log(1, 30, first_day=1).rows
    catalog.append("main.default.log", later)
    assert monitors.refresh("log").state == "SUCCESS"
    assert monitors.profile("log", column_name="x", model_id="*")["count"].tolist() == [0, 30]


def test_a_baseline_that_lacks_columns_says_so(watched, monitors, catalog):
    catalog.create_table("main.default.small", make_baseline().select(["x", "hour"]))
    watched(make_log(1, 60), baseline_table_name="main.default.small")
    done = monitors.refresh("log")
    assert "The baseline lacks, or has with another type: carrier, prediction, late." in done.message
    columns = set(monitors.drift("log", drift_type="BASELINE")["column_name"])
    assert columns == {":table", "x", "hour"}


def test_two_models_are_profiled_apart_and_together(watched, monitors):
    log = make_log(1, 100)
    ids = pa.array(["a/1"] * 60 + ["a/2"] * 40)
    log.rows = log.rows.set_column(2, "model_id", ids)
    watched(log)
    monitors.refresh("log")
    found = monitors.profile("log", column_name=":table", log_type="INPUT").set_index("model_id")["count"].to_dict()
    assert found == {"*": 100, "a/1": 60, "a/2": 40}


def test_too_many_groups_are_refused_before_computing(watched, monitors, monkeypatch):
    monkeypatch.setenv("MLNB_MONITORING__MAX_GROUPS", "5")
    watched(make_log(3, 20), slicing_exprs=["carrier"])
    with pytest.raises(InvalidParameterError, match="make 12 groups; at most 5") as error:
        monitors.refresh("log")
    assert "coarser granularity" in error.value.hint
    assert "make 12 groups" in monitors.get("log").latest_monitor_failure_msg
    assert monitors.refreshes("log")[0].state == "FAILED"


def test_a_time_series_has_no_model_and_a_snapshot_no_windows(monitors, catalog):
    log = make_log(2, 40)
    plain = log.rows.drop_columns(["databricks_request_id", "model_id", "prediction"])
    catalog.create_table("main.default.series", plain)
    monitors.create("main.default.series", profile=TimeSeries(timestamp_col="at_time", granularities=["1 day"]))
    monitors.refresh("series")
    drift = monitors.drift("series")
    assert set(drift["drift_type"]) == {"CONSECUTIVE"}
    assert "model_id" not in drift.columns
    catalog.create_table("main.default.snap", plain.drop_columns(["at_time"]))
    monitors.create("main.default.snap", profile=Snapshot(), baseline_table_name="main.default.series")
    monitors.refresh("snap")
    catalog.append("main.default.snap", plain.drop_columns(["at_time"]))
    monitors.refresh("snap")
    assert monitors.profile("snap", column_name=":table", log_type="INPUT")["count"].tolist() == [80, 160]
    kinds = monitors.drift("snap", column_name="x")["drift_type"].tolist()
    assert sorted(kinds) == ["BASELINE", "BASELINE", "CONSECUTIVE"]
    assert monitors.drift_matrix("snap").columns


def test_probabilities_beside_classes_and_whole_labels_compare(monitors, catalog):
    rng = np.random.default_rng(8)
    log = make_log(1, 120)
    p = np.array(log.rows.column("prediction"))
    rows = log.rows.drop_columns(["prediction"])
    rows = rows.append_column("prediction", pa.array((p > 0.5).astype(np.int64)))
    rows = rows.append_column("prediction_proba", pa.array([[1 - v, v] for v in p]))
    truth = (rng.uniform(size=120) < p).astype(float)
    rows = rows.append_column("late", pa.array(truth))
    catalog.create_table("main.default.log", rows)
    profile = InferenceLog(
        timestamp_col="at_time",
        granularities=["1 day"],
        problem_type="classification",
        prediction_col="prediction",
        prediction_proba_col="prediction_proba",
        model_id_col="model_id",
        label_col="late",
    )
    monitors.create("main.default.log", profile=profile)
    monitors.refresh("log")
    row = monitors.quality("log").iloc[0]
    assert row["roc_auc_score"] == pytest.approx(sk.roc_auc_score(truth, p))
    assert row["log_loss"] == pytest.approx(sk.log_loss(truth, p))
    assert row["accuracy_score"] == pytest.approx(np.mean((p > 0.5) == truth))


def test_labels_join_by_an_input_column_too(monitors, catalog):
    from mlnb.monitoring.records import LabelSource

    log = make_log(1, 40)
    rows = log.rows.append_column("flight_id", pa.array(range(40)))
    catalog.create_table("main.default.log", rows)
    catalog.create_table("main.default.truth", pa.table({"flight_id": range(30), "late": [i % 2 for i in range(30)]}))
    profile = InferenceLog(
        timestamp_col="at_time",
        granularities=["1 day"],
        problem_type="classification",
        prediction_col="prediction",
        model_id_col="model_id",
        labels=LabelSource(table="main.default.truth", request_id_col="flight_id", label_col="late"),
    )
    monitors.create("main.default.log", profile=profile)
    monitors.refresh("log")
    assert monitors.quality("log")["num_labels"].tolist() == [30]

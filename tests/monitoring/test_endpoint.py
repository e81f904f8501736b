"""Monitoring an endpoint by its name: the table serving writes, labels by request and row, rows still in the spool."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from monitoring_data import DAY, START

from mlnb.core.errors import InvalidStateError
from mlnb.monitoring.records import LabelSource
from mlnb.monitoring.service import Monitors
from mlnb.serving.payload import LogColumn, rows_schema

REQUESTS, PER_REQUEST = 6, 40


def logged_rows(prediction: str, first: int = 0) -> pa.Table:
    """Rows as serving logs them: several per request."""
    rng = np.random.default_rng(first)
    schema = rows_schema([LogColumn(source="x", column="x", type="double")], prediction)
    rows = REQUESTS * PER_REQUEST
    x = rng.normal(size=rows)
    p = 1 / (1 + np.exp(-x))
    times = [(START + (first + i // PER_REQUEST) * DAY // 2) * 1_000_000 for i in range(rows)]
    known = {
        "databricks_request_id": [f"q{first + i // PER_REQUEST}" for i in range(rows)],
        "row_index": [i % PER_REQUEST for i in range(rows)],
        "request_time": times,
        "model_id": ["main.ml.m/1"] * rows,
        "x": x,
        "prediction": (p > 0.5).astype(int) if prediction != "double" else p,
        "prediction_proba": [[1 - v, v] for v in p] if prediction != "double" else None,
    }
    columns = []
    for field in schema:
        values = known.get(field.name)
        columns.append(pa.nulls(rows, field.type) if values is None else pa.array(values).cast(field.type))
    return pa.Table.from_arrays(columns, schema=schema)


def truth_of(rows: pa.Table) -> pa.Table:
    rng = np.random.default_rng(1)
    x = np.array(rows.column("x").to_pylist())
    late = rng.uniform(size=len(x)) < 1 / (1 + np.exp(-x))
    return pa.table({"request_id": rows["databricks_request_id"], "row_index": rows["row_index"], "late": late})


@pytest.fixture
def service(ws, catalog):
    """The service with a list of endpoints instead of running ones: monitoring asks them for a table's name only."""

    def get(name: str) -> SimpleNamespace:
        return SimpleNamespace(name=name, inference_table="main.ml.flights_payload" if name == "flights" else None)

    endpoints = SimpleNamespace(get=get, list=lambda: [get("flights"), get("silent")])
    catalog.create_schema("main.ml", if_not_exists=True)
    return Monitors(ws, catalog, endpoints)


def source():
    return LabelSource(
        table="main.ml.outcomes", request_id_col="request_id", label_col="late", join_col="databricks_request_id"
    )


@pytest.mark.parametrize("prediction", ["long", "double"])
def test_an_endpoints_log_is_understood_and_labels_join_by_request_and_row(service, catalog, prediction):
    rows = logged_rows(prediction)
    catalog.create_table("main.ml.flights_payload_rows", rows, properties={"mlnb.endpoint": "flights"})
    catalog.create_table("main.ml.outcomes", truth_of(rows).slice(0, 200))
    info = service.for_endpoint("flights", labels=source(), granularities=["1 day"])
    log = info.inference_log
    assert (log.problem_type, log.timestamp_col, log.model_id_col) == ("classification", "request_time", "model_id")
    assert log.prediction_proba_col == (None if prediction == "double" else "prediction_proba")
    assert service.refresh("flights").state == "SUCCESS"
    quality = service.quality("flights")
    assert quality["num_labels"].tolist() == [80, 80, 40]
    assert quality["roc_auc_score"].between(0.55, 0.95).all()
    columns = set(service.drift("flights")["column_name"])
    assert columns - {":table", "x", "prediction", "prediction_proba", "late"} == set()


def test_what_waits_in_the_spool_is_refreshed_too(service, catalog):
    rows = logged_rows("long")
    catalog.create_table("main.ml.flights_payload_rows", rows, properties={"mlnb.endpoint": "flights"})
    service.for_endpoint("flights", granularities=["1 month"])
    service.refresh("flights")
    catalog.spool("main.ml.flights_payload_rows").put(logged_rows("long", first=6))
    assert service.refresh("flights").windows == 1
    counts = service.profile("flights", column_name=":table", model_id="*")["count"]
    assert counts.tolist() == [2 * REQUESTS * PER_REQUEST]


def test_an_endpoint_without_a_log_is_refused(service):
    with pytest.raises(InvalidStateError, match="does not log its requests"):
        service.for_endpoint("silent")
    with pytest.raises(InvalidStateError, match="has not logged anything yet"):
        service.for_endpoint("flights")


def test_a_table_that_was_replaced_is_computed_anew(service, catalog):
    rows = logged_rows("long")
    catalog.create_table("main.ml.flights_payload_rows", rows)
    service.for_endpoint("flights", granularities=["1 month"])
    service.refresh("flights")
    catalog.drop("main.ml.flights_payload_rows")
    catalog.create_table("main.ml.flights_payload_rows", rows.slice(0, 50))
    assert service.refresh("flights").windows == 1
    assert service.profile("flights", column_name=":table", model_id="*")["count"].tolist() == [50]

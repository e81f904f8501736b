"""Requests become rows of the two tables, each exactly once, whatever they hold."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from mlnb.serving.inference_log import InferenceLog, LogFullError
from mlnb.serving.payload import QUEUE_FULL, Entry, Served, log_columns, payload_batch, payload_schema, rows_batch
from mlnb.serving.records import InputField

FIELDS = [
    InputField(name="distance", type="double"),
    InputField(name="carrier", type="string"),
    InputField(name="at", type="datetime"),
]
SERVED = Served("entity-1", "main.ml.flights", "3", log_columns(FIELDS), "long")


class Spool:
    """Keeps batches in memory; fails as often as told."""

    def __init__(self, failures: int = 0) -> None:
        self.batches: list[Any] = []
        self.failures = failures
        self.gate = threading.Event()
        self.gate.set()

    def put(self, batch: Any) -> None:
        assert self.gate.wait(60)
        if self.failures:
            self.failures -= 1
            raise OSError("no space left on device")
        self.batches.append(batch)

    def column(self, name: str) -> list[Any]:
        return [value for batch in self.batches for value in batch.column(name).to_pylist()]


def entry(request_id: str, **changes: Any) -> Entry:
    columns = {"distance": [1.5, 2], "carrier": ["UA", None], "at": [datetime(2013, 8, 1, tzinfo=UTC), None]}
    values: dict[str, Any] = {
        "rows": 2,
        "columns": columns,
        "values": [0, 1],
        "proba": [[0.9, 0.1], [0.2, 0.8]],
        "request": "{}",
        "response": "{}",
    }
    return Entry(request_id=request_id, time_ms=1_375_365_600_123, requester="ada", **(values | changes))


def test_the_payload_table_has_exactly_the_platforms_columns() -> None:
    assert payload_schema().names == [
        "databricks_request_id",
        "request_date",
        "client_request_id",
        "request_time",
        "status_code",
        "sampling_fraction",
        "execution_duration_ms",
        "request",
        "response",
        "served_entity_id",
        "logging_error_codes",
        "requester",
    ]
    row = payload_batch([entry("r1", status=400, rows=0, client_request_id="c1")], SERVED).to_pylist()[0]
    assert row["request_time"] == datetime(2013, 8, 1, 14, 0, 0, 123_000, tzinfo=UTC)
    assert str(row["request_date"]) == "2013-08-01"
    assert (row["status_code"], row["client_request_id"], row["served_entity_id"], row["logging_error_codes"]) == (
        400,
        "c1",
        "entity-1",
        [],
    )


def test_each_scored_row_is_a_typed_row() -> None:
    batch = rows_batch([entry("r1"), entry("r2", rows=0, columns={}, values=[], proba=None, status=400)], SERVED)
    assert batch is not None
    rows = batch.to_pylist()
    assert [(row["databricks_request_id"], row["row_index"]) for row in rows] == [("r1", 0), ("r1", 1)]
    assert [(row["distance"], row["carrier"]) for row in rows] == [(1.5, "UA"), (2.0, None)]
    assert rows[1]["prediction"] == 1
    assert rows[1]["prediction_proba"] == [0.2, 0.8]
    assert rows[0]["model_id"] == "main.ml.flights/3"
    assert rows_batch([entry("r2", rows=0)], SERVED) is None


def test_values_that_do_not_fit_a_column_are_null_and_the_request_is_kept() -> None:
    batch = rows_batch([entry("r1", values=["late", 1], columns={"distance": ["far", 2.0]})], SERVED)
    assert batch is not None
    assert batch.column("prediction").to_pylist() == [None, 1]
    assert batch.column("distance").to_pylist() == [None, 2.0]
    assert batch.column("carrier").to_pylist() == [None, None]


def test_columns_are_renamed_where_the_table_has_the_name_already() -> None:
    names = ["requester", "prediction", "Fare", "fare", "dep time"]
    columns = log_columns([InputField(name=name, type="double") for name in names])
    assert [item.column for item in columns] == [
        "input_requester",
        "input_prediction",
        "Fare",
        "input_fare",
        "dep_time",
    ]


def test_nested_values_are_kept_as_json() -> None:
    served = Served("e", "m", "1", log_columns([InputField(name="tags", type="array")]), "string")
    batch = rows_batch([entry("r1", rows=1, columns={"tags": [["a", 1]]}, values=[{"k": 1}], proba=None)], served)
    assert batch is not None
    assert batch.column("tags").to_pylist() == ['["a", 1]']
    assert batch.column("prediction").to_pylist() == ['{"k": 1}']


def test_a_durable_log_tells_when_an_entry_is_stored_and_shares_writes() -> None:
    payload, rows, done = Spool(), Spool(), threading.Semaphore(0)
    failures: list[BaseException | None] = []
    log = InferenceLog(payload, rows, SERVED, durable=True)
    payload.gate.clear()
    for number in range(50):
        log.submit(entry(f"r{number}"), lambda failure: (failures.append(failure), done.release()))  # type: ignore[func-returns-value]
    payload.gate.set()
    for _ in range(50):
        assert done.acquire(timeout=60)
    log.close()
    assert failures == [None] * 50
    assert sorted(payload.column("databricks_request_id")) == sorted(f"r{number}" for number in range(50))
    assert len(rows.column("databricks_request_id")) == 100
    assert len(payload.batches) <= 3  # the first alone, all that waited together


def test_a_durable_log_reports_what_could_not_be_stored() -> None:
    outcome: list[BaseException | None] = []
    log = InferenceLog(Spool(failures=1), Spool(), SERVED, durable=True)
    log.submit(entry("r1"), outcome.append)
    log.close()
    assert isinstance(outcome[0], OSError)


def test_without_durability_a_failed_write_is_repeated_and_nothing_is_stored_twice() -> None:
    payload, rows = Spool(), Spool(failures=2)
    log = InferenceLog(payload, rows, SERVED, durable=False, flush_ms=1)
    log.submit(entry("r1"))
    log.close()
    assert payload.column("databricks_request_id") == ["r1"]
    assert rows.column("row_index") == [0, 1]
    assert log.dropped == 0


def test_a_full_queue_refuses_when_durable_and_drops_bodies_when_not() -> None:
    payload = Spool()
    payload.gate.clear()
    durable = InferenceLog(payload, Spool(), SERVED, durable=True, queue_bytes=10)
    with pytest.raises(LogFullError):
        durable.submit(entry("r1"))
    loose = InferenceLog(payload, Spool(), SERVED, durable=False, flush_ms=1, queue_bytes=10)
    loose.submit(entry("r2"))
    payload.gate.set()
    durable.close()
    loose.close()
    assert payload.column("logging_error_codes") == [[QUEUE_FULL]]
    assert payload.column("request") == [None]

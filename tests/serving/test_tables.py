"""The inference tables fit the model that is deployed, or the deployment is refused."""

from __future__ import annotations

from typing import Any

import pytest

from mlnb.serving.build import Prepared
from mlnb.serving.errors import InferenceTableMismatchError
from mlnb.serving.payload import Entry, Served, payload_schema, rows_batch
from mlnb.serving.records import InputField
from mlnb.serving.tables import make_tables


def prepared(*inputs: tuple[str, str], prediction_type: str = "long") -> Prepared:
    return Prepared("d", [InputField(name=name, type=kind) for name, kind in inputs], prediction_type)


def test_tables_are_made_once_widened_and_never_bent(ws: Any) -> None:
    payload = "main.ml.flights_payload"
    first = make_tables(ws.catalog, payload, "flights", prepared(("distance", "double"), ("Carrier", "string")))
    assert (first.payload, first.rows) == (payload, f"{payload}_rows")
    assert ws.catalog.table(payload).columns == payload_schema().names
    # Rows of the first version that are spooled when a wider version comes still reach the table.
    served = Served("e", "main.ml.flights", "1", first.columns, "long")
    entry = Entry("r1", 0, "ada", rows=1, columns={"distance": [1.0], "Carrier": ["UA"]}, values=[1])
    ws.catalog.spool(first.rows).put(rows_batch([entry], served))
    version = ws.catalog.table(first.rows).version
    make_tables(ws.catalog, payload, "flights", prepared(("distance", "double"), ("carrier", "string")))
    assert ws.catalog.table(first.rows).version == version
    wider = make_tables(
        ws.catalog, payload, "flights", prepared(("distance", "double"), ("Carrier", "string"), ("gust", "double"))
    )
    assert "gust" in ws.catalog.table(wider.rows).columns
    assert ws.catalog.spool(wider.rows).flush().rejected == 0
    assert ws.catalog.read(wider.rows)[["distance", "Carrier"]].to_numpy().tolist() == [[1.0, "UA"]]
    with pytest.raises(InferenceTableMismatchError, match="distance is double, the model needs string"):
        make_tables(ws.catalog, payload, "flights", prepared(("distance", "string")))
    with pytest.raises(InferenceTableMismatchError, match="prediction"):
        make_tables(ws.catalog, payload, "flights", prepared(prediction_type="string"))


def test_a_narrower_version_writes_into_the_same_table(ws: Any) -> None:
    payload = "main.ml.flights_payload"
    make_tables(ws.catalog, payload, "flights", prepared(("distance", "double"), ("gust", "double")))
    narrow = make_tables(ws.catalog, payload, "flights", prepared(("distance", "double")))
    served = Served("e", "main.ml.flights", "2", narrow.columns, "long")
    spool = ws.catalog.spool(narrow.rows, durable=True)
    spool.put(rows_batch([Entry("r1", 0, "ada", rows=1, columns={"distance": [1.0]}, values=[0])], served))
    assert spool.flush().rejected == 0
    assert ws.catalog.read(narrow.rows)["gust"].isna().all()

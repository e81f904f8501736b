"""Insights: who reads a table, from where, how often and which columns."""

from __future__ import annotations

from collections import Counter
from datetime import UTC
from typing import Any

import pandas as pd
import pytest

from mlnb.catalog.errors import TableNotFoundError
from mlnb.core.caller import calling
from mlnb.core.errors import InvalidParameterError


def test_reads_are_counted_by_reader_place_column_and_day(ws: Any) -> None:
    frame = pd.DataFrame({"id": [1], "amount": [1.5], "note": ["x"]})
    ws.catalog.create_table("main.default.orders", frame)
    ws.catalog.create_table("main.default.other", frame)
    ws.catalog.grant("main", "bob", "USE CATALOG", "USE SCHEMA", "SELECT", kind="catalog")
    with calling(principal="bob", notebook="a.ipynb", cell_id="c1"):
        ws.sql("SELECT id FROM orders").rows()
        ws.sql("SELECT id FROM orders").rows()
        ws.catalog.read("orders", columns=["amount"])
    with calling(principal="ada", job_run_id="17"):
        ws.sql("SELECT o.id FROM orders o JOIN other USING (id)").rows()
    with pytest.raises(Exception, match="nowhere"):
        ws.sql("SELECT nowhere FROM orders")
    ws.catalog.recorder.flush()
    found = ws.catalog.insights("orders", days=7)
    assert found.reads == 4
    assert [(reader.principal, reader.reads) for reader in found.readers] == [("bob", 3), ("ada", 1)]
    assert [(place.kind, place.name, place.cell, place.reads) for place in found.places] == [
        ("notebook", "a.ipynb", "c1", 3),
        ("job", "17", None, 1),
    ]
    assert {column.name: column.reads for column in found.columns} == {"id": 3, "amount": 1, "note": 0}
    assert len(found.per_day) == 7
    history = ws.sql("SELECT start_time FROM system.query.history WHERE execution_status = 'FINISHED'").rows()
    days = Counter(f"{row['start_time'].astimezone(UTC):%Y-%m-%d}" for row in history)  # two at midnight
    assert {day.day: day.reads for day in found.per_day if day.reads} == days
    assert found.per_day[-1].day == max(days)
    assert [(table.name, table.reads) for table in found.joined_with] == [("main.default.other", 1)]
    assert found.queries[0].sql == "SELECT id FROM orders"


def test_a_table_nobody_read_says_so_and_bad_questions_are_refused(ws: Any) -> None:
    ws.catalog.create_table("main.default.orders", pd.DataFrame({"id": [1]}))
    found = ws.catalog.insights("orders")
    assert (found.reads, found.last, found.readers) == (0, None, [])
    with pytest.raises(TableNotFoundError):
        ws.catalog.insights("order")
    with pytest.raises(InvalidParameterError):
        ws.catalog.insights("orders", days=0)

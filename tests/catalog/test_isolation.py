"""A process that keeps to itself sees what was there and changes nothing that is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mlnb.catalog.errors import TableNotFoundError
from mlnb.catalog.isolation import IsolatedError, isolate, join

SCHEMA = "main.replay_1"


@pytest.fixture
def alone(ws: Any) -> Iterator[Any]:
    """The catalog with ``main.ml.t``, of which version 0 is read, in a process that keeps to itself."""
    ws.catalog.create_schema("main.ml")
    ws.catalog.create_schema(SCHEMA)
    ws.catalog.create_table("main.ml.t", [{"k": 1, "v": 10}], primary_key="k")
    ws.catalog.append("main.ml.t", [{"k": 2, "v": 20}])
    isolate(ws.catalog, SCHEMA, {"main.ml.t": 0})
    yield ws.catalog
    join(ws.catalog)


def _rows(catalog: Any, name: str = "main.ml.t") -> list[int]:
    return sorted(catalog.read(name)["v"])


def test_reading_is_led_to_the_version(alone: Any, ws: Any) -> None:
    assert _rows(alone) == [10]
    assert [row["v"] for row in ws.sql("SELECT v FROM main.ml.t").rows()] == [10]
    assert alone.table("main.ml.t").version == 0
    assert sorted(alone.read("main.ml.t", version=1)["v"]) == [10, 20]  # who names a version means it


@pytest.mark.parametrize(
    "write",
    [
        lambda ws: ws.catalog.append("main.ml.t", [{"k": 3, "v": 30}]),
        lambda ws: ws.catalog.write("main.ml.t", [{"k": 1, "v": 10}, {"k": 3, "v": 30}], mode="overwrite"),
        lambda ws: ws.sql("INSERT INTO main.ml.t VALUES (3, 30)"),
        lambda ws: ws.catalog.table("main.ml.t").merge([{"k": 3, "v": 30}]),
        lambda ws: ws.sql("CREATE OR REPLACE TABLE main.ml.t AS SELECT * FROM main.ml.t UNION ALL SELECT 3, 30"),
    ],
)
def test_writing_changes_a_copy(alone: Any, ws: Any, write: Any) -> None:
    write(ws)
    assert _rows(alone) == [10, 30]
    join(alone)
    assert _rows(alone) == [10, 20]
    assert alone.table("main.ml.t").version == 1
    assert [table.name for table in alone.tables(SCHEMA).items] == ["main__ml__t"]


def test_a_new_table_stands_in_the_schema_under_its_name(alone: Any, ws: Any) -> None:
    alone.create_table("main.ml.new", [{"v": 1}])
    assert _rows(alone, "main.ml.new") == [1]
    assert alone.isolation.names == {f"{SCHEMA}.main__ml__new": "main.ml.new"}
    join(alone)
    assert not alone.exists("main.ml.new")


def test_a_table_that_exists_is_created_anew(alone: Any) -> None:
    alone.create_table("main.ml.t", [{"k": 9, "v": 90}])
    assert _rows(alone) == [90]


def test_dropping_hides(alone: Any) -> None:
    alone.drop("main.ml.t")
    with pytest.raises(TableNotFoundError):
        alone.read("main.ml.t")
    join(alone)
    assert _rows(alone) == [10, 20]


def test_other_changes_are_refused_and_undone(alone: Any) -> None:
    with pytest.raises(IsolatedError, match=r"schema\.created"):
        alone.create_schema("main.other")
    with pytest.raises(IsolatedError):
        alone.drop("main.ml", kind="schema", cascade=True)
    join(alone)
    assert "other" not in [schema.name for schema in alone.schemas("main").items]


def test_a_schema_that_exists_need_not_be_created(alone: Any) -> None:
    alone.create_schema("main.ml")


def test_a_table_is_not_there_until_it_is_created(alone: Any) -> None:
    alone.isolation.hide(["main.ml.t"])
    assert not alone.exists("main.ml.t")
    alone.create_table("main.ml.t", [{"k": 9, "v": 90}])
    assert _rows(alone) == [90]


def test_every_catalog_of_the_process_keeps_to_itself(alone: Any, ws: Any) -> None:
    from mlnb.catalog.service import Catalog

    other = Catalog(ws)
    assert _rows(other) == [10]
    other.append("main.ml.t", [{"k": 3, "v": 30}])
    assert _rows(alone) == [10, 30]
    other.close()


def test_tables_without_a_version_are_read_as_of_a_time(ws: Any) -> None:
    ws.catalog.create_schema("main.ml")
    ws.catalog.create_schema(SCHEMA)
    ws.catalog.create_table("main.ml.t", [{"v": 10}])
    then = ws.catalog.history("main.ml.t")[0].timestamp
    import time

    time.sleep(0.01)
    ws.catalog.append("main.ml.t", [{"v": 20}])
    isolate(ws.catalog, SCHEMA, {}, then)
    assert _rows(ws.catalog) == [10]
    join(ws.catalog)

import datetime as dt
import decimal
import uuid
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings

from mlnb.catalog.delta.data import Stream, fits, reader_of
from mlnb.catalog.delta.types import arrow_text, columns_of, duckdb_type, platform_type, storable, text
from mlnb.catalog.errors import TableSchemaError

UTC = pa.timestamp("us", "UTC")


@pytest.mark.parametrize(
    ("given_type", "stored"),
    [
        (pa.uint8(), pa.int16()),
        (pa.uint32(), pa.int64()),
        (pa.uint64(), pa.decimal128(20, 0)),
        (pa.float16(), pa.float32()),
        (pa.large_string(), pa.string()),
        (pa.string_view(), pa.string()),
        (pa.dictionary(pa.int8(), pa.large_string()), pa.string()),
        (pa.timestamp("ns"), UTC),
        (pa.timestamp("ms", "Asia/Tokyo"), UTC),
        (pa.time64("us"), pa.string()),
        (pa.null(), pa.string()),
        (pa.date64(), pa.date32()),
        (pa.uuid(), pa.string()),
        (pa.list_(pa.uint16()), pa.list_(pa.int32())),
        (pa.struct([("a", pa.timestamp("ns"))]), pa.struct([("a", UTC)])),
        (pa.map_(pa.large_string(), pa.uint8()), pa.map_(pa.string(), pa.int16())),
    ],
    ids=str,
)
def test_types_that_delta_lacks_become_the_next_wider_one(given_type: Any, stored: Any) -> None:
    assert storable(given_type) == stored


def test_types_without_a_home_are_refused_by_name(cat: Any) -> None:
    with pytest.raises(TableSchemaError) as error:
        cat.write("main.raw.t", pd.DataFrame({"ok": [1], "took": pd.to_timedelta([1], "s")}))
    assert (error.value.code, "took" in error.value.message) == ("DELTA_UNSUPPORTED_DATA_TYPE", True)


def test_values_of_every_type_come_back(cat: Any) -> None:
    now = dt.datetime(2024, 5, 1, 12, 30, 15, 123456, tzinfo=dt.UTC)
    one = uuid.uuid4()
    data = pa.table(
        {
            "b": pa.array([True, None]),
            "i8": pa.array([-3, None], pa.int8()),
            "u64": pa.array([2**63, None], pa.uint64()),
            "f": pa.array([1.5, float("nan")]),
            "d": pa.array([decimal.Decimal("1.25"), None], pa.decimal128(10, 2)),
            "s": pa.array(["\u00e9 \U0001f6eb", None]),
            "bin": pa.array([b"\x00\xff", None]),
            "day": pa.array([dt.date(1969, 7, 20), None]),
            "ts": pa.array([now, None], pa.timestamp("ns", "Europe/Berlin")),
            "clock": pa.array([dt.time(10, 30), None]),
            "tags": pa.array([["a", None], None]),
            "st": pa.array([{"x": 1, "y": "z"}, None]),
            "m": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())),
            "id": pa.array([one.bytes, None], pa.uuid()),
        }
    )
    cat.write("main.raw.t", data)
    row = cat.table("main.raw.t").to_arrow(where="b").to_pylist()[0]
    assert row == {
        "b": True,
        "i8": -3,
        "u64": decimal.Decimal(2**63),
        "f": 1.5,
        "d": decimal.Decimal("1.25"),
        "s": "\u00e9 \U0001f6eb",
        "bin": b"\x00\xff",
        "day": dt.date(1969, 7, 20),
        "ts": now,
        "clock": "10:30:00.000000",
        "tags": ["a", None],
        "st": {"x": 1, "y": "z"},
        "m": [("k", 1)],
        "id": str(one),
    }
    assert [c.type_text for c in cat.table("main.raw.t").info.columns] == [
        "boolean", "tinyint", "decimal(20,0)", "double", "decimal(10,2)", "string", "binary", "date", "timestamp", "string",
        "array<string>", "struct<x:bigint,y:string>", "map<string,bigint>", "string",
    ]  # fmt: skip
    cat.append("main.raw.t", data)
    assert cat.table("main.raw.t").count() == 4


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        (pa.int32(), pa.int64(), True),
        (pa.int64(), pa.float64(), True),
        (pa.float64(), pa.int64(), True),
        (pa.null(), pa.string(), True),
        (pa.date32(), UTC, True),
        (pa.string(), pa.int64(), False),
        (pa.int64(), pa.string(), False),
        (pa.bool_(), pa.int64(), False),
        (UTC, pa.date32(), False),
        (pa.list_(pa.int32()), pa.list_(pa.int64()), True),
        (pa.list_(pa.string()), pa.list_(pa.int64()), False),
        (pa.struct([("a", pa.int32())]), pa.struct([("a", pa.int64())]), True),
        (pa.struct([("a", pa.int32())]), pa.struct([("b", pa.int64())]), False),
    ],
    ids=str,
)
def test_only_conversions_that_lose_nothing_are_tried(source: Any, target: Any, expected: bool) -> None:
    assert fits(source, target) is expected


@pytest.mark.parametrize(
    ("kind", "whole", "end"),
    [(pa.date32(), pa.int32(), 2**31 - 1), (pa.timestamp("us"), pa.int64(), 2**63 - 1)],
    ids=str,
)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_date_without_end_stops_the_write(
    cat: Any, kind: pa.DataType, whole: pa.DataType, end: int, sign: int
) -> None:
    values = pa.array([0, None, sign * end], whole).cast(kind)
    cat.write("main.raw.t", pa.table({"d": pa.array(["1970-01-01", "0001-01-01", "9999-12-31"]).cast(kind)}))
    with pytest.raises(TableSchemaError, match="Column d") as error:
        cat.append("main.raw.t", pa.table({"d": values}))
    assert error.value.code == "DATETIME_OUT_OF_RANGE"
    assert cat.table("main.raw.t").count() == 3


def test_a_value_that_would_change_stops_the_write(cat: Any) -> None:
    cat.create_table("main.raw.t", schema=pa.schema([("i", pa.int32()), ("ts", pa.timestamp("us"))]))
    for bad in ({"i": [2**40]}, {"i": [1.5]}):
        with pytest.raises(TableSchemaError) as error:
            cat.append("main.raw.t", pd.DataFrame({**bad, "ts": pd.to_datetime(["2024-01-01"])}))
        assert (error.value.code, "Column i" in error.value.message) == ("CAST_INVALID_INPUT", True)
    cat.append("main.raw.t", pd.DataFrame({"i": [1.0, np.nan], "ts": pd.to_datetime(["2024-01-01", None])}))
    assert cat.sql("SELECT i FROM main.raw.t ORDER BY i").rows() == [{"i": None}, {"i": 1}]


@pytest.mark.parametrize("data", [3, "text", [1, 2], object()], ids=repr)
def test_what_is_no_table_is_refused(data: Any) -> None:
    with pytest.raises(TableSchemaError) as error:
        reader_of(data)
    assert error.value.code == "INVALID_DATA"


def test_a_column_of_mixed_types_is_named(cat: Any) -> None:
    with pytest.raises(TableSchemaError) as error:
        cat.write("main.raw.t", pd.DataFrame({"good": [1, 2], "mixed": [1, "x"]}, dtype=object))
    assert "mixed" in error.value.message


def test_data_in_many_shapes() -> None:
    expected = [{"a": 1, "b": "x"}]
    for data in (
        pd.DataFrame(expected),
        expected,
        {"a": [1], "b": ["x"]},
        pa.table({"a": [1], "b": ["x"]}),
        pa.record_batch({"a": [1], "b": ["x"]}),
        pa.table({"a": [1], "b": ["x"]}).to_reader(),
    ):
        assert Stream(data).reader().read_all().to_pylist() == expected


def test_types_are_spelled_as_the_platform_does() -> None:
    schema = (
        '{"type":"struct","fields":[{"name":"a","type":{"type":"array","elementType":{"type":"struct","fields":[{"name":"x y",'
        '"type":"decimal(5,1)","nullable":true,"metadata":{}}]},"containsNull":true},"nullable":false,"metadata":{"comment":"c"}}]}'
    )
    column = columns_of(schema, [])[0]
    assert (column.type_text, column.type_name, column.nullable, column.comment) == (
        "array<struct<x y:decimal(5,1)>>",
        "ARRAY",
        False,
        "c",
    )
    assert '"name": "a"' in column.type_json
    assert (
        duckdb_type({"type": "map", "keyType": "string", "valueType": "long", "valueContainsNull": True})
        == "MAP(VARCHAR, BIGINT)"
    )
    assert (text("timestamp_ntz"), platform_type("TIMESTAMPTZ"), platform_type("DECIMAL(5,1)")) == (
        "timestamp_ntz",
        "timestamp",
        "decimal(5,1)",
    )
    assert arrow_text(pa.list_(pa.timestamp("us", "UTC"))) == "array<timestamp>"


VALUES = st.fixed_dictionaries(
    {
        "i": st.one_of(st.none(), st.integers(-(2**62), 2**62)),
        "s": st.one_of(
            st.none(), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
        ),
        "f": st.one_of(st.none(), st.floats(allow_nan=False)),
        "t": st.one_of(
            st.none(), st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1), timezones=st.just(dt.UTC))
        ),
        "l": st.one_of(st.none(), st.lists(st.integers(0, 9), max_size=3)),
    }
)
ROWS = pa.schema([("i", pa.int64()), ("s", pa.string()), ("f", pa.float64()), ("t", UTC), ("l", pa.list_(pa.int64()))])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(VALUES, max_size=6))
def test_any_rows_come_back_as_they_were(shared_catalog: Any, rows: list[dict[str, Any]]) -> None:
    shared_catalog.create_table("main.raw.any", pa.Table.from_pylist(rows, ROWS), mode="replace")
    assert shared_catalog.table("main.raw.any").to_arrow().to_pylist() == rows


COMPARISONS = st.tuples(
    st.sampled_from(["i", "s", "d", "t"]),
    st.sampled_from(["=", "<", "<=", ">", ">="]),
    st.integers(-2, 12),
    st.booleans(),
)
LITERALS = {
    "i": lambda n: str(n),
    "s": lambda n: f"'k{n:03d}'",
    "d": lambda n: f"DATE '2024-01-{max(n, 1):02d}'",
    "t": lambda n: f"TIMESTAMP '2024-01-{max(n, 1):02d} 12:00:00'",
}


@pytest.fixture(scope="module")
def chunks(shared_catalog: Any) -> Any:
    """A table of ten files, each with values of its own, and nulls."""
    for n in range(10):
        data = pa.table(
            {
                "i": pa.array([n, None], pa.int64()),
                "s": [f"k{n:03d}", None],
                "d": pa.array([dt.date(2024, 1, n + 1), None]),
                "t": pa.array([dt.datetime(2024, 1, n + 1, 12, tzinfo=dt.UTC), None], UTC),
            }
        )
        shared_catalog.write("main.raw.chunks", data, mode="append")
    return shared_catalog


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(COMPARISONS, min_size=1, max_size=3))
def test_a_pruned_read_equals_an_unpruned_one(chunks: Any, found: list[tuple[str, str, int, bool]]) -> None:
    parts = [f"{LITERALS[c](n)} {op} a.{c}" if flip else f"a.{c} {op} {LITERALS[c](n)}" for c, op, n, flip in found]
    where = " AND ".join(parts)
    pruned = chunks.sql(f"SELECT i FROM main.raw.chunks a WHERE {where} ORDER BY i").rows()
    unpruned = chunks.sql(
        f"SELECT i FROM (SELECT *, ({where}) AS hit FROM main.raw.chunks a) AS b WHERE hit ORDER BY i"
    ).rows()
    assert pruned == unpruned


@pytest.mark.parametrize(
    ("query", "files"),
    [
        ("SELECT * FROM main.raw.chunks WHERE i = 3", 1),
        ("SELECT * FROM main.raw.chunks WHERE i BETWEEN 3 AND 5", 3),
        ("SELECT * FROM main.raw.chunks WHERE 7 < i AND s >= 'k009'", 1),
        ("SELECT * FROM main.raw.chunks WHERE d >= '2024-01-09'", 2),
        ("SELECT * FROM main.raw.chunks WHERE t < TIMESTAMP '2024-01-03'", 2),
        ("SELECT * FROM main.raw.chunks WHERE i = :n", 1),
        ("SELECT * FROM main.raw.chunks a JOIN main.raw.chunks b ON a.i = b.i WHERE a.i = 3", 11),
        ("SELECT * FROM main.raw.chunks WHERE i = 3 OR i = 4", 10),
        ("SELECT * FROM main.raw.chunks WHERE i + 0 = 3", 10),
        ("SELECT * FROM main.raw.chunks WHERE i = '3'", 10),
    ],
)
def test_files_that_cannot_match_are_not_opened(chunks: Any, query: str, files: int) -> None:
    from mlnb.catalog.sql.parse import parse
    from mlnb.catalog.sql.resolve import Resolver

    resolver = Resolver(
        chunks,
        chunks.lookup.find,
        frames={},
        params={"n": 3},
        catalog="main",
        schema="default",
        filtered=False,
    )
    resolved = resolver.resolve(parse(query).query, query)
    assert sum(len(value) for name, value in resolved.binds.items() if name.endswith("_files")) == files

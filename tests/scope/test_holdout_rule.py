"""The rule that holds rows out: equal in Python, pandas, polars, Arrow, DuckDB and the text for Spark, on any key."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from mlnb.scope.holdout_records import HoldoutRule
from mlnb.scope.holdout_rule import canonical_time, development, held, key_type, shown, threshold

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
VALUES: dict[str, tuple[st.SearchStrategy[Any], pa.DataType]] = {
    "integer": (st.integers(-(2**63), 2**63 - 1), pa.int64()),
    "string": (TEXT, pa.string()),
    "date": (st.dates(date(1, 1, 1), date(9999, 12, 31)), pa.date32()),
    "boolean": (st.booleans(), pa.bool_()),
}


def text_of(value: Any) -> str:
    return (
        str(value).lower() if isinstance(value, bool) else value.isoformat() if isinstance(value, date) else str(value)
    )


def held_by_hand(rule: HoldoutRule, row: tuple[Any, ...]) -> bool:
    """The definition, with nothing but Python."""
    if any(value is None for value in row):
        return False
    digest = hashlib.md5("|".join([rule.salt, *map(text_of, row)]).encode()).hexdigest()
    return int(digest[:8], 16) < round((rule.fraction or 0) * 2**32)


def in_duckdb(condition: str, rows: pa.Table) -> list[bool]:
    connection = duckdb.connect()
    connection.register("t", rows)
    return [bool(row[0]) for row in connection.sql(f"SELECT {condition} FROM t").fetchall()]


@st.composite
def keyed(draw: st.DrawFn) -> tuple[HoldoutRule, pa.Table]:
    kinds = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=3))
    names = [f'k"{position}`' if position == 1 else f"k{position}" for position in range(len(kinds))]
    size = draw(st.integers(1, 25))
    arrays = [
        pa.array(draw(st.lists(st.none() | VALUES[kind][0], min_size=size, max_size=size)), VALUES[kind][1])
        for kind in kinds
    ]
    rule = HoldoutRule(
        kind="key",
        key=names,
        fraction=draw(st.floats(0.001, 0.9)),
        salt="5a1t",
        types=dict(zip(names, kinds, strict=True)),
    )
    return rule, pa.table(arrays, names=names)


@settings(max_examples=80, deadline=None)
@given(keyed())
def test_every_engine_holds_the_same_rows_out(case: tuple[HoldoutRule, pa.Table]) -> None:
    rule, rows = case
    out = [held_by_hand(rule, row) for row in zip(*(column.to_pylist() for column in rows.columns), strict=True)]
    keep = [not one for one in out]
    assert in_duckdb(held(rule, "duckdb"), rows) == out
    assert in_duckdb(shown(rule, "duckdb"), rows) == keep
    spark = sqlglot.transpile(f"SELECT {shown(rule, 'spark')} FROM t", read="spark", write="duckdb")[0]
    assert in_duckdb(spark.removeprefix("SELECT ").removesuffix(" FROM t"), rows) == keep
    assert development(rule, rows)[0].tolist() == keep
    typed = rows.to_pandas(types_mapper=pd.ArrowDtype)
    typed.columns = rows.column_names
    assert development(rule, typed)[0].tolist() == keep
    assert development(rule, rows)[1] == sum(any(v is None for v in row.values()) for row in rows.to_pylist())


@settings(max_examples=30, deadline=None)
@given(st.lists(st.none() | st.integers(-(2**53), 2**53), min_size=1, max_size=30), st.floats(0.001, 0.9))
def test_a_frame_whose_integers_became_floats_or_texts_is_split_alike(values: list[Any], fraction: float) -> None:
    rule = HoldoutRule(kind="key", key=["k"], fraction=fraction, salt="s", types={"k": "integer"})
    keep = [not held_by_hand(rule, (value,)) for value in values]
    floats = pd.DataFrame({"k": pd.Series(values, dtype="float64")})
    nullable = pd.DataFrame({"k": pd.Series(values, dtype="Int64")})
    texts = pd.DataFrame({"k": pd.Series([None if v is None else str(v) for v in values], dtype="object")})
    mixed = pd.DataFrame({"k": pd.Series(values, dtype="object")})
    for frame in (floats, nullable, texts, mixed):
        assert development(rule, frame)[0].tolist() == keep


def test_texts_of_every_container_are_split_alike() -> None:
    polars = pytest.importorskip("polars")
    names = [f"c{i}" for i in range(500)]
    rule = HoldoutRule(kind="key", key=["k"], fraction=0.4, salt="s", types={"k": "string"})
    keep = [not held_by_hand(rule, (name,)) for name in names]
    frame = pd.DataFrame({"k": names})
    containers = [
        frame,
        frame.astype("category"),
        frame.astype("string"),
        polars.DataFrame({"k": names}),
        polars.LazyFrame({"k": names}),
        pa.table({"k": names}),
        pa.table({"k": pa.array(names).dictionary_encode()}),
        duckdb.connect().from_arrow(pa.table({"k": names})),
    ]
    for container in containers:
        assert development(rule, container)[0].tolist() == keep


def test_dates_that_became_times_are_split_alike() -> None:
    days = [date(2024, 1, 1 + i) for i in range(28)]
    rule = HoldoutRule(kind="key", key=["d"], fraction=0.5, salt="s", types={"d": "date"})
    keep = [not held_by_hand(rule, (day,)) for day in days]
    for frame in (
        pd.DataFrame({"d": days}),
        pd.DataFrame({"d": pd.to_datetime(days)}),
        pd.DataFrame({"d": map(str, days)}),
    ):
        assert development(rule, frame)[0].tolist() == keep


@settings(max_examples=30, deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=20), TEXT)
def test_a_marked_value_is_compared_as_it_is_written_with_quotes_and_backslashes(values: list[str], value: str) -> None:
    rule = HoldoutRule(kind="column", column="c", value=value, types={"c": "string"})
    rows = pa.table({"c": [*values, value, None]})
    keep = [one != value for one in rows.column("c").to_pylist()]
    assert in_duckdb(shown(rule, "duckdb"), rows) == keep
    spark = sqlglot.transpile(f"SELECT {shown(rule, 'spark')} FROM t", read="spark", write="duckdb")[0]
    assert in_duckdb(spark.removeprefix("SELECT ").removesuffix(" FROM t"), rows) == keep
    assert development(rule, rows)[0].tolist() == keep


@pytest.mark.parametrize("kind", ["timestamp", "timestamp_ntz", "date", "integer"])
def test_rows_from_a_moment_on_are_held_out_the_moment_itself_among_them(kind: str) -> None:
    moments = [datetime(2024, 1, 1, hour) for hour in range(24)]
    arrays = {
        "timestamp": pa.array(moments, pa.timestamp("us", tz="UTC")),
        "timestamp_ntz": pa.array(moments, pa.timestamp("us")),
        "date": pa.array([date(2024, 1, 1 + i) for i in range(24)]),
        "integer": pa.array(range(24)),
    }
    since = {"date": "2024-01-13", "integer": 12}.get(kind, "2024-01-01T12:00:00")
    rule = HoldoutRule(kind="time", time="t", since=canonical_time(since, kind), types={"t": kind})
    rows = pa.table({"t": arrays[kind]})
    keep = [position < 12 for position in range(24)]
    assert in_duckdb(shown(rule, "duckdb"), rows) == keep
    spark = sqlglot.transpile(f"SELECT {shown(rule, 'spark')} FROM t", read="spark", write="duckdb")[0]
    assert in_duckdb(spark.removeprefix("SELECT ").removesuffix(" FROM t"), rows) == keep
    assert development(rule, rows)[0].tolist() == keep
    assert development(rule, rows.to_pandas())[0].tolist() == keep


def test_a_moment_is_stored_in_utc() -> None:
    assert canonical_time("2024-01-01T12:00:00+02:00", "timestamp") == "2024-01-01 10:00:00"
    assert canonical_time(datetime(2024, 1, 1, tzinfo=UTC), "date") == "2024-01-01"


@pytest.mark.parametrize("fraction", [0.05, 0.2, 0.5])
def test_the_fraction_is_met_and_no_key_is_on_two_sides(fraction: float) -> None:
    size = 20_000
    rule = HoldoutRule(kind="key", key=["k"], fraction=fraction, salt="s", types={"k": "integer"})
    keys = np.repeat(np.arange(size), 2)
    keep, _ = development(rule, pa.table({"k": keys}))
    assert (keep[0::2] == keep[1::2]).all()
    assert abs((~keep[0::2]).mean() - fraction) < 5 * (fraction * (1 - fraction) / size) ** 0.5


def test_thresholds_compare_as_texts_like_numbers() -> None:
    assert threshold(0.5) == "80000000"
    assert len({len(threshold(share)) for share in (0.001, 0.01, 0.2, 0.9)}) == 1
    assert threshold(0.001) < threshold(0.01) < threshold(0.2) < threshold(0.9)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("bigint", "integer"), ("int", "integer"), ("string", "string"), ("varchar(20)", "string"), ("date", "date")]
    + [(kind, None) for kind in ("double", "float", "decimal(10,2)", "timestamp", "binary", "array<int>")],
)
def test_only_types_with_one_text_everywhere_are_keys(kind: str, expected: str | None) -> None:
    assert key_type(kind) == expected

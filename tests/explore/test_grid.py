"""The grid of a frame: blocks, order, conditions and search over all rows; files."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mlnb.core.errors import InvalidParameterError
from mlnb.explore.asking.grid import LAST_ROW, block, download
from mlnb.explore.asking.rows import Rows
from mlnb.explore.questions import DrillFilter, GridQuery, GridSort


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    n = 30_000
    return pd.DataFrame(
        {
            "id": np.arange(n),
            "city": rng.choice(["Lima", "Rome", "Oslo", None], n),
            "price": np.where(rng.random(n) < 0.1, np.nan, rng.integers(1, 40, n) / 4),
        }
    )


@pytest.fixture(scope="module")
def rows(frame: pd.DataFrame) -> Rows:
    return Rows(frame)


def test_blocks_put_together_are_the_frame(rows: Rows, frame: pd.DataFrame) -> None:
    blocks = [block(rows, GridQuery(offset=offset, limit=200)) for offset in range(0, LAST_ROW + 200, 200)]
    got = [row for one in blocks for row in one.rows]
    assert len(got) == LAST_ROW
    assert [row[0] for row in got] == frame.id[:LAST_ROW].tolist()
    assert blocks[0].total == len(frame)
    assert blocks[0].columns == ["id", "city", "price"]
    assert blocks[0].types == ["bigint", "string", "double"]


@pytest.mark.parametrize("down", [False, True])
def test_an_order_holds_over_all_rows_and_shows_each_once(rows: Rows, frame: pd.DataFrame, down: bool) -> None:
    query = {"sort": [GridSort(column="price", down=down)]}
    got = [
        row[0]
        for offset in range(0, 2_000, 200)
        for row in block(rows, GridQuery(offset=offset, **query)).rows  # type: ignore[arg-type]
    ]
    expected = frame.sort_values("price", ascending=not down, kind="stable").id[:2_000].tolist()
    assert got == expected


def test_missing_values_come_last_in_both_orders(rows: Rows) -> None:
    for down in (False, True):
        last = block(
            Rows(pd.DataFrame({"a": [np.nan, 2.0, 1.0]})), GridQuery(sort=[GridSort(column="a", down=down)])
        ).rows[-1]
        assert last == [None]


def test_search_finds_text_in_any_column_of_any_row(rows: Rows, frame: pd.DataFrame) -> None:
    found = block(rows, GridQuery(search="LIM"))
    assert found.total == (frame.city == "Lima").sum()
    assert block(rows, GridQuery(search="29999")).rows[0][0] == 29_999
    both = block(
        rows,
        GridQuery(search="o", filters=[DrillFilter(column="price", op=">", value=5)], sort=[GridSort(column="city")]),
    )
    expected = frame[frame.city.isin(["Rome", "Oslo"]) & (frame.price > 5)]
    assert both.total == len(expected)
    assert both.rows[0][1] == "Oslo"
    assert block(rows, GridQuery(search="100%_'\"")).rows == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [("tru", 1), ("2024-05", 1), ("12:30", 1), ("-1.5", 1), ("nan", 0), ("inf", 1), ("é", 1), ("1e", 1), ("zzz", 0)],
)
def test_search_looks_into_every_kind_that_can_hold_the_text(text: str, expected: int) -> None:
    frame = pd.DataFrame(
        {
            "b": [True, False],
            "t": [pd.Timestamp("2024-05-01 12:30"), pd.NaT],
            "f": [-1.5, 1e30],
            "g": [np.inf, 0.0],
            "s": ["É", "x"],
        }
    )
    assert block(Rows(frame), GridQuery(search=text)).total == expected


def test_values_are_plain_json_and_long_ones_are_cut() -> None:
    table = pa.table(
        {
            "big": [2**60],
            "nan": [float("nan")],
            "when": pa.array([1_700_000_000_123_456], pa.timestamp("us", "UTC")),
            "long": ["x" * 10_000],
            "bytes": [b"\x00" * 9_000],
            "list": [[1, None]],
        }
    )
    (row,) = block(Rows(table), GridQuery()).rows
    assert row[0] == str(2**60)
    assert row[1] == "NaN"
    assert row[2] == 1_700_000_000_123
    assert len(row[3]) == 2_000
    assert len(row[4]) <= 2_000
    assert row[5] == [1, None]


@pytest.mark.parametrize(
    "query", [GridQuery(sort=[GridSort(column="pirce")]), GridQuery(filters=[DrillFilter(column="x", op="is_null")])]
)
def test_an_unknown_column_is_refused(rows: Rows, query: GridQuery) -> None:
    with pytest.raises(InvalidParameterError) as caught:
        block(rows, query)
    assert caught.value.code == "UNRESOLVED_COLUMN"


def test_a_file_has_all_rows_of_the_query_and_not_only_those_shown(rows: Rows, frame: pd.DataFrame) -> None:
    query = GridQuery(
        filters=[DrillFilter(column="city", op="=", value="Rome")], sort=[GridSort(column="id", down=True)]
    )
    expected = frame[frame.city == "Rome"].sort_values("id", ascending=False)
    parquet = pd.read_parquet(io.BytesIO(b"".join(download(rows, query, "parquet"))))
    assert parquet.id.tolist() == expected.id.tolist()
    csv = pd.read_csv(io.BytesIO(b"".join(download(rows, query, "csv"))))
    assert csv.price.sum() == pytest.approx(expected.price.sum())
    assert len(pd.read_parquet(io.BytesIO(b"".join(download(rows, GridQuery(), "parquet"))))) == len(frame)


def test_a_file_of_nothing_has_its_columns(rows: Rows) -> None:
    none = GridQuery(filters=[DrillFilter(column="id", op="<", value=0)])
    assert pd.read_csv(io.BytesIO(b"".join(download(rows, none, "csv")))).columns.tolist() == ["id", "city", "price"]
    assert pd.read_parquet(io.BytesIO(b"".join(download(rows, none, "parquet")))).shape == (0, 3)


def test_odd_frames_have_a_grid() -> None:
    doubled = pd.DataFrame([[1, 2]], columns=["a", "a"])
    indexed = pd.DataFrame({"v": [1]}, index=pd.Index(["k"], name="key"))
    levels = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("x", "a"), ("x", "b")]))
    mixed = pd.DataFrame({"m": [1, "two", None]})
    shown: list[tuple[Any, list[str]]] = [
        (doubled, ["a", "a#2"]),
        (indexed, ["key", "v"]),
        (levels, ["x.a", "x.b"]),
        (mixed, ["m"]),
        (pd.DataFrame(), []),
        (pd.Series([1, 2]), ["value"]),
    ]
    for one, names in shown:
        assert block(Rows(one), GridQuery()).columns == names
    assert block(Rows(mixed), GridQuery(search="TWO")).total == 1


def test_a_wide_frame_comes_in_smaller_blocks() -> None:
    wide = pa.table({f"c{at}": [0] * 500 for at in range(2_000)})
    assert len(block(Rows(wide), GridQuery(limit=500)).rows) == 100

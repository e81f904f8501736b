"""Figures of all rows against pandas, numpy and scipy: whatever the values, the chunks, the threads and the container."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from mlnb.explore.engine import Options, draw_look
from mlnb.explore.reading import readers
from mlnb.explore.reading.sources import open_source
from mlnb.explore.records import ColumnProfile
from mlnb.explore.scanning.chunks import present_numbers
from mlnb.explore.scanning.duplicates import estimate
from mlnb.explore.scanning.full import Full, in_order, read_all
from mlnb.explore.scanning.moments import Moments, moments_of
from mlnb.explore.scanning.sketch import mix, sketch_of
from mlnb.explore.scanning.weighted import weighted

FEW = settings(max_examples=40, deadline=None)
SPECIAL = st.sampled_from([0.0, -0.0, float("nan"), float("inf"), float("-inf"), 1e-300, 1e300, 5e-324, 0.1])
FLOATS = hnp.arrays(np.float64, st.integers(0, 300), elements=st.one_of(st.floats(-1e6, 1e6), SPECIAL))
INTEGERS = hnp.arrays(np.int64, st.integers(1, 300), elements=st.integers(-(2**63), 2**63 - 1))


def scanned(data: Any, *, sample: int | None = 40, chunk: int = 37, **options: Any) -> dict[str, ColumnProfile]:
    """The columns of a scan of all rows in small chunks; nothing is left to the sample but plans."""
    full = scan(data, sample=sample, chunk=chunk, **options)
    return {column.profile.column_name: column.profile for column in full.columns}


def scan(data: Any, *, sample: int | None = 40, chunk: int = 37, **options: Any) -> Full:
    with mock.patch.object(readers, "CHUNK_ROWS", chunk):
        opened = open_source(data, None)  # type: ignore[arg-type]  # frames need no catalog
        asked = Options(sample=sample, **options)
        look = draw_look(opened, asked)
        return read_all(opened, look, asked, lambda _share, _text: None).finish(look)


# -- numbers -----------------------------------------------------------------------------------------------------------


@given(FLOATS)
@example(np.concatenate((np.linspace(-1e6, 1e6, 250), [5e-324, 1e300])))
@FEW
def test_counts_and_ends_of_floats_equal_numpys(values: np.ndarray) -> None:
    arrow = pa.table({"x": pa.array(values)})  # in Arrow NaN is a value, in pandas a missing one
    found, finite = scanned(arrow)["x"], values[np.isfinite(values)]
    assert (found.count, found.num_nulls) == (len(values), 0)
    assert (found.num_nan or 0) == np.isnan(values).sum()
    assert (found.num_inf or 0) == np.isinf(values).sum()
    if len(finite):
        assert (found.min, found.max) == (finite.min(), finite.max())
        assert found.num_zeros == (finite == 0).sum()
        assert found.num_negative == (finite < 0).sum()
        assert sum(found.histogram.counts) + found.histogram.below + found.histogram.above == len(finite)
        assert len(found.histogram.edges) == len(found.histogram.counts) + 1
    missing = scanned(pd.DataFrame({"x": values}))["x"]
    assert missing.num_nulls == np.isnan(values).sum()
    assert missing.min == found.min


@given(FLOATS, st.sampled_from([None, 3, 40]))
@FEW
def test_quantiles_are_within_one_bin_of_numpys(values: np.ndarray, sample: int | None) -> None:
    finite = values[np.isfinite(values) & (np.abs(values) < 1e100)]
    found = scanned(pd.DataFrame({"x": finite}), sample=sample)["x"]
    if not len(finite):
        assert found.quantiles is None
        return
    for level, value in found.quantiles.items():
        expected = np.quantile(finite, float(level))
        assert value == pytest.approx(expected, abs=2 * (found.bin_width or 0) + 1e-9, rel=1e-9)
    assert found.basis.get("quantiles") == ("bound" if found.bin_width is not None else None)


@given(INTEGERS)
@example(np.array([-9223372036854775296, 9223372036854775296, *[0] * 71]))  # as doubles both are beyond the range
@FEW
def test_whole_numbers_keep_every_digit(values: np.ndarray) -> None:
    found = scanned(pd.DataFrame({"x": values}))["x"]
    assert (int(found.min), int(found.max)) == (values.min(), values.max())
    assert found.num_zeros == (values == 0).sum()
    assert found.num_negative == (values < 0).sum()
    assert found.distinct_count == len(set(values.tolist()))


@pytest.mark.parametrize("offset", [0.0, 1e9, -1e15])
@pytest.mark.parametrize("draw", ["normal", "lognormal", "integers", "few", "times"])
def test_moments_equal_a_calculation_with_more_digits(offset: float, draw: str) -> None:
    rng = np.random.default_rng(3)
    values = {
        "normal": rng.normal(size=5000),
        "lognormal": rng.lognormal(0, 1.5, 5000),
        "integers": rng.integers(0, 100, 5000),
        "few": rng.choice([0.25, 0.5, 7.125], 5000),
        "times": rng.integers(0, 10**15, 5000),
    }[draw] + offset
    found = scanned(pd.DataFrame({"x": values}), sample=300, chunk=611)["x"]
    near = values.astype(np.longdouble) - values[0]  # the sum of large numbers is beyond even these digits
    mean = values[0] + near.mean()
    n, deviation = np.longdouble(len(near)), near - near.mean()
    m2, m3, m4 = ((deviation**power).sum() / n for power in (2, 3, 4))
    skew = np.sqrt(n * (n - 1)) / (n - 2) * m3 / m2**1.5
    kurtosis = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (m4 / m2**2 - 3) + 6)
    assert found.avg == pytest.approx(float(mean), rel=1e-12, abs=1e-12)
    assert found.stddev == pytest.approx(float(np.sqrt(m2 * n / (n - 1))), rel=1e-9)
    assert found.skew == pytest.approx(float(skew), rel=1e-9, abs=1e-9)
    assert found.kurtosis == pytest.approx(float(kurtosis), rel=1e-9, abs=1e-9)
    if offset == 0:
        assert found.skew == pytest.approx(stats.skew(values, bias=False), rel=1e-9, abs=1e-9)
        assert found.kurtosis == pytest.approx(stats.kurtosis(values, bias=False), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_tiny_and_huge_numbers_have_a_form_too(scale: float) -> None:
    values = np.random.default_rng(0).lognormal(0, 1, 2000)
    plain = scanned(pd.DataFrame({"x": values}), chunk=300)["x"]
    scaled = scanned(pd.DataFrame({"x": values * scale}), chunk=300)["x"]
    assert scaled.skew == pytest.approx(plain.skew, rel=1e-9)
    assert scaled.stddev == pytest.approx(plain.stddev * scale, rel=1e-9)


def test_outliers_are_what_lies_outside_the_fences() -> None:
    values = np.concatenate((np.random.default_rng(1).normal(size=20_000), np.full(50, 30.0)))
    found = scanned(pd.DataFrame({"x": values}), sample=2000, chunk=5000)["x"]
    low, high = found.outliers.low, found.outliers.high
    assert found.outliers.count == pytest.approx(((values < low) | (values > high)).sum(), abs=20)
    deviation = np.median(np.abs(values - np.median(values)))
    assert found.outliers.mad_high == pytest.approx(np.median(values) + 6 * deviation, abs=0.05)
    assert found.outliers.mad_count == ((values < found.outliers.mad_low) | (values > found.outliers.mad_high)).sum()
    assert {extreme.value for extreme in found.extremes} == {30.0}
    assert [extreme.row for extreme in found.extremes] == list(range(20_000, 20_010))


@given(st.integers(1, 200_000), st.integers(1, 7))
@settings(max_examples=15, deadline=None)
def test_distinct_values_are_exact_or_within_their_stated_error(distinct: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pool = rng.normal(size=distinct)
    values = np.concatenate((pool, rng.choice(pool, 30_000)))
    found = scanned(pd.DataFrame({"x": values}), sample=10_000, chunk=50_000)["x"]
    if found.distinct_error is None:
        assert found.distinct_count == distinct
    else:
        assert found.distinct_count == pytest.approx(distinct, rel=6 * found.distinct_error)
        assert found.distinct_error < 0.03


def test_regular_numbers_are_hashed_as_evenly_as_random_ones() -> None:
    n = 400_000
    for values in (np.arange(n), np.arange(n) * 1024, np.arange(n) / 8, np.arange(n) * 10**9, -np.arange(n) * 1.5):
        sketch = sketch_of(mix(values, np.empty(n, np.uint64), np.empty(n, np.uint64)))
        assert sketch.estimate == pytest.approx(n, rel=5 * sketch.error)


# -- parts -------------------------------------------------------------------------------------------------------------


@given(FLOATS, st.integers(0, 300))
@FEW
def test_two_halves_are_the_whole(values: np.ndarray, cut: int) -> None:
    values = values[np.isfinite(values) & (np.abs(values) < 1e100)]
    halves, spare = (values[:cut], values[cut:]), (np.empty(300), np.empty(300))
    left, right = (moments_of(half, *spare) for half in halves)
    whole, merged = moments_of(values, *spare), left.merge(right)
    assert merged.n == whole.n
    assert merged.mean == pytest.approx(whole.mean, rel=1e-9, abs=1e-9)
    if whole.n > 1:
        assert merged.stddev == pytest.approx(whole.stddev, rel=1e-9, abs=1e-9)
    assert Moments().merge(whole) == whole
    counted = weighted(halves[0]).merge(weighted(halves[1]))
    assert (counted.values.tolist(), counted.counts.tolist()) == tuple(
        part.tolist() for part in np.unique(values, return_counts=True)
    )
    hashes = mix(values, np.empty(300, np.uint64), np.empty(300, np.uint64)).copy()
    assert np.array_equal(sketch_of(hashes[:cut]).merge(sketch_of(hashes[cut:])).hashes, sketch_of(hashes).hashes)


FRAME = pd.DataFrame(
    {
        "f": np.random.default_rng(1).normal(size=3000),
        "gaps": np.where(np.arange(3000) % 7 == 0, np.nan, np.random.default_rng(2).lognormal(size=3000)),
        "i": np.random.default_rng(3).integers(0, 50, 3000),
        "wide": np.random.default_rng(4).integers(0, 10**9, 3000),
        "s": [f"level {i % 11}" for i in range(3000)],
        "u": [f"user {i * 7 % 2900}" for i in range(3000)],
        "b": np.arange(3000) % 3 == 0,
        "t": pd.date_range("2024-01-01", periods=3000, freq="h").as_unit("us"),
    }
)


def figures(data: Any, sample: int | None = 500, **options: Any) -> list[dict[str, Any]]:
    """All figures; sums differ in their last digits by where chunks end, and containers in the names of their types."""
    found = []
    for column in scanned(data, sample=sample, **options).values():
        told = column.to_dict() | {"data_type": ""}
        for name in ("avg", "stddev", "skew", "kurtosis", "avg_length"):
            if isinstance(told.get(name), float):
                told[name] = float(f"{told[name]:.9g}")
        found.append(told)
    return found


def test_neither_chunks_nor_threads_nor_the_container_change_a_figure(tmp_path: Path) -> None:
    FRAME.to_parquet(tmp_path / "f.parquet", row_group_size=700)
    expected = figures(FRAME)
    assert figures(FRAME, chunk=1000) == expected
    assert figures(FRAME, chunk=10**6) == expected
    assert figures(FRAME, threads=1) == expected
    assert figures(FRAME, threads=3) == expected
    looked = figures(pa.Table.from_pandas(FRAME), sample=None)
    for data in (FRAME, pl.from_pandas(FRAME), tmp_path / "f.parquet", FRAME.convert_dtypes(dtype_backend="pyarrow")):
        assert figures(data, sample=None) == looked


@pytest.mark.parametrize(
    "values",
    [
        pd.array([1, None, 3, 2**60 + 1], dtype="Int64"),
        pd.array([True, None, False, True], dtype="boolean"),
        pd.array([1.5, None, 2.5, -0.0], dtype="Float64"),
        pd.array([1.5, None, 2.5, 3.5], dtype="double[pyarrow]"),
        pd.Categorical(["a", None, "b", "a"]),
        pd.Series(pd.to_datetime(["2024-03-31", None, "2024-01-01", "2024-01-02"]).tz_localize("Europe/Berlin")),
        pd.Series(pd.to_timedelta(["1h", None, "2h", "3h"])),
        pd.Series([None, None, None, None], dtype=object),
        pd.Series(["x", None, "y", "x"], dtype="string"),
        pd.Series(pd.period_range("2024-01", periods=4, freq="M")),
        pd.arrays.SparseArray([0, 0, 1, 0]),
        pd.Series(pd.IntervalIndex.from_breaks([0, 1, 2, 3, 4])),
        np.array([1, 2, 3, 4], dtype=np.uint64) + np.uint64(2**63),
        np.array([1, 2, 3, 4], dtype=np.float16),
        np.array([1 + 2j, 3, 4, 5]),
    ],
    ids=lambda values: str(getattr(values, "dtype", "")),
)
@pytest.mark.parametrize("sample", [2, None])
def test_every_kind_of_column_is_counted(values: Any, sample: int | None) -> None:
    series = pd.Series(values)
    found = scanned(pd.DataFrame({"x": series}), sample=sample, chunk=3)["x"]
    assert (found.count, found.num_nulls) == (series.notna().sum(), series.isna().sum())
    if found.distinct_count is not None:
        assert found.distinct_count == series.nunique()
    assert found.percent_null == 100 * series.isna().mean()


def test_nested_and_binary_and_decimal_columns_say_what_there_is() -> None:
    from decimal import Decimal

    table = pa.table(
        {
            "point": pa.array([{"x": 1, "y": None}, {"x": 2, "y": "b"}, None]),
            "tags": pa.array([["a"], [], ["a", "b", "c"]]),
            "raw": pa.array([b"12", b"", None]),
            "price": pa.array([Decimal("1.10"), Decimal("-2.25"), None], pa.decimal128(10, 2)),
            "map": pa.array([[("k", 1)], [], None], pa.map_(pa.string(), pa.int64())),
        }
    )
    for sample in (2, None):
        found = scanned(table, sample=sample)
        assert list(found) == ["point.x", "point.y", "tags", "raw", "price", "map"]
        assert (found["point.x"].max, found["point.x"].num_nulls, found["point.y"].count) == (2, 1, 1)
        assert (found["tags"].kind, found["tags"].min_length, found["tags"].max_length) == ("other", 0, 3)
        assert (found["raw"].min_length, found["raw"].max_length, found["raw"].num_nulls) == (0, 2, 1)
        assert (found["price"].min, found["price"].max, found["price"].num_negative) == (-2.25, 1.1, 1)
        assert found["map"].num_nulls == 1


def test_objects_of_other_kinds_are_counted_and_not_read() -> None:
    class Thing:
        def __str__(self) -> str:
            raise AssertionError("not read")

    found = scanned(pd.DataFrame({"x": [Thing(), None, Thing()]}))["x"]
    assert (found.kind, found.data_type, found.count, found.num_nulls) == ("other", "Thing", 2, 1)


def test_a_column_that_the_sample_did_not_see_whole_is_scanned_again(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"x": np.arange(20_000) / 3 + rng.normal(size=20_000), "n": [1] * 19_000 + list(range(1000))})
    frame["half"] = np.where(np.arange(20_000) < 15_000, 1.0, 0.5)
    frame["s"] = ["a"] * 12_000 + [f"s{i}" for i in range(8_000)]
    frame.to_parquet(tmp_path / "sorted.parquet", row_group_size=5_000)
    with mock.patch("mlnb.explore.reading.readers.draw", lambda total, n, rng: np.arange(min(n, total))):
        found = scanned(tmp_path / "sorted.parquet", sample=500, chunk=1000)
    assert found["x"].bin_width == pytest.approx((frame.x.max() - frame.x.min()) / 2048, rel=1e-6)
    for level, value in found["x"].quantiles.items():
        assert value == pytest.approx(frame.x.quantile(float(level)), abs=2 * found["x"].bin_width)
    assert found["x"].histogram.below + found["x"].histogram.above == 0
    assert found["n"].distinct_count == 1000
    assert (found["half"].min, found["half"].distinct_count, found["half"].num_zeros) == (0.5, 2, 0)
    assert found["s"].distinct_count == 8001
    assert found["s"].frequent_items[0].count == 12_000


def test_rising_and_falling_columns_are_told() -> None:
    n = 500
    frame = pd.DataFrame({"up": np.arange(n) / 3, "down": -np.arange(n) // 7, "broken": np.arange(n), "flat": 1})
    frame.loc[401, "broken"] = -5
    found = scanned(frame, sample=60)
    assert [found[name].monotonic for name in frame] == ["increasing", "decreasing", None, None]
    assert found["up"].distinct_count == n
    assert "distinct_count" not in found["up"].basis


def test_the_most_frequent_of_many_values_are_counted_exactly() -> None:
    rng = np.random.default_rng(8)
    n = 20_000
    number = np.where(rng.random(n) < 0.3, 7.5, rng.normal(size=n) * 1e6)
    text = np.where(rng.random(n) < 0.3, "often", [f"u{i}" for i in range(n)])
    found = scanned(pd.DataFrame({"x": number, "s": text}), sample=2000, chunk=3000)
    assert (found["x"].frequent_items[0].item, found["x"].frequent_items[0].count) == ("7.5", (number == 7.5).sum())
    assert (found["s"].frequent_items[0].item, found["s"].frequent_items[0].count) == ("often", (text == "often").sum())
    assert found["s"].basis["frequent_items"] == found["x"].basis["frequent_items"] == "sample"


def test_precise_leaves_nothing_estimated() -> None:
    rng = np.random.default_rng(9)
    frame = pd.DataFrame({"x": rng.lognormal(size=30_000), "u": [f"u{i % 25_000}" for i in range(30_000)]})
    rough = scanned(frame, sample=1000, chunk=9000)
    assert rough["x"].basis.keys() >= {"quantiles", "median", "distinct_count"}
    exact = scanned(frame, sample=1000, chunk=9000, precise=True)
    for name in frame:
        assert exact[name].basis == {}
        assert exact[name].distinct_count == frame[name].nunique()
    assert exact["x"].median == pytest.approx(frame.x.median(), rel=1e-12)
    assert exact["x"].bin_width is None


def test_what_may_be_an_identifier_is_counted_exactly() -> None:
    rng = np.random.default_rng(2)
    ids = rng.permutation(60_000) * 17
    found = scanned(pd.DataFrame({"id": ids, "text": [f"id-{i}" for i in ids]}), sample=5000, chunk=20_000)
    for column in found.values():
        assert column.distinct_count == 60_000
        assert "distinct_count" not in column.basis


# -- rows --------------------------------------------------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from(["a", "b", None]), st.sampled_from([0.0, -0.0, None])),
        max_size=120,
    )
)
@FEW
def test_repeated_rows_equal_pandas(rows: list[tuple[int, str | None, float | None]]) -> None:
    frame = pd.DataFrame(rows, columns=["a", "b", "c"]).astype({"a": "int64", "b": "str", "c": "float64"})
    expected = int(frame.duplicated().sum())
    if len(rows) > 40:
        assert scan(frame).duplicates.rows == expected
    opened = open_source(frame, None)  # type: ignore[arg-type]
    whole = in_order(opened, draw_look(opened, Options()), Options())
    assert whole.rows == expected
    assert [example.count for example in whole.examples] == sorted(
        frame.value_counts(dropna=False)[lambda c: c > 1], reverse=True
    )[:3]


def test_the_interval_of_the_share_of_repeated_rows_covers_the_truth() -> None:
    rng = np.random.default_rng(4)
    hits = draws = 0
    for _ in range(300):
        sizes = rng.choice([1, 2, 5], size=4000, p=[0.9, 0.08, 0.02])
        truth = (sizes - 1).sum() / sizes.sum()
        found = estimate(sizes[rng.random(len(sizes)) < 0.1], int(sizes.sum()), 10)
        draws += 1
        hits += found.lower <= truth <= found.upper
    assert hits / draws >= 0.9


def test_above_the_limit_one_class_of_rows_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlnb.explore.scanning.duplicates.EXACT_ROWS", 20_000)
    frame = pd.DataFrame({"a": np.arange(100_000) % 80_000})
    found = scan(frame, sample=1000, chunk=9000).duplicates
    assert found.basis == "bound"
    assert found.lower <= 0.2 <= found.upper
    assert found.share == pytest.approx(0.2, abs=0.02)
    assert all(example.count == 2 for example in found.examples)


def test_times_of_every_unit_are_microseconds() -> None:
    when = pd.to_datetime(["2024-01-01 10:00:00", "1969-12-31 23:59:59"])
    for unit in ("s", "ms", "us", "ns"):
        assert present_numbers(pa.array(when.as_unit(unit))).tolist() == [1704103200000000, -1000000]
    assert present_numbers(pa.array([0, None, 1], pa.date32())).tolist() == [0, 86_400_000_000]

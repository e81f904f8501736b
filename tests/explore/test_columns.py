"""Figures of single columns against pandas, numpy and scipy."""

from __future__ import annotations

import datetime as dt
import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mlnb.explore.scan import scan_column

FLOATS = st.lists(
    st.one_of(st.none(), st.floats(-1e6, 1e6), st.sampled_from([0.0, -0.0, 1.5, float("inf"), float("-inf")])),
    max_size=60,
)


def scan(values, kind=None):
    return scan_column("x", pa.chunked_array([pa.array(values, kind)])).profile


@given(FLOATS)
@settings(max_examples=150, deadline=None)
def test_counts_and_moments_of_numbers_equal_pandas_and_scipy(values):
    column = scan(values, pa.float64())
    known = [v for v in values if v is not None]
    finite = np.array([v for v in known if np.isfinite(v)])
    assert column.num_nulls == len(values) - len(known)
    assert column.num_inf == len(known) - len(finite)
    if len(finite) == 0:
        assert column.min is None
        return
    assert (column.min, column.max) == (finite.min(), finite.max())
    assert column.distinct_count == len(np.unique(finite))
    assert column.num_zeros == (finite == 0).sum()
    assert column.num_negative == (finite < 0).sum()
    assert column.avg == pytest.approx(finite.mean(), rel=1e-9, abs=1e-9)
    assert column.median == pytest.approx(np.median(finite), rel=1e-12, abs=1e-12)
    assert column.quantiles["0.95"] == pytest.approx(np.quantile(finite, 0.95), rel=1e-12, abs=1e-12)
    histogram = column.histogram
    assert sum(histogram.counts) + histogram.below + histogram.above == len(finite)
    if len(finite) > 1:
        assert column.stddev == pytest.approx(finite.std(ddof=1), rel=1e-9, abs=1e-9)
    if column.skew is not None and finite.std() > 1e-6 * max(1, abs(finite.mean())):
        assert column.skew == pytest.approx(stats.skew(finite, bias=False), rel=1e-6, abs=1e-6)
    if column.kurtosis is not None and finite.std() > 1e-6 * max(1, abs(finite.mean())):
        assert column.kurtosis == pytest.approx(stats.kurtosis(finite, bias=False), rel=1e-6, abs=1e-6)


@given(st.lists(st.one_of(st.none(), st.text("abé ", max_size=3)), max_size=50))
@settings(max_examples=100, deadline=None)
def test_categories_are_counted_exactly(values):
    column = scan(values, pa.string())
    counts = pd.Series([v for v in values if v is not None], dtype="object").value_counts()
    assert column.distinct_count == len(counts)
    assert {item.item: item.count for item in column.frequent_items} == dict(
        counts.head(len(column.frequent_items))
    ) or (sorted(item.count for item in column.frequent_items) == sorted(counts.head(10)))
    if len(counts):
        lengths = [len(v) for v in values if v is not None]
        assert (column.min_length, column.max_length) == (min(lengths), max(lengths))
        assert column.avg_length == pytest.approx(np.mean(lengths))


def test_whole_numbers_beyond_double_precision_keep_their_distinct_count():
    column = scan([2**60, 2**60 + 1, 2**60 + 2, None], pa.int64())
    assert column.distinct_count == 3


def test_few_whole_numbers_get_one_bar_per_value_and_keep_their_median():
    column = scan([39, 39, 39, 1, 45], pa.int64())
    assert column.median == 39
    assert column.histogram.edges[0] == 0.5
    assert dict(zip(column.histogram.edges, column.histogram.counts, strict=False))[38.5] == 3


def test_one_wild_value_does_not_flatten_the_histogram():
    column = scan([*np.random.default_rng(0).normal(0, 1, 5000), 1e9], pa.float64())
    assert column.histogram.edges[-1] < 10
    assert column.histogram.above >= 1
    assert column.max == 1e9


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([True, False, None], pa.bool_(), "boolean"),
        ([dt.date(2020, 1, 1)], pa.date32(), "datetime"),
        ([dt.datetime(2020, 1, 1, 5)], pa.timestamp("ns", "Europe/Paris"), "datetime"),
        ([dt.time(4)], pa.time64("us"), "categorical"),
        ([dt.timedelta(1)], pa.duration("ns"), "numeric"),
        ([decimal.Decimal("1.50")], pa.decimal128(10, 2), "numeric"),
        (["a"] * 9 + ["b"], pa.dictionary(pa.int32(), pa.string()), "categorical"),
        ([f"a long sentence number {i} about nothing at all" for i in range(9)], pa.large_string(), "text"),
        ([[1], [2, 3], None], pa.list_(pa.int64()), "other"),
        ([{"a": 1}], pa.struct([("a", pa.int64())]), "other"),
        ([b"x"], pa.binary(), "other"),
        ([None, None], pa.null(), "other"),
        ([], pa.float64(), "numeric"),
        ([], pa.string(), "categorical"),
    ],
)
def test_every_type_has_a_kind(values, kind, expected):
    column = scan(values, kind)
    assert column.kind == expected
    assert column.num_nulls == sum(v is None for v in values)


def test_times_are_shown_as_times():
    column = scan([dt.datetime(2013, 1, 1), dt.datetime(2013, 1, 3, 12)], pa.timestamp("us"))
    assert (column.min, column.max, column.avg) == ("2013-01-01 00:00:00", "2013-01-03 12:00:00", "2013-01-02 06:00:00")


def test_the_result_does_not_depend_on_chunks():
    values = [*np.random.default_rng(2).integers(0, 9, 100).tolist(), None]
    whole = scan_column("x", pa.chunked_array([pa.array(values, pa.int64())])).profile
    parts = scan_column("x", pa.chunked_array([values[:7], values[7:50], values[50:]], pa.int64())).profile
    text = [None if v is None else f"v{v}" for v in values]
    left = scan_column("x", pa.chunked_array([pa.array(text)])).profile
    right = scan_column("x", pa.chunked_array([text[:7], text[7:]])).profile
    assert whole == parts
    assert {(i.item, i.count) for i in left.frequent_items} == {(i.item, i.count) for i in right.frequent_items}

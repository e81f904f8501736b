"""The look-up against a brute-force oracle, and against pandas where pandas can do it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlnb.features import offline
from mlnb.features.errors import LookupKeyNotFoundError, LookupKeyTypeError
from mlnb.features.frames import Frame
from mlnb.features.pit import relation
from mlnb.features.spec import Feature, Lookup

from .oracle import look_up as oracle

DATABASE = duckdb.connect()
BASE = dt.datetime(2024, 3, 30, 22)  # the hours around a change to daylight-saving time
ZONES = ("UTC", "Europe/Paris", "America/New_York")
KEY_VALUES = {
    "bigint": st.integers(0, 2) | st.sampled_from([2**62, -5]),
    "string": st.sampled_from(["a", "b", "ä", "", "a'b"]),
    "boolean": st.booleans(),
}
ARROW = {"bigint": pa.int64(), "string": pa.string(), "boolean": pa.bool_()}

hours = st.integers(0, 40).map(lambda n: BASE + dt.timedelta(minutes=17 * n))
micro = st.integers(0, 3).map(lambda n: BASE + dt.timedelta(microseconds=n))
moments = hours | micro


@st.composite
def cases(draw):
    types = draw(st.lists(st.sampled_from(sorted(KEY_VALUES)), min_size=1, max_size=2))
    columns = [f"k{i}" for i in range(len(types))]
    key = st.tuples(*(KEY_VALUES[kind] for kind in types))
    timed = draw(st.booleans())
    unique = draw(
        st.lists(st.tuples(key, moments) if timed else st.tuples(key, st.just(None)), max_size=14, unique=True)
    )
    values = draw(st.lists(st.none() | st.floats(-5, 5), min_size=len(unique), max_size=len(unique)))
    rows = [dict(zip(columns, k, strict=True)) | {"ts": t, "x": v} for (k, t), v in zip(unique, values, strict=True)]
    if not timed:  # one row per key
        rows = list({tuple(row[c] for c in columns): row for row in rows}.values())
    label_keys = st.tuples(*(st.none() | KEY_VALUES[kind] for kind in types))
    label = st.tuples(label_keys, st.none() | moments)
    labels = [dict(zip(columns, k, strict=True)) | {"t": t} for k, t in draw(st.lists(label, max_size=12))]
    options = {
        "lookback": draw(st.sampled_from([None, dt.timedelta(0), dt.timedelta(minutes=40), dt.timedelta(days=3)]))
        if timed
        else None,
        "inclusive": draw(st.booleans()) if timed else True,
        "default": draw(st.sampled_from([None, 7.5])),
        "kind": draw(st.sampled_from(["naive", "date", *ZONES])),
    }
    return types, columns, rows, labels, timed, options


def as_labels(labels, columns, types, kind):
    """The label frame as Arrow, its times in the wanted type; returns the labels with the times as they now are."""
    arrays = {
        name: pa.array([row[name] for row in labels], ARROW[type_]) for name, type_ in zip(columns, types, strict=True)
    }
    times = [row["t"] for row in labels]
    if kind == "date":
        times = [None if t is None else t.date() for t in times]
        arrays["t"] = pa.array(times, pa.date32())
    elif kind == "naive":
        arrays["t"] = pa.array(times, pa.timestamp("ns"))
    else:
        times = [None if t is None else t.replace(tzinfo=ZoneInfo(kind)) for t in times]
        arrays["t"] = pa.array(times, pa.timestamp("us", kind))
    table = pa.table(arrays)
    known = [row | {"t": t} for row, t in zip(labels, times, strict=True)]
    return Frame(table.column_names, table.num_rows, "test", table=table), known


def as_table(rows, columns, types):
    arrays = {
        name: pa.array([row[name] for row in rows], ARROW[type_]) for name, type_ in zip(columns, types, strict=True)
    }
    arrays["ts"] = pa.array([row["ts"] for row in rows], pa.timestamp("us", "UTC"))
    arrays["x"] = pa.array([row["x"] for row in rows], pa.float64())
    return pa.table(arrays)


def make_lookup(columns, timed, *, lookback=None, inclusive=True, default=None, **_):
    return Lookup(
        table="main.ml.f",
        table_id="id",
        version=3,
        keys={name: name for name in columns},
        features=(Feature("x", "x", "double", default),),
        timestamp="t" if timed else None,
        timeseries="ts" if timed else None,
        lookback_us=None if lookback is None else round(lookback.total_seconds() * 1e6),
        inclusive=inclusive,
    )


def join(frame, lookups, tables):
    return offline.join(frame, lookups, tables, DATABASE.cursor)


def run(frame, lookup, table):
    return join(frame, [lookup], {relation(lookup): table})


@given(cases())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_look_up_equals_the_oracle(case):
    types, columns, rows, labels, timed, options = case
    frame, known = as_labels(labels, columns, types, options["kind"])
    lookup = make_lookup(columns, timed, **options)
    table = as_table(rows, columns, types)
    found = run(frame, lookup, table)
    expected = oracle(
        known,
        rows,
        {name: name for name in columns},
        "x",
        time="t" if timed else None,
        timeseries="ts",
        lookback=options["lookback"],
        inclusive=options["inclusive"],
        default=options["default"],
    )
    assert found.features["x"].to_pylist() == expected
    assert len(found.hits[0]) == len(labels)
    # permuting the feature rows changes nothing
    again = run(frame, lookup, as_table(rows[::-1], columns, types))
    assert again.features.equals(found.features)
    if timed:
        # neither do rows later than every label
        future = [row | {"ts": BASE + dt.timedelta(days=90 + i), "x": 99.0} for i, row in enumerate(rows)]
        later = run(frame, lookup, as_table(rows + future, columns, types))
        assert later.features.equals(found.features)


@given(
    st.lists(st.tuples(st.integers(0, 3), moments), max_size=20, unique=True),
    st.lists(st.tuples(st.integers(0, 4), moments), max_size=20),
)
@settings(max_examples=40, deadline=None)
def test_the_look_up_equals_merge_asof_where_keys_are_unique_and_known(rows, labels):
    left = pd.DataFrame({"k0": [k for k, _ in labels], "t": pd.to_datetime([t for _, t in labels])})
    right = pd.DataFrame(
        {
            "k0": [k for k, _ in rows],
            "ts": pd.to_datetime([t for _, t in rows]),
            "x": [float(i) for i in range(len(rows))],
        }
    )
    left = left.astype({"k0": "int64", "t": "datetime64[us]"})
    right = right.astype({"k0": "int64", "ts": "datetime64[us]", "x": "float64"})
    left["row"] = range(len(left))
    expected = pd.merge_asof(
        left.sort_values("t"),
        right.sort_values("ts"),
        left_on="t",
        right_on="ts",
        by="k0",
        tolerance=pd.Timedelta("1h"),
    ).sort_values("row")["x"]
    table = pa.table(
        {"k0": right.k0.to_numpy(), "ts": pa.array(right.ts).cast(pa.timestamp("us", "UTC")), "x": right.x.to_numpy()}
    )
    frame = Frame(["k0", "t"], len(left), "pandas", pandas=left)
    found = run(frame, make_lookup(["k0"], True, lookback=dt.timedelta(hours=1)), table)
    pd.testing.assert_series_equal(found.features["x"].to_pandas(), expected.reset_index(drop=True), check_names=False)


def simple(values, times=None, **options):
    table = pa.table(
        {
            "k0": pa.array([1] * len(values), pa.int64()),
            "ts": pa.array(
                times or [BASE + dt.timedelta(hours=i) for i in range(len(values))], pa.timestamp("us", "UTC")
            ),
            "x": pa.array(values, pa.float64()),
        }
    )
    label = pd.DataFrame({"k0": [1], "t": [BASE + dt.timedelta(hours=5)]})
    found = run(Frame(["k0", "t"], 1, "pandas", pandas=label), make_lookup(["k0"], True, **options), table)
    return found.features["x"].to_pylist()[0]


def test_a_stored_null_at_the_latest_time_stays_null_even_with_a_default():
    assert simple([1.0, None], default=9.0) is None


def test_a_row_at_exactly_the_time_counts_unless_the_boundary_is_strict():
    at = [BASE + dt.timedelta(hours=5)]
    assert simple([1.0], at) == 1.0
    assert simple([1.0], at, inclusive=False) is None


def test_the_look_back_is_closed_and_applied_after_the_join():
    assert simple([1.0], lookback=dt.timedelta(hours=5)) == 1.0
    assert simple([1.0], lookback=dt.timedelta(hours=5) - dt.timedelta(microseconds=1)) is None
    assert simple([1.0], [BASE + dt.timedelta(hours=5)], lookback=dt.timedelta(0)) == 1.0


def test_several_look_ups_of_one_table_are_joined_once():
    table = pa.table({"k0": [1], "ts": pa.array([BASE], pa.timestamp("us", "UTC")), "x": [1.0], "y": [2.0]})
    first = make_lookup(["k0"], True)
    second = replace(first, features=(Feature("y", "why", "double"),))
    other = replace(first, features=(Feature("x", "late", "double"),), lookback_us=0)
    label = pd.DataFrame({"k0": [1], "t": [BASE + dt.timedelta(hours=1)]})
    found = join(Frame(["k0", "t"], 1, "p", pandas=label), [first, other, second], {relation(first): table})
    assert len(found.groups) == 2
    assert found.features.to_pydict() == {"x": [1.0], "late": [None], "why": [2.0]}
    assert [age.tolist() for age in found.ages] == [[3_600_000_000], [-1]]


@pytest.mark.parametrize(
    ("keys", "fits"),
    [
        (pd.Series([1.0, None]), True),
        (pd.Series([1, 2], dtype="int32"), True),
        (pd.Series([1, None], dtype="Int64"), True),
        (pd.Series([1.5, 2.0]), False),
        (pd.Series(["1", "2"]), False),
        (pd.Series([True, False]), False),
    ],
    ids=["doubles with gaps", "narrower", "nullable", "fractions", "text", "booleans"],
)
def test_keys_of_another_kind_are_refused_and_of_another_width_accepted(keys, fits):
    table = pa.table({"k0": [1, 2], "x": [1.0, 2.0]})
    frame = Frame(["k0"], 2, "p", pandas=keys.to_frame("k0"))
    lookup = make_lookup(["k0"], False)
    if fits:
        assert run(frame, lookup, table).features["x"].to_pylist()[0] == 1.0
    else:
        with pytest.raises(LookupKeyTypeError, match="k0"):
            run(frame, lookup, table)


def test_categorical_keys_compare_by_their_text():
    table = pa.table({"k0": ["a", "b"], "x": [1.0, 2.0]})
    frame = Frame(["k0"], 2, "p", pandas=pd.DataFrame({"k0": pd.Categorical(["b", "a"])}))
    assert run(frame, make_lookup(["k0"], False), table).features["x"].to_pylist() == [2.0, 1.0]


def test_missing_keys_and_times_that_are_no_times_are_named():
    table = pa.table({"k0": [1], "ts": pa.array([BASE], pa.timestamp("us", "UTC")), "x": [1.0]})
    lookup = make_lookup(["k0"], True)
    with pytest.raises(LookupKeyNotFoundError, match="the key of main"):
        run(Frame(["k1"], 1, "p", pandas=pd.DataFrame({"k1": [1]})), lookup, table)
    text = pd.DataFrame({"k0": [1], "t": ["2024-01-01"]})
    with pytest.raises(LookupKeyTypeError) as error:
        run(Frame(["k0", "t"], 1, "p", pandas=text), lookup, table)
    assert "to_datetime" in error.value.hint

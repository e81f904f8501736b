"""The online store: bytes, the store's contract, and equality with the offline look-up bit for bit."""

from __future__ import annotations

import datetime as dt
import decimal
import itertools
import sqlite3
import subprocess
import sys
import threading

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlnb.core.errors import DataLossError, InvalidParameterError
from mlnb.features import offline
from mlnb.features.errors import FeatureChangedError, LookupKeyNotFoundError, LookupKeyTypeError, NotPublishedError
from mlnb.features.frames import Frame
from mlnb.features.online.base import OnlineSchema, open_store
from mlnb.features.online.codec import RowCodec, encode_key, micros
from mlnb.features.pit import relation
from mlnb.features.publish import packed_rows
from mlnb.features.scoring import OnlineResolver
from mlnb.features.spec import Feature, Input, Lookup, Spec

DATABASE = duckdb.connect()
UTC = dt.UTC
BASE = dt.datetime(2024, 1, 1, tzinfo=UTC)

VALUES = {
    "tinyint": st.integers(-128, 127),
    "smallint": st.integers(-(2**15), 2**15 - 1),
    "int": st.integers(-(2**31), 2**31 - 1),
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(width=32, allow_nan=False),
    "double": st.floats(allow_nan=False),
    "boolean": st.booleans(),
    "string": st.text(max_size=8),
    "binary": st.binary(max_size=8),
    "date": st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1)),
    "timestamp": st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1), timezones=st.just(UTC)),
    "decimal(10,2)": st.decimals(-9999, 9999, places=2),
}
ARROW = {
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "string": pa.string(),
    "binary": pa.binary(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
    "decimal(10,2)": pa.decimal128(10, 2),
}


# -- bytes -------------------------------------------------------------------------------------------------------------


@given(st.data(), st.lists(st.sampled_from(sorted(VALUES)), max_size=12))
@settings(max_examples=150, deadline=None)
def test_a_row_comes_back_as_it_went_in(data, kinds):
    codec = RowCodec([(f"c{i}", kind) for i, kind in enumerate(kinds)])
    row = [data.draw(st.none() | VALUES[kind]) for kind in kinds]
    back = codec.unpack(codec.pack(row))
    assert back == row
    assert [type(v) for v in back] == [type(v) for v in row]


def test_not_a_number_and_the_sign_of_zero_survive():
    codec = RowCodec([("x", "double"), ("y", "double")])
    x, y = codec.unpack(codec.pack([float("nan"), -0.0]))
    assert x != x
    assert str(y) == "-0.0"


def test_a_row_packed_with_other_columns_is_refused():
    row = RowCodec([("a", "double")]).pack([1.0])
    with pytest.raises(DataLossError, match="other columns"):
        RowCodec([("b", "double")]).unpack(row)


def test_nested_features_cannot_be_packed():
    with pytest.raises(InvalidParameterError, match="cannot be stored online"):
        RowCodec([("x", "array<double>")])


@given(
    st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.text(max_size=5), st.booleans()), min_size=2, max_size=20)
)
def test_keys_are_told_apart_and_keep_their_order(keys):
    encoded = [encode_key(key) for key in keys]
    for (left, a), (right, b) in itertools.combinations(zip(keys, encoded, strict=True), 2):
        assert (a == b) == (left == right)
    by_number = sorted(keys, key=lambda key: (key[0], key[1].encode("utf-8", "surrogatepass"), key[2]))
    assert sorted(encoded) == [encode_key(key) for key in by_number]


def test_parts_of_a_key_cannot_run_into_each_other():
    assert encode_key(["a", "b"]) != encode_key(["a\x00", "b"]) != encode_key(["", "ab"])
    assert encode_key(["1"]) != encode_key([1])
    assert encode_key([True, 1]) != encode_key([1, True])


@pytest.mark.parametrize(
    "value",
    [
        "2024-01-01T00:00:01Z",
        "2024-01-01 01:00:01+01:00",
        "2024-01-01T00:00:01",
        dt.datetime(2024, 1, 1, 0, 0, 1),
        dt.datetime(2024, 1, 1, 0, 0, 1, tzinfo=UTC),
        pd.Timestamp("2024-01-01 00:00:01"),
        pd.Timestamp("2024-01-01 00:00:01").to_datetime64(),
        1704067201000,
    ],
)
def test_times_are_read_in_every_form_a_request_may_have(value):
    assert micros(value) == 1_704_067_201_000_000


# -- the store ---------------------------------------------------------------------------------------------------------


def schema_of(columns, *, timeseries=None, version=1, name="main.ml.f"):
    return OnlineSchema(name, name, "id", version, tuple(columns), ("k",), timeseries, published_at=5)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'online.db'}"


def read(url, *keys, name="main.ml.f"):
    with open_store(url).read() as reader:
        return reader.get(name, list(keys))


def test_a_store_keeps_rows_by_key_and_replaces_them_at_once(url):
    store = open_store(url)
    assert read(url, 1) == [None]
    store.replace(schema_of([("x", "double")]), [(1, 0, b"one"), (b"two", 0, b"2")])
    assert read(url, 1, b"two", None, 3) == [b"one", b"2", None, None]
    made = store.replace(schema_of([("x", "double")], version=2), [(3, 0, b"three")])
    assert (made.version, made.rows) == (2, 1)
    assert read(url, 1, 3) == [None, b"three"]
    store.drop("main.ml.f")
    assert read(url, 3) == [None]
    with store.read() as reader:
        assert reader.schema("main.ml.f") is None


def test_a_failed_publication_leaves_the_former_rows(url):
    store = open_store(url)
    store.replace(schema_of([("x", "double")]), [(1, 0, b"one")])

    def broken():
        yield 1, 0, b"new"
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        store.replace(schema_of([("x", "double")], version=2), broken())
    assert read(url, 1) == [b"one"]
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name LIKE 't\\_%' ESCAPE '\\'").fetchone() == (
        1,
    )
    connection.close()


def test_a_reader_sees_one_state_while_another_thread_publishes(url):
    store = open_store(url)
    store.replace(schema_of([("x", "double")]), [(1, 0, b"old")])
    with store.read() as reader:
        assert reader.get("main.ml.f", [1]) == [b"old"]
        writer = threading.Thread(
            target=store.replace, args=(schema_of([("x", "double")], version=2), [(1, 0, b"new")])
        )
        writer.start()
        writer.join(60)
        assert reader.get("main.ml.f", [1]) == [b"old"]
    assert read(url, 1) == [b"new"]


def test_a_publication_killed_half_way_leaves_the_former_rows(url, tmp_path):
    open_store(url).replace(schema_of([("x", "double")]), [(1, 0, b"old")])
    script = f"""
import os
from mlnb.features.online.base import OnlineSchema, open_store
def rows():
    for i in range(5000):
        yield i, 0, b"new"
    os.kill(os.getpid(), 9)
open_store({url!r}).replace(OnlineSchema("main.ml.f", "main.ml.f", "id", 2, (("x", "double"),), ("k",), None, 5), rows())
"""
    killed = subprocess.run([sys.executable, "-c", script], timeout=180, check=False)
    assert killed.returncode == -9
    assert read(url, 1) == [b"old"]


def test_an_unknown_kind_of_store_is_refused():
    with pytest.raises(InvalidParameterError, match="redis"):
        open_store("redis://localhost")


# -- the resolver against the offline look-up ------------------------------------------------------------------------------


@st.composite
def published(draw):
    kinds = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=4))
    timed = draw(st.booleans())
    key_kind = draw(st.sampled_from(["bigint", "string", "boolean"]))
    key = {"bigint": st.integers(-3, 3), "string": st.sampled_from(["a", "b", "ä\x00"]), "boolean": st.booleans()}[
        key_kind
    ]
    moment = st.integers(0, 8).map(lambda n: BASE + dt.timedelta(minutes=20 * n))
    keys = draw(
        st.lists(
            st.tuples(key, moment) if timed else st.tuples(key, st.just(BASE)),
            max_size=10,
            unique_by=lambda k: k if timed else k[0],
        )
    )
    table = {"k": pa.array([k for k, _ in keys], ARROW[key_kind])}
    if timed:
        table["ts"] = pa.array([t for _, t in keys], pa.timestamp("us", "UTC"))
    for i, kind in enumerate(kinds):
        values = draw(st.lists(st.none() | VALUES[kind], min_size=len(keys), max_size=len(keys)))
        table[f"f{i}"] = pa.array(values, ARROW[kind])
    labels = draw(st.lists(st.tuples(st.none() | key, st.none() | moment), min_size=1, max_size=10))
    defaults = {"bigint": 5, "double": 0.5, "string": "none"}
    features = tuple(Feature(f"f{i}", f"out{i}", kind, defaults.get(kind)) for i, kind in enumerate(kinds))
    lookback = draw(st.sampled_from([None, 0, 30 * 60 * 10**6])) if timed else None
    lookup = Lookup(
        "main.ml.f",
        "id",
        1,
        {"key": "k"},
        features,
        "at" if timed else None,
        "ts" if timed else None,
        lookback,
        draw(st.booleans()) or not timed,
    )
    return pa.table(table), key_kind, kinds, labels, lookup


counter = itertools.count()


@given(published())
@settings(max_examples=60, deadline=None)
def test_the_online_look_up_equals_the_offline_one_bit_for_bit(tmp_path_factory, case):
    table, key_kind, kinds, labels, lookup = case
    url = f"sqlite:///{tmp_path_factory.getbasetemp() / f'online{next(counter)}.db'}"
    columns = [(f"f{i}", kind) for i, kind in enumerate(kinds)]
    schema = OnlineSchema("main.ml.f", "main.ml.f", "id", 1, tuple(columns), ("k",), lookup.timeseries, 5)
    open_store(url).replace(schema, packed_rows(table, schema))
    spec = Spec(inputs=(Input("key", key_kind, "key"), Input("at", "timestamp", "timestamp")), lookups=(lookup,))
    request = {"key": [k for k, _ in labels], "at": [t for _, t in labels]}
    online = OnlineResolver(spec, url).resolve(request)
    arrow = pa.table(
        {"key": pa.array(request["key"], ARROW[key_kind]), "at": pa.array(request["at"], pa.timestamp("us", "UTC"))}
    )
    frame = Frame(arrow.column_names, arrow.num_rows, "test", table=arrow)
    found = offline.join(frame, [lookup], {relation(lookup): table}, DATABASE.cursor)
    for name in lookup.outputs:
        # repr tells 0.0 from -0.0 and 1 from 1.0 and True
        assert list(map(repr, online[name])) == list(map(repr, _zone(found.features[name].to_pylist())))


def _zone(values):
    """Arrow's zone is a zoneinfo, the resolver's is ``datetime.UTC``: the same instant either way."""
    return [v.astimezone(UTC) if isinstance(v, dt.datetime) else v for v in values]


@pytest.fixture
def resolver(url):
    columns = (("x", "double"), ("label", "string"))
    schema = OnlineSchema("main.ml.f", "main.ml.f", "id", 1, columns, ("k",), "ts", 5)
    codec = RowCodec(columns)
    hour = 3_600_000_000
    rows = [(1, micros(BASE) + i * hour, codec.pack([float(i), f"l{i}"])) for i in range(5)]
    open_store(url).replace(schema, rows)
    features = (Feature("x", "x", "double"), Feature("label", "label", "string", "unknown"))
    lookup = Lookup("main.ml.f", "id", 1, {"key": "k"}, features, "at", "ts", 2 * hour)
    spec = Spec(inputs=(Input("key", "bigint", "key"), Input("at", "timestamp", "timestamp")), lookups=(lookup,))
    return OnlineResolver(spec, url)


def test_a_request_gets_what_was_known_at_its_time(resolver):
    at = [
        "2024-01-01T02:30:00Z",
        "2024-01-01T02:00:00Z",
        "2023-12-31T23:00:00Z",
        "2024-01-01T06:00:00Z",
        "2024-01-01T06:00:01Z",
        None,
    ]
    assert resolver.resolve({"key": [1] * 6, "at": at}) == {
        "x": [2.0, 2.0, None, 4.0, None, None],
        "label": ["l2", "l2", "unknown", "l4", "unknown", "unknown"],
    }


def test_without_a_time_column_the_features_of_now_are_used(resolver):
    assert resolver.resolve({"key": [1]})["label"] == ["unknown"]  # the newest row is older than the look-back


def test_the_callers_column_wins_and_spares_the_key(resolver):
    given = {"key": [1, 2], "at": ["2024-01-01T02:30:00Z"] * 2, "x": [9.0, None]}
    assert resolver.resolve(given) == {"x": [9.0, None], "label": ["l2", "unknown"]}
    assert resolver.resolve({"x": [9.0], "label": ["mine"]}) == {"x": [9.0], "label": ["mine"]}


def test_whole_numbers_are_the_same_key_however_json_wrote_them(resolver):
    at = ["2024-01-01T02:30:00Z"] * 4
    assert resolver.resolve({"key": [1, 1.0, float("nan"), None], "at": at})["x"] == [2.0, 2.0, None, None]


@pytest.mark.parametrize("wrong", ["1", 1.5, True])
def test_a_key_of_another_type_is_refused(resolver, wrong):
    with pytest.raises(LookupKeyTypeError, match="whole number"):
        resolver.resolve({"key": [wrong], "at": [BASE]})


def test_a_missing_key_or_a_time_that_is_none_is_named(resolver):
    with pytest.raises(LookupKeyNotFoundError, match="key"):
        resolver.resolve({"at": [BASE]})
    with pytest.raises(InvalidParameterError, match="at = 'soon' is not a time"):
        resolver.resolve({"key": [1], "at": ["soon"]})


def test_a_table_that_is_not_published_or_lost_a_feature_is_refused_at_the_start(resolver, url):
    lookup = resolver.spec.lookups[0]
    absent = Lookup("main.ml.other", "id", 1, lookup.keys, lookup.features)
    with pytest.raises(NotPublishedError, match="publish_table") as error:
        OnlineResolver(Spec(inputs=(), lookups=(absent,)), url)
    assert error.value.code == "FEATURE_TABLE_NOT_PUBLISHED"
    changed = Lookup(
        "main.ml.f", "id", 1, lookup.keys, (Feature("x", "x", "bigint"), Feature("y", "y", "double")), "at", "ts"
    )
    with pytest.raises(FeatureChangedError, match=r"x of main\.ml\.f is double now"):
        OnlineResolver(Spec(inputs=(), lookups=(changed,)), url)


def test_decimals_keep_their_digits():
    codec = RowCodec([("d", "decimal(10,2)")])
    assert codec.unpack(codec.pack([decimal.Decimal("1.50")])) == [decimal.Decimal("1.50")]


def test_a_request_of_one_row_imports_neither_pandas_nor_numpy():
    script = (
        "import sys; import mlnb.features.scoring; import mlnb.features.online.sqlite; "
        "print([m for m in ('pandas', 'numpy', 'pyarrow', 'duckdb', 'mlflow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=180, check=True)
    assert done.stdout.strip() == "[]"

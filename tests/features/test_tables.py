"""Feature tables: keys are checked before anything is written."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pyarrow as pa
import pytest

from mlnb.core.errors import AlreadyExistsError, InvalidParameterError
from mlnb.features.errors import (
    DuplicateKeysError,
    IncompleteTimeseriesError,
    LookupKeyNotFoundError,
    LookupKeyTypeError,
    NoPrimaryKeyError,
    NullKeyError,
    UndeclaredTimeseriesError,
)


def actions(ws):
    return [event.action for event in ws.journal.tail(50)]


def test_a_feature_table_is_a_catalog_table_with_key_and_time(ws, features):
    table = features.get_table("main.default.weather")
    assert table.primary_keys == ["origin", "ts"]
    assert table.timestamp_keys == ["ts"]
    assert table.features == ["temp", "wind"]
    assert table.description == "Hourly"
    info = ws.catalog.table("main.default.weather").info
    assert (info.primary_key, info.timeseries) == (["origin", "ts"], "ts")
    assert "feature_table.created" in actions(ws)
    assert len(features.read_table("main.default.weather")) == 12


def test_both_spellings_of_the_time_series_and_a_key_without_it_are_accepted(ws, weather):
    made = ws.features.create_table("w1", "origin", weather, timeseries_columns="ts")
    assert made.primary_keys == ["origin", "ts"]
    with pytest.raises(InvalidParameterError, match="one time-series column"):
        ws.features.create_table("w2", "origin", weather, timeseries_columns=["ts", "other"])


def test_an_empty_feature_table_is_made_from_a_schema(ws):
    schema = pa.schema([("id", pa.int64()), ("x", pa.float64())])
    assert ws.features.create_table("empty", "id", schema=schema).features == ["x"]
    ws.features.write_table("empty", pd.DataFrame({"id": [1], "x": [2.0]}))
    assert ws.features.read_table("empty").to_dict("list") == {"id": [1], "x": [2.0]}


def test_merge_updates_rows_with_equal_keys_and_inserts_the_others(ws, features):
    features.write_table(
        "main.default.planes", pd.DataFrame({"tailnum": ["N2", "N4"], "year": [2001.0, 2002.0], "seats": [1, 2]})
    )
    rows = features.read_table("main.default.planes").set_index("tailnum")["year"].to_dict()
    assert rows == {"N1": 1999.0, "N2": 2001.0, "N3": 2010.0, "N4": 2002.0}
    features.write_table(
        "main.default.planes", pd.DataFrame({"tailnum": ["N7"], "year": [1.0], "seats": [1]}), mode="overwrite"
    )
    assert features.read_table("main.default.planes")["tailnum"].tolist() == ["N7"]
    assert actions(ws).count("feature_table.written") == 2


def test_columns_absent_from_a_merge_keep_their_values(features):
    features.write_table("main.default.planes", pd.DataFrame({"tailnum": ["N1"], "seats": [5]}))
    row = features.read_table("main.default.planes").set_index("tailnum").loc["N1"]
    assert (row["year"], row["seats"]) == (1999.0, 5)


@pytest.mark.parametrize("mode", ["create", "merge", "overwrite"])
@pytest.mark.parametrize("fault", ["null", "duplicate", "absent"])
def test_rows_without_or_with_repeated_keys_are_refused_and_nothing_is_written(ws, features, planes, mode, fault):
    wrong = {
        "null": planes.assign(tailnum=["N5", None, "N6"]),
        "duplicate": planes.assign(tailnum=["N5", "N5", "N6"]),
        "absent": planes.drop(columns="tailnum"),
    }[fault]
    expected = {"null": NullKeyError, "duplicate": DuplicateKeysError, "absent": LookupKeyNotFoundError}[fault]
    before = len(actions(ws))
    with pytest.raises(expected, match="tailnum") as error:
        if mode == "create":
            features.create_table("main.default.new", "tailnum", wrong)
        else:
            features.write_table("main.default.planes", wrong, mode)
    if fault == "duplicate":
        assert error.value.details["examples"] == [{"tailnum": "N5", "rows": 2}]
    assert not ws.catalog.exists("main.default.new")
    assert ws.catalog.table("main.default.planes").version == 0
    assert len(actions(ws)) == before


def test_two_times_in_one_microsecond_are_one_key(ws):
    times = pd.to_datetime([1_000_000_000_000_000_001, 1_000_000_000_000_000_999], utc=True).as_unit("ns")
    with pytest.raises(DuplicateKeysError):
        ws.features.create_table("w", "k", pd.DataFrame({"k": [1, 1], "ts": times}), timeseries_column="ts")


def test_a_time_series_wants_all_columns(features):
    row = pd.DataFrame({"origin": ["EWR"], "ts": [pd.Timestamp("2020-01-01", tz="UTC")], "temp": [1.0]})
    with pytest.raises(IncompleteTimeseriesError, match="wind"):
        features.write_table("main.default.weather", row)


def test_a_time_in_the_key_has_to_be_declared(ws, weather):
    with pytest.raises(UndeclaredTimeseriesError, match="ts") as error:
        ws.features.create_table("w", ["origin", "ts"], weather)
    assert "timeseries_column='ts'" in error.value.hint
    assert not ws.catalog.exists("w")


def test_doubles_are_no_keys_and_text_is_no_time(ws):
    with pytest.raises(LookupKeyTypeError, match="double"):
        ws.features.create_table("w", "k", pd.DataFrame({"k": [1.5], "x": [1]}))
    with pytest.raises(InvalidParameterError, match="not a timestamp or date"):
        ws.features.create_table("w", "k", pd.DataFrame({"k": [1], "ts": ["2020"]}), timeseries_column="ts")
    assert not ws.catalog.exists("w")


def test_a_table_without_key_is_no_feature_table(ws):
    ws.catalog.create_table("plain", pd.DataFrame({"a": [1]}))
    for call in (ws.features.get_table, lambda name: ws.features.write_table(name, pd.DataFrame({"a": [1]}))):
        with pytest.raises(NoPrimaryKeyError, match="no primary key"):
            call("plain")


def test_an_existing_name_is_refused(features, planes):
    with pytest.raises(AlreadyExistsError):
        features.create_table("main.default.planes", "tailnum", planes)


def test_the_list_shows_every_table_with_a_key_and_finds_by_feature(ws, features):
    ws.catalog.create_table("plain", pd.DataFrame({"a": [1]}))
    listed = features.tables()
    assert [table.name for table in listed] == ["main.default.planes", "main.default.weather"]
    assert listed[1].timeseries == "ts"
    assert [f.name for f in listed[0].features] == ["year", "seats"]
    assert [table.name for table in features.tables(filter="TEMP")] == ["main.default.weather"]


def test_dropping_takes_the_online_table_along(ws, features):
    features.publish_table("main.default.planes")
    assert features.online("main.default.planes").rows == 3
    features.drop_table("main.default.planes")
    assert not ws.catalog.exists("main.default.planes")
    assert "online_table.dropped" in actions(ws)


def test_dates_may_be_the_time_series(ws):
    frame = pd.DataFrame({"k": [1, 1], "day": [dt.date(2020, 1, 1), dt.date(2020, 1, 2)], "x": [1, 2]})
    assert ws.features.create_table("daily", "k", frame, timeseries_column="day").timestamp_keys == ["day"]

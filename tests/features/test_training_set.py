"""Training sets: rows and order, what is known at each time, versions, and everything that is refused."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy as sa

from mlnb.core.errors import InvalidParameterError
from mlnb.features import FeatureLookup
from mlnb.features.errors import (
    FeatureNameConflictError,
    KeysNotUniqueError,
    LookupKeyNotFoundError,
    LookupKeyTypeError,
    NoPrimaryKeyError,
)
from mlnb.features.records import features_training_set


def none(values):
    return [None if pd.isna(value) else value for value in values]


def test_every_label_row_gets_what_was_known_at_its_time(features, labels, lookups):
    made = features.create_training_set(labels, lookups, "late", ["requested_at", "tailnum"])
    frame = made.load_df()
    assert list(frame.columns) == ["origin", "distance", "temperature", "wind", "year", "seats", "late"]
    assert frame["late"].tolist() == labels["late"].tolist()
    assert frame["distance"].tolist() == labels["distance"].tolist()
    # 13:30 → 13:00; exactly 13:00; before the first report; 15:05 → 15:00 with a stored NULL; 22:00 is within six hours of 17:00
    assert none(frame["temperature"]) == [51.0, 51.0, None, 53.0, 55.0]
    assert none(frame["wind"]) == [1, 1, None, None, 5]
    # unknown plane and missing key: default for seats; a stored NULL stays
    assert none(frame["year"]) == [1999.0, None, None, 2010.0, None]
    assert frame["seats"].tolist() == [100, -1, 149, 200, -1]


def test_nothing_is_read_until_the_rows_are_loaded_and_then_quality_is_known(ws, features, labels, lookups):
    made = features.create_training_set(labels, lookups, "late")
    assert not made.is_loaded
    quality = {item.feature: item for item in made.quality}
    assert quality["temperature"].hit_rate == pytest.approx(0.8)
    assert quality["temperature"].age_p50 == pytest.approx(1050, abs=900)
    assert quality["wind"].null_rate == pytest.approx(0.4)
    assert quality["seats"].default_rate == pytest.approx(0.4)
    with ws.metastore.connect() as connection:
        row = connection.execute(sa.select(features_training_set)).one()
    assert row.digest == made.digest
    assert row.versions == {"main.default.weather": 0, "main.default.planes": 0}
    event = ws.journal.tail(1)[0]
    assert (event.action, event.subject) == ("training_set.created", f"training_set:{made.id}")


def test_a_training_set_keeps_its_versions_and_its_digest(features, labels, lookups, planes):
    made = features.create_training_set(labels, lookups, "late")
    digest, rows = made.digest, made.load_df()
    features.write_table("main.default.planes", planes.assign(seats=0))
    pd.testing.assert_frame_equal(made.load_df(), rows)
    assert made.digest == digest
    newer = features.create_training_set(labels, lookups, "late")
    assert newer.versions["main.default.planes"] == 1
    assert newer.digest != digest


def test_a_vacuum_keeps_what_a_training_set_reads(ws, features, labels, lookups, planes):
    made = features.create_training_set(labels, lookups, "late")
    rows = made.load_df()
    features.write_table("main.default.planes", planes.assign(seats=0))
    table = ws.catalog.table("main.default.planes")
    table.overwrite(planes.head(0))
    report = table.vacuum(0, dry_run=False, force=True)
    assert {pin.owner for pin in report.pins} == {f"training_set:{made.id}"}
    pd.testing.assert_frame_equal(made.load_df(), rows)


def test_the_digest_does_not_depend_on_the_order_of_rows(features, labels, lookups):
    forward = features.create_training_set(labels, lookups, "late").digest
    assert features.create_training_set(labels[::-1], lookups, "late").digest == forward
    assert features.create_training_set(labels.head(4), lookups, "late").digest != forward


def test_warnings_say_when_nothing_was_found(features, labels):
    early = labels.assign(requested_at=pd.Timestamp("2001-01-01", tz="UTC"))
    lookup = FeatureLookup("main.default.weather", "origin", timestamp_lookup_key="requested_at")
    quality = features.create_training_set(early, [lookup], "late").quality
    assert "No row of main.default.weather was found" in quality[0].warnings[0]


def test_the_query_is_shown(features, labels, lookups):
    text = features.create_training_set(labels, lookups, "late").sql()
    assert "ASOF LEFT JOIN" in text
    assert '"main.default.weather@v0"' in text


def test_frames_of_other_libraries_and_tables_are_label_rows_too(ws, features, labels, lookups):
    expected = features.create_training_set(labels, lookups, "late").load_df()
    ws.catalog.create_table("main.default.labels", labels)
    # The catalog stores text as it is; what differs are only pandas' own types.
    arrow = pa.Table.from_pandas(labels, preserve_index=False)
    for data in (arrow, "main.default.labels"):
        found = features.create_training_set(data, lookups, "late").load_df()
        assert found["temperature"].tolist() == pytest.approx(expected["temperature"].tolist(), nan_ok=True)
        assert len(found) == len(labels)


def test_without_label_and_look_ups_the_rows_come_back(features, labels):
    made = features.create_training_set(labels)
    pd.testing.assert_frame_equal(made.load_df(), labels.reset_index(drop=True))
    assert made.feature_spec.model_columns == tuple(labels.columns)


def lookup(**changes):
    options = {"table_name": "main.default.planes", "lookup_key": "tailnum"} | changes
    return FeatureLookup(**options)


def timed(**changes):
    options = {
        "table_name": "main.default.weather",
        "lookup_key": "origin",
        "timestamp_lookup_key": "requested_at",
    } | changes
    return FeatureLookup(**options)


@pytest.mark.parametrize(
    ("made", "error", "says"),
    [
        (lambda: lookup(lookup_key="tail"), LookupKeyNotFoundError, "tail"),
        (lambda: lookup(lookup_key=["tailnum", "origin"]), LookupKeyTypeError, "has 1"),
        (lambda: lookup(lookup_key="distance"), LookupKeyTypeError, "distance is double"),
        (lambda: lookup(feature_names=["sets"]), InvalidParameterError, "sets"),
        (lambda: lookup(rename_outputs={"nope": "x"}), InvalidParameterError, "nope"),
        (lambda: lookup(default_values={"nope": 1}), InvalidParameterError, "nope"),
        (lambda: lookup(default_values={"seats": "many"}), InvalidParameterError, "not of type bigint"),
        (lambda: lookup(rename_outputs={"seats": "distance"}), FeatureNameConflictError, "distance"),
        (lambda: lookup(timestamp_lookup_key="requested_at"), InvalidParameterError, "no time-series table"),
        (lambda: timed(timestamp_lookup_key=None), InvalidParameterError, "needs timestamp_lookup_key"),
        (lambda: timed(timestamp_lookup_key="asked"), LookupKeyNotFoundError, "asked"),
        (lambda: timed(timestamp_lookup_key="distance"), LookupKeyTypeError, "not a timestamp"),
        (lambda: timed(lookback_window=dt.timedelta(hours=-1)), InvalidParameterError, "not negative"),
        (lambda: timed(lookback_window=6), InvalidParameterError, "timedelta"),
        (lambda: lookup(look_back=3), InvalidParameterError, "look_back"),
        (lambda: lookup(table_name="main.default.plains"), Exception, "plains"),
    ],
)
def test_a_wrong_look_up_is_refused_by_name(ws, features, labels, made, error, says):
    before = ws.journal.last_id()
    with pytest.raises(error, match=says) as caught:
        features.create_training_set(labels, [made()], "late")
    assert caught.value.hint
    assert ws.journal.last_id() == before


def test_the_same_feature_twice_needs_other_names(features, labels):
    with pytest.raises(FeatureNameConflictError, match="rename_outputs"):
        features.create_training_set(labels, [lookup(feature_names="seats"), lookup(feature_names="seats")], "late")
    both = [lookup(feature_names="seats"), lookup(feature_name="seats", output_name="again")]
    frame = features.create_training_set(labels, both, "late").load_df()
    assert none(frame["seats"]) == none(frame["again"])


def test_label_and_exclusions_have_to_exist(features, labels):
    with pytest.raises(InvalidParameterError, match="lat"):
        features.create_training_set(labels, [], "lat")
    with pytest.raises(InvalidParameterError, match="exclude_columns names 'tail'"):
        features.create_training_set(labels, [], "late", ["tail"])
    with pytest.raises(InvalidParameterError, match="cannot be excluded"):
        features.create_training_set(labels, [], "late", ["late"])


def test_a_table_without_key_cannot_be_looked_up(ws, features, labels):
    ws.catalog.create_table("plain", pd.DataFrame({"tailnum": ["N1"], "x": [1]}))
    with pytest.raises(NoPrimaryKeyError):
        features.create_training_set(labels, [FeatureLookup("plain", "tailnum")], "late")


def test_keys_repeated_by_another_writer_are_found_before_the_join(ws, features, labels, planes):
    ws.catalog.append("main.default.planes", planes.head(1))
    with pytest.raises(KeysNotUniqueError) as error:
        features.create_training_set(labels, [lookup()], "late")
    assert error.value.code == "FEATURE_TABLE_KEYS_NOT_UNIQUE"
    assert error.value.details["examples"] == [{"tailnum": "N1", "rows": 2}]
    features.write_table("main.default.planes", planes, mode="overwrite")
    assert len(features.create_training_set(labels, [lookup()], "late").load_df()) == 5


def test_columns_of_a_frame_must_have_one_name_and_one_type(features, labels):
    with pytest.raises(InvalidParameterError, match="more than once"):
        features.create_training_set(pd.concat([labels, labels[["late"]]], axis=1), [], "late")
    mixed = labels.assign(tailnum=pd.Series(["N1", 2, "N3", "N4", None], index=labels.index, dtype=object))
    with pytest.raises(InvalidParameterError, match="mixes Python types"):
        features.create_training_set(mixed, [lookup()], "late")

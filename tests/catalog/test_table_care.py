"""Tables kept in order: restored, compacted, vacuumed; pins; rules; columns; and what is said when something is gone."""

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from mlnb.catalog.care import compact_all
from mlnb.catalog.errors import (
    NameTakenError,
    TableCorruptError,
    TableSchemaError,
    VersionFilesMissingError,
    VersionNotFoundError,
)
from mlnb.core.errors import AlreadyExistsError, InvalidParameterError, InvalidStateError, NotFoundError


def frame(*ids: int) -> pd.DataFrame:
    return pd.DataFrame({"id": list(ids), "name": [f"n{i}" for i in ids]})


def ids(cat: Any, **options: Any) -> list[int]:
    return sorted(cat.read("main.raw.t", **options)["id"])


@pytest.fixture
def t(cat: Any) -> Any:
    """Versions 0: 1, 2; 1: and 3; 2: without 1; 3: all named x."""
    table = cat.create_table("main.raw.t", frame(1, 2))
    table.append(frame(3))
    table.delete("id = 1")
    table.update({"name": "'x'"})
    return table


def test_a_restored_version_is_the_newest_and_nothing_is_lost(t: Any, cat: Any, ws: Any) -> None:
    commit = t.restore(1)
    assert (commit.operation, commit.version, ids(cat)) == ("RESTORE", 4, [1, 2, 3])
    assert ids(cat, version=3) == [2, 3]
    t.restore(timestamp=t.history()[1].timestamp)
    assert ids(cat) == [2, 3]
    assert t.info.num_rows == 2
    event = ws.journal.tail(1, subjects=["table:main.raw.t"])[-1]
    assert (event.action, event.payload["operation"]) == ("table.restored", "RESTORE")
    with pytest.raises(VersionNotFoundError) as error:
        t.restore(99)
    assert error.value.hint == "The table has versions 0 to 5."
    with pytest.raises(InvalidParameterError):
        t.restore()
    assert t.version == 5


def test_compaction_joins_files_and_changes_no_row(t: Any, cat: Any, ws: Any) -> None:
    for i in range(5):
        t.append(frame(10 + i))
    before = ids(cat)
    commit = t.optimize()
    assert (commit.operation, t.info.num_files, ids(cat)) == ("OPTIMIZE", 1, before)
    assert ids(cat, version=1) == [1, 2, 3]
    assert ws.journal.tail(1, subjects=["table:main.raw.t"])[-1].action == "table.optimized"
    assert t.optimize().version == commit.version, "there is nothing left to do"
    assert t.optimize(zorder_by=["ID"]).version == commit.version + 1
    assert ids(cat) == before


def test_vacuum_refuses_a_short_retention_and_says_what_would_be_lost(t: Any) -> None:
    with pytest.raises(InvalidStateError) as error:
        t.vacuum(0, dry_run=False)
    assert "168 hours" in error.value.message
    assert "versions 0 to 2" in error.value.message
    assert "force=True" in (error.value.hint or "")
    report = t.vacuum()
    assert (report.dry_run, report.files, report.oldest_readable) == (True, 0, 0)


def test_vacuum_deletes_what_only_old_versions_need(t: Any, cat: Any, ws: Any) -> None:
    planned = t.vacuum(0, force=True)
    assert (planned.files, planned.oldest_readable, planned.size_bytes > 0) == (3, 3, True)
    assert ids(cat, version=0) == [1, 2], "a dry run deletes nothing"
    orphan = Path(t.location, "part-left-by-a-killed-writer.parquet")
    orphan.write_bytes(b"x" * 10)
    done = t.vacuum(0, dry_run=False, force=True)
    assert (done.files, done.oldest_readable, orphan.exists()) == (4, 3, False)
    assert ids(cat) == [2, 3]
    with pytest.raises(VersionFilesMissingError) as error:
        cat.read("main.raw.t", version=1)
    assert error.value.details["oldest_readable"] == 3
    with pytest.raises(VersionFilesMissingError):
        t.restore(1)
    assert ws.journal.tail(1, subjects=["table:main.raw.t"])[-1].action == "table.vacuumed"


def test_pinned_versions_survive_and_say_who_pins_them(t: Any, cat: Any, ws: Any) -> None:
    cat.pin("main.raw.t", 1, "run:abc")
    cat.pin("main.raw.t", 1, "run:abc")
    cat.pin("main.raw.t", 0, "endpoint:x")
    report = t.vacuum(0, dry_run=False, force=True)
    assert [(pin.version, pin.owner) for pin in report.pins] == [(0, "endpoint:x"), (1, "run:abc")]
    assert ids(cat, version=1) == [1, 2, 3]
    assert ids(cat, version=0) == [1, 2]
    with pytest.raises(VersionFilesMissingError):
        cat.read("main.raw.t", version=2)
    with pytest.raises(VersionFilesMissingError):
        cat.pin("main.raw.t", 2, "run:late")
    assert (cat.unpin("run:abc"), cat.unpin("run:abc")) == (1, 0)
    assert [pin.owner for pin in t.pins] == ["endpoint:x"]
    t.vacuum(0, dry_run=False, force=True)
    with pytest.raises(VersionFilesMissingError):
        cat.read("main.raw.t", version=1)
    actions = [event.action for event in ws.journal.tail(20, subjects=["table:main.raw.t"])]
    assert actions.count("table.pinned") == 2
    assert actions.count("table.unpinned") == 1


@pytest.mark.parametrize(
    "drop",
    ["DROP TABLE main.raw.t", "DROP SCHEMA main.raw CASCADE"],
)
def test_what_is_pinned_is_dropped_only_by_insisting(t: Any, cat: Any, drop: str) -> None:
    cat.pin("main.raw.t", 1, "run:abc")
    with pytest.raises(InvalidStateError, match="version 1 by run:abc") as refused:
        cat.sql(drop)
    assert refused.value.code == "TABLE_IS_PINNED"
    assert cat.exists("main.raw.t")
    cat.unpin("run:abc")
    cat.sql(drop)
    assert not cat.exists("main.raw.t")


def test_a_table_that_is_replaced_keeps_its_pins_and_what_they_hold(t: Any, cat: Any) -> None:
    cat.pin("main.raw.t", 1, "run:abc")
    before = ids(cat, version=1)
    cat.sql("CREATE OR REPLACE TABLE main.raw.t AS SELECT 'x' AS other")
    cat.create_table("main.raw.t", [{"third": 3}], mode="replace")
    assert [pin.owner for pin in cat.pins("main.raw.t")] == ["run:abc"]
    cat.table("main.raw.t").vacuum(0, dry_run=False, force=True)
    assert ids(cat, version=1) == before
    with pytest.raises(InvalidStateError, match="run:abc"):
        cat.drop("main.raw.t")


def test_a_constraint_holds_for_every_write(t: Any, cat: Any) -> None:
    with pytest.raises(TableSchemaError) as error:
        t.add_constraint("small", "id < 3")
    assert (error.value.code, error.value.details["row"]["id"]) == ("DELTA_NEW_CHECK_CONSTRAINT_VIOLATION", "3")
    t.add_constraint("positive", "id > 0")
    t.add_constraint("named", "name IS NOT NULL AND name <> ''")
    assert [(c.name, c.expression) for c in t.info.constraints] == [
        ("named", "name IS NOT NULL AND name <> ''"),
        ("positive", "id > 0"),
    ]
    version = t.version
    for write in (
        lambda: t.append(frame(5, -1)),
        lambda: t.update({"id": "0 - id"}, "id = 2"),
        lambda: t.merge(frame(-1), on=["id"]),
        lambda: t.overwrite(frame(-1)),
    ):
        with pytest.raises(TableSchemaError) as refused:
            write()
        assert refused.value.code == "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES"
        assert "positive (id > 0)" in refused.value.message
        assert int(refused.value.details["row"]["id"]) < 0
    assert t.version == version
    with pytest.raises(AlreadyExistsError):
        t.add_constraint("Positive", "id > 1")
    for wrong, kind in (("length(name) > 2", InvalidParameterError), ("nope > 1", InvalidParameterError)):
        with pytest.raises(kind):
            t.add_constraint("c", wrong)
    t.drop_constraint("POSITIVE")
    t.append(frame(-1))
    with pytest.raises(NotFoundError):
        t.drop_constraint("positive")
    assert t.drop_constraint("positive", if_exists=True) is None


def test_columns_may_be_forbidden_to_be_empty(t: Any, cat: Any) -> None:
    t.append([{"id": 9, "name": None}])
    with pytest.raises(TableSchemaError) as error:
        t.set_not_null("name")
    assert "id = 9" in error.value.message
    t.delete("name IS NULL")
    t.set_not_null("NAME")
    assert not t.schema.field("name").nullable
    with pytest.raises(TableSchemaError) as refused:
        t.append(pa.table({"id": [10], "name": pa.array([None], pa.string())}))
    assert "NOT NULL of name" in refused.value.message
    t.drop_not_null("name")
    t.append(pa.table({"id": [10], "name": pa.array([None], pa.string())}))
    schema = pa.schema([pa.field("a", pa.int64(), nullable=False), ("b", pa.string())])
    made = cat.create_table("main.raw.u", [{"a": 1, "b": "x"}], schema=schema)
    with pytest.raises(TableSchemaError):
        made.append([{"a": None, "b": "y"}])
    assert (made.version, made.info.columns[0].nullable) == (0, False)


def test_columns_are_added_dropped_renamed_and_retyped(t: Any, cat: Any) -> None:
    t.add_columns([("price", "decimal(10,2)", "in euro"), ("tags", "array<string>")])
    assert [(c.name, c.type_text, c.comment) for c in t.info.columns][2:] == [
        ("price", "decimal(10,2)", "in euro"),
        ("tags", "array<string>", None),
    ]
    t.rename_column("name", "label")
    t.alter_column_type("id", "string")
    t.drop_columns(["tags"])
    assert [(c.name, c.type_text, c.comment) for c in t.info.columns] == [
        ("id", "string", None),
        ("label", "string", None),
        ("price", "decimal(10,2)", "in euro"),
    ]
    assert t.to_arrow().to_pylist()[0]["label"] == "x"
    assert cat.table("main.raw.t", version=1).columns == ["id", "name"]
    with pytest.raises(NameTakenError):
        t.rename_column("label", "PRICE")
    version = t.version
    t.add_constraint("c", "label <> 'q'")
    for wrong in (lambda: t.drop_columns(["label"]), lambda: t.drop_columns(["id", "label", "price"])):
        with pytest.raises((InvalidStateError, InvalidParameterError)):
            wrong()
    assert t.version == version + 1


def test_keys_are_verified_on_request(cat: Any) -> None:
    data = pd.DataFrame({"a": [1, 1, 2, None], "b": [1, 1, 2, 3], "v": [1, 2, 3, 4]})
    report = cat.create_table("main.raw.k", data, primary_key=["a", "b"]).verify_key()
    assert (report.ok, report.rows, report.duplicates, report.nulls) == (False, 4, 1, 1)
    assert report.examples == [{"a": 1.0, "b": 1, "rows": 2}]
    assert cat.create_table("main.raw.l", data, primary_key="v").verify_key().ok
    with pytest.raises(InvalidParameterError):
        cat.create_table("main.raw.m", data).verify_key()


def test_many_small_files_are_joined_without_being_asked(cat: Any, ws: Any) -> None:
    t = cat.create_table("main.raw.t", frame(0))
    for i in range(1, 4):
        t.append(frame(i))
    cat.settings.auto_compact_files = 4
    seen: dict[str, int] = {}
    assert compact_all(cat, seen) == ["main.raw.t"]
    assert (t.info.num_files, ids(cat)) == (1, [0, 1, 2, 3])
    assert compact_all(cat, seen) == []
    for i in range(4, 8):
        t.append(frame(i))
    cat.settings.auto_compact_files = 0
    assert compact_all(cat, seen) == []


def test_old_log_entries_go_but_never_those_a_pin_needs(cat: Any) -> None:
    t = cat.create_table("main.raw.t", frame(0), properties={"delta.checkpointInterval": "4"})
    for i in range(1, 14):
        t.append(frame(i))
    entries = sorted(Path(t.location, "_delta_log").glob("*.json"))
    for path in Path(t.location, "_delta_log").iterdir():
        os.utime(path, (1, 1))
    cat.pin("main.raw.t", 9, "run:a")
    report = t.vacuum(dry_run=False)
    assert report.log_entries > 0
    assert len(sorted(Path(t.location, "_delta_log").glob("*.json"))) < len(entries)
    cat.handles.forget(t.location)
    assert ids(cat, version=9) == list(range(10))
    assert ids(cat) == list(range(14))
    with pytest.raises(VersionNotFoundError) as error:
        cat.read("main.raw.t", version=1)
    assert "versions 7 to" in (error.value.hint or "")
    t.append(frame(14))
    assert cat.history("main.raw.t")[-1].version >= 7


def test_a_broken_log_is_named_and_earlier_versions_stay_readable(t: Any, cat: Any) -> None:
    cat.write("main.raw.other", frame(1))
    entry = Path(t.location, "_delta_log", f"{2:020d}.json")
    entry.write_text('{"add": {"path"')
    cat.handles.forget(t.location)
    with pytest.raises(TableCorruptError) as error:
        cat.read("main.raw.t")
    assert entry.name in error.value.message
    assert error.value.details["newest_good_version"] == 1
    assert ids(cat, version=1) == [1, 2, 3]
    assert cat.read("main.raw.other")["id"].tolist() == [1]


def test_a_gap_in_the_log_is_named(t: Any, cat: Any) -> None:
    Path(t.location, "_delta_log", f"{1:020d}.json").unlink()
    cat.handles.forget(t.location)
    with pytest.raises(TableCorruptError) as error:
        cat.read("main.raw.t")
    assert f"{1:020d}.json" in error.value.message


def test_a_lost_data_file_is_named_with_what_can_be_read(t: Any, cat: Any) -> None:
    actions = [json.loads(line) for line in Path(t.location, "_delta_log", f"{3:020d}.json").read_text().splitlines()]
    path = next(action["add"]["path"] for action in actions if "add" in action)
    Path(t.location, path).unlink()
    for read in (lambda: cat.read("main.raw.t"), lambda: t.update({"name": "NULL"}, "id = 2")):
        with pytest.raises(TableCorruptError) as error:
            read()
        assert path in error.value.message
        assert error.value.details["newest_good_version"] == 2
    t.restore(2)
    assert ids(cat) == [2, 3]

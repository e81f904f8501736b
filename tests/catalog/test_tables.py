import datetime as dt
import os
from typing import Any

import deltalake
import pandas as pd
import pyarrow as pa
import pytest

from mlnb.catalog.errors import (
    NameTakenError,
    SchemaNotFoundError,
    TableNotFoundError,
    TableSchemaError,
    UnresolvedColumnError,
    VersionNotFoundError,
)
from mlnb.core.access import collecting
from mlnb.core.caller import calling
from mlnb.core.errors import InvalidParameterError, InvalidStateError


def frame(*ids: int) -> pd.DataFrame:
    return pd.DataFrame({"id": list(ids), "name": [f"n{i}" for i in ids]})


def ids(cat: Any, name: str = "main.raw.t", **options: Any) -> list[int]:
    return sorted(cat.read(name, **options)["id"])


def test_every_workspace_has_main_default(ws: Any) -> None:
    assert [item.name for item in ws.catalog.catalogs().items] == ["main"]
    assert [item.full_name for item in ws.catalog.schemas("main").items] == ["main.default"]
    assert ws.catalog.write("t", frame(1)).version == 0
    assert ws.catalog.table("t").full_name == "main.default.t"


def test_written_rows_come_back(cat: Any) -> None:
    commit = cat.write("main.raw.t", frame(1, 2))
    assert (commit.version, commit.user, commit.metrics["num_added_rows"]) == (0, "ada", 2)
    back = cat.read("main.raw.t")
    pd.testing.assert_frame_equal(back, frame(1, 2), check_dtype=False)
    assert back.attrs["mlnb.source"] == {
        "table": "main.raw.t",
        "version": 0,
        "columns": ["id", "name"],
        "filtered": False,
    }


def test_columns_and_conditions_narrow_a_read(cat: Any) -> None:
    cat.write("main.raw.t", frame(1, 2, 3))
    found = cat.read("main.raw.t", columns=["NAME"], where="id > 1 AND name <> 'n3'")
    assert found.to_dict("list") == {"name": ["n2"]}
    with pytest.raises(UnresolvedColumnError) as error:
        cat.read("main.raw.t", columns=["nme"])
    assert error.value.hint == "Did you mean name?"
    with pytest.raises(UnresolvedColumnError):
        cat.read("main.raw.t", where="idd = 1")
    for wrong in ("id = 1; DROP", "id = 1 UNION SELECT 2, '3'", "1 = 1 LIMIT 1", "read_text('x') = 'y'"):
        with pytest.raises((InvalidParameterError, Exception)) as refused:
            cat.read("main.raw.t", where=wrong)
        assert refused.value.code in ("PARSE_SYNTAX_ERROR", "PERMISSION_DENIED", "SQL_ERROR")


def test_writing_modes(cat: Any) -> None:
    cat.write("main.raw.t", frame(1))
    with pytest.raises(NameTakenError) as error:
        cat.write("main.raw.t", frame(2))
    assert error.value.code == "TABLE_OR_VIEW_ALREADY_EXISTS"
    assert cat.write("main.raw.t", frame(2), mode="ignore").version == 0
    assert cat.write("main.raw.t", frame(2), mode="append").version == 1
    assert ids(cat) == [1, 2]
    cat.write("main.raw.t", pd.DataFrame({"other": [1.5]}), mode="overwrite")
    assert cat.table("main.raw.t").columns == ["other"]
    assert ids(cat, version=1) == [1, 2]
    with pytest.raises(InvalidParameterError):
        cat.write("main.raw.t", frame(1), mode="upsert")


def test_a_plain_delta_reader_reads_the_tables(cat: Any) -> None:
    cat.write("main.raw.t", frame(1))
    cat.append("main.raw.t", frame(2))
    table = deltalake.DeltaTable(cat.table("main.raw.t").location)
    assert sorted(pa.table(table.scan().read_all())["id"].to_pylist()) == [1, 2]
    assert table.protocol().min_reader_version == 1
    entry = table.history(1)[0]
    assert entry["userName"] == "ada"
    assert "statement" in entry["userMetadata"]
    assert table.metadata().configuration["delta.enableDeletionVectors"] == "false"


def test_the_commit_says_where_it_was_made(cat: Any) -> None:
    with calling(notebook="a/b.ipynb", cell_id="c1", run_id="r1"):
        cat.write("main.raw.t", frame(1))
    commit = cat.history("main.raw.t")[0]
    assert (commit.notebook, commit.cell, commit.run_id) == ("a/b.ipynb", "c1", "r1")


def test_each_commit_is_one_event_with_its_author(cat: Any, ws: Any) -> None:
    cat.write("main.raw.t", frame(1))
    cat.grant("main", "grace", "ALL PRIVILEGES", kind="catalog")
    with calling(principal="grace"):
        cat.append("main.raw.t", frame(2, 3))
    events = ws.journal.tail(10, subjects=["table:main.raw.t"])
    assert [(e.action, e.actor, e.payload["version"], e.payload["rows"]) for e in events] == [
        ("table.created", "ada", 0, 1),
        ("table.committed", "grace", 1, 2),
    ]
    assert ws.journal.verify().ok


def test_accesses_are_reported_with_versions(cat: Any) -> None:
    with collecting() as found:
        cat.write("main.raw.t", frame(1, 2))
        cat.append("main.raw.t", frame(3))
        cat.read("main.raw.t", columns=["id"])
        cat.sql("SELECT name FROM main.raw.t@v0").rows()
    assert [(a.name, a.version, a.direction, a.columns, a.rows) for a in found] == [
        ("main.raw.t", 0, "written", ("id", "name"), 2),
        ("main.raw.t", 1, "written", ("id", "name"), 1),
        ("main.raw.t", 1, "read", ("id",), None),
        ("main.raw.t", 0, "read", ("name",), None),
    ]


def test_statistics_follow_the_commits(cat: Any) -> None:
    cat.write("main.raw.t", frame(1))
    cat.append("main.raw.t", frame(2, 3))
    info = cat.table("main.raw.t").info
    assert (info.version, info.num_rows, info.num_files) == (1, 3, 2)
    assert info.size_bytes > 0
    assert [(c.name, c.type_text, c.type_name) for c in info.columns] == [
        ("id", "bigint", "LONG"),
        ("name", "string", "STRING"),
    ]


def test_earlier_versions_stay_readable(cat: Any) -> None:
    cat.write("main.raw.t", frame(1))
    first = cat.history("main.raw.t")[0].timestamp
    cat.append("main.raw.t", frame(2))
    assert ids(cat, version=0) == [1]
    assert ids(cat, timestamp=first) == [1]
    assert ids(cat, timestamp=dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)) == [1, 2]
    assert ids(cat, timestamp="2999-01-01") == [1, 2]
    with pytest.raises(VersionNotFoundError) as error:
        cat.table("main.raw.t", version=7)
    assert error.value.hint == "The table has versions 0 to 1."
    with pytest.raises(VersionNotFoundError):
        cat.table("main.raw.t", timestamp="1999-01-01")
    with pytest.raises(InvalidStateError):
        cat.table("main.raw.t", version=0).append(frame(3))
    with pytest.raises(InvalidParameterError):
        cat.table("main.raw.t", timestamp="yesterday-ish")


def test_a_frame_that_does_not_fit_changes_nothing(cat: Any) -> None:
    cat.write("main.raw.t", frame(1))
    for data in (
        pd.DataFrame({"id": ["x"], "name": ["y"]}),
        pd.DataFrame({"id": [1]}),
        pd.DataFrame({"id": [1], "name": ["a"], "more": [1]}),
        pd.DataFrame({"id": [1.5], "name": ["a"]}),
    ):
        with pytest.raises(TableSchemaError):
            cat.append("main.raw.t", data)
    assert cat.table("main.raw.t").version == 0
    with pytest.raises(TableSchemaError) as error:
        cat.append("main.raw.t", pd.DataFrame({"id": ["x"], "nam": ["y"]}))
    assert "id is int64 in the table" in error.value.message
    assert "name is missing" in error.value.message
    assert "nam is not in the table" in error.value.message


def test_columns_may_come_in_any_order_and_case(cat: Any) -> None:
    cat.write("main.raw.t", frame(1))
    cat.append("main.raw.t", pd.DataFrame({"NAME": ["b"], "ID": [2.0]}))
    assert cat.read("main.raw.t").sort_values("id").to_dict("list") == {"id": [1, 2], "name": ["n1", "b"]}


def test_schema_merge_adds_columns_and_old_rows_read_as_missing(cat: Any) -> None:
    cat.write("main.raw.t", frame(1))
    cat.table("main.raw.t").append(pd.DataFrame({"id": [2], "extra": [2.5]}), schema="merge")
    table = cat.table("main.raw.t")
    assert table.columns == ["id", "name", "extra"]
    assert cat.sql("SELECT id, name, extra FROM main.raw.t ORDER BY id").rows() == [
        {"id": 1, "name": "n1", "extra": None},
        {"id": 2, "name": None, "extra": 2.5},
    ]
    assert table.info.schema_changed_version == 1
    assert cat.table("main.raw.t", version=0).columns == ["id", "name"]


def test_overwrite_replaces_the_rows_that_a_condition_selects(cat: Any) -> None:
    cat.write("main.raw.t", frame(1, 2, 3))
    cat.table("main.raw.t").overwrite(pd.DataFrame({"id": [3], "name": ["new"]}), where="id >= 3")
    assert cat.read("main.raw.t").sort_values("id")["name"].tolist() == ["n1", "n2", "new"]
    with pytest.raises(TableSchemaError) as error:
        cat.table("main.raw.t").overwrite(frame(9), where="id = 1")
    assert error.value.code == "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES"
    cat.table("main.raw.t").overwrite(frame(7))
    assert ids(cat) == [7]


def test_overwrite_conditions_know_dates_and_times(cat: Any) -> None:
    days = pd.DataFrame({"ts": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"]), "v": [1, 2, 3]})
    cat.write("main.raw.d", days.assign(day=days["ts"].dt.date))
    new = days.tail(1).assign(v=9, day=days["ts"].dt.date.tail(1))
    cat.table("main.raw.d").overwrite(new, where="ts >= TIMESTAMP '2024-01-03' AND day > DATE '2024-01-02'")
    assert sorted(cat.read("main.raw.d")["v"]) == [1, 2, 9]


def test_merge_updates_inserts_and_deletes_by_key(cat: Any) -> None:
    cat.create_table("main.raw.t", frame(1, 2, 3), primary_key="id")
    table = cat.table("main.raw.t")
    commit = table.merge(pd.DataFrame({"id": [2, 4], "name": ["two", "four"]}))
    assert commit.operation == "MERGE"
    table.merge(pd.DataFrame({"id": [3, 5], "name": ["gone", "gone"]}), delete_when="name = 'gone'")
    assert dict(zip(*cat.read("main.raw.t").sort_values("id").to_dict("list").values(), strict=True)) == {
        1: "n1",
        2: "two",
        4: "four",
    }


def test_merge_refuses_what_is_ambiguous(cat: Any) -> None:
    cat.write("main.raw.t", frame(1))
    table = cat.table("main.raw.t")
    with pytest.raises(InvalidParameterError):
        table.merge(frame(1))
    with pytest.raises(UnresolvedColumnError):
        table.merge(frame(1), on=["key"])
    with pytest.raises(TableSchemaError) as error:
        table.merge(pd.DataFrame({"id": [1, 1], "name": ["a", "b"]}), on=["id"])
    assert error.value.code == "DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE"
    assert table.version == 0


def test_a_write_with_a_transaction_is_made_once(cat: Any) -> None:
    cat.write("main.raw.t", frame(0))
    table = cat.table("main.raw.t")
    assert not table.append(frame(1), txn=("app", 0)).replayed
    assert table.append(frame(1), txn=("app", 0)).replayed
    assert not table.append(frame(2), txn=("app", 1)).replayed
    assert not table.append(frame(3), txn=("other", 0)).replayed
    assert ids(cat) == [0, 1, 2, 3]


def test_primary_keys_are_recorded_and_checked(cat: Any) -> None:
    table = cat.create_table(
        "main.raw.t", frame(1), primary_key=["ID"], timeseries="name", comment="what", properties={"a": "b"}
    )
    info = table.info
    assert (info.primary_key, info.timeseries, info.comment, info.properties) == (
        ["id", "name"],
        "name",
        "what",
        {"a": "b"},
    )
    with pytest.raises(UnresolvedColumnError) as error:
        cat.create_table("main.raw.u", frame(1), primary_key=["idd"])
    assert error.value.hint == "Did you mean id?"
    assert not cat.exists("main.raw.u")


def test_an_empty_table_has_columns_and_no_rows(cat: Any) -> None:
    cat.create_table("main.raw.t", schema=pa.schema([("id", pa.int32()), ("tags", pa.list_(pa.string()))]))
    assert cat.read("main.raw.t").empty
    assert cat.sql("SELECT count(*) AS n, max(id) AS m FROM main.raw.t").rows() == [{"n": 0, "m": None}]
    cat.append("main.raw.t", [{"id": 1, "tags": ["a", "b"]}])
    assert cat.sql("SELECT tags[0] AS first FROM main.raw.t").rows() == [{"first": "a"}]


def test_replacing_a_table_keeps_its_history(cat: Any) -> None:
    cat.create_table("main.raw.t", frame(1), comment="old")
    cat.create_table("main.raw.t", pd.DataFrame({"x": [1]}), mode="replace", primary_key="x")
    info = cat.table("main.raw.t").info
    assert (info.version, info.primary_key, info.comment) == (1, ["x"], "old")
    assert ids(cat, version=0) == [1]
    assert cat.create_table("main.raw.t", frame(1), mode="ignore").columns == ["x"]


def test_a_failed_creation_leaves_nothing(cat: Any, ws: Any) -> None:
    lake = ws.settings.storage_root
    before = sum(len(files) for _, _, files in os.walk(lake))
    with pytest.raises(TableSchemaError):
        cat.create_table("main.raw.t", pd.DataFrame({"a b": [1]}))
    with pytest.raises(TableSchemaError):
        cat.create_table("main.raw.t", pd.DataFrame({"a": [1], "A": [2]}))
    with pytest.raises(InvalidParameterError):
        cat.create_table("main.raw.t")

    def broken() -> Any:
        yield pa.record_batch({"a": [1]})
        raise TableSchemaError("half way")

    with pytest.raises(TableSchemaError, match="half way"):
        cat.create_table("main.raw.t", pa.RecordBatchReader.from_batches(pa.schema([("a", pa.int64())]), broken()))
    assert not cat.exists("main.raw.t")
    assert sum(len(files) for _, _, files in os.walk(lake)) == before


def test_missing_names_are_answered_with_the_nearest(cat: Any) -> None:
    cat.write("main.raw.flights", frame(1))
    with pytest.raises(TableNotFoundError) as error:
        cat.table("main.raw.flihgts")
    assert error.value.hint == "Did you mean main.raw.flights?"
    with pytest.raises(TableNotFoundError) as error:
        cat.read("flight")
    assert error.value.hint == "Did you mean main.raw.flights?"
    with pytest.raises(SchemaNotFoundError) as missing:
        cat.write("main.rwa.t", frame(1))
    assert missing.value.hint is not None
    assert "main.raw" in missing.value.hint


def test_names_in_any_script_and_case(cat: Any) -> None:
    cat.create_schema("main.Mein Schema")
    cat.write("main.Mein Schema.\u00dcber 'uns'", frame(1))
    assert ids(cat, "MAIN.mein schema.\u00fcber 'UNS'") == [1]
    assert cat.sql("SELECT count(*) AS n FROM main.`mein schema`.`\u00fcber 'uns'`").rows() == [{"n": 1}]
    with pytest.raises(NameTakenError):
        cat.write("main.mein schema.\u00dcBER 'uns'", frame(1))


def test_dropped_tables_are_gone_and_can_come_back(cat: Any, ws: Any) -> None:
    cat.write("main.raw.t", frame(1))
    table = cat.table("main.raw.t")
    cat.drop("main.raw.t")
    assert not cat.exists("main.raw.t")
    with pytest.raises(TableNotFoundError):
        table.info
    with pytest.raises(TableNotFoundError):
        table.append(frame(2))
    cat.drop("main.raw.t", if_exists=True)
    with pytest.raises(TableNotFoundError):
        cat.drop("main.raw.t")
    assert cat.undrop("main.raw.t") == "main.raw.t"
    assert cat.read("main.raw.t")["id"].tolist() == [1]
    cat.drop("main.raw.t")
    cat.write("main.raw.t", frame(5))
    with pytest.raises(NameTakenError):
        cat.undrop("main.raw.t")
    actions = [event.action for event in ws.journal.tail(10, subjects=["table:main.raw.t"])]
    assert actions == ["table.created", "table.dropped", "table.undropped", "table.dropped", "table.created"]


def test_dropping_a_schema_asks_for_cascade(cat: Any) -> None:
    cat.write("main.raw.t", frame(1))
    with pytest.raises(InvalidStateError) as error:
        cat.drop("main.raw", kind="schema")
    assert "main.raw.t" in error.value.message
    assert cat.exists("main.raw.t")
    cat.drop("main.raw", kind="schema", cascade=True)
    assert not cat.exists("main.raw.t")
    cat.create_schema("main.raw")
    assert cat.tables("main.raw").items == []


def test_purging_removes_files_and_rows_of_old_drops(cat: Any) -> None:
    from mlnb.catalog.purge import purge
    from mlnb.core.clock import now_ms

    cat.write("main.raw.t", frame(1))
    location = cat.table("main.raw.t").location
    cat.drop("main.raw.t")
    assert purge(cat, now_ms()) == []
    assert purge(cat, now_ms() + 8 * 86_400_000) == ["main.raw.t"]
    assert not os.path.exists(location)
    with pytest.raises(TableNotFoundError):
        cat.undrop("main.raw.t")


def test_lists_come_in_pages_bound_to_their_question(cat: Any) -> None:
    for name in ("alpha", "Beta", "gamma", "delta"):
        cat.create_table(f"main.raw.{name}", schema=pa.schema([("a", pa.int64())]))
    first = cat.tables("main.raw", max_results=3)
    assert [item.name for item in first.items] == ["alpha", "Beta", "delta"]
    rest = cat.tables("main.raw", max_results=3, page_token=first.next_page_token)
    assert [item.name for item in rest.items] == ["gamma"]
    assert rest.next_page_token is None
    assert [item.name for item in cat.tables("main.raw", filter="ET").items] == ["Beta"]
    for wrong in ("nonsense", first.next_page_token + "x"):
        with pytest.raises(InvalidParameterError):
            cat.tables("main.raw", page_token=wrong)
    with pytest.raises(InvalidParameterError):
        cat.tables("main.default", page_token=first.next_page_token)

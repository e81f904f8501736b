"""Rights are asked wherever data or names are touched, whatever way leads there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pyarrow as pa
import pytest

from mlnb.catalog.errors import TableNotFoundError
from mlnb.core.caller import Caller, calling
from mlnb.core.errors import PermissionDeniedError

BOB = Caller("bob", source="rest")
ROW = pa.table({"id": [3], "v": ["c"]})


@pytest.fixture
def cat(ws: Any) -> Any:
    catalog = ws.catalog
    catalog.create_schema("main.raw")
    catalog.create_table("main.raw.t", pa.table({"id": [1, 2], "v": ["a", "b"]}), primary_key="id")
    catalog.append("main.raw.t", pa.table({"id": [9], "v": ["x"]}))
    catalog.create_table("main.raw.other", pa.table({"id": [1]}))
    catalog.create_view("main.raw.v", "SELECT id FROM main.raw.t")
    catalog.create_volume("main.raw.files")
    catalog.write_file("/Volumes/main/raw/files/x.csv", b"id,v\n5,e\n")
    catalog.grant("main", "bob", "USE CATALOG", "USE SCHEMA")
    yield catalog
    catalog.close()


def allowed(call: Callable[[], Any]) -> bool:
    """Say whether bob may; any other failure is one of the test."""
    with calling(BOB):
        try:
            call()
        except PermissionDeniedError:
            return False
        return True


READS: dict[str, Callable[[Any], Any]] = {
    "read": lambda c: c.read("main.raw.t"),
    "sql": lambda c: c.sql("SELECT * FROM main.raw.t").rows(),
    "sql in a subquery": lambda c: c.sql("SELECT (SELECT max(id) FROM main.raw.t) AS m").rows(),
    "version": lambda c: c.sql("SELECT * FROM main.raw.t VERSION AS OF 0").rows(),
    "old version": lambda c: c.table("main.raw.t", version=0).to_arrow(),
    "changes": lambda c: c.table("main.raw.t").changes(0).read_all(),
    "table_changes": lambda c: c.sql("SELECT * FROM table_changes('main.raw.t', 0)").rows(),
    "preview": lambda c: c.preview("main.raw.t"),
    "compare": lambda c: c.compare("main.raw.t", 0, 1),
    "explain": lambda c: c.sql("SELECT count(*) AS n FROM main.raw.t WHERE id > 1").rows(),
}


@pytest.mark.parametrize("way", READS)
def test_reading_needs_select(cat: Any, way: str) -> None:
    assert not allowed(lambda: READS[way](cat))
    cat.grant("main.raw.t", "bob", "SELECT")
    assert allowed(lambda: READS[way](cat))


WRITES: dict[str, Callable[[Any], Any]] = {
    "append": lambda c: c.append("main.raw.t", ROW),
    "insert": lambda c: c.sql("INSERT INTO main.raw.t VALUES (4, 'd')"),
    "overwrite": lambda c: c.table("main.raw.t").overwrite(ROW),
    "merge": lambda c: c.table("main.raw.t").merge(ROW, on=["id"]),
    "update": lambda c: c.sql("UPDATE main.raw.t SET v = 'z' WHERE id = 1"),
    "delete": lambda c: c.sql("DELETE FROM main.raw.t WHERE id = 1"),
    "truncate": lambda c: c.sql("TRUNCATE TABLE main.raw.t"),
    "restore": lambda c: c.table("main.raw.t").restore(0),
    "optimize": lambda c: c.table("main.raw.t").optimize(),
    "vacuum": lambda c: c.table("main.raw.t").vacuum(dry_run=False),
    "replace": lambda c: c.create_table("main.raw.t", ROW, mode="replace"),
    "constraint": lambda c: c.table("main.raw.t").add_constraint("positive", "id > 0"),
    "spool": lambda c: c.spool("main.raw.t").put(ROW),
    "comment": lambda c: c.set_comment("main.raw.t", "x"),
    "properties": lambda c: c.alter("main.raw.t", properties={"a": "b"}),
    "ingest": lambda c: c.ingest("/Volumes/main/raw/files/x.csv", "main.raw.t"),
}


@pytest.mark.parametrize("way", WRITES)
def test_writing_needs_modify(cat: Any, way: str) -> None:
    cat.grant("main.raw.t", "bob", "SELECT")
    cat.grant("main.raw.files", "bob", "READ VOLUME")
    version = cat.table("main.raw.t").version
    assert not allowed(lambda: WRITES[way](cat))
    assert cat.table("main.raw.t").version == version
    cat.grant("main.raw.t", "bob", "MODIFY")
    assert allowed(lambda: WRITES[way](cat))


ONLY_WRITES: dict[str, Callable[[Any], Any]] = {
    "append": WRITES["append"],
    "insert": WRITES["insert"],
    "insert overwrite": lambda c: c.sql("INSERT OVERWRITE main.raw.t VALUES (4, 'd')"),
    "overwrite": WRITES["overwrite"],
    "truncate": WRITES["truncate"],
    "spool": WRITES["spool"],
    "optimize": WRITES["optimize"],
    "ingest": WRITES["ingest"],
    "preview": lambda c: c.preview_ingest("/Volumes/main/raw/files/x.csv", name="main.raw.t"),
    "copy into": lambda c: c.sql("COPY INTO main.raw.t FROM '/Volumes/main/raw/files/x.csv' FILEFORMAT = CSV"),
    "add column": lambda c: c.table("main.raw.t").add_columns([("n", "INT")]),
    "pin": lambda c: c.pin("main.raw.t", 0, "me"),
}


@pytest.mark.parametrize("way", ONLY_WRITES)
def test_who_only_writes_needs_no_select_and_reads_nothing(cat: Any, way: str) -> None:
    cat.grant("main.raw.files", "bob", "READ VOLUME")
    cat.grant("main.raw.t", "bob", "MODIFY")
    assert allowed(lambda: ONLY_WRITES[way](cat))
    for read in READS.values():
        assert not allowed(partial(read, cat))
    assert not allowed(lambda: cat.sql("INSERT INTO main.raw.t SELECT * FROM main.raw.t"))
    assert not allowed(lambda: cat.sql("DELETE FROM main.raw.t WHERE id = 1"))


def test_pins_are_set_and_taken_away_by_who_writes_or_manages_the_table(cat: Any) -> None:
    cat.grant("main.raw.t", "bob", "SELECT")
    cat.pin("main.raw.t", 0, "alice")
    assert not allowed(lambda: cat.pin("main.raw.t", 0, "bob"))
    assert not allowed(lambda: cat.unpin("alice"))
    assert not allowed(lambda: cat.unpin("alice", name="main.raw.t"))
    assert [pin.owner for pin in cat.pins("main.raw.t")] == ["alice"]
    cat.grant("main.raw.t", "bob", "MANAGE")
    assert allowed(lambda: cat.pin("main.raw.t", 0, "bob"))
    with calling(BOB):
        assert cat.unpin("alice") == 1
    with calling(BOB, trusted=True):
        assert cat.pin("main.raw.other", 0, "run:1").owner == "run:1"


MAKES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "table": ("CREATE TABLE", lambda c: c.create_table("main.raw.n", ROW)),
    "ctas": ("CREATE TABLE", lambda c: c.sql("CREATE TABLE main.raw.n AS SELECT 1 AS one")),
    "ingest": ("CREATE TABLE", lambda c: c.ingest("/Volumes/main/raw/files/x.csv", "main.raw.n", mode="create")),
    "view": ("CREATE VIEW", lambda c: c.create_view("main.raw.n", "SELECT 1 AS one")),
    "volume": ("CREATE VOLUME", lambda c: c.create_volume("main.raw.n")),
    "function": ("CREATE FUNCTION", lambda c: c.create_function("() RETURNS INT RETURN 1", "main.raw.n")),
}


@pytest.mark.parametrize("way", MAKES)
def test_making_needs_its_privilege_on_the_schema(cat: Any, way: str) -> None:
    privilege, make = MAKES[way]
    cat.grant("main.raw.files", "bob", "READ VOLUME")
    assert not allowed(lambda: make(cat))
    cat.grant("main.raw", "bob", privilege)
    assert allowed(lambda: make(cat))


def test_schemas_and_catalogs_too(cat: Any) -> None:
    assert not allowed(lambda: cat.create_schema("main.n"))
    cat.grant("main", "bob", "CREATE SCHEMA")
    assert allowed(lambda: cat.create_schema("main.n"))
    assert not allowed(lambda: cat.create_catalog("prod"))
    cat.grant("metastore", "bob", "CREATE CATALOG", kind="metastore")
    assert allowed(lambda: cat.create_catalog("prod"))


MANAGES: dict[str, Callable[[Any], Any]] = {
    "rename": lambda c: c.rename("main.raw.t", "s"),
    "drop": lambda c: c.drop("main.raw.t"),
    "sql drop": lambda c: c.sql("DROP TABLE main.raw.t"),
    "owner": lambda c: c.set_owner("main.raw.t", "bob"),
    "alter owner": lambda c: c.alter("main.raw.t", owner="bob"),
    "grant": lambda c: c.grant("main.raw.t", "eve", "SELECT"),
    "sql grant": lambda c: c.sql("GRANT SELECT ON TABLE main.raw.t TO eve"),
    "schema": lambda c: c.drop("main.raw", kind="schema", cascade=True),
}


@pytest.mark.parametrize("way", MANAGES)
def test_managing_needs_manage(cat: Any, way: str) -> None:
    cat.grant("main.raw.t", "bob", "SELECT", "MODIFY")
    assert not allowed(lambda: MANAGES[way](cat))
    cat.grant("main.raw", "bob", "MANAGE")
    assert allowed(lambda: MANAGES[way](cat))


def test_what_was_dropped_comes_back_by_whoever_manages_the_schema(cat: Any) -> None:
    cat.drop("main.raw.t")
    assert not allowed(lambda: cat.undrop("main.raw.t"))
    cat.grant("main.raw", "bob", "MANAGE")
    assert allowed(lambda: cat.undrop("main.raw.t"))


def test_a_view_reads_with_its_owners_rights_and_opens_nothing_else(cat: Any) -> None:
    assert not allowed(lambda: cat.sql("SELECT * FROM main.raw.v").rows())
    cat.grant("main.raw.v", "bob", "SELECT")
    assert allowed(lambda: cat.sql("SELECT * FROM main.raw.v").rows())
    assert allowed(lambda: cat.table("main.raw.v").to_arrow())
    assert not allowed(lambda: cat.sql("SELECT * FROM main.raw.v JOIN main.raw.t USING (id)").rows())
    assert not allowed(lambda: cat.sql("SELECT * FROM main.raw.t JOIN main.raw.v USING (id)").rows())


def test_lists_leave_out_what_may_not_be_seen(cat: Any) -> None:
    def names() -> dict[str, list[str]]:
        with calling(BOB):
            return {
                "tables": [t.name for t in cat.tables("main.raw").items],
                "tree": [n.name for n in cat.tree("main.raw").items],
                "show": [r["tableName"] for r in cat.sql("SHOW TABLES IN main.raw").rows()],
                "information": [
                    r["n"]
                    for r in cat.sql(
                        "SELECT table_name AS n FROM main.information_schema.tables WHERE table_schema = 'raw'"
                    ).rows()
                ],
                "search": [h.name for h in cat.search("other").items],
                "volumes": [v.name for v in cat.volumes("main.raw").items],
            }

    assert {name for found in names().values() for name in found} == set()
    cat.grant("main.raw.other", "bob", "SELECT")
    seen = names()
    assert seen["tables"] == seen["tree"] == seen["show"] == seen["information"] == ["other"]
    assert [name.rsplit(".", 1)[-1] for name in seen["search"]] == ["other"]
    assert not allowed(lambda: cat.info("main.raw.t"))
    assert not allowed(lambda: cat.history("main.raw.t"))
    cat.grant("main", "bob", "BROWSE")
    assert allowed(lambda: cat.info("main.raw.t"))
    assert names()["volumes"] == ["files"]
    assert not allowed(lambda: cat.read("main.raw.t"))


def test_the_tree_counts_only_what_may_be_seen(cat: Any) -> None:
    def seen(filter: str = "") -> dict[str, Any]:
        with calling(BOB):
            return {n.name: (n.counts, n.children) for n in cat.tree("main", filter=filter).items}

    def catalogs() -> dict[str, bool]:
        with calling(BOB):
            return {n.name: n.children for n in cat.tree("").items}

    cat.create_schema("main.hidden")
    assert seen()["raw"] == (None, False)
    cat.grant("main.raw.other", "bob", "SELECT")
    assert seen()["raw"] == ({"table": 1}, True)
    assert seen("othe")["raw"] == ({"table": 1}, True)
    assert "raw" not in seen("files")
    cat.grant("main.raw.files", "bob", "READ VOLUME")
    assert seen()["raw"] == ({"table": 1, "volume": 1}, True)
    cat.revoke("main", "bob", "USE SCHEMA")
    assert seen() == {}
    assert catalogs() == {"main": False}
    cat.grant("main.raw", "bob", "BROWSE")
    assert seen() == {"raw": ({"table": 3, "volume": 1}, True)}
    assert catalogs() == {"main": True}
    assert {n.name: n.counts for n in cat.tree("main").items}["raw"] == {"table": 3, "volume": 1}


def test_rejected_rows_are_kept_for_whoever_may_only_write_the_table(cat: Any) -> None:
    cat.write_file("/Volumes/main/raw/files/bad.csv", b"id,v\n5,e\nx,f\n6,g\n")
    cat.grant("main.raw.t", "bob", "MODIFY", "SELECT")
    cat.grant("main.raw.files", "bob", "READ VOLUME")
    with calling(BOB):
        report = cat.ingest("/Volumes/main/raw/files/bad.csv", "main.raw.t", max_rejects=0.5)
    assert (report.rows, report.rejected) == (2, 1)
    assert len(cat.read(report.rejects_table)) == 1


def test_a_message_suggests_no_name_that_may_not_be_seen(cat: Any) -> None:
    with calling(BOB), pytest.raises(TableNotFoundError) as missing:
        cat.info("main.raw.othr")
    assert "main.raw.other" not in str(missing.value)
    cat.grant("main.raw.other", "bob", "SELECT")
    with calling(BOB), pytest.raises(TableNotFoundError) as missing:
        cat.info("main.raw.othr")
    assert "main.raw.other" in str(missing.value.hint)


def test_a_job_writes_as_whoever_made_it_and_a_flush_as_the_workspace(cat: Any) -> None:
    cat.grant("main.raw.t", "bob", "MODIFY")
    with calling(BOB):
        spool = cat.spool("main.raw.t")
        spool.put(ROW)
    cat.revoke("main.raw.t", "bob", "MODIFY")
    with calling(BOB):
        assert spool.flush().rows == 1
    with calling(BOB, trusted=True):
        cat.append("main.raw.t", ROW)
    with calling(BOB, source="job"), pytest.raises(PermissionDeniedError):
        cat.append("main.raw.t", ROW)

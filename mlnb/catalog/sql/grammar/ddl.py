"""CREATE, ALTER, DROP, UNDROP, TRUNCATE."""

from __future__ import annotations

from typing import Any

from .alter import alter
from .columns import definitions, view_columns
from .cursor import Cursor
from .look import KINDS
from .state import create_widget

Read = tuple[str, dict[str, Any]]

__all__ = ["alter", "create", "drop", "truncate", "undrop"]


def create(cursor: Cursor) -> Read:
    """``CREATE [OR REPLACE] kind [IF NOT EXISTS] name …``."""
    if cursor.accept("WIDGET"):
        return create_widget(cursor)
    replace = cursor.accept("OR", "REPLACE")
    for word in ("MATERIALIZED VIEW", "STREAMING TABLE", "LIVE TABLE"):
        if cursor.peek(*word.split()):
            raise cursor.error(
                f"{word.lower()}s are not provided",
                "Make a job that writes the table: CREATE OR REPLACE TABLE … AS SELECT.",
            )
    temporary = cursor.one_of("GLOBAL TEMPORARY", "GLOBAL TEMP", "TEMPORARY", "TEMP") is not None
    if temporary and not cursor.peek("FUNCTION"):
        raise cursor.error("temporary objects are not provided", "Use a data frame of the notebook, WITH …, or a view.")
    external = cursor.accept("EXTERNAL")
    word = cursor.choose("TABLE", "VIEW", "SCHEMA", "DATABASE", "CATALOG", "VOLUME", "FUNCTION")
    exists = cursor.accept("IF", "NOT", "EXISTS")
    if replace and exists:
        raise cursor.error("OR REPLACE and IF NOT EXISTS exclude each other", "Keep one of them.")
    args: dict[str, Any] = {"name": cursor.name(f"a {word.lower()}"), "replace": replace, "exists": exists}
    if word == "TABLE":
        return _table(cursor, args)
    if word == "VIEW":
        return _view(cursor, args)
    if word == "FUNCTION":
        return _function(cursor, args)
    return _container(cursor, KINDS[word], args | {"external": external})


def _table(cursor: Cursor, args: dict[str, Any]) -> Read:
    columns, constraints = definitions(cursor) if cursor.peek("(") else ([], [])
    if cursor.accept("LIKE"):
        return "CREATE_TABLE_LIKE", args | {"like": cursor.name("a table"), **_clauses(cursor)}
    if cursor.peek("SHALLOW", "CLONE") or cursor.peek("DEEP", "CLONE") or cursor.peek("CLONE"):
        if not cursor.accept("DEEP"):
            cursor.accept("SHALLOW")
        cursor.expect("CLONE")
        args |= {"source": cursor.name("a table"), "version": None, "timestamp": None}
        if cursor.accept("VERSION", "AS", "OF"):
            args["version"] = cursor.number()
        elif cursor.accept("TIMESTAMP", "AS", "OF"):
            args["timestamp"] = cursor.value("a time in quotes")
        return "CREATE_TABLE_CLONE", args | _clauses(cursor)
    clauses = _clauses(cursor)
    query = None
    if cursor.accept("AS") or cursor.peek("SELECT") or cursor.peek("WITH"):
        start, end = cursor.rest()
        query = cursor.blanked(start, end)
    if query is not None and columns:
        raise cursor.error(
            "CREATE TABLE … AS SELECT takes its columns from the SELECT",
            "Leave out the column list, or use casts and aliases.",
        )
    if query is None and not columns and clauses["location"] is None:
        raise cursor.error(
            "columns in brackets or AS SELECT is expected",
            "Write CREATE TABLE name (id BIGINT, …) or CREATE TABLE name AS SELECT …",
        )
    kind = "CREATE_TABLE" if query is None else "CREATE_TABLE_AS_SELECT"
    return kind, args | {"columns": columns, "constraints": constraints, "query": query, **clauses}


def _clauses(cursor: Cursor) -> dict[str, Any]:
    """What may follow a table's columns, in any order."""
    found: dict[str, Any] = {"comment": None, "properties": {}, "partition_by": [], "location": None}
    while True:
        if cursor.accept("USING"):
            form = cursor.word("a format")
            if form.upper() != "DELTA":
                raise cursor.error(
                    f"tables are stored as Delta, not as {form}",
                    "Leave out USING, or load such files with COPY INTO or %ingest.",
                )
        elif cursor.accept("COMMENT"):
            found["comment"] = cursor.string()
        elif cursor.accept("TBLPROPERTIES"):
            found["properties"] = cursor.pairs()
        elif cursor.accept("PARTITIONED", "BY"):
            found["partition_by"] = cursor.several(lambda: cursor.word("a column"))
        elif cursor.accept("LOCATION"):
            found["location"] = cursor.string("a path in quotes")
        elif cursor.accept("CLUSTER", "BY"):
            # Clustering is how files are laid out, not what a query answers: OPTIMIZE … ZORDER BY does it here.
            if cursor.one_of("AUTO", "NONE") is None:
                cursor.bracketed()
        elif cursor.peek("OPTIONS") or cursor.peek("ROW") or cursor.peek("STORED"):
            raise cursor.error(
                "formats other than Delta have no place here", "Load such files with COPY INTO or %ingest."
            )
        else:
            return found


def _view(cursor: Cursor, args: dict[str, Any]) -> Read:
    args |= {"columns": view_columns(cursor) if cursor.peek("(") else [], "comment": None, "properties": {}}
    while not cursor.peek("AS"):
        if cursor.accept("COMMENT"):
            args["comment"] = cursor.string()
        elif cursor.accept("TBLPROPERTIES"):
            args["properties"] = cursor.pairs()
        else:
            raise cursor.error("AS SELECT is expected")
    cursor.expect("AS")
    start, end = cursor.rest()
    return "CREATE_VIEW", args | {"query": cursor.blanked(start, end)}


def _container(cursor: Cursor, kind: str, args: dict[str, Any]) -> Read:
    args |= {"comment": None, "properties": {}, "location": None}
    while not cursor.done:
        word = cursor.choose(
            "COMMENT", "MANAGED LOCATION", "LOCATION", "WITH DBPROPERTIES", "DEFAULT COLLATION", "OPTIONS"
        )
        if word == "COMMENT":
            args["comment"] = cursor.string()
        elif word == "WITH DBPROPERTIES":
            args["properties"] = cursor.pairs()
        elif word == "DEFAULT COLLATION":
            cursor.word("a collation")
        elif word == "OPTIONS":
            raise cursor.error(
                "foreign catalogs are not provided", "Write CREATE CATALOG name [MANAGED LOCATION 'path']."
            )
        else:
            args["location"] = cursor.string("a path in quotes")
    return f"CREATE_{kind.upper()}", args


def _function(cursor: Cursor, args: dict[str, Any]) -> Read:
    """The whole text is the function's definition; here only its head is read, for the name and to find errors early."""
    args["parameters"] = cursor.bracketed()
    cursor.rest()
    return "CREATE_FUNCTION", args | {"definition": cursor.text.strip()}


def drop(cursor: Cursor) -> Read:
    """``DROP kind [IF EXISTS] name [RESTRICT | CASCADE] [PURGE | FORCE]``."""
    word = cursor.choose(*KINDS)
    exists = cursor.accept("IF", "EXISTS")
    args: dict[str, Any] = {"kind": KINDS[word], "exists": exists, "name": cursor.name(f"a {word.lower()}")}
    args |= {"cascade": False, "force": False}
    while not cursor.done:
        last = cursor.choose("CASCADE", "RESTRICT", "FORCE", "PURGE")
        args["cascade"] = args["cascade"] or last == "CASCADE"
        args["force"] = args["force"] or last == "FORCE"
    return "DROP", args


def undrop(cursor: Cursor) -> Read:
    """``UNDROP [kind] name``."""
    cursor.accept("MATERIALIZED")
    word = cursor.one_of(*KINDS) or "TABLE"
    if cursor.peek("WITH", "ID"):
        raise cursor.error(
            "a name is expected", "SHOW TABLES DROPPED lists names; UNDROP brings back what was dropped last."
        )
    return "UNDROP", {"kind": KINDS[word], "name": cursor.name("a name")}


def truncate(cursor: Cursor) -> Read:
    """``TRUNCATE TABLE t``."""
    cursor.expect("TABLE")
    name = cursor.name("a table")
    if cursor.peek("PARTITION"):
        raise cursor.error("partitions cannot be truncated", "Write DELETE FROM t WHERE column = value.")
    return "TRUNCATE", {"name": name}

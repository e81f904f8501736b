"""RESTORE, OPTIMIZE, VACUUM, ANALYZE."""

from __future__ import annotations

from typing import Any

from .cursor import Cursor

Read = tuple[str, dict[str, Any]]


def restore(cursor: Cursor) -> Read:
    """``RESTORE [TABLE] t [TO] {VERSION | TIMESTAMP} AS OF value``."""
    cursor.accept("TABLE")
    name = cursor.name("a table")
    cursor.accept("TO")
    what = cursor.choose("VERSION AS OF", "TIMESTAMP AS OF")
    if what == "VERSION AS OF":
        return "RESTORE", {"name": name, "version": cursor.number("a version"), "timestamp": None}
    cursor.accept("TIMESTAMP")
    return "RESTORE", {"name": name, "version": None, "timestamp": cursor.value("a time in quotes")}


def optimize(cursor: Cursor) -> Read:
    """``OPTIMIZE t [FULL] [WHERE condition] [ZORDER BY (c, …)]``."""
    name = cursor.name("a table")
    cursor.accept("FULL")
    where = None
    if cursor.accept("WHERE"):
        start, end = cursor.until(("ZORDER",))
        where = cursor.text[start:end]
    columns: list[str] = []
    if cursor.accept("ZORDER", "BY"):
        columns = cursor.several(lambda: cursor.word("a column"), brackets=cursor.peek("("))
    return "OPTIMIZE", {"name": name, "where": where, "zorder_by": columns}


def vacuum(cursor: Cursor) -> Read:
    """``VACUUM t [FULL | LITE] [RETAIN n HOURS] [DRY RUN]``."""
    name = cursor.name("a table")
    hours, dry = None, False
    while not cursor.done:
        word = cursor.choose("FULL", "LITE", "RETAIN", "DRY RUN")
        if word == "RETAIN":
            hours = cursor.value("a number of hours")
            cursor.expect("HOURS")
        dry = dry or word == "DRY RUN"
    return "VACUUM", {"name": name, "hours": hours, "dry_run": dry}


def analyze(cursor: Cursor) -> Read:
    """``ANALYZE TABLE t COMPUTE STATISTICS [NOSCAN | FOR ALL COLUMNS | FOR COLUMNS c, …]``, ``ANALYZE TABLES IN s COMPUTE STATISTICS``."""
    args: dict[str, Any] = {"name": None, "schema": None, "columns": None}
    if cursor.accept("TABLES"):
        if cursor.one_of("IN", "FROM"):
            args["schema"] = cursor.name("a schema")
    else:
        cursor.expect("TABLE")
        args["name"] = cursor.name("a table")
    cursor.accept("COMPUTE")
    cursor.accept("DELTA")
    cursor.expect("STATISTICS")
    if cursor.accept("FOR"):
        if cursor.accept("ALL", "COLUMNS"):
            args["columns"] = []
        else:
            cursor.expect("COLUMNS")
            args["columns"] = cursor.several(lambda: cursor.word("a column"), brackets=cursor.peek("("))
    else:
        cursor.accept("NOSCAN")
    return "ANALYZE", args


def not_needed(cursor: Cursor) -> Read:
    """``REFRESH TABLE``, ``CACHE TABLE``, ``MSCK REPAIR TABLE``: tables here are never stale, so there is nothing to do."""
    cursor.accept("LAZY")
    cursor.accept("REPAIR")
    cursor.accept("FOREIGN")
    cursor.one_of("TABLE", "VIEW", "MATERIALIZED VIEW", "STREAMING TABLE", "FUNCTION", "SCHEMA", "CATALOG")
    cursor.accept("IF", "EXISTS")
    name = cursor.name("a table")
    cursor.rest()
    return "NOT_NEEDED", {"name": name}

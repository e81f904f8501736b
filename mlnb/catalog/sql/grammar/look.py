"""SHOW and DESCRIBE."""

from __future__ import annotations

from typing import Any

from .cursor import Cursor

Read = tuple[str, dict[str, Any]]

#: Kinds of objects as statements spell them -> ours.
KINDS = {
    "CATALOG": "catalog",
    "SCHEMA": "schema",
    "DATABASE": "schema",
    "TABLE": "table",
    "VIEW": "view",
    "VOLUME": "volume",
    "FUNCTION": "function",
}


def describe(cursor: Cursor) -> Read | None:
    """``DESCRIBE [kind] [EXTENDED] name [column] [AS JSON]``, ``DESCRIBE {HISTORY | DETAIL} t``, ``DESCRIBE QUERY q``."""
    if cursor.accept("HISTORY"):
        name = cursor.name("a table")
        limit = cursor.number() if cursor.accept("LIMIT") else None
        return "DESCRIBE_HISTORY", {"name": name, "limit": limit}
    if cursor.accept("DETAIL"):
        return "DESCRIBE_DETAIL", {"name": cursor.name("a table")}
    if cursor.accept("QUERY") or cursor.peek("SELECT") or cursor.peek("WITH"):
        start, end = cursor.rest()
        return "DESCRIBE_QUERY", {"query": cursor.blanked(start, end)}
    for word in ("CATALOG", "SCHEMA", "DATABASE", "VOLUME", "FUNCTION"):
        if cursor.accept(word):
            extended = cursor.one_of("EXTENDED", "FORMATTED") is not None
            return "DESCRIBE_OBJECT", {
                "kind": KINDS[word],
                "extended": extended,
                "name": cursor.name(f"a {word.lower()}"),
            }
    cursor.one_of("TABLE", "VIEW")
    extended = cursor.one_of("EXTENDED", "FORMATTED") is not None
    name = cursor.name("a table")
    column = None
    if cursor.token.kind in ("word", "quoted") and not cursor.peek("AS"):
        column = cursor.name("a column").parts[-1]
    as_json = cursor.accept("AS", "JSON")
    return "DESCRIBE", {"name": name, "extended": extended, "column": column, "as_json": as_json}


def explain(cursor: Cursor) -> Read:
    """``EXPLAIN [EXTENDED | FORMATTED | COST | CODEGEN] query``."""
    cursor.one_of("EXTENDED", "FORMATTED", "COST", "CODEGEN")
    start, end = cursor.rest()
    return "EXPLAIN", {"query": cursor.blanked(start, end)}


def show(cursor: Cursor) -> Read:
    """``SHOW CATALOGS``, ``SCHEMAS``, ``TABLES``, … ``[{IN | FROM} parent] [[LIKE] 'pattern']``."""
    if cursor.one_of("GRANTS", "GRANT"):
        return _grants(cursor)
    if cursor.accept("CREATE"):
        cursor.one_of("TABLE", "VIEW")
        return "SHOW_CREATE", {"name": cursor.name("a table")}
    if cursor.accept("TBLPROPERTIES"):
        name = cursor.name("a table")
        key = None
        if cursor.accept("("):
            key = (
                cursor.string() if cursor.token.kind in ("text", "parameter") else ".".join(cursor.name("a key").parts)
            )
            cursor.expect(")")
        return "SHOW_PROPERTIES", {"name": name, "key": key}
    if cursor.accept("COLUMNS"):
        cursor.choose("IN", "FROM")
        name = cursor.name("a table")
        schema = cursor.name("a schema") if cursor.one_of("IN", "FROM") else None
        return "SHOW_COLUMNS", {"name": name, "schema": schema}
    if cursor.accept("PARTITIONS"):
        return "SHOW_PARTITIONS", {"name": cursor.name("a table")}
    if cursor.accept("TABLE", "EXTENDED"):
        return "SHOW_TABLE_EXTENDED", _in_like(cursor)
    if cursor.accept("TABLES", "DROPPED"):
        return "SHOW_DROPPED", _in_like(cursor)
    if cursor.one_of("CURRENT SCHEMA", "CURRENT DATABASE", "CURRENT CATALOG"):
        raise cursor.error("SHOW CURRENT is not expected", "Use SELECT current_catalog(), current_schema().")
    cursor.one_of("USER", "SYSTEM", "ALL") if not cursor.peek("USER", "FUNCTIONS") else cursor.accept("USER")
    what = cursor.choose("CATALOGS", "SCHEMAS", "DATABASES", "TABLES", "VIEWS", "VOLUMES", "FUNCTIONS")
    return "SHOW", {"what": what.replace("DATABASES", "SCHEMAS"), **_in_like(cursor)}


def _in_like(cursor: Cursor) -> dict[str, Any]:
    where = cursor.name("a catalog or schema") if cursor.one_of("IN", "FROM") else None
    like = (
        cursor.string("a pattern in quotes")
        if cursor.accept("LIKE") or cursor.token.kind in ("text", "parameter")
        else None
    )
    return {"where": where, "like": like}


def _grants(cursor: Cursor) -> Read:
    """``SHOW GRANTS [principal] ON [kind] name``."""
    from .rights import principal, securable

    who = None if cursor.peek("ON") or cursor.done else principal(cursor)
    if cursor.accept("ON"):
        kind, name = securable(cursor)
        return "SHOW_GRANTS", {"principal": who, "kind": kind, "name": name}
    raise cursor.error("ON is expected", "Write SHOW GRANTS [`name`] ON TABLE catalog.schema.table.")

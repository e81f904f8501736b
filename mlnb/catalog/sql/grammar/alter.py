"""ALTER: one change of one object."""

from __future__ import annotations

from typing import Any

from .columns import column, constraint, type_text
from .cursor import Cursor, Name
from .look import KINDS
from .rights import principal, tags

Read = tuple[str, dict[str, Any]]


def alter(cursor: Cursor) -> Read:
    """``ALTER kind name change``."""
    cursor.accept("MATERIALIZED")
    cursor.accept("STREAMING")
    word = cursor.choose(*KINDS)
    kind, name = KINDS[word], cursor.name(f"a {word.lower()}")
    same: dict[str, Any] = {"kind": kind, "name": name}
    found = _any_kind(cursor, same) or (_table(cursor, same) if kind in ("table", "view") else None)
    if found is None:
        raise cursor.error(f"a change of the {kind} is expected", _HINTS.get(kind, _HINTS["schema"]))
    return found


_HINTS = {
    "table": "Provided: RENAME TO, ADD / DROP / RENAME / ALTER COLUMN, ADD / DROP CONSTRAINT, SET / UNSET TBLPROPERTIES, SET / UNSET TAGS, OWNER TO.",
    "view": "Provided: RENAME TO, AS SELECT, SET / UNSET TBLPROPERTIES, SET / UNSET TAGS, OWNER TO.",
    "schema": "Provided: RENAME TO, OWNER TO, SET / UNSET TAGS, SET DBPROPERTIES.",
}


def _any_kind(cursor: Cursor, same: dict[str, Any]) -> Read | None:
    """Changes that every kind of object knows."""
    if cursor.accept("RENAME", "TO"):
        return "RENAME", same | {"new_name": cursor.name("the new name")}
    if cursor.accept("SET", "OWNER", "TO") or cursor.accept("OWNER", "TO"):
        return "SET_OWNER", same | {"owner": principal(cursor)}
    if cursor.accept("SET", "TAGS"):
        return "SET_TAGS", same | {"column": None, "tags": tags(cursor, unset=False)}
    if cursor.accept("UNSET", "TAGS"):
        return "UNSET_TAGS", same | {"column": None, "tags": tags(cursor, unset=True)}
    if cursor.accept("SET", "DBPROPERTIES") or cursor.accept("SET", "TBLPROPERTIES"):
        return "SET_PROPERTIES", same | {"properties": cursor.pairs()}
    if cursor.accept("UNSET", "TBLPROPERTIES"):
        exists = cursor.accept("IF", "EXISTS")
        return "UNSET_PROPERTIES", same | {"keys": tags(cursor, unset=True), "exists": exists}
    return None


def _table(cursor: Cursor, same: dict[str, Any]) -> Read | None:
    """Changes of columns and constraints, and of a view's query."""
    if cursor.accept("AS"):
        start, end = cursor.rest()
        return "ALTER_VIEW", same | {"query": cursor.blanked(start, end)}
    if cursor.accept("RENAME", "COLUMN"):
        old = cursor.word("a column")
        cursor.expect("TO")
        return "RENAME_COLUMN", same | {"column": old, "new_name": cursor.word("the new name")}
    if cursor.one_of("ADD COLUMNS", "ADD COLUMN"):
        return _add_columns(cursor, same)
    if cursor.one_of("DROP COLUMNS", "DROP COLUMN"):
        exists = cursor.accept("IF", "EXISTS")
        bracketed = cursor.peek("(")
        columns = cursor.several(lambda: cursor.word("a column"), brackets=bracketed)
        return "DROP_COLUMNS", same | {"columns": columns, "exists": exists}
    if cursor.one_of("ALTER COLUMN", "CHANGE COLUMN", "ALTER", "CHANGE"):
        return _column(cursor, same, cursor.name("a column"))
    if cursor.accept("ADD"):
        return "ADD_CONSTRAINT", same | {"constraint": constraint(cursor)}
    if cursor.accept("DROP", "CONSTRAINT"):
        exists = cursor.accept("IF", "EXISTS")
        found = cursor.word("the constraint's name")
        cursor.one_of("RESTRICT", "CASCADE")
        return "DROP_CONSTRAINT", same | {"constraint": found, "exists": exists}
    if cursor.accept("DROP", "PRIMARY", "KEY"):
        exists = cursor.accept("IF", "EXISTS")
        cursor.one_of("RESTRICT", "CASCADE")
        return "DROP_PRIMARY_KEY", same | {"exists": exists}
    if cursor.accept("CLUSTER", "BY"):
        columns = [] if cursor.one_of("NONE", "AUTO") else cursor.several(lambda: cursor.word("a column"))
        return "CLUSTER_BY", same | {"columns": columns}
    return None


def _add_columns(cursor: Cursor, same: dict[str, Any]) -> Read:
    def one() -> tuple[Any, str | None]:
        found = column(cursor)
        place = "FIRST" if cursor.accept("FIRST") else cursor.word("a column") if cursor.accept("AFTER") else None
        return found, place

    exists = cursor.accept("IF", "NOT", "EXISTS")
    return "ADD_COLUMNS", same | {"columns": cursor.several(one, brackets=cursor.peek("(")), "exists": exists}


def _column(cursor: Cursor, same: dict[str, Any], name: Name) -> Read:
    if len(name.parts) != 1:
        raise cursor.error(
            "fields inside a column cannot be changed", "Replace the table: CREATE OR REPLACE TABLE … AS SELECT."
        )
    same = same | {"column": name.parts[0]}
    if cursor.accept("TYPE"):
        return "ALTER_TYPE", same | {"type": type_text(cursor)}
    if cursor.accept("COMMENT"):
        return "COMMENT_COLUMN", same | {"text": cursor.string()}
    if cursor.accept("SET", "NOT", "NULL"):
        return "SET_NOT_NULL", same | {"nullable": False}
    if cursor.accept("DROP", "NOT", "NULL"):
        return "SET_NOT_NULL", same | {"nullable": True}
    if cursor.accept("SET", "TAGS"):
        return "SET_TAGS", same | {"tags": tags(cursor, unset=False)}
    if cursor.accept("UNSET", "TAGS"):
        return "UNSET_TAGS", same | {"tags": tags(cursor, unset=True)}
    if cursor.peek("SET", "DEFAULT") or cursor.peek("DROP", "DEFAULT"):
        raise cursor.error("columns with defaults are not provided", "Compute the value in the INSERT.")
    if cursor.one_of("FIRST", "AFTER"):
        raise cursor.error("columns keep their order", "Select them in the order you want, or make a view.")
    raise cursor.error("TYPE, COMMENT, SET NOT NULL, DROP NOT NULL, SET TAGS or UNSET TAGS is expected")

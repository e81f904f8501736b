"""COMMENT ON, SET TAG, GRANT, REVOKE, SET CATALOG and what they share."""

from __future__ import annotations

from typing import Any

from .cursor import Cursor, Name, Parameter
from .look import KINDS

Read = tuple[str, dict[str, Any]]

#: Privileges of several words come before those that begin with them.
PRIVILEGES = (
    "ALL PRIVILEGES",
    "APPLY TAG",
    "BROWSE",
    "CREATE CATALOG",
    "CREATE SCHEMA",
    "CREATE TABLE",
    "CREATE VIEW",
    "CREATE VOLUME",
    "CREATE FUNCTION",
    "CREATE MODEL VERSION",
    "CREATE MODEL",
    "EXECUTE",
    "EXTERNAL USE SCHEMA",
    "MANAGE",
    "MODIFY",
    "READ VOLUME",
    "WRITE VOLUME",
    "REFRESH",
    "SELECT",
    "USE CATALOG",
    "USE SCHEMA",
)
_OLD_NAMES = {
    "USAGE": "USE SCHEMA",
    "CREATE": "CREATE TABLE",
    "READ FILES": "READ VOLUME",
    "WRITE FILES": "WRITE VOLUME",
}


def securable(cursor: Cursor) -> tuple[str, Name]:
    """``[kind] name``; without a kind it is a table, and METASTORE has no name."""
    if cursor.accept("METASTORE"):
        return "metastore", Name(("metastore",), cursor.token.start)
    cursor.accept("MATERIALIZED")
    cursor.accept("STREAMING")
    word = cursor.one_of(*KINDS)
    return KINDS[word or "TABLE"], cursor.name("a name")


def principal(cursor: Cursor) -> str | Parameter:
    """A user or group: a word, a name in backticks or quotes."""
    if cursor.token.kind in ("text", "parameter"):
        return cursor.string()
    found = cursor.word("a user or group")
    while cursor.token.kind == "sign" and cursor.token.text in "@.-" and not cursor.done:  # somebody@example.org
        sign = cursor.next().text
        found += sign + cursor.word("the rest of the name")
    return found


def grant(cursor: Cursor) -> Read:
    """``GRANT privilege, … ON [kind] name TO principal``."""
    return "GRANT", _change(cursor, "TO")


def revoke(cursor: Cursor) -> Read:
    """``REVOKE privilege, … ON [kind] name FROM principal``."""
    return "REVOKE", _change(cursor, "FROM")


def deny(cursor: Cursor) -> Read:
    """``DENY`` belongs to the platform's old table rights."""
    raise cursor.error("DENY does not exist here", "Use REVOKE: what nobody granted is not allowed.")


def _change(cursor: Cursor, before: str) -> dict[str, Any]:
    def privilege() -> str:
        found = cursor.one_of(*PRIVILEGES, *_OLD_NAMES)
        if found is None:
            raise cursor.error("a privilege is expected", f"Privileges: {', '.join(PRIVILEGES)}.")
        return _OLD_NAMES.get(found, found)

    privileges = cursor.several(privilege, brackets=False)
    cursor.expect("ON")
    kind, name = securable(cursor)
    cursor.expect(before)
    return {"privileges": privileges, "kind": kind, "name": name, "principal": principal(cursor)}


def comment(cursor: Cursor) -> Read:
    """``COMMENT ON kind name IS {'text' | NULL}``; a column is ``table.column``."""
    cursor.expect("ON")
    kind = "column" if cursor.accept("COLUMN") else None
    if kind is None:
        word = cursor.choose(*KINDS)
        kind = KINDS[word]
    name = cursor.name("a name")
    cursor.expect("IS")
    text = None if cursor.accept("NULL") else cursor.string()
    return "COMMENT", {"kind": kind, "name": name, "text": text}


def set_statement(cursor: Cursor) -> Read:
    """``SET TAG ON …``, ``SET CATALOG c``, and the settings of the session that are refused."""
    if cursor.accept("TAG"):
        kind, name = _tagged(cursor)
        key = _key(cursor)
        value = _key(cursor) if cursor.accept("=") else ""
        return "SET_TAGS", {"kind": kind, "name": name, "column": None, "tags": {key: value}}
    if cursor.accept("CATALOG"):
        value = cursor.string() if cursor.token.kind == "text" else cursor.name("a catalog")
        return "USE", {"kind": "catalog", "name": value}
    if cursor.accept("TIME", "ZONE"):
        zone = cursor.word("a time zone") if cursor.token.kind == "word" else cursor.string()
        return "SET_TIME_ZONE", {"zone": zone}
    if cursor.accept("VAR") or cursor.accept("VARIABLE"):
        raise cursor.error("session variables are not provided", "Use a Python variable and :name in the statement.")
    raise cursor.error("settings of a Spark session do not exist here", "Settings are in mlnb.toml, section [catalog].")


def unset(cursor: Cursor) -> Read:
    """``UNSET TAG ON kind name key``."""
    cursor.expect("TAG")
    kind, name = _tagged(cursor)
    return "UNSET_TAGS", {"kind": kind, "name": name, "column": None, "tags": [_key(cursor)]}


def _tagged(cursor: Cursor) -> tuple[str, Name]:
    cursor.expect("ON")
    return ("column", cursor.name("a column")) if cursor.accept("COLUMN") else securable(cursor)


def _key(cursor: Cursor) -> Any:
    return cursor.string() if cursor.token.kind in ("text", "parameter") else ".".join(cursor.name("a tag").parts)


def tags(cursor: Cursor, unset: bool) -> dict[str, Any] | list[Any]:
    """``('key' = 'value', …)``, or for UNSET ``('key', …)``."""
    return cursor.several(lambda: _key(cursor)) if unset else cursor.pairs()

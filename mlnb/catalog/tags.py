"""Tags of objects and columns; the tag ``system.certification_status`` says whether people should build on a table."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

import sqlalchemy as sa

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidParameterError, NotFoundError, did_you_mean

from .errors import UnresolvedColumnError
from .records_objects import Tag
from .tables import catalog_column, catalog_tag

if TYPE_CHECKING:
    from mlnb.core.metastore import Metastore

Certification = Literal["certified", "deprecated"]

CERTIFICATION = "system.certification_status"
_STATUSES = ("certified", "deprecated")
_FORBIDDEN = ".,-=/:"

#: Limits of the platform.
MAX_KEY = 255
MAX_VALUE = 1000
MAX_TAGS = 50

_IDS_AT_ONCE = 500


def check(key: str, value: str) -> None:
    """Refuse what no tag can be.

    Raises
    ------
    InvalidParameterError
        When the key or the value is too long, empty, or has a character that keys may not have.
    """
    if key == CERTIFICATION:
        if value not in _STATUSES:
            raise InvalidParameterError(f"{value!r} is no certification status.", hint="Use certified or deprecated.")
        return
    if key.startswith("system."):
        raise InvalidParameterError(
            f"Tags that begin with 'system.' have a fixed meaning, and {key} has none.", hint=f"Use {CERTIFICATION}."
        )
    rest = key.removeprefix("class.")
    if not rest or key != key.strip() or len(key) > MAX_KEY:
        raise InvalidParameterError(f"{key!r} is no key of a tag.", hint=f"Use 1 to {MAX_KEY} characters.")
    wrong = next((c for c in rest if c in _FORBIDDEN or unicodedata.category(c) == "Cc"), None)
    if wrong is not None:
        raise InvalidParameterError(
            f"The key {key!r} may not contain {wrong!r}.", hint="Use an underscore in its place."
        )
    if len(value) > MAX_VALUE:
        raise InvalidParameterError(
            f"The value of a tag has at most {MAX_VALUE} characters; this one has {len(value)}."
        )


def tags_of(connection: sa.Connection, ids: Iterable[str]) -> dict[str, list[Tag]]:
    """Return the tags of objects and of their columns, by id."""
    found: dict[str, list[Tag]] = {}
    for part in _parts(ids):
        query = sa.select(catalog_tag).where(catalog_tag.c.entity_id.in_(part))
        query = query.order_by(catalog_tag.c.entity_id, catalog_tag.c.column_name, catalog_tag.c.key)
        for row in connection.execute(query):
            tag = Tag(key=row.key, value=row.value, column=row.column_name or None)
            found.setdefault(row.entity_id, []).append(tag)
    return found


def badges(connection: sa.Connection, ids: Iterable[str]) -> dict[str, Certification]:
    """Return which objects are certified or deprecated, by id."""
    found: dict[str, Certification] = {}
    for part in _parts(ids):
        query = sa.select(catalog_tag.c.entity_id, catalog_tag.c.value).where(
            catalog_tag.c.entity_id.in_(part), catalog_tag.c.column_name == "", catalog_tag.c.key == CERTIFICATION
        )
        found |= {row.entity_id: cast("Certification", row.value) for row in connection.execute(query)}
    return found


def _parts(ids: Iterable[str]) -> Iterable[Sequence[str]]:
    whole = list(ids)
    return (whole[at : at + _IDS_AT_ONCE] for at in range(0, len(whole), _IDS_AT_ONCE))


def put(metastore: Metastore, connection: sa.Connection, entity_id: str, tag: Tag) -> bool:
    """Set a tag; return whether that changed anything.

    Raises
    ------
    InvalidParameterError
        When the object has as many tags as it can have.
    """
    column = tag.column or ""
    same = (catalog_tag.c.entity_id == entity_id, catalog_tag.c.column_name == column)
    have = {row.key: row.value for row in connection.execute(sa.select(catalog_tag).where(*same))}
    if have.get(tag.key) == tag.value:
        return False
    if tag.key not in have and len(have) >= MAX_TAGS:
        raise InvalidParameterError(f"An object or column has at most {MAX_TAGS} tags.", hint="Take one away first.")
    row: dict[str, Any] = {"entity_id": entity_id, "column_name": column, "key": tag.key, "value": tag.value}
    row |= {"updated_by": current_caller().principal, "updated_at": now_ms()}
    metastore.upsert(connection, catalog_tag, row, ["entity_id", "column_name", "key"])
    return True


def remove(connection: sa.Connection, entity_id: str, key: str, column: str | None) -> None:
    """Take a tag away.

    Raises
    ------
    NotFoundError
        When there is none of that key, naming those there are.
    """
    same = (catalog_tag.c.entity_id == entity_id, catalog_tag.c.column_name == (column or ""))
    gone = connection.execute(catalog_tag.delete().where(*same, catalog_tag.c.key == key))
    if gone.rowcount == 0:
        have = [row.key for row in connection.execute(sa.select(catalog_tag.c.key).where(*same))]
        raise NotFoundError(
            f"There is no tag {key!r}{f' on the column {column}' if column else ''}.",
            code="TAG_NOT_FOUND",
            hint=did_you_mean(key, have) or (f"Tags there: {', '.join(have)}." if have else None),
        )


def column_named(connection: sa.Connection, table_id: str, full_name: str, column: str) -> str:
    """Return a column of a table as it is spelled there.

    Raises
    ------
    UnresolvedColumnError
        With the nearest names.
    """
    query = sa.select(catalog_column.c.name).where(catalog_column.c.table_id == table_id)
    known = [row.name for row in connection.execute(query)]
    exact = column if column in known else next((name for name in known if name.lower() == column.lower()), None)
    if exact is None:
        raise UnresolvedColumnError(
            f"{full_name} has no column {column!r}.",
            hint=did_you_mean(column, known) or (f"Columns: {', '.join(known[:20])}." if known else None),
        )
    return exact

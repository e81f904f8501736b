"""What panels ask: the tree of names in pages, and rows of a table in blocks of columns. Neither opens more than it shows."""

from __future__ import annotations

import base64
import datetime
import decimal
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from mlnb.core.errors import InvalidParameterError, did_you_mean
from mlnb.core.records import Page, Record

from . import metastore as rows
from . import names, paging
from .errors import UnresolvedColumnError

if TYPE_CHECKING:
    import sqlalchemy as sa

    from .service import Catalog
    from .table import Table

#: Rows of one block, and the last row that can be paged to; what lies behind is for SQL.
MAX_BLOCK = 500
LAST_ROW = 100_000

#: Largest whole number that JSON readers keep exactly.
_EXACT = 2**53

_EPOCH = datetime.date(1970, 1, 1)


class TreeNode(Record):
    """A catalog, schema or table in the tree; ``children`` says whether it can be opened."""

    address: str
    name: str
    kind: Literal["catalog", "schema", "table"]
    children: bool
    comment: str | None = None
    detail: str | None = None


class BlockColumn(Record):
    """Values of a column, in the order of the block's rows; times are milliseconds."""

    key: str
    type: str
    values: list[Any]


class Block(Record):
    """A block of rows, column by column; ``as_of`` is the journal id it reflects."""

    total: int
    offset: int
    ids: list[str]
    columns: list[BlockColumn]
    as_of: int
    version: int


def tree(
    catalog: Catalog,
    parent: str = "",
    *,
    filter: str = "",
    page_token: str | None = None,
    max_results: int | None = None,
) -> Page[TreeNode]:
    """Return what lies below a parent: catalogs, the schemas of a catalog, or the tables of a schema.

    Parameters
    ----------
    parent
        Empty, ``catalog`` or ``catalog.schema``.
    filter
        A part of a name; what is above a match stays, so that it can be opened.
    """
    parts = names.split(parent) if parent else []
    if len(parts) > 2:
        raise InvalidParameterError(
            f"{parent!r} has nothing below it.", hint="A parent is a catalog or catalog.schema."
        )
    kind: Literal["catalog", "schema", "table"] = ("catalog", "schema", "table")[len(parts)]
    parent_id = "" if not parts else catalog.catalog_info(parts[0]).id
    if len(parts) == 2:
        parent_id = catalog.schema_row(*parts).id
    size, question = paging.size(max_results), f"tree|{kind}|{parent_id}|{filter}"
    after = paging.decode(page_token, question)
    with catalog.ground.metastore.connect() as connection:
        found = rows.children(
            connection, kind, parent_id, after=after, limit=size + 1, contains=filter or None, deep=kind != "table"
        )
        shown = found[:size]
        open_ = rows.parents(connection, [row.id for row in shown]) if kind != "table" else set()
        details = _details(connection, shown) if kind == "table" else {}
    nodes = [
        TreeNode(
            address=f"mlnb:{kind}/{row.full_name}",
            name=row.name,
            kind=kind,
            children=row.id in open_,
            comment=row.comment,
            detail=details.get(row.id),
        )
        for row in shown
    ]
    return Page[TreeNode](
        items=nodes, next_page_token=paging.encode(shown[-1].name_key, question) if len(found) > size else None
    )


def _details(connection: sa.Connection, found: Sequence[sa.Row[Any]]) -> dict[str, str]:
    """Return the number of rows of tables, as stored: a tree opens no table."""
    return {
        info.table_id: f"{info.num_rows:,} row{'' if info.num_rows == 1 else 's'}"
        for info in rows.tables(connection, found)
        if info.num_rows is not None
    }


def block(
    catalog: Catalog,
    table: Table,
    *,
    columns: Sequence[str] | None = None,
    offset: int = 0,
    limit: int = 100,
    sort: str | None = None,
    where: str | None = None,
) -> Block:
    """Return a block of rows.

    Parameters
    ----------
    sort
        A column; with a minus sign in front it sorts downwards.
    where
        An SQL condition.
    """
    if not 0 <= limit <= MAX_BLOCK or offset < 0:
        raise InvalidParameterError(f"A block has at most {MAX_BLOCK} rows and starts at 0 or later.")
    if offset >= LAST_ROW:
        raise InvalidParameterError(
            f"Rows can be paged to number {LAST_ROW:,}.", hint="Narrow them with a condition, or use SQL."
        )
    order = _order(table, sort) if sort else None
    found = table.scan(columns, where or None, order=order, limit=min(limit, LAST_ROW - offset), offset=offset)
    data = found.to_arrow()
    return Block(
        total=table.count(where or None),
        offset=offset,
        ids=[str(offset + number) for number in range(data.num_rows)],
        columns=[
            BlockColumn(key=name, type=kind, values=[plain(value) for value in data.column(position).to_pylist()])
            for position, (name, kind) in enumerate(zip(found.columns, found.types, strict=True))
        ],
        as_of=catalog.ground.journal.last_id(),
        version=found.reads[0].version,
    )


def _order(table: Table, sort: str) -> str:
    name, down = sort.removeprefix("-"), sort.startswith("-")
    known = {column.lower(): column for column in table.columns}
    if name.lower() not in known:
        raise UnresolvedColumnError(
            f"{table.full_name} has no column {name!r} to sort by.", hint=did_you_mean(name, table.columns)
        )
    column = "`" + known[name.lower()].replace("`", "``") + "`"
    return f"{column} {'DESC' if down else 'ASC'} NULLS LAST"


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it: times in milliseconds, numbers it would change as text."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if abs(value) < _EXACT else str(value)
    if isinstance(value, float):
        return (
            value if math.isfinite(value) else "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        )
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, datetime.datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=datetime.UTC)
        return round(aware.timestamp() * 1000)
    if isinstance(value, datetime.date):
        return (value - _EPOCH).days * 86_400_000
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return str(value)

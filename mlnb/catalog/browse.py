"""What panels ask of a table: rows in blocks of columns, no more than is shown."""

from __future__ import annotations

import base64
import datetime
import decimal
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field

from mlnb.core.access import looking
from mlnb.core.errors import InvalidParameterError, did_you_mean
from mlnb.core.records import Record

from .errors import UnresolvedColumnError
from .filters import ColumnFilter, column_name, condition, statement

if TYPE_CHECKING:
    from .service import Catalog
    from .table import Table

#: Rows of one block, and the last row that can be paged to; what lies behind is for SQL.
MAX_BLOCK = 500
LAST_ROW = 100_000

#: Largest whole number that JSON readers keep exactly.
_EXACT = 2**53

_EPOCH = datetime.date(1970, 1, 1)


class BlockColumn(Record):
    """Values of a column, in the order of the block's rows; times are milliseconds."""

    key: str
    type: str
    values: list[Any]


class Block(Record):
    """A block of rows, column by column; ``as_of`` is the journal id it reflects, ``sql`` the query that shows them in a cell.

    ``notes`` says what there is to know of the rows: how many are held out.
    """

    total: int
    offset: int
    ids: list[str]
    columns: list[BlockColumn]
    as_of: int
    version: int
    sql: str
    where: str | None = None
    notes: list[str] = Field(default_factory=list)


def block(
    catalog: Catalog,
    table: Table,
    version: int | None = None,
    *,
    columns: Sequence[str] | None = None,
    offset: int = 0,
    limit: int = 100,
    sort: str | None = None,
    where: str | None = None,
    filters: Sequence[ColumnFilter] = (),
) -> Block:
    """Return a block of rows.

    Parameters
    ----------
    sort
        A column; with a minus sign in front it sorts downwards.
    where
        An SQL condition.
    filters
        Conditions by column, all of which hold; with ``where`` too.
    """
    if not 0 <= limit <= MAX_BLOCK or offset < 0:
        raise InvalidParameterError(f"A block has at most {MAX_BLOCK} rows and starts at 0 or later.")
    if offset >= LAST_ROW:
        raise InvalidParameterError(
            f"Rows can be paged to number {LAST_ROW:,}.", hint="Narrow them with a condition, or use SQL."
        )
    order = _order(table, sort) if sort else None
    where = _both(where, condition(filters, table.full_name, table.schema) if filters else None)
    with looking():
        found = table.scan(columns, where, order=order, limit=min(limit, LAST_ROW - offset), offset=offset)
        data, total = found.to_arrow(), table.count(where)
    return Block(
        total=total,
        offset=offset,
        ids=[str(offset + number) for number in range(data.num_rows)],
        columns=[
            BlockColumn(key=name, type=kind, values=[plain(value) for value in data.column(position).to_pylist()])
            for position, (name, kind) in enumerate(zip(found.columns, found.types, strict=True))
        ],
        as_of=catalog.ground.journal.last_id(),
        version=found.reads[0].version,
        sql=statement(table.full_name, version=version, columns=columns, where=where, order=order, limit=max(limit, 1)),
        where=where,
        notes=found.notes,
    )


def _both(where: str | None, filters: str | None) -> str | None:
    return f"({where}) AND {filters}" if where and filters else where or filters


def _order(table: Table, sort: str) -> str:
    name, down = sort.removeprefix("-"), sort.startswith("-")
    known = {column.lower(): column for column in table.columns}
    if name.lower() not in known:
        raise UnresolvedColumnError(
            f"{table.full_name} has no column {name!r} to sort by.", hint=did_you_mean(name, table.columns)
        )
    return f"{column_name(known[name.lower()])} {'DESC' if down else 'ASC'} NULLS LAST"


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

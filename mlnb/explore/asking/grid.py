"""The grid of a frame: rows in blocks, sorted, filtered and searched over all of them, and as a file.

An order is computed once: the numbers of the first 10,000 rows that satisfy the conditions. Blocks are then taken from the frame by number,
so scrolling costs nothing and shows each row once.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from mlnb.catalog.names import quote_duckdb
from mlnb.core.errors import InvalidParameterError

from ..questions import GridBlock, GridQuery
from .conditions import family
from .rows import POSITION, VIEW, Rows
from .values import shown

if TYPE_CHECKING:
    import pyarrow as pa

#: Rows that can be scrolled to; the rest is counted.
LAST_ROW = 10_000
#: Values of one block: of a very wide frame fewer rows are sent at once.
MAX_VALUES = 200_000
#: Rows of one piece of a file.
_PIECE = 100_000


def block(rows: Rows | Any, query: GridQuery) -> GridBlock:
    """Return a block of the rows that satisfy a query, with their count.

    Raises
    ------
    ColumnNotFoundError, InvalidParameterError
        When it names a column that is not there, or a value that is none of the column's type.
    TooLongError
        When it takes longer than the rows' limit of seconds.
    """
    started = time.perf_counter()
    rows = rows if isinstance(rows, Rows) else Rows(rows)
    order, total = _order(rows, query)
    limit = min(query.limit, max(MAX_VALUES // max(len(rows.names), 1), 1))
    if order is None:
        part = rows.slice(query.offset, max(min(limit, LAST_ROW - query.offset), 0))
    else:
        chosen = order[query.offset : query.offset + limit]
        part = rows.take(chosen) if len(chosen) else rows.slice(0, 0)
    columns = [
        rows.mask([shown(value) for value in column.to_pylist()], name)
        for name, column in zip(rows.names, part.columns, strict=True)
    ]
    return GridBlock(
        columns=rows.names,
        types=rows.types,
        rows=[list(row) for row in zip(*columns, strict=True)],
        offset=query.offset,
        total=total,
        seconds=round(time.perf_counter() - started, 4),
    )


def download(rows: Rows, query: GridQuery, format: Literal["csv", "parquet"]) -> Iterator[bytes]:
    """Return all rows of a query as a file, piece by piece: its block is not looked at.

    Texts of a CSV file that a spreadsheet would compute are left as they are: it is data, and Parquet is the better choice.
    """
    table = _chosen(rows, query)
    return _csv(table) if format == "csv" else _parquet(table)


def _chosen(rows: Rows, query: GridQuery) -> pa.Table:
    where, values = _where(rows, query)
    if not where and not query.sort:
        return rows.whole()
    found = rows.ask_arrow(
        f"SELECT {quote_duckdb(POSITION)} AS at FROM {VIEW}{where} ORDER BY {_sorted(rows, query)}", values
    )
    return rows.take(found["at"].to_numpy())


def _order(rows: Rows, query: GridQuery) -> tuple[Any, int]:
    """Return the numbers of the rows in their order (None: as they are stored), and how many there are in all."""
    where, values = _where(rows, query)
    if not where and not query.sort:
        return None, rows.count
    sort = _sorted(rows, query)

    def look() -> tuple[Any, int]:
        position = quote_duckdb(POSITION)
        found = rows.ask_arrow(f"SELECT {position} AS at FROM {VIEW}{where} ORDER BY {sort} LIMIT {LAST_ROW}", values)
        total = found.num_rows
        if total == LAST_ROW:
            total = rows.ask(f"SELECT count(*) FROM {VIEW}{where}", values)[0][0] if where else rows.count
        return found["at"].to_numpy(), int(total)

    return rows.kept(("order", where, repr(values), sort), look)


def _where(rows: Rows, query: GridQuery) -> tuple[str, list[Any]]:
    """The conditions, and the text that one column or another contains."""
    where, values = rows.where(query.filters)
    text = query.search.strip()
    if not text:
        return where, values
    text = text.lower()
    kinds = {name: family(rows.type_of(name)) for name in rows.names}
    if all(kind == "other" for kind in kinds.values()):
        raise InvalidParameterError("There is no column whose values can be searched.")
    columns = [f"CAST({quote_duckdb(name)} AS VARCHAR)" for name, kind in kinds.items() if _may_hold(kind, text)]
    # Looking into a few columns at once takes half the time; what stands between their texts nobody types.
    parts = [columns[at : at + _AT_ONCE] for at in range(0, len(columns), _AT_ONCE)]
    any_of = " OR ".join(f"contains(lower(concat_ws(chr(31), {', '.join(part)})), ?)" for part in parts) or "false"
    return f"{where} AND ({any_of})" if where else f" WHERE ({any_of})", [*values, *([text] * len(parts))]


_AT_ONCE = 16
_LETTERS = {
    "number": frozenset("0123456789+-.einfa"),
    "time": frozenset("0123456789-: .+"),
    "date": frozenset("0123456789-"),
}


def _may_hold(kind: str, text: str) -> bool:
    """Say whether values of a kind can contain a text: writing out a million numbers to look for letters takes seconds."""
    if kind == "bool":
        return text in "true" or text in "false"
    return kind == "text" or (kind in _LETTERS and set(text) <= _LETTERS[kind])


def _sorted(rows: Rows, query: GridQuery) -> str:
    parts = []
    for one in query.sort:
        kind = family(rows.type_of(one.column))
        column = quote_duckdb(one.column) if kind != "other" else f"CAST({quote_duckdb(one.column)} AS VARCHAR)"
        parts.append(f"{column} {'DESC' if one.down else 'ASC'} NULLS LAST")
    # Rows that are equal stay as they are stored.
    return ", ".join([*parts, quote_duckdb(POSITION)])


# -- files -------------------------------------------------------------------------------------------------------------


class _Sink:
    """A file that hands out what was written to it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._at = 0
        self.closed = False

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        self._at += len(self._parts[-1])
        return len(self._parts[-1])

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def taken(self) -> bytes:
        """What was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _csv(table: pa.Table) -> Iterator[bytes]:
    import pyarrow.csv as csv

    sink = _Sink()
    flat = _flat(table)
    with csv.CSVWriter(sink, flat.schema) as writer:
        for batch in flat.to_batches(max_chunksize=_PIECE):
            writer.write_batch(batch)
            yield sink.taken()
    yield sink.taken()


def _flat(table: pa.Table) -> pa.Table:
    """The table with nested values as JSON text and bytes as hexadecimal digits: CSV has neither."""
    import json

    import pyarrow as pa
    import pyarrow.types as types

    for at, field in enumerate(table.schema):
        if types.is_nested(field.type) or types.is_binary(field.type) or types.is_large_binary(field.type):
            texts = [
                None if value is None else value.hex() if isinstance(value, bytes) else json.dumps(value, default=str)
                for value in table.column(at).to_pylist()
            ]
            table = table.set_column(at, field.name, pa.array(texts, pa.string()))
        elif types.is_dictionary(field.type):
            table = table.set_column(at, field.name, table.column(at).cast(field.type.value_type))
    return table


def _parquet(table: pa.Table) -> Iterator[bytes]:
    import pyarrow.parquet as pq

    sink = _Sink()
    with pq.ParquetWriter(sink, table.schema, compression="zstd") as writer:
        for start in range(0, max(table.num_rows, 1), _PIECE):
            writer.write_table(table.slice(start, _PIECE))
            yield sink.taken()
    yield sink.taken()

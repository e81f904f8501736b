"""Rows in reach, whatever holds them: a sample of them, and all of them in chunks. Nothing is converted before it is asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..records import HoldoutNote, Source

IntArray = npt.NDArray[np.int64]

#: Rows of a chunk: what is computed on one stays in the processor's cache.
CHUNK_ROWS = 131_072
#: Values of a chunk: of very wide tables fewer rows at a time.
CHUNK_CELLS = 8_000_000
#: Rows that are decoded at once for a few of them.
LEAST_DECODED = 1024
#: Values of a file that are decoded, at most, to draw single rows: a matter of seconds.
UNIFORM_CELLS = 400_000_000
#: Stretches of rows of a sample of larger ones.
STRETCHES = 400
#: Rows that tell one frame from another in its digest.
DIGEST_ROWS = 64


class Reader(Protocol):
    """What holds rows."""

    schema: pa.Schema
    rows: int

    @property
    def nbytes(self) -> int:
        """Bytes in memory, or what they would be there."""

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Return all rows in order, in chunks; may be called again."""

    def take(self, rows: IntArray, columns: Sequence[str] | None = None) -> pa.Table:
        """Return the rows at ascending positions."""

    def quick(self, n: int, parts: int, rng: np.random.Generator, /) -> IntArray | None:
        """Return ascending positions of ``n`` rows, a stretch in each of ``parts``; None where any ``n`` rows are read about as fast."""

    def frame(self) -> Any:
        """Return an object that DuckDB can scan."""


@dataclass
class Sample:
    """Rows drawn from the source, in random order, with the position of each there.

    Attributes
    ----------
    uniform
        Whether any rows could have been drawn together; else they are stretches of rows, spread over all.
    """

    table: pa.Table
    positions: IntArray
    uniform: bool = True


@dataclass
class Data:
    """Opened data.

    Attributes
    ----------
    source
        What it is called.
    reader
        What holds the rows; columns have names that are told apart, structures are flattened once.
    mixed
        Columns that hold several Python types, with the types.
    holdout
        What became of held-out rows.
    key
        Columns of the primary key, for naming rows.
    notes
        What a reader must know of how it was opened.
    tables
        The tables of the catalog whose rows these are, where that is known.
    """

    source: Source
    reader: Reader
    mixed: dict[str, list[str]] = field(default_factory=dict)
    holdout: HoldoutNote | None = None
    key: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    tables: frozenset[str] = frozenset()

    @property
    def schema(self) -> pa.Schema:
        """The columns."""
        return self.reader.schema

    @property
    def rows(self) -> int:
        """How many rows there are, without held-out ones."""
        return self.reader.rows

    @property
    def nbytes(self) -> int:
        """Bytes in memory, or what they would be there."""
        return self.reader.nbytes

    def select(self, names: Sequence[str]) -> Data:
        """Return some of the columns; nothing is read."""
        mixed = {name: types for name, types in self.mixed.items() if name in names}
        return replace(self, reader=Selection(self.reader, names), mixed=mixed)

    def sample(self, n: int, seed: int, *, cells: int = UNIFORM_CELLS, parts: int = STRETCHES) -> Sample:
        """Draw rows without replacement; all of them, shuffled, when there are not more.

        Parameters
        ----------
        cells
            Values that may be decoded to draw uniformly: of larger files the sample is of stretches of rows, spread over all.
        parts
            How many stretches.
        """
        if self.rows > n and self.rows * len(self.schema) > cells:
            rng = np.random.default_rng(seed)
            quick = self.reader.quick(n, parts, rng)
            if quick is not None:
                order = rng.permutation(n)
                return Sample(self.reader.take(quick).take(pa.array(order)), quick[order], uniform=False)
        places, order = self.uniform_places(n, seed)
        return Sample(self.reader.take(places).take(pa.array(order)), places[order])

    def uniform_places(self, n: int, seed: int) -> tuple[IntArray, IntArray]:
        """Return the ascending positions of rows drawn uniformly, and the random order in which a sample has them."""
        rng = np.random.default_rng(seed)
        places = np.arange(self.rows, dtype=np.int64) if self.rows <= n else draw(self.rows, n, rng)
        return places, rng.permutation(len(places))

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Return all rows in order, in chunks."""
        return self.reader.batches(columns)

    def frame(self) -> Any:
        """Return an object that DuckDB can scan, for questions about the rows behind a figure."""
        return self.reader.frame()

    def to_arrow(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Return all rows in memory."""
        names = self.schema.names if columns is None else list(columns)
        wanted = pa.schema([self.schema.field(name) for name in names])
        return pa.Table.from_batches(list(self.batches(names)), schema=wanted)

    @property
    def digest(self) -> str:
        """What tells this data from other data: a table's version, else its shape and some of its rows."""
        if self.source.digest is None:
            self.source.digest = self._digest()
        return self.source.digest

    def _digest(self) -> str:
        source = self.source
        told = [source.kind, source.name, str(source.version), str(self.rows), *map(str, self.schema)]
        if source.kind != "table" and self.rows:
            step = max(1, self.rows // DIGEST_ROWS)
            places = np.arange(0, min(self.rows, CHUNK_ROWS if source.kind == "file" else self.rows), step)
            told.append(str(self.reader.take(places[:DIGEST_ROWS].astype(np.int64)).to_pydict()))
        return hashlib.sha256("\0".join(told).encode(errors="replace")).hexdigest()[:32]


def chunk_rows(columns: int) -> int:
    """Return how many rows of so many columns make a chunk."""
    return int(min(CHUNK_ROWS, max(1024, CHUNK_CELLS // max(1, columns))))


def draw(total: int, n: int, rng: np.random.Generator) -> IntArray:
    """Return ``n`` of ``total`` positions, ascending."""
    return np.sort(rng.choice(total, size=n, replace=False, shuffle=False)).astype(np.int64)


def unique_names(names: Sequence[str]) -> list[str]:
    """Return the names, repeated ones told apart as ``name#2``."""
    seen: dict[str, int] = {}
    taken = set(names)
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        new = name
        while seen[name] > 1 and (new := f"{name}#{seen[name]}") in taken:
            seen[name] += 1
        taken.add(new)
        found.append(new)
    return found


class ArrowReader:
    """Rows of an Arrow table, in memory or mapped from a file."""

    def __init__(self, table: pa.Table) -> None:
        table = flattened(table)
        names = unique_names(table.column_names)
        self._table = table if names == table.column_names else table.rename_columns(names)
        self.schema = self._table.schema
        self.rows = int(self._table.num_rows)

    @property
    def nbytes(self) -> int:
        """Bytes of the buffers."""
        return int(self._table.nbytes)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Return slices of the table; what lies in many small pieces is put together."""
        table = self._table if columns is None else self._table.select(list(columns))
        size = chunk_rows(table.num_columns)
        for start in range(0, self.rows, size):
            yield one_batch(table.slice(start, size))

    def take(self, rows: IntArray, columns: Sequence[str] | None = None) -> pa.Table:
        """Take piece by piece: taking from many pieces at once puts them together first."""
        table = self._table if columns is None else self._table.select(list(columns))
        if len(rows) == self.rows:
            return table
        size = max(CHUNK_ROWS, chunk_rows(table.num_columns))
        bounds = np.searchsorted(rows, np.arange(0, self.rows + size, size))
        parts = []
        for piece, (start, end) in enumerate(pairwise(bounds)):
            if end > start:
                local = pa.array(rows[start:end] - piece * size)
                parts.append(table.slice(piece * size, size).combine_chunks().take(local))
        return pa.concat_tables(parts) if parts else table.slice(0, 0)

    def quick(self, _n: int, _parts: int, _rng: np.random.Generator, /) -> IntArray | None:
        """Any rows are at hand."""
        return None

    def frame(self) -> Any:
        """Return the table."""
        return self._table


def one_batch(table: pa.Table) -> pa.RecordBatch:
    """Return a small table as one batch."""
    columns = []
    for column in table.columns:
        whole = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
        columns.append(whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole)
    if not columns:
        return pa.RecordBatch.from_arrays([], schema=table.schema)
    return pa.RecordBatch.from_arrays(columns, schema=table.schema)


def flattened(table: pa.Table) -> pa.Table:
    """Return the table with the fields of its structures as columns ``name.field``, one level deep."""
    while any(pa.types.is_struct(item.type) for item in table.schema):
        before = [item.name for item in table.schema]
        table = table.flatten()
        if before == table.column_names:
            break
        table = _opaque_structs(table)
    return table


def _opaque_structs(table: pa.Table) -> pa.Table:
    """Structures within structures stay as they are: a table would grow without end."""
    for position, item in enumerate(table.schema):
        if pa.types.is_struct(item.type):
            present = table.column(position).is_valid()
            table = table.set_column(position, opaque_field(item.name, "struct"), present)
    return table


def opaque_field(name: str, what: str) -> pa.Field:
    """Return the field of a column of which only presence is known: true where there is something."""
    return pa.field(name, pa.bool_(), metadata={b"mlnb.opaque": what.encode()})


def opaque_type(item: pa.Field) -> str | None:
    """Return what an opaque column holds, None for a column whose values are there."""
    what = (item.metadata or {}).get(b"mlnb.opaque")
    return what.decode() if what is not None else None


class Selection:
    """Some columns of what holds rows."""

    encoded: set[str]

    def __init__(self, reader: Reader, names: Sequence[str]) -> None:
        self._reader = reader
        self._names = list(names)
        self.encoded = getattr(reader, "encoded", set())
        self.schema = pa.schema([reader.schema.field(name) for name in names])
        self.rows = reader.rows

    @property
    def nbytes(self) -> int:
        """Their part of all columns' bytes, taken as equal."""
        return self._reader.nbytes * len(self._names) // max(1, len(self._reader.schema.names))

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Read these columns only."""
        return self._reader.batches(self._names if columns is None else columns)

    def take(self, rows: IntArray, columns: Sequence[str] | None = None) -> pa.Table:
        """Read these columns only."""
        return self._reader.take(rows, self._names if columns is None else columns)

    def quick(self, n: int, parts: int, rng: np.random.Generator, /) -> IntArray | None:
        """Draw as the whole does."""
        return self._reader.quick(n, parts, rng)

    def frame(self) -> Any:
        """Return the whole: a question names its columns."""
        return self._reader.frame()

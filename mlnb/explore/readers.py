"""Rows in reach, whatever holds them: a sample of them, and all of them in chunks. Nothing is converted before it is asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .records import HoldoutNote, Source

if TYPE_CHECKING:
    from pyarrow import dataset

IntArray = npt.NDArray[np.int64]

#: Rows of a chunk: what is computed on one stays in the processor's cache.
CHUNK_ROWS = 131_072
#: Values of a chunk: of very wide tables fewer rows at a time.
CHUNK_CELLS = 8_000_000
#: Rows that are decoded at once for a few of them.
LEAST_DECODED = 1024
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

    def places(self, n: int, rng: np.random.Generator) -> IntArray:
        """Return the positions of ``n`` rows drawn without replacement, ascending."""

    def frame(self) -> Any:
        """Return an object that DuckDB can scan."""


@dataclass
class Sample:
    """Rows drawn from the source, in random order, with the position of each there."""

    table: pa.Table
    positions: IntArray


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

    def sample(self, n: int, seed: int) -> Sample:
        """Draw rows without replacement; all of them, shuffled, when there are not more."""
        rng = np.random.default_rng(seed)
        places = np.arange(self.rows, dtype=np.int64) if self.rows <= n else self.reader.places(n, rng)
        order = rng.permutation(len(places))
        return Sample(self.reader.take(places).take(pa.array(order)), places[order])

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

    def places(self, n: int, rng: np.random.Generator) -> IntArray:
        """Draw uniformly."""
        return draw(self.rows, n, rng)

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

    def places(self, n: int, rng: np.random.Generator) -> IntArray:
        """Draw as the whole does."""
        return self._reader.places(n, rng)

    def frame(self) -> Any:
        """Return the whole: a question names its columns."""
        return self._reader.frame()


class ParquetReader:
    """Rows of Parquet files, row group by row group.

    Parameters
    ----------
    files
        In their order.
    schema
        The columns to read: a file that lacks one has NULL there.
    """

    #: The sample is drawn from so many places, spread over the files.
    PLACES = 16
    #: Rows decoded for a sample of one row.
    SPARE = 4

    def __init__(self, files: Sequence[str], schema: pa.Schema) -> None:
        import pyarrow.parquet as pq

        self.files = list(files)
        self._schema = schema
        self._groups: list[tuple[int, int, int]] = []  # file, row group, rows
        self._bytes = 0
        #: Text columns with few levels: they are decoded to these and positions, which is less work.
        self.encoded: set[str] = set()
        for number, path in enumerate(self.files):
            with pq.ParquetFile(path) as file:
                for group in range(file.metadata.num_row_groups):
                    about = file.metadata.row_group(group)
                    self._groups.append((number, group, about.num_rows))
                    self._bytes += about.total_byte_size
        self.rows = sum(rows for _, _, rows in self._groups)
        self.schema = flattened(schema.empty_table()).schema
        names = unique_names(self.schema.names)
        self.schema = pa.schema([item.with_name(name) for item, name in zip(self.schema, names, strict=True)])

    @property
    def nbytes(self) -> int:
        """Bytes of the columns without compression."""
        return self._bytes

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Decode all row groups."""
        import pyarrow.parquet as pq

        names = self.schema.names if columns is None else list(columns)
        roots = self._roots(names)
        for path in self.files:
            encoded = [name for name in roots if name in self.encoded]
            with pq.ParquetFile(path, memory_map=True, read_dictionary=encoded) as file:
                present = [name for name in roots if name in file.schema_arrow.names]
                for batch in file.iter_batches(chunk_rows(len(names)), columns=present):
                    yield one_batch(self._shaped(batch, names, roots))

    def take(self, rows: IntArray, columns: Sequence[str] | None = None) -> pa.Table:
        """Decode the row groups that hold the rows, as far as needed."""
        import pyarrow.parquet as pq

        names = self.schema.names if columns is None else list(columns)
        parts, start = [], 0
        for number, group, count in self._groups:
            first, last = np.searchsorted(rows, [start, start + count])
            if last > first:
                with pq.ParquetFile(self.files[number], memory_map=True) as file:
                    parts.append(self._take_group(file, group, rows[first:last] - start, names))
            start += count
        return (
            pa.concat_tables(parts) if parts else pa.schema([self.schema.field(name) for name in names]).empty_table()
        )

    def _take_group(self, file: Any, group: int, rows: IntArray, names: Sequence[str]) -> pa.Table:
        roots = self._roots(names)
        present = [name for name in roots if name in file.schema_arrow.names]
        parts, start = [], 0
        # Rows are decoded in order: in batches that end soon after the last one that is wanted.
        size = min(chunk_rows(len(names)), max(LEAST_DECODED, -(-(int(rows[-1]) + 1) // 4)))
        for batch in file.iter_batches(size, row_groups=[group], columns=present):
            first, last = np.searchsorted(rows, [start, start + batch.num_rows])
            if last > first:
                parts.append(self._shaped(batch, names, roots).take(pa.array(rows[first:last] - start)))
            start += batch.num_rows
            if last == len(rows):
                break
        return pa.concat_tables(parts)

    def places(self, n: int, rng: np.random.Generator) -> IntArray:
        """Draw from the beginning of up to 16 row groups spread over the files, or from all rows where those are few."""
        if self.rows <= self.SPARE * n or len(self._groups) == 0:
            return draw(self.rows, n, rng)
        counts = np.array([rows for _, _, rows in self._groups], dtype=np.int64)
        starts = np.cumsum(counts) - counts
        number = min(self.PLACES, len(counts))
        chosen = np.unique(np.linspace(0, len(counts) - 1, number).round().astype(np.int64))
        while counts[chosen].sum() < n:  # many small groups: take more of them
            number = min(2 * number, len(counts))
            chosen = np.unique(np.linspace(0, len(counts) - 1, number).round().astype(np.int64))
        reach = _reach(counts[chosen], self.SPARE * n)
        within = draw(int(reach.sum()), n, rng)
        bounds = np.cumsum(reach)
        piece = np.searchsorted(bounds, within, side="right")
        return np.asarray(starts[chosen][piece] + within - (bounds - reach)[piece], dtype=np.int64)

    def _roots(self, names: Sequence[str]) -> list[str]:
        """The columns in the files that the flattened names come from."""
        wanted = set(names)
        found = []
        for item in self._schema:
            parts = [item.name]
            if pa.types.is_struct(item.type):
                parts = [f"{item.name}.{child.name}" for child in item.type]
            if wanted & set(parts) or (item.name in wanted):
                found.append(item.name)
        return found

    def _shaped(self, batch: pa.RecordBatch, names: Sequence[str], roots: Sequence[str]) -> pa.Table:
        """The batch in the types of the table, with the columns that the file lacks."""
        columns = []
        for name in roots:
            item = self._schema.field(name)
            if name not in batch.schema.names:
                columns.append(pa.nulls(batch.num_rows, item.type))
                continue
            column = batch.column(name)
            plain = column.type == item.type or pa.types.is_dictionary(column.type)
            columns.append(column if plain else column.cast(item.type))
        fields = [
            item.with_type(column.type) for item, column in zip(map(self._schema.field, roots), columns, strict=True)
        ]
        if not columns:
            return pa.Table.from_batches([batch])
        table = flattened(pa.Table.from_arrays(columns, schema=pa.schema(fields)))
        return table if table.column_names == list(names) else table.select(list(names))

    def frame(self) -> Any:
        """Return the files as a data set: DuckDB reads only what a question needs."""
        from pyarrow import dataset

        found: dataset.Dataset = dataset.dataset(self.files, schema=self._schema, format="parquet")
        return found


def _reach(counts: IntArray, budget: int) -> IntArray:
    """How many rows to look at in each group: equal shares of the budget, what a small group cannot give by the others."""
    reach = np.minimum(counts, max(1, budget // len(counts)))
    short = budget - int(reach.sum())
    for position in np.argsort(-counts, kind="stable"):
        if short <= 0:
            break
        more = min(short, int(counts[position] - reach[position]))
        reach[position] += more
        short -= more
    return np.asarray(reach, dtype=np.int64)

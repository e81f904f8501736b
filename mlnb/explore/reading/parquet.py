"""Rows of Parquet files: all of them in chunks, some of them by their positions, stretches of them quickly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from mlnb.catalog.names import quote_duckdb

from .readers import LEAST_DECODED, IntArray, chunk_rows, flattened, one_batch, unique_names

if TYPE_CHECKING:
    from pyarrow import dataset

#: Up to so many rows it costs next to nothing to decode all.
SMALL = 200_000
#: Rows per drawn one from which on stretches are quicker than decoding all.
SPARSE = 4
#: Rows that DuckDB passes over or reads at once.
VECTOR = 2048


def stretches(total: int, n: int, parts: int, rng: np.random.Generator) -> IntArray:
    """Return ``n`` of ``total`` positions in stretches: one at a random place of each of ``parts`` equal parts.

    A stretch that comes to the end of its part goes on at the beginning, so every row is drawn as often as any other.
    """
    parts = min(n, parts)
    steps = np.arange(parts + 1, dtype=np.int64)
    sizes, bounds = np.diff(steps * n // parts), steps * total // parts
    lengths = np.diff(bounds)
    within = np.arange(n, dtype=np.int64) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    places = (np.repeat(rng.integers(0, lengths), sizes) + within) % np.repeat(lengths, sizes)
    return np.sort(np.repeat(bounds[:-1], sizes) + places)


def few_pages(rows: IntArray, total: int) -> bool:
    """Whether ascending ``rows`` lie in few enough places of a large file for passing over the rest."""
    return total > SMALL and 2 * len(np.unique(rows // VECTOR)) * VECTOR <= total


def read_stretches(path: str, rows: IntArray, columns: Sequence[str]) -> pa.Table:
    """Return the rows at ascending positions of a file.

    Raises
    ------
    ValueError
        When DuckDB cannot read it.
    """
    import duckdb

    ends = np.flatnonzero(np.diff(rows) != 1)
    first, last = rows[np.append(0, ends + 1)], rows[np.append(ends, len(rows) - 1)]
    wanted = " OR ".join(f"file_row_number BETWEEN {low} AND {high}" for low, high in zip(first, last, strict=True))
    listed = ", ".join(map(quote_duckdb, columns))
    query = (
        f"SELECT {listed} FROM read_parquet(?, file_row_number = true, hive_partitioning = false) "  # noqa: S608
        f"WHERE {wanted} ORDER BY file_row_number"
    )
    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    try:
        # What lies between the stretches is not even to be read ahead.
        connection.execute("SET disable_parquet_prefetching = true; SET enable_external_file_cache = false")
        return connection.sql(query, params=[path]).to_arrow_table()
    except duckdb.Error as error:
        raise ValueError(str(error)) from error
    finally:
        connection.close()


def _plain(kind: pa.DataType) -> bool:
    """Whether DuckDB reads values of the type as Arrow does."""
    types = pa.types
    if types.is_timestamp(kind):
        return bool(kind.unit == "us")
    plain = (
        types.is_integer,
        types.is_float32,
        types.is_float64,
        types.is_boolean,
        types.is_date32,
        types.is_decimal128,
        types.is_string,
        types.is_large_string,
        types.is_binary,
        types.is_large_binary,
    )
    return any(test(kind) for test in plain)


class ParquetReader:
    """Rows of Parquet files, row group by row group.

    Parameters
    ----------
    files
        In their order.
    schema
        The columns to read: a file that lacks one has NULL there.
    """

    def __init__(self, files: Sequence[str], schema: pa.Schema) -> None:
        import pyarrow.parquet as pq

        self.files = list(files)
        self._schema = schema
        self._groups: list[list[int]] = []  # rows of each row group of each file
        self._bytes = 0
        #: Text columns with few levels: they are decoded to these and positions, which is less work.
        self.encoded: set[str] = set()
        for path in self.files:
            with pq.ParquetFile(path) as file:
                about = [file.metadata.row_group(group) for group in range(file.metadata.num_row_groups)]
            self._groups.append([group.num_rows for group in about])
            self._bytes += sum(group.total_byte_size for group in about)
        self.rows = sum(map(sum, self._groups))
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
        """Read the pages that hold the rows where these are stretches, else decode their row groups as far as needed."""
        names = self.schema.names if columns is None else list(columns)
        parts, start = [], 0
        for path, groups in zip(self.files, self._groups, strict=True):
            end = start + sum(groups)
            first, last = np.searchsorted(rows, [start, end])
            if last > first:
                parts.append(self._take_file(path, groups, rows[first:last] - start, names))
            start = end
        return (
            pa.concat_tables(parts) if parts else pa.schema([self.schema.field(name) for name in names]).empty_table()
        )

    def _take_file(self, path: str, groups: Sequence[int], rows: IntArray, names: Sequence[str]) -> pa.Table:
        import pyarrow.parquet as pq

        if few_pages(rows, sum(groups)):
            found = self._take_stretches(path, rows, names)
            if found is not None:
                return found
        parts, start = [], 0
        with pq.ParquetFile(path, memory_map=True) as file:
            for group, count in enumerate(groups):
                first, last = np.searchsorted(rows, [start, start + count])
                if last > first:
                    parts.append(self._take_group(file, group, rows[first:last] - start, names))
                start += count
        return pa.concat_tables(parts)

    def _take_stretches(self, path: str, rows: IntArray, names: Sequence[str]) -> pa.Table | None:
        """Rows by DuckDB, which skips the pages between; None where it would read them otherwise than Arrow does."""
        import pyarrow.parquet as pq

        roots = self._roots(names)
        there = pq.read_schema(path)
        present = [name for name in roots if name in there.names]
        same = all(_plain(self._schema.field(name).type) and _plain(there.field(name).type) for name in present)
        distinct = len({name.casefold() for name in there.names}) == len(there.names)
        if not (present and same and distinct) or set(path) & set("*?[]{}"):
            return None
        try:
            table = read_stretches(path, rows, present)
            return self._shaped(one_batch(table), names, roots) if table.num_rows == len(rows) else None
        except (ValueError, pa.ArrowException):
            return None

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

    def quick(self, n: int, parts: int, rng: np.random.Generator, /) -> IntArray | None:
        """Draw stretches of rows spread over all files; None where those are small."""
        if self.rows <= max(SMALL, SPARSE * n):
            return None
        return stretches(self.rows, n, parts, rng)

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

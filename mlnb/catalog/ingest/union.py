"""Many files as one stream: the columns of all of them, in one order, missing ones empty."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import IngestError, TableSchemaError
from ..names import TableName
from ..records import IngestedColumn
from ..sql.engine import BATCH_ROWS
from .columns import spelled
from .plan import Options, Part

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


def unknown_columns(target: TableName, names: Sequence[str]) -> TableSchemaError:
    """Return the error for columns that a table does not have."""
    return TableSchemaError(
        f"The table {target.full_name} has no column {', '.join(names)}.",
        hint="Pass merge_schema=True to add new columns. Nothing was written.",
    )


def differing(parts: Sequence[Part], options: Options) -> list[str]:
    """Return what to say about files whose columns differ.

    Raises
    ------
    IngestError
        When they do and are not to be merged; documents of JSON differ by nature.
    """
    every = list(dict.fromkeys(column.name.lower() for part in parts for column in part.columns))
    notes = []
    for part in parts:
        names = {column.name.lower() for column in part.columns}
        lacking = [name for name in every if name not in names]
        if not lacking:
            continue
        if not options.merge_schema and part.file.format in ("csv", "parquet"):
            shown = ", ".join(column.name for column in part.columns)
            raise IngestError(
                f"The files differ in their columns: {os.path.basename(part.file.path)} has {shown}, "
                f"but not {', '.join(lacking)}.",
                hint="Pass merge_schema=True to load them together, missing columns empty.",
            )
        notes.append(f"{part.file.path} has no {', '.join(lacking)}; empty there")
    return notes


def open_part(
    connection: duckdb.DuckDBPyConnection, part: Part
) -> tuple[duckdb.DuckDBPyConnection, pa.RecordBatchReader]:
    """Start reading a file, on a cursor of its own."""
    cursor = connection.cursor()
    return cursor, cursor.sql(part.query, params=part.values).to_arrow_reader(BATCH_ROWS)


def common_schema(connection: duckdb.DuckDBPyConnection, parts: Sequence[Part], first: pa.Schema) -> pa.Schema:
    """Return the columns of all files, in the order in which they appear."""
    import pyarrow as pa

    fields = {field.name.lower(): field for field in first}
    for part in parts[1:]:
        missing = [column.name for column in part.columns if column.name.lower() not in fields]
        if missing:
            relation = connection.sql(f"SELECT * FROM ({part.query}) LIMIT 0", params=part.values)
            found = relation.to_arrow_table().schema
            fields |= {name.lower(): found.field(name) for name in missing}
    return pa.schema(list(fields.values()))


def in_order(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return a batch with all columns in the common order; those it lacks are empty."""
    import pyarrow as pa

    if batch.schema.equals(schema):
        return batch
    where = {name.lower(): number for number, name in enumerate(batch.schema.names)}
    columns = []
    for field in schema:
        number = where.get(field.name.lower())
        if number is None:
            columns.append(pa.nulls(batch.num_rows, field.type))
        else:
            column = batch.column(number)
            columns.append(column if column.type == field.type else column.cast(field.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def merged_columns(parts: Sequence[Part]) -> list[IngestedColumn]:
    """Return the columns of all files, each once, with the warnings of all."""
    found: dict[str, IngestedColumn] = {}
    for part in parts:
        for column in part.columns:
            item = found.setdefault(
                column.name.lower(),
                IngestedColumn(
                    name=column.name, source_name=column.source, type=spelled(column.type), reason=column.reason
                ),
            )
            item.warnings.extend(text for text in column.warnings if text not in item.warnings)
    return list(found.values())

"""Parquet files as parts of a load: their types are their own, unless others are asked for."""

from __future__ import annotations

from dataclasses import replace

from ..errors import IngestError
from ..names import quote_duckdb
from ..sql.engine import output_type
from .columns import Column, renamed, spelled
from .plan import Agreed, Found, Part, Task, asked_type
from .sniff import text
from .sources import SourceFile


def look_at_parquet(task: Task, file: SourceFile, _: int) -> Found:
    """Read a Parquet file's columns from its footer.

    Raises
    ------
    IngestError
        When it is damaged.
    """
    import duckdb

    try:
        relation = task.connection.sql("SELECT * FROM read_parquet($file)", params={"file": file.readable})
        names, types = list(relation.columns), [str(kind) for kind in relation.types]
        rows = task.connection.execute("SELECT count(*) FROM read_parquet($file)", {"file": file.readable}).fetchall()
    except duckdb.Error as error:
        raise IngestError(
            f"{file.path} cannot be read as Parquet: {str(error).splitlines()[0]}.",
            hint="Check that the file is whole.",
        ) from error
    asked = {name.lower(): kind for name, kind in task.options.types.items()}
    columns = []
    for (source, name), kind in zip(renamed(names), types, strict=True):
        own = output_type(kind)
        column = Column(source, name, own, "type in the file", own, choices=(own,))
        wanted = asked.get(name.lower(), asked.get(source.lower()))
        if wanted is not None:
            column = replace(column, type=asked_type(wanted), reason="as asked")
        if name != source:
            column = column.warn(f"renamed from {source!r}, which a table cannot have")
        columns.append(column)

    def make(final: list[Column], agreed: Agreed) -> Part:  # noqa: ARG001
        return _part(file, final, rows[0][0])

    return Found(file, columns, make)


def _part(file: SourceFile, columns: list[Column], rows: int) -> Part:
    """Read a file; where another type was asked for, values that do not fit it reject their row."""
    checked = [column for column in columns if column.type != column.read_as]
    values = {"file": file.readable}
    source = "read_parquet($file, file_row_number = true)" if checked else "read_parquet($file)"
    selected = ", ".join(f"{_value(column)} AS {quote_duckdb(column.name)}" for column in columns)
    if not checked:
        return Part(file, columns, f"SELECT {selected} FROM {source}", values, expected=rows)
    bad = {c.name: f"({quote_duckdb(c.source)} IS NOT NULL AND {_value(c)} IS NULL)" for c in checked}
    anything = " OR ".join(bad.values())
    cells = ", ".join(
        f"CASE WHEN {bad[c.name]} THEN {{'column': {text(c.name)}, 'value': {quote_duckdb(c.source)}::VARCHAR, "
        f"'type': {text(spelled(c.type))}}} END"
        for c in checked
    )
    row = ", ".join(f"{quote_duckdb(c.source)} := {quote_duckdb(c.source)}" for c in columns)
    return Part(
        file,
        columns,
        f"SELECT {selected} FROM {source} WHERE NOT ({anything})",
        values,
        expected=rows,
        rejects_query=f"SELECT file_row_number + 1 AS line, to_json(struct_pack({row}))::VARCHAR AS raw, "
        f"list_filter([{cells}], lambda x: x IS NOT NULL) AS cells FROM {source} WHERE {anything} ORDER BY line",
    )


def _value(column: Column) -> str:
    how = "try_cast" if column.type != column.read_as else "CAST"
    return f"{how}({quote_duckdb(column.source)} AS {column.type})"

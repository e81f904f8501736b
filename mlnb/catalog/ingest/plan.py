"""How files are read: one plan per file, with types that all files of a load share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError, did_you_mean

from ..errors import IngestError, UnresolvedColumnError
from ..sql.engine import MEMORY_SHARE, memory_bytes
from .columns import Column
from .sources import SourceFile

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from ..records import CatalogSettings


@dataclass(frozen=True)
class Options:
    """How files are read; see :func:`mlnb.catalog.ingest.load.ingest`."""

    format: str = "auto"
    types: Mapping[str, str] = field(default_factory=dict)
    max_rejects: float = 0.1
    nulls: Sequence[str] | None = None
    delimiter: str | None = None
    quote: str | None = None
    header: bool | None = None
    encoding: str = "utf-8"
    date_format: str | None = None
    merge_schema: bool = False
    files: Sequence[str] | None = None
    pattern: str | None = None


@dataclass
class Part:
    """One file, ready to be read.

    Attributes
    ----------
    query, values
        The rows that fit, as the table will hold them.
    expected
        How many rows the file has, as far as it was looked at.
    rejects_table
        Where the reader leaves the lines that do not fit.
    rejects_query
        Or what finds them: line, raw text, and the columns with their values.
    dialect
        Of a CSV, for people.
    """

    file: SourceFile
    columns: list[Column]
    query: str
    values: dict[str, Any]
    expected: int = 0
    rejects_table: str = ""
    rejects_query: str = ""
    dialect: dict[str, Any] | None = None
    rows: int = 0
    rejected: int = 0


@dataclass
class Found:
    """A file that was looked at: its columns, and what makes a part of it once all files agree on types."""

    file: SourceFile
    columns: list[Column]
    make: Callable[[list[Column], Agreed], Part]


@dataclass(frozen=True)
class Agreed:
    """What all files of a load share, besides the types: the texts that mean a missing value."""

    nulls: list[str]


@dataclass(frozen=True)
class Task:
    """What one planning works with.

    Attributes
    ----------
    given
        Types of the table's columns in DuckDB's words, by lower-case name; empty for a new table.
    limit
        Look at this many lines of a file only; 0 = all.
    """

    connection: duckdb.DuckDBPyConnection
    options: Options
    given: Mapping[str, str]
    limit: int = 0


def connect(settings: CatalogSettings, spill: Path) -> duckdb.DuckDBPyConnection:
    """Open a database for reading files: one of its own, since statements of users never get one that can."""
    import os

    import duckdb

    config: dict[str, Any] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "python_enable_replacements": False,
        "memory_limit": settings.sql_memory_limit or f"{memory_bytes() * MEMORY_SHARE / 1e6:.0f}MB",
        "temp_directory": str(spill / f"duckdb-ingest-{os.getpid()}"),
        **({"threads": settings.sql_threads} if settings.sql_threads else {}),
    }
    connection = duckdb.connect(":memory:", config=config)
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    return connection


def make_plan(task: Task, files: Sequence[SourceFile], step: Callable[[SourceFile], None] | None = None) -> list[Part]:
    """Decide how every file is read.

    Parameters
    ----------
    step
        Called after each file that was looked at.

    Raises
    ------
    IngestError
        For a file that cannot be read.
    """
    from .csv_files import look_at_csv, nulls_of
    from .json_files import look_at_json
    from .parquet_files import look_at_parquet

    found = []
    for number, file in enumerate(files):
        look = {"csv": look_at_csv, "parquet": look_at_parquet}.get(file.format, look_at_json)
        found.append(look(task, file, number))
        if step is not None:
            step(file)
    _check_types(found, task.options.types)
    agreed = Agreed(nulls_of([column for item in found for column in item.columns], task.options))
    return [item.make(columns, agreed) for item, columns in zip(found, _agree([i.columns for i in found]), strict=True)]


def forced(column: Column, task: Task, decimals: int = 0) -> Column:
    """Return the column with the type the user asked for, or the table has; else as it is."""
    asked = {name.lower(): kind for name, kind in task.options.types.items()}
    key = next((name for name in (column.name.lower(), column.source.lower()) if name in asked), None)
    kind, reason = (
        (asked_type(asked[key]), "as asked")
        if key is not None
        else (task.given.get(column.name.lower()), "as in the table")
    )
    if kind is None or (kind == column.type and reason != "as asked"):
        return column if kind is None else replace(column, reason=reason)
    if kind in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT") and decimals > 0:
        raise IngestError(
            f"Column {column.name} holds {decimals:,} values with decimals, but is to be a whole number.",
            code="CAST_INVALID_INPUT",
            hint="Nothing was written. Load into a new table, or pass types={'" + column.name + "': 'double'}.",
        )
    dates = column.date_format if kind == "DATE" else ""
    return replace(
        column, type=kind, read_as=kind, expression="", date_format=dates, reason=reason, warnings=(), doubt=kind
    )


#: Spellings of types that mean the same.
_SPELLED = {"TEXT": "VARCHAR", "INT": "INTEGER", "FLOAT": "REAL"}


def asked_type(kind: str) -> str:
    """Return a type of the user's, in DuckDB's words.

    Raises
    ------
    InvalidParameterError
        When it is none.
    """
    import sqlglot.errors
    from sqlglot import exp

    try:
        made = exp.DataType.build(kind, dialect="databricks")
        if made.this == exp.DataType.Type.USERDEFINED:
            raise ValueError(kind)
        built = made.sql("duckdb")
    except (sqlglot.errors.SqlglotError, ValueError) as error:
        raise InvalidParameterError(
            f"{kind!r} is no type.", hint="Use for example string, bigint, double, date, timestamp, decimal(10,2)."
        ) from error
    return _SPELLED.get(built, built)


def _check_types(found: Sequence[Found], types: Mapping[str, str]) -> None:
    """Refuse types of columns that no file has."""
    columns = [column for item in found for column in item.columns]
    known = {name.lower() for column in columns for name in (column.name, column.source)}
    for name in types:
        if name.lower() not in known:
            names = list(dict.fromkeys(column.name for column in columns))
            raise UnresolvedColumnError(
                f"types names {name!r}, which is no column of the file.",
                hint=did_you_mean(name, names) or f"Columns: {', '.join(names[:20])}.",
            )


def _agree(plans: list[list[Column]]) -> list[list[Column]]:
    """Give a column the same type in all files: numbers widen, anything else becomes text."""
    kinds: dict[str, set[str]] = {}
    for columns in plans:
        for column in columns:
            if column.reason != "no values":
                kinds.setdefault(column.name.lower(), set()).add(column.type)
    return [[_agreed(column, kinds.get(column.name.lower(), {column.type})) for column in columns] for columns in plans]


def _agreed(column: Column, wanted: set[str]) -> Column:
    if len(wanted) == 1:
        kind = next(iter(wanted))
    elif wanted <= {"BIGINT", "DOUBLE"}:
        kind = "DOUBLE"
    elif wanted <= {"DATE", "TIMESTAMPTZ"} and not column.date_format:
        kind = "TIMESTAMPTZ"
    else:
        kind = "VARCHAR"
    if kind == column.type:
        return column
    made = replace(column, type=kind, read_as=kind, expression="", date_format="")
    if column.reason == "no values":
        return replace(made, reason="as in the other files")
    return replace(made, reason=f"the files differ: {' and '.join(sorted(wanted)).lower()}")

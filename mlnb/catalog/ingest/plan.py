"""How files are read: one plan per file, with types that all files of a load share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError, did_you_mean

from ..delta.types import quote_duckdb
from ..errors import IngestError, UnresolvedColumnError
from ..sql.engine import output_type
from .sniff import NULL_WORDS, NULLS, Column, Dialect, choose, profile, renamed, sniff
from .sources import SourceFile

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Options:
    """How files are read; see :func:`mlnb.catalog.ingest.load.ingest`."""

    types: Mapping[str, str]
    max_rejects: float
    nulls: Sequence[str] | None
    delimiter: str | None
    header: bool | None
    encoding: str
    merge_schema: bool


@dataclass
class Part:
    """One file, ready to be read."""

    file: SourceFile
    columns: list[Column]
    query: str
    values: dict[str, Any]
    rejects_table: str = ""
    rows: int = 0
    rejected: int = 0


def connect() -> duckdb.DuckDBPyConnection:
    """Open a database for reading files: one of its own, since statements of users never get one that can."""
    import duckdb

    config: dict[str, Any] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "python_enable_replacements": False,
    }
    connection = duckdb.connect(":memory:", config=config)
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    return connection


def make_plan(
    connection: duckdb.DuckDBPyConnection, files: Sequence[SourceFile], options: Options, given: Mapping[str, str]
) -> list[Part]:
    """Decide how every file is read.

    Parameters
    ----------
    given
        Types of the table's columns in DuckDB's words, by lower-case name; empty for a new table.

    Raises
    ------
    IngestError
        For a file that cannot be read.
    """
    csv = [file for file in files if file.format == "csv"]
    dialects = [
        sniff(connection, f.readable, delimiter=options.delimiter, header=options.header, encoding=options.encoding)
        for f in csv
    ]
    plans = [_columns(connection, f, dialect, options, given) for f, dialect in zip(csv, dialects, strict=True)]
    agreed = _agree(plans)
    proven = any(column.numeric_words for columns in agreed for column in columns)
    nulls = list(options.nulls) if options.nulls is not None else [*NULLS, *(NULL_WORDS if proven else ())]
    parts = {
        file.path: _csv_part(file, dialect, [_about_words(c, proven, options) for c in columns], nulls, number)
        for number, (file, dialect, columns) in enumerate(zip(csv, dialects, agreed, strict=True))
    }
    return [parts[f.path] if f.path in parts else _parquet_part(connection, f) for f in files]


def _about_words(column: Column, proven: bool, options: Options) -> Column:
    """Say what became of words like NA in a text column."""
    if not column.words or column.type != "VARCHAR" or options.nulls is not None:
        return column
    if proven:
        return column.warn(
            f"{column.words:,} values like NA are read as missing, as in the number columns; nulls=[''] keeps them"
        )
    return column.warn(f"{column.words:,} values like NA are kept as text; nulls=['', 'NA'] reads them as missing")


def _columns(
    connection: duckdb.DuckDBPyConnection,
    file: SourceFile,
    dialect: Dialect,
    options: Options,
    given: Mapping[str, str],
) -> list[Column]:
    import duckdb

    words = [word for word in options.nulls or NULL_WORDS if word]
    try:
        profiles = profile(connection, file.readable, dialect, words)
    except duckdb.Error as error:
        raise IngestError(
            f"{file.path} cannot be read: {str(error).splitlines()[0]}.", hint="Pass delimiter=, header= or encoding=."
        ) from error
    columns = choose(dialect.names, profiles)
    asked = _asked(columns, options.types)
    found = []
    for column, counts in zip(columns, profiles, strict=True):
        key = column.name.lower()
        kind, reason = (asked[key], "as asked") if key in asked else (given.get(key), "as in the table")
        made = _force(column, kind, counts["float"], reason) if kind is not None else column
        numeric = counts.words > 0 and made.type != "VARCHAR"
        found.append(replace(made, words=counts.words, numeric_words=numeric))
    return found


#: Spellings of types that mean the same.
_SPELLED = {"TEXT": "VARCHAR", "INT": "INTEGER", "FLOAT": "REAL"}


def _asked(columns: Sequence[Column], types: Mapping[str, str]) -> dict[str, str]:
    """Return the types the user gave, in DuckDB's words, by lower-case name."""
    import sqlglot.errors
    from sqlglot import exp

    asked: dict[str, str] = {}
    for name, kind in types.items():
        match = next((c for c in columns if name.lower() in (c.name.lower(), c.source.lower())), None)
        if match is None:
            raise UnresolvedColumnError(
                f"types names {name!r}, which is no column of the file.",
                hint=did_you_mean(name, [c.name for c in columns]) or f"Columns: {', '.join(c.name for c in columns)}.",
            )
        try:
            built = exp.DataType.build(kind, dialect="databricks").sql("duckdb")
            asked[match.name.lower()] = _SPELLED.get(built, built)
        except (sqlglot.errors.SqlglotError, ValueError) as error:
            raise InvalidParameterError(
                f"{kind!r} is no type.", hint="Use for example string, bigint, double, date, timestamp, decimal(10,2)."
            ) from error
    return asked


def _force(column: Column, kind: str, decimals: int, reason: str) -> Column:
    """Return the column with a given type."""
    if kind in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT") and decimals > 0:
        raise IngestError(
            f"Column {column.name} holds {decimals:,} values with decimals, but is to be a whole number.",
            code="CAST_INVALID_INPUT",
            hint="Nothing was written. Load into a new table, or pass types={'" + column.name + "': 'double'}.",
        )
    plain = "(" not in kind or kind.startswith("DECIMAL(")
    if not plain or kind.endswith("]"):
        raise IngestError(f"Column {column.name} cannot be {kind.lower()} in a CSV file.", hint="Load it as text.")
    return replace(column, type=kind, read_as=kind, expression="", reason=reason, warnings=())


def _agree(plans: list[list[Column]]) -> list[list[Column]]:
    """Give a column the same type in all files: numbers widen, anything else becomes text."""
    kinds: dict[str, set[str]] = {}
    for columns in plans:
        for column in columns:
            if column.reason != "no values":
                kinds.setdefault(column.name.lower(), set()).add(column.type)
    found = []
    for columns in plans:
        agreed = []
        for column in columns:
            wanted = kinds.get(column.name.lower(), {column.type})
            kind = next(iter(wanted)) if len(wanted) == 1 else "DOUBLE" if wanted <= {"BIGINT", "DOUBLE"} else "VARCHAR"
            if kind != column.type and not column.expression:
                column = replace(column, type=kind, read_as=kind)
            elif kind != column.type:
                column = replace(column, type=kind, read_as=kind, expression="")
            agreed.append(column)
        found.append(agreed)
    return found


def _csv_part(file: SourceFile, dialect: Dialect, columns: list[Column], nulls: list[str], number: int) -> Part:
    rejected = f"rejected_{number}"
    types = {column.source: column.read_as for column in columns}
    options, values = dialect.options(
        types,
        nulls,
        store_rejects="true",
        rejects_table=f"'{rejected}'",
        rejects_scan=f"'scan_{number}'",
        rejects_limit="0",
    )
    selected = ", ".join(
        f"{column.expression or quote_duckdb(column.source)} AS {quote_duckdb(column.name)}" for column in columns
    )
    return Part(
        file, columns, f"SELECT {selected} FROM read_csv($file, {options})", {**values, "file": file.readable}, rejected
    )


def _parquet_part(connection: duckdb.DuckDBPyConnection, file: SourceFile) -> Part:
    import duckdb

    try:
        relation = connection.sql("SELECT * FROM read_parquet($file)", params={"file": file.readable})
        names, types = list(relation.columns), [str(kind) for kind in relation.types]
    except duckdb.Error as error:
        raise IngestError(
            f"{file.path} cannot be read as Parquet: {str(error).splitlines()[0]}.",
            hint="Check that the file is whole.",
        ) from error
    columns = [
        Column(source, name, output_type(kind), "type in the file", "")
        for (source, name), kind in zip(renamed(names), types, strict=True)
    ]
    selected = ", ".join(f"CAST({quote_duckdb(c.source)} AS {c.type}) AS {quote_duckdb(c.name)}" for c in columns)
    return Part(file, columns, f"SELECT {selected} FROM read_parquet($file)", {"file": file.readable})

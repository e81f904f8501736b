"""CSV files as parts of a load."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from mlnb.core.errors import InvalidParameterError

from ..errors import IngestError
from ..names import quote_duckdb
from .columns import Column, choose
from .plan import Agreed, Found, Options, Part, Task, forced
from .sniff import NULL_WORDS, NULLS, Dialect, Scan, profile, sniff, text
from .sources import SourceFile, is_utf16


def look_at_csv(task: Task, file: SourceFile, number: int) -> Found:
    """Find a CSV's dialect and the types of its columns.

    Raises
    ------
    IngestError
        When it cannot be read.
    """
    import duckdb

    options = task.options
    dialect = sniff(
        task.connection,
        file.readable,
        delimiter=options.delimiter,
        header=options.header,
        encoding="utf-16" if options.encoding == "utf-8" and _is_utf16(file) else options.encoding,
        quote=options.quote,
    )
    words = [word for word in options.nulls or NULL_WORDS if word]
    try:
        rows, profiles = profile(Scan(task.connection, file.readable, dialect, task.limit), words)
    except duckdb.Error as error:
        raise IngestError(
            f"{file.path} cannot be read: {str(error).splitlines()[0]}.", hint="Pass delimiter=, header= or encoding=."
        ) from error
    columns = []
    for column, counts in zip(choose(dialect.names, profiles), profiles, strict=True):
        if options.date_format and counts["daymonth"] and not counts.date_format:
            column = replace(
                column, type="DATE", read_as="DATE", reason=f"a date, as {options.date_format}", warnings=()
            )
        made = forced(column, task, counts["float"])
        made = replace(made, words=counts.words, numeric_words=counts.words > 0 and made.type != "VARCHAR")
        columns.append(_with_first_offender(task, file, dialect, made) if made.warnings and made.doubt else made)

    def make(final: list[Column], agreed: Agreed) -> Part:
        return _part(task, file, dialect, [_about_words(c, final, options) for c in final], agreed, number, rows)

    return Found(file, columns, make)


def _is_utf16(file: SourceFile) -> bool:
    try:
        return is_utf16(file.readable)
    except (OSError, EOFError):
        return False  # a damaged archive: the reader says so


def _with_first_offender(task: Task, file: SourceFile, dialect: Dialect, column: Column) -> Column:
    """Name the first line that keeps a column from having the type that most of its values have."""
    cursor = task.connection.cursor()
    types = {name: column.doubt if name == column.source else "VARCHAR" for name in dialect.names}
    more = {"dateformat": text(column.date_format)} if column.date_format else {}
    nulls = [*NULLS, *(task.options.nulls or NULL_WORDS)]
    options, values = dialect.options(types, nulls, store_rejects="true", rejects_limit="0", **more)
    source = f"(SELECT {quote_duckdb(column.source)} AS c FROM read_csv($file, {options}))"
    source += f" LIMIT {task.limit}" if task.limit else ""
    try:
        cursor.execute(f"SELECT count(c) FROM (SELECT * FROM {source})", {**values, "file": file.readable}).fetchall()
        found = cursor.execute(
            "SELECT line, error_message FROM reject_errors WHERE error_type = 'CAST' ORDER BY line LIMIT 1"
        ).fetchall()
    finally:
        cursor.close()
    if not found:
        return column
    value = re.search(r'Could not convert string "(.*?)" to', found[0][1], re.DOTALL)
    said = f", the first in line {found[0][0]:,}" + (f": {value[1][:60]!r}" if value else "")
    return replace(column, warnings=(column.warnings[0] + said, *column.warnings[1:]))


def nulls_of(columns: Sequence[Column], options: Options) -> list[str]:
    """Return the texts that mean a missing value: words like NA only where a number column proves it."""
    if options.nulls is not None:
        return list(dict.fromkeys(["", *options.nulls]))
    return [*NULLS, *(NULL_WORDS if any(column.numeric_words for column in columns) else ())]


def _about_words(column: Column, columns: Sequence[Column], options: Options) -> Column:
    """Say what became of words like NA in a text column."""
    if not column.words or column.type != "VARCHAR" or options.nulls is not None:
        return column
    if any(other.numeric_words for other in columns):
        return column.warn(
            f"{column.words:,} values like NA are read as missing, as in the number columns; nulls=[''] keeps them"
        )
    return column.warn(f"{column.words:,} values like NA are kept as text; nulls=['', 'NA'] reads them as missing")


def _part(
    task: Task, file: SourceFile, dialect: Dialect, columns: list[Column], agreed: Agreed, number: int, rows: int
) -> Part:
    columns, pattern = _with_dates(columns, task.options)
    rejected = f"rejected_{number}"
    more = {"dateformat": text(pattern)} if pattern else {}
    options, values = dialect.options(
        {column.source: _read_as(column, file) for column in columns},
        agreed.nulls,
        store_rejects="true",
        rejects_table=f"'{rejected}'",
        rejects_scan=f"'scan_{number}'",
        rejects_limit="0",
        **more,
    )
    selected = ", ".join(
        f"{column.expression or quote_duckdb(column.source)} AS {quote_duckdb(column.name)}" for column in columns
    )
    about = {
        "delimiter": dialect.delimiter,
        "quote": dialect.quote,
        "header": dialect.header,
        "skip": dialect.skip,
        "encoding": dialect.encoding,
    }
    return Part(
        file,
        columns,
        f"SELECT {selected} FROM read_csv($file, {options})",
        {**values, "file": file.readable},
        expected=rows,
        rejects_table=rejected,
        dialect=about,
    )


def _read_as(column: Column, file: SourceFile) -> str:
    plain = "(" not in column.read_as or column.read_as.startswith("DECIMAL(")
    if not plain or column.read_as.endswith("]"):
        raise IngestError(
            f"Column {column.name} cannot be {column.read_as.lower()} in {file.path}, which is a CSV file.",
            hint="Load it as text: types={'" + column.name + "': 'string'}.",
        )
    return column.read_as


def _with_dates(columns: list[Column], options: Options) -> tuple[list[Column], str]:
    """Return the columns and the one way of writing dates that the reader is told.

    The reader knows one pattern per file, and rejects what does not fit it with its line. Dates like 2024-12-31 need none, as times they
    are understood anyway. Columns written in a third way are read as text and converted, if all their values allow that.
    """
    asked = strptime_pattern(options.date_format) if options.date_format else ""

    def pattern(column: Column) -> str:
        return column.date_format or (asked if column.reason != _PLAIN_DATE else "")

    patterns = [pattern(column) for column in columns if column.type == "DATE"]
    chosen = next((p for p in [asked, *patterns] if p and p in patterns), "")
    if not chosen:
        return columns, ""
    found = []
    for column in columns:
        c = quote_duckdb(column.source)
        if column.type != "DATE" or pattern(column) == chosen:
            pass
        elif not pattern(column):  # a plain cast would be moved into the reader, which would use its pattern
            column = replace(column, read_as="TIMESTAMP", expression=f"CAST(date_trunc('day', {c}) AS DATE)")
        elif column.doubt:
            text_ = replace(column, type="VARCHAR", read_as="VARCHAR", reason="text", warnings=())
            column = text_.warn("most values are dates, but another column writes dates in another way; kept as text")
        else:
            convert = f"CAST(strptime(trim({c}), {text(column.date_format)}) AS DATE)"
            column = replace(column, read_as="VARCHAR", expression=convert)
        found.append(column)
    return found, chosen


#: What is said about dates written 2024-12-31.
_PLAIN_DATE = "every value is a date"


#: Letters of the platform's date patterns, the longest first, and what they are for strptime.
_LETTERS = (
    ("yyyy", "%Y"),
    ("yy", "%y"),
    ("MMMM", "%B"),
    ("MMM", "%b"),
    ("MM", "%m"),
    ("M", "%-m"),
    ("dd", "%d"),
    ("d", "%-d"),
    ("HH", "%H"),
    ("hh", "%I"),
    ("mm", "%M"),
    ("ss", "%S"),
    ("a", "%p"),
)


def strptime_pattern(pattern: str) -> str:
    """Return a date pattern in strptime's words; both kinds are understood.

    Raises
    ------
    InvalidParameterError
        When it names no day.
    """
    if "%" in pattern:
        return pattern
    made, rest = "", pattern
    while rest:
        letters, spelled = next(((word, to) for word, to in _LETTERS if rest.startswith(word)), (rest[0], rest[0]))
        made, rest = made + spelled, rest[len(letters) :]
    if "%" not in made:
        raise InvalidParameterError(f"{pattern!r} is no date format.", hint="Use for example dd/MM/yyyy or %d/%m/%Y.")
    return made

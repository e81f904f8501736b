"""What is in a CSV file: its dialect from a sample, its types from every value.

A type is chosen only when the whole file supports it. Text that merely looks like a number (leading zeros, more than 18 digits) stays
text; the order of day and month is what a value proves (a part above 12), else the column stays text. A handful of values that do not
fit an otherwise clean column do not spoil it: their rows are rejected, with file, line and reason, and counted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..delta.types import FORBIDDEN_IN_COLUMNS, quote_duckdb
from ..errors import IngestError

if TYPE_CHECKING:
    import duckdb

#: Words that stand for a missing value when a number column of the same file proves that they do.
NULL_WORDS = ("NA", "N/A", "n/a", "NULL", "null", "None")
#: Texts that always do: nothing, and what databases export.
NULLS = ("", "\\N")

#: Share of values that may break a column's type before the column becomes text.
TOLERATED = 0.01
#: In small files one value in this many may.
ONE_IN = 10

_INT = r"\s*[+-]?(0|[1-9][0-9]{0,17})\s*"
_ZERO = r"\s*[+-]?0[0-9]+\s*"
_LONG = r"\s*[+-]?[0-9]{19,}\s*"
_DAY_MONTH = r"^\s*([0-9]{1,2})[/.-]([0-9]{1,2})[/.-][0-9]{4}\s*$"


@dataclass(frozen=True)
class Dialect:
    """How a file is to be read."""

    delimiter: str
    quote: str
    header: bool
    skip: int
    names: tuple[str, ...]
    candidates: tuple[str, ...]
    encoding: str = "utf-8"

    def options(self, types: Mapping[str, str], nulls: Sequence[str], **more: str) -> tuple[str, dict[str, Any]]:
        """Return the arguments of ``read_csv`` and their bound values; the file itself is ``$file``."""
        parts = {
            "auto_detect": "false",
            "delim": "$delim",
            "quote": "$quote",
            "escape": "$quote",
            "header": str(self.header).lower(),
            "skip": str(self.skip),
            "nullstr": "$nulls",
            "encoding": "$encoding",
            "columns": "{" + ", ".join(f"{_text(name)}: {_text(types[name])}" for name in self.names) + "}",
            **more,
        }
        values = {"delim": self.delimiter, "quote": self.quote, "nulls": list(nulls), "encoding": self.encoding}
        return ", ".join(f"{name} = {value}" for name, value in parts.items()), values


@dataclass(frozen=True)
class Column:
    """A column of a file: what it is called here, its type in DuckDB's words, and how it is read.

    Attributes
    ----------
    read_as
        Type that the reader is given.
    expression
        What turns the read value into the stored one; empty = nothing.
    words, numeric_words
        How many values are words like NA, and whether the others are numbers, which proves that the words mean missing.
    """

    source: str
    name: str
    type: str
    reason: str
    read_as: str
    expression: str = ""
    warnings: tuple[str, ...] = ()
    words: int = 0
    numeric_words: bool = False

    def warn(self, text: str) -> Column:
        """Return the column with one more warning."""
        return replace(self, warnings=(*self.warnings, text))


@dataclass
class Profile:
    """Counts over all values of a column; missing ones and null words are not among ``n``."""

    n: int = 0
    words: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def __getitem__(self, name: str) -> int:
        return self.counts.get(name, 0)


def sniff(
    connection: duckdb.DuckDBPyConnection, path: str, *, delimiter: str | None, header: bool | None, encoding: str
) -> Dialect:
    """Find the dialect of a file from a sample of it.

    Raises
    ------
    IngestError
        When it is empty or no table.
    """
    import duckdb

    given = ", ignore_errors = true, encoding = $encoding, nullstr = $nulls"
    values: dict[str, Any] = {"file": path, "encoding": encoding, "nulls": [*NULLS, *NULL_WORDS]}
    if delimiter is not None:
        given, values["delim"] = given + ", delim = $delim", delimiter
    if header is not None:
        given += f", header = {str(header).lower()}"
    try:
        query = f"SELECT Delimiter, Quote, SkipRows, HasHeader, Columns FROM sniff_csv($file{given})"
        found = connection.execute(query, values).fetchall()[0]
    except duckdb.Error as error:
        raise IngestError(
            f"{path} cannot be read as CSV: {str(error).splitlines()[0]}.",
            hint="Pass delimiter=, header= or encoding=.",
        ) from error
    names = tuple(column["name"] for column in found[4])
    if not found[3] and len(names) == 1 and names[0] == "column0" and not _has_content(path):
        raise IngestError(f"{path} is empty.", hint="A CSV file needs at least a line with the names of its columns.")
    quote = '"' if found[1] in ("(empty)", "") else found[1]
    return Dialect(
        delimiter=found[0],
        quote=quote,
        header=bool(found[3]),
        skip=int(found[2]),
        names=names,
        candidates=tuple(column["type"] for column in found[4]),
        encoding=encoding,
    )


def profile(
    connection: duckdb.DuckDBPyConnection, path: str, dialect: Dialect, words: Sequence[str] = NULL_WORDS
) -> list[Profile]:
    """Sort every value of every column into the narrowest kind that holds it, in one pass over the file."""
    kinds = ", ".join(
        f"{_kind(quote_duckdb(name), candidate, words)} AS k{number}"
        for number, (name, candidate) in enumerate(zip(dialect.names, dialect.candidates, strict=True))
    )
    # One histogram a column: a filtered count per kind costs four times as much.
    counts = ", ".join(f"histogram(k{number})" for number in range(len(dialect.names)))
    found = _scan(connection, path, dialect, f"SELECT {counts} FROM (SELECT {kinds} FROM {{source}})")
    profiles = []
    for histogram, name, candidate in zip(found, dialect.names, dialect.candidates, strict=True):
        counted = {kind: (histogram or {}).get(number, 0) for number, kind in enumerate(_KINDS)}
        made = Profile(n=sum(counted.values()) - counted["word"], words=counted["word"], counts=counted)
        counted["number"] = counted["int"] + counted["float"]
        counted["moment"] = counted["date"] + counted["time"]
        if (candidate == "DATE" or candidate.startswith("TIMESTAMP")) and counted["moment"] < made.n:
            counted.update(_day_month_counts(connection, path, dialect, name))
        profiles.append(made)
    return profiles


_KINDS = ("word", "int", "float", "zero", "long", "bool", "date", "time", "other")


def _kind(c: str, candidate: str, words: Sequence[str]) -> str:
    """Return the expression that names the kind of a value; what the sample suggested is asked first, as most values are that."""
    is_ = {kind: f"THEN {number}::TINYINT" for number, kind in enumerate(_KINDS)}
    word = f"{c} IN ({', '.join(map(_text, words))})" if words else "false"
    other = is_["other"].replace("THEN", "ELSE")
    floating = f"try_cast({c} AS DOUBLE) IS NOT NULL AND NOT contains({c}, '_')"
    numbers = (
        f"WHEN regexp_full_match({c}, '{_INT}') {is_['int']} WHEN regexp_full_match({c}, '{_ZERO}') {is_['zero']} "
        f"WHEN regexp_full_match({c}, '{_LONG}') {is_['long']} WHEN {floating} {is_['float']}"
    )
    moments = (
        f"WHEN try_cast({c} AS TIMESTAMPTZ) IS NOT NULL THEN "
        f"CASE WHEN length(trim({c})) <= 10 AND try_cast({c} AS DATE) IS NOT NULL {is_['date']} {is_['time'].replace('THEN', 'ELSE')} END"
    )
    if candidate == "BOOLEAN":
        return f"CASE WHEN {c} IS NULL THEN NULL WHEN try_cast({c} AS BOOLEAN) IS NOT NULL {is_['bool']} WHEN {word} {is_['word']} {other} END"
    if candidate == "DATE" or candidate.startswith("TIMESTAMP"):
        return f"CASE WHEN {c} IS NULL THEN NULL {moments} WHEN {word} {is_['word']} {other} END"
    # Numbers and times start with a sign, a space or a digit, all of which sort before the colon; only NaN and infinity do not.
    letters = f"WHEN {floating} {is_['float']}" if candidate == "DOUBLE" else ""
    both = f"{numbers} {moments}" if candidate == "VARCHAR" else numbers
    return (
        f"CASE WHEN {c} IS NULL THEN NULL WHEN {c} > ':' THEN CASE WHEN {word} {is_['word']} {letters} {other} END "
        f"{both} {other} END"
    )


def _day_month_counts(connection: duckdb.DuckDBPyConnection, path: str, dialect: Dialect, name: str) -> dict[str, int]:
    """Count the values written like 03/04/2024, and those whose first or second part can only be a day."""
    c = quote_duckdb(name)
    parts = [f"try_cast(regexp_extract({c}, '{_DAY_MONTH}', {part}) AS INTEGER)" for part in (1, 2)]
    counts = [
        f"count(*) FILTER (regexp_matches({c}, '{_DAY_MONTH}'))",
        *(f"count(*) FILTER ({part} > 12)" for part in parts),
    ]
    found = _scan(connection, path, dialect, f"SELECT {', '.join(counts)} FROM {{source}}")
    return dict(zip(("shape", "first", "second"), found, strict=True))


def _scan(connection: duckdb.DuckDBPyConnection, path: str, dialect: Dialect, query: str) -> tuple[Any, ...]:
    """Run an aggregate over the file's values as text; lines that are broken do not count."""
    options, values = dialect.options(dict.fromkeys(dialect.names, "VARCHAR"), NULLS, ignore_errors="true")
    source = f"read_csv($file, {options})"
    found: tuple[Any, ...] = connection.execute(query.replace("{source}", source), {**values, "file": path}).fetchall()[
        0
    ]
    return found


def choose(names: Sequence[str], profiles: Sequence[Profile]) -> list[Column]:
    """Choose the type of every column from its counts."""
    columns = [_choose(source, name, found) for (source, name), found in zip(renamed(names), profiles, strict=True)]
    return [
        column.warn(f"renamed from {column.source!r}, which a table cannot have")
        if column.name != column.source
        else column
        for column in columns
    ]


def _choose(source: str, name: str, p: Profile) -> Column:
    def column(kind: str, reason: str, *, read_as: str = "", expression: str = "", bad: int = 0) -> Column:
        made = Column(source, name, kind, reason, read_as or kind, expression)
        if bad:
            made = made.warn(
                f"{bad:,} of {p.n:,} values are no {_WORD[kind]}; their rows are rejected (types= keeps them as text)"
            )
        return made

    if p.n == 0:
        return column("VARCHAR", "no values")
    if p["zero"]:
        text = "leading zeros, so these are codes and not numbers; kept as text"
        digits = p["number"] + p["zero"] + p["long"]
        return column("VARCHAR", "leading zeros").warn(text) if _mostly(digits, p.n) else column("VARCHAR", "text")
    if p["long"] and _mostly(p["number"] + p["long"], p.n):
        return column("VARCHAR", "more than 18 digits").warn(
            "more than 18 digits do not fit a number exactly; kept as text"
        )
    for kind, key, reason in _CHOICES:
        if p[key] == p.n:
            return column(kind, reason)
    if p["shape"] == p.n:
        return _day_month(column, p)
    for kind, key, reason in _CHOICES:
        others = p["float"] if key == "int" else 0  # decimals in a column of whole numbers are no mistakes
        if not others and _mostly(p[key], p.n):
            return column(kind, reason, bad=p.n - p[key])
    made = column("VARCHAR", "text")
    best = max((p[key], kind) for kind, key, _ in _CHOICES)
    if best[0] * 2 > p.n:
        return made.warn(f"{best[0]:,} of {p.n:,} values are a {_WORD[best[1]]}, the others are not; kept as text")
    return made


# Type, the count that supports it, and what is said about it; the narrower one first.
_CHOICES = (
    ("BIGINT", "int", "every value is a whole number"),
    ("DOUBLE", "number", "every value is a number"),
    ("BOOLEAN", "bool", "every value is true or false"),
    ("DATE", "date", "every value is a date"),
    ("TIMESTAMPTZ", "moment", "every value is a time"),
)
_WORD = {"BIGINT": "whole number", "DOUBLE": "number", "BOOLEAN": "truth value", "DATE": "date", "TIMESTAMPTZ": "time"}


def _day_month(column: Any, p: Profile) -> Column:
    """Read ``03/04/2024`` only when another value shows which part is the day."""
    if bool(p["first"]) != bool(p["second"]):
        day_first = p["first"] > 0
        pattern, words = ("%d/%m/%Y", "day first") if day_first else ("%m/%d/%Y", "month first")
        made: Column = column("DATE", f"a date, {words}: a part above 12 proves it", read_as="VARCHAR")
        return replace(
            made,
            expression=f"CAST(strptime(translate(trim({quote_duckdb(made.source)}), '.-', '//'), '{pattern}') AS DATE)",
        )
    kept: Column = column("VARCHAR", "dates whose order of day and month no value proves")
    return kept.warn("day and month cannot be told apart; kept as text (types= with dates written 2024-12-31 is safe)")


def _mostly(count: int, n: int) -> bool:
    """Return whether so few values break the rule that they look like mistakes."""
    bad = n - count
    return bad <= n * TOLERATED or (bad == 1 and n >= ONE_IN)


def renamed(names: Sequence[str]) -> list[tuple[str, str]]:
    """Return the names as the file has them and as a table can: no forbidden characters, none equal but for case."""
    taken: set[str] = set()
    found = []
    for source in names:
        name = "".join("_" if c in FORBIDDEN_IN_COLUMNS else c for c in source.strip()) or "column"
        base, number = name, 1
        while name.lower() in taken:
            number += 1
            name = f"{base}_{number}"
        taken.add(name.lower())
        found.append((source, name))
    return found


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _has_content(path: str) -> bool:
    with open(path, "rb") as stream:
        return bool(re.search(rb"\S", stream.read(4096)))

"""What is in a CSV file: its dialect from a sample, and what kind every value is.

Most columns are clean. So a first pass over the file only asks whether all values of a column are what the sample suggested; only the
columns where some are not are sorted value by value, in a second pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..errors import IngestError
from ..names import quote_duckdb
from .columns import Profile

if TYPE_CHECKING:
    import duckdb

#: Words that stand for a missing value when a number column of the same file proves that they do.
NULL_WORDS = ("NA", "N/A", "n/a", "NULL", "null", "None")
#: Texts that always do: nothing, and what databases export.
NULLS = ("", "\\N")

_INT = r"\s*[+-]?(0|[1-9][0-9]{0,17})\s*"
_ZERO = r"\s*[+-]?0[0-9]+\s*"
_LONG = r"\s*[+-]?[0-9]{19,}\s*"
_DAY_MONTH = r"\s*([0-9]{1,2})([/.-])([0-9]{1,2})[/.-][0-9]{4}\s*"
#: What a number or a time is written with.
_PLAUSIBLE = r"[-+0-9.,:/ TZeEUC]+|[+-]?(?i:nan|inf|infinity)"


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
            "columns": "{" + ", ".join(f"{text(name)}: {text(types[name])}" for name in self.names) + "}",
            **more,
        }
        values = {"delim": self.delimiter, "quote": self.quote, "nulls": list(nulls), "encoding": self.encoding}
        return ", ".join(f"{name} = {value}" for name, value in parts.items()), values


def sniff(
    connection: duckdb.DuckDBPyConnection,
    path: str,
    *,
    delimiter: str | None,
    header: bool | None,
    encoding: str,
    quote: str | None = None,
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
    if quote is not None:
        given, values["quote"] = given + ", quote = $quote", quote
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
    found_quote = '"' if found[1] in ("(empty)", "") else found[1]
    return Dialect(
        delimiter=found[0],
        quote=found_quote if quote is None else quote,
        header=bool(found[3]),
        skip=int(found[2]),
        names=names,
        candidates=tuple(column["type"] for column in found[4]),
        encoding=encoding,
    )


@dataclass(frozen=True)
class Scan:
    """Passes over a file with every value as text; lines that are broken do not count.

    Attributes
    ----------
    limit
        Look at this many lines only; 0 = all.
    """

    connection: duckdb.DuckDBPyConnection
    path: str
    dialect: Dialect
    limit: int = 0

    def first(self, selected: str) -> tuple[Any, ...]:
        """Return the only row of an aggregate; ``{source}`` stands for the file."""
        options, values = self.dialect.options(
            dict.fromkeys(self.dialect.names, "VARCHAR"), NULLS, ignore_errors="true"
        )
        source = f"read_csv($file, {options})"
        if self.limit:
            source = f"(SELECT * FROM {source} LIMIT {self.limit})"
        query = selected.replace("{source}", source)
        found: tuple[Any, ...] = self.connection.execute(query, {**values, "file": self.path}).fetchall()[0]
        return found


def profile(scan: Scan, words: Sequence[str] = NULL_WORDS) -> tuple[int, list[Profile]]:
    """Return the number of rows, and for every column how many values are of which kind."""
    dialect = scan.dialect
    quoted = [quote_duckdb(name) for name in dialect.names]
    fitting = ", ".join(
        f"count({c}), count(*) FILTER ({_fits(c, candidate, words)})"
        for c, candidate in zip(quoted, dialect.candidates, strict=True)
    )
    rows, *counted = scan.first(f"SELECT count(*), {fitting} FROM {{source}}")
    profiles, messy = [], []
    for number, candidate in enumerate(dialect.candidates):
        n, fit = counted[2 * number : 2 * number + 2]
        profiles.append(_counted({_kind_of(candidate): n}))
        if fit < n:
            messy.append(number)
    if messy:
        # What is known to fit is not sorted again.
        kinds = ", ".join(
            f"CASE WHEN {_fits(quoted[i], dialect.candidates[i], words)} THEN NULL "
            f"ELSE {_kind(quoted[i], dialect.candidates[i], words)} END AS k{i}"
            for i in messy
        )
        # One histogram a column: a filtered count per kind costs four times as much.
        found = scan.first(
            f"SELECT {', '.join(f'histogram(k{i})' for i in messy)} FROM (SELECT {kinds} FROM {{source}})"
        )
        for number, histogram in zip(messy, found, strict=True):
            counts = {kind: (histogram or {}).get(at, 0) for at, kind in enumerate(_KINDS)}
            counts[_kind_of(dialect.candidates[number])] += counted[2 * number + 1]
            made = _counted(counts)
            profiles[number] = _dates(scan, quoted[number], made) if made["daymonth"] else made
    return rows, profiles


def _counted(counts: dict[str, int]) -> Profile:
    made = Profile(n=sum(counts.values()) - counts.get("word", 0), words=counts.get("word", 0), counts=dict(counts))
    made.counts["number"] = made["int"] + made["float"]
    made.counts["moment"] = made["date"] + made["time"]
    return made


_KINDS = ("word", "int", "float", "zero", "long", "bool", "date", "time", "daymonth", "other")


def _is_time(candidate: str) -> bool:
    return candidate == "DATE" or candidate.startswith("TIMESTAMP")


def _kind_of(candidate: str) -> str:
    """Return the kind that a column's values are when all of them fit what the sample suggested."""
    if candidate.startswith("TIMESTAMP"):
        return "time"
    return {"BIGINT": "int", "DOUBLE": "float", "BOOLEAN": "bool", "DATE": "date"}.get(candidate, "other")


def _fits(c: str, candidate: str, words: Sequence[str]) -> str:
    """Return the condition under which a value surely is what the sample suggested; any doubt is left to the second pass."""
    if candidate == "BIGINT":
        return f"regexp_full_match({c}, '{_INT}')"
    if candidate == "DOUBLE":
        return f"contains({c}, '.') AND try_cast({c} AS DOUBLE) IS NOT NULL AND NOT contains({c}, '_')"
    if candidate == "BOOLEAN":
        return f"try_cast({c} AS BOOLEAN) IS NOT NULL"
    if candidate == "DATE":
        return f"length({c}) <= 10 AND isfinite(try_cast({c} AS DATE))"
    if candidate.startswith("TIMESTAMP"):
        return f"length({c}) > 10 AND isfinite(try_cast({c} AS TIMESTAMP))"
    # Numbers and times start with a sign, a space or a digit, all of which sort before the colon; only NaN and infinity do not.
    return (
        f"CASE WHEN {c} > ':' THEN NOT {_word(c, words)} AND lower({c}[:3]) NOT IN ('nan', 'inf') "
        f"ELSE NOT regexp_full_match({c}, '{_PLAUSIBLE}') END"
    )


def _word(c: str, words: Sequence[str]) -> str:
    return f"{c} IN ({', '.join(map(text, words))})" if words else "false"


def _kind(c: str, candidate: str, words: Sequence[str]) -> str:
    """Return the expression that names the kind of a value; what the sample suggested is asked first, as most values are that."""
    is_ = {kind: f"THEN {number}::TINYINT" for number, kind in enumerate(_KINDS)}
    word = _word(c, words)
    other = is_["other"].replace("THEN", "ELSE")
    floating = f"try_cast({c} AS DOUBLE) IS NOT NULL AND NOT contains({c}, '_')"
    numbers = (
        f"WHEN regexp_full_match({c}, '{_INT}') {is_['int']} WHEN regexp_full_match({c}, '{_ZERO}') {is_['zero']} "
        f"WHEN regexp_full_match({c}, '{_LONG}') {is_['long']} WHEN {floating} {is_['float']}"
    )
    moments = (
        f"WHEN regexp_full_match({c}, '{_DAY_MONTH}') {is_['daymonth']} WHEN isfinite(try_cast({c} AS TIMESTAMPTZ)) THEN "
        f"CASE WHEN length(trim({c})) <= 10 AND isfinite(try_cast({c} AS DATE)) {is_['date']} {is_['time'].replace('THEN', 'ELSE')} END"
    )
    if candidate == "BOOLEAN":
        return f"CASE WHEN {c} IS NULL THEN NULL WHEN try_cast({c} AS BOOLEAN) IS NOT NULL {is_['bool']} WHEN {word} {is_['word']} {other} END"
    if _is_time(candidate):
        return f"CASE WHEN {c} IS NULL THEN NULL {moments} WHEN {word} {is_['word']} {other} END"
    both = f"{numbers} {moments}" if candidate == "VARCHAR" else numbers
    return (
        f"CASE WHEN {c} IS NULL THEN NULL WHEN {word} {is_['word']} "
        f"WHEN NOT regexp_full_match({c}, '{_PLAUSIBLE}') {is_['other'].replace('ELSE', 'THEN')} {both} {other} END"
    )


def _dates(scan: Scan, c: str, found: Profile) -> Profile:
    """Find out what values like 03/04/2024 are: which part is the day, if a value shows it, and how the parts are set apart."""
    parts = [f"try_cast(regexp_extract({c}, '{_DAY_MONTH}', {group}) AS INTEGER)" for group in (1, 3)]
    like = f"regexp_full_match({c}, '{_DAY_MONTH}')"
    first, second, marks = scan.first(
        f"SELECT count(*) FILTER ({parts[0]} > 12), count(*) FILTER ({parts[1]} > 12), "
        f"list(DISTINCT regexp_extract({c}, '{_DAY_MONTH}', 2)) FILTER ({like}) FROM {{source}}"
    )
    if not first and not second:
        return found
    # A handful of values the other way round are mistakes; as many of both kinds are two ways of writing.
    if min(first, second) > max(1, found.n // 100) or len(marks) != 1:
        return replace(found, date_reason="dates written in several ways")
    day_first = first > second
    pattern = f"%d{marks[0]}%m{marks[0]}%Y" if day_first else f"%m{marks[0]}%d{marks[0]}%Y"
    valid = scan.first(f"SELECT count(try_strptime(trim({c}), {text(pattern)})) FILTER ({like}) FROM {{source}}")[0]
    reason = f"a date, {'day' if day_first else 'month'} first: a part above 12 proves it"
    return replace(
        found, date_format=pattern, date_reason=reason, counts={**found.counts, "daymonth": min(valid, found.n)}
    )


def text(value: str) -> str:
    """Write a value as a literal of SQL."""
    return "'" + value.replace("'", "''") + "'"


def _has_content(path: str) -> bool:
    with open(path, "rb") as stream:
        return bool(stream.read(4096).strip())

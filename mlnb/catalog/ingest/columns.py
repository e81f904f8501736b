"""Which type a column gets, from counts over all its values.

A type is chosen only when the whole file supports it. Text that merely looks like a number (leading zeros, more than 18 digits) stays
text; the order of day and month is what a value proves (a part above 12), else the column stays text. A handful of values that do not
fit an otherwise clean column do not spoil it: their rows are rejected, with file, line and reason, and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..delta.types import FORBIDDEN_IN_COLUMNS, platform_type
from ..names import quote
from .words import WORDS

#: Share of values that may break a column's type before the column becomes text.
TOLERATED = 0.01
#: In small files one value in this many may.
ONE_IN = 10


@dataclass(frozen=True)
class Column:
    """A column of a file: what it is called here, its type in DuckDB's words, and how it is read.

    Attributes
    ----------
    read_as
        Type that the reader is given.
    expression
        What turns the read value into the stored one; empty = nothing.
    date_format
        How its dates are written, in strptime's words; empty = 2024-12-31.
    words, numeric_words
        How many values are words like NA, and whether the others are numbers, which proves that the words mean missing.
    choices
        Types that hold every value, besides text.
    doubt
        The type that most values have, but too few of them.
    """

    source: str
    name: str
    type: str
    reason: str
    read_as: str
    expression: str = ""
    date_format: str = ""
    warnings: tuple[str, ...] = ()
    words: int = 0
    numeric_words: bool = False
    choices: tuple[str, ...] = ()
    doubt: str = ""

    def warn(self, text: str) -> Column:
        """Return the column with one more warning."""
        return replace(self, warnings=(*self.warnings, text))


@dataclass
class Profile:
    """Counts over all values of a column; missing ones and null words are not among ``n``.

    Attributes
    ----------
    date_format
        How its dates are written when all of them are dates with day and month in an order that a value proves.
    """

    n: int = 0
    words: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    date_format: str = ""
    date_reason: str = ""

    def __getitem__(self, name: str) -> int:
        return self.counts.get(name, 0)


def spelled(kind: str) -> str:
    """Spell a type of DuckDB's as the platform does, at any depth."""
    if not kind.endswith(("]", ")")):
        return platform_type(kind)
    import duckdb

    return _spelled(duckdb.sqltype(kind))


def _spelled(kind: Any) -> str:
    if kind.id in ("list", "array"):
        return f"array<{_spelled(kind.children[0][1])}>"
    if kind.id == "struct":
        return f"struct<{','.join(f'{quote(name)}:{_spelled(inner)}' for name, inner in kind.children)}>"
    if kind.id == "map":
        return f"map<{','.join(_spelled(inner) for _, inner in kind.children)}>"
    return platform_type(str(kind))


def choose(names: Sequence[str], profiles: Sequence[Profile]) -> list[Column]:
    """Choose the type of every column from its counts."""
    columns = [
        replace(_choose(source, name, found), choices=_choices(found))
        for (source, name), found in zip(renamed(names), profiles, strict=True)
    ]
    return [
        column.warn(f"renamed from {column.source!r}, which a table cannot have")
        if column.name != column.source
        else column
        for column in columns
    ]


# Type, the count that supports it, and what is said about it; the narrower one first.
_CHOICES = (
    ("BIGINT", "int", "every value is a whole number"),
    ("DOUBLE", "number", "every value is a number"),
    ("BOOLEAN", "bool", "every value is true or false"),
    ("DATE", "date", "every value is a date"),
    ("TIMESTAMPTZ", "moment", "every value is a time"),
)


def _choose(source: str, name: str, p: Profile) -> Column:
    def column(kind: str, reason: str, *, bad: int = 0, doubt: str = "", **more: Any) -> Column:
        made = Column(source, name, kind, reason, kind, doubt=kind if bad else doubt, **more)
        if bad:
            made = made.warn(
                f"{bad:,} of {p.n:,} values are no {WORDS[kind]}; their rows are rejected; the type string keeps them"
            )
        return made

    if p.n == 0:
        return column("VARCHAR", "no values")
    if p["zero"]:
        text = "leading zeros, so these are codes and not numbers; kept as text"
        digits = p["number"] + p["zero"] + p["long"]
        return column("VARCHAR", "leading zeros").warn(text) if mostly(digits, p.n) else column("VARCHAR", "text")
    if p["long"] and mostly(p["number"] + p["long"], p.n):
        return column("VARCHAR", "more than 18 digits").warn(
            "more than 18 digits do not fit a number exactly; kept as text"
        )
    for kind, key, reason in _CHOICES:
        if p[key] == p.n:
            return column(kind, reason)
    if p["daymonth"] and mostly(p["daymonth"], p.n):
        return _day_month(column, p)
    for kind, key, reason in _CHOICES:
        others = p["float"] if key == "int" else 0  # decimals in a column of whole numbers are no mistakes
        if not others and mostly(p[key], p.n):
            return column(kind, reason.replace("every", "nearly every"), bad=p.n - p[key])
    best, key, _ = max(_CHOICES, key=lambda choice: p[choice[1]])
    if p[key] * 2 > p.n:
        made = column("VARCHAR", "text", doubt=best)
        return made.warn(f"{p[key]:,} of {p.n:,} values are a {WORDS[best]}, the others are not; kept as text")
    return column("VARCHAR", "text")


def _day_month(column: Any, p: Profile) -> Column:
    """Read ``03/04/2024`` only when another value shows which part is the day."""
    made: Column
    if p.date_format:
        made = column("DATE", p.date_reason, bad=p.n - p["daymonth"], date_format=p.date_format)
        return made
    made = column("VARCHAR", p.date_reason or "dates whose order of day and month no value proves")
    return made.warn(
        "dates are written in several ways; kept as text"
        if p.date_reason
        else "day and month cannot be told apart; kept as text (date_format='dd/MM/yyyy' or 'MM/dd/yyyy' decides)"
    )


def _choices(p: Profile) -> tuple[str, ...]:
    found = [kind for kind, key, _ in _CHOICES if p.n and p[key] == p.n]
    if p.n and p["daymonth"] == p.n and p.date_format:
        found.append("DATE")
    if "DATE" in found and "TIMESTAMPTZ" not in found and not p.date_format:
        found.append("TIMESTAMPTZ")
    return tuple(found)


def mostly(count: int, n: int) -> bool:
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

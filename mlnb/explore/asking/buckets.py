"""How values become the few things a picture shows: bins of numbers, steps of time, levels as text.

Bins and steps follow from all rows, not from those a filter leaves, so that the picture of a part has the axis of the whole.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlnb.catalog.names import quote_duckdb

from .conditions import family
from .rows import VIEW, Rows

if TYPE_CHECKING:
    import pyarrow as pa

#: Steps of time, in seconds, and what DuckDB calls them.
STEPS: tuple[tuple[float, str], ...] = (
    (1, "1 second"),
    (5, "5 seconds"),
    (15, "15 seconds"),
    (60, "1 minute"),
    (300, "5 minutes"),
    (900, "15 minutes"),
    (3600, "1 hour"),
    (3 * 3600, "3 hours"),
    (6 * 3600, "6 hours"),
    (86_400, "1 day"),
    (7 * 86_400, "7 days"),
    (30.4 * 86_400, "1 month"),
    (91.3 * 86_400, "3 months"),
    (365.25 * 86_400, "1 year"),
    (3652.5 * 86_400, "10 years"),
    (36_525 * 86_400, "100 years"),
)


def level_text(column: str, kind: str) -> str:
    """Return the SQL of a value as the text of a level; numbers that are whole have no decimals."""
    if kind == "number":
        # 3.0 and 3 are one level to a reader, also where missing values made a column of codes a float.
        return f"regexp_replace(CAST({column} AS VARCHAR), '\\.0$', '')"
    if kind == "other":
        return f"left(CAST({column} AS VARCHAR), 80)"
    return f"CAST({column} AS VARCHAR)"


def _span(rows: Rows, column: str) -> tuple[float, float] | None:
    """The smallest and the largest finite value of a number over all rows."""

    def look() -> tuple[float, float] | None:
        found = rows.ask(
            f"SELECT min(v), max(v) FROM (SELECT CAST({column} AS DOUBLE) AS v FROM {VIEW}) WHERE isfinite(v)"
        )[0]
        return None if found[0] is None else (float(found[0]), float(found[1]))

    return rows.kept(("span", column), look)


def edges_of(rows: Rows, column: str, kind: pa.DataType, bins: int) -> list[float]:
    """Return edges of bins over all values of a number; few whole numbers get a bin each."""
    import pyarrow.types as types

    span = _span(rows, column)
    if span is None:
        return []
    low, high = span
    if (types.is_integer(kind) or types.is_boolean(kind)) and high - low < bins:
        return [low - 0.5 + at for at in range(int(high - low) + 2)]
    if low == high:
        half = max(abs(low) * 0.01, 0.5)
        return [low - half, low + half]
    width = _width(low, high, bins)
    edges = [low + at * width for at in range(bins)] + [high]
    # So close together that adding makes no difference: one bin.
    return edges if all(a < b for a, b in itertools.pairwise(edges)) else [low, high]


@dataclass(frozen=True)
class Levels:
    """A column as levels: the SQL of a row's level, how it is called, and whether levels have an order of their own."""

    key: str
    label: Callable[[str], str]
    ordered: bool


def level_or_bin(rows: Rows, name: str, bins: int) -> Levels:
    """Return a column's levels for a table of two columns; numbers and times with many values are laid in bins."""
    kind, column = family(rows.type_of(name)), quote_duckdb(name)
    if kind in ("time", "date"):
        return Levels(steps_of(rows, name, bins), lambda key: f"CAST({key} AS VARCHAR)", True)
    if kind != "number":
        return Levels(column, lambda key: level_text(key, kind), kind == "bool")
    few = f"SELECT count(*) FROM (SELECT DISTINCT {column} FROM {VIEW} LIMIT 31)"
    span = _span(rows, column)
    if rows.kept(("levels", column), lambda: rows.ask(few))[0][0] <= 30 or span is None or span[0] == span[1]:
        return Levels(column, lambda key: level_text(key, kind), True)
    width = _round(_width(*span, bins))
    start = math.floor(span[0] / width) * width
    number = f"CAST({column} AS DOUBLE)"
    # The numbers are ours, written so that they are read back as they are. What is not finite has no bin.
    return Levels(
        f"CASE WHEN isfinite({number}) THEN floor(({number} - {start!r}) / {width!r}) END",
        lambda key: f"format('{{:g}} – {{:g}}', {start!r} + {key} * {width!r}, {start!r} + ({key} + 1) * {width!r})",
        True,
    )


def steps_of(rows: Rows, name: str, bins: int) -> str:
    """Return the SQL of the step in which a time (or a number) lies: about ``bins`` round steps over all rows."""
    kind, column = family(rows.type_of(name)), quote_duckdb(name)
    if kind == "number":
        span = _span(rows, column)
        width = _round(_width(*span, bins)) if span is not None and span[1] > span[0] else 1.0
        return f"(floor(CAST({column} AS DOUBLE) / {width!r}) * {width!r})"
    span = _span(rows, f"epoch_us({column})")
    seconds = 0.0 if span is None else (span[1] - span[0]) / 1e6
    fitting = [step for size, step in STEPS if seconds / size <= bins * 1.5 and (kind == "time" or size >= 86_400)]
    step = fitting[0] if fitting else STEPS[-1][1]
    return f"time_bucket(INTERVAL '{step}', CAST({column} AS {'TIMESTAMP' if kind == 'time' else 'DATE'}))"


def _width(low: float, high: float, bins: int) -> float:
    """The width of equal bins, also where all of them are wider than a number can be."""
    width = (high - low) / bins
    return width if math.isfinite(width) else high / bins - low / bins


def _round(width: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    size = 10.0 ** math.floor(math.log10(width))
    return next(float(f"{step * size:.12g}") for step in (1, 2, 5, 10) if step * size >= width * 0.999999)

"""What is known when: columns whose times lie after the time of their row cannot have been known then."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mlnb.core.errors import InvalidParameterError

from ..leakage.clock import difference, is_clock, minutes

if TYPE_CHECKING:
    from ..look import Look
    from .values import FloatArray

#: Share of rows in which a time must lie after the row's own.
LATER_SHARE = 0.5
MIN_ROWS = 20
#: Words of a name that say that something was planned, and that it happened.
PLANNED = {"sched", "scheduled", "schedule", "plan", "planned", "expected", "estimated", "promised", "forecast", "due"}
ACTUAL = ("actual", "real", "act")
#: Rows, and the share of them, on which a column must be the difference of planned and actual.
DERIVED_ROWS, DERIVED_SHARE = 20_000, 0.99


@dataclass
class Later:
    """How often a column's time is later than the row's, and by how much in the middle (seconds)."""

    share: float
    rows: int
    median_seconds: float


def later_columns(look: Look, time_column: str | None, target: str | None = None) -> dict[str, Later]:
    """Columns of times that are later than ``time_column`` in more than half of the rows that have both."""
    if time_column is None or time_column not in look.columns:
        return {}
    if not _could_be_time(look, time_column):
        return {}
    times = _times(look, time_column)
    if times is None:
        return {}
    found = {}
    for name in look.columns:
        if name in (time_column, target) or not _could_be_time(look, name):
            continue
        other = _times(look, name)
        if other is None:
            continue
        difference = (other - times)[np.isfinite(other) & np.isfinite(times)]
        if len(difference) < MIN_ROWS:
            continue
        share = float(np.mean(difference > 0))
        if share > LATER_SHARE:
            found[name] = Later(share, len(difference), float(np.median(difference)) / 1e6)
    return found


def _times(look: Look, name: str) -> FloatArray | None:
    from ..over_time.times import read_times

    try:
        return read_times(look, name)
    except InvalidParameterError:
        return None


def _could_be_time(look: Look, name: str) -> bool:
    """Times, or text that could be: with digits and the marks of a date in its first value."""
    scanned = look.columns[name]
    if scanned.profile.kind == "datetime":
        return True
    if scanned.codes is None or not scanned.levels or scanned.profile.kind == "boolean":
        return False
    first = str(scanned.levels[0])
    return 8 <= len(first) <= 35 and sum(c.isdigit() for c in first) >= 5 and any(c in first for c in "-/. ")


# -- planned and actual ------------------------------------------------------------------------------------------------


def actual_columns(look: Look, target: str | None = None) -> dict[str, tuple[str, str]]:
    """Columns that say what happened beside one that says what was planned: the planned column, and how they are related.

    Told by their names (``sched_dep_time`` and ``dep_time``); a column that is the difference of the two is told by its values.
    """
    pairs = []
    by_words = {_words(name): name for name in look.columns if not set(_words(name)) & PLANNED}
    for planned in look.columns:
        words = _words(planned)
        rest = tuple(word for word in words if word not in PLANNED)
        actual = by_words.get(rest) or next((by_words[w] for w in _with_actual(rest) if w in by_words), None)
        if rest and rest != words and actual is not None and planned != target and _alike(look, planned, actual):
            pairs.append((planned, actual))
    found: dict[str, tuple[str, str]] = {}
    for planned, actual in pairs:
        if actual != target:
            found[actual] = (planned, f"is what happened where {planned} is what was planned")
    for planned, actual in pairs:
        for name in _differences(look, planned, actual):
            if name not in (target, planned, actual):
                found[name] = (planned, f"is {actual} - {planned}, what happened less what was planned")
    return found


def _words(name: str) -> tuple[str, ...]:
    """The words of a name: ``schedDepTime`` and ``sched_dep_time`` are the same."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return tuple(word for word in re.split(r"[^A-Za-z0-9]+", spaced.lower()) if word)


def _with_actual(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [made for actual in ACTUAL for made in ((actual, *words), (*words, actual))]


def _alike(look: Look, planned: str, actual: str) -> bool:
    """Two columns of numbers or times."""
    left, right = look.columns[planned], look.columns[actual]
    return left.profile.kind == right.profile.kind and left.profile.kind in ("numeric", "datetime")


def _differences(look: Look, planned: str, actual: str) -> list[str]:
    """Numbers that are actual less planned in nearly all rows: plainly, in minutes of the clock, or in a unit of time."""
    left, right = look.columns[actual], look.columns[planned]
    if left.values is None or right.values is None:
        return []
    a, b = left.values[:DERIVED_ROWS], right.values[:DERIVED_ROWS]
    if left.profile.kind == "datetime":
        spans = [(a - b) / unit for unit in (1e6, 60e6, 3600e6, 86400e6)]
    elif is_clock(a) and is_clock(b):
        spans = [difference(minutes(a), minutes(b))]
    else:
        spans = [a - b]
    found = []
    for name, scanned in look.columns.items():
        if scanned.values is None or scanned.profile.kind != "numeric":
            continue
        values = scanned.values[:DERIVED_ROWS]
        valid = np.isfinite(values) & np.isfinite(a) & np.isfinite(b)
        if valid.sum() < MIN_ROWS or np.ptp(values[valid]) == 0:
            continue
        if any(np.mean(np.abs(span[valid] - values[valid]) < 1) > DERIVED_SHARE for span in spans):
            found.append(name)
    return found

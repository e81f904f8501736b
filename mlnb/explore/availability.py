"""What is known when: columns whose times lie after the time of their row cannot have been known then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mlnb.core.errors import InvalidParameterError

if TYPE_CHECKING:
    from .look import Look
    from .target import FloatArray

#: Share of rows in which a time must lie after the row's own.
LATER_SHARE = 0.5
MIN_ROWS = 20


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
    from .times import read_times

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

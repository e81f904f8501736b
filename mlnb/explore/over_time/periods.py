"""Stretches of time of one length in the calendar: at most 24, long enough to say something."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

MAX_PERIODS = 24
#: Fewer rows say nothing of a period's distribution.
MIN_ROWS = 200
#: Where half of the periods are smaller than that, longer ones are taken, as long as so many are left.
MIN_PERIODS = 4

#: Unit of numpy and how many of it, shortest first. Days of 1970-01-01 were Thursdays, so weeks are counted from Monday by an offset.
_LENGTHS: list[tuple[str, int]] = [
    *(("s", n) for n in (1, 5, 15, 30)),
    *(("m", n) for n in (1, 5, 15, 30)),
    *(("h", n) for n in (1, 3, 6, 12)),
    ("D", 1),
    ("W", 1),
    ("M", 1),
    ("M", 3),
    *(("Y", n) for n in (1, 2, 5, 10, 25, 50, 100)),
]
_MONDAY = 4  # 1970-01-05


@dataclass(frozen=True)
class Periods:
    """Periods one after the other.

    Attributes
    ----------
    edges
        One more than there are periods, in microseconds, the upper edge excluded; what lies outside belongs to the first or last period.
    """

    edges: IntArray
    unit: str
    number: int

    def __len__(self) -> int:
        return len(self.edges) - 1

    def of(self, times: FloatArray) -> IntArray:
        """Return the period of each time, -1 where it is missing."""
        found = np.searchsorted(self.edges, np.nan_to_num(times), side="right") - 1
        return np.where(np.isfinite(times), np.clip(found, 0, len(self) - 1), -1).astype(np.int64)

    def label(self, position: int) -> str:
        """Return the name of a period: ``2013-12``, ``2013 Q4``, ``2013``, or where it starts."""
        start = np.datetime64(int(self.edges[position]), "us")
        if self.unit == "M" and self.number == 3:
            return f"{start.astype('datetime64[Y]')} Q{int(start.astype('datetime64[M]').astype(int)) % 12 // 3 + 1}"
        if self.unit in ("M", "Y"):
            return str(start.astype(f"datetime64[{self.unit}]"))
        return time_text(int(self.edges[position]))


def cut_time(times: FloatArray) -> Periods:
    """Return the periods of times, of which at least one is finite."""
    finite = times[np.isfinite(times)]
    low, high = int(finite.min()), int(finite.max())
    fitting = [(unit, number) for unit, number in _LENGTHS if _count(low, high, unit, number) <= MAX_PERIODS]
    best: Periods | None = None
    for unit, number in fitting or [_LENGTHS[-1]]:
        periods = Periods(_edges(low, high, unit, number), unit, number)
        if best is not None and len(periods) < MIN_PERIODS:
            break
        best = periods
        rows = np.bincount(periods.of(finite), minlength=len(periods))
        if np.median(rows) >= MIN_ROWS:
            break
    assert best is not None
    return _whole_ends(best, finite)


def _whole_ends(periods: Periods, times: FloatArray) -> Periods:
    """A first or last period that the data barely touches belongs to its neighbour."""
    rows = np.bincount(periods.of(times), minlength=len(periods))
    edges = periods.edges
    if len(periods) > 2 and np.median(rows) >= MIN_ROWS:
        start = 1 if rows[0] < MIN_ROWS else 0
        end = len(edges) - 2 if rows[-1] < MIN_ROWS else len(edges) - 1
        return Periods(edges[start : end + 1], periods.unit, periods.number)
    return periods


def time_text(micros: float) -> str:
    """Write a time as short as it can be: a date at midnight."""
    moment = np.datetime64(int(micros), "us").astype("datetime64[s]")
    text = str(moment).replace("T", " ")
    return text.removesuffix(" 00:00:00")


def _index(micros: int, unit: str, number: int) -> int:
    """Number of the period in which a time lies."""
    if unit == "W":
        return (int(np.datetime64(micros, "us").astype("datetime64[D]").astype(int)) - _MONDAY) // 7
    return int(np.datetime64(micros, "us").astype(f"datetime64[{unit}]").astype(int)) // number


def _count(low: int, high: int, unit: str, number: int) -> int:
    return _index(high, unit, number) - _index(low, unit, number) + 1


def _edges(low: int, high: int, unit: str, number: int) -> IntArray:
    first, last = _index(low, unit, number), _index(high, unit, number)
    positions = np.arange(first, last + 2)
    if unit == "W":
        days = (positions * 7 + _MONDAY).astype("datetime64[D]")
        return days.astype("datetime64[us]").astype(np.int64)
    starts = (positions * number).astype(f"datetime64[{unit}]")
    return starts.astype("datetime64[us]").astype(np.int64)

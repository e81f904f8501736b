"""Columns of a comparison that only say when a row happened: another time, a month, an hour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..over_time.times import read_times
from ..together.measures import spearman

if TYPE_CHECKING:
    from ..look import Look

FloatArray = npt.NDArray[np.float64]

#: Share of the rows in which a number is the calendar's: a zone moves a few rows into the next day.
SAME = 0.95
#: Rank correlation from which one time tells the other.
ALONG = 0.98
#: Rows of each side that are looked at.
ROWS = 5_000


def time_of(left: Look, right: Look, shared: Sequence[str], time_column: str | None) -> str | None:
    """Return the column that says when a row happened: the given one, else the only one that holds times."""
    if time_column is not None:
        return time_column if time_column in shared else None
    times = [name for name in shared if {side.columns[name].profile.kind for side in (left, right)} == {"datetime"}]
    return times[0] if len(times) == 1 else None


def followers(left: Look, right: Look, shared: Sequence[str], time_column: str) -> list[str]:
    """Return the columns that follow the time, it among them.

    A number follows it when it is a unit of the calendar in both sides. That it only changed at the moment between the sides is no
    reason: that is the very difference a comparison looks for.
    """
    times = np.concatenate([read_times(side, time_column)[:ROWS] for side in (left, right)])
    units = _units(times)
    found = [time_column]
    for name in shared:
        sides = left.columns[name], right.columns[name]
        kinds = {item.profile.kind for item in sides}
        if name == time_column or any(item.values is None for item in sides) or len(kinds) != 1:
            continue
        values = np.concatenate([item.values[:ROWS] for item in sides if item.values is not None])
        present = np.isfinite(values) & np.isfinite(times)
        if present.sum() < 2:
            continue
        if kinds == {"datetime"}:
            follows = abs(spearman(values[present], times[present])) > ALONG
        else:
            follows = any(float(np.mean(values[present] == unit[present])) >= SAME for unit in units)
        if follows:
            found.append(name)
    return found


def _units(times: FloatArray) -> list[FloatArray]:
    """The units of the calendar as they are written in numbers, for each row."""
    moment = np.where(np.isfinite(times), times, 0).astype(np.int64).astype("datetime64[us]")
    hour, day = moment.astype("datetime64[h]"), moment.astype("datetime64[D]")
    month, year = moment.astype("datetime64[M]"), moment.astype("datetime64[Y]")
    weekday = (day.astype(np.int64) + 3) % 7
    counts = [
        year.astype(np.int64) + 1970,
        month.astype(np.int64) % 12 + 1,
        month.astype(np.int64) % 12 // 3 + 1,
        (day - month).astype(np.int64) + 1,
        (day - year).astype(np.int64) + 1,
        weekday,
        weekday + 1,
        (weekday + 1) % 7,
        (hour - day).astype(np.int64),
    ]
    return [count.astype(np.float64) for count in counts]

"""Times of day written as whole numbers: 5 for 00:05, 1435 for 14:35."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

DAY = 1440
#: Values looked at, and different ones that are needed: a day has 1,440.
PROBE, LEAST_VALUES = 20_000, 100


def is_clock(values: FloatArray) -> bool:
    """Whether numbers are times of day: whole, up to 2400, never with more than 59 minutes."""
    present = values[:PROBE]
    present = present[np.isfinite(present)]
    if len(present) < LEAST_VALUES or present.min() < 0 or present.max() > 2400 or present.max() < 1000:
        return False
    whole = present.astype(np.int64)
    return bool((whole == present).all() and (whole % 100 < 60).all() and len(np.unique(whole)) >= LEAST_VALUES)


def minutes(values: FloatArray) -> FloatArray:
    """Minutes since midnight."""
    found: FloatArray = np.floor(values / 100) * 60 + values % 100
    return found


def difference(later: FloatArray, earlier: FloatArray) -> FloatArray:
    """Minutes from one time of day to another, the short way around midnight."""
    found: FloatArray = (later - earlier + DAY / 2) % DAY - DAY / 2
    return found

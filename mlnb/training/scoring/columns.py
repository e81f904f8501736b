"""Columns of any kind as numbers where they have an order, and limits between their values in as few signs as say the same."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Numbers:
    """A column as numbers, NaN where it has none; times are microseconds."""

    values: NDArray[np.float64]
    is_time: bool = False

    def limit(self, limit: float) -> str:
        """Return a limit with as few digits as leave every value on its side."""
        return _time(limit, self.values) if self.is_time else _number(limit, self.values)


def as_numbers(column: pd.Series[Any]) -> Numbers | None:
    """Return a column of numbers, decimals, dates or times as numbers; None for every other."""
    import numpy as np
    import pandas as pd

    kind = pd.api.types
    if column.dtype == object:
        found = kind.infer_dtype(column, skipna=True)
        if found == "decimal":
            return Numbers(_floats(pd.to_numeric(column.astype("string"), errors="coerce")))
        if found not in ("date", "datetime"):
            return None
        column = pd.to_datetime(column, errors="coerce", utc=True)
    if kind.is_datetime64_any_dtype(column):
        naive = column.dt.tz_convert("UTC").dt.tz_localize(None) if getattr(column.dt, "tz", None) else column
        values = naive.astype("datetime64[us]").astype("int64").to_numpy(dtype=float)
        return Numbers(np.where(column.isna(), np.nan, values), is_time=True)
    if kind.is_numeric_dtype(column) and not kind.is_bool_dtype(column) and not kind.is_complex_dtype(column):
        return Numbers(_floats(column))
    return None


def _floats(column: pd.Series[Any]) -> NDArray[np.float64]:
    import numpy as np

    values: NDArray[np.float64] = column.to_numpy(dtype=float, na_value=np.nan)
    return values


def _number(limit: float, values: NDArray[np.float64]) -> str:
    import numpy as np

    known = values[np.isfinite(values)]
    if bool((known == np.floor(known)).all()):
        limit = math.floor(limit)
    below = known <= limit
    for digits in range(2, 17):
        short = float(f"{limit:.{digits}g}")
        if bool(((known <= short) == below).all()):
            return f"{short:.0f}" if short == round(short) and abs(short) < 1e15 else repr(short)
    return repr(float(limit))


def _time(limit: float, values: NDArray[np.float64]) -> str:
    import pandas as pd

    # Between two whole microseconds all times lie on the same sides.
    at = pd.Timestamp(math.floor(limit), unit="us")
    shorter = [(at.ceil(unit), at.floor(unit)) for unit in ("D", "h", "min", "s")]
    for time in (one for pair in shorter for one in pair):
        if bool(((values <= time.value // 1000) == (values <= limit)).all()):
            return time.isoformat(sep=" ").removesuffix(" 00:00:00")
    return at.isoformat(sep=" ")

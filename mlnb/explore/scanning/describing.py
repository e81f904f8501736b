"""Figures that are read from a distribution, and how values are written."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np

from ..records import ColumnProfile, Item, Kind, Outliers
from .binning import Binned
from .moments import Moments
from .weighted import Weighted

Distribution: TypeAlias = Weighted | Binned

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
TOP_ITEMS = 10
#: Longer text values are cut in the profile: it is a summary, not a copy.
ITEM_LENGTH = 60
#: Median absolute deviations beyond which a value is an outlier.
MAD_REACH = 6.0


def describe(profile: ColumnProfile, spread: Distribution) -> None:
    """Write quantiles, picture and outliers."""
    time = profile.kind == "datetime"
    levels = {level: spread.quantile(level) for level in QUANTILES}
    shown = as_time if time else _plain
    profile.quantiles = {str(level): shown(value) for level, value in levels.items()}
    profile.median = shown(levels[0.5])
    profile.histogram = spread.histogram()
    if not time:
        profile.outliers = outliers(spread, levels[0.25], levels[0.5], levels[0.75])
    if isinstance(spread, Binned):
        profile.bin_width = float(spread.edges.width)
        for name in ("median", "quantiles", "outliers"):
            if getattr(profile, name) is not None:
                profile.basis[name] = "bound"


def outliers(spread: Distribution, lower: float, median: float, upper: float) -> Outliers | None:
    """Return the values outside 1.5 interquartile ranges, and outside 6 median absolute deviations."""
    distance = upper - lower
    if distance <= 0:
        return None
    low, high = lower - 1.5 * distance, upper + 1.5 * distance
    number = spread.outside(low, high)
    found = Outliers(low=low, high=high, count=number, share=number / spread.n)
    deviation = spread.median_deviation(median)
    if deviation > 0:
        found.mad_low, found.mad_high = median - MAD_REACH * deviation, median + MAD_REACH * deviation
        found.mad_count = spread.outside(found.mad_low, found.mad_high)
        found.mad_share = found.mad_count / spread.n
    return found


def frequent(profile: ColumnProfile, top: list[tuple[Any, int]]) -> None:
    """Write the most frequent numbers, unless each occurs once."""
    if top and top[0][1] > 1:
        profile.frequent_items = [Item(item=number_text(profile.kind, value), count=number) for value, number in top]


def write_moments(profile: ColumnProfile, moments: Moments) -> None:
    """Write mean, spread and form; of times the mean alone."""
    if not math.isfinite(moments.mean):
        return
    if profile.kind == "datetime":
        profile.avg = as_time(moments.mean)
        return
    profile.avg = float(moments.mean)
    profile.stddev, profile.skew, profile.kurtosis = moments.stddev, moments.skew, moments.kurtosis


def percent(part: int, whole: int) -> float:
    """Return a share in percent, 0 of nothing."""
    return 100.0 * part / whole if whole else 0.0


def _plain(value: float) -> float | str:
    return float(value)


def exact_number(value: Any) -> float | str:
    """Return a number as a float, or as text where a float would be another number."""
    whole = isinstance(value, (int, np.integer)) and int(value) != float(value)
    return str(int(value)) if whole else float(value)


def as_time(value: Any) -> float | str:
    """Return microseconds since 1970 as text."""
    return str(np.datetime64(int(value), "us").astype("datetime64[s]")).replace("T", " ")


def number_text(kind: Kind, value: Any) -> str:
    """Return a value of a column of numbers or times as it is listed."""
    return str(as_time(value)) if kind == "datetime" else f"{value:.12g}" if value.dtype.kind == "f" else str(value)


def item_text(value: Any) -> str:
    """Return a value as it is listed: cut when it is long."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= ITEM_LENGTH else text[: ITEM_LENGTH - 1] + "…"

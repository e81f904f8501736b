"""Counts in fine bins: laid out on a sample, counted chunk by chunk, read as quantiles, shares and pictures.

Whole numbers within a small range have one bin per value, and everything read from them is exact (`weighted`). All others have 2,048
equal bins between the sample's outermost quantiles; the few values outside are kept as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..records import Histogram

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

BINS = 2048
#: The sample's quantiles between which the bins lie, widened by this part of their distance.
INNER, WIDENED = (0.0005, 0.9995), 0.02
#: Whole numbers in a range of at most this have one bin per value.
MOST_VALUES = 32_768
#: Values outside the bins that are kept; of more than this their distribution between edge and extreme is taken as even.
KEPT_OUTSIDE = 200_000
#: Bars of a drawn histogram, and whole numbers with one bar per value.
SHOWN_BINS, BAR_PER_VALUE = 40, 50
#: Bins lie within this distance of zero, so that no difference of two edges overflows; greater values are kept as they are.
FARTHEST = 4e307
#: The drawn range: what lies outside is counted in ``below`` and ``above``, so that one wild value does not flatten the rest.
DRAWN_RANGE = (0.001, 0.999)
#: Farther than so many bins away an edge is no longer told from its neighbour.
_COUNTABLE = 2.0**50


@dataclass(frozen=True, slots=True)
class Edges:
    """Equal bins from ``low``; with ``values`` bin ``i`` is the whole number ``low + i``."""

    low: float
    width: float
    bins: int
    values: bool = False

    @property
    def high(self) -> float:
        """Where the last bin ends."""
        return self.low + self.width * self.bins

    def holds(self, low: int, high: int) -> bool:
        """Whether whole numbers from ``low`` to ``high`` all have a bin of their own."""
        return self.values and self.low <= low and high <= self.low + self.bins - 1


def plan_edges(ordered: npt.NDArray[Any], *, whole: bool, wide: bool = False) -> Edges | None:
    """Lay out bins on a sample in ascending order; ``wide`` takes its range as it is, because it is known to be that of all rows."""
    if len(ordered) == 0:
        return None
    low, high = float(ordered[0]), float(ordered[-1])
    if whole and high - low <= MOST_VALUES and max(abs(low), abs(high)) < 2**52:
        spare = 0 if wide else max(64, int((high - low) / 4))
        return Edges(low - spare, 1.0, int(high - low) + 1 + 2 * spare, values=True)
    if not wide:
        # Between the greatest numbers even a quantile overflows; a quarter of them is as exact.
        part = 0.25 if max(abs(low), abs(high)) > FARTHEST else 1.0
        inner = np.quantile(ordered if part == 1.0 else ordered * part, INNER)
        low, high = (min(max(float(value), -FARTHEST * part), FARTHEST * part) / part for value in inner)
        low, high = low - WIDENED * (high - low), high + WIDENED * (high - low)
    low, high = max(low, -FARTHEST), min(high, FARTHEST)
    width = (high / BINS - low / BINS) * (1 + 1e-12)
    if not width > 1e-300 or low + width == low or not np.isfinite(width):
        width = max(abs(low) * 1e-9, 1e-300)
    return Edges(low, width, BINS)


def place_of(values: FloatArray, edges: Edges) -> IntArray:
    """Return where values are counted, by the very operations of :func:`count`: others move values at a boundary by a bin."""
    position = (values - edges.low) * (1.0 / edges.width) + 1.0
    return np.clip(position, 0.0, edges.bins + 1.0).astype(np.int64)


def count(values: npt.NDArray[Any], edges: Edges, spare: FloatArray, places: IntArray) -> IntArray:
    """Return the counts of a chunk without NaN: below, each bin, above. The two arrays are buffers of at least its length."""
    n = len(values)
    position, place = spare[:n], places[:n]
    np.subtract(values, edges.low, out=position, casting="unsafe")
    if edges.width != 1.0:
        np.multiply(position, 1.0 / edges.width, out=position)
    np.add(position, 1.0, out=position)
    np.clip(position, 0.0, edges.bins + 1.0, out=position)
    np.copyto(place, position, casting="unsafe")
    return np.bincount(place, minlength=edges.bins + 2)


def count_whole(values: IntArray, edges: Edges, places: IntArray) -> IntArray:
    """Return the counts per bin of whole numbers that all have one; ``places`` is a buffer of at least their length."""
    place = places[: len(values)]
    np.subtract(values, int(edges.low), out=place)
    return np.bincount(place, minlength=edges.bins)


def between(low: float, high: float, share: float) -> float:
    """Return what lies between two values, also where their distance is more than a number can be."""
    value = low + share * (high - low)
    return value if np.isfinite(value) else low * (1.0 - share) + high * share


@dataclass
class Binned:
    """Counts in bins, with what is needed to read them.

    Attributes
    ----------
    counts
        Per bin, without what lies outside.
    lower, upper
        The values outside, ascending; ``missing_lower`` and ``missing_upper`` more were not kept.
    sample
        Values of a sample in ascending order: they say how values lie within a bin.
    """

    edges: Edges
    counts: IntArray
    lower: FloatArray
    upper: FloatArray
    low: float
    high: float
    whole: bool
    sample: npt.NDArray[Any]
    missing_lower: int = 0
    missing_upper: int = 0

    def __post_init__(self) -> None:
        self.below = len(self.lower) + self.missing_lower
        self.above = len(self.upper) + self.missing_upper
        self.inside = int(self.counts.sum())
        self.n = self.below + self.inside + self.above
        self._ends = np.cumsum(self.counts)

    # -- from rank to value ---------------------------------------------------------------------------------------------

    def quantile(self, share: float) -> float:
        """Return a quantile as numpy does: between the two neighbouring values."""
        place = share * (self.n - 1)
        first = int(np.floor(place))
        left = self.at(first)
        part = place - first
        if part <= 0 or first + 1 >= self.n:
            return left
        return between(left, self.at(first + 1), part)

    def at(self, rank: int) -> float:
        """Return the value at a rank, counted from 0."""
        if rank < self.below:
            return self._outside(rank, self.lower, self.missing_lower, self.low, self.edges.low)
        rank -= self.below
        if rank >= self.inside:
            return self._outside(rank - self.inside, self.upper, self.missing_upper, self.edges.high, self.high)
        place = int(np.searchsorted(self._ends, rank, side="right"))
        within = rank - (int(self._ends[place - 1]) if place else 0)
        return self._in_bin(place, (within + 0.5) / int(self.counts[place]))

    def _outside(self, rank: int, kept: FloatArray, missing: int, low: float, high: float) -> float:
        if not missing:
            return float(kept[rank])
        return self._rounded(between(low, high, (rank + 0.5) / (len(kept) + missing)))

    def _bounds(self, place: int) -> tuple[float, float]:
        left = self.edges.low + place * self.edges.width
        return max(left, self.low), min(left + self.edges.width, self.high)

    def _in_bin(self, place: int, share: float) -> float:
        left, right = self._bounds(place)
        first, last = np.searchsorted(self.sample, [left, right])
        if last > first:
            known = self.sample[first:last].astype(np.float64)
            value = float(np.interp(share, (np.arange(len(known)) + 0.5) / len(known), known))
        else:
            value = left + share * (right - left)
        return self._rounded(min(max(value, left), right))

    def _rounded(self, value: float) -> float:
        return float(min(max(np.rint(value), self.low), self.high)) if self.whole else value

    # -- from value to rank ---------------------------------------------------------------------------------------------

    def below_value(self, value: float) -> int:
        """Return how many values are less than ``value``."""
        if value <= self.low or value > self.high:
            return 0 if value <= self.low else self.n
        if value <= self.edges.low:
            return self._rank_outside(value, self.lower, self.missing_lower, self.low, self.edges.low)
        if value > self.edges.high:
            more = self._rank_outside(value, self.upper, self.missing_upper, self.edges.high, self.high)
            return self.below + self.inside + more
        place = min(int((value - self.edges.low) / self.edges.width), self.edges.bins - 1)
        before = self.below + (int(self._ends[place - 1]) if place else 0)
        left, right = self._bounds(place)
        first, at, last = np.searchsorted(self.sample, [left, value, right])
        share = (at - first) / (last - first) if last > first else (value - left) / max(right - left, 1e-300)
        return before + round(min(max(float(share), 0.0), 1.0) * int(self.counts[place]))

    def _rank_outside(self, value: float, kept: FloatArray, missing: int, low: float, high: float) -> int:
        if not missing:
            return int(np.searchsorted(kept, value, side="left"))
        share = (value - low) / (high - low) if high > low else 0.0
        return round(min(max(share, 0.0), 1.0) * (len(kept) + missing))

    def outside(self, low: float, high: float) -> int:
        """Return how many values are less than ``low`` or greater than ``high``."""
        return self.below_value(low) + self.n - self.below_value(float(np.nextafter(high, np.inf)))

    def median_deviation(self, median: float) -> float:
        """Return the median of the distances from ``median``."""
        centres = self.edges.low + (np.arange(self.edges.bins) + 0.5) * self.edges.width
        distances = np.abs(np.concatenate((centres, self.lower, self.upper)) - median)
        weights = np.concatenate((self.counts, np.ones(len(self.lower) + len(self.upper), dtype=np.int64)))
        order = np.argsort(distances, kind="stable")
        ends = np.cumsum(weights[order])
        at = np.searchsorted(ends, (self.n - 1) // 2, side="right")
        return float(distances[order][min(int(at), len(order) - 1)])

    # -- a picture ------------------------------------------------------------------------------------------------------

    def histogram(self, bars: int = SHOWN_BINS) -> Histogram:
        """Return bars made of whole bins, so that their counts are exact."""
        low, high = self.low, self.high
        inner = [self.quantile(share) for share in DRAWN_RANGE]
        # Cut the tails only where they would squeeze the rest into a few bars.
        if inner[1] > inner[0] and high - low > 2 * (inner[1] - inner[0]):
            low, high = inner
        # Tails so far away that whole bins cannot be counted up to them are told as counts beside the picture.
        if not (high - low) / self.edges.width < _COUNTABLE:
            low, high = max(low, self.edges.low), min(high, self.edges.high)
        return self._bars(low, high, bars)

    def _bars(self, low: float, high: float, bars: int) -> Histogram:
        start, width = self.edges.low, self.edges.width
        group = max(1, int(np.ceil((high - low) / width / bars)))
        first = int(np.floor((low - start) / (width * group)))
        last = max(first + 1, int(np.ceil((high - start) / (width * group))))
        while last > first + 1 and start + (last - 1) * group * width > high:
            last -= 1
        if start + last * group * width <= high and high == self.high:
            last += 1  # the greatest value stands on the last edge
        edges = start + np.arange(first, last + 1) * group * width
        bins = np.arange(self.edges.bins) // group - first
        inside = (bins >= 0) & (bins < last - first)
        counts = np.bincount(bins[inside], weights=self.counts[inside], minlength=last - first).astype(np.int64)
        beside = np.concatenate((self.lower, self.upper))
        at = np.clip(np.floor((beside - start) / (width * group)), first - 1, last).astype(np.int64) - first
        counts += np.bincount(at[(at >= 0) & (at < last - first)], minlength=last - first)
        below = int(self.counts[bins < 0].sum() + (at < 0).sum()) + self.missing_lower
        above = int(self.counts[bins >= last - first].sum() + (at >= last - first).sum()) + self.missing_upper
        return Histogram(edges=edges.tolist(), counts=counts.tolist(), below=below, above=above)

"""Distinct values with how often each occurs: everything read from them is exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..records import Histogram
from .binning import BAR_PER_VALUE, DRAWN_RANGE, SHOWN_BINS, FloatArray, IntArray, between


@dataclass
class Weighted:
    """Distinct values in ascending order and their counts."""

    values: npt.NDArray[Any]
    counts: IntArray

    def __post_init__(self) -> None:
        self._ends = np.cumsum(self.counts)
        self.n = int(self._ends[-1]) if len(self._ends) else 0
        self.low, self.high = (float(self.values[0]), float(self.values[-1])) if self.n else (0.0, 0.0)

    def merge(self, other: Weighted) -> Weighted:
        """Return the values of both."""
        values, where = np.unique(np.concatenate((self.values, other.values)), return_inverse=True)
        weights = np.concatenate((self.counts, other.counts))
        # Sums of whole numbers below 2**53 are exact in doubles.
        return Weighted(values, np.bincount(where, weights=weights, minlength=len(values)).astype(np.int64))

    def at(self, rank: int) -> float:
        """Return the value at a rank, counted from 0."""
        return float(self.values[np.searchsorted(self._ends, rank, side="right")])

    def quantile(self, share: float) -> float:
        """Return a quantile as numpy does: between the two neighbouring values."""
        place = share * (self.n - 1)
        first = int(np.floor(place))
        left, part = self.at(first), place - first
        return left if part <= 0 or first + 1 >= self.n else between(left, self.at(first + 1), part)

    def below_value(self, value: float) -> int:
        """Return how many values are less than ``value``."""
        place = int(np.searchsorted(self.values, value, side="left"))
        return int(self._ends[place - 1]) if place else 0

    def outside(self, low: float, high: float) -> int:
        """Return how many values are less than ``low`` or greater than ``high``."""
        place = int(np.searchsorted(self.values, high, side="right"))
        return self.below_value(low) + self.n - (int(self._ends[place - 1]) if place else 0)

    def median_deviation(self, median: float) -> float:
        """Return the median of the distances from ``median``."""
        distances = np.abs(self.values.astype(np.float64) - median)
        order = np.argsort(distances, kind="stable")
        ends = np.cumsum(self.counts[order])
        pair = [
            distances[order][np.searchsorted(ends, rank, side="right")] for rank in ((self.n - 1) // 2, self.n // 2)
        ]
        return float(sum(pair) / 2)

    def top(self, size: int) -> list[tuple[Any, int]]:
        """Return the most frequent values, ties in ascending order."""
        if len(self.counts) > size:
            least = np.partition(self.counts, -size)[-size]
            more, equal = np.flatnonzero(self.counts > least), np.flatnonzero(self.counts == least)
            best = np.concatenate((more, equal[: size - len(more)]))
        else:
            best = np.arange(len(self.counts))
        order = best[np.lexsort((best, -self.counts[best]))]
        return [(self.values[i], int(self.counts[i])) for i in order]

    def histogram(self, bars: int = SHOWN_BINS) -> Histogram:
        """Return one bar per value for few whole numbers, else equal bars over the inner range."""
        low, high = self.low, self.high
        few = self.values.dtype.kind in "iu" or (
            len(self.values) <= BAR_PER_VALUE and bool(np.all(self.values == np.floor(self.values)))
        )
        # Beyond 2**52 a half cannot be told from the whole number beside it.
        if few and high - low < BAR_PER_VALUE and max(abs(low), abs(high)) < 2**52:
            edges = np.arange(low - 0.5, high + 1)
        else:
            inner = [self.quantile(share) for share in DRAWN_RANGE]
            if inner[1] > inner[0] and high - low > 2 * (inner[1] - inner[0]):
                low, high = inner
            low, high = (float(low), float(high)) if low < high else (low - 0.5, high + 0.5)
            part = 1.0 if np.isfinite(high - low) else 0.5
            edges = np.linspace(low * part, high * part, bars + 1) / part
        return self._between(edges)

    def _between(self, edges: FloatArray) -> Histogram:
        ends = np.concatenate(([0], self._ends))
        places = ends[np.searchsorted(self.values, edges, side="left")]
        places[-1] = ends[np.searchsorted(self.values, edges[-1], side="right")]
        return Histogram(
            edges=edges.tolist(), counts=np.diff(places).tolist(), below=int(places[0]), above=self.n - int(places[-1])
        )


def weighted(values: npt.NDArray[Any]) -> Weighted:
    """Count the values of a chunk."""
    return ordered_weighted(np.sort(values))


def ordered_weighted(ordered: npt.NDArray[Any]) -> Weighted:
    """Count values that are in ascending order."""
    steps = np.flatnonzero(ordered[1:] != ordered[:-1])
    starts = np.concatenate(([0], steps + 1)) if len(ordered) else np.array([], dtype=np.int64)
    return Weighted(ordered[starts], np.diff(np.concatenate((starts, [len(ordered)]))).astype(np.int64))

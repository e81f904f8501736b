"""Distances and tests between two distributions, from histograms alone.

Exploration compares tables and monitoring compares windows with the same definitions, so they live here once. Everything
works on counts, never on rows: a window of a hundred million rows and one of a thousand cost the same, and the counts
come from one SQL pass.

Counts of a numeric column follow one convention, the one of SQL's ``histogram(x, edges)``: for ``k`` ascending edges there are
``k + 1`` counts, ``counts[i]`` holds the values in ``(edges[i-1], edges[i]]``, the first everything up to ``edges[0]`` and the
last everything above ``edges[-1]``. So the cumulated counts *are* the distribution function at the edges.

An empty group has no distribution: every function answers ``None`` then, never 0 or NaN.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Counts = Sequence[float] | npt.NDArray[Any]

#: Added to every share before a logarithm, so that one empty bin does not make the index infinite.
SMOOTHING = 1e-4
#: PSI and JS have their usual limits (0.1, 0.2) for ten bins; on hundreds of bins noise alone passes them.
COARSE_BINS = 10
#: Categories kept by name, the rest is "other".
TOP_CATEGORIES = 20
#: Quantile edges of a numeric column, plus edges in the tails, without which transport distances are 10 % off.
FINE_BINS = 256
TAIL_QUANTILES = (0.001, 0.005, 0.995, 0.999)
#: Below this expected count a chi-squared cell is pooled with its neighbour.
MIN_EXPECTED = 5.0


class TwoSampleTest(NamedTuple):
    """A test statistic and its p-value."""

    statistic: float
    pvalue: float


@dataclass(frozen=True, slots=True)
class Distances:
    """All distances of one column; a figure that the column's kind does not have is ``None``."""

    psi: float | None = None
    js: float | None = None
    tv: float | None = None
    l_infinity: float | None = None
    ks: TwoSampleTest | None = None
    chi2: TwoSampleTest | None = None
    wasserstein: float | None = None
    wasserstein_normalized: float | None = None


# -- histograms --------------------------------------------------------------------------------------------------------


def quantile_levels(bins: int = FINE_BINS) -> list[float]:
    """Quantile levels of the fine edges: equal steps, the extremes and the tails, ascending."""
    return sorted({i / bins for i in range(bins + 1)} | set(TAIL_QUANTILES))


def edges_from_quantiles(quantiles: Counts) -> FloatArray:
    """Strictly ascending edges from quantile values whose first one is the minimum.

    One edge lies just below the minimum: values of another group under it must not be counted with the values *at* it.
    """
    finite = np.asarray(quantiles, dtype=np.float64)
    finite = np.unique(finite[np.isfinite(finite)])
    if finite.size == 0:
        return finite
    return np.concatenate(([np.nextafter(finite[0], -np.inf)], finite))


def fine_edges(values: Counts, bins: int = FINE_BINS) -> FloatArray:
    """Edges of a reference column: its quantiles, tails and extremes, equal ones merged."""
    array = np.asarray(values, dtype=np.float64)
    array = array[np.isfinite(array)]
    if array.size == 0:
        return array
    return edges_from_quantiles(np.quantile(array, quantile_levels(bins)))


def histogram(values: Counts, edges: Counts) -> npt.NDArray[np.int64]:
    """Counts of the finite ``values`` in the ``len(edges) + 1`` right-closed bins of ``edges``."""
    array = np.asarray(values, dtype=np.float64)
    array = array[np.isfinite(array)]
    positions = np.searchsorted(np.asarray(edges, dtype=np.float64), array, side="left")
    return np.bincount(positions, minlength=len(edges) + 1).astype(np.int64)


def coarse_edges(edges: Counts, counts: Counts, bins: int = COARSE_BINS) -> list[int]:
    """Positions of the edges nearest above the deciles of the reference counts; equal ones are merged.

    When the reference has a spike at its minimum, the edge below it becomes a bin border too: otherwise values under the
    minimum would share the spike's bin and not show.
    """
    cumulated = np.cumsum(np.asarray(counts, dtype=np.float64))
    if cumulated.size == 0 or cumulated[-1] <= 0 or len(edges) == 0:
        return []
    levels = np.arange(1, bins) / bins * cumulated[-1]
    # A rounding error in the level must not push a decile to the next edge.
    positions = np.searchsorted(cumulated, levels * (1 - 1e-12), side="left")
    merged = [int(p) for p in np.unique(positions) if p < len(edges)]
    if merged and merged[0] == 1 and cumulated[0] == 0:
        merged.insert(0, 0)
    return merged


def coarsen(counts: Counts, positions: Sequence[int]) -> FloatArray:
    """Counts summed up to each of the edge ``positions`` (and above the last one)."""
    array = np.asarray(counts, dtype=np.float64)
    if not positions:
        return np.array([array.sum()])
    return np.add.reduceat(array, [0, *(p + 1 for p in positions)])


def category_counts(
    reference: Mapping[Hashable, float], current: Mapping[Hashable, float], top: int = TOP_CATEGORIES
) -> tuple[list[Hashable], FloatArray, FloatArray]:
    """Counts of both groups over the reference's ``top`` categories and "other" (label ``None``)."""
    labels = sorted(reference, key=lambda item: (-reference[item], str(item)))[:top]
    left = [float(reference[label]) for label in labels]
    right = [float(current.get(label, 0)) for label in labels]
    left.append(max(0.0, float(sum(reference.values())) - sum(left)))
    right.append(max(0.0, float(sum(current.values())) - sum(right)))
    return [*labels, None], np.asarray(left), np.asarray(right)


# -- distances over equal bins -----------------------------------------------------------------------------------------


def shares(counts: Counts) -> FloatArray | None:
    """Counts divided by their sum, or ``None`` for an empty group."""
    array = np.asarray(counts, dtype=np.float64)
    total = float(array.sum())
    return array / total if total > 0 else None


def _both_shares(reference: Counts, current: Counts) -> tuple[FloatArray, FloatArray] | None:
    p, q = shares(reference), shares(current)
    return None if p is None or q is None else (p, q)


def population_stability_index(reference: Counts, current: Counts, smoothing: float = SMOOTHING) -> float | None:
    """``sum((q - p) * ln(q / p))`` over shares with ``smoothing`` added."""
    both = _both_shares(reference, current)
    if both is None:
        return None
    p, q = both[0] + smoothing, both[1] + smoothing
    return float(np.sum((q - p) * np.log(q / p)))


def js_distance(reference: Counts, current: Counts) -> float | None:
    """Root of the Jensen-Shannon divergence in base 2: 0 for equal, 1 for disjoint distributions."""
    both = _both_shares(reference, current)
    if both is None:
        return None
    p, q = both
    middle = (p + q) / 2
    divergence = (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2
    return math.sqrt(min(1.0, max(0.0, divergence)))


def _relative_entropy(p: FloatArray, q: FloatArray) -> float:
    """Kullback-Leibler divergence in bits; ``0 ln 0`` counts as 0."""
    positive = p > 0
    return float(np.sum(p[positive] * np.log2(p[positive] / q[positive])))


def tv_distance(reference: Counts, current: Counts) -> float | None:
    """Total variation: half the sum of the absolute differences of the shares."""
    both = _both_shares(reference, current)
    return None if both is None else float(np.abs(both[0] - both[1]).sum() / 2)


def l_infinity_distance(reference: Counts, current: Counts) -> float | None:
    """The largest absolute difference of the shares."""
    both = _both_shares(reference, current)
    return None if both is None else float(np.abs(both[0] - both[1]).max())


def chi_squared_test(reference: Counts, current: Counts) -> TwoSampleTest | None:
    """Chi-squared test that both groups come from one distribution, categories pooled to an expected count of 5."""
    table = np.vstack([np.asarray(reference, dtype=np.float64), np.asarray(current, dtype=np.float64)])
    rows = table.sum(axis=1)
    if rows.min() <= 0:
        return None
    table = _pooled(table, MIN_EXPECTED * rows.sum() / rows.min())
    if table.shape[1] < 2:
        return TwoSampleTest(0.0, 1.0)
    columns = table.sum(axis=0)
    expected = rows[:, None] * columns[None, :] / rows.sum()
    statistic = float(((table - expected) ** 2 / expected).sum())
    from scipy.special import chdtrc

    return TwoSampleTest(statistic, float(chdtrc(table.shape[1] - 1, statistic)))


def _pooled(table: FloatArray, minimum: float) -> FloatArray:
    """Columns of ``table`` whose total is under ``minimum`` summed into one, which takes in the next larger if needed."""
    totals = table.sum(axis=0)
    table = table[:, totals > 0]
    order = np.argsort(table.sum(axis=0), kind="stable")
    table = table[:, order]
    cumulated = np.cumsum(table.sum(axis=0))
    small = int((table.sum(axis=0) < minimum).sum())
    if small == 0:
        return table
    if small < table.shape[1] and cumulated[small - 1] < minimum:
        small += 1
    return np.column_stack([table[:, :small].sum(axis=1), table[:, small:]])


# -- numeric columns over fine edges -----------------------------------------------------------------------------------


def ks_test(reference: Counts, current: Counts) -> TwoSampleTest | None:
    """Largest distance of the two distribution functions at the edges, with the asymptotic p-value."""
    p, q = np.asarray(reference, dtype=np.float64), np.asarray(current, dtype=np.float64)
    n, m = float(p.sum()), float(q.sum())
    if n <= 0 or m <= 0:
        return None
    statistic = float(np.abs(np.cumsum(p) / n - np.cumsum(q) / m).max())
    return TwoSampleTest(statistic, kolmogorov_sf(statistic * math.sqrt(n * m / (n + m))))


def kolmogorov_sf(x: float) -> float:
    """Survival function of the Kolmogorov distribution."""
    if x <= 0:
        return 1.0
    if x < 0.6:  # the alternating series converges slowly here, its theta-function twin at once
        terms = sum(math.exp(-((2 * k - 1) ** 2) * math.pi**2 / (8 * x * x)) for k in range(1, 5))
        return 1.0 - math.sqrt(2 * math.pi) / x * terms
    total = sum((-1.0) ** (k - 1) * math.exp(-2 * k * k * x * x) for k in range(1, 30))
    return min(1.0, max(0.0, 2 * total))


def wasserstein_distance(
    edges: Counts,
    reference: Counts,
    current: Counts,
    *,
    reference_range: tuple[float, float] | None = None,
    current_range: tuple[float, float] | None = None,
) -> float | None:
    """Area between the two distribution functions, taken as linear inside a bin.

    The ranges are each group's minimum and maximum; without them the outermost edges stand in for the extremes.
    """
    edge = np.asarray(edges, dtype=np.float64)
    p, q = np.asarray(reference, dtype=np.float64), np.asarray(current, dtype=np.float64)
    if edge.size == 0 or p.sum() <= 0 or q.sum() <= 0:
        return None
    ends = (float(edge[0]), float(edge[-1]))
    left = _distribution_knots(edge, p, reference_range or ends)
    right = _distribution_knots(edge, q, current_range or ends)
    grid = np.union1d(left[0], right[0])
    difference = np.interp(grid, *left, left=0.0, right=1.0) - np.interp(grid, *right, left=0.0, right=1.0)
    return _area_of_absolute(grid, difference)


def _distribution_knots(
    edges: FloatArray, counts: FloatArray, extremes: tuple[float, float]
) -> tuple[FloatArray, FloatArray]:
    """Points of a group's distribution function: 0 at its minimum, the cumulated share at edges, 1 at its maximum."""
    low, high = extremes
    inside = (edges > low) & (edges < high)
    cumulated = np.cumsum(counts)[: len(edges)] / counts.sum()
    x = np.concatenate(([low], edges[inside], [high]))
    y = np.concatenate(([0.0], cumulated[inside], [1.0]))
    if low == high:  # a constant: the step is one point wide
        return np.array([np.nextafter(low, -np.inf), low]), np.array([0.0, 1.0])
    return x, y


def _area_of_absolute(x: FloatArray, y: FloatArray) -> float:
    """Integral of ``|y|`` for a piecewise linear ``y``, exact where it changes sign."""
    width, a, b = np.diff(x), y[:-1], y[1:]
    same = a * b >= 0
    span = np.abs(a) + np.abs(b)
    with np.errstate(invalid="ignore", divide="ignore"):
        crossing = (a * a + b * b) / (2 * span)
    return float(np.sum(width * np.where(same, span / 2, crossing)))


def histogram_quantiles(
    edges: Counts, counts: Counts, levels: Sequence[float], low: float, high: float
) -> list[float] | None:
    """Quantiles of a histogram, interpolated inside its bins between the group's minimum and maximum."""
    edge, array = np.asarray(edges, dtype=np.float64), np.asarray(counts, dtype=np.float64)
    if array.sum() <= 0:
        return None
    x, y = _distribution_knots(edge, array, (low, high))
    return [float(v) for v in np.interp(levels, y, x)]


# -- whole columns -----------------------------------------------------------------------------------------------------


def numeric_distances(
    edges: Counts,
    reference: Counts,
    current: Counts,
    *,
    reference_range: tuple[float, float] | None = None,
    current_range: tuple[float, float] | None = None,
    reference_stddev: float | None = None,
) -> Distances:
    """Every distance of a numeric column from its two fine histograms."""
    positions = coarse_edges(edges, reference)
    p, q = coarsen(reference, positions), coarsen(current, positions)
    area = wasserstein_distance(edges, reference, current, reference_range=reference_range, current_range=current_range)
    normalized = area / reference_stddev if area is not None and reference_stddev else None
    return Distances(
        psi=population_stability_index(p, q),
        js=js_distance(p, q),
        tv=tv_distance(p, q),
        l_infinity=l_infinity_distance(p, q),
        ks=ks_test(reference, current),
        wasserstein=area,
        wasserstein_normalized=normalized,
    )


def categorical_distances(
    reference: Mapping[Hashable, float], current: Mapping[Hashable, float], top: int = TOP_CATEGORIES
) -> Distances:
    """Every distance of a categorical column from its two maps of category to count."""
    _, p, q = category_counts(reference, current, top)
    return Distances(
        psi=population_stability_index(p, q),
        js=js_distance(p, q),
        tv=tv_distance(p, q),
        l_infinity=l_infinity_distance(p, q),
        chi2=chi_squared_test(p, q),
    )


def benjamini_hochberg(pvalues: Sequence[float | None]) -> list[float | None]:
    """P-values adjusted for looking at many columns at once; ``None`` stays ``None`` and does not count."""
    known = [i for i, p in enumerate(pvalues) if p is not None]
    adjusted: list[float | None] = [None] * len(pvalues)
    smallest = 1.0
    for rank, index in sorted(enumerate(sorted(known, key=lambda i: pvalues[i] or 0.0), 1), reverse=True):
        smallest = min(smallest, (pvalues[index] or 0.0) * len(known) / rank)
        adjusted[index] = smallest
    return adjusted

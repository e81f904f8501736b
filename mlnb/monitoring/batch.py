"""The distances of `mlnb.explore.distances` for many pairs of groups at once.

A month of days with a few slices is tens of thousands of comparisons, and calling a function for each costs more than reading the
data. So one column of all groups is compared in one go, on matrices with a row per pair. The definitions are those of
`distances`, and a test holds both to the same numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlnb.explore import distances

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]

#: Matrices of this many numbers are worked on at a time: 64 MB each.
_BLOCK = 8_000_000


def share_distances(reference: FloatArray, current: FloatArray) -> dict[str, FloatArray]:
    """PSI, JS, total variation and maximum distance of each pair of rows of counts; NaN where a group is empty.

    Parameters
    ----------
    reference, current
        Counts, one row per pair, the same bins in both.
    """
    import numpy as np

    p, q = _shares(reference), _shares(current)
    gap = np.abs(p - q)
    smooth_p, smooth_q = p + distances.SMOOTHING, q + distances.SMOOTHING
    middle = (p + q) / 2
    divergence = (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2
    return {
        "population_stability_index": np.sum((smooth_q - smooth_p) * np.log(smooth_q / smooth_p), axis=1),
        "js_distance": np.sqrt(np.clip(divergence, 0.0, 1.0)),
        "tv_distance": gap.sum(axis=1) / 2,
        "l_infinity_distance": gap.max(axis=1) if gap.shape[1] else np.zeros(len(gap)),
    }


def numeric_distances(
    edges: FloatArray, reference: FloatArray, current: FloatArray, ranges: FloatArray, *, discrete: bool
) -> dict[str, FloatArray]:
    """All distances of one numeric column for many pairs.

    Parameters
    ----------
    edges
        Fine edges, the same for all.
    reference, current
        Fine histograms, one row per pair.
    ranges
        Per pair: minimum and maximum of the reference, minimum and maximum of the current group; NaN when empty.
    discrete
        The edges are all values there are, so the distribution functions are steps.
    """
    import numpy as np

    size = max(1, _BLOCK // max(1, reference.shape[1]))
    parts = [
        _numeric_block(edges, reference[i : i + size], current[i : i + size], ranges[i : i + size], discrete)
        for i in range(0, len(reference), size)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}


def _numeric_block(
    edges: FloatArray, reference: FloatArray, current: FloatArray, ranges: FloatArray, discrete: bool
) -> dict[str, FloatArray]:
    import numpy as np
    from scipy.special import kolmogorov

    found = _coarse(edges, reference, current)
    n, m = reference.sum(axis=1), current.sum(axis=1)
    both = (n > 0) & (m > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        gap = np.cumsum(reference, axis=1) / n[:, None] - np.cumsum(current, axis=1) / m[:, None]
        statistic = np.where(both, np.abs(gap).max(axis=1), np.nan)
        scaled = statistic * np.sqrt(n * m / (n + m))
    found["ks_statistic"] = statistic
    found["ks_pvalue"] = kolmogorov(scaled)
    found["wasserstein_distance"] = _wasserstein(edges, reference, current, ranges)
    if discrete and len(edges) > 1:
        outside = reference[:, 0] + reference[:, -1] + current[:, 0] + current[:, -1]
        steps = np.sum(np.abs(gap[:, 1:-2]) * np.diff(edges[1:]), axis=1)
        found["wasserstein_distance"] = np.where((outside == 0) & both, steps, found["wasserstein_distance"])
    return found


def _coarse(edges: FloatArray, reference: FloatArray, current: FloatArray) -> dict[str, FloatArray]:
    """Distances on the reference's deciles; pairs with the same reference share its coarse bins."""
    import numpy as np

    seen: dict[bytes, list[int]] = {}
    by_bins: dict[tuple[int, ...], list[int]] = {}
    for number, row in enumerate(reference):
        digest = row.tobytes()
        if digest not in seen:
            seen[digest] = distances.coarse_edges(edges, row)
        by_bins.setdefault(tuple(seen[digest]), []).append(number)
    # Empty bins change none of these distances, so pairs with fewer bins are filled up and all are compared at once.
    width = max(len(positions) for positions in by_bins) + 1
    p, q = np.zeros((len(reference), width)), np.zeros((len(reference), width))
    for positions, numbers in by_bins.items():
        starts = [0, *(position + 1 for position in positions)]
        p[numbers, : len(starts)] = np.add.reduceat(reference[numbers], starts, axis=1)
        q[numbers, : len(starts)] = np.add.reduceat(current[numbers], starts, axis=1)
    return share_distances(p, q)


def _wasserstein(edges: FloatArray, reference: FloatArray, current: FloatArray, ranges: FloatArray) -> FloatArray:
    """Area between two distribution functions that are linear inside a bin and end at each group's extremes."""
    import numpy as np

    if len(edges) == 0:
        return np.full(len(reference), np.nan)
    # The point just below a minimum makes the distribution of a constant the step that it is.
    points = np.concatenate([ranges, np.nextafter(ranges[:, [0, 2]], -np.inf)], axis=1)
    grid = np.concatenate([np.broadcast_to(edges, (len(reference), len(edges))), points], axis=1)
    left = _distribution(edges, reference, ranges[:, 0], ranges[:, 1], points)
    right = _distribution(edges, current, ranges[:, 2], ranges[:, 3], points)
    order = np.argsort(grid, axis=1, kind="stable")
    x = np.take_along_axis(grid, order, axis=1)
    y = np.take_along_axis(left - right, order, axis=1)
    width, a, b = np.diff(x, axis=1), y[:, :-1], y[:, 1:]
    span = np.abs(a) + np.abs(b)
    with np.errstate(invalid="ignore", divide="ignore"):
        crossing = (a * a + b * b) / (2 * span)
    area: FloatArray = np.sum(width * np.where(a * b >= 0, span / 2, crossing), axis=1)
    return area


def _distribution(
    edges: FloatArray, counts: FloatArray, low: FloatArray, high: FloatArray, points: FloatArray
) -> FloatArray:
    """Values of the distribution functions at the edges and at further points, one row per group."""
    import numpy as np

    with np.errstate(invalid="ignore", divide="ignore"):
        cumulated = np.cumsum(counts, axis=1)[:, : len(edges)] / counts.sum(axis=1)[:, None]
    at_edges = np.where(edges >= high[:, None], 1.0, np.where(edges <= low[:, None], 0.0, cumulated))
    # A further point lies between two edges; the group's own extremes are nearer knots when they lie there too.
    place = np.searchsorted(edges, points, side="left")
    rows = np.arange(len(counts))[:, None]
    before, after = np.clip(place - 1, 0, len(edges) - 1), np.clip(place, 0, len(edges) - 1)
    lows, highs = low[:, None], high[:, None]
    left_x = np.where(place > 0, np.maximum(edges[before], lows), lows)
    left_y = np.where((place > 0) & (edges[before] > lows), at_edges[rows, before], 0.0)
    right_x = np.where(place < len(edges), np.minimum(edges[after], highs), highs)
    right_y = np.where((place < len(edges)) & (edges[after] < highs), at_edges[rows, after], 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        inside = left_y + (right_y - left_y) * (points - left_x) / (right_x - left_x)
    at_points = np.where(points >= highs, 1.0, np.where(points <= lows, 0.0, inside))
    return np.concatenate([at_edges, at_points], axis=1)


def _shares(counts: FloatArray) -> FloatArray:
    import numpy as np

    with np.errstate(invalid="ignore", divide="ignore"):
        shares: FloatArray = counts / counts.sum(axis=1)[:, None]
    return shares


def _relative_entropy(p: FloatArray, q: FloatArray) -> FloatArray:
    import numpy as np

    with np.errstate(invalid="ignore", divide="ignore"):
        terms = np.where(p > 0, p * np.log2(p / q), np.where(np.isnan(p), np.nan, 0.0))
    total: FloatArray = terms.sum(axis=1)
    return total

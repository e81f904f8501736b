"""An order in which what goes together stands together: the leaves of a tree built by average linkage."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def clustered_order(distance: npt.NDArray[np.float64]) -> list[int]:
    """Return the rows of a symmetric matrix of distances in clustered order; both halves of a join are turned so that near ends meet."""
    size = len(distance)
    if size == 0:
        return []
    between = distance.astype(np.float64).copy()
    np.fill_diagonal(between, np.inf)
    members: dict[int, list[int]] = {i: [i] for i in range(size)}
    while len(members) > 1:
        a, b = divmod(int(between.argmin()), size)
        a, b = min(a, b), max(a, b)
        left, right = len(members[a]), len(members[b])
        members[a] = _joined(members[a], members.pop(b), distance)
        # The mean distance to the joined cluster, in place of a; b is no more.
        merged = (left * between[a] + right * between[b]) / (left + right)
        between[a], between[:, a] = merged, merged
        between[a, a] = np.inf
        between[b], between[:, b] = np.inf, np.inf
    return next(iter(members.values()))


def _joined(left: list[int], right: list[int], distance: npt.NDArray[np.float64]) -> list[int]:
    """The two orders one after the other, each as it is or turned, whichever brings the nearest ends together."""
    ways = [(a, b) for a in (left, left[::-1]) for b in (right, right[::-1])]
    best = min(ways, key=lambda way: float(distance[way[0][-1], way[1][0]]))
    return [*best[0], *best[1]]

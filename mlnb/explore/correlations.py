"""Correlations of numeric columns, on a sample small enough to look at all pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .measures import ranks
from .records import Correlation, Correlations

if TYPE_CHECKING:
    from .look import Look

#: Rows for pairs: a standard error of at most 0.007.
PAIR_ROWS = 20_000
#: Above this many columns the pairs of the first ones are looked at; two thousand columns have two million pairs.
MAX_COLUMNS = 100
#: Pairs kept, strongest first, and the weakest worth showing.
KEPT_PAIRS, WEAKEST = 15, 0.3


def correlate(look: Look) -> Correlations:
    """Return the strongest pairs of numeric columns, rows with both values only."""
    rows = slice(0, PAIR_ROWS)
    chosen = [c for c in look.columns.values() if c.values is not None and (c.profile.distinct_count or 0) > 2][
        :MAX_COLUMNS
    ]
    values = {c.profile.column_name: c.values[rows] for c in chosen if c.values is not None}
    names = [name for name, value in values.items() if np.isfinite(value).sum() >= 20]
    if len(names) < 2:
        return Correlations()
    raw = np.vstack([values[name] for name in names])
    finite = np.isfinite(raw)
    linear = _pairwise(raw, finite)
    # Ranks among each column's own values: exact where nothing is missing, close to it otherwise.
    ranked = np.where(finite, raw, np.nan)
    for position in range(len(names)):
        ranked[position, finite[position]] = ranks(raw[position, finite[position]])
    monotone = _pairwise(ranked, finite)
    pairs = [
        _pair(names[i], names[j], float(linear[i, j]), float(monotone[i, j]))
        for i in range(len(names))
        for j in range(i + 1, len(names))
        if max(abs(linear[i, j]), abs(monotone[i, j])) >= WEAKEST
    ]
    pairs.sort(key=lambda pair: -abs(pair.value))
    return Correlations(pairs=pairs[:KEPT_PAIRS], rows=min(look.size, PAIR_ROWS))


def _pair(left: str, right: str, pearson: float, spearman: float) -> Correlation:
    linear = abs(pearson) >= abs(spearman)
    return Correlation(
        left=left,
        right=right,
        measure="pearson" if linear else "spearman",
        value=pearson if linear else spearman,
        pearson=pearson,
        spearman=spearman,
    )


def _pairwise(values: npt.NDArray[np.float64], finite: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Pearson's correlation of every pair over the rows that both have."""
    scale = np.array([np.abs(v[f]).max() if f.any() else 1.0 for v, f in zip(values, finite, strict=True)])
    centre = np.array([v[f].mean() if f.any() else 0.0 for v, f in zip(values, finite, strict=True)])
    centred = np.where(finite, (values - centre[:, None]) / np.where(scale > 0, scale, 1)[:, None], 0.0)
    mask = finite.astype(np.float64)

    # einsum and not matmul: no BLAS threads, which cost far more than they bring on loaded cores.
    def product(left: npt.NDArray[np.float64], right: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        sums: npt.NDArray[np.float64] = np.einsum("ir,jr->ij", left, right)
        return sums

    n = np.maximum(product(mask, mask), 1)
    sums = product(centred, mask)  # of i over the rows that j has
    squares = product(centred * centred, mask)
    covariance = product(centred, centred) / n - sums * sums.T / (n * n)
    variance = squares / n - (sums / n) ** 2
    spread = np.sqrt(np.maximum(variance, 0) * np.maximum(variance.T, 0))
    with np.errstate(invalid="ignore", divide="ignore"):
        result = np.where(spread > 1e-15, covariance / spread, 0.0)
    clipped: npt.NDArray[np.float64] = np.clip(result, -1, 1)
    return clipped

"""How the columns go together, pair by pair, whatever their kinds, on a sample small enough to look at all pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..records import Correlation, Correlations
from .linkage import clustered_order
from .measures import correlation_ratio, cramers_v, pearson, ranks

if TYPE_CHECKING:
    from ..look import Look
    from ..scanning.column import Scanned

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Rows for pairs: a standard error of at most 0.007.
PAIR_ROWS = 20_000
#: All pairs of so many columns; two thousand columns have two million pairs.
MAX_COLUMNS = 100
#: Pairs kept, strongest first, and the weakest worth showing.
KEPT_PAIRS, WEAKEST = 20, 0.3
#: Levels of a category that count by themselves, most frequent first; the rest shares one.
MAX_LEVELS = 50
#: A category with more different values than this share of its rows is a name and not a category.
NAME_SHARE = 0.5
MIN_ROWS = 20


def correlate(look: Look, target: str | None = None) -> Correlations:
    """Return the matrix of all columns in clustered order, and the strongest pairs; pairs rest on the rows that have both values."""
    columns = _usable(look)
    chosen = _choose(columns, target)
    numbers = {name: c.values[:PAIR_ROWS] for name, c in chosen.items() if c.values is not None}
    categories = {name: _pooled(c) for name, c in chosen.items() if c.values is None}
    names = [*numbers, *categories]
    if len(names) < 2:
        return Correlations(left_out=len(columns) - len(chosen))
    matrix = np.full((len(names), len(names)), np.nan)
    np.fill_diagonal(matrix, 1.0)
    pairs = _of_numbers(numbers, matrix)
    pairs += _of_categories(categories, matrix, len(numbers))
    pairs += _of_both(numbers, categories, matrix)
    pairs.sort(key=lambda pair: (-abs(pair.value), pair.left, pair.right))
    order = clustered_order(np.where(np.isnan(matrix), 1.0, 1 - np.abs(matrix)))
    return Correlations(
        columns=[names[i] for i in order],
        matrix=[[None if np.isnan(v) else round(float(v), 3) for v in matrix[i, order]] for i in order],
        pairs=[_exactly(pair, numbers) for pair in pairs[:KEPT_PAIRS]],
        rows=min(look.size, PAIR_ROWS),
        left_out=len(columns) - len(chosen),
    )


# -- which columns -----------------------------------------------------------------------------------------------------


def _usable(look: Look) -> dict[str, Scanned]:
    """Numbers and times with at least two values, and categories that are no names."""
    found = {}
    for name, scanned in look.columns.items():
        if scanned.values is not None:
            part = scanned.values[:PAIR_ROWS]
            part = part[np.isfinite(part)]
            if len(part) >= MIN_ROWS and part.min() < part.max():
                found[name] = scanned
        elif scanned.codes is not None and scanned.profile.kind in ("categorical", "boolean"):
            codes = scanned.codes[:PAIR_ROWS]
            codes = codes[codes >= 0]
            distinct = len(np.unique(codes)) if len(codes) >= MIN_ROWS else 0
            if 2 <= distinct <= max(2.0, NAME_SHARE * len(codes)):
                found[name] = scanned
    return found


def _choose(columns: dict[str, Scanned], target: str | None) -> dict[str, Scanned]:
    """At most a hundred: the target, then what predicts it best, or without a target what varies most."""
    if len(columns) <= MAX_COLUMNS:
        return columns

    def rank(name: str) -> float:
        association = columns[name].profile.association
        if name == target:
            return -np.inf
        return -association.value if association is not None else -_entropy(columns[name])

    best = set(sorted(columns, key=rank)[:MAX_COLUMNS])
    return {name: scanned for name, scanned in columns.items() if name in best}


def _entropy(scanned: Scanned) -> float:
    if scanned.values is not None:
        counts = np.unique(scanned.values[:PAIR_ROWS], return_counts=True)[1]
    else:
        codes = scanned.codes[:PAIR_ROWS] if scanned.codes is not None else np.zeros(0, dtype=np.int64)
        counts = np.bincount(codes + 1)
    share = counts[counts > 0] / max(1, counts.sum())
    # Numbers that are all different vary no more than twenty even bins do: only these are ever compared.
    return min(float(np.log(20)), -float((share * np.log(share)).sum()))


def _pooled(scanned: Scanned) -> IntArray:
    """Codes of the most frequent levels from 0, one more for all others, -1 where missing."""
    codes = scanned.codes[:PAIR_ROWS] if scanned.codes is not None else np.zeros(0, dtype=np.int64)
    counts = np.bincount(codes[codes >= 0])
    kept = np.argsort(-counts, kind="stable")[:MAX_LEVELS]
    kept = kept[counts[kept] > 0]
    place = np.full(len(counts) + 1, len(kept), dtype=np.int64)
    place[kept] = np.arange(len(kept))
    place[-1] = -1
    return place[codes]


# -- two numbers -------------------------------------------------------------------------------------------------------


def _of_numbers(columns: dict[str, FloatArray], matrix: FloatArray) -> list[Correlation]:
    if len(columns) < 2:
        return []
    names = list(columns)
    raw = np.vstack([columns[name] for name in names])
    finite = np.isfinite(raw)
    # Ranks among each column's own values: exact where nothing is missing, close to it otherwise.
    ranked = np.where(finite, raw, np.nan)
    for position in range(len(names)):
        ranked[position, finite[position]] = ranks(raw[position, finite[position]])
    together = None if finite.all() else finite.astype(np.float64)
    linear, monotone = _pairwise(raw, finite, together), _pairwise(ranked, finite, together)
    found = []
    for i in range(len(names)):
        for j in range(i + 1, len(names)):
            pair = _pair(names[i], names[j], float(linear[i, j]), float(monotone[i, j]))
            if not np.isfinite(pair.value):
                continue
            matrix[i, j] = matrix[j, i] = pair.value
            if abs(pair.value) >= WEAKEST:
                found.append(pair)
    return found


def _pair(left: str, right: str, linear: float, monotone: float) -> Correlation:
    plain = abs(linear) >= abs(monotone)
    return Correlation(
        left=left,
        right=right,
        measure="pearson" if plain else "spearman",
        value=linear if plain else monotone,
        pearson=linear,
        spearman=monotone,
    )


def _exactly(pair: Correlation, columns: dict[str, FloatArray]) -> Correlation:
    """The same pair with ranks among the rows that have both values, for the few pairs that are told in figures."""
    if pair.measure not in ("pearson", "spearman"):
        return pair
    left, right = columns[pair.left], columns[pair.right]
    both = np.isfinite(left) & np.isfinite(right)
    if both.all():
        return pair
    left, right = left[both], right[both]
    return _pair(pair.left, pair.right, pearson(left, right), pearson(ranks(left), ranks(right)))


def _product(left: FloatArray, right: FloatArray) -> FloatArray:
    # einsum and not matmul: no BLAS threads, which cost far more than they bring on loaded cores.
    sums: FloatArray = np.einsum("ir,jr->ij", left, right)
    return sums


def _pairwise(values: FloatArray, finite: npt.NDArray[np.bool_], mask: FloatArray | None) -> FloatArray:
    """Pearson's correlation of every pair over the rows that both have; NaN where that is too few, or one is constant there."""
    centred = np.zeros(values.shape)
    for row, (value, known) in enumerate(zip(values, finite, strict=True)):
        deviation = value[known] / (np.abs(value[known]).max(initial=0.0) or 1.0)
        deviation = deviation - deviation.mean()
        spread = np.abs(deviation).max(initial=0.0)
        # What is left of a constant is rounding.
        centred[row, known] = deviation / spread if spread > 1e-15 else 0.0
    if mask is None:
        centred -= centred.mean(axis=1, keepdims=True)
        covariance = _product(centred, centred)
        variance = np.diagonal(covariance)
        spread2 = np.outer(variance, variance)
    else:
        n = np.maximum(_product(mask, mask), 1.0)
        sums = _product(centred, mask)  # of i over the rows that j has
        covariance = _product(centred, centred) - sums * sums.T / n
        squares = _product(centred * centred, mask)
        variance2 = squares - sums * sums / n
        # A difference of large sums is never exactly zero.
        variance2 = np.where(variance2 > 1e-12 * squares, variance2, 0.0)
        spread2 = np.where(n >= MIN_ROWS, variance2 * variance2.T, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        result = np.where(spread2 > 0, covariance / np.sqrt(spread2), np.nan)
    clipped: FloatArray = np.clip(result, -1, 1)
    return clipped


# -- with categories ---------------------------------------------------------------------------------------------------


def _of_categories(columns: dict[str, IntArray], matrix: FloatArray, offset: int) -> list[Correlation]:
    found = []
    names, codes = list(columns), list(columns.values())
    sizes = [int(code.max()) + 2 for code in codes]  # with one place for missing
    for i in range(len(names)):
        for j in range(i + 1, len(names)):
            table = np.bincount((codes[i] + 1) * sizes[j] + codes[j] + 1, minlength=sizes[i] * sizes[j])
            value = cramers_v(table.reshape(sizes[i], sizes[j])[1:, 1:].astype(np.float64))
            if value is None:
                continue
            matrix[offset + i, offset + j] = matrix[offset + j, offset + i] = value
            if value >= WEAKEST:
                found.append(Correlation(left=names[i], right=names[j], measure="cramers_v", value=value))
    return found


def _of_both(numbers: dict[str, FloatArray], categories: dict[str, IntArray], matrix: FloatArray) -> list[Correlation]:
    found = []
    centred = {}
    for name, values in numbers.items():
        known = np.isfinite(values)
        scale = np.abs(values[known]).max(initial=0.0) or 1.0
        deviation = np.where(known, values, 0.0) / scale
        centred[name] = (np.where(known, deviation - deviation[known].mean(), 0.0), known)
    for j, (category, codes) in enumerate(categories.items()):
        size = int(codes.max()) + 2
        present = np.bincount(codes + 1, minlength=size)[1:].astype(np.float64)
        for i, (name, (values, known)) in enumerate(centred.items()):
            counts: FloatArray = present
            if not known.all():
                counts = np.bincount(codes[known] + 1, minlength=size)[1:].astype(np.float64)
            sums: FloatArray = np.bincount(codes + 1, weights=values, minlength=size)[1:].astype(np.float64)
            inside = codes >= 0
            value = correlation_ratio(counts, sums, float((values[inside] ** 2).sum()))
            if value is None:
                continue
            matrix[i, len(numbers) + j] = matrix[len(numbers) + j, i] = value
            if value >= WEAKEST:
                found.append(Correlation(left=name, right=category, measure="correlation_ratio", value=value))
    return found

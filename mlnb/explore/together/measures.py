"""Measures of how two things go together, each by its plain formula on arrays; nothing here knows of columns or targets.

Tables of counts and not rows are what most of them take: counting is one pass, and what follows costs next to nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def ranks(values: npt.NDArray[Any]) -> FloatArray:
    """Mean ranks of the values, from 0."""
    order = np.argsort(values)
    ordered = values[order]
    first = np.concatenate(([True], ordered[1:] != ordered[:-1]))
    starts = np.flatnonzero(first)
    counts = np.diff(np.append(starts, len(ordered)))
    result = np.empty(len(values))
    result[order] = np.repeat(starts + (counts - 1) / 2.0, counts)
    return result


def pearson(left: FloatArray, right: FloatArray) -> float:
    """Linear correlation; 0 when one side is constant."""
    if len(left) == 0:
        return 0.0
    a, b = _centred(left), _centred(right)
    # Not np.dot: a BLAS call on two loaded cores costs a hundred times this.
    scale = float(np.sqrt((a * a).sum()) * np.sqrt((b * b).sum()))
    return float(np.clip((a * b).sum() / scale, -1, 1)) if scale > 0 else 0.0


def _centred(values: FloatArray) -> FloatArray:
    """Deviations from the mean, scaled so that no square leaves the range of doubles; zeros for a constant."""
    largest = float(np.abs(values).max())
    deviation = values / (largest or 1.0)
    deviation = deviation - deviation.mean()
    spread = float(np.abs(deviation).max())
    # What is left of a constant is rounding.
    return deviation / spread if spread > 1e-15 else np.zeros(len(values))


def spearman(left: FloatArray, right: FloatArray) -> float:
    """Rank correlation, ties with their mean rank."""
    return pearson(ranks(left), ranks(right)) if len(left) else 0.0


def auc(scores: npt.NDArray[Any], positive: npt.NDArray[np.bool_]) -> float:
    """Area under the ROC curve of scores against truth; ties count half, 0.5 where one class is absent."""
    positives = int(positive.sum())
    negatives = len(positive) - positives
    if positives == 0 or negatives == 0:
        return 0.5
    return float((ranks(scores)[positive].sum() - positives * (positives - 1) / 2) / (positives * negatives))


def auc_of_bins(scores: FloatArray, positives: FloatArray, negatives: FloatArray) -> FloatArray:
    """Area under the ROC curve where rows share a score within a bin (the last axis); NaN where one class is absent."""
    order = np.argsort(scores, axis=-1)
    score = np.take_along_axis(scores, order, axis=-1)
    positive = np.take_along_axis(positives, order, axis=-1)
    negative = np.take_along_axis(negatives, order, axis=-1)
    below = np.cumsum(negative, axis=-1) - negative
    # Bins of one score count as one: rows are above what lies before the first of them and half above the rest.
    place = np.broadcast_to(np.arange(score.shape[-1]), score.shape)
    new = np.ones(score.shape, dtype=bool)
    new[..., 1:] = score[..., 1:] != score[..., :-1]
    start = np.maximum.accumulate(np.where(new, place, 0), axis=-1)
    last = np.ones(score.shape, dtype=bool)
    last[..., :-1] = new[..., 1:]
    end = np.minimum.accumulate(np.where(last, place, score.shape[-1])[..., ::-1], axis=-1)[..., ::-1]
    under = np.take_along_axis(below, start, axis=-1)
    over = np.take_along_axis(below + negative, end, axis=-1)
    pairs = positive.sum(axis=-1) * negative.sum(axis=-1)
    won = (positive * (under + over) / 2).sum(axis=-1)
    area: FloatArray = np.where(pairs > 0, won / np.where(pairs > 0, pairs, 1), np.nan)
    return area


def mutual_information(counts: FloatArray, *, corrected: bool = True) -> float:
    """Mutual information in nats of a table of counts; corrected for the bias of small counts by Miller and Madow."""
    total = float(counts.sum())
    if total <= 0:
        return 0.0
    joint, left, right = (_entropy(c, total) for c in (counts.ravel(), counts.sum(axis=1), counts.sum(axis=0)))
    plain = left[0] + right[0] - joint[0]
    if corrected:
        plain += (left[1] + right[1] - joint[1] - 1) / (2 * total)
    return max(0.0, plain)


def _entropy(counts: FloatArray, total: float) -> tuple[float, int]:
    """Entropy and the number of cells that are not empty."""
    share = counts[counts > 0] / total
    return -float((share * np.log(share)).sum()), len(share)


def cramers_v(counts: FloatArray) -> float | None:
    """Cramér's V of a table of counts, bias-corrected after Bergsma; None when one side is constant."""
    table = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    total, (height, width) = float(table.sum()), table.shape
    if min(height, width) < 2 or total < 2:
        return None
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
    phi = float(((table - expected) ** 2 / expected).sum()) / total
    phi = max(0.0, phi - (height - 1) * (width - 1) / (total - 1))
    height_fair = height - (height - 1) ** 2 / (total - 1)
    width_fair = width - (width - 1) ** 2 / (total - 1)
    room = min(height_fair, width_fair) - 1
    return min(1.0, float(np.sqrt(phi / room))) if room > 0 else None


def correlation_ratio(counts: FloatArray, sums: FloatArray, squares: float) -> float | None:
    """Correlation ratio of a number by a category, corrected for the number of categories (epsilon squared).

    ``counts`` and ``sums`` are of each category, ``squares`` is the sum of squares; numbers should be centred first.
    """
    used = counts > 0
    rows, categories = float(counts.sum()), int(used.sum())
    if categories < 2 or rows <= categories:
        return None
    mean = float(sums.sum()) / rows
    total = squares - rows * mean * mean
    if total <= 0:
        return None
    between = float((counts[used] * (sums[used] / counts[used] - mean) ** 2).sum())
    within = max(0.0, total - between)
    explained = 1 - (within / (rows - categories)) / (total / (rows - 1))
    return float(np.sqrt(min(1.0, max(0.0, explained))))


def phi(left: npt.NDArray[np.bool_], right: npt.NDArray[np.bool_]) -> float:
    """Correlation of two yes-or-no columns; 0 when one is constant."""
    rows, a, b, both = len(left), int(left.sum()), int(right.sum()), int((left & right).sum())
    spread = float(a) * (rows - a) * b * (rows - b)
    return float((rows * both - a * b) / np.sqrt(spread)) if spread > 0 else 0.0


def wilson(positives: float, rows: float) -> tuple[float, float]:
    """95 % interval of a share."""
    z, p = 1.96, positives / rows
    centre = (p + z * z / (2 * rows)) / (1 + z * z / rows)
    half = z * (p * (1 - p) / rows + z * z / (4 * rows * rows)) ** 0.5 / (1 + z * z / rows)
    return (max(0.0, centre - half) if positives > 0 else 0.0), (min(1.0, centre + half) if positives < rows else 1.0)

"""What one column alone predicts of the target: one figure for all kinds of columns.

The column is cut into bins, and a row is predicted by the target's mean in its bin *in the other folds*. Out of fold, because in fold
every column with many levels looks perfect. Everything follows from one table of counts per fold and bin, so a column costs a binary
search and a ``bincount``, whatever the number of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mlnb.core.errors import InvalidParameterError

from .records import Association, Item, ShapeBin, Target
from .scan import BAR_PER_VALUE, Scanned

if TYPE_CHECKING:
    from .look import Look

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

FOLDS = 5
QUANTILE_BINS = 20
#: Levels with fewer rows say nothing on their own; they share a bin.
MIN_LEVEL_ROWS = 10
#: Weight of the overall mean in a bin's mean, in rows.
SMOOTHING_ROWS = 10.0
#: Student's t, 97.5 %, for FOLDS - 1 degrees of freedom.
T_QUANTILE = 2.776
#: A numeric target with at most this many values is read as classes.
MAX_NUMERIC_CLASSES = 10
MAX_CLASSES = 1000
#: Classes that enter the mean AUC, most frequent first: the rest has too few rows to matter.
SCORED_CLASSES = 20
#: Bins drawn of a column with many levels, most frequent first.
SHOWN_LEVELS = 12


@dataclass
class TargetValues:
    """The target on the sample.

    Attributes
    ----------
    rows
        The sample's rows that have a target.
    weights
        Per scored class 1 where a row has it; for a numeric target one array with the numbers.
    drawn
        Position in ``weights`` of what the shapes show.
    codes, classes
        Class of each row and how many there are; None and 0 for a numeric target.
    """

    record: Target
    rows: IntArray
    weights: list[FloatArray]
    folds: IntArray
    drawn: int = 0
    codes: IntArray | None = None
    classes: int = 0


def read_target(look: Look, name: str) -> TargetValues | None:
    """Read the target column of a look; None when it is constant or empty.

    Raises
    ------
    InvalidParameterError
        When it cannot be a target: over a thousand classes of text.
    """
    scanned, sample, seed = look.column(name, "target"), np.arange(look.size, dtype=np.int64), look.seed
    profile = scanned.profile
    distinct = profile.distinct_count or 0
    if distinct < 2:
        return None
    if scanned.codes is None and (scanned.values is None or distinct > MAX_NUMERIC_CLASSES):
        return _numeric_target(name, scanned, sample, seed)
    if distinct > MAX_CLASSES:
        raise InvalidParameterError(
            f"The target {name!r} has {distinct:,} different values, too many to be classes.",
            hint="Choose a column with fewer classes or a numeric one.",
        )
    return _class_target(name, scanned, sample, seed)


def _numeric_target(name: str, scanned: Scanned, sample: IntArray, seed: int) -> TargetValues | None:
    if scanned.values is None:
        raise InvalidParameterError(
            f"The target {name!r} is of type {scanned.profile.data_type}, which cannot be predicted."
        )
    rows = sample[np.isfinite(scanned.values[sample])]
    present = int(np.isfinite(scanned.values).sum())
    base = float(scanned.ordered.mean()) if scanned.ordered is not None and len(scanned.ordered) else None
    record = Target(column=name, task="regression", base=base, rows=present)
    return TargetValues(record, rows, [scanned.values[rows]], _folds(len(rows), seed))


def _class_target(name: str, scanned: Scanned, sample: IntArray, seed: int) -> TargetValues:
    codes, labels = class_codes(scanned)
    counts = np.bincount(codes[codes >= 0], minlength=len(labels))
    order = [int(i) for i in np.argsort(-counts, kind="stable") if counts[i]]
    classes = [Item(item=labels[i], count=int(counts[i])) for i in order]
    # Of two classes the later one is the event: true, 1, "yes". Of more, the most frequent one is drawn.
    positive = max(order, key=lambda i: _class_order(labels[i])) if len(order) == 2 else order[0]
    rows = sample[codes[sample] >= 0]
    scored = [positive] if len(order) == 2 else order[:SCORED_CLASSES]
    total = int(counts.sum())
    record = Target(
        column=name,
        task="classification",
        positive=labels[positive],
        classes=classes,
        base=float(counts[positive] / total),
        rows=total,
    )
    weights = [(codes[rows] == c).astype(np.float64) for c in scored]
    drawn = scored.index(positive)
    return TargetValues(record, rows, weights, _folds(len(rows), seed), drawn, codes[rows], len(order))


def _class_order(label: str) -> tuple[int, float, str]:
    try:
        return 1, float(label), label
    except ValueError:
        return 0, 0.0, label.casefold()


def class_codes(scanned: Scanned) -> tuple[IntArray, list[str]]:
    """Position of each row's value among its distinct ones (-1 where missing), and their names."""
    if scanned.codes is not None and scanned.levels is not None:
        return scanned.codes, [scanned.levels[i] for i in range(len(scanned.levels))]
    values = scanned.values if scanned.values is not None else np.array([])
    uniques = np.unique(values[np.isfinite(values)])
    codes = np.where(np.isfinite(values), np.searchsorted(uniques, np.nan_to_num(values)), -1)
    return codes.astype(np.int64), [f"{value:.12g}" for value in uniques]


def _folds(rows: int, seed: int) -> IntArray:
    folds = np.arange(rows, dtype=np.int64) % FOLDS
    np.random.default_rng(seed).shuffle(folds)
    return folds


# -- one column --------------------------------------------------------------------------------------------------------


def associate(scanned: Scanned, target: TargetValues) -> Association | None:
    """Return what the column predicts, or None for a column without values or without a kind to cut into bins."""
    if (scanned.values is None and scanned.codes is None) or len(target.rows) < 2 * FOLDS:
        return None
    bins, labels = cut(scanned, target.rows)
    number = len(labels) + 2  # the last two: missing, pooled rare levels
    counts = _table(bins, target.folds, number)
    regression = target.record.task == "regression"
    if regression:
        folds = _r_squared(bins, target, counts, number)
    else:
        folds = _auc(bins, target, counts, number)
    value, lower, upper = _interval(folds)
    return Association(
        metric="r2" if regression else "auc",
        value=value,
        lower=lower,
        upper=min(1.0, upper),
        raw=_raw(scanned, target),
        missing=_missing_auc(bins, number, target),
        shape=_shape(bins, labels, target, number),
    )


def cut(scanned: Scanned, rows: IntArray) -> tuple[IntArray, list[str]]:
    """Bins of the rows: levels, or quantile bins of numbers; then one for missing and one for rare levels."""
    if scanned.codes is not None and scanned.levels is not None:
        codes = scanned.codes[rows]
        counts = np.bincount(codes[codes >= 0], minlength=len(scanned.levels))
        kept = np.flatnonzero(counts >= MIN_LEVEL_ROWS)
        mapping = np.full(len(counts) + 1, len(kept) + 1, dtype=np.int64)  # rare
        mapping[kept] = np.arange(len(kept))
        mapping[-1] = len(kept)  # code -1: missing
        return mapping[codes], [scanned.levels[int(i)] for i in kept]
    values = scanned.values[rows] if scanned.values is not None else np.array([])
    ordered = scanned.ordered if scanned.ordered is not None else np.array([])
    if len(ordered) == 0:
        return np.zeros(len(rows), dtype=np.int64), []
    distinct = scanned.profile.distinct_count or 0
    if distinct <= QUANTILE_BINS:
        edges = np.unique(ordered)
        labels = [_number(value, scanned) for value in edges]
        bins = np.searchsorted(edges, values, side="left")
    else:
        edges = np.unique(np.quantile(ordered, np.arange(1, QUANTILE_BINS) / QUANTILE_BINS))
        bounds = [ordered[0], *edges, ordered[-1]]
        labels = [f"{_number(a, scanned)} – {_number(b, scanned)}" for a, b in pairwise(bounds)]
        bins = np.searchsorted(edges, values, side="left")
    bins = np.where(np.isnan(values), len(labels), np.minimum(bins, len(labels) - 1))
    return bins.astype(np.int64), labels


def _number(value: Any, scanned: Scanned) -> str:
    if scanned.profile.kind == "datetime":
        return str(np.datetime64(int(value), "us").astype("datetime64[D]"))
    return f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"


def _table(bins: IntArray, folds: IntArray, number: int, weights: FloatArray | None = None) -> FloatArray:
    """Sums of ``weights`` (or counts) per fold and bin."""
    flat = np.bincount(folds * number + bins, weights=weights, minlength=FOLDS * number)
    return flat.reshape(FOLDS, number).astype(np.float64)


def _out_of_fold(counts: FloatArray, sums: FloatArray) -> FloatArray:
    """Smoothed mean of each bin over the other folds: the prediction for the rows of a fold."""
    other_counts, other_sums = counts.sum(axis=0) - counts, sums.sum(axis=0) - sums
    overall = other_sums.sum(axis=1, keepdims=True) / np.maximum(other_counts.sum(axis=1, keepdims=True), 1)
    smoothed: FloatArray = (other_sums + SMOOTHING_ROWS * overall) / (other_counts + SMOOTHING_ROWS)
    return smoothed


def _auc(bins: IntArray, target: TargetValues, counts: FloatArray, number: int) -> FloatArray:
    total = np.zeros(FOLDS)
    for weights in target.weights:
        sums = _table(bins, target.folds, number, weights)
        scores = _out_of_fold(counts, sums)
        total += [auc_of_bins(scores[k], sums[k], counts[k] - sums[k]) for k in range(FOLDS)]
    return total / len(target.weights)


def auc_of_bins(scores: FloatArray, positives: FloatArray, negatives: FloatArray) -> float:
    """Area under the ROC curve of rows that share a score within a bin; ties count half."""
    values, where = np.unique(scores, return_inverse=True)
    positive = np.bincount(where, weights=positives, minlength=len(values))
    negative = np.bincount(where, weights=negatives, minlength=len(values))
    pairs = positive.sum() * negative.sum()
    if pairs == 0:
        return 0.5
    below = np.cumsum(negative) - negative
    return float((positive * (below + negative / 2)).sum() / pairs)


def _r_squared(bins: IntArray, target: TargetValues, counts: FloatArray, number: int) -> FloatArray:
    values = target.weights[0]
    centred = values - values.mean()
    sums = _table(bins, target.folds, number, centred)
    squares = _table(bins, target.folds, number, centred * centred)
    prediction = _out_of_fold(counts, sums)
    errors = (squares - 2 * prediction * sums + prediction * prediction * counts).sum(axis=1)
    mean = sums.sum(axis=1) / counts.sum(axis=1)
    total = squares.sum(axis=1) - mean * mean * counts.sum(axis=1)
    return np.where(total > 0, 1 - errors / np.where(total > 0, total, 1), 0.0)


def _interval(folds: FloatArray) -> tuple[float, float, float]:
    mean = float(folds.mean())
    half = T_QUANTILE * float(folds.std(ddof=1)) / FOLDS**0.5
    return mean, mean - half, mean + half


def _raw(scanned: Scanned, target: TargetValues) -> float | None:
    """The value itself as the score: a copy of the target shows here even when the bins blur it."""
    if scanned.values is None:
        return None
    values = scanned.values[target.rows]
    valid = np.isfinite(values)
    if valid.sum() < 2 * FOLDS or len(target.weights) > 1:
        return None
    left, right = values[valid], target.weights[0][valid]
    if target.record.task == "classification":
        scores, where = np.unique(left, return_inverse=True)
        positives = np.bincount(where, weights=right).astype(np.float64)
        area = auc_of_bins(scores, positives, np.bincount(where).astype(np.float64) - positives)
        return max(area, 1 - area)
    return spearman(left, right) ** 2


def spearman(left: FloatArray, right: FloatArray) -> float:
    """Rank correlation, ties with their mean rank."""
    return pearson(ranks(left), ranks(right))


def ranks(values: FloatArray) -> FloatArray:
    """Mean ranks of the values."""
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return ((2 * ends - counts - 1) / 2.0)[where]


def pearson(left: FloatArray, right: FloatArray) -> float:
    """Linear correlation; 0 when one side is constant."""
    a, b = left - left.mean(), right - right.mean()
    # Not np.dot: a BLAS call on two loaded cores costs a hundred times this.
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum() / scale) if scale > 0 else 0.0


def _missing_auc(bins: IntArray, number: int, target: TargetValues) -> float | None:
    missing = (bins == number - 2).astype(np.float64)
    if target.record.task == "regression" or len(target.weights) > 1 or not 0 < missing.sum() < len(missing):
        return None
    positives = target.weights[0]
    inside = np.array([(positives * (1 - missing)).sum(), (positives * missing).sum()])
    outside = np.array([len(missing) - missing.sum(), missing.sum()]) - inside
    area = auc_of_bins(np.array([0.0, 1.0]), inside, outside)
    return max(area, 1 - area)


def _shape(bins: IntArray, labels: list[str], target: TargetValues, number: int) -> list[ShapeBin]:
    """The target's mean per bin with its interval, over all sample rows."""
    values = target.weights[target.drawn]
    counts = np.bincount(bins, minlength=number).astype(np.float64)
    sums = np.bincount(bins, weights=values, minlength=number)
    squares = np.bincount(bins, weights=values * values, minlength=number)
    names = [*labels, "missing", "rare levels"]
    order: list[int] = list(range(number))
    if len(labels) > BAR_PER_VALUE:
        most = np.argsort(-counts[:-2], kind="stable")[:SHOWN_LEVELS]
        order = [*sorted(most.tolist()), number - 2, number - 1]
    shape = []
    for i in order:
        if counts[i] == 0:
            continue
        mean = sums[i] / counts[i]
        if target.record.task == "classification":
            lower, upper = _wilson(sums[i], counts[i])
        else:
            variance = max(0.0, squares[i] / counts[i] - mean * mean)
            half = 1.96 * (variance / counts[i]) ** 0.5
            lower, upper = mean - half, mean + half
        shape.append(
            ShapeBin(label=names[i], rows=int(counts[i]), mean=float(mean), lower=float(lower), upper=float(upper))
        )
    return shape


def _wilson(positives: float, rows: float) -> tuple[float, float]:
    """95 % interval of a share."""
    z, p = 1.96, positives / rows
    centre = (p + z * z / (2 * rows)) / (1 + z * z / rows)
    half = z * (p * (1 - p) / rows + z * z / (4 * rows * rows)) ** 0.5 / (1 + z * z / rows)
    return max(0.0, centre - half), min(1.0, centre + half)

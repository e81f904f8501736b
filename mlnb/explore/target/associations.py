"""What one column alone predicts of the target: one figure for all kinds of columns.

The column is cut into bins, and a row is predicted by the target's mean in its bin *in the other folds*. Out of fold, because in fold
every column with many levels looks perfect. Everything follows from one table of counts per bin, fold and class, so a column costs a
few comparisons and one ``bincount``, whatever the number of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ..records import Association, ShapeBin
from ..scanning.column import Scanned
from ..together.measures import auc, auc_of_bins, mutual_information, spearman, wilson
from .values import FOLDS, FloatArray, IntArray, TargetValues, read_target

if TYPE_CHECKING:
    from ..look import Look

__all__ = [
    "Bins",
    "TargetValues",
    "associate",
    "associate_all",
    "bin_number",
    "cut",
    "read_target",
    "unavailable",
]

QUANTILE_BINS = 20
#: Levels with fewer rows say nothing on their own; they share a bin.
MIN_LEVEL_ROWS = 10
#: Weight of the overall mean in a bin's mean, in rows.
SMOOTHING_ROWS = 10.0
#: Student's t, 97.5 %, by degrees of freedom.
T_QUANTILES = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776}
#: Rows per class that mutual information needs in a bin: no correction helps where most cells hold a single row.
CELL_ROWS = 5
#: Of a column with more levels than this, only the most frequent ones are drawn.
MOST_DRAWN, SHOWN_LEVELS = 50, 12
#: The value itself is tried as a score where its bins do this well; below, it cannot be a copy of the target.
RAW_FROM = 0.9
#: Rows on which rank correlation with a numeric target rests: a standard error of at most 0.007.
RANKED_ROWS = 20_000


def associate_all(
    look: Look,
    target: str | None,
    time_column: str | None = None,
    group: str | None = None,
    forbidden: Sequence[tuple[str, str]] = (),
) -> TargetValues | None:
    """Fill ``association`` in the profile of every column but the target; return the target, None where there is nothing to predict.

    Parameters
    ----------
    time_column, group
        Test forward in time, by whole groups.
    forbidden
        Columns that cannot be used when the model is asked, with the reason: they are ranked and marked.
    """
    if target is None:
        return None
    values = read_target(look, target, time_column, group)
    if values is None:
        return None
    marks = unavailable(look, target, time_column, forbidden)
    for name, scanned in look.columns.items():
        if name != target:
            scanned.profile.association = associate(scanned, values)
            if scanned.profile.association is not None:
                scanned.profile.association.unavailable = marks.get(name)
    return values


def unavailable(
    look: Look, target: str | None, time_column: str | None, forbidden: Sequence[tuple[str, str]]
) -> dict[str, str]:
    """Why columns cannot be used when the model is asked, by column: what comes later than the time of the row, what is forbidden."""
    from .availability import actual_columns, later_columns

    marks = {name: f"{relation}: known only afterwards" for name, (_, relation) in actual_columns(look, target).items()}
    for name, later in later_columns(look, time_column, target).items():
        marks[name] = f"later than {time_column} in {later.share:.0%} of the rows"
    folded = {name.casefold(): name for name in look.columns}
    for name, reason in forbidden:
        actual = name if name in look.columns else folded.get(name.casefold())
        if actual is not None:
            marks[actual] = reason or "forbidden by the scope card"
    return marks


# -- one column --------------------------------------------------------------------------------------------------------


@dataclass
class Bins:
    """A column in bins: the bin of each row, and the labels; after them come one bin for missing and one for rare levels."""

    of: IntArray
    labels: list[str]

    @property
    def count(self) -> int:
        """Bins, with the last two."""
        return len(self.labels) + 2

    @property
    def missing(self) -> int:
        """Position of the bin for missing values."""
        return len(self.labels)


def associate(scanned: Scanned, target: TargetValues) -> Association | None:
    """Return what the column predicts, or None for a column without values or without a kind to cut into bins."""
    if (scanned.values is None and scanned.codes is None) or len(target.rows) < 2 * FOLDS:
        return None
    bins = cut(scanned, target.rows)
    found = _numeric(bins, target) if target.numbers is not None else _classes(bins, target)
    if found is None:
        return None
    if target.numbers is not None or (target.binary and found.value > RAW_FROM):
        found.raw = _raw(scanned, target)
    return found


def cut(scanned: Scanned, rows: IntArray) -> Bins:
    """Cut the rows of a column into bins: its levels, or twenty quantile bins of numbers."""
    if scanned.codes is not None and scanned.levels is not None:
        codes = scanned.codes[rows]
        counts = np.bincount(codes + 1, minlength=len(scanned.levels) + 1)[1:]
        kept = np.flatnonzero(counts >= MIN_LEVEL_ROWS)
        place = np.full(len(counts) + 1, len(kept) + 1, dtype=np.int64)  # rare
        place[kept] = np.arange(len(kept))
        place[-1] = len(kept)  # code -1: missing
        return Bins(place[codes], [scanned.levels[int(i)] for i in kept])
    values = scanned.values[rows] if scanned.values is not None else np.zeros(0)
    edges, labels = _edges(scanned)
    if not labels:
        return Bins(np.zeros(len(rows), dtype=np.int64), [])
    # A handful of comparisons is ten times as fast as a binary search per row.
    place = np.zeros(len(values), dtype=np.uint8)
    for edge in edges:
        place += values > edge
    place = np.minimum(place, len(labels) - 1).astype(np.int64)
    place[np.isnan(values)] = len(labels)
    return Bins(place, labels)


def _edges(scanned: Scanned) -> tuple[FloatArray, list[str]]:
    """Upper edges of the bins of a number (the last bin has none of its own), and the labels."""
    ordered = scanned.ordered
    if ordered is None:
        finite = scanned.values[np.isfinite(scanned.values)] if scanned.values is not None else np.zeros(0)
        ordered = np.sort(finite)
    if len(ordered) == 0:
        return np.zeros(0), []
    new = np.flatnonzero(ordered[1:] != ordered[:-1])
    if len(new) < QUANTILE_BINS:
        values = ordered[np.append(new, len(ordered) - 1)].astype(np.float64)
        return values, [bin_number(value, scanned) for value in values]
    places = np.arange(1, QUANTILE_BINS) * (len(ordered) - 1) // QUANTILE_BINS
    edges = np.unique(ordered[places].astype(np.float64))
    edges = edges[edges < ordered[-1]]
    bounds = [float(ordered[0]), *edges, float(ordered[-1])]
    return edges, [f"{bin_number(a, scanned)} – {bin_number(b, scanned)}" for a, b in pairwise(bounds)]


def bin_number(value: Any, scanned: Scanned) -> str:
    """A number or a day, short enough for a label."""
    if scanned.profile.kind == "datetime":
        return str(np.datetime64(int(value), "us").astype("datetime64[D]"))
    return f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"


# -- tables of counts --------------------------------------------------------------------------------------------------


def _classes(bins: Bins, target: TargetValues) -> Association | None:
    """One-against-rest AUC of the bins, from one table of counts per bin, fold and class."""
    folds, scored = target.folds.count, len(target.scored or ())
    width = folds * (scored + 1)
    table = np.bincount(bins.of * width + target.cells, minlength=bins.count * width)
    counted = table.reshape(bins.count, folds, scored + 1).astype(np.float64)
    rows = counted.sum(axis=2).T
    positives = counted[:, :, :scored].transpose(2, 1, 0)  # class, fold, bin
    scores = _out_of_fold(rows, positives, target)
    with np.errstate(invalid="ignore"):
        areas = auc_of_bins(scores, positives, rows - positives)
    known = np.isfinite(areas)
    mean = np.where(known.any(axis=0), np.where(known, areas, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1), np.nan)
    interval = _interval(_tested(mean, target))
    if interval is None:
        return None
    value, lower, upper = interval
    by_class = counted.sum(axis=1)
    drawn, total = by_class[:, target.drawn], by_class.sum(axis=1)
    return Association(
        metric="auc",
        value=value,
        lower=max(0.0, lower),
        upper=min(1.0, upper),
        missing=_missing_auc(drawn, total - drawn, bins.missing) if target.binary else None,
        mutual_information=_information(by_class),
        shape=_shape(bins, target, total, drawn, drawn),
    )


def _numeric(bins: Bins, target: TargetValues) -> Association | None:
    """R² of the bins, from sums per bin and fold."""
    if target.numbers is None:
        return None
    centre = float(target.numbers.mean())
    values = target.numbers - centre
    cell = bins.of * target.folds.count + target.folds.number
    size, form = bins.count * target.folds.count, (bins.count, target.folds.count)
    rows, sums, squares = (
        np.bincount(cell, weights=weights, minlength=size).reshape(form).T.astype(np.float64)
        for weights in (None, values, values * values)
    )
    prediction = _out_of_fold(rows, sums, target)
    errors = (squares - 2 * prediction * sums + prediction * prediction * rows).sum(axis=1)
    mean = sums.sum(axis=1) / np.maximum(rows.sum(axis=1), 1)
    total = squares.sum(axis=1) - mean * mean * rows.sum(axis=1)
    explained = np.where(total > 0, 1 - errors / np.where(total > 0, total, 1), np.nan)
    interval = _interval(_tested(explained, target))
    if interval is None:
        return None
    ranks_of_target = _target_bins(target)
    joint = np.bincount(bins.of * QUANTILE_BINS + ranks_of_target, minlength=bins.count * QUANTILE_BINS)
    counts, total_sums, total_squares = rows.sum(axis=0), sums.sum(axis=0), squares.sum(axis=0)
    shown = total_sums + centre * counts
    return Association(
        metric="r2",
        value=interval[0],
        lower=interval[1],
        upper=min(1.0, interval[2]),
        mutual_information=_information(joint.reshape(bins.count, QUANTILE_BINS).astype(np.float64)),
        shape=_shape(bins, target, counts, shown, total_squares - total_sums**2 / np.maximum(counts, 1)),
    )


def _information(counts: FloatArray) -> float | None:
    """Mutual information of bins and classes, rare bins in one; None where most rows are in rare ones: it would be a guess."""
    rows = counts.sum(axis=1)
    rare = rows < CELL_ROWS * (counts.sum(axis=0) > 0).sum()
    if rows[rare].sum() > rows.sum() / 2:
        return None
    return mutual_information(np.vstack([counts[~rare], counts[rare].sum(axis=0)]))


def _target_bins(target: TargetValues) -> IntArray:
    """Quantile bin of each row's numeric target; kept with the target, as every column asks for it."""
    known: IntArray | None = target.__dict__.get("_quantile_bins")
    if known is None:
        numbers = target.numbers if target.numbers is not None else np.zeros(0)
        ordered = np.sort(numbers)
        edges = np.unique(ordered[np.arange(1, QUANTILE_BINS) * (len(ordered) - 1) // QUANTILE_BINS])
        known = np.searchsorted(edges, numbers, side="left").astype(np.int64)
        target.__dict__["_quantile_bins"] = known
    return known


def _out_of_fold(rows: FloatArray, sums: FloatArray, target: TargetValues) -> FloatArray:
    """Smoothed mean of each bin over the other folds (the earlier ones when time counts): the prediction for the rows of a fold."""
    others = [_others(values, target.folds.forward) for values in (rows, sums)]
    overall = others[1].sum(axis=-1, keepdims=True) / np.maximum(others[0].sum(axis=-1, keepdims=True), 1)
    smoothed: FloatArray = (others[1] + SMOOTHING_ROWS * overall) / (others[0] + SMOOTHING_ROWS)
    return smoothed


def _others(values: FloatArray, forward: bool) -> FloatArray:
    """What lies in the other folds; folds are the last axis but one."""
    return (np.cumsum(values, axis=-2) if forward else values.sum(axis=-2, keepdims=True)) - values


def _tested(folds: FloatArray, target: TargetValues) -> FloatArray:
    """Figures of the folds that could be tested: with rows of their own, and others to learn from."""
    rows = np.bincount(target.folds.number, minlength=target.folds.count).astype(np.float64)[:, None]
    return folds[np.isfinite(folds) & (rows[:, 0] > 0) & (_others(rows, target.folds.forward)[:, 0] > 0)]


def _interval(folds: FloatArray) -> tuple[float, float, float] | None:
    """Mean and 95 % interval over folds; without a spread the interval is everything."""
    if len(folds) == 0:
        return None
    mean = float(folds.mean())
    if len(folds) == 1:
        return mean, -1.0, 1.0
    quantile = T_QUANTILES.get(len(folds) - 1, 2.776)
    half = quantile * float(folds.std(ddof=1)) / len(folds) ** 0.5
    return mean, mean - half, mean + half


def _raw(scanned: Scanned, target: TargetValues) -> float | None:
    """The value itself as the score: a copy of the target shows here even when the bins blur it."""
    if scanned.values is None:
        return None
    part = slice(0, RANKED_ROWS if target.numbers is not None else None)
    values = scanned.values[target.rows[part]]
    valid = np.isfinite(values)
    if valid.sum() < 2 * FOLDS:
        return None
    if target.numbers is not None:
        return spearman(values[valid], target.numbers[part][valid]) ** 2
    area = auc(values[valid], target.positive[part][valid])
    return max(area, 1 - area)


def _missing_auc(positives: FloatArray, negatives: FloatArray, missing: int) -> float | None:
    """AUC of "is missing" alone; None where all or nothing is missing."""
    share = [counts[missing] / max(1.0, float(counts.sum())) for counts in (positives, negatives)]
    if not 0 < positives[missing] + negatives[missing] < positives.sum() + negatives.sum():
        return None
    area = 0.5 + (share[0] - share[1]) / 2
    return float(max(area, 1 - area))


def _shape(bins: Bins, target: TargetValues, rows: FloatArray, sums: FloatArray, spread: FloatArray) -> list[ShapeBin]:
    """The target's mean per bin with its interval; ``spread`` is the sum of squared deviations of a numeric one."""
    names = [*bins.labels, "missing", "rare levels"]
    order: list[int] = list(range(bins.count))
    if len(bins.labels) > MOST_DRAWN:
        most = np.argsort(-rows[:-2], kind="stable")[:SHOWN_LEVELS]
        order = [*sorted(most.tolist()), bins.count - 2, bins.count - 1]
    shape = []
    for i in order:
        if rows[i] == 0:
            continue
        mean = float(sums[i] / rows[i])
        if target.numbers is None:
            lower, upper = wilson(float(sums[i]), float(rows[i]))
        else:
            half = 1.96 * max(0.0, float(spread[i])) ** 0.5 / float(rows[i])
            lower, upper = mean - half, mean + half
        shape.append(ShapeBin(label=names[i], rows=int(rows[i]), mean=mean, lower=lower, upper=upper))
    return shape

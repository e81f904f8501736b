"""How the columns and the target change from period to period."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..distances import (
    TOP_CATEGORIES,
    benjamini_hochberg,
    chi_squared_test,
    coarse_edges,
    fine_edges,
    histogram,
    js_distance,
    population_stability_index,
)
from ..records import ColumnDrift, Period
from ..together.measures import wilson
from .periods import MIN_ROWS, Periods, time_text

if TYPE_CHECKING:
    from ..look import Look
    from ..scanning.column import Scanned
    from ..target.associations import TargetValues

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: An effect worth telling, in either index; and the chance of an alarm without a change, over all columns and periods.
PSI_EFFECT, JS_EFFECT, CHANCE = 0.2, 0.1, 0.01
#: A target's period differs from the others by this effect (Cohen's h of shares, standard deviations of numbers).
TARGET_EFFECT = 0.15
#: Columns looked at, those that predict the target best first, and else as they come.
MOST_COLUMNS = 300
#: Above this share of different values a text has no distribution over its values.
NEARLY_UNIQUE = 50.0


@dataclass
class _Counts:
    """Counts per period and bin, and the first period with enough rows."""

    bins: FloatArray
    first: int


@dataclass
class _Pair:
    """One comparison of two periods of a column."""

    column: int
    period: int
    psi: float
    js: float
    pvalue: float | None
    first: bool
    previous: bool


def column_drift(look: Look, skipped: set[str], where: IntArray, periods: Periods) -> list[ColumnDrift]:
    """Return how every column changes, those that change most first."""
    names, counted = [], []
    for name in _chosen(look, skipped):
        counts = _count(look.columns[name], where, len(periods))
        if counts is not None:
            names.append(name)
            counted.append(counts)
    pairs = [pair for column, counts in enumerate(counted) for pair in _compare(column, counts)]
    adjusted = benjamini_hochberg([pair.pvalue for pair in pairs])
    drift = []
    for column, name in enumerate(names):
        own = [(pair, p) for pair, p in zip(pairs, adjusted, strict=True) if pair.column == column]
        drift.append(_summary(name, own, counted[column].first, len(periods)))
    return sorted(drift, key=lambda item: (not item.differs, -item.psi))


def _chosen(look: Look, skipped: set[str]) -> list[str]:
    names = [name for name in look.columns if name not in skipped]
    if len(names) <= MOST_COLUMNS:
        return names
    found = {name: look.columns[name].profile.association for name in names}
    return sorted(names, key=lambda name: -(item.value if (item := found[name]) is not None else 0.0))[:MOST_COLUMNS]


def _count(scanned: Scanned, where: IntArray, number: int) -> _Counts | None:
    if scanned.values is not None and scanned.profile.kind == "numeric":
        present = np.isfinite(scanned.values) & (where >= 0)
        values, position = scanned.values[present], where[present]
        first = _first_period(np.bincount(position, minlength=number))
        if first is None:
            return None
        reference = values[position == first]
        edges = fine_edges(reference)
        # The bins of the first period's deciles: only their borders are looked for among all values.
        borders = edges[coarse_edges(edges, histogram(reference, edges))]
        cells = np.searchsorted(borders, values, side="left")
        return _Counts(_table(position, cells, number, len(borders) + 1), first)
    if scanned.codes is None or (scanned.profile.percent_distinct or 0) > NEARLY_UNIQUE:
        return None
    present = (scanned.codes >= 0) & (where >= 0)
    codes, position = scanned.codes[present], where[present]
    first = _first_period(np.bincount(position, minlength=number))
    if first is None:
        return None
    table = _table(position, codes, number, int(codes.max()) + 1)
    # The most frequent levels of all periods: those of one period would seem rarer in every other one by chance alone.
    return _Counts(_top(table, table.sum(axis=0)), first)


def _first_period(rows: IntArray) -> int | None:
    enough = np.flatnonzero(rows >= MIN_ROWS)
    return int(enough[0]) if len(enough) >= 2 else None


def _table(position: IntArray, cells: IntArray, periods: int, width: int) -> FloatArray:
    flat = np.bincount(position * width + cells, minlength=periods * width)
    return flat.reshape(periods, width).astype(np.float64)


def _top(table: FloatArray, order: FloatArray) -> FloatArray:
    """The most frequent categories and one bin for the others."""
    chosen = np.argsort(-order, kind="stable")[:TOP_CATEGORIES]
    kept = table[:, chosen]
    return np.column_stack([kept, table.sum(axis=1) - kept.sum(axis=1)])


def _compare(column: int, counts: _Counts) -> list[_Pair]:
    pairs: list[_Pair] = []
    previous = counts.first
    for period in range(counts.first + 1, len(counts.bins)):
        if counts.bins[period].sum() < MIN_ROWS:
            continue
        for other in sorted({counts.first, previous}):
            left, right = counts.bins[other], counts.bins[period]
            test = chi_squared_test(left, right)
            psi, js = population_stability_index(left, right), js_distance(left, right)
            pvalue = None if test is None else test.pvalue
            pairs.append(_Pair(column, period, psi or 0.0, js or 0.0, pvalue, other == counts.first, other == previous))
        previous = period
    return pairs


def _summary(name: str, own: list[tuple[_Pair, float | None]], first: int, number: int) -> ColumnDrift:
    against_first: list[float | None] = [None] * number
    against_previous: list[float | None] = [None] * number
    against_first[first] = 0.0
    differing = set()
    for pair, adjusted in own:
        if pair.first:
            against_first[pair.period] = pair.psi
        if pair.previous:
            against_previous[pair.period] = pair.psi
        if (pair.psi >= PSI_EFFECT or pair.js >= JS_EFFECT) and adjusted is not None and adjusted < CHANCE:
            differing.add(pair.period)
    worst, adjusted = max(
        ((pair, p) for pair, p in own if pair.first), key=lambda item: (item[0].period in differing, item[0].psi)
    )
    return ColumnDrift(
        column=name,
        against_first=against_first,
        against_previous=against_previous,
        worst=worst.period,
        psi=worst.psi,
        js=worst.js,
        p_adjusted=adjusted,
        differs=bool(differing),
        periods=sorted(differing),
    )


# -- the target --------------------------------------------------------------------------------------------------------


def describe_periods(periods: Periods, where: IntArray, target: TargetValues | None) -> list[Period]:
    """Return every period with its rows and, where there is a target, its mean, and whether it differs from the other periods."""
    rows = np.bincount(where[where >= 0], minlength=len(periods))
    found = [
        Period(
            start=time_text(int(periods.edges[i])),
            end=time_text(int(periods.edges[i + 1])),
            label=periods.label(i),
            rows=int(rows[i]),
        )
        for i in range(len(periods))
    ]
    if target is not None:
        _target_means(found, where[target.rows], target)
    return found


def _target_means(found: list[Period], where: IntArray, target: TargetValues) -> None:
    values, inside = target.outcome, where >= 0
    values, where = values[inside], where[inside]
    number = len(found)
    counts = np.bincount(where, minlength=number).astype(np.float64)
    sums = np.bincount(where, weights=values, minlength=number)
    squares = np.bincount(where, weights=values * values, minlength=number)
    shares = target.record.task == "classification"
    tests: list[float | None] = []
    effects = []
    for i, period in enumerate(found):
        if not counts[i]:
            tests.append(None)
            effects.append(0.0)
            continue
        period.target = float(sums[i] / counts[i])
        period.lower, period.upper = _interval(sums[i], squares[i], counts[i], shares)
        others = counts.sum() - counts[i], sums.sum() - sums[i], squares.sum() - squares[i]
        effect, pvalue = _difference((counts[i], sums[i], squares[i]), others, shares)
        tests.append(pvalue if counts[i] >= MIN_ROWS // 4 and others[0] >= MIN_ROWS // 4 else None)
        effects.append(effect)
    for period, effect, adjusted in zip(found, effects, benjamini_hochberg(tests), strict=True):
        period.differs = bool(abs(effect) >= TARGET_EFFECT and adjusted is not None and adjusted < CHANCE)


def _interval(total: float, square: float, rows: float, shares: bool) -> tuple[float, float]:
    """95 % interval of a share or a mean."""
    if shares:
        lower, upper = wilson(total, rows)
        return float(lower), float(upper)
    mean = total / rows
    half = 1.96 * (max(0.0, square / rows - mean * mean) / rows) ** 0.5
    return float(mean - half), float(mean + half)


def _difference(
    one: tuple[float, float, float], other: tuple[float, float, float], shares: bool
) -> tuple[float, float | None]:
    """Effect (Cohen's h of shares, d of means) of one group against another, and the p-value of a z-test."""
    if min(one[0], other[0]) < 2:
        return 0.0, None
    means = one[1] / one[0], other[1] / other[0]
    variances = [max(0.0, group[2] / group[0] - mean * mean) for group, mean in zip((one, other), means, strict=True)]
    error = (variances[0] / one[0] + variances[1] / other[0]) ** 0.5
    spread = ((variances[0] * one[0] + variances[1] * other[0]) / (one[0] + other[0])) ** 0.5
    if spread == 0 or error == 0:
        return 0.0, None
    if shares:
        clipped = [min(1.0, max(0.0, mean)) for mean in means]
        effect = 2 * math.asin(clipped[0] ** 0.5) - 2 * math.asin(clipped[1] ** 0.5)
    else:
        effect = (means[0] - means[1]) / spread
    return effect, math.erfc(abs(means[0] - means[1]) / error / 2**0.5)

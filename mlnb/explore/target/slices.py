"""Where the target is highest and lowest: rows that share one or two conditions.

The best of thousands of slices looks better than it is. So slices are found on one half of the sample and measured on the other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..records import Condition, Slice
from ..together.measures import wilson
from .associations import bin_number

if TYPE_CHECKING:
    from ..look import Look
    from ..scanning.column import Scanned
    from .values import FloatArray, IntArray, TargetValues

#: Rows of the sample that are used, and the least a slice must have: this many, and this share of all.
ROWS, MIN_ROWS, MIN_SHARE = 60_000, 60, 0.01
#: Columns that are combined, those that predict best first.
MAX_COLUMNS = 20
#: Levels and bins of a column.
MAX_LEVELS, VALUES, BINS = 40, 12, 5
#: Slices told of each side, and how many of them may hold one condition.
SHOWN, SHARED = 5, 2
#: Slices that share this much of their rows are one.
SAME = 0.6
#: A slice of two conditions must be this much further from the whole than the better of the two.
BETTER = 1.15


@dataclass
class _Cut:
    """A column in levels or ranges; -1 where it is missing or too rare."""

    name: str
    of: IntArray
    conditions: list[Condition]


@dataclass
class _Found:
    """A slice as it was found."""

    cells: list[tuple[_Cut, int]]
    score: float
    distance: float


def find_slices(look: Look, target: TargetValues | None, exclude: Collection[str] = ()) -> list[Slice]:
    """Return the slices with the highest and the lowest target, most extreme first, high ones before low ones.

    Parameters
    ----------
    exclude
        Columns that make no slice: leaks, and what is not known when the model is asked.
    """
    if target is None or len(target.rows) < 4 * MIN_ROWS:
        return []
    used = target.first(ROWS)
    cuts = _cuts(look, used, exclude)
    finding = np.arange(len(used.rows)) % 2 == 0
    outcome = used.outcome
    if float(outcome[finding].std()) == 0:
        return []
    found = list(_search(cuts, outcome[finding], finding))
    slices: list[Slice] = []
    for high in (True, False):
        side = sorted((f for f in found if (f.distance > 0) == high), key=lambda f: -f.score)
        told = [made for f in _different(side) if (made := _measure(f, outcome, finding, high, used)) is not None]
        told.sort(key=lambda made: -made.target if high else made.target)
        slices += told[:SHOWN]
    return slices


# -- columns in pieces -------------------------------------------------------------------------------------------------


def _cuts(look: Look, target: TargetValues, exclude: Collection[str]) -> list[_Cut]:
    ranked = []
    for name, scanned in look.columns.items():
        association = scanned.profile.association
        if name == target.record.column or name in exclude or association is None or association.unavailable:
            continue
        if scanned.profile.kind in ("numeric", "datetime", "categorical", "boolean"):
            ranked.append((association.value, name))
    ranked.sort(key=lambda item: (-item[0], item[1]))
    cuts = (_cut(name, look.columns[name], target.rows) for _, name in ranked[:MAX_COLUMNS])
    return [cut for cut in cuts if cut is not None]


def _cut(name: str, scanned: Scanned, rows: IntArray) -> _Cut | None:
    least = max(MIN_ROWS, MIN_SHARE * len(rows))
    if scanned.codes is not None and scanned.levels is not None:
        codes = scanned.codes[rows]
        counts = np.bincount(codes[codes >= 0], minlength=len(scanned.levels))
        kept = np.argsort(-counts, kind="stable")[:MAX_LEVELS]
        kept = kept[counts[kept] >= least]
        place = np.full(len(counts) + 1, -1, dtype=np.int64)
        place[kept] = np.arange(len(kept))
        conditions = [Condition(column=name, value=scanned.levels[int(i)]) for i in kept]
        return _Cut(name, place[codes], conditions) if len(kept) > 0 else None
    values = scanned.values[rows] if scanned.values is not None else np.zeros(0)
    ordered = np.sort(values[np.isfinite(values)])
    if len(ordered) < 2 * least:
        return None
    distinct = ordered[np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), len(ordered) - 1)]
    if len(distinct) <= VALUES:
        highs = distinct
    else:
        highs = np.unique(ordered[np.arange(1, BINS + 1) * len(ordered) // BINS - 1])
    place = np.searchsorted(highs, values, side="left").astype(np.int64)
    place[~np.isfinite(values)] = -1
    starts = np.append(0, np.searchsorted(ordered, highs[:-1], side="right"))
    return _Cut(name, place, [_range(name, scanned, ordered[s], h) for s, h in zip(starts, highs, strict=True)])


def _range(name: str, scanned: Scanned, low: float, high: float) -> Condition:
    text = bin_number(low, scanned) if low == high else f"{bin_number(low, scanned)} – {bin_number(high, scanned)}"
    return Condition(column=name, value=text, low=float(low), high=float(high))


# -- search ------------------------------------------------------------------------------------------------------------


def _search(cuts: list[_Cut], outcome: FloatArray, half: np.ndarray) -> Iterator[_Found]:
    """Slices of one condition, and of two that are further from the whole than either alone."""
    base, spread = float(outcome.mean()), float(outcome.std())
    least = max(MIN_ROWS, MIN_SHARE * 2 * len(outcome)) / 2
    # What is in no piece gets one more number, so that a pair of columns is counted in one go.
    halves = [np.where(cut.of[half] >= 0, cut.of[half], len(cut.conditions)) for cut in cuts]
    alone = []
    tried = sum(len(cut.conditions) for cut in cuts) ** 2
    # As many looks as there are slices: what chance alone would show is left out.
    demand = float(np.sqrt(2 * np.log(max(2, tried))))
    for cut, of in zip(cuts, halves, strict=True):
        rows, mean = (figure[:-1] for figure in _means(of, len(cut.conditions) + 1, outcome))
        distance = np.where(rows >= least, mean - base, 0.0)
        alone.append(distance)
        for i in np.flatnonzero(rows >= least):
            score = abs(distance[i]) - demand * spread / rows[i] ** 0.5
            if score > 0:
                yield _Found([(cut, int(i))], float(score), float(distance[i]))
    for a in range(len(cuts)):
        for b in range(a + 1, len(cuts)):
            yield from _search_pair(cuts[a], cuts[b], halves[a], halves[b], alone[a], alone[b], outcome, least, demand)


def _search_pair(
    left: _Cut,
    right: _Cut,
    a: IntArray,
    b: IntArray,
    alone_a: FloatArray,
    alone_b: FloatArray,
    outcome: FloatArray,
    least: float,
    demand: float,
) -> Iterator[_Found]:
    height, width = len(left.conditions), len(right.conditions)
    counted = _means(a * (width + 1) + b, (height + 1) * (width + 1), outcome)
    rows, mean = (figure.reshape(height + 1, width + 1)[:-1, :-1].ravel() for figure in counted)
    base, spread = float(outcome.mean()), float(outcome.std())
    for cell in np.flatnonzero(rows >= least):
        i, j = divmod(int(cell), width)
        distance = float(mean[cell]) - base
        parents = [float(alone_a[i]), float(alone_b[j])]
        reach = max((p for p in parents), key=lambda p: p if distance > 0 else -p)
        if abs(distance) < BETTER * abs(reach) and distance * reach > 0:
            continue
        score = abs(distance) - demand * spread / float(rows[cell]) ** 0.5
        if score > 0:
            yield _Found([(left, i), (right, j)], score, distance)


def _means(of: IntArray, number: int, outcome: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Rows and mean of each piece."""
    rows = np.bincount(of, minlength=number).astype(np.float64)
    sums = np.bincount(of, weights=outcome, minlength=number)
    return rows, sums / np.maximum(rows, 1)


def _different(found: list[_Found]) -> Iterator[_Found]:
    """The best, without the many that differ only in their second condition, or are the same rows under other names."""
    used: dict[tuple[str, int], int] = {}
    kept: list[_Found] = []
    for item in found[:500]:
        keys = [(cut.name, place) for cut, place in item.cells]
        if any(used.get(key, 0) >= SHARED for key in keys) or any(_same(item, other) for other in kept):
            continue
        for key in keys:
            used[key] = used.get(key, 0) + 1
        kept.append(item)
        yield item
        if len(kept) >= 3 * SHOWN:
            return


def _inside(found: _Found) -> np.ndarray:
    inside = np.ones(len(found.cells[0][0].of), dtype=bool)
    for cut, place in found.cells:
        inside &= cut.of == place
    return inside


def _same(left: _Found, right: _Found) -> bool:
    """Whether two slices are nearly the same rows."""
    a, b = _inside(left), _inside(right)
    return bool((a & b).sum() >= SAME * (a | b).sum())


def _measure(found: _Found, outcome: FloatArray, finding: np.ndarray, high: bool, target: TargetValues) -> Slice | None:
    """The slice with its figures on the half that did not find it; None when they do not bear it out."""
    inside = _inside(found)
    values = outcome[inside & ~finding]
    if len(values) < MIN_ROWS // 2:
        return None
    mean, base = float(values.mean()), float(outcome.mean())
    if target.numbers is None:
        lower, upper = wilson(float(values.sum()), float(len(values)))
    else:
        half = 1.96 * float(values.std()) / len(values) ** 0.5
        lower, upper = mean - half, mean + half
    if lower <= base if high else upper >= base:
        return None
    conditions = [cut.conditions[place] for cut, place in found.cells]
    return Slice(conditions=conditions, rows=int(inside.sum()), target=mean, lower=lower, upper=upper, high=high)

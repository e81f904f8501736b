"""Numbers and times over all rows: what one chunk tells, and how two chunks' figures become those of both."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from .binning import KEPT_OUTSIDE, Edges, FloatArray, IntArray, count, count_whole, place_of, plan_edges
from .column import Scanned
from .moments import Moments, moments_of
from .sketch import HashArray, Sketch, first_halvings, sketch_of
from .weighted import Weighted, ordered_weighted, weighted

#: Extremes that are named, and values counted as candidates for the most frequent.
EXTREMES, CANDIDATES = 10, 20
#: A column whose sample has at most this many different values is counted value by value.
FEW_LEVELS, MOST_LEVELS = 1000, 20_000


@dataclass(frozen=True)
class NumberPlan:
    """How a column's chunks are counted, decided on the sample.

    Attributes
    ----------
    edges
        Bins; None counts value by value.
    monotonic
        1 or -1 where the sample rises or falls, else 0: then it is not looked at any further.
    reach
        Values up to the first and from the second are candidates for extremes.
    candidates
        Values whose counts are wanted, ascending.
    halvings
        Where the sketch of distinct values starts.
    """

    name: str
    time: bool
    whole: bool
    edges: Edges | None
    centre: float
    monotonic: int = 0
    reach: tuple[float, float] | None = None
    candidates: FloatArray = field(default_factory=lambda: np.array([]))
    halvings: int = 0
    sample: npt.NDArray[Any] = field(default_factory=lambda: np.array([]))


@dataclass(frozen=True)
class Extremes:
    """Values far from the centre with their rows and keys, farthest first."""

    values: FloatArray = field(default_factory=lambda: np.array([]))
    rows: IntArray = field(default_factory=lambda: np.array([], dtype=np.int64))
    keys: tuple[str | None, ...] = ()

    def merge(self, other: Extremes, centre: float) -> Extremes:
        """Return the farthest of both."""
        values = np.concatenate((self.values, other.values))
        rows = np.concatenate((self.rows, other.rows))
        keys = (*self.keys, *other.keys)
        order = np.lexsort((rows, -np.abs(values - centre)))[:EXTREMES]
        return Extremes(values[order], rows[order], tuple(keys[i] for i in order))


@dataclass(frozen=True)
class Run:
    """Whether values rise or fall from row to row, and how they begin and end."""

    first: Any
    last: Any
    rising: bool
    falling: bool
    strict: bool

    def merge(self, other: Run) -> Run:
        """Return the run of this and what follows it."""
        return Run(
            self.first,
            other.last,
            self.rising and other.rising and self.last <= other.first,
            self.falling and other.falling and self.last >= other.first,
            self.strict and other.strict and self.last != other.first,
        )


@dataclass(frozen=True)
class NumberPart:
    """Figures of some rows of a column."""

    rows: int = 0
    nulls: int = 0
    nan: int = 0
    infinite: int = 0
    finite: int = 0
    zeros: int = 0
    negative: int = 0
    low: Any = None
    high: Any = None
    moments: Moments = field(default_factory=Moments)
    counts: IntArray | None = None
    lower: tuple[npt.NDArray[Any], ...] = ()
    upper: tuple[npt.NDArray[Any], ...] = ()
    beyond: int = 0
    levels: Weighted | None = None
    sketch: Sketch | None = None
    tops: IntArray | None = None
    extremes: Extremes = field(default_factory=Extremes)
    run: Run | None = None
    misfit: bool = False

    def merge(self, other: NumberPart, plan: NumberPlan) -> NumberPart:
        """Return the figures of this part and the one that follows it."""
        if self.rows == 0 or other.rows == 0:
            return other if self.rows == 0 else self
        levels = _both(self.levels, other.levels, Weighted.merge)
        beyond = self.beyond + other.beyond
        keep = beyond <= KEPT_OUTSIDE  # more lead to another scan anyway
        return NumberPart(
            rows=self.rows + other.rows,
            nulls=self.nulls + other.nulls,
            nan=self.nan + other.nan,
            infinite=self.infinite + other.infinite,
            finite=self.finite + other.finite,
            zeros=self.zeros + other.zeros,
            negative=self.negative + other.negative,
            low=_both(self.low, other.low, min),
            high=_both(self.high, other.high, max),
            moments=self.moments.merge(other.moments),
            counts=_both(self.counts, other.counts, np.add),
            lower=self.lower + other.lower if keep else (),
            upper=self.upper + other.upper if keep else (),
            beyond=beyond,
            levels=levels,
            sketch=_both(self.sketch, other.sketch, Sketch.merge),
            tops=_both(self.tops, other.tops, np.add),
            extremes=self.extremes.merge(other.extremes, plan.centre),
            run=_both(self.run, other.run, Run.merge),
            misfit=self.misfit or other.misfit or (levels is not None and len(levels.values) > MOST_LEVELS),
        )


def _both(left: Any, right: Any, join: Any) -> Any:
    if left is None or right is None:
        return right if left is None else left
    return join(left, right)


class Workspace:
    """Buffers of one thread: memory that is taken anew for every chunk costs more than what is computed in it."""

    def __init__(self) -> None:
        self._size = 0

    def fit(self, rows: int) -> None:
        """Have room for so many rows."""
        if rows > self._size:
            self._size = rows
            self.first, self.second = np.empty(rows), np.empty(rows)
            self.places = np.empty(rows, dtype=np.int64)
            self.hashes, self.spare = np.empty(rows, dtype=np.uint64), np.empty(rows, dtype=np.uint64)


def plan_numbers(scanned: Scanned, rows: int, order: IntArray | None) -> NumberPlan:
    """Decide on the sample how the column is counted; ``order`` sorts the sample by its place in the source."""
    profile = scanned.profile
    ordered = scanned.ordered if scanned.ordered is not None else np.array([])
    whole = ordered.dtype.kind in "iu" or (len(ordered) > 0 and bool(np.all(ordered == np.floor(ordered))))
    centre = float(ordered[len(ordered) // 2]) if len(ordered) else 0.0
    edges = plan_edges(ordered, whole=whole and profile.kind == "numeric")
    known = ordered_weighted(ordered)
    if (
        edges is not None
        and not edges.values
        and len(known.values) <= FEW_LEVELS
        and len(ordered) > 4 * len(known.values)
    ):
        edges = None
    seldom = max(3, len(ordered) // 2000)
    candidates = [float(value) for value, number in known.top(CANDIDATES) if number >= seldom]
    return NumberPlan(
        name=profile.column_name,
        time=profile.kind == "datetime",
        whole=whole,
        edges=edges if len(ordered) else None,
        centre=centre,
        monotonic=_trend(scanned, order),
        reach=(float(ordered[min(9, len(ordered) - 1)]), float(ordered[-min(10, len(ordered))]))
        if len(ordered)
        else None,
        candidates=np.sort(np.array(candidates)) if edges is not None and not edges.values else np.array([]),
        halvings=first_halvings(known.counts, rows),
        sample=ordered,
    )


def replanned(plan: NumberPlan, part: NumberPart) -> NumberPlan:
    """Return the plan for a second scan: bins over the range that the first one found."""
    ends = np.array([part.low, part.high]) if part.finite else np.array([])
    return replace(
        plan,
        whole=False,
        edges=plan_edges(ends, whole=False, wide=True) or Edges(0.0, 1.0, 1),
        candidates=plan.candidates,
    )


def needs_another_scan(plan: NumberPlan, part: NumberPart) -> bool:
    """Whether over 1 % of the values lie outside the bins, or are not what the sample made expect."""
    limited = plan.edges is not None and not plan.edges.values
    return part.misfit or (limited and part.beyond > 0.01 * max(1, part.finite)) or part.beyond > KEPT_OUTSIDE


def _trend(scanned: Scanned, order: IntArray | None) -> int:
    if scanned.values is None or order is None:
        return 0
    values = scanned.values[order]
    values = values[np.isfinite(values)]
    if len(values) < 2 or values[0] == values[-1]:
        return 0
    steps = np.diff(values)
    return 1 if bool(np.all(steps >= 0)) else -1 if bool(np.all(steps <= 0)) else 0


def count_numbers(
    plan: NumberPlan, values: npt.NDArray[Any], rows: int, nulls: int, work: Workspace, hashes: HashArray | None
) -> tuple[NumberPart, npt.NDArray[np.bool_] | None]:
    """Return the figures of a chunk's present values, and which of them are finite (None = all)."""
    nan = infinite = 0
    finite = None
    low, high = (values.min(), values.max()) if len(values) else (0, 0)
    if values.dtype.kind == "f" and not (np.isfinite(low) and np.isfinite(high)):  # the least of some NaN is NaN
        finite = np.isfinite(values)
        nan = int(np.count_nonzero(np.isnan(values)))
        values = values[finite]
        infinite = len(finite) - nan - len(values)
        hashes = hashes[finite] if hashes is not None else None
        low, high = (values.min(), values.max()) if len(values) else (0, 0)
    part = NumberPart(rows=rows, nulls=nulls, nan=nan, infinite=infinite, finite=len(values))
    if not len(values):
        return part, finite
    zeros = int(np.count_nonzero(values == 0)) if low <= 0 <= high else 0
    negative = int(np.count_nonzero(values < 0)) if low < 0 else 0
    part = replace(part, low=low, high=high, zeros=zeros, negative=negative, run=_run(plan, values))
    return _distribution(plan, part, values, work, hashes), finite


def _distribution(
    plan: NumberPlan, part: NumberPart, values: npt.NDArray[Any], work: Workspace, hashes: HashArray | None
) -> NumberPart:
    if plan.edges is None:
        levels = weighted(values)
        many = len(levels.values) > MOST_LEVELS
        return replace(part, levels=None if many else levels, misfit=many)
    if plan.edges.values and values.dtype == np.int64 and plan.edges.holds(int(part.low), int(part.high)):
        return replace(part, counts=count_whole(values, plan.edges, work.places))
    counts = count(values, plan.edges, work.first, work.places)
    places = work.places[: len(values)]
    misfit = (
        plan.edges.values and values.dtype.kind == "f" and not bool(np.array_equal(work.first[: len(values)], places))
    )
    # Where every value is a bin, whole numbers beside the bins stay what they are: doubles do not hold all of them.
    kind = values.dtype if plan.edges.values and values.dtype.kind in "iu" else np.dtype(np.float64)
    lower = (values[np.flatnonzero(places == 0)].astype(kind),) if counts[0] else ()
    upper = (values[np.flatnonzero(places == plan.edges.bins + 1)].astype(kind),) if counts[-1] else ()
    part = replace(part, counts=counts[1:-1], lower=lower, upper=upper, beyond=int(counts[0] + counts[-1]))
    if plan.edges.values:
        fits = all(bool(np.all(beyond == np.floor(beyond))) for beyond in (*lower, *upper))
        return replace(part, misfit=misfit or not fits)
    tops = _tops(plan, values, places, counts) if len(plan.candidates) else None
    sketch = sketch_of(hashes, plan.halvings) if hashes is not None else None
    moments = moments_of(values, work.first, work.second, plan.centre, (part.low, part.high))
    return replace(part, tops=tops, sketch=sketch, moments=moments)


def _tops(plan: NumberPlan, values: npt.NDArray[Any], places: IntArray, counts: IntArray) -> IntArray:
    """How often each candidate occurs: only rows in the candidates' bins are looked at."""
    edges = plan.edges
    assert edges is not None  # candidates are counted beside bins only
    at = place_of(plan.candidates, edges)
    if not counts[at].any():
        return np.zeros(len(plan.candidates), dtype=np.int64)
    marked = np.zeros(edges.bins + 2, dtype=bool)
    marked[at] = True
    near = values[marked[places]]
    place = np.minimum(np.searchsorted(plan.candidates, near), len(plan.candidates) - 1)
    return np.bincount(place[plan.candidates[place] == near], minlength=len(plan.candidates))


def _run(plan: NumberPlan, values: npt.NDArray[Any]) -> Run | None:
    if not plan.monotonic:
        return None
    left, right = values[:-1], values[1:]
    return Run(
        values[0],
        values[-1],
        plan.monotonic > 0 and bool(np.all(right >= left)),
        plan.monotonic < 0 and bool(np.all(right <= left)),
        bool(np.all(right != left)),
    )


def far_rows(plan: NumberPlan, values: npt.NDArray[Any]) -> IntArray:
    """Positions of a chunk's candidates for extremes, farthest first."""
    if plan.reach is None or not len(values):
        return np.array([], dtype=np.int64)
    first, last = plan.reach
    if values.dtype == np.int64 and max(abs(first), abs(last)) < 2**53:  # else each value would be turned into a float
        first, last = int(np.floor(first)), int(np.ceil(last))
    far = np.concatenate((np.flatnonzero(values <= first), np.flatnonzero(values >= last)))
    if plan.reach[0] >= plan.reach[1]:
        far = np.unique(far)
    far = far[np.isfinite(values[far])] if values.dtype.kind == "f" else far
    if len(far) > EXTREMES:
        distances = np.abs(values[far].astype(np.float64) - plan.centre)
        # Of values that occur often there are many that are equally far: only those at least as far as the tenth are sorted.
        tenth = np.partition(distances, -EXTREMES)[-EXTREMES]
        more, equal = far[distances > tenth], far[distances == tenth]
        if len(equal) > EXTREMES:
            equal = np.sort(np.partition(equal, EXTREMES)[:EXTREMES])
        far = np.concatenate((more, equal))
        order = np.lexsort((far, -np.abs(values[far].astype(np.float64) - plan.centre)))
        far = far[order[:EXTREMES]]
    return far

"""The column to predict, as the analyses need it: numbers or classes, and the folds in which a prediction is tested.

Folds are random, or whole groups, or forward in time: then every fold is predicted from what came before it, as a model will be.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mlnb.core.errors import InvalidParameterError

from ..records import ColumnProfile, Item, Target
from ..scanning.column import Scanned
from ..scanning.describing import item_text

if TYPE_CHECKING:
    from ..look import Look

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

FOLDS = 5
#: A numeric target with at most this many values is read as classes.
MAX_NUMERIC_CLASSES = 10
MAX_CLASSES = 1000
#: Numbers from here on have no square.
LARGEST = 1e150
#: Classes that enter the mean AUC, most frequent first: the rest has too few rows to matter.
SCORED_CLASSES = 20


@dataclass
class Folds:
    """In which fold each row is tested, and whether only earlier folds may be learned from (the first is then never tested)."""

    number: IntArray
    count: int = FOLDS
    forward: bool = False


@dataclass
class TargetValues:
    """The target on the sample.

    Attributes
    ----------
    rows
        The sample's rows that have a target.
    folds
        The fold of each of them.
    numbers
        The numbers of a numeric target, else None.
    codes
        Class of each row, None for a numeric target; ``labels`` are the names of the codes.
    scored
        Codes of the classes that are predicted one against the rest: of two only the positive one.
    drawn
        Position in ``scored`` of the class that shapes show.
    """

    record: Target
    rows: IntArray
    folds: Folds
    numbers: FloatArray | None = None
    codes: IntArray | None = None
    labels: list[str] | None = None
    scored: list[int] | None = None
    drawn: int = 0

    @property
    def binary(self) -> bool:
        """Whether there are exactly two classes."""
        return self.codes is not None and len(self.record.classes) == 2

    @cached_property
    def positive(self) -> npt.NDArray[np.bool_]:
        """Which rows are of the class that shapes show."""
        if self.codes is None or self.scored is None:
            return np.zeros(len(self.rows), dtype=bool)
        positive: npt.NDArray[np.bool_] = self.codes == self.scored[self.drawn]
        return positive

    @cached_property
    def outcome(self) -> FloatArray:
        """What shapes average: the numbers, or 1 for the positive class and 0 for the rest."""
        return self.numbers if self.numbers is not None else self.positive.astype(np.float64)

    @cached_property
    def weights(self) -> list[FloatArray]:
        """Per scored class 1 where a row has it; for a numeric target one array with the numbers."""
        if self.codes is None or self.scored is None:
            return [self.outcome]
        return [(self.codes == code).astype(np.float64) for code in self.scored]

    @cached_property
    def cells(self) -> IntArray:
        """Fold and class of each row in one number: ``fold · (scored classes + 1) + class``; unscored classes share the last one."""
        if self.codes is None or self.scored is None:
            return self.folds.number
        place = np.full(len(self.labels or ()), len(self.scored), dtype=np.int64)
        place[self.scored] = np.arange(len(self.scored))
        cells: IntArray = self.folds.number * (len(self.scored) + 1) + place[self.codes]
        return cells

    def first(self, rows: int) -> TargetValues:
        """Return the same of the first ``rows`` rows only: a sample, as rows are in random order."""
        if len(self.rows) <= rows:
            return self
        cut = slice(0, rows)
        folds = Folds(self.folds.number[cut], self.folds.count, self.folds.forward)
        numbers = None if self.numbers is None else self.numbers[cut]
        codes = None if self.codes is None else self.codes[cut]
        return TargetValues(self.record, self.rows[cut], folds, numbers, codes, self.labels, self.scored, self.drawn)


def read_target(look: Look, name: str, time_column: str | None = None, group: str | None = None) -> TargetValues | None:
    """Read the target column of a look; None when it is constant or empty.

    Raises
    ------
    InvalidParameterError
        When it cannot be a target: over a thousand classes of text; when ``time_column`` holds no times.
    """
    scanned = look.column(name, "target")
    distinct = scanned.profile.distinct_count or 0
    if distinct < 2:
        return None
    numeric = scanned.codes is None and (scanned.values is None or distinct > MAX_NUMERIC_CLASSES)
    if not numeric and distinct > MAX_CLASSES:
        raise InvalidParameterError(
            f"The target {name!r} has {distinct:,} different values, too many to be classes.",
            hint="Choose a column with fewer classes or a numeric one.",
        )
    values = _numeric_target(name, scanned) if numeric else _class_target(name, scanned)
    if values is None:
        return None
    values.folds = make_folds(look, values.rows, time_column, group)
    return values


def _numeric_target(name: str, scanned: Scanned) -> TargetValues | None:
    if scanned.values is None:
        raise InvalidParameterError(
            f"The target {name!r} is of type {scanned.profile.data_type}, which cannot be predicted.",
            hint="Choose a column of numbers or one with few different values.",
        )
    # Infinite ones are left out, and those whose squares are.
    rows = np.flatnonzero(np.abs(scanned.values) < LARGEST)
    if len(rows) == 0 or scanned.values[rows].min() == scanned.values[rows].max():
        return None
    numbers = scanned.values[rows]
    record = Target(column=name, task="regression", base=float(numbers.mean()), rows=len(rows))
    return TargetValues(record, rows, _no_folds(), numbers)


def _class_target(name: str, scanned: Scanned) -> TargetValues | None:
    codes, labels = class_codes(scanned)
    rows = np.flatnonzero(codes >= 0)
    counts = np.bincount(codes[rows], minlength=len(labels))
    order = [int(i) for i in np.argsort(-counts, kind="stable") if counts[i]]
    if len(order) < 2:
        return None
    # Of two classes the later one is the event: true, 1, "yes". Of more, the most frequent one is drawn.
    positive = max(order, key=lambda i: _class_order(labels[i])) if len(order) == 2 else order[0]
    scored = [positive] if len(order) == 2 else order[:SCORED_CLASSES]
    record = Target(
        column=name,
        task="classification",
        positive=labels[positive],
        classes=[Item(item=labels[i], count=int(counts[i])) for i in order],
        base=float(counts[positive] / len(rows)),
        rows=len(rows),
    )
    return TargetValues(record, rows, _no_folds(), None, codes[rows], labels, scored, scored.index(positive))


def _class_order(label: str) -> tuple[int, float, str]:
    try:
        return 1, float(label), label
    except ValueError:
        return 0, 0.0, label.casefold()


def class_codes(scanned: Scanned) -> tuple[IntArray, list[str]]:
    """Position of each row's value among its distinct ones (-1 where missing), and their names."""
    if scanned.codes is not None and scanned.levels is not None:
        return scanned.codes, [scanned.levels[i] for i in range(len(scanned.levels))]
    codes, uniques = _number_codes(scanned)
    return codes, [f"{value:.12g}" for value in uniques]


def member_codes(scanned: Scanned) -> IntArray:
    """The same without the names: of a group's column there may be very many."""
    return scanned.codes if scanned.codes is not None else _number_codes(scanned)[0]


def _number_codes(scanned: Scanned) -> tuple[IntArray, FloatArray]:
    values = scanned.values if scanned.values is not None else np.zeros(0)
    finite = np.isfinite(values)
    uniques, where = np.unique(values[finite], return_inverse=True)
    codes = np.full(len(values), -1, dtype=np.int64)
    codes[finite] = where
    return codes, uniques


def of_all_rows(record: Target, column: ColumnProfile) -> Target:
    """Return what is said of the target with the counts of a scan of all rows, as far as it has them; the rest is marked."""
    sampled = record.model_copy(update={"basis": {"base": "sample", "classes": "sample", "rows": "sample"}})
    if record.task == "regression":
        ends = column.min, column.avg, column.max
        if not all(isinstance(end, int | float) and abs(end) < LARGEST for end in ends) or "avg" in column.basis:
            return sampled
        rows = column.count - (column.num_nan or 0) - (column.num_inf or 0)
        return record.model_copy(update={"base": column.avg, "rows": rows})
    known = {item_text(item.item): item.item for item in record.classes}
    listed = column.frequent_items
    counted = len(listed) == column.distinct_count and not {"frequent_items", "distinct_count"} & set(column.basis)
    if not counted or len(known) < len(record.classes):
        return sampled
    classes = [Item(item=known.get(item.item, item.item), count=item.count) for item in listed]
    rows, hits = sum(item.count for item in classes), {item.item: item.count for item in classes}
    base = hits.get(record.positive or "", 0) / rows
    return record.model_copy(update={"classes": classes, "base": base, "rows": rows})


# -- folds -------------------------------------------------------------------------------------------------------------


def _no_folds() -> Folds:
    return Folds(np.zeros(0, dtype=np.int64), 0)


def make_folds(look: Look, rows: IntArray, time_column: str | None = None, group: str | None = None) -> Folds:
    """Return the folds of ``rows``: forward in time, by whole groups, both (groups in the order of their mean time), or at random."""
    times = None
    if time_column is not None:
        from ..over_time.times import read_times

        times = read_times(look, time_column)
    members = _members(look, group)[rows] if group is not None else None
    if times is not None:
        folds = _forward_folds(_time_of_group(times[rows], members))
        if folds is not None:
            return folds
    rng = np.random.default_rng(look.seed)
    if members is not None:
        return Folds(_group_folds(members, rng))
    number = np.arange(len(rows), dtype=np.int64) % FOLDS
    rng.shuffle(number)
    return Folds(number)


def _members(look: Look, group: str) -> IntArray:
    scanned = look.column(group, "group column")
    if scanned.values is None and scanned.codes is None:
        raise InvalidParameterError(
            f"The group column {group!r} is of type {scanned.profile.data_type}, which forms no groups.",
            hint="Give a column of text, whole numbers or dates.",
        )
    return member_codes(scanned)


def _time_of_group(times: FloatArray, members: IntArray | None) -> FloatArray:
    """The time that decides a row's fold: its own, or its group's mean so that no group is in two folds."""
    if members is None:
        return times
    dated = np.isfinite(times) & (members >= 0)
    if not dated.any():
        return times
    origin = float(times[dated].min())
    counts = np.bincount(members[dated], minlength=int(members.max()) + 1)
    sums = np.bincount(members[dated], weights=times[dated] - origin, minlength=len(counts))
    means = np.where(counts > 0, sums / np.maximum(counts, 1) + origin, np.nan)
    return np.where(members >= 0, means[members], times)


def _forward_folds(times: FloatArray) -> Folds | None:
    """Blocks of about equal size in time; rows of one time share a block. None when there are not even two."""
    ordered = np.sort(times[np.isfinite(times)])
    if len(ordered) == 0:
        return None
    starts = np.unique(ordered[np.arange(1, FOLDS + 1) * len(ordered) // (FOLDS + 1)])
    starts = starts[starts > ordered[0]]
    if len(starts) == 0:
        return None
    # Rows without a time are learned from by all and never tested: they go to the first block.
    number = np.searchsorted(starts, np.where(np.isfinite(times), times, ordered[0]), side="right")
    return Folds(number.astype(np.int64), len(starts) + 1, forward=True)


def _group_folds(members: IntArray, rng: np.random.Generator) -> IntArray:
    """Whole groups, large ones first and back and forth over the folds, so that folds are of about one size."""
    counts = np.bincount(members[members >= 0], minlength=int(members.max(initial=-1)) + 1)
    shuffled = rng.permutation(len(counts))
    order = shuffled[np.argsort(-counts[shuffled], kind="stable")]
    snake = np.concatenate((np.arange(FOLDS), np.arange(FOLDS)[::-1]))
    fold_of = np.zeros(len(counts) + 1, dtype=np.int64)
    fold_of[order] = snake[np.arange(len(order)) % len(snake)]
    folds = fold_of[members]
    # A row without a group is a group of its own.
    alone = members < 0
    folds[alone] = rng.integers(0, FOLDS, int(alone.sum()))
    return folds

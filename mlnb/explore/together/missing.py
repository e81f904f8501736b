"""Which columns are missing in the same rows, and whether that tells something of the target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..records import MissingGroup, MissingPattern, MissingTogether
from .measures import wilson

if TYPE_CHECKING:
    from ..look import Look
    from ..scanning.column import Scanned
    from ..target.values import TargetValues

BoolArray = npt.NDArray[np.bool_]

#: Least agreement (phi) of every two columns of a group.
AGREEMENT = 0.9
#: Rows that must be missing for a column to be compared with others.
MIN_ROWS = 10
#: Columns that are compared, those most often missing first; patterns that are kept.
MAX_COLUMNS, MAX_PATTERNS = 1000, 20


def missing_rows(scanned: Scanned) -> BoolArray | None:
    """Which rows of the sample have no value; None for columns of other kinds."""
    if scanned.values is not None:
        missing: BoolArray = np.isnan(scanned.values)
        return missing
    return scanned.codes < 0 if scanned.codes is not None else None


def missing_together(look: Look, target: TargetValues | None = None) -> MissingTogether | None:
    """Return the columns that are missing in the same rows, and the patterns of missing columns; None when nothing is missing."""
    columns: dict[str, BoolArray] = {}
    for name, scanned in look.columns.items():
        missing = missing_rows(scanned)
        if missing is not None and missing.any():
            columns[name] = missing
    if not columns:
        return None
    patterns, complete = _patterns(columns, look, target)
    groups = [_group(names, agreement, columns, look, target) for names, agreement in _groups(columns)]
    groups.sort(key=lambda group: -group.rows)
    return MissingTogether(groups=groups, patterns=patterns, complete_rows=complete, rows=look.size)


# -- groups ------------------------------------------------------------------------------------------------------------


def _groups(columns: dict[str, BoolArray]) -> list[tuple[list[str], float]]:
    """Sets of columns of which every two agree, and the least agreement in each."""
    counts = {name: int(missing.sum()) for name, missing in columns.items()}
    size = len(next(iter(columns.values())))
    # What is missing everywhere agrees with nothing: it does not vary.
    names = [name for name in columns if MIN_ROWS <= counts[name] < size]
    names = sorted(names, key=lambda name: -counts[name])[:MAX_COLUMNS]
    if len(names) < 2:
        return []
    agreement = _agreement([columns[name] for name in names])
    found, free = [], set(range(len(names)))
    for first in range(len(names)):
        if first not in free:
            continue
        members = [first]
        for other in range(first + 1, len(names)):
            if other in free and agreement[other, members].min() >= AGREEMENT:
                members.append(other)
        if len(members) > 1:
            free -= set(members)
            least = min(float(agreement[a, b]) for a in members for b in members if a < b)
            found.append(([names[i] for i in members], least))
    return found


def _agreement(columns: list[BoolArray]) -> npt.NDArray[np.float64]:
    """Phi of every two columns, by counting bits."""
    rows = len(columns[0])
    packed = np.vstack([np.packbits(column) for column in columns])
    packed = np.pad(packed, ((0, 0), (0, -packed.shape[1] % 8))).view(np.uint64)
    each = np.bitwise_count(packed).sum(axis=1).astype(np.float64)
    both = np.empty((len(columns), len(columns)))
    for i, bits in enumerate(packed):
        both[i, i:] = both[i:, i] = np.bitwise_count(bits & packed[i:]).sum(axis=1)
    spread = each * (rows - each)
    phi: npt.NDArray[np.float64] = (rows * both - np.outer(each, each)) / np.sqrt(np.outer(spread, spread))
    return phi


def _group(
    names: list[str], agreement: float, columns: dict[str, BoolArray], look: Look, target: TargetValues | None
) -> MissingGroup:
    all_missing = columns[names[0]].copy()
    for name in names[1:]:
        all_missing &= columns[name]
    order = [name for name in look.columns if name in set(names)]
    group = MissingGroup(columns=order, rows=int(all_missing.sum()), agreement=agreement)
    if target is not None and target.record.column not in names:
        inside = all_missing[target.rows]
        told = _mean(target, inside)
        if told is not None and not inside.all():
            group.target, group.lower, group.upper = told
            group.other = float(target.outcome[~inside].mean())
    return group


def _mean(target: TargetValues, inside: BoolArray) -> tuple[float, float, float] | None:
    """The target's mean over some rows with its 95 % interval."""
    values = target.outcome[inside]
    if len(values) == 0:
        return None
    mean = float(values.mean())
    if target.numbers is None:
        return mean, *wilson(float(values.sum()), float(len(values)))
    half = 1.96 * float(values.std()) / len(values) ** 0.5
    return mean, mean - half, mean + half


# -- patterns ----------------------------------------------------------------------------------------------------------


def _patterns(
    columns: dict[str, BoolArray], look: Look, target: TargetValues | None
) -> tuple[list[MissingPattern], int]:
    """The most frequent sets of columns that are missing together, and how many rows miss nothing."""
    # Each column has a random number; a row's sum of them tells its set of missing columns.
    numbers = np.random.default_rng(0).integers(1, 2**63, size=len(columns), dtype=np.uint64)
    signature = np.zeros(look.size, dtype=np.uint64)
    for number, missing in zip(numbers, columns.values(), strict=True):
        signature[missing] ^= number
    kinds, first, where, counts = np.unique(signature, return_index=True, return_inverse=True, return_counts=True)
    complete = int(counts[kinds == 0].sum())
    found = []
    for i in np.argsort(-counts, kind="stable")[: MAX_PATTERNS + 1]:
        if kinds[i] == 0:
            continue
        names = [name for name, missing in columns.items() if missing[first[i]]]
        pattern = MissingPattern(columns=names, rows=int(counts[i]), share=float(counts[i] / look.size))
        if target is not None and target.record.column not in names:
            told = _mean(target, (where == i)[target.rows])
            if told is not None:
                pattern.target, pattern.lower, pattern.upper = told
        found.append(pattern)
    return found[:MAX_PATTERNS], complete

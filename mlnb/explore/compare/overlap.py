"""What two sides share: identical rows, groups, a stretch of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..findings.texts import level_texts
from ..over_time.periods import time_text
from ..over_time.times import read_times
from ..records_compare import Overlap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..look import Look
    from ..scanning.column import Scanned

HashArray = npt.NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def overlap(
    left: Look, right: Look, columns: Sequence[str], *, time_column: str | None = None, group: str | None = None
) -> tuple[Overlap, float]:
    """Return what both sides share, and the share of the left side's rows that have an equal one on their own side.

    That second figure tells what chance gives: in a table of few columns with few values many rows are equal without being the same.
    Where a side is a sample, the number of identical rows is the estimate for all of them.
    """
    found = Overlap()
    repeated = 0.0
    if columns and left.size and right.size:
        first, second = row_hashes(left, columns), row_hashes(right, columns)
        matches = int(np.isin(second, first).sum())
        drawn = min(1.0, left.size / max(1, left.rows))
        found.share = min(1.0, matches / right.size / drawn)
        found.rows = matches if left.complete and right.complete else round(found.share * right.rows)
        _, counts = np.unique(first, return_counts=True)
        repeated = float(counts[counts > 1].sum() / left.size)
    if group is not None:
        members = _members(left.column(group, "group")), _members(right.column(group, "group"))
        found.groups, found.groups_total = len(members[0] & members[1]), len(members[1])
    if time_column is not None:
        _time(found, left, right, time_column)
    return found, repeated


def _time(found: Overlap, left: Look, right: Look, time_column: str) -> None:
    spans = []
    for side in (left, right):
        times = read_times(side, time_column)
        finite = times[np.isfinite(times)]
        if not len(finite):
            return
        spans.append((float(finite.min()), float(finite.max())))
    start, end = max(span[0] for span in spans), min(span[1] for span in spans)
    if start <= end:
        found.time_start, found.time_end = time_text(start), time_text(end)


def _members(scanned: Scanned) -> set[str]:
    if scanned.codes is not None and scanned.levels is not None:
        texts = level_texts(scanned)
        return {texts[i] for i in np.unique(scanned.codes[scanned.codes >= 0])}
    if scanned.values is None:
        return set()
    return {f"{value!r}" for value in np.unique(scanned.values[np.isfinite(scanned.values)]).tolist()}


def row_hashes(look: Look, columns: Sequence[str]) -> HashArray:
    """Return one number for each row's values in ``columns``: equal rows have equal numbers."""
    hashes = np.full(look.size, _GOLDEN, dtype=np.uint64)
    for name in columns:
        hashes = _mixed(hashes * np.uint64(31) + _column_hashes(look.columns[name], look.size))
    return hashes


def _column_hashes(scanned: Scanned, rows: int) -> HashArray:
    if scanned.values is not None:
        values = scanned.values + 0.0  # -0.0 becomes 0.0
        values = np.where(np.isnan(values), np.nan, values)
        return _mixed(values.view(np.uint64) + _GOLDEN)
    if scanned.codes is None or scanned.levels is None:
        return np.zeros(rows, dtype=np.uint64)
    from pandas.util import hash_array

    texts = np.array(level_texts(scanned), dtype=object)
    of_levels = hash_array(texts, categorize=False) if len(texts) else np.zeros(0, dtype=np.uint64)
    result: HashArray = np.append(of_levels, np.uint64(0))[scanned.codes]
    return result


def _mixed(values: HashArray) -> HashArray:
    """Splitmix64: every bit of the input moves half of the output's bits."""
    mixed = (values ^ (values >> np.uint64(30))) * _MIX[0]
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX[1]
    return mixed ^ (mixed >> np.uint64(31))

"""Which executed cell of one run is which of another, and how their texts differ."""

from __future__ import annotations

import bisect
import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence

from ..records_diff import CellDiff
from ..records_replay import ExecutedCell

#: Cells are the same one rewritten when they share more than this part of their words.
_ALIKE = 0.5
_WORD = re.compile(r"\w+|[^\w\s]")


def cell_diffs(a: Sequence[ExecutedCell], b: Sequence[ExecutedCell]) -> list[CellDiff]:
    """Return the cells in the order of ``b``, those that only ``a`` has after the one they followed there."""
    pairs = align(a, b)
    kept = _in_order(sorted(pairs.items()))
    of_b = {there: here for here, there in pairs.items()}
    found: list[CellDiff] = []
    done: set[int] = set()

    def removed_after(place: int) -> None:
        """Add the cells of ``a`` from here on that ``b`` does not have."""
        while place < len(a) and place not in pairs and place not in done:
            done.add(place)
            found.append(_removed(a[place], place))
            place += 1

    removed_after(0)
    for there, cell in enumerate(b):
        here = of_b.get(there)
        if here is None:
            found.append(_added(cell, there))
            continue
        found.append(_both(a[here], cell, here, there, moved=here not in kept))
        removed_after(here + 1)
    return found


def align(a: Sequence[ExecutedCell], b: Sequence[ExecutedCell]) -> dict[int, int]:
    """Return the place in ``b`` for places in ``a``: the runs' own cells, then by id and text, by id, by text, by likeness.

    Among several executions of the same cell the last ones belong together: what came before was overwritten by them.
    """
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for key in (_own, _id_and_text, _id, _text):
        _match(a, b, key, pairs, taken)
    _match_alike(a, b, pairs, taken)
    return pairs


def unified(a: str, b: str) -> str:
    """Return the difference of two texts without head lines; empty when they are the same."""
    if a == b:
        return ""
    return "\n".join(list(difflib.unified_diff(a.splitlines(), b.splitlines(), lineterm="", n=3))[2:])


def _match(
    a: Sequence[ExecutedCell],
    b: Sequence[ExecutedCell],
    key: Callable[[ExecutedCell], Hashable],
    pairs: dict[int, int],
    taken: set[int],
) -> None:
    places: dict[Hashable, list[int]] = defaultdict(list)
    for there, cell in enumerate(b):
        if there not in taken and key(cell) is not None:
            places[key(cell)].append(there)
    for here in range(len(a) - 1, -1, -1):
        if here not in pairs and places.get(key(a[here])):
            pairs[here] = places[key(a[here])].pop()
            taken.add(pairs[here])


def _match_alike(a: Sequence[ExecutedCell], b: Sequence[ExecutedCell], pairs: dict[int, int], taken: set[int]) -> None:
    """Pair what is left by the words the texts share, the likest first; the nearer in order of two equally like."""
    words = {there: _words(cell) for there, cell in enumerate(b) if there not in taken}
    holding: dict[str, list[int]] = defaultdict(list)
    for there, bag in words.items():
        for word in bag:
            holding[word].append(there)
    scored = []
    for here, cell in enumerate(a):
        if here in pairs:
            continue
        bag = _words(cell)
        shared: Counter[int] = Counter()
        for word, count in bag.items():
            for there in holding.get(word, ()):
                shared[there] += min(count, words[there][word])
        size = bag.total()
        for there, common in shared.items():
            likeness = 2 * common / (size + words[there].total())
            if likeness > _ALIKE:
                scored.append((-likeness, abs(here - there), here, there))
    for _, _, here, there in sorted(scored):
        if here not in pairs and there not in taken:
            pairs[here] = there
            taken.add(there)


def _words(cell: ExecutedCell) -> Counter[str]:
    return Counter(_WORD.findall(cell.source))


def _own(cell: ExecutedCell) -> Hashable:
    return True if cell.is_run else None


def _id_and_text(cell: ExecutedCell) -> Hashable:
    return (cell.cell_id, cell.source) if cell.cell_id else None


def _id(cell: ExecutedCell) -> Hashable:
    return cell.cell_id or None


def _text(cell: ExecutedCell) -> Hashable:
    return cell.source.strip()


def _in_order(pairs: Sequence[tuple[int, int]]) -> set[int]:
    """Return the places in ``a`` of the most pairs that stand in the same order on both sides."""
    ends: list[int] = []
    places: list[int] = []
    before: dict[int, int | None] = {}
    for here, there in pairs:
        at = bisect.bisect_left(ends, there)
        before[here] = places[at - 1] if at else None
        if at == len(ends):
            ends.append(there)
            places.append(here)
        else:
            ends[at], places[at] = there, here
    found: set[int] = set()
    step: int | None = places[-1] if places else None
    while step is not None:
        found.add(step)
        step = before[step]
    return found


def _both(a: ExecutedCell, b: ExecutedCell, here: int, there: int, *, moved: bool) -> CellDiff:
    same = a.source == b.source
    return CellDiff(
        change="moved" if same and moved else "same" if same else "changed",
        cell_id=b.cell_id or a.cell_id,
        a_position=here,
        b_position=there,
        a_source=a.source,
        b_source=b.source,
        diff=unified(a.source, b.source),
        is_run=a.is_run or b.is_run,
    )


def _added(cell: ExecutedCell, there: int) -> CellDiff:
    return CellDiff(
        change="added",
        cell_id=cell.cell_id,
        b_position=there,
        b_source=cell.source,
        diff=unified("", cell.source),
        is_run=cell.is_run,
    )


def _removed(cell: ExecutedCell, here: int) -> CellDiff:
    return CellDiff(
        change="removed",
        cell_id=cell.cell_id,
        a_position=here,
        a_source=cell.source,
        diff=unified(cell.source, ""),
        is_run=cell.is_run,
    )

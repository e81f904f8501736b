"""Rows that occur more than once, by a 64-bit hash of each row.

Up to five million rows all hashes are kept. Of more, those of one class of hashes: equal rows are in the same class, so the share of
repeated rows in it is, on average, that of all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..records import DuplicateExample, Duplicates
from .describing import item_text

if TYPE_CHECKING:
    from ..reading.readers import Data, IntArray
    from .sketch import HashArray

#: Rows of which all hashes are kept.
EXACT_ROWS = 5_000_000
#: Repeated rows that are shown, and columns of them.
EXAMPLES, EXAMPLE_COLUMNS = 3, 30
#: 97.5 % point of the normal distribution; events that a sample without one may still miss (95 %).
NORMAL, NONE_SEEN = 1.96, 3.0


@dataclass
class RowHashes:
    """Hashes of the rows, chunk by chunk, of ``total`` rows in all."""

    total: int
    parts: list[HashArray] = field(default_factory=list)
    places: list[IntArray] = field(default_factory=list)
    rows: int = 0

    def __post_init__(self) -> None:
        self.classes = max(1, -(-self.total // EXACT_ROWS))
        self._bound = np.uint64(2**64 // self.classes) if self.classes > 1 else None

    def add(self, hashes: HashArray) -> None:
        """Take the next rows."""
        if self._bound is None:
            self.parts.append(hashes)
        else:
            kept = np.flatnonzero(hashes < self._bound)
            self.parts.append(hashes[kept])
            self.places.append(kept + self.rows)
        self.rows += len(hashes)

    def result(self, data: Data) -> Duplicates:
        """Return how many rows repeat another, with examples."""
        hashes = np.concatenate(self.parts) if self.parts else np.array([], dtype=np.uint64)
        self.parts.clear()
        ordered = np.sort(hashes)
        starts, counts = repeated(ordered)
        found = estimate(counts, self.rows, self.classes)
        if found.rows:
            best = np.lexsort((starts, -counts))[:EXAMPLES]
            wanted = [(ordered[starts[i]], int(counts[i])) for i in best]
            found.examples = self._examples(data, hashes, wanted)
        return found

    def _examples(self, data: Data, hashes: HashArray, wanted: list[tuple[Any, int]]) -> list[DuplicateExample]:
        first = [(int(np.argmax(hashes == value)), number) for value, number in wanted]
        if self._bound is not None:
            places = np.concatenate(self.places)
            first = [(int(places[at]), number) for at, number in first]
        first.sort()
        names = data.schema.names[:EXAMPLE_COLUMNS]
        rows = data.reader.take(np.array([at for at, _ in first], dtype=np.int64), names).to_pylist()
        shown = [
            DuplicateExample(values={name: item_text(value) for name, value in row.items()}, count=number)
            for row, (_, number) in zip(rows, first, strict=True)
        ]
        return sorted(shown, key=lambda example: -example.count)


def repeated(ordered: HashArray) -> tuple[IntArray, IntArray]:
    """Return where in an ascending array each value begins that occurs more than once, and how often it does."""
    again = np.flatnonzero(ordered[1:] == ordered[:-1])
    first = np.flatnonzero(np.diff(again, prepend=-2) > 1)
    return again[first], np.diff(first, append=len(again)) + 1


def estimate(counts: IntArray, rows: int, classes: int) -> Duplicates:
    """Return the share of repeated rows from the sizes of the groups of equal rows in one of so many classes; single rows need not be in."""
    extra = (counts - 1).astype(np.float64)
    repeated = float(extra.sum())
    if rows == 0 or classes == 1:
        return Duplicates(rows=int(repeated), share=repeated / rows if rows else 0.0)
    number = repeated * classes
    # Each group of equal rows is in the class or not, by chance 1 in ``classes``.
    error = NORMAL * classes * float(np.sqrt((extra * extra).sum() * (1 - 1 / classes)))
    upper = number + error if repeated else NONE_SEEN * classes
    return Duplicates(
        rows=round(number),
        share=number / rows,
        lower=max(repeated, number - error) / rows,
        upper=min(1.0, upper / rows),
        basis="bound",
    )

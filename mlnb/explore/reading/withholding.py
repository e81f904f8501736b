"""Held-out rows stay out of what is explored: the one place here that asks the scope's hold-outs.

Tables and queries are read with the catalog's row filters. Frames that were read that way say so; of others the key decides, and where
neither is known the page says that it cannot tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ..records import HoldoutNote
from .readers import chunk_rows

if TYPE_CHECKING:
    from mlnb.catalog.sql.result import SqlResult
    from mlnb.scope.service import Scopes

    from .readers import Data, IntArray, Reader


class Allowed:
    """The rows of a reader that may be seen."""

    def __init__(self, reader: Reader, mask: Any) -> None:
        self._reader = reader
        self._places = np.flatnonzero(np.asarray(mask)).astype(np.int64)
        self._mask = np.asarray(mask)
        self._frame: Any = None
        self.schema = reader.schema
        self.rows = len(self._places)

    @property
    def nbytes(self) -> int:
        """Their part of the bytes."""
        return int(self._reader.nbytes * self.rows / max(1, len(self._mask)))

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Read all, pass on what may be seen."""
        start = 0
        for batch in self._reader.batches(columns):
            part = self._mask[start : start + batch.num_rows]
            start += batch.num_rows
            kept = batch if part.all() else batch.filter(pa.array(part))
            if kept.num_rows:
                yield kept

    def take(self, rows: IntArray, columns: Sequence[str] | None = None) -> pa.Table:
        """Return rows by their place among those that may be seen."""
        return self._reader.take(self._places[rows], columns)

    def quick(self, _n: int, _parts: int, _rng: np.random.Generator, /) -> IntArray | None:
        """Any rows are at hand."""
        return None

    def frame(self) -> Any:
        """Return a copy without the other rows; made once, when the first question comes."""
        if self._frame is None:
            size = chunk_rows(len(self.schema))
            parts = [self.take(np.arange(at, min(at + size, self.rows))) for at in range(0, self.rows, size)]
            self._frame = pa.concat_tables(parts) if parts else self.schema.empty_table()
        return self._frame


def table_note(scopes: Scopes | None, name: str, version: int | None) -> HoldoutNote | None:
    """Return what is said of a table that is read with the catalog's filters."""
    return None if scopes is None else scopes.holdouts.note(name, version)


def looked(scopes: Scopes | None, name: str, reason: str) -> HoldoutNote | None:
    """Take the one look that seeing held-out rows costs; None where the table has none.

    Raises
    ------
    HoldoutSpentError
        When no look is left.
    """
    if scopes is None:
        return None
    holdout = scopes.holdouts.find(name)
    if holdout is None:
        return None
    look = scopes.holdouts.open(name, reason, purpose="explore")
    return HoldoutNote(
        id=holdout.id,
        table=holdout.table_name,
        included=reason,
        look=look.number,
        looks_allowed=look.allowed,
        note=f"held-out rows are included ({reason}): look {look.number} of {look.allowed}",
    )


def without_held_out(
    data: Data, frame: Any, scopes: Scopes | None, include: str | None, table: str | None = None
) -> Data:
    """Leave out the rows of a frame that are held out, as far as that can be told.

    Parameters
    ----------
    frame
        What the data was opened from.
    include
        Why held-out rows are to stay in: one look.
    table
        The table the rows are from; by default the one that the frame names.
    """
    if scopes is None:
        return data
    split = scopes.holdouts.split(frame, table)
    if split.note is None:
        return data
    if include is not None and split.mask is not None and split.note.table is not None:
        data.holdout = looked(scopes, split.note.table, include)
        return data
    data.holdout = split.note
    if split.mask is not None:
        data.reader = Allowed(data.reader, split.mask)
    return data


def left_out(data: Data) -> bool:
    """Return whether held-out rows were in what was given, and are left out."""
    reader: Any = data.reader
    while reader is not None and not isinstance(reader, Allowed):
        reader = getattr(reader, "_reader", None)  # some columns of another reader
    return reader is not None


def query_note(scopes: Scopes | None, result: SqlResult) -> HoldoutNote | None:
    """Return what is said of a query's rows: which of its tables were read without their held-out rows."""
    if scopes is None:
        return None
    found = [scopes.holdouts.note(read.name, read.version) for read in result.reads]
    notes = [note for note in found if note is not None]
    if not notes:
        return None
    if len(notes) == 1:
        return notes[0]
    text = " ".join(f"{note.table}: {note.note}" for note in notes)
    return HoldoutNote(id=notes[0].id, table=notes[0].table, excluded=sum(note.excluded for note in notes), note=text)

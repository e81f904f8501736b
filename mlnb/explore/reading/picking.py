"""A uniform sample picked from the chunks of a scan as they pass: it costs no reading of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from .readers import Sample

if TYPE_CHECKING:
    from .readers import Data


class Picking:
    """Rows whose positions were drawn before the scan: those of ``data.sample(n, seed)`` where that is uniform.

    Parameters
    ----------
    names
        Columns that the scan reads; the others are read at the end.
    """

    def __init__(self, data: Data, names: Sequence[str], n: int, seed: int) -> None:
        self._data = data
        self._places, self._order = data.uniform_places(n, seed)
        self._schema = pa.schema([data.schema.field(name) for name in names])
        self._parts: list[pa.Table] = []

    def add(self, batch: pa.RecordBatch, start: int) -> None:
        """Take the drawn rows of a chunk that begins at row ``start``."""
        first, last = np.searchsorted(self._places, [start, start + batch.num_rows])
        if last > first:
            rows = pa.array(self._places[first:last] - start)
            columns = [_plain(batch.column(item.name).take(rows), item.type) for item in self._schema]
            self._parts.append(pa.Table.from_arrays(columns, schema=self._schema))

    def sample(self) -> Sample:
        """Return all of them, in random order."""
        picked = pa.concat_tables(self._parts) if self._parts else self._schema.empty_table()
        left = [name for name in self._data.schema.names if name not in self._schema.names]
        if left:
            others = self._data.reader.take(self._places, left)
            for name in left:
                picked = picked.append_column(self._data.schema.field(name), others[name])
            picked = picked.select(self._data.schema.names)
        return Sample(picked.take(pa.array(self._order)), self._places[self._order])


def _plain(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """Values of a type that were read as levels of it."""
    if pa.types.is_dictionary(array.type) and not pa.types.is_dictionary(kind):
        array = array.dictionary_decode()
    return array if array.type == kind else array.cast(kind)

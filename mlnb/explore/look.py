"""What the analyses work on: a sample of the rows, column by column in the form that counting needs.

An analysis is a function of a `Look`. It never reads the source again, so what it finds is the same for a frame, a table and a file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .reading.readers import opaque_type
from .records import ColumnNotFoundError, Source
from .scanning.column import Scanned, scan_column

if TYPE_CHECKING:
    import pyarrow as pa

IntArray = npt.NDArray[np.int64]


@dataclass
class Look:
    """A sample in hand.

    Attributes
    ----------
    source
        Where the rows are from.
    rows
        Rows of the whole source (without held-out ones).
    table
        The sample's rows, in random order: its first n rows are a sample of n rows.
    columns
        The sample's columns, in the order of the source, ready for counting.
    positions
        Number of each sample row in the source, None where it is not known.
    seed
        Follows from the source: the same data gives the same page.
    mixed
        Columns that hold several Python types, with the types.
    uniform
        Whether the sample is of single rows; else it is of stretches of rows, spread over the source.
    """

    source: Source
    rows: int
    table: pa.Table
    columns: dict[str, Scanned]
    seed: int
    positions: IntArray | None = None
    mixed: dict[str, list[str]] = field(default_factory=dict)
    uniform: bool = True

    @property
    def complete(self) -> bool:
        """Whether the sample is all rows."""
        return self.size == self.rows

    @property
    def size(self) -> int:
        """Rows of the sample."""
        return int(self.table.num_rows)

    def column(self, name: str, what: str = "column") -> Scanned:
        """Return one column.

        Raises
        ------
        ColumnNotFoundError
            With the nearest names.
        """
        if name not in self.columns:
            raise ColumnNotFoundError.for_name(name, list(self.columns), what)
        return self.columns[name]


# Figures of the greatest numbers overflow and are absent then: no warning of it reaches a cell.
@np.errstate(all="ignore")
def look_at(
    table: pa.Table,
    source: Source,
    *,
    seed: int,
    rows: int | None = None,
    positions: IntArray | None = None,
    mixed: dict[str, list[str]] | None = None,
    uniform: bool = True,
) -> Look:
    """Return the look at a sample that is already drawn; ``rows`` is the size of the whole."""
    columns = {item.name: scan_column(item.name, table[item.name], opaque_type(item)) for item in table.schema}
    total = table.num_rows if rows is None else rows
    return Look(source, total, table, columns, seed, positions, mixed or {}, uniform)

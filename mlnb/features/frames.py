"""Label frames of any library: columns on demand as Arrow, the whole as pandas, nothing converted that is not needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError, did_you_mean

from .types import type_text

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from mlnb.catalog.service import Catalog


class Frame:
    """Rows with named columns.

    Attributes
    ----------
    names
        The columns, in order.
    source
        ``table@version`` for a table, else what kind of frame it was.
    """

    def __init__(self, names: Sequence[str], rows: int, source: str, *, table: Any = None, pandas: Any = None) -> None:
        self.names = list(names)
        self.rows = rows
        self.source = source
        self._table = table
        self._pandas = pandas
        self._columns: dict[str, pa.ChunkedArray] = {}
        seen: set[str] = set()
        twice = [name for name in self.names if name in seen or seen.add(name)]  # type: ignore[func-returns-value]
        if twice:
            raise InvalidParameterError(
                f"The frame has the column {twice[0]!r} more than once.", hint="Rename one of the two."
            )

    def column(self, name: str) -> pa.ChunkedArray:
        """Return one column as Arrow.

        Raises
        ------
        InvalidParameterError
            When it mixes Python types.
        """
        import pyarrow as pa

        if self._table is not None:
            return self._table[name]
        if name not in self._columns:
            from mlnb.explore.reading.sources import arrow_column

            array, mixed = arrow_column(self._pandas[name])
            if mixed:
                raise InvalidParameterError(
                    f"The column {name!r} mixes Python types: {', '.join(mixed)}.", hint="Convert it to one type first."
                )
            self._columns[name] = array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])
        return self._columns[name]

    def type_of(self, name: str) -> str:
        """Return a column's type as the catalog spells it."""
        return type_text(self.column(name).type)

    def keep(self, mask: Any) -> Frame:
        """Return the rows for which ``mask`` is true."""
        import pyarrow as pa

        if self._table is not None:
            rows = self._table.filter(pa.array(mask))
            return Frame(self.names, rows.num_rows, self.source, table=rows)
        rows = self._pandas[mask].reset_index(drop=True)
        return Frame(self.names, len(rows), self.source, pandas=rows)

    def to_pandas(self, names: Sequence[str] | None = None) -> pd.DataFrame:
        """Return columns as pandas, as they came in."""
        names = self.names if names is None else list(names)
        if self._pandas is not None:
            frame: pd.DataFrame = self._pandas[list(names)]
            return frame
        found: pd.DataFrame = self._table.select(list(names)).to_pandas()
        return found

    def require(self, names: Sequence[str], error: type[InvalidParameterError], what: str) -> None:
        """Raise ``error`` for the first of ``names`` that the frame does not have."""
        for name in names:
            if name not in self.names:
                known = f"Its columns: {', '.join(self.names[:20])}."
                raise error(f"The frame has no column {name!r}, {what}.", hint=did_you_mean(name, self.names) or known)


def read_frame(data: Any, catalog: Catalog) -> Frame:
    """Take ``data``, a frame of any library or a table's name."""
    import pyarrow as pa

    if isinstance(data, str):
        table = catalog.table(data, filtered=True)  # in jobs too: held-out rows are never trained on
        rows = table.to_arrow()
        return Frame(rows.column_names, rows.num_rows, f"{table.full_name}@{table.version}", table=rows)
    if type(data).__module__.split(".")[0] == "pandas":
        return _from_pandas(data)
    if isinstance(data, (pa.Table, pa.RecordBatch)):
        rows = data if isinstance(data, pa.Table) else pa.Table.from_batches([data])
    elif hasattr(data, "to_arrow_table"):
        rows = data.to_arrow_table()
    elif hasattr(data, "to_arrow") and callable(data.to_arrow):
        rows = data.to_arrow()
    elif hasattr(data, "__arrow_c_stream__"):
        rows = pa.table(data)
    elif isinstance(data, (list, dict)):
        rows = pa.Table.from_pylist(data) if isinstance(data, list) else pa.table(data)
    else:
        raise InvalidParameterError(
            f"A {type(data).__name__} is no frame.", hint="Give a data frame, an Arrow table or a table's name."
        )
    return Frame(rows.column_names, rows.num_rows, "frame", table=rows)


def _from_pandas(data: Any) -> Frame:
    import pandas as pd

    if not isinstance(data, pd.DataFrame):
        raise InvalidParameterError(f"A pandas {type(data).__name__} is no frame.", hint="Use .to_frame().")
    if not isinstance(data.index, pd.RangeIndex) or data.index.start != 0 or data.index.step != 1:
        data = data.reset_index(drop=True)  # an index is no key: rows are counted from 0
    names = [str(name) for name in data.columns]
    if names != list(data.columns):
        data = data.set_axis(names, axis=1)
    origin = data.attrs.get("mlnb.source")
    source = "pandas"
    if isinstance(origin, dict) and origin.get("table"):
        source = f"{origin['table']}@{origin.get('version')}"
    return Frame(names, len(data), source, pandas=data)

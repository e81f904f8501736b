"""Rows of a pandas frame, converted to Arrow chunk by chunk: converting the whole frame at once would double its memory."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from mlnb.catalog.arrow import conversion_errors

from .readers import IntArray, chunk_rows, opaque_field, unique_names

#: Values looked at to name the Python types of a column.
TYPE_PROBE = 10_000
#: How an inferred kind of objects becomes Arrow; what is not here is looked at more closely.
_INFERRED = {
    "string": pa.large_string(),
    "bytes": pa.large_binary(),
    "floating": pa.float64(),
    "integer": pa.int64(),
    "mixed-integer-float": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "empty": pa.null(),
}
#: Python types that have a text of their own; a column that mixes them is read as text.
_PLAIN = (
    str,
    int,
    float,
    bool,
    complex,
    decimal.Decimal,
    datetime.date,
    datetime.time,
    datetime.timedelta,
    uuid.UUID,
    np.generic,
)

Convert = Callable[[Any], pa.Array]


class PandasReader:
    """Rows of a pandas frame.

    Attributes
    ----------
    mixed
        Columns that hold several Python types, with the types.
    """

    def __init__(self, frame: Any) -> None:
        names = [".".join(map(str, name)) if isinstance(name, tuple) else str(name) for name in frame.columns]
        self._frame = frame
        self.names = unique_names(names)
        self._places = {name: place for place, name in enumerate(self.names)}
        self.rows = len(frame)
        self.mixed: dict[str, list[str]] = {}
        self._convert: dict[str, Convert] = {}
        fields = []
        for position, name in enumerate(self.names):
            item, convert, types = _plan(name, frame.iloc[:, position])
            fields.append(item)
            self._convert[name] = convert
            if types:
                self.mixed[name] = types
        self.schema = pa.schema(fields)

    @property
    def nbytes(self) -> int:
        """Bytes of the frame; the contents of Python objects are estimated from some of them."""
        import sys

        usage = int(self._frame.memory_usage(index=False, deep=False).sum())
        for position in range(len(self.names)):
            values = self._frame.iloc[:, position]
            if _is_object(values.dtype) and self.rows:
                probe = values.iloc[:: max(1, self.rows // 1000)]
                usage += int(sum(map(sys.getsizeof, probe)) / len(probe) * self.rows)
        return usage

    def _batch(self, names: Sequence[str], part: Callable[[Any], Any]) -> pa.RecordBatch:
        arrays = []
        for name in names:
            array = self._convert[name](part(self._frame.iloc[:, self._places[name]]))
            arrays.append(array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array)
        schema = pa.schema([self.schema.field(name) for name in names])
        return pa.RecordBatch.from_arrays(arrays, schema=schema)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Convert slice by slice."""
        names = self.names if columns is None else list(columns)
        size = chunk_rows(len(names))
        for start in range(0, self.rows, size):
            yield self._batch(names, partial(_slice, start=start, end=start + size))

    def take(self, rows: IntArray, columns: Sequence[str] | None = None) -> pa.Table:
        """Take from each column, then convert."""
        names = self.names if columns is None else list(columns)
        if not names:
            return self.schema.empty_table()
        return pa.Table.from_batches([self._batch(names, lambda series: series.take(rows))])

    def quick(self, _n: int, _parts: int, _rng: np.random.Generator, /) -> IntArray | None:
        """Any rows are at hand."""
        return None

    def frame(self) -> Any:
        """Return the frame, with the names of the profile."""
        if list(self._frame.columns) == self.names:
            return self._frame
        shown = self._frame.copy(deep=False)
        shown.columns = self.names
        return shown


def _slice(series: Any, start: int, end: int) -> Any:
    return series.iloc[start:end]


def _is_object(dtype: Any) -> bool:
    return isinstance(dtype, np.dtype) and dtype.kind == "O"


def _plan(name: str, series: Any) -> tuple[pa.Field, Convert, list[str]]:
    """How a column becomes Arrow: its field, what converts a part of it, and its Python types when they are several."""
    import pandas as pd

    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _categories(name, series)
    if isinstance(dtype, pd.DatetimeTZDtype):
        # Arrow would ask the series for `.values`, which warns for time zones since pandas 3.1.
        kind = pa.timestamp(dtype.unit, "UTC")
        return pa.field(name, kind), lambda part: _zoned(part, kind), []
    if _is_object(dtype):
        return _objects(name, series)
    if isinstance(dtype, np.dtype) and dtype.kind in "fiubmM":
        kind = _arrow(series.iloc[:0].to_numpy()).type
        return pa.field(name, kind), lambda part: _arrow(part.to_numpy()), []
    try:
        kind = pa.array(series.iloc[:0].array, from_pandas=True).type
        kind = getattr(kind, "storage_type", kind)
        if not pa.types.is_struct(kind):
            return pa.field(name, kind), lambda part: _extension(part, kind), []
    except conversion_errors(TypeError):
        pass  # a foreign extension type: shown by its text
    return pa.field(name, pa.large_string()), _text, []


def _arrow(values: Any) -> pa.Array:
    if values.dtype.kind in "mM" and np.datetime_data(values.dtype)[0] not in ("s", "ms", "us", "ns"):
        values = values.astype(values.dtype.kind + "8[s]")
    return pa.array(np.ascontiguousarray(values), from_pandas=True)


def _zoned(part: Any, kind: pa.DataType) -> pa.Array:
    return pa.array(part.dt.tz_convert(None).to_numpy(), from_pandas=True).cast(kind)


def _extension(part: Any, kind: pa.DataType) -> pa.Array:
    array = pa.array(part.array, from_pandas=True)
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    array = getattr(array, "storage", array)
    return array if array.type == kind else array.cast(kind)


def _categories(name: str, series: Any) -> tuple[pa.Field, Convert, list[str]]:
    categories = series.cat.categories
    try:
        values = pa.array(categories, from_pandas=True)
    except conversion_errors():
        values = pa.array([str(item) for item in categories], pa.large_string())
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values

    def convert(part: Any) -> pa.Array:
        codes = part.cat.codes.to_numpy().astype(np.int32)
        return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), values)

    return pa.field(name, pa.dictionary(pa.int32(), values.type)), convert, []


def _objects(name: str, series: Any) -> tuple[pa.Field, Convert, list[str]]:
    import pandas as pd

    inferred = pd.api.types.infer_dtype(series, skipna=True)
    kind = _INFERRED.get(inferred)
    if kind is None or inferred in ("integer", "mixed-integer-float"):
        kind = _whole_type(series) or kind
    if kind is not None and _converts(series, kind):
        return pa.field(name, kind), lambda part: pa.array(part.to_numpy(), kind, from_pandas=True), []
    present = series[series.notna()].head(TYPE_PROBE)
    types = sorted({type(value).__name__ for value in present})
    if all(isinstance(value, _PLAIN) for value in present):
        return pa.field(name, pa.large_string()), _text, types if len(types) > 1 else []
    what = types[0] if len(types) == 1 else "object"
    return opaque_field(name, what), lambda part: pa.array(part.notna().to_numpy()), types if len(types) > 1 else []


def _whole_type(series: Any) -> pa.DataType | None:
    """The type in which Arrow can hold the first values: dates, times, decimals, lists, structures, huge integers."""
    try:
        kind: pa.DataType = pa.array(series[series.notna()].head(TYPE_PROBE), from_pandas=True).type
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        return None
    if pa.types.is_struct(kind):
        return None
    return pa.decimal128(38, kind.scale) if pa.types.is_decimal(kind) and kind.scale <= 38 else kind


def _converts(series: Any, kind: pa.DataType) -> bool:
    """Whether every value converts; text is known to, by its inference."""
    if kind in (pa.large_string(), pa.large_binary(), pa.null()):
        return True
    try:
        for start in range(0, len(series), 131_072):
            pa.array(series.iloc[start : start + 131_072].to_numpy(), kind, from_pandas=True)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        return False
    return True


def _text(part: Any) -> pa.Array:
    values = [None if missing else str(value) for value, missing in zip(part, part.isna(), strict=True)]
    return pa.array(values, pa.large_string())


def arrow_column(series: Any) -> tuple[Any, list[str]]:
    """Return one pandas column as Arrow, and the Python types when several are mixed (it is text then)."""
    _, convert, types = _plan("value", series)
    return convert(series), types

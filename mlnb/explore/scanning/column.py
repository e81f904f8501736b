"""Figures of single columns over all rows: exact, by sorting numbers and by dictionary-encoding text.

One sort per numeric column gives quantiles, distinct values, zeros, fences and the histogram at once, each by a binary search; it
costs less than the approximate sketches that a SQL engine would build for the same figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..records import ColumnProfile, Item, Kind
from .binning import BAR_PER_VALUE
from .describing import (
    TOP_ITEMS,
    as_time,
    describe,
    exact_number,
    frequent,
    item_text,
    percent,
    write_moments,
)
from .moments import moments_of
from .weighted import ordered_weighted

FloatArray = npt.NDArray[np.float64]

#: Text longer than this on average, with spaces, is prose and not a category.
PROSE_LENGTH = 40


@dataclass
class Scanned:
    """A column's figures and the form of it in which associations are computed.

    Attributes
    ----------
    values
        Numbers (times as microseconds), NaN where missing; None for categories.
    codes
        Position of each row's category in ``levels``, -1 where missing; None for numbers.
    ordered
        The finite numbers, sorted.
    """

    profile: ColumnProfile
    values: FloatArray | None = None
    codes: npt.NDArray[np.int64] | None = None
    levels: list[str] | None = None
    ordered: npt.NDArray[Any] | None = None


def scan_column(name: str, column: pa.ChunkedArray, opaque: str | None = None) -> Scanned:
    """Return the figures of one column; of an ``opaque`` one, named so, the array says only where something is."""
    if opaque is not None:
        return _scan_opaque(name, column, opaque)
    kind, column = _normalise(column)
    rows, nulls = len(column), column.null_count
    profile = ColumnProfile(
        column_name=name,
        data_type=type_name(column.type),
        kind=kind,
        count=rows - nulls,
        num_nulls=nulls,
        percent_null=percent(nulls, rows),
    )
    if kind in ("numeric", "datetime"):
        return _scan_numbers(profile, column, rows)
    if kind == "other":
        return Scanned(profile)
    return _scan_categories(profile, column)


def _scan_opaque(name: str, column: pa.ChunkedArray, what: str) -> Scanned:
    rows, count = len(column), int(pc.sum(column).as_py() or 0)
    nulls = rows - count
    return Scanned(
        ColumnProfile(
            column_name=name,
            data_type=what,
            kind="other",
            count=count,
            num_nulls=nulls,
            percent_null=percent(nulls, rows),
        )
    )


def type_name(kind: pa.DataType) -> str:
    """Name an Arrow type as SQL would."""
    if pa.types.is_dictionary(kind):
        return "string"
    if pa.types.is_timestamp(kind):
        return "timestamp"
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    simple = {"large_string": "string", "string_view": "string", "int64": "bigint", "int32": "int", "int16": "smallint"}
    simple |= {
        "int8": "tinyint",
        "bool": "boolean",
        "date32[day]": "date",
        "halffloat": "float",
        "large_binary": "binary",
    }
    return simple.get(str(kind), str(kind))


def _normalise(column: pa.ChunkedArray) -> tuple[Kind, pa.ChunkedArray]:
    """The column's kind (text is told from categories later), with unusual types turned into usual ones."""
    kind = column.type
    if pa.types.is_boolean(kind):
        return "boolean", column
    if pa.types.is_decimal(kind):
        return "numeric", column.cast(pa.float64())
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return "numeric", column
    if pa.types.is_duration(kind):
        return "numeric", column.cast(pa.duration("us"), safe=False).cast(pa.int64())
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return "datetime", column
    if pa.types.is_time(kind):
        return "categorical", column.cast(pa.string())
    text = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_dictionary)
    if any(test(kind) for test in text):
        return "categorical", column
    return "other", column


# -- numbers and times -------------------------------------------------------------------------------------------------


def _scan_numbers(profile: ColumnProfile, column: pa.ChunkedArray, rows: int) -> Scanned:
    present = column.drop_null()
    if profile.kind == "datetime":
        present = present.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
    numbers = present.to_numpy()
    values = _with_missing(column, numbers, rows)
    if numbers.dtype.kind == "f":
        finite = numbers[np.isfinite(numbers)]
        profile.num_nan = int(np.isnan(numbers).sum())
        profile.num_inf = len(numbers) - len(finite) - profile.num_nan
    else:
        finite = numbers
    ordered = np.sort(finite)
    if len(ordered):
        _describe(profile, ordered)
    return Scanned(profile, values=values, ordered=ordered)


def _with_missing(column: pa.ChunkedArray, numbers: npt.NDArray[Any], rows: int) -> FloatArray:
    values = np.full(rows, np.nan)
    if column.null_count:
        values[column.is_valid().to_numpy()] = numbers
    else:
        values[:] = numbers
    return values


def _describe(profile: ColumnProfile, ordered: npt.NDArray[Any]) -> None:
    n = len(ordered)
    spread = ordered_weighted(ordered)
    profile.distinct_count = len(spread.values)
    profile.percent_distinct = percent(profile.distinct_count, n)
    describe(profile, spread)
    frequent(profile, spread.top(TOP_ITEMS))
    numbers = ordered if ordered.dtype.itemsize == 8 else ordered.astype(np.float64)
    moments = moments_of(numbers, np.empty(n), np.empty(n), float(ordered[n // 2]))
    shown = as_time if profile.kind == "datetime" else exact_number
    profile.min, profile.max = shown(ordered[0]), shown(ordered[-1])
    write_moments(profile, moments)
    if profile.kind == "numeric":
        below, upto = np.searchsorted(ordered, 0, side="left"), np.searchsorted(ordered, 0, side="right")
        profile.num_zeros, profile.num_negative = int(upto - below), int(below)
        profile.percent_zeros = percent(profile.num_zeros, n)


# -- categories and text -----------------------------------------------------------------------------------------------


def _scan_categories(profile: ColumnProfile, column: pa.ChunkedArray) -> Scanned:
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    combined = encoded.unify_dictionaries().combine_chunks() if encoded.num_chunks else pa.array([]).dictionary_encode()
    if isinstance(combined, pa.ChunkedArray):  # depends on the Arrow version
        combined = combined.chunk(0) if combined.num_chunks else pa.array([], pa.string()).dictionary_encode()
    indices = combined.indices.fill_null(-1) if combined.null_count else combined.indices
    codes = indices.to_numpy(zero_copy_only=False).astype(np.int64)
    counts = np.bincount(codes[codes >= 0], minlength=len(combined.dictionary))
    dictionary = combined.dictionary
    if profile.kind != "boolean" and pa.types.is_dictionary(column.type):
        dictionary = dictionary.cast(pa.string())
    used = np.flatnonzero(counts)
    profile.distinct_count = len(used)
    profile.percent_distinct = percent(len(used), profile.count)
    order = used[np.lexsort((used, -counts[used]))]
    top = [int(i) for i in order[:TOP_ITEMS]]
    profile.frequent_items = [Item(item=item_text(dictionary[i].as_py()), count=int(counts[i])) for i in top]
    if profile.kind != "boolean" and len(used):
        _lengths(profile, dictionary, counts, used)
        profile.kind = category_or_text(profile)
    return Scanned(profile, codes=codes, levels=_LazyLevels(dictionary))


class _LazyLevels(list[str]):
    """The category names, converted one at a time when asked for: most are never shown."""

    def __init__(self, dictionary: pa.Array) -> None:
        super().__init__()
        self._dictionary = dictionary

    def __len__(self) -> int:
        return len(self._dictionary)

    def __getitem__(self, index: Any) -> Any:
        return item_text(self._dictionary[int(index)].as_py())

    def whole(self, index: int) -> str:
        """Return a name as it is: the others are cut for showing."""
        return str(self._dictionary[index].as_py())

    def texts(self) -> list[str]:
        """Return all names as they are: at once they cost a tenth."""
        return [str(value).lower() if isinstance(value, bool) else str(value) for value in self._dictionary.to_pylist()]


def _lengths(profile: ColumnProfile, dictionary: pa.Array, counts: npt.NDArray[Any], used: npt.NDArray[Any]) -> None:
    lengths = pc.utf8_length(dictionary).to_numpy(zero_copy_only=False)
    profile.min_length, profile.max_length = int(lengths[used].min()), int(lengths[used].max())
    profile.avg_length = float((lengths * counts).sum() / counts.sum())


def category_or_text(profile: ColumnProfile) -> Kind:
    """Return whether values are names of groups or text of its own kind."""
    many = (profile.distinct_count or 0) > BAR_PER_VALUE and (profile.percent_distinct or 0) > 50
    return "text" if (profile.avg_length or 0) > PROSE_LENGTH or many else "categorical"

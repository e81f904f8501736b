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

from .records import ColumnProfile, Histogram, Item, Kind, Outliers

FloatArray = npt.NDArray[np.float64]

#: Bars of a drawn histogram.
SHOWN_BINS = 40
#: Whole numbers with at most this many different values get one bar per value.
BAR_PER_VALUE = 50
#: The drawn range: what lies outside is counted in ``below`` and ``above``, so that one wild value does not flatten the rest.
DRAWN_RANGE = (0.001, 0.999)
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
TOP_ITEMS = 10
#: Longer text values are cut in the profile: it is a summary, not a copy.
ITEM_LENGTH = 60
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
        percent_null=_percent(nulls, rows),
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
            percent_null=_percent(nulls, rows),
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


def _percent(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole else 0.0


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
    steps = np.flatnonzero(ordered[1:] != ordered[:-1])
    profile.distinct_count = len(steps) + 1
    profile.percent_distinct = _percent(profile.distinct_count, n)
    starts = np.concatenate(([0], steps + 1))
    profile.frequent_items = _frequent_numbers(profile, ordered, starts)
    profile.histogram = draw_histogram(ordered, profile.distinct_count)
    levels = dict(zip(QUANTILES, np.quantile(ordered, QUANTILES), strict=True))
    mean = float(ordered.mean(dtype=np.float64))
    shown = _as_time if profile.kind == "datetime" else _plain
    profile.min, profile.max, profile.avg = shown(ordered[0]), shown(ordered[-1]), shown(mean)
    profile.median = shown(levels[0.5])
    profile.quantiles = {str(level): shown(value) for level, value in levels.items()}
    if profile.kind == "numeric":
        zero = np.searchsorted(ordered, [0, 0], side="left")[0], np.searchsorted(ordered, 0, side="right")
        profile.num_zeros, profile.num_negative = int(zero[1] - zero[0]), int(zero[0])
        profile.percent_zeros = _percent(profile.num_zeros, n)
        _moments(profile, ordered, mean)
        profile.outliers = _outliers(ordered, levels[0.25], levels[0.75])


def _plain(value: Any) -> float | str:
    return float(value)


def _as_time(value: Any) -> float | str:
    return str(np.datetime64(int(value), "us").astype("datetime64[s]")).replace("T", " ")


def _frequent_numbers(profile: ColumnProfile, ordered: npt.NDArray[Any], starts: npt.NDArray[Any]) -> list[Item]:
    counts = np.diff(np.concatenate((starts, [len(ordered)])))
    if counts.max() == 1:
        return []
    size = min(TOP_ITEMS, len(counts))
    best = np.argpartition(-counts, size - 1)[:size]
    best = best[np.lexsort((best, -counts[best]))]
    return [Item(item=_item_text(profile.kind, ordered[starts[i]]), count=int(counts[i])) for i in best]


def _item_text(kind: Kind, value: Any) -> str:
    return str(_as_time(value)) if kind == "datetime" else f"{value:.12g}" if value.dtype.kind == "f" else str(value)


def _moments(profile: ColumnProfile, ordered: npt.NDArray[Any], mean: float) -> None:
    """Standard deviation (n - 1), skewness and kurtosis, bias-corrected as pandas does."""
    n = len(ordered)
    if n < 2:
        return
    deviation = ordered.astype(np.float64) - mean
    # Scaled to one, so that neither tiny nor huge numbers leave the range of doubles when cubed.
    scale = float(np.abs(deviation).max())
    if scale <= 1e-14 * abs(mean) or scale == 0:
        profile.stddev = 0.0
        return
    deviation /= scale
    square = deviation * deviation
    m2 = float(square.sum())
    profile.stddev = float(np.sqrt(m2 / (n - 1))) * scale
    if n > 2:
        m3 = float((square * deviation).sum())
        profile.skew = n * (n - 1) ** 0.5 / (n - 2) * m3 / m2**1.5
    if n > 3:
        m4 = float((square * square).sum())
        adjusted = 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))
        profile.kurtosis = n * (n + 1) * (n - 1) * m4 / ((n - 2) * (n - 3) * m2 * m2) - adjusted


def _outliers(ordered: npt.NDArray[Any], lower: float, upper: float) -> Outliers | None:
    spread = float(upper - lower)
    if spread <= 0:
        return None
    low, high = float(lower) - 1.5 * spread, float(upper) + 1.5 * spread
    below = int(np.searchsorted(ordered, low, side="left"))
    above = len(ordered) - int(np.searchsorted(ordered, high, side="right"))
    return Outliers(low=low, high=high, count=below + above, share=(below + above) / len(ordered))


def draw_histogram(ordered: npt.NDArray[Any], distinct: int, bins: int = SHOWN_BINS) -> Histogram:
    """Histogram of sorted numbers: one bar per value for few whole numbers, else equal bars over the inner range."""
    low, high = float(ordered[0]), float(ordered[-1])
    whole = ordered.dtype.kind in "iu" or (distinct <= BAR_PER_VALUE and bool(np.all(ordered == np.floor(ordered))))
    # Beyond 2**52 a half cannot be told from the whole number beside it.
    if whole and high - low < BAR_PER_VALUE and max(abs(low), abs(high)) < 2**52:
        edges = np.arange(low - 0.5, high + 1)
    else:
        inner = np.quantile(ordered, DRAWN_RANGE)
        # Cut the tails only where they would squeeze the rest into a few bars.
        if inner[1] > inner[0] and high - low > 2 * (inner[1] - inner[0]):
            low, high = float(inner[0]), float(inner[1])
        if low == high:
            low, high = low - 0.5, high + 0.5
        edges = np.linspace(low, high, bins + 1)
    positions = np.searchsorted(ordered, edges, side="left")
    positions[-1] = np.searchsorted(ordered, edges[-1], side="right")
    return Histogram(
        edges=[float(edge) for edge in edges],
        counts=[int(count) for count in np.diff(positions)],
        below=int(positions[0]),
        above=int(len(ordered) - positions[-1]),
    )


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
    profile.percent_distinct = _percent(len(used), profile.count)
    order = used[np.lexsort((used, -counts[used]))]
    top = [int(i) for i in order[:TOP_ITEMS]]
    profile.frequent_items = [Item(item=_cut(dictionary[i].as_py()), count=int(counts[i])) for i in top]
    if profile.kind != "boolean" and len(used):
        _lengths(profile, dictionary, counts, used)
        profile.kind = _category_or_text(profile)
    return Scanned(profile, codes=codes, levels=_LazyLevels(dictionary))


class _LazyLevels(list[str]):
    """The category names, converted one at a time when asked for: most are never shown."""

    def __init__(self, dictionary: pa.Array) -> None:
        super().__init__()
        self._dictionary = dictionary

    def __len__(self) -> int:
        return len(self._dictionary)

    def __getitem__(self, index: Any) -> Any:
        return _cut(self._dictionary[int(index)].as_py())


def _cut(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= ITEM_LENGTH else text[: ITEM_LENGTH - 1] + "…"


def _lengths(profile: ColumnProfile, dictionary: pa.Array, counts: npt.NDArray[Any], used: npt.NDArray[Any]) -> None:
    lengths = pc.utf8_length(dictionary).to_numpy(zero_copy_only=False)
    profile.min_length, profile.max_length = int(lengths[used].min()), int(lengths[used].max())
    profile.avg_length = float((lengths * counts).sum() / counts.sum())


def _category_or_text(profile: ColumnProfile) -> Kind:
    many = (profile.distinct_count or 0) > BAR_PER_VALUE and (profile.percent_distinct or 0) > 50
    return "text" if (profile.avg_length or 0) > PROSE_LENGTH or many else "categorical"

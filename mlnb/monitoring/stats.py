"""What is known about one column in one group of rows: counts and a histogram, from which all else is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]

#: The model id of rows that count all models together; slices count the whole table under no key.
ALL_MODELS = "*"


@dataclass(frozen=True, order=True)
class GroupKey:
    """Which rows: a window (start in microseconds), a model or all, a slice or the whole."""

    granularity: str
    start: int
    model: str = ALL_MODELS
    slice_key: str = ""
    slice_value: str = ""

    def at(self, start: int) -> GroupKey:
        """The same group in another window."""
        return GroupKey(self.granularity, start, self.model, self.slice_key, self.slice_value)


@dataclass(frozen=True)
class Edges:
    """Bin edges of a numeric column; `discrete` when they are all its values."""

    values: FloatArray
    discrete: bool


def has_bins(edges: Edges | None) -> bool:
    """Whether a column has been seen with values, so that it has bins."""
    return edges is not None and len(edges.values) > 0


@dataclass(frozen=True)
class NumericStats:
    """A numeric column; the histogram and the moments are over finite values."""

    count: int
    nulls: int
    nan: int
    zeros: int
    distinct: int
    mean: float | None
    std: float | None
    low: float | None
    high: float | None
    median: float | None
    histogram: FloatArray


@dataclass(frozen=True)
class CategoryStats:
    """A categorical column: its commonest values with their counts, and the lengths of its texts."""

    count: int
    nulls: int
    distinct: int
    top: Mapping[str, int] = field(default_factory=dict)
    min_length: float | None = None
    max_length: float | None = None
    mean_length: float | None = None


@dataclass(frozen=True)
class PlainStats:
    """A column whose values are only counted; arrays have sizes."""

    count: int
    nulls: int
    distinct: int
    min_size: float | None = None
    max_size: float | None = None
    mean_size: float | None = None


ColumnStats = NumericStats | CategoryStats | PlainStats


@dataclass(frozen=True)
class Group:
    """All columns of one group."""

    key: GroupKey
    rows: int
    columns: Mapping[str, ColumnStats]
    quality: Mapping[str, Any] = field(default_factory=dict)

    @property
    def non_null_columns(self) -> list[str]:
        """Columns that have at least one value."""
        return [name for name, stats in self.columns.items() if stats.count > 0]

"""Typed questions about the rows behind a profile or a grid, and their answers: never SQL text."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from mlnb.core.records import Record


class DrillFilter(Record):
    """A condition on one column: ``value`` for comparisons, ``values`` for ``in`` and ``between`` (two, the upper one excluded)."""

    column: str
    op: Literal["=", "<>", "<", "<=", ">", ">=", "between", "in", "contains", "starts_with", "is_null", "is_not_null"]
    value: float | str | bool | None = None
    values: list[float | str | bool] = Field(default_factory=list, max_length=1000)


class Drill(Record):
    """A question about the rows behind a profile.

    Attributes
    ----------
    kind
        ``hist`` (of x), ``bars`` (levels of x, or ``aggregate`` of y by x), ``box`` (of x by ``by``), ``scatter`` (x, y, coloured by ``by``),
        ``cross`` (counts of x against y), ``over_time`` (y, or rows, along x), ``rows``.
    aggregate
        ``count``, ``sum``, ``mean``, ``min``, ``max``, ``median`` of y.
    edges
        Of a ``hist``: count between these, so that the bars of a part lie over those of the whole; by default ``bins`` of equal width.
    """

    kind: Literal["hist", "bars", "box", "scatter", "cross", "over_time", "rows"]
    x: str | None = None
    y: str | None = None
    by: str | None = None
    aggregate: Literal["count", "sum", "mean", "min", "max", "median"] = "count"
    filters: list[DrillFilter] = Field(default_factory=list, max_length=50)
    bins: int = Field(default=40, ge=1, le=200)
    edges: list[float] = Field(default_factory=list, max_length=513)
    limit: int = Field(default=200, ge=1, le=2000)


class DrillResult(Record):
    """The answer, column by column: at most 2,000 points or 200 rows of ``total``; ``sampled`` says that points were drawn from them."""

    kind: str
    columns: dict[str, list[Any]]
    types: dict[str, str] = Field(default_factory=dict)
    total: int
    sampled: bool = False
    seconds: float = 0.0


class GridSort(Record):
    """Order by a column."""

    column: str
    down: bool = False


class GridQuery(Record):
    """Which rows of a grid: conditions, a text that any column contains, an order, a block of at most 500 rows."""

    filters: list[DrillFilter] = Field(default_factory=list, max_length=50)
    search: str = ""
    sort: list[GridSort] = Field(default_factory=list, max_length=10)
    offset: int = Field(default=0, ge=0)
    limit: int = Field(default=200, ge=0, le=500)


class GridBlock(Record):
    """Rows of a grid.

    Attributes
    ----------
    rows
        One list of plain JSON values per row, in the order of ``columns``.
    total
        Rows that satisfy the conditions.
    """

    columns: list[str]
    types: list[str]
    rows: list[list[Any]]
    offset: int
    total: int
    seconds: float = 0.0

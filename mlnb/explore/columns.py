"""The columns of a table at a glance: missing values, distinct values, a small histogram; of a sample where the table is large."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from mlnb.core.access import looking
from mlnb.core.records import Record

from .records import ColumnNotFoundError, Histogram, Item, Kind

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog

#: Rows that are looked at: of larger tables a random sample of about this size.
SUMMARY_ROWS = 300_000
#: Values that are decoded for it at most; of larger tables it is of stretches of rows from all parts.
SUMMARY_CELLS = 50_000_000
#: Columns that are looked at in one go.
SUMMARY_COLUMNS = 300
#: Values of a column that are named.
TOP = 5


class ColumnSummary(Record):
    """A column's figures; ``distinct_count`` is of the rows looked at."""

    name: str
    kind: Kind
    count: int
    num_nulls: int
    percent_null: float
    distinct_count: int | None = None
    min: float | str | None = None
    max: float | str | None = None
    avg: float | str | None = None
    histogram: Histogram | None = None
    frequent_items: list[Item] = Field(default_factory=list)


class TableSummary(Record):
    """The columns of a table at a version; ``sampled`` says that ``profiled_rows`` are fewer than ``rows``."""

    table: str
    version: int
    rows: int
    profiled_rows: int
    sampled: bool
    columns: list[ColumnSummary]


def summarize(
    catalog: Catalog, name: str, *, version: int | None = None, columns: Sequence[str] | None = None
) -> TableSummary:
    """Return figures of a table's columns.

    Parameters
    ----------
    columns
        Look at these only; by default at the first 300.

    Raises
    ------
    ColumnNotFoundError
        With the nearest names.
    """
    from .look import look_at
    from .reading.sources import open_table

    table = catalog.table(name, version=version)
    names = {column.lower(): column for column in table.schema.names}
    for column in columns or ():
        if column.lower() not in names:
            raise ColumnNotFoundError.for_name(column, list(names.values()))
    wanted = [names[column.lower()] for column in columns] if columns else list(names.values())
    with looking():
        data = open_table(table, catalog).select(wanted[:SUMMARY_COLUMNS])
        sample = data.sample(SUMMARY_ROWS, 0, cells=SUMMARY_CELLS)
    look = look_at(sample.table, data.source, seed=0, rows=data.rows)
    found = []
    for column, scanned in look.columns.items():
        profile = scanned.profile
        values = profile.model_dump(include=set(ColumnSummary.model_fields) - {"name", "frequent_items"})
        top = profile.frequent_items[:TOP]
        found.append(ColumnSummary(name=column, **values, frequent_items=top))
    return TableSummary(
        table=table.full_name,
        version=table.version,
        rows=data.rows,
        profiled_rows=look.size,
        sampled=not look.complete,
        columns=found,
    )

"""The two tables as tables of the catalog: made on first use, then changed window by window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from mlnb.catalog.names import split
from mlnb.monitoring.tables import drift_schema, profile_schema
from mlnb.monitoring.windows import Granularity, to_datetime

if TYPE_CHECKING:
    import pyarrow as pa

    from mlnb.catalog.service import Catalog

Windows = Mapping[Granularity, set[int]]


def output_names(schema: str, table_name: str) -> tuple[str, str]:
    """Full names of the profile and the drift table of a monitored table."""
    last = split(table_name)[-1]
    return f"{schema}.{last}_profile_metrics", f"{schema}.{last}_drift_metrics"


class OutputTables:
    """Writes the profile and drift tables of one monitor.

    Parameters
    ----------
    catalog
        Where they live.
    schema
        `catalog.schema` they are made in.
    table_name
        The monitored table.
    model_column
        The model id's column, which the tables then have too.
    """

    def __init__(self, catalog: Catalog, schema: str, table_name: str, model_column: str | None) -> None:
        self._catalog = catalog
        self.profile, self.drift = output_names(schema, table_name)
        self._schemas = {self.profile: profile_schema(model_column), self.drift: drift_schema(model_column)}

    def exist(self) -> bool:
        """Whether both tables are there."""
        return self._catalog.exists(self.profile) and self._catalog.exists(self.drift)

    def write_profile(self, rows: pa.Table, windows: Windows | None) -> None:
        """Replace profile rows; see `_write`."""
        self._write(self.profile, rows, windows)

    def write_drift(self, rows: pa.Table, windows: Windows | None) -> None:
        """Replace drift rows; see `_write`."""
        self._write(self.drift, rows, windows)

    def _write(self, name: str, rows: pa.Table, windows: Windows | None) -> None:
        """Replace the rows of some windows in one commit; None replaces all rows, no windows adds rows."""
        if not self._catalog.exists(name):
            self._catalog.create_table(name, rows, comment="Written by a monitor; do not edit.")
            return
        table = self._catalog.table(name)
        if windows is None:
            same = table.schema.names == self._schemas[name].names
            table.overwrite(rows, schema="strict" if same else "overwrite")
        elif windows:
            table.overwrite(rows, where=_condition(windows))
        else:
            table.append(rows)


def _condition(windows: Windows) -> str:
    """The rows of some windows, neighbouring ones as one range."""
    parts = []
    for granularity, starts in windows.items():
        for low, high in _ranges(granularity, sorted(starts)):
            first, last = (to_datetime(us).strftime("%Y-%m-%d %H:%M:%S") for us in (low, high))
            between = f"window_start >= TIMESTAMP '{first}' AND window_start < TIMESTAMP '{last}'"
            parts.append(f"(granularity = '{granularity.text}' AND {between})")
    return " OR ".join(parts)


def _ranges(granularity: Granularity, starts: Iterable[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start in starts:
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], granularity.end(start))
        else:
            found.append((start, granularity.end(start)))
    return found

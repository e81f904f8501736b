"""Profiles of tables, frames and files (``ws.explore``)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from mlnb.core.errors import InvalidParameterError

from .records import ColumnNotFoundError, Profile, Timing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground
    from mlnb.scope.service import Scopes

    from .columns import TableSummary


class ExploreSettings(BaseModel):
    """Settings ``[explore]``: rows for associations, columns at most, size of the page."""

    sample_rows: int = 100_000
    max_columns: int = 2000
    html_max_kb: int = 100


class Explore:
    """Looks at data.

    Parameters
    ----------
    ground, catalog, scopes
        The workspace's stores, tables, and scope cards with their hold-outs.
    """

    def __init__(self, ground: Ground, catalog: Catalog, scopes: Scopes | None = None) -> None:
        self._ground = ground
        self._catalog = catalog
        self._scopes = scopes

    def profile(
        self,
        data: Any,
        *,
        target: str | None = None,
        columns: Sequence[str] | None = None,
        sample: int | None = None,
        name: str | None = None,
    ) -> Profile:
        """Describe every column, what is wrong with the data and what predicts the target.

        Parameters
        ----------
        data
            A table name (``main.raw.flights``, also with ``@v3``), a data frame, an Arrow table, or the path of a CSV or Parquet file.
        target
            The column to predict.
        columns
            Look at these only (and the target).
        sample
            Rows for associations and correlations; all other figures are exact. By default 100,000.
        name
            What the page calls a data frame.

        Raises
        ------
        ColumnNotFoundError, DataNotFoundError
            With the nearest existing names.
        """
        from .engine import Options, run
        from .sources import open_source

        started = time.perf_counter(), time.process_time()
        settings = self._ground.settings.section("explore", ExploreSettings)
        if sample is not None and sample < 1:
            raise InvalidParameterError(f"A sample of {sample} rows is not possible.", hint="Give a positive number.")
        wanted = None if columns is None else [*columns, *([target] if target and target not in columns else [])]
        opened = open_source(data, self._catalog, self._scopes, root=self._ground.root, columns=wanted)
        names = opened.schema.names
        if target is not None and target not in names:
            raise ColumnNotFoundError.for_name(target, names, "target")
        if name is not None and opened.source.kind == "frame":
            opened.source.name = name
        profile = run(opened, Options(target=target, sample=sample or settings.sample_rows, max_columns=settings.max_columns))
        profile.timing = Timing(seconds=time.perf_counter() - started[0], cpu_seconds=time.process_time() - started[1])
        return profile

    def columns(self, name: str, *, version: int | None = None, columns: Sequence[str] | None = None) -> TableSummary:
        """Return missing and distinct values and a small histogram of each column of a table, of a sample where it is large."""
        from .columns import summarize

        return summarize(self._catalog, name, version=version, columns=columns)

"""Files into tables: the methods of the catalog; the work is in :mod:`mlnb.catalog.ingest`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from .namespace import Namespace

if TYPE_CHECKING:
    from .ingest.records import IngestPlan
    from .records import IngestReport
    from .service import Catalog


class Loading(Namespace):
    """Loading files: at once, or in a process of its own that outlives the caller."""

    def ingest(self, source: Any, name: str, **options: Any) -> IngestReport:
        """Load CSV, JSON or Parquet files, or a data frame, into a table; see :func:`mlnb.catalog.ingest.load.ingest`."""
        from .ingest.load import ingest

        return ingest(cast("Catalog", self), source, name, **options)

    def preview_ingest(
        self, source: Any, *, name: str | None = None, mode: str = "append", force: bool = False, **options: Any
    ) -> IngestPlan:
        """Say what :meth:`ingest` would do with files, and write nothing.

        Parameters
        ----------
        name, mode, force
            The table to load into; without a name, a new one.
        options
            How files are read, as for :func:`mlnb.catalog.ingest.load.ingest`.

        Returns
        -------
        IngestPlan
            Each column's type with its reason and samples, ten rows, what would be rejected, and why the load would be refused.
        """
        from .ingest.preview import preview_ingest

        return preview_ingest(cast("Catalog", self), source, name=name, mode=mode, force=force, **options)

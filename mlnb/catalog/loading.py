"""Files into tables: the methods of the catalog; the work is in :mod:`mlnb.catalog.ingest`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from .namespace import Namespace

if TYPE_CHECKING:
    from .ingest.records import IngestPlan, IngestRun
    from .ingest.uploads import Upload
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

    # -- in the background ----------------------------------------------------------------------------------------------

    def start_ingest(
        self, source: Any, name: str, *, mode: str = "append", force: bool = False, **options: Any
    ) -> IngestRun:
        """Load files in a process of its own, which goes on when this one ends; the options are those of :meth:`ingest`.

        Raises
        ------
        MlnbError
            At once for what cannot work: no such file or schema, a table that exists, a wrong type.
        """
        from .ingest.runs import start

        return start(cast("Catalog", self), source, name, mode=mode, force=force, **options)

    def ingest_run(self, ingest_id: str) -> IngestRun:
        """Return a load in the background: how far it is, and once it has ended its report or error."""
        from .ingest.runs import get

        return get(cast("Catalog", self), ingest_id)

    def ingest_runs(self, limit: int = 20) -> list[IngestRun]:
        """Return the loads that were started last, newest first."""
        from .ingest.runs import recent

        return recent(cast("Catalog", self), limit)

    def cancel_ingest(self, ingest_id: str) -> IngestRun:
        """End a load in the background; nothing is written then, unless it was done already."""
        from .ingest.runs import cancel

        return cancel(cast("Catalog", self), ingest_id)

    def upload(self, data: bytes, *, name: str | None = None, path: str | None = None, offset: int = 0) -> Upload:
        """Take a file that a browser sends, or the next piece of it, to be loaded within a day.

        Parameters
        ----------
        name
            The file's own name, with its first piece.
        path, offset
            For a further piece: what the first call returned, and how many bytes were sent before.

        Raises
        ------
        UploadOffsetError
            When a piece does not continue what is there; ``details`` has the size.
        """
        from .ingest.uploads import receive

        return receive(cast("Catalog", self), data, name=name, path=path, offset=offset)

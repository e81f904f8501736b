"""What the supervisor does for the catalog: spools reach their tables, lost commits get their events, dropped tables go for good."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from mlnb.core.supervisor import Reconciler

from . import metastore as rows
from .delta.handles import has_newer
from .errors import TableCorruptError
from .purge import purge, sweep

if TYPE_CHECKING:
    from .service import Catalog

log = logging.getLogger("mlnb.catalog")


#: A time at which every spool is due.
_EVERYTHING_IS_DUE = 2**62

#: Between two looks for folders without a table.
_SWEEP_MS = 3_600_000


class Flusher(Reconciler):
    """Moves spooled rows into their tables."""

    name = "catalog-spools"
    period_ms = 1000

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def tick(self, now_ms: int) -> None:
        """Flush every spool that is due; one that fails does not stop the others."""
        for info, file in self._catalog.spools.due(now_ms):
            try:
                report = self._catalog.spools.flush(info, file)
            except Exception:
                log.exception("the spool of %s could not be flushed; it is tried again", info.full_name)
                continue
            if report.rejected:
                log.warning(
                    "%d spooled rows do not fit %s and were put aside in %s", report.rejected, info.full_name, file.path
                )

    def finish(self) -> None:
        """Flush what is not due yet too, so that a stopped workspace's tables hold every row."""
        self.tick(_EVERYTHING_IS_DUE)


class Care(Reconciler):
    """Records commits of processes that died before they could, and purges tables dropped long ago."""

    name = "catalog-care"
    period_ms = 30_000

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._last = self._swept = 0

    def tick(self, now_ms: int) -> None:
        """Look at every table's log; the supervisor wakes this often, so most calls come too early and do nothing."""
        if now_ms - self._last < self.period_ms:
            return
        self._last = now_ms
        reconcile_all(self._catalog)
        purge(self._catalog, now_ms)
        if now_ms - self._swept >= _SWEEP_MS:
            self._swept = now_ms
            sweep(self._catalog, now_ms)


def reconcile_all(catalog: Catalog) -> int:
    """Bring the stored version of every table up to its log; return how many were behind."""
    with catalog.ground.metastore.connect() as connection:
        located = rows.live_tables(connection)
    behind = 0
    for table in located:
        if not has_newer(table.storage_location, table.version):
            continue
        try:
            behind += catalog.commits.reconcile(table) is not None
        except TableCorruptError as error:
            log.warning("%s", error)
    return behind

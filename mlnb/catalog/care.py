"""What the supervisor does for the catalog: spools reach their tables, lost commits get their events, dropped tables go for good."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from mlnb.core.supervisor import Reconciler

from . import metastore as rows
from . import pins
from .delta.handles import has_newer
from .errors import TableCorruptError
from .purge import purge, sweep
from .vacuum import clean_log

if TYPE_CHECKING:
    from .records import TableInfo
    from .service import Catalog

log = logging.getLogger("mlnb.catalog")


#: Files below this size are joined.
_SMALL = 16 * 1024 * 1024

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
            if now_ms < _EVERYTHING_IS_DUE and self._catalog.commits.locks.busy(info.storage_location):
                continue  # a long merge must not keep the spools of other tables waiting
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
        self._compacted: dict[str, int] = {}

    def tick(self, now_ms: int) -> None:
        """Look at every table's log; the supervisor wakes this often, so most calls come too early and do nothing."""
        if now_ms - self._last < self.period_ms:
            return
        self._last = now_ms
        reconcile_all(self._catalog)
        complete_statements(self._catalog)
        compact_all(self._catalog, self._compacted)
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


def complete_statements(catalog: Catalog) -> int:
    """Tell the end, and with it the lineage, of statements whose process died; return how many there were."""
    from .sql.unfinished import complete

    return complete(catalog)


def compact_all(catalog: Catalog, seen: dict[str, int]) -> list[str]:
    """Join the small files of tables that have many, and clean their logs; return the tables' names.

    ``seen`` remembers by table the version after which there was nothing to join, so that it is not tried again before somebody writes.
    A table that somebody is changing just now waits for the next time.
    """
    least = catalog.settings.auto_compact_files
    if least == 0:
        return []
    done = []
    with catalog.ground.metastore.connect() as connection:
        crowded = pins.crowded_tables(connection, least)
    for table_id in crowded:
        try:
            with catalog.ground.metastore.connect() as connection:
                info = rows.get_table(connection, table_id)
            if info is not None and _compacted(catalog, info, seen, least):
                done.append(info.full_name)
        except Exception:
            log.exception("the files of table %s could not be joined; it is tried again", table_id)
    return done


def _compacted(catalog: Catalog, info: TableInfo, seen: dict[str, int], least: int) -> bool:
    snapshot = catalog.handles.latest(info.storage_location)
    if seen.get(info.table_id) == snapshot.version or snapshot.small_files(_SMALL) < least:
        return False
    with catalog.commits.locks.exclusive(info.storage_location, wait=False) as mine:
        if not mine:
            return False
        commit = catalog.table(info.full_name).optimize()
        seen[info.table_id] = commit.version
        with catalog.ground.metastore.connect() as connection:
            pinned = pins.pins_of(connection, info.table_id)
        clean_log(catalog, info, pinned)
    return commit.version > snapshot.version

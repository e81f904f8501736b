"""What ran: every statement is written down after it has ended, by a thread of its own, and told to whoever listens.

Lineage, insights and the query history are made from these rows. Nothing here may slow a statement down or make it fail: recording
happens behind its back, several statements in one transaction, and what cannot be recorded is logged and left out.
"""

from __future__ import annotations

import atexit
import logging
import os
import queue
import threading
import time
import weakref
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.clock import now_ms

from .. import metastore as rows
from ..hooks import Finished
from ..names import TableName
from ..tables import catalog_read, catalog_statement

if TYPE_CHECKING:
    from ..service import Catalog

_LOG = logging.getLogger("mlnb.sql")

#: Characters of a statement that are kept.
MAX_TEXT = 100_000

#: Kinds of statements that only read. They are gathered for this many seconds and share a transaction: one each costs a loop of small
#: reads more than finding the table. What else ran is written down at once, because lineage follows from it.
_READING = ("SELECT", "READ")
_GATHER_S = 0.2

#: Statements in one transaction.
_MOST = 500

#: Seconds that a process waits at its end for what is not yet written down.
_LAST_S = 5.0

#: The same when only the workspace is closed.
_CLOSE_S = 30.0


class Recorder:
    """Records the statements of one catalog.

    Parameters
    ----------
    catalog
        Whose statements.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = weakref.proxy(catalog)
        self._waiting: queue.SimpleQueue[Finished | threading.Event | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()
        self._purged_at = 0
        #: Whether a statement that wrote may not be recorded yet; whoever waits for what it wrote sets it back.
        self.wrote = False
        atexit.register(_flush_at_exit, weakref.ref(self))

    def add(self, finished: Finished) -> None:
        """Take a statement that has ended; returns at once."""
        self.wrote = self.wrote or bool(finished.writes)
        self._waiting.put(finished)
        self._start()

    def flush(self, timeout: float = 30.0) -> bool:
        """Wait until everything taken so far has been recorded; return whether it has."""
        with self._lock:
            if self._thread is None and self._waiting.empty():
                return True
        reached = threading.Event()
        self._waiting.put(reached)
        self._start()
        return reached.wait(timeout)

    def close(self) -> None:
        """Record what was taken so far and end the thread; what comes later starts another one."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None and thread.is_alive():
            self._waiting.put(None)
            thread.join(_CLOSE_S)

    def _start(self) -> None:
        with self._lock:
            if self._pid != os.getpid():  # a fork has no thread, and its parent records what it took itself
                self._pid, self._thread = os.getpid(), None
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="mlnb-sql-record", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            items = self._gathered()
            batch = [item for item in items if isinstance(item, Finished)]
            try:
                if batch:
                    self._record(batch)
            except ReferenceError:  # the catalog is gone
                return
            except Exception as error:
                _LOG.warning("%d statements could not be recorded: %s", len(batch), error)
            finally:
                for item in items:
                    if isinstance(item, threading.Event):
                        item.set()
                ended = None in items
                del items, batch
            if ended:
                return

    def _gathered(self) -> list[Finished | threading.Event | None]:
        """Wait for a statement, and after one that only read for those that follow it soon, unless somebody waits."""
        items = [self._waiting.get()]
        deadline = time.monotonic() + _GATHER_S
        while len(items) < _MOST:
            last = items[-1]
            patient = isinstance(last, Finished) and last.kind in _READING and not last.writes
            deadline = deadline if patient else 0.0
            try:
                items.append(self._waiting.get(timeout=max(deadline - time.monotonic(), 0)))
            except queue.Empty:
                break
        return items

    def _record(self, batch: Sequence[Finished]) -> None:
        catalog = self._catalog
        if not catalog.ground.metastore.exists():  # the workspace was deleted meanwhile
            return
        names = {read.name for one in batch for read in (*one.reads, *one.views)}
        with catalog.ground.metastore.begin() as connection:
            ids = {name: _id_of(connection, name) for name in names}
            noted = [one.id for one in batch if one.noted]
            if noted:
                connection.execute(catalog_statement.delete().where(catalog_statement.c.id.in_(noted)))
            connection.execute(catalog_statement.insert(), [statement_row(one) for one in batch])
            reads = [row for one in batch for row in _reads(one, ids)]
            if reads:
                connection.execute(catalog_read.insert(), reads)
            self._purge(connection)
        for one in batch:
            self._tell(one)

    def _tell(self, finished: Finished) -> None:
        listeners = list(self._catalog.hooks.on_finished)
        if listeners and finished.tree is None:
            finished = replace(finished, tree=_tree(finished.text))
        for listener in listeners:
            try:
                listener(finished)
            except Exception as error:
                _LOG.warning("statement %s: %s: %s", finished.id, type(error).__name__, error)

    def _purge(self, connection: sa.Connection) -> None:
        """Forget statements older than the setting says, at most once an hour."""
        now = now_ms()
        if now - self._purged_at < 3_600_000:
            return
        self._purged_at = now
        before = now - int(self._catalog.settings.query_history_days * 86_400_000)
        old = sa.select(catalog_statement.c.id).where(catalog_statement.c.started_at < before)
        connection.execute(catalog_read.delete().where(catalog_read.c.statement_id.in_(old)))
        connection.execute(catalog_statement.delete().where(catalog_statement.c.started_at < before))


def _flush_at_exit(reference: weakref.ref[Recorder]) -> None:
    recorder = reference()
    if recorder is not None and recorder._pid == os.getpid():
        recorder.flush(_LAST_S)


def _tree(text: str) -> Any:
    """Return the parse tree with names as written; None for statements the parser library does not know."""
    from .parse import tree_of

    try:
        return tree_of(text)
    except Exception:
        return None


def _id_of(connection: sa.Connection, full_name: str) -> str | None:
    parts = full_name.split(".")
    located = rows.locate(connection, TableName(*parts)) if len(parts) == 3 else None
    return located.table_id if located is not None else None


def statement_row(one: Finished) -> dict[str, Any]:
    """Return what is stored of a statement."""
    caller = one.caller
    context = {
        "source": caller.source,
        "notebook": caller.notebook,
        "cell_id": caller.cell_id,
        "run_id": caller.run_id,
        "job_run_id": caller.job_run_id,
        "request_id": caller.request_id,
        "catalog": one.catalog,
        "schema": one.schema,
        "frames": list(one.frames),
        "writes": [{"name": write.name, "version": write.version} for write in one.writes],
    }
    return {
        "id": one.id,
        "actor": caller.principal,
        "started_at": one.started_at,
        "duration_ms": round(one.duration_ms),
        "engine": one.engine,
        "kind": one.kind,
        "sql": one.text.strip()[:MAX_TEXT],
        "status": "CANCELED" if one.error_code == "CANCELLED" else "FAILED" if one.error_code else "FINISHED",
        "error_code": one.error_code,
        "rows": one.rows,
        "bytes_read": None,
        "context": {name: value for name, value in context.items() if value},
    }


def _reads(one: Finished, ids: dict[str, str | None]) -> list[dict[str, Any]]:
    """Return the tables and views a statement read, each version once with all columns read of it."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for read in (*one.reads, *one.views):
        table_id = ids.get(read.name)
        if table_id is None:
            continue
        row = found.setdefault(
            (table_id, read.version),
            {"statement_id": one.id, "table_id": table_id, "version": read.version, "columns": []},
        )
        row["columns"] += [name for name in read.columns if name not in row["columns"]]
    return list(found.values())

"""Spools: small writes now, few commits later, each row in the table exactly once.

A request must not wait for a Delta commit (100 ms), and a commit per request would drown the table in files. So rows go into a SQLite
file per table (a tenth of a millisecond) and one flusher moves them: it takes a batch of rows, commits them with the number of the last
one as transaction, then deletes them. Killed in between, it finds the transaction in the table and only deletes.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.caller import calling
from mlnb.core.clock import now_ms
from mlnb.core.errors import MlnbError, StorageError
from mlnb.core.files import DiskFullError, storage_errors
from mlnb.core.records import Record

from . import metastore as rows
from .errors import SpoolFullError, TableNotFoundError, TableSchemaError
from .records import TableInfo

if TYPE_CHECKING:
    import pyarrow as pa

    from .service import Catalog

#: Milliseconds a writer waits for another one.
_BUSY_MS = 10_000

# AUTOINCREMENT: a number must not come back after its row was deleted, or its rows would look committed.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS batch (seq INTEGER PRIMARY KEY AUTOINCREMENT, rows INTEGER NOT NULL, ipc BLOB NOT NULL, at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS rejected (seq INTEGER PRIMARY KEY, rows INTEGER NOT NULL, ipc BLOB NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL);
"""


class SpoolStatus(Record):
    """What a spool holds: rows that wait, since when (milliseconds), and rows that did not fit."""

    pending: int
    oldest: int | None = None
    rejected: int = 0
    last_seq: int = 0


class FlushReport(Record):
    """What a flush did; ``version`` is the table's when it committed."""

    rows: int = 0
    rejected: int = 0
    version: int | None = None


class SpoolFile:
    """The SQLite file of one spool; thread-safe, and usable by several processes at once."""

    def __init__(self, path: Path, *, durable: bool = False) -> None:
        self.path = path
        self._durable = durable
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._pid = 0

    @contextmanager
    def use(self, *, write: bool = True) -> Iterator[sqlite3.Connection]:
        """Lend the connection of this process; what happens inside is one transaction.

        Raises
        ------
        SpoolFullError
            When the disk is full.
        """
        with self._lock:
            try:
                with storage_errors(self.path):
                    connection = self._open()
                    connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
                    try:
                        yield connection
                        connection.execute("COMMIT")
                    except BaseException:
                        if connection.in_transaction:
                            connection.execute("ROLLBACK")
                        raise
            except DiskFullError as error:
                raise self._full("the disk is full") from error
            except sqlite3.OperationalError as error:
                if not (getattr(error, "sqlite_errorname", "") or "").startswith(("SQLITE_FULL", "SQLITE_IOERR")):
                    raise
                raise self._full(str(error)) from error

    def _full(self, reason: str) -> SpoolFullError:
        return SpoolFullError(
            f"The spool {self.path.name} cannot take more rows: {reason}.",
            hint="Free some space. Rows that were acknowledged are kept and will reach the table.",
        )

    def _open(self) -> sqlite3.Connection:
        if self._connection is None or self._pid != os.getpid():  # SQLite connections must not cross a fork
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(
                self.path, isolation_level=None, check_same_thread=False, timeout=_BUSY_MS / 1000
            )
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={'FULL' if self._durable else 'NORMAL'}")
            connection.executescript(_SCHEMA)
            identity = [("application", f"spool:{uuid.uuid4()}"), ("created", str(now_ms()))]
            connection.executemany("INSERT OR IGNORE INTO about VALUES (?, ?)", identity)
            self._connection, self._pid = connection, os.getpid()
        return self._connection

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._connection is not None and self._pid == os.getpid():
                self._connection.close()
            self._connection = None

    def status(self) -> SpoolStatus:
        """Return what waits."""
        with self.use(write=False) as connection:
            count, oldest = connection.execute("SELECT coalesce(sum(rows), 0), min(at) FROM batch").fetchone()
            rejected = connection.execute("SELECT coalesce(sum(rows), 0) FROM rejected").fetchone()[0]
            last = connection.execute(
                "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'batch'"
            ).fetchone()
        return SpoolStatus(pending=count, oldest=oldest, rejected=rejected, last_seq=last[0] if last else 0)

    @contextmanager
    def flushing(self) -> Iterator[bool]:
        """Hold the right to flush: two flushers would commit overlapping batches. Yields False when another one has it."""
        with storage_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            stream = self.path.with_suffix(".lock").open("a")
        with stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True


class Spool:
    """Small writes to a table (``ws.catalog.spool(name)``)."""

    def __init__(self, spools: Spools, info: TableInfo, file: SpoolFile) -> None:
        self._spools = spools
        self._info = info
        self._file = file
        self._schema: pa.Schema | None = None

    @property
    def path(self) -> Path:
        """The spool's file."""
        return self._file.path

    def put(self, data: Any) -> int:
        """Keep rows; when this returns they will reach the table, whatever happens to this process.

        Parameters
        ----------
        data
            A list of dictionaries, or anything with Arrow inside.

        Returns
        -------
        int
            Number of the batch.

        Raises
        ------
        SpoolFullError
            When the disk is full; nothing of ``data`` is kept then.
        TableSchemaError
            When dictionaries do not fit the table's columns.
        """
        table = self._arrow(data)
        content = _to_ipc(table)
        with self._file.use() as connection:
            cursor = connection.execute(
                "INSERT INTO batch (rows, ipc, at) VALUES (?, ?, ?)", (table.num_rows, content, now_ms())
            )
            return int(cursor.lastrowid or 0)

    def _arrow(self, data: Any) -> pa.Table:
        import pyarrow as pa

        from .delta.data import reader_of

        if not (isinstance(data, (list, tuple)) and data and isinstance(data[0], dict)):
            return reader_of(data).read_all()
        if self._schema is None:
            self._schema = self._spools.catalog.handles.latest(self._info.storage_location).schema
        extra = {name for row in data for name in row} - set(self._schema.names)
        if extra:
            raise TableSchemaError(f"{self._info.full_name} has no column {', '.join(sorted(extra))}.")
        try:
            return pa.Table.from_pylist(list(data), self._schema)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise TableSchemaError(f"The rows do not fit {self._info.full_name}: {error}.") from error

    def status(self) -> SpoolStatus:
        """Return what waits and what was rejected."""
        return self._file.status()

    def flush(self) -> FlushReport:
        """Move what waits into the table now, instead of when the supervisor does."""
        return self._spools.flush(self._info, self._file)

    def close(self) -> None:
        """Close the spool's file; rows that wait stay in it."""
        self._file.close()


class Spools:
    """All spools of a workspace: opens them for writers and flushes them."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.folder = catalog.ground.path / "spool"
        self._files: dict[tuple[str, bool], SpoolFile] = {}
        self._lock = threading.Lock()

    def open(self, info: TableInfo, *, durable: bool = False) -> Spool:
        """Return the spool of a table; who puts rows into it needs MODIFY, who flushes it nothing more."""
        self.catalog.require("MODIFY", "table", info.full_name)
        return Spool(self, info, self._file(info.table_id, durable))

    def _file(self, table_id: str, durable: bool = False) -> SpoolFile:
        with self._lock:
            key = (table_id, durable)
            if key not in self._files:
                self._files[key] = SpoolFile(self.folder / f"{table_id}.db", durable=durable)
            return self._files[key]

    def close(self) -> None:
        """Close all files of this process."""
        with self._lock:
            for file in self._files.values():
                file.close()
            self._files.clear()

    def due(self, now: int) -> list[tuple[TableInfo, SpoolFile]]:
        """Return the spools that hold enough rows or rows that have waited long enough."""
        settings, found = self.catalog.settings, []
        for path in sorted(self.folder.glob("*.db")):
            file = self._file(path.stem)
            status = file.status()
            late = status.oldest is not None and now - status.oldest >= settings.spool_seconds * 1000
            if not (late or status.pending >= settings.spool_rows):
                continue
            with self.catalog.ground.metastore.connect() as connection:
                info = rows.get_table(connection, path.stem)
            if info is not None:  # rows of a dropped table wait until it comes back or is purged
                found.append((info, file))
        return found

    def flush(self, info: TableInfo, file: SpoolFile) -> FlushReport:
        """Move everything that waits in a spool into its table, in commits of at most ``spool_rows`` rows."""
        with calling(trusted=True):  # whoever put the rows was asked then
            return self._flush(info, file)

    def _flush(self, info: TableInfo, file: SpoolFile) -> FlushReport:
        total = FlushReport()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with file.flushing() as mine:
                if mine:
                    done = self._flush_once(info, file)
                    total = FlushReport(
                        rows=total.rows + done.rows,
                        rejected=total.rejected + done.rejected,
                        version=done.version if done.version is not None else total.version,
                    )
                    if not (done.rows or done.rejected):
                        return total
                    continue
            time.sleep(0.02)
        return total

    def _flush_once(self, info: TableInfo, file: SpoolFile) -> FlushReport:
        snapshot = self.catalog.handles.latest(info.storage_location)
        with file.use() as connection:
            application = connection.execute("SELECT value FROM about WHERE key = 'application'").fetchone()[0]
            done = snapshot.transaction(application)
            if done is not None:  # committed by a flusher that died before it deleted
                connection.execute("DELETE FROM batch WHERE seq <= ?", (done,))
            batches = _take(connection, self.catalog.settings.spool_rows)
        if not batches:
            return FlushReport()
        fitting, wrong = _sort(batches, snapshot.schema)
        if wrong:
            with file.use() as connection:
                connection.executemany("INSERT OR REPLACE INTO rejected VALUES (?, ?, ?, ?, ?)", wrong)
                connection.executemany("DELETE FROM batch WHERE seq = ?", [(item[0],) for item in wrong])
        if not fitting:
            return FlushReport(rejected=sum(item[1] for item in wrong))
        import pyarrow as pa

        last = fitting[-1][0]
        data = pa.concat_tables([table for _, table in fitting])
        commit = self.catalog.table(info.full_name).append(data, txn=(application, last))
        with file.use() as connection:
            connection.execute("DELETE FROM batch WHERE seq <= ?", (last,))
        return FlushReport(rows=data.num_rows, rejected=sum(item[1] for item in wrong), version=commit.version)


def _take(connection: sqlite3.Connection, limit: int) -> list[tuple[int, int, bytes]]:
    """Return the oldest batches, up to a number of rows but at least one."""
    found: list[tuple[int, int, bytes]] = []
    total = 0
    for seq, count, content in connection.execute("SELECT seq, rows, ipc FROM batch ORDER BY seq"):
        if found and total + count > limit:
            break
        found.append((seq, count, content))
        total += count
    return found


def _sort(
    batches: list[tuple[int, int, bytes]], schema: pa.Schema
) -> tuple[list[tuple[int, pa.Table]], list[tuple[int, int, bytes, str, int]]]:
    """Separate batches that fit the table from those that do not, with the reason."""
    from .delta.data import Stream

    fitting, wrong = [], []
    for seq, count, content in batches:
        try:
            fitting.append((seq, Stream(_padded(_from_ipc(content), schema), schema).reader().read_all()))
        except (MlnbError, OSError, ValueError) as error:
            if isinstance(error, (StorageError, TableNotFoundError)):
                raise
            reason = error.message if isinstance(error, MlnbError) else str(error)
            wrong.append((seq, count, content, reason, now_ms()))
    return fitting, wrong


def _padded(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Add columns that the table got after the rows were spooled, or that a writer does not know: they are empty there."""
    import pyarrow as pa

    known = {name.lower() for name in table.column_names}
    for item in schema:
        if item.nullable and item.name.lower() not in known:
            table = table.append_column(item, pa.nulls(table.num_rows, item.type))
    return table


def _to_ipc(table: pa.Table) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _from_ipc(content: bytes) -> pa.Table:
    import pyarrow as pa

    return pa.ipc.open_stream(content).read_all()

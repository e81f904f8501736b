"""The metastore: SQLite in WAL mode by default, PostgreSQL by URL, one schema for both."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import sqlalchemy as sa

# Not for its own sake: MLflow imports it later, in whatever thread comes first, and while it is half made our statements in other threads
# fail, because its types register themselves before they work.
import sqlalchemy.orm
from sqlalchemy.pool import NullPool

from .errors import InvalidStateError, UnavailableError
from .files import ReadOnlyError, storage_errors

#: Every stage declares its tables on this object, so that one Alembic history and one test see them all.
metadata = sa.MetaData()

#: Milliseconds a writer waits for another one before it gives up.
BUSY_TIMEOUT_MS = 30_000

#: Key of the PostgreSQL advisory lock that serialises migrations (any constant will do).
_MIGRATION_LOCK = 0x6D6C6E62


class MetastoreUnavailableError(UnavailableError):
    """The metastore does not answer."""

    code = "METASTORE_UNAVAILABLE"


class Metastore:
    """Transactions on the metastore.

    Writers are serialised: SQLite by ``BEGIN IMMEDIATE``, PostgreSQL per table and, for the journal, by a row lock. A write
    transaction inside another one of the same thread joins it, so that a service may call another and both end together.

    Parameters
    ----------
    url
        SQLAlchemy URL, ``sqlite:///…`` or ``postgresql://…``.
    storage_root
        Where tables lie: stored locations are relative to it. Connections carry it as an execution option.
    """

    def __init__(self, url: str, *, storage_root: str = "") -> None:
        self.url = url.replace("postgresql://", "postgresql+psycopg://", 1) if url.startswith("postgresql://") else url
        self.engine = self._make_engine().execution_options(storage_root=storage_root)
        self.dialect = self.engine.dialect.name
        self._open: ContextVar[tuple[int, sa.Connection] | None] = ContextVar(
            f"mlnb_transaction_{id(self)}", default=None
        )

    def _make_engine(self) -> sa.Engine:
        if not self.url.startswith("sqlite"):
            return sa.create_engine(self.url, pool_pre_ping=True)
        path = sa.make_url(self.url).database or ""
        if path and path != ":memory:":
            with storage_errors(path):
                Path(path).parent.mkdir(parents=True, exist_ok=True)
        # One connection per use: SQLite connections are cheap, and a pool would keep files open across a fork.
        engine = sa.create_engine(self.url, poolclass=NullPool, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
        sa.event.listen(engine, "do_connect", _open_what_is_there)
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """Open a write transaction, or join the one this thread has open.

        Raises
        ------
        MetastoreUnavailableError
            When the metastore cannot be reached or stays locked.
        StorageError
            When the disk is full or the folder read-only.
        """
        current = self._open.get()
        if current is not None and current[0] == threading.get_ident():
            yield current[1]
            return
        with (
            self._guarded(),
            self.engine.connect().execution_options(mlnb_write=True) as connection,
            connection.begin(),
        ):
            token = self._open.set((threading.get_ident(), connection))
            try:
                yield connection
            finally:
                self._open.reset(token)

    @property
    def in_transaction(self) -> bool:
        """Whether this thread has a write transaction open."""
        current = self._open.get()
        return current is not None and current[0] == threading.get_ident()

    @contextmanager
    def connect(self) -> Iterator[sa.Connection]:
        """Open a read transaction; inside a write transaction of this thread it sees that one's changes."""
        current = self._open.get()
        if current is not None and current[0] == threading.get_ident():
            yield current[1]
            return
        with self._guarded(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            with storage_errors(sa.make_url(self.url).database or "the metastore"):
                yield
        except sa.exc.OperationalError as error:
            self._check_writable(error)
            raise MetastoreUnavailableError(
                f"The metastore does not answer: {str(error.orig).strip()}.",
                hint="Check metastore_url and that the server runs; another process may hold a long transaction.",
            ) from error

    def _check_writable(self, error: sa.exc.OperationalError) -> None:
        """Say read-only when it is: SQLite needs its log beside the file, and tells only that it cannot open it."""
        folder = Path(sa.make_url(self.url).database or "").parent
        if self.dialect == "sqlite" and folder.exists() and not os.access(folder, os.W_OK):
            raise ReadOnlyError(
                f"{folder} cannot be written.",
                hint="Check the folder's permissions, or point MLNB_WORKSPACE at a folder that may be written.",
            ) from error

    def upsert(
        self, connection: sa.Connection, table: sa.Table, values: Mapping[str, Any], keys: Sequence[str]
    ) -> None:
        """Insert ``values``, or update the row with equal ``keys``."""
        from sqlalchemy.dialects import postgresql, sqlite

        insert = (sqlite if self.dialect == "sqlite" else postgresql).insert(table).values(dict(values))
        changes = {name: insert.excluded[name] for name in values if name not in keys}
        statement = (
            insert.on_conflict_do_update(index_elements=list(keys), set_=changes)
            if changes
            else insert.on_conflict_do_nothing(index_elements=list(keys))
        )
        connection.execute(statement)

    def add_new(
        self, connection: sa.Connection, table: sa.Table, values: Mapping[str, Any], keys: Sequence[str]
    ) -> None:
        """Insert ``values`` unless there is a row with equal ``keys``, also one that another process stores meanwhile."""
        from sqlalchemy.dialects import postgresql, sqlite

        insert = (sqlite if self.dialect == "sqlite" else postgresql).insert(table).values(dict(values))
        connection.execute(insert.on_conflict_do_nothing(index_elements=list(keys)))

    def count(self, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> int:
        """Return the number of rows of ``table`` for which all conditions hold."""
        query = sa.select(sa.func.count()).select_from(table).where(*conditions)
        with self.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def migrate(self) -> None:
        """Bring the schema to this code's revision, in a transaction, one process at a time.

        Raises
        ------
        InvalidStateError
            When the metastore was written by newer code.
        """
        from .migrations import HEAD, REVISIONS, upgrade

        if (file := self._file()) is not None and not file.exists():
            with storage_errors(file):
                file.touch()
        current = self._revision()
        if current == HEAD:
            return
        if current is not None and current not in REVISIONS:
            raise InvalidStateError(
                f"This workspace was written by a newer mlnb (schema {current}; this one knows {HEAD}).",
                hint="Upgrade mlnb: pip install --upgrade mlnb.",
            )
        with self.begin() as connection:
            if self.dialect == "postgresql":
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            upgrade(connection)

    def _revision(self) -> str | None:
        with self.connect() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()

    def watch(self) -> ChangeWatch:
        """Return an object that notices commits of other connections."""
        return ChangeWatch(self)

    def exists(self) -> bool:
        """Return whether the metastore's file is still there; a server's database always counts as there."""
        file = self._file()
        return file is None or file.exists()

    def _file(self) -> Path | None:
        path = sa.make_url(self.url).database if self.dialect == "sqlite" else None
        return None if not path or path == ":memory:" else Path(path)

    def dispose(self) -> None:
        """Close pooled connections."""
        self.engine.dispose()


def _existing(path: str) -> str:
    """Return the address of a file that is opened only if it is there."""
    return path if path in ("", ":memory:") else f"{Path(path).absolute().as_uri()}?mode=rw"


def _open_what_is_there(_dialect: object, _record: object, arguments: list[str], options: dict[str, Any]) -> None:
    """Let SQLite make no file: where a workspace is being removed, whoever looks once more would leave an empty one behind."""
    arguments[0] = _existing(arguments[0])
    options["uri"] = True


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # pysqlite's own transaction handling would start transactions too late; SQLAlchemy's begin event does it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    write = connection.get_execution_options().get("mlnb_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


class ChangeWatch:
    """Notices that somebody committed: ``PRAGMA data_version`` on one kept connection, the journal's head on PostgreSQL.

    Not thread-safe: use one per thread.
    """

    def __init__(self, metastore: Metastore) -> None:
        self._metastore = metastore
        self._sqlite: sqlite3.Connection | None = None
        if metastore.dialect == "sqlite":
            path = sa.make_url(metastore.url).database or ""
            self._sqlite = sqlite3.connect(
                _existing(path), timeout=BUSY_TIMEOUT_MS / 1000, check_same_thread=False, uri=True
            )
        self._seen = self._version()

    def _version(self) -> int:
        if self._sqlite is not None:
            return int(self._sqlite.execute("PRAGMA data_version").fetchone()[0])
        with self._metastore.connect() as connection:
            return int(connection.execute(sa.text("SELECT coalesce(max(id), 0) FROM journal")).scalar() or 0)

    def changed(self) -> bool:
        """Return whether something was committed since the last call."""
        version = self._version()
        changed, self._seen = version != self._seen, version
        return changed

    def wait(self, timeout: float, *, stop: threading.Event | None = None, interval: float = 0.25) -> bool:
        """Wait until something is committed, ``timeout`` seconds pass or ``stop`` is set; return whether something was."""
        deadline = time.monotonic() + timeout
        while True:
            if self.changed():
                return True
            remaining = deadline - time.monotonic()
            if remaining <= 0 or (stop is not None and stop.is_set()):
                return False
            (stop or threading.Event()).wait(min(interval, remaining))

    def close(self) -> None:
        """Close the kept connection."""
        if self._sqlite is not None:
            self._sqlite.close()

"""The online store in one SQLite file: nothing to install, transactional, many processes.

WAL mode: readers never wait for a publication. One connection per thread, because SQLite's are not made to be shared.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mlnb.core.errors import UnavailableError
from mlnb.core.files import storage_errors

from .base import Key, OnlineSchema, OnlineStore, Reader

#: Milliseconds a publication waits for another one.
BUSY_MS = 30_000

_TABLES = """
CREATE TABLE IF NOT EXISTS mlnb_online (
    name TEXT PRIMARY KEY, physical TEXT NOT NULL, source TEXT NOT NULL, source_table_id TEXT NOT NULL, version INTEGER NOT NULL,
    columns TEXT NOT NULL, keys TEXT NOT NULL, timeseries TEXT, published_at INTEGER NOT NULL, rows INTEGER NOT NULL, max_ts INTEGER
)
"""
_FIELDS = "name, source, source_table_id, version, columns, keys, timeseries, published_at, rows, max_ts, physical"


class OnlineStoreUnavailableError(UnavailableError):
    """The online store does not answer."""

    code = "ONLINE_STORE_UNAVAILABLE"


class SqliteOnlineStore(OnlineStore):
    """Online tables in an SQLite file.

    Parameters
    ----------
    path
        The file; made on first publication.
    """

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self._local = threading.local()

    def replace(self, schema: OnlineSchema, rows: Iterable[tuple[Key, int, bytes]]) -> OnlineSchema:
        """Write a new physical table and swap the name to it, in one transaction."""
        with storage_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = self._connect(self.path)
        physical = f"t_{uuid.uuid4().hex}"
        try:
            with self._errors(), _transaction(connection):
                connection.execute(_TABLES)
                old = connection.execute("SELECT physical FROM mlnb_online WHERE name = ?", [schema.name]).fetchone()
                connection.execute(
                    f"CREATE TABLE {physical} (k, ts INTEGER NOT NULL, v BLOB NOT NULL, PRIMARY KEY (k, ts)) WITHOUT ROWID"
                )
                connection.executemany(f"INSERT INTO {physical} VALUES (?, ?, ?)", rows)  # noqa: S608  # a name made above
                count, newest = connection.execute(f"SELECT count(*), max(ts) FROM {physical}").fetchone()  # noqa: S608
                values = _row_of(schema, count, newest if schema.timeseries else None, physical)
                marks = ", ".join("?" * len(values))
                connection.execute(f"INSERT OR REPLACE INTO mlnb_online ({_FIELDS}) VALUES ({marks})", values)  # noqa: S608
                if old is not None:
                    connection.execute(f"DROP TABLE {old[0]}")
        finally:
            connection.close()
        return _schema_of(values)

    def drop(self, name: str) -> None:
        """Remove a table and its name."""
        if not self.path.exists():
            return
        connection = self._connect(self.path)
        try:
            with self._errors(), _transaction(connection):
                connection.execute(_TABLES)
                old = connection.execute("SELECT physical FROM mlnb_online WHERE name = ?", [name]).fetchone()
                if old is not None:
                    connection.execute("DELETE FROM mlnb_online WHERE name = ?", [name])
                    connection.execute(f"DROP TABLE {old[0]}")
        finally:
            connection.close()

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """Open a read transaction."""
        connection = self._reading()
        if connection is None:
            yield _NothingPublished()
            return
        with self._errors():
            connection.execute("BEGIN")
            try:
                yield _SqliteReader(connection)
            finally:
                connection.execute("ROLLBACK")

    def _reading(self) -> sqlite3.Connection | None:
        """The connection of this thread; None as long as nothing was ever published."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None and self.path.exists():
            connection = self._local.connection = self._connect(self.path)
            connection.execute("PRAGMA query_only = ON")
        return connection

    def close(self) -> None:
        """Close the connection of this thread."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _connect(self, path: Path) -> sqlite3.Connection:
        with self._errors():
            connection = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
            connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            return connection

    @contextmanager
    def _errors(self) -> Iterator[None]:
        with storage_errors(self.path):
            try:
                yield
            except sqlite3.OperationalError as error:
                if "full" in str(error) or "readonly" in str(error):
                    raise  # a full disk or a read-only folder has its own error
                raise OnlineStoreUnavailableError(
                    f"The online store {self.path} does not answer: {error}.", hint="Try again in a moment."
                ) from error


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _row_of(schema: OnlineSchema, rows: int, max_ts: int | None, physical: str) -> tuple[object, ...]:
    return (
        schema.name,
        schema.source,
        schema.source_table_id,
        schema.version,
        json.dumps(schema.columns),
        json.dumps(schema.keys),
        schema.timeseries,
        schema.published_at,
        rows,
        max_ts,
        physical,
    )


def _schema_of(row: Sequence[object]) -> OnlineSchema:
    name, source, table_id, version, columns, keys, timeseries, published_at, rows, max_ts = row[:10]
    return OnlineSchema(
        name=str(name),
        source=str(source),
        source_table_id=str(table_id),
        version=int(str(version)),
        columns=tuple((column[0], column[1]) for column in json.loads(str(columns))),
        keys=tuple(json.loads(str(keys))),
        timeseries=None if timeseries is None else str(timeseries),
        published_at=int(str(published_at)),
        rows=int(str(rows)),
        max_ts=None if max_ts is None else int(str(max_ts)),
    )


class _SqliteReader(Reader):
    """Reads inside one transaction; what a name stands for is looked up once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._physical: dict[str, str | None] = {}

    def schema(self, name: str) -> OnlineSchema | None:
        row = self._row(name)
        return None if row is None else _schema_of(row)

    def get(self, name: str, keys: Sequence[Key | None]) -> list[bytes | None]:
        physical = self._table(name)
        if physical is None:
            return [None] * len(keys)
        query = f"SELECT v FROM {physical} WHERE k = ?"  # noqa: S608  # a name made by replace()
        found: list[bytes | None] = []
        for key in keys:
            row = None if key is None else self._connection.execute(query, (key,)).fetchone()
            found.append(None if row is None else row[0])
        return found

    def get_as_of(
        self, name: str, keys: Sequence[tuple[Key, int] | None], *, inclusive: bool = True
    ) -> list[tuple[int, bytes] | None]:
        physical = self._table(name)
        if physical is None:
            return [None] * len(keys)
        operator = "<=" if inclusive else "<"
        query = f"SELECT ts, v FROM {physical} WHERE k = ? AND ts {operator} ? ORDER BY ts DESC LIMIT 1"  # noqa: S608
        return [None if key is None else self._connection.execute(query, key).fetchone() for key in keys]

    def _table(self, name: str) -> str | None:
        if name not in self._physical:
            row = self._row(name)
            self._physical[name] = None if row is None else str(row[10])
        return self._physical[name]

    def _row(self, name: str) -> tuple[object, ...] | None:
        try:
            query = f"SELECT {_FIELDS} FROM mlnb_online WHERE name = ?"  # noqa: S608  # constants
            row: tuple[object, ...] | None = self._connection.execute(query, [name]).fetchone()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return None
            raise
        return row


class _NothingPublished(Reader):
    """The view of a store that does not exist yet."""

    def schema(self, _name: str) -> OnlineSchema | None:
        return None

    def get(self, _name: str, keys: Sequence[Key | None]) -> list[bytes | None]:
        return [None] * len(keys)

    def get_as_of(
        self, _name: str, keys: Sequence[tuple[Key, int] | None], *, inclusive: bool = True
    ) -> list[tuple[int, bytes] | None]:
        del inclusive
        return [None] * len(keys)

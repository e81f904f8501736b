"""DuckDB: one in-memory database per process and lake, a cursor per statement.

It reads the lake and nothing else: external access is off but for the lake's folder, extensions are not loaded, the configuration is
locked. A DuckDB file is never written; what does not fit into memory spills into the workspace folder.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from ..names import quote_duckdb
from .running import Running, current_statement

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from .resolve import Resolved

#: Part of the memory that DuckDB may use before it spills.
MEMORY_SHARE = 0.6

#: Rows of a batch that leaves DuckDB.
BATCH_ROWS = 100_000

#: What a fork got from its parent. It is never freed: DuckDB would wait for threads that a fork does not have.
_INHERITED: list[object] = []

#: Cursors that tell how far they are. DuckDB allows that per cursor, and only before the configuration is locked.
_TELLING = 8

# DuckDB's types that a table cannot hold -> what the platform has for them. A sum of integers is a BIGINT there.
_OUTPUT = {
    "HUGEINT": "BIGINT",
    "UHUGEINT": "DECIMAL(38,0)",
    "UBIGINT": "DECIMAL(20,0)",
    "UINTEGER": "BIGINT",
    "USMALLINT": "INTEGER",
    "UTINYINT": "SMALLINT",
    "TIMESTAMP_S": "TIMESTAMP",
    "TIMESTAMP_MS": "TIMESTAMP",
    "TIMESTAMP_NS": "TIMESTAMP",
    "TIME WITH TIME ZONE": "VARCHAR",
    "TIME_NS": "VARCHAR",
    "TIME": "VARCHAR",
    "INTERVAL": "VARCHAR",
    "UUID": "VARCHAR",
    "BIT": "VARCHAR",
    "JSON": "VARCHAR",
    "BIGNUM": "VARCHAR",
}
_WORDS = re.compile(
    r"\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'|ENUM\([^)]*\)|TIME WITH TIME ZONE|TIMESTAMP WITH TIME ZONE|\w+", re.IGNORECASE
)


class Engine:
    """Runs resolved statements.

    Parameters
    ----------
    lake
        The folder that may be read.
    spill
        Folder for what does not fit into memory; made when needed.
    memory_limit, threads
        DuckDB's; empty and 0 = from the machine.
    """

    def __init__(self, lake: str, spill: Path, *, memory_limit: str = "", threads: int = 0) -> None:
        self._spill = spill
        self._memory_limit = memory_limit
        self._threads = threads
        self._folders = [lake]
        self._lock = threading.Lock()
        self._database: duckdb.DuckDBPyConnection | None = None
        self._idle: list[duckdb.DuckDBPyConnection] = []
        self._telling: list[duckdb.DuckDBPyConnection] = []
        self._pid = 0

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a cursor; it is given back with :meth:`release`, or closed."""
        with self._lock:
            if self._database is None or self._pid != os.getpid():  # a fork must not share DuckDB's threads
                self._forget()
                self._database, self._pid = self._connect(), os.getpid()
                self._idle = list(self._telling)
            return self._idle.pop() if self._idle else self._database.cursor()

    def release(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Take back a cursor whose rows have all been read."""
        with self._lock:
            if self._database is not None and any(one is cursor for one in self._telling):
                self._idle.append(cursor)
                return
        cursor.close()

    def allow(self, folder: str) -> None:
        """Let statements read a folder: a catalog's own root, or a table that lies elsewhere.

        The configuration is locked, so a new database takes the old one's place; statements that run keep theirs.
        """
        with self._lock:
            if any(folder.startswith(os.path.join(known, "")) or folder == known for known in self._folders):
                return
            self._folders.append(folder)
            self._forget()

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            if self._database is not None and self._pid == os.getpid():
                for cursor in self._telling:
                    cursor.close()
                self._database.close()
            self._forget()

    def _forget(self) -> None:
        """Let go of the database."""
        if self._database is not None and self._pid != os.getpid():
            _INHERITED.append((self._database, self._telling, self._idle))
        self._database, self._idle, self._telling = None, [], []

    def _connect(self) -> duckdb.DuckDBPyConnection:
        import duckdb

        connection = duckdb.connect(
            ":memory:",
            config={
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "python_enable_replacements": False,
                "memory_limit": self._memory_limit or f"{memory_bytes() * MEMORY_SHARE / 1e6:.0f}MB",
                **({"threads": self._threads} if self._threads else {}),
            },
        )
        allowed = {os.path.join(path, "") for folder in self._folders for path in (folder, os.path.realpath(folder))}
        folders = ", ".join("'" + path.replace("'", "''") + "'" for path in sorted(allowed))
        spill = str(self._spill / f"duckdb-{os.getpid()}").replace("'", "''")
        for setting in (
            "SET GLOBAL TimeZone = 'UTC'",
            f"SET temp_directory = '{spill}'",
            f"SET allowed_directories = [{folders}]",
            "SET enable_external_access = false",
            "SET lock_configuration = true",
        ):
            if setting.startswith("SET lock"):
                self._telling = [_telling(connection) for _ in range(_TELLING)]
            connection.execute(setting)
        return connection

    def run(self, resolved: Resolved, *, limit: int | None = None, select: str = "*") -> Execution:
        """Start a resolved statement.

        Parameters
        ----------
        limit
            At most this many rows.
        select
            What to select from the statement's result, which is called ``q``.
        """
        running, cursor = current_statement(), self.cursor()
        if running is None:
            return self._started(cursor, resolved, limit, select, None)
        return running.call(lambda: self._started(cursor, resolved, limit, select, running))

    def _started(
        self,
        cursor: duckdb.DuckDBPyConnection,
        resolved: Resolved,
        limit: int | None,
        select: str,
        running: Running | None,
    ) -> Execution:
        try:
            if running is not None:
                running.attach(cursor)
            execution = Execution(self, cursor, resolved, limit, select, running)
            execution.begin()
            return execution
        except BaseException:
            if running is not None:
                running.detach(cursor)
            cursor.close()
            raise

    def plan(self, resolved: Resolved) -> str:
        """Return DuckDB's plan of a statement."""
        cursor = self.cursor()
        functions = prepare(cursor, resolved)
        try:
            found = cursor.execute(f"EXPLAIN {resolved.prefix}{resolved.sql}", resolved.binds).fetchall()
            return "\n".join(str(row[-1]) for row in found)
        finally:
            for name in functions:
                cursor.remove_function(name)
            cursor.close()

    def columns(self, resolved: Resolved) -> list[str]:
        """Return the names of a statement's columns without running it."""
        return [name for name, _ in self.describe(resolved)]

    def describe(self, resolved: Resolved) -> list[tuple[str, str]]:
        """Return the names and DuckDB's types of a statement's columns without running it."""
        cursor = self.cursor()
        functions = prepare(cursor, resolved)
        try:
            relation = cursor.sql(f"{resolved.prefix}SELECT * FROM ({resolved.sql}) AS q", params=resolved.binds)
            return list(zip(relation.columns, (str(kind) for kind in relation.types), strict=True))
        finally:
            for name in functions:
                cursor.remove_function(name)
            cursor.close()


class Rows(Protocol):
    """The rows of a running statement, whatever runs it."""

    schema: pa.Schema

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Return the batches."""
        ...


class Execution:
    """A running statement: its columns and, once read, its batches.

    Attributes
    ----------
    names, types
        Of the result, in DuckDB's words.
    schema
        Arrow schema of the batches.
    """

    def __init__(
        self,
        engine: Engine,
        cursor: duckdb.DuckDBPyConnection,
        resolved: Resolved,
        limit: int | None,
        select: str,
        running: Running | None = None,
    ) -> None:
        self._engine = engine
        self._cursor = cursor
        self._running = running
        self._registered = list(resolved.arrow)
        self._functions = prepare(cursor, resolved)
        inner = f"SELECT {select} FROM ({resolved.sql}) AS q"
        tail = f" LIMIT {int(limit)}" if limit is not None else ""
        relation = cursor.sql(f"{resolved.prefix}{inner}{tail}", params=resolved.binds)
        self.names: list[str] = list(relation.columns)
        self.types = [str(kind) for kind in relation.types]
        targets = [output_type(kind) for kind in self.types]
        if targets != self.types:
            columns = ", ".join(
                f"CAST({quote_duckdb(name)} AS {target}) AS {quote_duckdb(name)}"
                if target != kind
                else quote_duckdb(name)
                for name, kind, target in zip(self.names, self.types, targets, strict=True)
            )
            wrapped = f"{resolved.prefix}SELECT {columns} FROM ({inner}) AS o{tail}"
            relation = cursor.sql(wrapped, params=resolved.binds)
            self.types = targets
        self._reader = relation.to_arrow_reader(BATCH_ROWS)
        self.schema: pa.Schema = self._reader.schema
        self._ready: list[pa.RecordBatch] = []
        self._exhausted = False

    def begin(self) -> None:
        """Compute the first batch, and look whether it is the last: most results need no more than this."""
        while not self._exhausted and sum(batch.num_rows for batch in self._ready) < BATCH_ROWS // 2:
            batch = next(self._reader, None)
            if batch is None:
                self._exhausted = True
            else:
                self._ready.append(batch)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Return the batches; the statement is closed after the last one."""
        drained = False
        try:
            yield from self._ready
            self._ready = []
            while not self._exhausted and (batch := self._next()) is not None:
                yield batch
            drained = True
        finally:
            self.close(drained)

    def _next(self) -> pa.RecordBatch | None:
        if self._running is None:
            return next(self._reader, None)
        self._running.check()
        return self._running.call(lambda: next(self._reader, None))

    def close(self, drained: bool = False) -> None:
        """Give back what the statement holds."""
        if self._running is not None:
            self._running.detach(self._cursor)
        for name in self._functions:
            self._cursor.remove_function(name)
        self._functions = []
        if not drained:
            _abandon(self._cursor)
            return
        for name in self._registered:
            self._cursor.unregister(name)
        self._engine.release(self._cursor)


def _abandon(cursor: duckdb.DuckDBPyConnection) -> None:
    """Close a cursor that may still compute in another thread; it is freed when that has heard of it."""
    import duckdb

    with contextlib.suppress(duckdb.Error):
        cursor.interrupt()
        cursor.close()


def _telling(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Return a cursor that counts its progress and prints none of it."""
    cursor = connection.cursor()
    cursor.execute("SET enable_progress_bar = true")
    cursor.execute("SET enable_progress_bar_print = false")
    return cursor


def prepare(cursor: duckdb.DuckDBPyConnection, resolved: Resolved) -> list[str]:
    """Give a cursor the data and functions of a statement; return the names of the functions, which all cursors share."""
    for name, data in resolved.arrow.items():
        cursor.register(name, data)
    for name, plan in resolved.functions.items():
        nulls = "special" if plan.sees_nulls else "default"
        cast(Any, cursor).create_function(
            name, plan.function, list(plan.parameters), plan.returns, type="arrow", null_handling=nulls
        )
    return list(resolved.functions)


def output_type(kind: str) -> str:
    """Return the type in which values of a DuckDB type leave a statement, at any depth."""

    def replace(match: re.Match[str]) -> str:
        word = match[0]
        if word.upper().startswith("ENUM("):
            return "VARCHAR"
        return word if word[0] in "\"'" else _OUTPUT.get(word.upper(), word)

    return _WORDS.sub(replace, kind)


def memory_bytes() -> int:
    """Return how much memory this process may use: the container's limit where there is one."""
    import psutil

    total = int(psutil.virtual_memory().total)
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            with open(path, encoding="ascii") as stream:
                return min(total, int(stream.read()))
        except (OSError, ValueError):
            continue
    return total

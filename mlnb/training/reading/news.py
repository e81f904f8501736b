"""Runs that changed in MLflow's store, whoever changed them: plain MLflow in a kernel, a client over HTTP, another computer.

What goes through ``ws.runs`` has its event in the journal. This is for the rest, so that a panel shows a run while it is made: a few columns
of the table of runs are compared with what they were, and of those that are running also how much was logged.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Any

import sqlalchemy as sa

from mlnb.core.errors import MlnbError

from . import mlflow_tables as t
from .changes import UntilChanged
from .sql_reader import SqlReader

#: Running runs whose values are looked at; MLflow leaves runs running that nobody ended.
_MOST_RUNNING = 50
#: The store is compared at most so often, and no longer than a part of the time.
_LEAST_S, _SHARE = 0.5, 20


class _Version(UntilChanged):
    def now(self) -> Hashable | None:
        """Return what changes with every commit; None where nothing tells that."""
        return self._version()


class RunNews:
    """Tells which runs changed since it was asked last.

    Parameters
    ----------
    uri
        MLflow's tracking URI; a server's, which would have to be asked for everything, has no news.
    clock
        Seconds.
    """

    def __init__(self, uri: str, clock: Callable[[], float] = time.monotonic) -> None:
        known = uri.startswith(("sqlite:", "postgresql:", "postgresql+", "postgres:"))
        self._reader = SqlReader(uri) if known else None
        self._version = _Version(self._reader._file if self._reader is not None else None)
        self._clock = clock
        self._next = 0.0
        self._seen_version: Hashable | None = None
        self._seen: dict[str, tuple[Any, ...]] | None = None

    def take(self) -> list[tuple[str, str]]:
        """Return the runs that are new, changed or gone, each with its experiment; nothing the first time, and not more often than is cheap."""
        started = self._clock()
        if self._reader is None or started < self._next:
            return []
        version = self._version.now()
        if version is not None and version == self._seen_version:
            return []
        try:
            found = self._read(self._reader)
        except MlnbError:  # the store does not answer just now
            found = None
        self._next = started + max(_LEAST_S, (self._clock() - started) * _SHARE)
        if found is None:
            return []
        before, self._seen, self._seen_version = self._seen, found, version
        if before is None:
            return []
        changed = [run_id for run_id in {**before, **found} if before.get(run_id) != found.get(run_id)]
        return [(run_id, str((found.get(run_id) or before[run_id])[0])) for run_id in changed]

    @staticmethod
    def _read(reader: SqlReader) -> dict[str, tuple[Any, ...]]:
        columns = ("experiment_id", "name", "status", "lifecycle_stage", "end_time")
        query = sa.select(t.runs.c.run_uuid, *(t.runs.c[name] for name in columns), t.runs.c.start_time)
        with reader._connect() as connection:
            if connection is None:
                return {}
            found = {row[0]: tuple(row[1:6]) for row in connection.execute(query).all()}
            running = (
                sa.select(t.runs.c.run_uuid)
                .where(t.runs.c.status == "RUNNING", t.runs.c.lifecycle_stage == "active")
                .order_by(t.runs.c.start_time.desc())
                .limit(_MOST_RUNNING)
            )
            ids = list(connection.execute(running).scalars())
            for table, counted in (
                (t.metrics, [sa.func.count(), sa.func.max(sa.column("timestamp")), sa.func.sum(t.metrics.c.value)]),
                (t.params, [sa.func.count()]),
                (t.tags, [sa.func.count()]),
            ):
                grouped = sa.select(table.c.run_uuid, *counted).where(table.c.run_uuid.in_(ids))
                for row in connection.execute(grouped.group_by(table.c.run_uuid)):
                    found[row[0]] = (*found[row[0]], *row[1:]) if row[0] in found else tuple(row)
        return found

    def close(self) -> None:
        """Close the kept connection."""
        self._version.close()

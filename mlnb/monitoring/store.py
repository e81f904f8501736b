"""Monitors and refreshes as rows; every change is a transaction with its journal event.

A refresh is asked for by a row. One at a time runs per monitor, in a worker of the supervisor or in the process that asked and
waits. Whoever runs it may be killed: a row that says RUNNING without its process is given back, and the work is simply done again.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.clock import now_ms
from mlnb.core.errors import NotFoundError, did_you_mean
from mlnb.core.processes import ProcessIdentity, host_name, is_alive
from mlnb.monitoring.records import MonitorRefreshInfo, monitoring_edges, monitoring_monitor, monitoring_refresh
from mlnb.monitoring.stats import Edges

if TYPE_CHECKING:
    from mlnb.core.ground import Ground
    from mlnb.monitoring.refresh import Outcome

Row = sa.Row[Any]

#: How often a refresh whose process vanished is started.
MAX_ATTEMPTS = 3


class MonitorNotFoundError(NotFoundError):
    """The table has no monitor."""


class MonitorStore:
    """Reads and changes the rows of monitors and refreshes."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    # -- monitors --------------------------------------------------------------------------------------------------------

    def rows(self) -> Sequence[Row]:
        """All monitors, by name."""
        with self._ground.metastore.connect() as conn:
            return conn.execute(sa.select(monitoring_monitor).order_by(monitoring_monitor.c.table_name)).all()

    def get(self, table_name: str) -> Row:
        """The monitor of a table, by its full name in any case.

        Raises
        ------
        MonitorNotFoundError
            There is none.
        """
        rows = self.rows()
        for row in rows:
            if row.table_name.lower() == table_name.lower():
                return row
        raise MonitorNotFoundError(
            f"There is no monitor on {table_name}.",
            hint=did_you_mean(table_name, [row.table_name for row in rows]) or "Create one with %monitor create TABLE.",
        )

    def by_id(self, table_id: str) -> Row:
        """The monitor of a table by the table's id."""
        query = sa.select(monitoring_monitor).where(monitoring_monitor.c.table_id == table_id)
        with self._ground.metastore.connect() as conn:
            return conn.execute(query).one()

    def change(self, table_id: str, action: str, payload: Mapping[str, Any], **values: Any) -> None:
        """Change a monitor and say so in the journal."""
        with self._ground.metastore.begin() as conn:
            statement = monitoring_monitor.update().where(monitoring_monitor.c.table_id == table_id)
            conn.execute(statement.values(**values))
            self._ground.journal.append(action, f"monitor:{self.by_id(table_id).table_name}", payload)

    def edges(self, table_id: str, version: int) -> dict[str, Edges]:
        """The bins of a version."""
        import numpy as np

        query = sa.select(monitoring_edges).where(
            monitoring_edges.c.table_id == table_id, monitoring_edges.c.edges_version == version
        )
        with self._ground.metastore.connect() as conn:
            rows = conn.execute(query).all()
        return {row.column_name: Edges(np.asarray(row.edges, dtype=np.float64), row.discrete) for row in rows}

    # -- refreshes -------------------------------------------------------------------------------------------------------

    def refreshes(self, table_id: str, limit: int = 50) -> list[MonitorRefreshInfo]:
        """Refreshes of a monitor, newest first."""
        query = sa.select(monitoring_refresh).where(monitoring_refresh.c.table_id == table_id)
        with self._ground.metastore.connect() as conn:
            rows = conn.execute(query.order_by(monitoring_refresh.c.id.desc()).limit(limit)).all()
        return [refresh_info(row) for row in rows]

    def last_refreshes(self) -> dict[str, MonitorRefreshInfo]:
        """The newest refresh of each monitor."""
        newest = sa.select(sa.func.max(monitoring_refresh.c.id)).group_by(monitoring_refresh.c.table_id)
        with self._ground.metastore.connect() as conn:
            rows = conn.execute(sa.select(monitoring_refresh).where(monitoring_refresh.c.id.in_(newest))).all()
        return {row.table_id: refresh_info(row) for row in rows}

    def refresh(self, refresh_id: int) -> Row:
        """One refresh."""
        query = sa.select(monitoring_refresh).where(monitoring_refresh.c.id == refresh_id)
        with self._ground.metastore.connect() as conn:
            return conn.execute(query).one()

    def open_refreshes(self, table_id: str | None = None) -> Sequence[Row]:
        """Refreshes that wait or run, oldest first."""
        query = sa.select(monitoring_refresh).where(monitoring_refresh.c.state.in_(["PENDING", "RUNNING"]))
        if table_id is not None:
            query = query.where(monitoring_refresh.c.table_id == table_id)
        with self._ground.metastore.connect() as conn:
            return conn.execute(query.order_by(monitoring_refresh.c.id)).all()

    def request(self, table_id: str, *, full: bool, worker_id: str | None, process: ProcessIdentity | None) -> Row:
        """Ask for a refresh.

        With a worker it begins at once in that process, unless another one runs; then, and without a worker, it waits for the
        supervisor. A request that waits already is joined.
        """
        with self._ground.metastore.begin() as conn:
            # Two who ask at the same moment go one after the other, on PostgreSQL too.
            conn.execute(
                sa.select(monitoring_monitor.c.table_id)
                .where(monitoring_monitor.c.table_id == table_id)
                .with_for_update()
            )
            open_ones = self.open_refreshes(table_id)
            for row in open_ones:
                if row.state == "RUNNING" and not lives(row):
                    self.give_back(row)
            open_ones = self.open_refreshes(table_id)
            waiting = next((row for row in open_ones if row.state == "PENDING" and row.worker_id is None), None)
            busy = any(row.state == "RUNNING" or row.worker_id is not None for row in open_ones)
            refresh_id = waiting.id if waiting is not None else self._insert(conn, table_id, full)
            if full:
                self._set(conn, refresh_id, full_refresh=True)
            if worker_id is not None and process is not None and not busy:
                self.start(refresh_id, worker_id, process, 0, reserved=False)
            return self.refresh(refresh_id)

    def _insert(self, conn: sa.Connection, table_id: str, full: bool) -> int:
        refresh_id = time.time_ns() // 1000
        values = {
            "id": refresh_id,
            "table_id": table_id,
            "state": "PENDING",
            "trigger": "MANUAL",
            "full_refresh": full,
            "attempt": 0,
            "requested_ms": now_ms(),
        }
        conn.execute(monitoring_refresh.insert().values(values))
        return refresh_id

    def reserve(self, refresh_id: int, worker_id: str, lease_until: int) -> bool:
        """Promise a waiting refresh to a worker that is about to be started."""
        with self._ground.metastore.begin() as conn:
            free = sa.or_(monitoring_refresh.c.worker_id.is_(None), monitoring_refresh.c.lease_until_ms < now_ms())
            values = {"worker_id": worker_id, "lease_until_ms": lease_until, "pid": None}
            return self._set(conn, refresh_id, free, monitoring_refresh.c.state == "PENDING", **values)

    def start(
        self, refresh_id: int, worker_id: str, process: ProcessIdentity, lease_until: int, *, reserved: bool = True
    ) -> bool:
        """Begin a refresh; False when it is somebody else's or over."""
        mine = [monitoring_refresh.c.worker_id == worker_id] if reserved else []
        values = {
            "state": "RUNNING",
            "started_ms": now_ms(),
            "attempt": monitoring_refresh.c.attempt + 1,
            "worker_id": worker_id,
            "lease_until_ms": lease_until,
            **_process(process),
        }
        with self._ground.metastore.begin() as conn:
            return self._set(conn, refresh_id, monitoring_refresh.c.state == "PENDING", *mine, **values)

    def set_process(self, refresh_id: int, worker_id: str, process: ProcessIdentity) -> None:
        """Remember the process that was started for a refresh."""
        with self._ground.metastore.begin() as conn:
            mine = (monitoring_refresh.c.worker_id == worker_id, monitoring_refresh.c.state == "PENDING")
            self._set(conn, refresh_id, *mine, **_process(process))

    def beat(self, refresh_id: int, worker_id: str, lease_until: int) -> bool:
        """Renew the lease; False when the refresh is no longer this worker's."""
        with self._ground.metastore.begin() as conn:
            mine = (monitoring_refresh.c.worker_id == worker_id, monitoring_refresh.c.state == "RUNNING")
            return self._set(conn, refresh_id, *mine, lease_until_ms=lease_until)

    def give_back(self, row: Row) -> None:
        """Let a refresh whose process is gone begin again, or end it when that has happened too often."""
        again = row.attempt < MAX_ATTEMPTS
        with self._ground.metastore.begin() as conn:
            same = (monitoring_refresh.c.worker_id == row.worker_id, monitoring_refresh.c.state == row.state)
            free = {"worker_id": None, "pid": None, "lease_until_ms": None}
            if again:
                self._set(conn, row.id, *same, state="PENDING", **free)
                return
            text = "Its process was lost several times (killed, or out of memory)."
            if self._set(conn, row.id, *same, state="FAILED", ended_ms=now_ms(), message=text, **free):
                self._fail(row.table_id, row.id, text)

    def succeed(self, row: Row, worker_id: str, outcome: Outcome, cost: Mapping[str, float], summary: Any) -> bool:
        """End a refresh well and remember what it covered; False when it was given to somebody else meanwhile."""
        with self._ground.metastore.begin() as conn:
            mine = (monitoring_refresh.c.worker_id == worker_id, monitoring_refresh.c.state == "RUNNING")
            facts = {"windows": outcome.windows, "rows": outcome.rows, "message": outcome.message, **cost}
            if not self._set(conn, row.id, *mine, state="SUCCESS", ended_ms=now_ms(), **facts):
                return False
            monitor = self.by_id(row.table_id)
            values = {
                "processed": outcome.processed,
                "summary": summary,
                "status": "MONITOR_STATUS_ACTIVE",
                "failure": None,
            }
            if outcome.edges is not None:
                values["edges_version"] = monitor.edges_version + 1
                self._save_edges(conn, row.table_id, values["edges_version"], outcome)
            payload = {"refresh_id": row.id, "windows": outcome.windows, "rows": outcome.rows}
            self.change(row.table_id, "monitor.refreshed", payload, **values)
            return True

    def fail(self, row: Row, worker_id: str, message: str) -> None:
        """End a refresh that could not be done; the tables and what they cover stay as they were."""
        with self._ground.metastore.begin() as conn:
            mine = (monitoring_refresh.c.worker_id == worker_id, monitoring_refresh.c.state == "RUNNING")
            if self._set(conn, row.id, *mine, state="FAILED", ended_ms=now_ms(), message=message):
                self._fail(row.table_id, row.id, message)

    def cancel(self, row: Row, worker_id: str) -> None:
        """End a refresh that was interrupted; the tables and what they cover stay as they were."""
        with self._ground.metastore.begin() as conn:
            mine = (monitoring_refresh.c.worker_id == worker_id, monitoring_refresh.c.state == "RUNNING")
            self._set(conn, row.id, *mine, state="CANCELED", ended_ms=now_ms(), message="It was interrupted.")

    def _fail(self, table_id: str, refresh_id: int, message: str) -> None:
        payload = {"refresh_id": refresh_id, "error": message}
        self.change(table_id, "monitor.refresh_failed", payload, failure=message, status="MONITOR_STATUS_ERROR")

    def _save_edges(self, conn: sa.Connection, table_id: str, version: int, outcome: Outcome) -> None:
        baseline = outcome.processed.get("baseline")
        rows = [
            {
                "table_id": table_id,
                "edges_version": version,
                "column_name": name,
                "edges": [float(value) for value in edges.values],
                "discrete": edges.discrete,
                "source": "data" if baseline is None else "baseline",
                "source_version": outcome.processed["table"] if baseline is None else baseline,
            }
            for name, edges in (outcome.edges or {}).items()
        ]
        conn.execute(monitoring_edges.delete().where(monitoring_edges.c.table_id == table_id))
        if rows:
            conn.execute(monitoring_edges.insert(), rows)

    def _set(self, conn: sa.Connection, refresh_id: int, *conditions: sa.ColumnElement[bool], **values: Any) -> bool:
        statement = monitoring_refresh.update().where(monitoring_refresh.c.id == refresh_id, *conditions)
        return bool(conn.execute(statement.values(**values)).rowcount)


def lives(row: Row) -> bool:
    """Whether the process of a refresh exists; elsewhere its lease says so."""
    if row.pid is None or row.host != host_name():
        return bool((row.lease_until_ms or 0) > now_ms())
    return is_alive(ProcessIdentity(row.host, row.boot_id, row.pid, row.pid_started))


def refresh_info(row: Row) -> MonitorRefreshInfo:
    """A refresh as people see it."""
    return MonitorRefreshInfo(
        refresh_id=row.id,
        state=row.state,
        trigger=row.trigger,
        start_time_ms=row.started_ms,
        end_time_ms=row.ended_ms,
        message=row.message,
        windows=row.windows,
        rows=row.rows,
        cpu_seconds=row.cpu_seconds,
        peak_mb=row.peak_mb,
    )


def _process(process: ProcessIdentity) -> dict[str, Any]:
    return {
        "host": process.host,
        "pid": process.pid,
        "boot_id": process.boot_id,
        "pid_started": process.created,
    }

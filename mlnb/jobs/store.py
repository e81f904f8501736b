"""Runs as rows: every change of state is here, each one a transaction with its journal event.

Three parties change the same rows and may be killed at any moment: the service (creates, asks to cancel), the supervisor's
engine (hands out, finds the lost) and the worker (starts, beats, ends). So each change names the state it expects, and
applies to nobody's row when that is no longer the case. A worker that was given up for lost can change nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.clock import now_ms
from mlnb.core.processes import ProcessIdentity
from mlnb.jobs.records import FINAL_STATES, WORKER_LOST, JobSettings, job_runs, jobs, new_id

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

#: The tag that says how often a task whose worker vanished is started again.
LOST_TAG = "mlnb.retry_on_worker_lost"

Row = sa.Row[Any]


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt ended."""

    life_cycle: str
    result: str | None
    code: str | None = None
    message: str | None = None
    error: str | None = None
    error_trace: str | None = None
    cells_done: int | None = None


class RunStore:
    """Reads and changes the rows of runs."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    # -- reading -------------------------------------------------------------------------------------------------------

    def row(self, run_id: int) -> Row | None:
        """The row of a job run or an attempt."""
        with self._ground.metastore.connect() as conn:
            return conn.execute(sa.select(job_runs).where(job_runs.c.run_id == run_id)).first()

    def attempts(self, run_ids: Sequence[int]) -> dict[int, list[Row]]:
        """The attempts of job runs, oldest first, by run."""
        found: dict[int, list[Row]] = {run_id: [] for run_id in run_ids}
        query = sa.select(job_runs).where(job_runs.c.parent_run_id.in_(list(run_ids))).order_by(job_runs.c.attempt)
        with self._ground.metastore.connect() as conn:
            for row in conn.execute(query):
                found[row.parent_run_id].append(row)
        return found

    def runs(self, *, job_id: int | None = None, active: bool | None = None, limit: int = 25) -> list[Row]:
        """Job runs, newest first."""
        query = sa.select(job_runs).where(job_runs.c.kind == "job").order_by(job_runs.c.run_id.desc()).limit(limit)
        if job_id is not None:
            query = query.where(job_runs.c.job_id == job_id)
        if active is not None:
            over = job_runs.c.life_cycle.in_(FINAL_STATES)
            query = query.where(~over if active else over)
        with self._ground.metastore.connect() as conn:
            return list(conn.execute(query))

    def last_runs(self, job_ids: Sequence[int]) -> dict[int, Row]:
        """The newest run of each job."""
        newest = (
            sa.select(sa.func.max(job_runs.c.run_id))
            .where(job_runs.c.kind == "job", job_runs.c.job_id.in_(list(job_ids)))
            .group_by(job_runs.c.job_id)
        )
        with self._ground.metastore.connect() as conn:
            return {row.job_id: row for row in conn.execute(sa.select(job_runs).where(job_runs.c.run_id.in_(newest)))}

    def unfinished(self, kind: str) -> list[Row]:
        """Rows of a kind that are not over, oldest first."""
        query = sa.select(job_runs).where(job_runs.c.kind == kind, job_runs.c.life_cycle.not_in(FINAL_STATES))
        with self._ground.metastore.connect() as conn:
            return list(conn.execute(query.order_by(job_runs.c.run_id)))

    def by_token(self, job_id: int, token: str) -> int | None:
        """The run that an idempotency token stands for."""
        query = sa.select(job_runs.c.run_id).where(job_runs.c.job_id == job_id, job_runs.c.idempotency_token == token)
        with self._ground.metastore.connect() as conn:
            return conn.execute(query).scalar()

    # -- creating ------------------------------------------------------------------------------------------------------

    def create(self, values: Mapping[str, Any], cells_total: int, task_run_id: int) -> int:
        """Insert a run and its first attempt; the attempt's folder exists already.

        The number of active runs decides in the same transaction whether the run starts, waits or is skipped.
        """
        settings = JobSettings.model_validate(values["settings"])
        run = {
            **_blank(),
            **values,
            "run_id": new_id(),
            "kind": "job",
            "cells_total": cells_total,
            "life_cycle": "PENDING",
        }
        with self._ground.metastore.begin() as conn:
            if self._active(conn, run["job_id"]) >= settings.max_concurrent_runs:
                run |= _crowded(settings)
            conn.execute(job_runs.insert().values(run))
            if run["life_cycle"] != "SKIPPED":
                conn.execute(job_runs.insert().values(_attempt(run, settings, 0, task_run_id)))
            action = "job.skipped" if run["life_cycle"] == "SKIPPED" else "job.triggered"
            payload = {"run_id": run["run_id"], "name": settings.name, "trigger": run["trigger"]}
            self._ground.journal.append(action, f"job:{run['job_id']}", payload)
        return int(run["run_id"])

    def _active(self, conn: sa.Connection, job_id: int) -> int:
        # Who counts first, acts first, on PostgreSQL too.
        conn.execute(sa.select(jobs.c.job_id).where(jobs.c.job_id == job_id).with_for_update())
        over_or_waiting = job_runs.c.life_cycle.in_([*FINAL_STATES, "QUEUED"])
        query = sa.select(sa.func.count()).where(
            job_runs.c.kind == "job", job_runs.c.job_id == job_id, ~over_or_waiting
        )
        return int(conn.execute(query).scalar_one())

    def release_queued(self, run: Row) -> bool:
        """Let a waiting run go on when there is room for it."""
        settings = JobSettings.model_validate(run.settings)
        with self._ground.metastore.begin() as conn:
            if self._active(conn, run.job_id) >= settings.max_concurrent_runs:
                return False
            return _update(conn, run.run_id, ("QUEUED",), life_cycle="PENDING", message=None)

    # -- the life of an attempt ------------------------------------------------------------------------------------------

    def reserve(self, run_id: int, worker_id: str, lease_until: int) -> bool:
        """Promise an attempt to a worker that is about to be started."""
        now = now_ms()
        free = sa.or_(job_runs.c.worker_id.is_(None), job_runs.c.lease_until_ms < now)
        with self._ground.metastore.begin() as conn:
            return _update(conn, run_id, ("PENDING",), free, worker_id=worker_id, lease_until_ms=lease_until, pid=None)

    def set_process(self, run_id: int, worker_id: str, process: ProcessIdentity) -> None:
        """Remember the process that was started for an attempt."""
        with self._ground.metastore.begin() as conn:
            _update(conn, run_id, ("PENDING",), job_runs.c.worker_id == worker_id, **_process(process))

    def start(self, run_id: int, worker_id: str, process: ProcessIdentity, lease_until: int) -> bool:
        """Begin an attempt; False when it is somebody else's, canceled or over."""
        now, mine = now_ms(), job_runs.c.worker_id == worker_id
        values = {"life_cycle": "RUNNING", "start_ms": now, "lease_until_ms": lease_until, **_process(process)}
        with self._ground.metastore.begin() as conn:
            if not _update(conn, run_id, ("PENDING",), mine, **values):
                return False
            row = _get(conn, run_id)
            first = _update(
                conn, row.parent_run_id, ("PENDING",), job_runs.c.start_ms.is_(None), life_cycle="RUNNING", start_ms=now
            )
            if not first:
                _update(conn, row.parent_run_id, ("PENDING",), life_cycle="RUNNING")
            payload = {"run_id": run_id, "attempt": row.attempt}
            self._append("task_run.started", row, payload, part=True)
            if first:
                self._append("job_run.started", row, {"job_id": row.job_id, "name": row.settings["name"]})
            return True

    def beat(self, run_id: int, worker_id: str, lease_until: int, cells_done: int, cell_id: str | None) -> str:
        """Renew the lease and store the progress; says `go`, `cancel`, or `lost` when the row is no longer the worker's."""
        mine = job_runs.c.worker_id == worker_id
        values = {"lease_until_ms": lease_until, "cells_done": cells_done, "cell_id": cell_id}
        with self._ground.metastore.begin() as conn:
            if not _update(conn, run_id, ("RUNNING", "TERMINATING"), mine, **values):
                return "lost"
            row = _get(conn, run_id)
            conn.execute(
                job_runs.update()
                .where(job_runs.c.run_id == row.parent_run_id)
                .values(cells_done=cells_done, cell_id=cell_id)
            )
            return "cancel" if row.cancel_requested else "go"

    def finish(self, run_id: int, ending: Ending, *, worker_id: str | None = None) -> bool:
        """End an attempt, and with it the run unless the task is tried again; False when it was over or fenced."""
        guard = [] if worker_id is None else [job_runs.c.worker_id == worker_id]
        now = now_ms()
        values = {k: v for k, v in _ending_values(ending).items() if v is not None} | {"end_ms": now}
        with self._ground.metastore.begin() as conn:
            if not _update(conn, run_id, ("PENDING", "RUNNING", "TERMINATING"), *guard, **values):
                return False
            row = _get(conn, run_id)
            self._append("task_run.finished", row, {"run_id": run_id, "attempt": row.attempt, **_facts(row)}, part=True)
            if ending.code == WORKER_LOST:
                self._append("job_run.worker_lost", row, {"attempt": row.attempt})
            if not self._try_again(conn, row, ending):
                self._close(conn, row)
            return True

    def _try_again(self, conn: sa.Connection, row: Row, ending: Ending) -> bool:
        settings = JobSettings.model_validate(row.settings)
        run = _get(conn, row.parent_run_id)
        earlier = list(conn.execute(sa.select(job_runs.c.code).where(job_runs.c.parent_run_id == row.parent_run_id)))
        lost = sum(item.code == WORKER_LOST for item in earlier)
        if run.cancel_requested or not may_try_again(settings, ending, lost=lost, failed=len(earlier) - lost):
            return False
        task_run_id = new_id()
        wait_ms = 0 if ending.code == WORKER_LOST else settings.task.min_retry_interval_millis
        values = _attempt(run._asdict(), settings, row.attempt + 1, task_run_id)
        conn.execute(job_runs.insert().values(values | {"not_before_ms": (row.start_ms or now_ms()) + wait_ms}))
        _update(conn, run.run_id, ("RUNNING", "PENDING"), life_cycle="PENDING", cells_done=0, cell_id=None)
        self._append("task_run.retrying", row, {"run_id": task_run_id, "attempt": row.attempt + 1}, part=True)
        return True

    def _close(self, conn: sa.Connection, row: Row) -> None:
        names = ("life_cycle", "result", "code", "message", "end_ms", "cells_done", "error", "notebook_uri", "log_uri")
        values = {name: getattr(row, name) for name in names}
        over = job_runs.c.life_cycle.not_in(FINAL_STATES)
        conn.execute(job_runs.update().where(job_runs.c.run_id == row.parent_run_id, over).values(values))
        self._append(f"job_run.{_verb(row.result)}", row, _facts(row))

    def request_cancel(self, run_id: int) -> None:
        """Ask a job run to stop; one that no worker has begun ends at once."""
        with self._ground.metastore.begin() as conn:
            attempts = job_runs.c.parent_run_id == run_id
            open_ones = job_runs.c.life_cycle.not_in(FINAL_STATES)
            both = sa.or_(job_runs.c.run_id == run_id, attempts)
            conn.execute(job_runs.update().where(both, open_ones).values(cancel_requested=True))
            running = sa.and_(both, job_runs.c.life_cycle == "RUNNING")
            conn.execute(job_runs.update().where(running).values(life_cycle="TERMINATING"))
            waiting = sa.select(job_runs.c.run_id).where(attempts, job_runs.c.life_cycle == "PENDING")
            for row in list(conn.execute(waiting)):
                self.finish(row.run_id, Ending("TERMINATED", "CANCELED", "USER_CANCELED", "Canceled before it began."))

    def _append(self, action: str, row: Row, payload: dict[str, Any], *, part: bool = False) -> None:
        subject = f"job_run:{row.parent_run_id}" + (f"/{row.task_key}" if part else "")
        self._ground.journal.append(action, subject, payload)


def may_try_again(settings: JobSettings, ending: Ending, *, lost: int, failed: int) -> bool:
    """Whether a task gets another attempt, given how many attempts were lost and how many ended otherwise."""
    if ending.code == WORKER_LOST:
        return lost <= _as_int(settings.tags.get(LOST_TAG, "1"))
    if ending.result == "TIMEDOUT" and not settings.task.retry_on_timeout:
        return False
    return ending.result in ("FAILED", "TIMEDOUT") and failed <= settings.task.max_retries


def _as_int(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return 1


def _blank() -> dict[str, Any]:
    return {
        "parent_run_id": None,
        "task_key": None,
        "attempt": 0,
        "run_type": "JOB_RUN",
        "trigger": "ONE_TIME",
        "created_ms": now_ms(),
        "cancel_requested": False,
        "cells_total": 0,
        "cells_done": 0,
    }


def _attempt(run: Mapping[str, Any], settings: JobSettings, attempt: int, task_run_id: int) -> dict[str, Any]:
    same = ("job_id", "run_type", "trigger", "settings", "parameters", "creator", "cells_total", "cancel_requested")
    return {
        **_blank(),
        **{name: run[name] for name in same},
        "run_id": task_run_id,
        "kind": "task",
        "parent_run_id": run["run_id"],
        "task_key": settings.task.task_key,
        "attempt": attempt,
        "life_cycle": "PENDING",
    }


def _crowded(settings: JobSettings) -> dict[str, Any]:
    text = f"{settings.max_concurrent_runs} of this job's runs are active, which is its limit."
    if settings.queue.enabled:
        return {"life_cycle": "QUEUED", "message": text}
    code = "MAXIMUM_CONCURRENT_RUNS_REACHED"
    return {"life_cycle": "SKIPPED", "code": code, "message": text, "end_ms": now_ms()}


def _process(process: ProcessIdentity) -> dict[str, Any]:
    return {
        "host": process.host,
        "pid": process.pid,
        "boot_id": process.boot_id,
        "pid_started": process.created,
    }


def process_of(row: Row) -> ProcessIdentity | None:
    """The worker process of an attempt, as far as it is known."""
    if row.pid is None:
        return None
    return ProcessIdentity(row.host, row.boot_id, row.pid, row.pid_started)


def _ending_values(ending: Ending) -> dict[str, Any]:
    names = ("life_cycle", "result", "code", "message", "error", "error_trace", "cells_done")
    return {name: getattr(ending, name) for name in names}


def _facts(row: Row) -> dict[str, Any]:
    facts = {"job_id": row.job_id, "name": row.settings["name"], "result": row.result, "code": row.code}
    return {k: v for k, v in (facts | {"error": row.error or row.message}).items() if v is not None}


def _verb(result: str | None) -> str:
    return {"SUCCESS": "succeeded", "CANCELED": "cancelled", "TIMEDOUT": "timed_out"}.get(result or "", "failed")


def _get(conn: sa.Connection, run_id: int) -> Row:
    return conn.execute(sa.select(job_runs).where(job_runs.c.run_id == run_id)).one()


def _update(
    conn: sa.Connection, run_id: int, states: Sequence[str], *conditions: sa.ColumnElement[bool], **values: Any
) -> bool:
    """Change a row that is in one of the states; whether there was one."""
    statement = job_runs.update().where(job_runs.c.run_id == run_id, job_runs.c.life_cycle.in_(states), *conditions)
    return bool(conn.execute(statement.values(**values)).rowcount)

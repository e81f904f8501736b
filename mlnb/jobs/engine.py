"""The supervisor's part: starts workers for runs that wait, and finds the ones whose worker is gone.

A worker writes the end of its run itself, so there is little to do here and nothing to lose: every step reads the rows, looks at
the processes, and does one transaction. What a killed supervisor had begun, the next one finds in the rows.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import sys
import time
import uuid
from typing import TYPE_CHECKING

from mlnb.core.notebooks.files import plain
from mlnb.core.processes import ProcessIdentity, host_name, is_alive, signal_group, spawn
from mlnb.core.supervisor import Reconciler
from mlnb.jobs.folder import copy_input, run_folder
from mlnb.jobs.records import WORKER_LOST, JobSettings, JobsSettings
from mlnb.jobs.store import Ending, Row, RunStore, process_of

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

log = logging.getLogger("mlnb.jobs")

#: A worker that was asked to stop interrupts its kernel, then kills it; after this many seconds it is killed itself.
CANCEL_PATIENCE_SECONDS = 30.0
#: The worker keeps the time limit; this long after it the worker counts as stuck.
TIMEOUT_PATIENCE_SECONDS = 60.0


class JobEngine(Reconciler):
    """Makes the rows of job runs true."""

    name = "jobs"

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._store = RunStore(ground)
        self._options = ground.settings.section("jobs", JobsSettings)
        self._cancel_seen: dict[int, float] = {}
        self._adopted: set[int] | None = None

    @property
    def slots(self) -> int:
        """How many workers may run at once."""
        return self._options.max_parallel_tasks or max(1, (os.cpu_count() or 2) - 1)

    def tick(self, now_ms: int) -> None:
        """Look at every attempt that is not over, then start what there is room for."""
        for run in self._store.unfinished("job"):
            if run.life_cycle == "QUEUED":
                self._store.release_queued(run)
        attempts = self._store.unfinished("task")
        self._adopt(attempts)
        taken = sum([self._occupies_a_slot(attempt, now_ms) for attempt in attempts])
        waiting = {run.run_id for run in self._store.unfinished("job") if run.life_cycle == "QUEUED"}
        for attempt in attempts:
            due = attempt.life_cycle == "PENDING" and attempt.parent_run_id not in waiting
            if due and taken < self.slots and (attempt.not_before_ms or 0) <= now_ms:
                taken += self._start(attempt, now_ms)

    def _adopt(self, attempts: list[Row]) -> None:
        """On the first tick, write down which running workers this supervisor found and keeps."""
        if self._adopted is not None:
            return
        self._adopted = {row.run_id for row in attempts if row.life_cycle != "PENDING" and self._lives(row)}
        for row in attempts:
            if row.run_id in self._adopted:
                log.info("run %s goes on with process %s", row.run_id, row.pid)
                payload = {"run_id": row.run_id, "pid": row.pid}
                self._ground.journal.append("job_run.adopted", f"job_run:{row.parent_run_id}", payload)

    def _occupies_a_slot(self, row: Row, now_ms: int) -> bool:
        """Whether an attempt has a worker; one that has lost it is ended here."""
        if row.worker_id is None:
            return False
        if row.life_cycle == "PENDING" and row.pid is None:
            # Reserved by a supervisor that was killed before it started the process, or by this one just now.
            return bool((row.lease_until_ms or 0) > now_ms)
        if not self._lives(row):
            self._lose(row)
            return False
        if row.cancel_requested:
            self._hurry(row)
        elif row.start_ms and (limit := _time_limit(row)) and now_ms > row.start_ms + limit:
            self._kill(row)
        return True

    def _lives(self, row: Row) -> bool:
        process = process_of(row)
        if process is None or process.host != host_name():
            return bool((row.lease_until_ms or 0) > time.time() * 1000)
        return is_alive(process)

    def _start(self, row: Row, now_ms: int) -> bool:
        worker_id = str(uuid.uuid4())
        if not self._store.reserve(row.run_id, worker_id, now_ms + int(self._options.lease_seconds * 1000)):
            return False
        copy_input(
            self._ground,
            row.run_id,
            [item.run_id for item in self._store.attempts([row.parent_run_id])[row.parent_run_id]],
        )
        process = spawn(
            [sys.executable, "-m", "mlnb.jobs.worker", str(self._ground.path), str(row.run_id), worker_id],
            log_path=run_folder(self._ground, row.run_id) / "log.txt",
            cwd=self._ground.root,
        )
        self._store.set_process(row.run_id, worker_id, process)
        return True

    def _lose(self, row: Row) -> None:
        """End an attempt whose worker is gone; a result that the worker wrote meanwhile stands."""
        self._kill(row)
        text = "The worker process is gone (killed, or out of memory)."
        tail = "" if row.life_cycle != "PENDING" else self._log_tail(row)
        ending = Ending("INTERNAL_ERROR", "FAILED", WORKER_LOST, error=text, error_trace=tail or None)
        if self._store.finish(row.run_id, ending, worker_id=row.worker_id):
            log.warning("run %s lost its worker %s", row.run_id, row.pid)
            self._ground.progress.put(f"job_run:{row.parent_run_id}", "failed", row.cells_done, row.cells_total, text)

    def _hurry(self, row: Row) -> None:
        seen = self._cancel_seen.setdefault(row.run_id, time.monotonic())
        if time.monotonic() - seen > CANCEL_PATIENCE_SECONDS:
            self._kill(row)
            ending = Ending("TERMINATED", "CANCELED", "USER_CANCELED", "Canceled; the worker had to be killed.")
            self._store.finish(row.run_id, ending, worker_id=row.worker_id)
            self._cancel_seen.pop(row.run_id, None)

    def _kill(self, row: Row) -> None:
        """End the worker's process group and its kernel's."""
        for process in (process_of(row), self._kernel(row)):
            if process is not None and process.host == host_name():
                signal_group(process, signal.SIGKILL)

    def _kernel(self, row: Row) -> ProcessIdentity | None:
        with contextlib.suppress(OSError, ValueError, TypeError):
            text = (run_folder(self._ground, row.run_id) / "kernel_process.json").read_text(encoding="utf-8")
            return ProcessIdentity(**json.loads(text))
        return None

    def _log_tail(self, row: Row) -> str:
        with contextlib.suppress(OSError):
            text = (run_folder(self._ground, row.run_id) / "log.txt").read_text(encoding="utf-8", errors="replace")
            return plain(text[-4000:])
        return ""


def _time_limit(row: Row) -> int:
    """Milliseconds after which even a worker with a time limit must have ended; 0 when there is no limit."""
    settings = JobSettings.model_validate(row.settings)
    seconds = [t for t in (settings.task.timeout_seconds, settings.timeout_seconds) if t]
    return int((min(seconds) + TIMEOUT_PATIENCE_SECONDS) * 1000) if seconds else 0

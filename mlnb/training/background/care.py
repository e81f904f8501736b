"""The supervisor's part: starts processes for runs that wait, and ends those whose process is gone.

A process ends its run itself, so there is little to do here and nothing to lose: every step reads the rows, looks at the processes and
does one transaction. What a killed supervisor had begun, the next one finds in the rows.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mlnb.core.files import last_lines
from mlnb.core.processes import host_name, is_alive, signal_group, spawn
from mlnb.core.supervisor import Reconciler

from .ending import Ending, end_run
from .environment import remove_unused
from .executors import LOCAL
from .folder import RunFolder
from .store import BackgroundStore, Row, process_of

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

    from ..settings import TrainingSettings
    from .dask import DaskClusters

log = logging.getLogger("mlnb.training")

#: How often a process is started for a run before the run has failed.
ATTEMPTS = 3
#: A process that was asked to stop interrupts its kernel, then kills it; after so many seconds it is killed itself.
PATIENCE_S = 30.0
#: The process keeps the time limit; so long after it the process counts as stuck.
OVERTIME_S = 60.0
#: Lines of a log that say why a process died.
_TAIL = 8
#: Milliseconds after which the folder of a run that has ended is removed; what it printed is kept with the run.
_KEEP_MS = 24 * 3_600_000
_SWEEP_MS = 3_600_000


class BackgroundCare(Reconciler):
    """Makes the rows of runs in the background true.

    Parameters
    ----------
    ground
        The workspace's stores.
    settings
        How many run at once.
    """

    name = "runs-background"
    period_ms = 2000

    def __init__(self, ground: Ground, settings: TrainingSettings) -> None:
        self._ground = ground
        self._store = BackgroundStore(ground)
        self._settings = settings
        self._asked: dict[str, float] = {}
        self._dask: DaskClusters | None = None
        self._swept = 0

    @property
    def places(self) -> int:
        """How many runs may be worked on at once."""
        return self._settings.background_runs or max(2, os.cpu_count() or 1)

    def tick(self, now_ms: int) -> None:
        """Look at every run that is not over, then start what there is room for."""
        rows = self._store.rows()
        busy = sum([self._safely(row, self._goes_on, now_ms) for row in rows if row.state != "QUEUED"])
        for row in rows:
            if row.state == "QUEUED":
                busy += self._safely(row, self._begin, busy < self.places)
        if now_ms - self._swept >= _SWEEP_MS:
            self._swept = now_ms
            self._sweep(now_ms)

    def _safely(self, row: Row, step: Callable[[Row, Any], bool], argument: Any) -> bool:
        """Take one step of one run; what goes wrong there is its own affair, and is tried again."""
        try:
            return step(row, argument)
        except Exception:
            log.exception("run %s: a step failed; it is tried again", row.run_id)
            return False

    # -- runs that wait ------------------------------------------------------------------------------------------------------

    def _begin(self, row: Row, room: bool) -> bool:
        """Start a process for a run unless it has one; return whether it takes a place."""
        if row.desired_state == "KILLED":
            self._end(row, Ending("KILLED", "stop", "It was stopped before it began."))
            return False
        process = process_of(row)
        if row.options["executor"] != LOCAL:
            self._hand_over(row)
            return False
        if process is not None and is_alive(process):
            return True  # on its way to taking the run
        if self._is_over(row):
            return False
        if row.attempt >= ATTEMPTS:
            text = "\n".join(last_lines(RunFolder(self._ground, row.run_id).worker_log, _TAIL))
            message = f"Its process ended {ATTEMPTS} times before the first cell."
            self._end(row, Ending("FAILED", "process_died", message, f"{message}\n{text}"))
            return False
        if not room:
            return False
        self._store.note_start(row.run_id, None, row.attempt + 1)
        folder = RunFolder(self._ground, row.run_id)
        started = spawn([*self._ground.command, "--run", row.run_id], log_path=folder.worker_log, cwd=self._ground.root)
        self._store.note_start(row.run_id, started, row.attempt + 1)
        log.info("run %s: process %s", row.run_id, started.pid)
        return True

    def _hand_over(self, row: Row) -> None:
        """Give a run to a Dask scheduler."""
        address = str(row.options["executor"])
        try:
            if self._dask is None:
                from .dask import DaskClusters

                self._dask = DaskClusters(self._ground)
            path = str(RunFolder(self._ground, row.run_id).worker_log)
            failed = self._dask.submit(address, row.run_id, path)
        except (OSError, TimeoutError, ImportError) as error:
            said = self._ground.progress.get(f"run:{row.run_id}")
            message = f"waiting for the Dask scheduler {address}: {error}"
            if said is None or said.message != message:
                self._ground.progress.put(f"run:{row.run_id}", "queued", 0, 0, message)
            return
        if failed is not None:
            self._end(row, Ending("FAILED", "process_died", f"The worker of {address} could not run it: {failed}"))

    # -- runs that are worked on ---------------------------------------------------------------------------------------------

    def _goes_on(self, row: Row, now_ms: int) -> bool:
        process = process_of(row)
        if process is not None and process.host != host_name():
            return self._goes_on_elsewhere(row, now_ms)
        if process is None or not is_alive(process):
            if self._is_over(row):
                return False
            log.warning("run %s lost its process %s", row.run_id, process and process.pid)
            self._kill(row)
            message = "Its process ended without a word: it was killed, or the computer was switched off."
            self._end(row, Ending("KILLED", "process_died", message))
            return False
        if row.state == "STOPPING":
            asked = self._asked.setdefault(row.run_id, time.monotonic())
            if time.monotonic() - asked > PATIENCE_S:
                self._kill(row)
                self._end(row, Ending("KILLED", "stop", "It was stopped; its process had to be killed."))
        elif row.timeout_s and row.started_at and now_ms > row.started_at + (row.timeout_s + OVERTIME_S) * 1000:
            self._kill(row)
            self._end(row, Ending("KILLED", "timeout", f"It was stopped after {row.timeout_s:g} s: its time was over."))
        return True

    def _is_over(self, row: Row) -> bool:
        """Say whether the run has gone on since the row was read: a process ends its run before it ends itself."""
        now = self._store.row(row.run_id)
        return now is None or now.state not in (row.state, "STOPPING")

    def _goes_on_elsewhere(self, row: Row, now_ms: int) -> bool:
        """Say whether a run of another computer gave a sign of life; nobody here can look at its process."""
        said = self._ground.progress.get(f"run:{row.run_id}")
        silent = now_ms - max(row.started_at or 0, said.updated_at if said else 0)
        if silent > self._settings.silent_limit_minutes * 60_000:
            self._end(row, Ending("KILLED", "process_died", "Nothing was heard of its process any more."))
        return False

    def _kill(self, row: Row) -> None:
        """End the process group of a run and its kernel's."""
        for process in (process_of(row), RunFolder(self._ground, row.run_id).kernel()):
            if process is not None and process.host == host_name():
                signal_group(process, signal.SIGKILL)
        RunFolder(self._ground, row.run_id).remove_sockets()

    def _end(self, row: Row, ending: Ending) -> None:
        from mlflow.exceptions import MlflowException

        self._asked.pop(row.run_id, None)
        if self._dask is not None:
            self._dask.forget(row.run_id)
        folder = RunFolder(self._ground, row.run_id)
        content = folder.read_log(max(0, folder.log_bytes() - 2**20), 2**20)
        files = {"mlnb/stdout.log": content.decode("utf-8", "replace")} if content else {}
        ending = Ending(ending.status, ending.by, ending.message, ending.trace, files=files)
        try:
            status = end_run(self._ground, self._store, row.run_id, ending)
        except MlflowException:
            log.exception("run %s could not be ended; it is tried again", row.run_id)
            return
        self._ground.progress.put(f"run:{row.run_id}", status.lower(), 0, 0, ending.message or "")

    def finish(self) -> None:
        """Leave the schedulers; what they work on goes on."""
        if self._dask is not None:
            self._dask.close()

    def _sweep(self, now_ms: int) -> None:
        """Remove folders of runs that ended a while ago, folders nobody knows, and environments nobody uses."""
        base = self._ground.path / "background"
        for path in base.iterdir() if base.is_dir() else ():
            row = self._store.row(path.name)
            ended = path.stat().st_mtime * 1000 if row is None else row.ended_at
            if ended is not None and now_ms - ended > _KEEP_MS:
                shutil.rmtree(path, ignore_errors=True)
        remove_unused(self._ground, now_ms)

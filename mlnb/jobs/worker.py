"""The process that runs one attempt of a task: `python -m mlnb.jobs.worker WORKSPACE RUN_ID WORKER_ID`.

It takes its attempt by compare-and-set, runs the notebook, and writes the final state itself, so that a run ends well though
no supervisor is left. While it runs it renews its lease and looks whether it should stop. When its row turns out to belong to
somebody else it stops without writing anything.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mlnb.core.caller import Caller, calling
from mlnb.core.clock import now_ms
from mlnb.core.errors import MlnbError
from mlnb.core.ground import Ground
from mlnb.core.notebooks.driver import CellProgress, NotebookResult, NotebookRun
from mlnb.core.notebooks.files import choose_kernel, read_notebook
from mlnb.core.processes import current_process, identify
from mlnb.jobs.folder import read_context, run_folder
from mlnb.jobs.records import WORKER_LOST, JobSettings, JobsSettings
from mlnb.jobs.store import Ending, Row, RunStore

log = logging.getLogger("mlnb.jobs.worker")

#: Seconds between two looks at the row, and so the most a cancellation waits and the shortest time between two progress events.
LOOK_SECONDS = 0.25


class Worker:
    """Runs one attempt."""

    def __init__(self, ground: Ground, run_id: int, worker_id: str) -> None:
        self._ground = ground
        self._store = RunStore(ground)
        self._run_id = run_id
        self._worker_id = worker_id
        self._folder = run_folder(ground, run_id)
        self._options = ground.settings.section("jobs", JobsSettings)
        self._news: CellProgress | None = None
        self._told = "go"

    def run(self) -> int:
        """Take the attempt, run it, end it. Returns the process's exit code."""
        if not self._store.start(self._run_id, self._worker_id, current_process(), self._lease()):
            log.info("run %s is not for this worker", self._run_id)
            return 0
        row = self._store.row(self._run_id)
        assert row is not None
        caller = Caller(principal=row.creator, source="job", job_run_id=str(row.parent_run_id))
        with calling(caller):
            self._publish("running", 0, row.cells_total, "Starting the kernel")
            if not self._finish(row, self._attempt(row)):
                log.warning("run %s was given up for lost; its result is dropped", self._run_id)
                return 1
        return 0

    def _finish(self, row: Row, ending: Ending) -> bool:
        """End the attempt and say so at once: who sees the end sees no progress of before. False when it was given up."""
        if self._told == "lost":
            return False
        with self._ground.metastore.begin():
            if not self._store.finish(self._run_id, ending, worker_id=self._worker_id):
                return False
            state = (ending.result or ending.life_cycle).lower()
            self._publish(state, ending.cells_done or 0, row.cells_total, ending.error or "")
        return True

    def _attempt(self, row: Row) -> Ending:
        settings = JobSettings.model_validate(row.settings)
        seconds = [t for t in (settings.task.timeout_seconds, settings.timeout_seconds) if t]
        try:
            notebook = read_notebook(self._folder / "input.ipynb")
            run = NotebookRun(
                notebook,
                self._folder / "notebook.ipynb",
                kernel_name=choose_kernel(notebook),
                cwd=Path(read_context(self._folder)["cwd"]),
                env={"MLNB_WORKSPACE": str(self._ground.path), "MLNB_JOB_RUN_ID": str(row.parent_run_id)},
                on_progress=self._on_progress,
                on_kernel=self._on_kernel,
                connection_file=self._folder / "kernel.json",
                kernel_log=self._folder / "log.txt",
            )
            return self._ending(asyncio.run(self._execute(run, min(seconds, default=None))))
        except (
            MlnbError,
            OSError,
        ) as error:  # unusable notebook, missing kernel, full disk: the run fails with the reason
            log.exception("run %s could not run", self._run_id)
            return Ending("TERMINATED", "FAILED", getattr(error, "code", "STORAGE_ERROR"), error=str(error))

    async def _execute(self, run: NotebookRun, timeout: float | None) -> NotebookResult:
        watcher = asyncio.create_task(self._watch(run))
        try:
            return await run.execute(timeout=timeout, signals=True)
        finally:
            watcher.cancel()

    async def _watch(self, run: NotebookRun) -> None:
        """Publish progress, renew the lease, and stop the run when asked to; in threads, so that cells are not delayed."""
        beat_at = 0.0
        while self._told == "go":
            news, self._news = self._news, None
            if news is not None or time.monotonic() >= beat_at:
                beat_at = time.monotonic() + min(self._options.heartbeat_seconds, 1.0)
                try:
                    self._told = await asyncio.to_thread(self._beat, run, news)
                except MlnbError:
                    log.exception("the metastore does not answer; trying again")
            await asyncio.sleep(LOOK_SECONDS)
        await run.stop("CANCELED")

    def _beat(self, run: NotebookRun, news: CellProgress | None) -> str:
        cell_id = news.cell_id if news else None
        with self._ground.metastore.begin():
            told = self._store.beat(self._run_id, self._worker_id, self._lease(), run.cells_done, cell_id)
            if news is not None and told != "lost":
                message = news.title or news.source.strip().partition("\n")[0][:80]
                self._publish("running", news.cells_done, news.cells_total, message)
        return told

    def _on_progress(self, cell: CellProgress) -> None:
        line: dict[str, Any] = asdict(cell) | {"time": now_ms()}
        del line["source"], line["title"]  # both are in the notebook
        if cell.state == "running":
            line["outputs_text"] = cell.outputs_text[-1000:]
        with open(self._folder / "progress.jsonl", "a", encoding="utf-8") as lines:
            lines.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._news = cell

    def _on_kernel(self, pid: int) -> None:
        # Whoever finds this worker gone must be able to end its kernel, which has a session of its own.
        identity = identify(pid)
        if identity is not None:
            self._ground.files.write_atomic(self._folder / "kernel_process.json", json.dumps(asdict(identity)))

    def _ending(self, result: NotebookResult) -> Ending:
        if result.outcome == "CANCELED" and self._told == "go":
            # Nobody asked this run to stop: the process was told to, by a shutdown for instance.
            return Ending("INTERNAL_ERROR", "FAILED", WORKER_LOST, error="The worker process was told to end.")
        codes = {"SUCCESS": "SUCCESS", "FAILED": "RUN_EXECUTION_ERROR", "CANCELED": "USER_CANCELED"}
        return Ending(
            "TERMINATED",
            result.outcome,
            codes.get(result.outcome, "TIMED_OUT"),
            message=result.error if result.outcome in ("CANCELED", "TIMEDOUT") else None,
            error=result.error if result.outcome == "FAILED" else None,
            error_trace=result.error_trace if result.outcome == "FAILED" else None,
            cells_done=result.cells_done,
        )

    def _publish(self, state: str, done: int, total: int, message: str) -> None:
        row = self._store.row(self._run_id)
        assert row is not None
        self._ground.progress.put(f"job_run:{row.parent_run_id}", state, done, total, message)

    def _lease(self) -> int:
        return now_ms() + int(self._options.lease_seconds * 1000)


def main(arguments: Sequence[str]) -> int:
    """Run the attempt that the arguments name."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    workspace, run_id, worker_id = arguments
    return Worker(Ground(Path(workspace)), int(run_id), worker_id).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

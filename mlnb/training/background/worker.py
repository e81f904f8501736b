"""The process of one run: drives a fresh kernel through the run's cells; the door starts it with ``--run ID``.

The run itself happens in the kernel, by ``%%mlrun`` as in a notebook. This process writes down what the cells print and how far they
are, stops them when asked to or when their time is over, and ends the run if the kernel could not.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.caller import calling
from mlnb.core.notebooks.driver import CellProgress, NotebookResult, NotebookRun
from mlnb.core.notebooks.files import choose_kernel, read_notebook
from mlnb.core.processes import current_process, identify

from ..recording.capture import OutputLog
from . import environment
from .ending import Ending, end_run
from .environment import EnvironmentUnavailableError
from .executors import LOCAL
from .folder import LogWriter, RunFolder
from .plan import shown_notebook
from .store import BackgroundStore, Row, caller_of

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

log = logging.getLogger("mlnb.training")

#: Seconds between two looks at whether the run is to stop, and between two reports of how far it is.
_LOOK_S = 0.5
#: Seconds in which something is reported even when nothing happens: what is left to see of a process on another computer.
_SIGN_OF_LIFE_S = 10.0
#: How long a kernel may take to react to an interrupt: "within seconds" is what was promised.
_GRACE_S = 5.0
#: Bytes of the executed notebook that stay with the run.
_LARGEST_NOTEBOOK = 5 * 2**20
#: Bytes of the end of the log that stay with the run.
_KEPT_BYTES = 2**20


def work(ground: Ground, run_id: str) -> int:
    """Do the run of a row. Return 0 unless it is somebody else's."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    store = BackgroundStore(ground)
    if not store.take(run_id, current_process()):
        log.info("run %s is not for this process", run_id)
        return 3
    row = store.row(run_id)
    assert row is not None
    with calling(caller_of(row)):
        _Work(ground, store, row).run()
    return 0


class _StoppedError(Exception):
    """The run is to end while its environment is made."""


class _Work:
    """One run, from its first cell to its end."""

    def __init__(self, ground: Ground, store: BackgroundStore, row: Row) -> None:
        self._ground, self._store, self._row = ground, store, row
        self._folder = RunFolder(ground, row.run_id)
        self._cells = self._folder.cells()
        self._positions: dict[int, int] = {}
        self._kept = OutputLog(_KEPT_BYTES)
        self._news = True
        self._is_asked = False
        self._preparing = "starting a kernel"

    def run(self) -> None:
        """Execute the cells and end the run, whatever happens."""
        run_id = self._row.run_id
        try:
            ending = self._ending(self._execute())
        except EnvironmentUnavailableError as error:
            message = f"The environment of then cannot be made here: {error.message}"
            ending = Ending("FAILED", message=message, code=error.code, files=self._files())
        except Exception as error:
            log.exception("run %s could not be executed", run_id)
            ending = Ending("FAILED", message=f"It could not be executed: {error}", files=self._files())
        self._folder.write_cells(self._cells)  # before the end: whoever waits for it reads them right after
        status = end_run(self._ground, self._store, run_id, ending)
        self._ground.progress.put(
            f"run:{run_id}", status.lower(), self._done, len(self._cells), ending.message or "done"
        )
        log.info("run %s ended: %s", run_id, status)

    def _execute(self) -> NotebookResult:
        notebook, options = read_notebook(self._folder.input), self._row.options
        silent = [bool(cell.metadata.get("mlnb", {}).get("silent")) for cell in notebook.cells]
        shown = [index for index, hidden in enumerate(silent) if not hidden]
        self._positions = {index: position for position, index in enumerate(shown)}
        writer = LogWriter(self._folder.log)

        def on_text(text: str) -> None:
            writer.write(text)
            self._kept.write(text)
            self._say(text)

        driver = NotebookRun(
            notebook,
            self._folder.executed,
            kernel_name=choose_kernel(notebook),
            cwd=Path(options["cwd"]),
            env=options["env"],
            # Another computer has its interpreters elsewhere.
            python=options["python"] if options["executor"] == LOCAL else sys.executable,
            on_progress=self._on_progress,
            on_kernel=lambda pid: self._folder.note_kernel(identify(pid)),
            connection_file=self._folder.path / "kernel.json",
            kernel_log=self._folder.path / "kernel.log",
            on_text=on_text,
            grace_seconds=_GRACE_S,
        )
        try:
            return asyncio.run(self._drive(driver, writer))
        finally:
            writer.close()

    async def _drive(self, driver: NotebookRun, writer: LogWriter) -> NotebookResult:
        begin, seconds = time.monotonic(), self._row.timeout_s
        watcher = asyncio.create_task(self._watch(driver))
        try:
            if self._folder.lock.is_file():
                try:
                    driver.python = await asyncio.to_thread(self._environment, driver, writer)
                except _StoppedError:
                    reason = driver.stop_reason or "TIMEDOUT"
                    return NotebookResult(driver.output_path, reason, 0, driver.cells_total, time.monotonic() - begin)
                driver.env = {**(driver.env or {}), **environment.variables(driver.python)}
            left = None if seconds is None else max(0.1, seconds - (time.monotonic() - begin))
            return await driver.execute(timeout=left, signals=True)
        finally:
            watcher.cancel()

    def _environment(self, driver: NotebookRun, writer: LogWriter) -> str:
        """Make the environment that the run wants, or find it."""
        deadline = None if self._row.timeout_s is None else time.monotonic() + self._row.timeout_s

        def tell(line: str) -> None:
            writer.write(f"environment: {line}\n")
            self._preparing, self._news = line[:200], True

        def is_over() -> bool:
            return driver.stop_reason is not None or (deadline is not None and time.monotonic() > deadline)

        try:
            return environment.python_of(self._ground, self._folder.lock.read_text(encoding="utf-8"), tell, is_over)
        except EnvironmentUnavailableError as error:
            if is_over():  # the driver says so, as it does later
                raise _StoppedError from error
            raise
        finally:
            self._preparing = "starting a kernel"

    async def _watch(self, driver: NotebookRun) -> None:
        """Report, and see when somebody stops the run; in threads, so that no cell waits for the metastore."""
        told_at = 0.0
        while True:
            if self._news or time.monotonic() - told_at >= _SIGN_OF_LIFE_S:
                self._news, told_at = False, time.monotonic()
                await asyncio.to_thread(self._report)
            row = await asyncio.to_thread(self._look)
            if row is not None and row.desired_state == "KILLED":
                self._is_asked = True
                await driver.stop("CANCELED")
                return
            await asyncio.sleep(_LOOK_S)

    def _look(self) -> Row | None:
        try:
            return self._store.row(self._row.run_id)
        except Exception:
            log.exception("the metastore does not answer; trying again")
            return None

    def _report(self) -> None:
        try:
            self._folder.write_cells(self._cells)
            running = next((cell for cell in self._cells if cell.state == "running"), None)
            waiting = "finishing" if self._done == len(self._cells) else self._preparing
            line = (running.line or running.source.strip().partition("\n")[0][:80]) if running else waiting
            self._ground.progress.put(f"run:{self._row.run_id}", "running", self._done, len(self._cells), line)
        except Exception:
            log.exception("how far the run is could not be written; trying again")

    # -- what the driver tells -----------------------------------------------------------------------------------------------

    @property
    def _done(self) -> int:
        return sum(cell.state == "done" for cell in self._cells)

    def _on_progress(self, cell: CellProgress) -> None:
        states = {"running": "running", "done": "done", "error": "failed"}
        changes: dict[str, Any] = {"state": states[cell.state]}
        if cell.ended is not None:
            changes["duration_ms"] = cell.ended - cell.started
        self._change(self._positions[cell.index], **changes)

    def _say(self, text: str) -> None:
        """Keep the line that was printed last; one that is overwritten in place counts as it ends."""
        lines = [line for line in text.replace("\r", "\n").splitlines() if line.strip()]
        for position, cell in enumerate(self._cells):
            if cell.state == "running" and lines:
                self._change(position, line=lines[-1].strip()[:200])

    def _change(self, position: int, **changes: Any) -> None:
        self._cells[position] = self._cells[position].model_copy(update=changes)
        self._news = True

    # -- the end -------------------------------------------------------------------------------------------------------------

    def _ending(self, result: NotebookResult) -> Ending:
        """Say how it ended, for the case that the run did not end itself."""
        died = result.outcome == "FAILED" and "the kernel died" in (result.error or "")
        for position, cell in enumerate(self._cells):
            if cell.state == "waiting":
                self._cells[position] = cell.model_copy(update={"state": "skipped"})
            elif cell.state == "running":
                self._cells[position] = cell.model_copy(update={"state": "failed"})
        if result.outcome == "SUCCESS":
            # The run's own cell ends its run; a run that is still open then was never begun.
            return Ending("FAILED", message=None, files=self._files())
        by = {"CANCELED": "stop", "TIMEDOUT": "timeout"}.get(result.outcome) or ("kernel_died" if died else None)
        if by == "stop" and not self._is_asked:
            # Nobody stopped the run: its process was told to end, by a shutdown for instance.
            return Ending("KILLED", "process_died", "Its process was told to end.", files=self._files())
        over = f"It was stopped after {self._row.timeout_s or 0:g} s: its time was over."
        message = {"stop": "It was stopped.", "timeout": over}.get(by or "", self._failure(result))
        return Ending("KILLED" if by else "FAILED", by, message, result.error_trace, files=self._files())

    def _failure(self, result: NotebookResult) -> str | None:
        """Return the error, with the cell it came from as the user counts them; that of the run's own cell needs no place."""
        if result.error is None or result.failed_cell is None:
            return result.error
        text = result.error.partition(" failed: ")[2] or result.error
        position = self._positions.get(result.failed_cell)
        if position is None or position == len(self._cells) - 1:
            return text
        line = self._cells[position].source.strip().partition("\n")[0][:60]
        return f"Cell {position + 1} of {len(self._cells)} failed, before the run began ({line}): {text}"

    def _files(self) -> dict[str, str]:
        """Return what stays with the run: the log, and the cells with their outputs unless they are large."""
        files = {"mlnb/stdout.log": self._kept.text} if self._kept.text else {}
        if self._folder.executed.exists() and self._folder.executed.stat().st_size <= _LARGEST_NOTEBOOK:
            files["mlnb/executed.ipynb"] = shown_notebook(self._folder.executed.read_text(encoding="utf-8"))
        return files

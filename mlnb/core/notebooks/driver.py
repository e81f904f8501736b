"""Runs one notebook in a fresh kernel, cell by cell, and tells what happens while it happens.

nbclient does the talking with the kernel; the loop over the cells is ours, for three reasons: a run must stop on request
(interrupt, wait, kill) without losing what has been computed, progress must include output that is still growing, and
nbclient's own loop takes over the signal handlers of the process. The user's file is only read: what runs is a copy,
saved to the output path every few seconds and at the end.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from .files import heading_above, is_executed, is_silent, outputs_text, plain, save_notebook

if TYPE_CHECKING:
    from nbformat import NotebookNode

#: Seconds between two saves of the notebook so far.
SAVE_SECONDS = 5.0

#: How the folders of kernels' sockets are called, among temporary files.
SOCKETS = "mlnb-kernel-"

#: How long a kernel may take to react to an interrupt before it is killed.
INTERRUPT_GRACE_SECONDS = 10.0

CellState = Literal["running", "done", "error"]
RunOutcome = Literal["SUCCESS", "FAILED", "CANCELED", "TIMEDOUT"]


@dataclass(frozen=True, slots=True)
class CellProgress:
    """What is known about one cell at one moment; `on_progress` gets one at its start, while it prints, at its end."""

    index: int
    cell_id: str | None
    cell_type: str
    source: str
    title: str
    state: CellState
    cells_done: int
    cells_total: int
    started: int
    ended: int | None = None
    outputs_text: str = ""


@dataclass(slots=True)
class NotebookResult:
    """How a notebook run ended."""

    output_path: Path
    outcome: RunOutcome
    cells_done: int
    cells_total: int
    seconds: float
    error: str | None = None
    error_trace: str | None = None
    failed_cell: int | None = None


@dataclass(slots=True)
class NotebookRun:
    """One run of one notebook. `execute` runs it; `stop` ends it from another task of the same loop."""

    notebook: NotebookNode
    output_path: Path
    kernel_name: str
    cwd: Path
    env: Mapping[str, str] | None = None
    on_progress: Callable[[CellProgress], None] | None = None
    #: Called with the kernel's process id as soon as there is one.
    on_kernel: Callable[[int], None] | None = None
    connection_file: Path | None = None
    #: Where the kernel's own messages go; what cells print is in their outputs.
    kernel_log: Path | None = None
    #: Interpreter of the kernel instead of the one that ``kernel_name`` means; ipykernel must be installed in it.
    python: str | None = None
    #: Called with what a cell prints, and with the traceback when it fails, as it comes.
    on_text: Callable[[str], None] | None = None
    #: How long the kernel may take to react to an interrupt before it is killed.
    grace_seconds: float = INTERRUPT_GRACE_SECONDS
    cells_total: int = field(init=False)
    cells_done: int = field(default=0, init=False)
    stop_reason: Literal["CANCELED", "TIMEDOUT"] | None = field(default=None, init=False)
    _client: Any = field(default=None, init=False)
    _saved: float = field(default=0.0, init=False)
    _failed: int | None = field(default=None, init=False)
    _stopping: Any = field(default=None, init=False)
    #: Who stops the run and who ends it may both shut the kernel down: jupyter_client fails when they do it at once.
    _shutting: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    #: Folder of the kernel's sockets, when it has one of its own.
    sockets: str | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.cells_total = sum(is_executed(cell) and not is_silent(cell) for cell in self.notebook.cells)

    async def execute(self, *, timeout: float | None = None, signals: bool = False) -> NotebookResult:
        """Run all cells; always returns a result and always leaves the notebook saved and no kernel behind.

        Parameters
        ----------
        timeout
            Seconds until the run is interrupted and ends as `TIMEDOUT`.
        signals
            Take SIGINT and SIGTERM as a request to stop (only possible in the main thread).
        """
        begin = time.monotonic()
        loop = asyncio.get_running_loop()
        self._clear_outputs()
        self._save()
        timer = loop.call_later(timeout, self._start_stop, "TIMEDOUT") if timeout else None
        caught = _on_signals(loop, lambda: self._start_stop("CANCELED")) if signals else []
        error: str | None = None
        trace: str | None = None
        try:
            await self._run_cells()
        except Exception as problem:
            error, trace = _describe(problem)
        finally:
            if timer is not None:
                timer.cancel()
            for number in caught:
                loop.remove_signal_handler(number)
            await self._shut_down()
            self._save()
        return self._result(error, trace, time.monotonic() - begin)

    async def stop(self, reason: Literal["CANCELED", "TIMEDOUT"]) -> None:
        """End the run: no further cell starts, the running one is interrupted, and killed when that does not help."""
        if self.stop_reason is not None:
            return
        self.stop_reason = reason
        manager = self._client.km if self._client is not None else None
        if manager is None or not manager.has_kernel:
            return
        await manager.interrupt_kernel()
        deadline = time.monotonic() + self.grace_seconds
        while time.monotonic() < deadline:
            await asyncio.sleep(0.1)
            if not manager.has_kernel:
                return
        await self._kill(manager)

    async def _kill(self, manager: Any) -> None:
        async with self._shutting:
            if manager.has_kernel:
                await manager.shutdown_kernel(now=True)

    def _start_stop(self, reason: Literal["CANCELED", "TIMEDOUT"]) -> None:
        self._stopping = asyncio.ensure_future(self.stop(reason))  # kept, or the loop may forget the task

    async def _run_cells(self) -> None:
        from .client import Client

        self._client = client = Client(self)
        log = _open_log(self.kernel_log)
        try:
            await client.async_start_new_kernel(**self._kernel_options(), stdout=log, stderr=log)
        finally:
            log.close()
        manager: Any = client.km
        if self.on_kernel is not None and (process := getattr(manager.provisioner, "pid", None)):
            self.on_kernel(int(process))
        await client.async_start_new_kernel_client()
        client.reset_execution_trackers()
        for index, cell in enumerate(self.notebook.cells):
            if self.stop_reason is not None:
                return
            if is_silent(cell):
                await client.run_silently(cell)
            elif is_executed(cell):
                await client.run_cell(cell, index)
                self.cells_done += 1
                self.save_if_due()
        client.set_widgets_metadata()

    def _kernel_options(self) -> dict[str, Any]:
        # Lab tells its kernels which notebook they belong to; a kernel started from one must not inherit that.
        inherited = {
            name: value for name, value in os.environ.items() if name not in ("JPY_SESSION_NAME", "JPY_PARENT_PID")
        }
        return {"cwd": str(self.cwd), "env": {**inherited, **(self.env or {})}}

    async def _shut_down(self) -> None:
        client = self._client
        if client is None:
            return
        try:
            if client.kc is not None:
                client.kc.stop_channels()
            if client.km is not None:
                await self._kill(client.km)
        finally:
            if client.km is not None:
                await client.km.cleanup_resources()
            if self.sockets is not None:
                shutil.rmtree(self.sockets, ignore_errors=True)

    def _clear_outputs(self) -> None:
        # Outputs of an earlier run in the user's file must not look like results of this one.
        for cell in self.notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = []
                cell.execution_count = None

    def report(self, index: int, state: CellState, started: int, ended: int | None = None) -> None:
        """Tell the listener about a cell, and keep what a failure report needs."""
        if state == "error":
            self._failed = index
        if self.on_progress is None:
            return
        cell = self.notebook.cells[index]
        self.on_progress(
            CellProgress(
                index=index,
                cell_id=cell.get("id"),
                cell_type=cell.cell_type,
                source=cell.source,
                title=heading_above(self.notebook, index),
                state=state,
                cells_done=self.cells_done + (state == "done"),
                cells_total=self.cells_total,
                started=started,
                ended=ended,
                outputs_text=outputs_text(cell.outputs),
            )
        )

    def _save(self) -> None:
        save_notebook(self.notebook, self.output_path)
        self._saved = time.monotonic()

    def save_if_due(self) -> None:
        """Save what has been computed, when the last time is a while ago."""
        if time.monotonic() - self._saved >= SAVE_SECONDS:
            self._save()

    def _result(self, error: str | None, trace: str | None, seconds: float) -> NotebookResult:
        outcome: RunOutcome = self.stop_reason or ("FAILED" if error else "SUCCESS")
        if self.stop_reason == "TIMEDOUT":
            error = f"The notebook was stopped after {seconds:.0f} s: its time was over."
        elif self.stop_reason == "CANCELED":
            error = "The run was canceled."
        elif error and self._failed is not None:
            error = f"Cell {self._failed + 1} failed: {error}"
        return NotebookResult(
            self.output_path, outcome, self.cells_done, self.cells_total, seconds, error, trace, self._failed
        )


def _open_log(path: Path | None) -> BinaryIO:
    return open(path or os.devnull, "ab")


def _describe(problem: Exception) -> tuple[str, str | None]:
    """What failed in one line, and the traceback when a cell raised."""
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    if isinstance(problem, CellExecutionError):
        line = f"{problem.ename}: {plain(str(problem.evalue))}".strip()
        return line, plain(str(problem.traceback))
    if isinstance(problem, DeadKernelError):
        return "the kernel died (it was killed, or ran out of memory).", None
    return f"{type(problem).__name__}: {problem}", None


def _on_signals(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> list[int]:
    import signal

    caught: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, call)
        except Exception:  # not the main thread, or a system without signals
            return caught
        caught.append(number)
    return caught

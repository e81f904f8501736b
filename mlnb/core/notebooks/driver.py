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
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from ..clock import now_ms
from ..errors import InvalidStateError
from .files import heading_above, is_executed, is_silent, outputs_text, plain, save_notebook

if TYPE_CHECKING:
    from nbformat import NotebookNode

#: Seconds between two saves of the notebook so far, and between two reports of growing output.
SAVE_SECONDS = 5.0
OUTPUT_SECONDS = 0.25

#: Messages of printed text after which they are made one output, and how many characters of a stream a cell keeps about.
MERGE_EVERY = 200
MOST_STREAM = 1_000_000

#: How the folders of kernels' sockets are called, among temporary files.
SOCKETS = "mlnb-kernel-"

#: How long a kernel may take to answer for the first time: many may start at once on a busy machine.
STARTUP_SECONDS = 180

#: How long a kernel may take to react to an interrupt before it is killed.
INTERRUPT_GRACE_SECONDS = 10.0

CellState = Literal["running", "done", "error"]
RunOutcome = Literal["SUCCESS", "FAILED", "CANCELED", "TIMEDOUT"]


class PreparationError(InvalidStateError):
    """What must be done in the kernel before the cells failed."""

    code = "PREPARATION_FAILED"


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
    _sockets: str | None = field(default=None, init=False)

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
        await manager.shutdown_kernel(now=True)

    def _start_stop(self, reason: Literal["CANCELED", "TIMEDOUT"]) -> None:
        self._stopping = asyncio.ensure_future(self.stop(reason))  # kept, or the loop may forget the task

    async def _run_cells(self) -> None:
        self._client = client = _make_client(self)
        log = _open_log(self.kernel_log)
        try:
            await client.async_start_new_kernel(**self._kernel_options(), stdout=log, stderr=log)
        finally:
            log.close()
        if self.on_kernel is not None and (process := getattr(client.km.provisioner, "pid", None)):
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
                self._save_if_due()
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
            if client.km is not None and client.km.has_kernel:
                await client.km.shutdown_kernel(now=True)
        finally:
            if client.km is not None:
                await client.km.cleanup_resources()
            if self._sockets is not None:
                shutil.rmtree(self._sockets, ignore_errors=True)

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

    def _save_if_due(self) -> None:
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


def _make_client(run: NotebookRun) -> Any:
    """Nbclient's client with growing output reported. Defined here, because nbclient takes 0.2 s to import."""
    from queue import Empty

    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import DeadKernelError

    class Client(NotebookClient):
        """Executes cells of one run."""

        _reported = 0.0
        _started = 0
        _streams = 0

        async def run_cell(self, cell: NotebookNode, index: int) -> None:
            self._started, self._reported = now_ms(), time.monotonic()
            kernel: Any = self.kc
            # As a page tells its kernel, so that what the cell makes can name it.
            kernel.session.metadata = {"cellId": cell.get("id")}
            run.report(index, "running", self._started)
            try:
                await self.async_execute_cell(cell, index, execution_count=self.code_cells_executed + 1)
            except Exception:
                run.report(index, "error", self._started, now_ms())
                raise
            run.report(index, "done", self._started, now_ms())

        async def run_silently(self, cell: NotebookNode) -> None:
            """Run code that is no cell: without history, output and hooks."""
            kernel: Any = self.kc
            manager: Any = self.km
            kernel.session.metadata = {}
            sent = kernel.execute(cell.source, silent=True, store_history=False, allow_stdin=False)
            while True:
                try:
                    reply = await kernel.get_shell_msg(timeout=1)
                except Empty:
                    if not await manager.is_alive():
                        raise DeadKernelError("Kernel died") from None
                    continue
                if reply["parent_header"].get("msg_id") == sent:
                    break
            content = reply["content"]
            if content["status"] != "ok":
                raise PreparationError(f"{content.get('ename')}: {plain(str(content.get('evalue')))}")

        def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> NotebookNode | None:
            output = super().process_message(msg, cell, cell_index)
            if msg["msg_type"] == "stream":
                self._streams += 1
                if self._streams % MERGE_EVERY == 0:
                    merge_streams(cell.outputs)
            if run.on_text is not None and (text := _text_of(msg)):
                run.on_text(text)
            if msg["msg_type"] != "execute_input" and time.monotonic() - self._reported >= OUTPUT_SECONDS:
                self._reported = time.monotonic()
                run.report(cell_index, "running", self._started)
                run._save_if_due()
            return output

    manager = AsyncKernelManager(kernel_name=run.kernel_name)
    if run.python is not None:
        manager._kernel_spec = _kernel_of(run.python)
    if os.name == "posix":
        # Ports are chosen before they are taken: of kernels that start at once, one may talk to another's and wait for ever.
        # Sockets in a folder that only this user may enter are nobody else's.
        run._sockets = tempfile.mkdtemp(prefix=SOCKETS)
        manager.transport, manager.ip = "ipc", os.path.join(run._sockets, "k")
    if run.connection_file is not None:
        manager.connection_file = str(run.connection_file)
    return Client(
        run.notebook,
        km=manager,
        timeout=None,
        startup_timeout=STARTUP_SECONDS,
        coalesce_streams=True,
        store_widget_state=True,
        allow_errors=False,
    )


def merge_streams(outputs: list[Any]) -> None:
    """Make one output of each stream out of those that came last, and leave out the middle of what is too long.

    A cell that prints for hours would otherwise fill the memory and the disk, and be written again every five seconds.
    """
    begin = len(outputs)
    while begin and outputs[begin - 1]["output_type"] == "stream":
        begin -= 1
    merged: dict[str, Any] = {}
    parts: dict[str, list[str]] = {}
    for output in outputs[begin:]:
        merged.setdefault(output["name"], output)
        parts.setdefault(output["name"], []).append(output["text"])
    for name, output in merged.items():
        text = "".join(parts[name])
        if len(text) > MOST_STREAM:
            text = f"{text[: MOST_STREAM // 4]}\n… left out …\n{text[-MOST_STREAM // 2 :]}"
        output["text"] = text
    outputs[begin:] = list(merged.values())


def _kernel_of(python: str) -> Any:
    from jupyter_client.kernelspec import KernelSpec

    argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    return KernelSpec(argv=argv, display_name="Python", language="python", metadata={"debugger": False})


def _text_of(message: dict[str, Any]) -> str:
    """Return what a message of a kernel adds to a log."""
    content = message["content"]
    if message["msg_type"] == "stream":
        return str(content["text"])
    if message["msg_type"] == "error":
        return plain("\n".join(content["traceback"])) + "\n"
    return ""


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

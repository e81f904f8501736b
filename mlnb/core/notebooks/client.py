"""What talks with the kernel of a notebook that is run: nbclient's client, with growing output reported and long output cut.

Imported when a kernel is started: nbclient takes 0.2 s to load.
"""

from __future__ import annotations

import os
import tempfile
import time
from queue import Empty
from typing import TYPE_CHECKING, Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError

from ..clock import now_ms
from ..errors import InvalidStateError
from .driver import SOCKETS, NotebookRun
from .files import MERGE_EVERY, merge_streams, plain

if TYPE_CHECKING:
    from nbformat import NotebookNode

#: Seconds between two reports of growing output.
OUTPUT_SECONDS = 0.25

#: How long a kernel may take to answer for the first time: many may start at once on a busy machine.
STARTUP_SECONDS = 180


class PreparationError(InvalidStateError):
    """What must be done in the kernel before the cells failed."""

    code = "PREPARATION_FAILED"


class Client(NotebookClient):
    """Executes the cells of one run.

    Parameters
    ----------
    run
        Is told what happens, and says which kernel is started.
    """

    def __init__(self, run: NotebookRun) -> None:
        super().__init__(
            run.notebook,
            km=_manager(run),
            timeout=None,
            startup_timeout=STARTUP_SECONDS,
            coalesce_streams=True,
            store_widget_state=True,
            allow_errors=False,
        )
        self._run = run
        self._reported = 0.0
        self._started = self._streams = 0

    async def run_cell(self, cell: NotebookNode, index: int) -> None:
        """Execute a cell."""
        self._started, self._reported = now_ms(), time.monotonic()
        kernel: Any = self.kc
        # As a page tells its kernel, so that what the cell makes can name it.
        kernel.session.metadata = {"cellId": cell.get("id")}
        self._run.report(index, "running", self._started)
        try:
            await self.async_execute_cell(cell, index, execution_count=self.code_cells_executed + 1)
        except Exception:
            self._run.report(index, "error", self._started, now_ms())
            raise
        self._run.report(index, "done", self._started, now_ms())

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
        """Take what a cell brings; growing output is reported now and then."""
        output = super().process_message(msg, cell, cell_index)
        if msg["msg_type"] == "stream":
            self._streams += 1
            if self._streams % MERGE_EVERY == 0:
                merge_streams(cell.outputs)
        if self._run.on_text is not None and (text := _text_of(msg)):
            self._run.on_text(text)
        if msg["msg_type"] != "execute_input" and time.monotonic() - self._reported >= OUTPUT_SECONDS:
            self._reported = time.monotonic()
            self._run.report(cell_index, "running", self._started)
            self._run.save_if_due()
        return output


def _manager(run: NotebookRun) -> AsyncKernelManager:
    manager = AsyncKernelManager(kernel_name=run.kernel_name)
    if run.python is not None:
        manager._kernel_spec = _kernel_of(run.python)
    if os.name == "posix":
        # Ports are chosen before they are taken: of kernels that start at once, one may talk to another's and wait for ever.
        # Sockets in a folder that only this user may enter are nobody else's.
        run.sockets = tempfile.mkdtemp(prefix=SOCKETS)
        manager.transport, manager.ip = "ipc", os.path.join(run.sockets, "k")
    if run.connection_file is not None:
        manager.connection_file = str(run.connection_file)
    return manager


def _kernel_of(python: str) -> KernelSpec:
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

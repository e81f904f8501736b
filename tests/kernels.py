"""A real kernel, spoken to as a page speaks to it; every wait is bounded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Message = dict[str, Any]

#: How long a kernel may be silent.
SILENCE_SECONDS = 180

#: MLflow writes into the environment where it keeps runs; a kernel is not to learn it from the tests.
_OF_THIS_PROCESS = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_EXPERIMENT_ID", "MLFLOW_RUN_ID")


class Kernel:
    """A kernel of a notebook in the folder ``root``."""

    def __init__(self, manager: Any, client: Any, root: Path) -> None:
        self.manager, self.client, self.root = manager, client, root

    @property
    def pid(self) -> int:
        """Its process."""
        return int(self.manager.provisioner.pid)

    def run(
        self, code: str, cell_id: str | None = None, *, interrupt: Callable[[Message], bool] | None = None
    ) -> tuple[Message, list[Message]]:
        """Execute as a cell; return the reply and the outputs.

        ``interrupt`` is asked about each output, and the kernel is interrupted at the first it says yes to.
        """
        while True:
            sent = self.send(code, cell_id)
            outputs = []
            for message in self.messages(sent):
                outputs.append({"type": message["msg_type"], **message["content"]})
                if interrupt is not None and interrupt(outputs[-1]):
                    self.manager.interrupt_kernel()
                    interrupt = None
            reply = self.reply(sent)
            if reply["status"] != "aborted":  # a kernel drops what comes right after an error; a page sends it again
                return reply, outputs

    def shown(self, code: str, cell_id: str | None = None) -> list[Message]:
        """Execute as a cell, which must not fail; return the bundles it shows."""
        reply, outputs = self.run(code, cell_id)
        assert reply["status"] == "ok", reply
        return [one["data"] for one in outputs if one["type"] in ("execute_result", "display_data")]

    def value(self, expression: str) -> str:
        """Return what an expression prints."""
        _, outputs = self.run(f"print({expression})")
        return "".join(one["text"] for one in outputs if one["type"] == "stream").strip()

    def complete(self, code: str) -> list[str]:
        """Complete at the end of the code."""
        content = self.reply(self.client.complete(code, len(code)))
        return [code[: content["cursor_start"]] + match for match in content["matches"]]

    def send(self, code: str, cell_id: str | None = None) -> str:
        """Begin a cell without waiting for it; return what :meth:`messages` and :meth:`reply` are asked with."""
        self.client.session.metadata = {} if cell_id is None else {"cellId": cell_id}
        return str(self.client.execute(code))

    def messages(self, sent: str) -> Iterator[Message]:
        """Yield what a request brings, until the kernel has done it."""
        while True:
            message = self.client.get_iopub_msg(timeout=SILENCE_SECONDS)
            if message["parent_header"].get("msg_id") != sent:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return
            yield message

    def until(self, last: Callable[[Message], bool]) -> Message:
        """Wait for a message, whatever brings it."""
        while not last(message := self.client.get_iopub_msg(timeout=SILENCE_SECONDS)):
            pass
        return dict(message)

    def until_printed(self, text: str) -> None:
        """Wait until a cell prints something."""
        self.until(lambda one: one["msg_type"] == "stream" and text in one["content"]["text"])

    def reply(self, sent: str) -> Message:
        """Wait for the answer to a request."""
        while True:
            reply = self.client.get_shell_msg(timeout=SILENCE_SECONDS)
            if reply["parent_header"].get("msg_id") == sent:
                return dict(reply["content"])


@contextmanager
def started(root: Path, notebook: str | None = None, **environment: str) -> Iterator[Kernel]:
    """Start a kernel as a Jupyter server does for a notebook of the folder, and kill it at the end."""
    from jupyter_client.manager import start_new_kernel

    named = {"JPY_SESSION_NAME": str(root / notebook)} if notebook else {}
    inherited = {key: value for key, value in os.environ.items() if key not in _OF_THIS_PROCESS}
    env = {**inherited, "IPYTHONDIR": str(root / ".ipython"), **named, **environment}
    manager, client = start_new_kernel(startup_timeout=180, cwd=str(root), env=env)
    try:
        yield Kernel(manager, client, root)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@contextmanager
def in_workspace(template: Path, root: Path, **environment: str) -> Iterator[Kernel]:
    """Start a kernel of ``flights.ipynb`` in a folder with a fresh workspace."""
    shutil.copytree(template, root / ".mlnb")
    with started(root, "flights.ipynb", MLNB_WORKSPACE=str(root / ".mlnb"), MLNB_USER="ada", **environment) as kernel:
        yield kernel

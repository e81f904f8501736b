"""The folder of a run in the background: what it executes, what it has printed, how far its cells are.

``input.ipynb`` is the notebook as it was when the run was asked for, ``sent.pkl`` what it was sent, ``environment.lock`` the packages it
wants; ``executed.ipynb`` is the copy with
outputs, ``log.txt`` what the cells printed, as it comes; ``cells.json`` says where they stand, ``kernel.json`` and
``kernel_process.json`` are the kernel's, ``worker.log`` and ``kernel.log`` what the two processes themselves wrote.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.files import storage_errors
from mlnb.core.notebooks.driver import SOCKETS
from mlnb.core.processes import ProcessIdentity

from ..records_background import CellState, LogPart

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

#: Bytes of a log beyond which it is no longer written; what is kept with the run has its beginning and its end.
MOST_LOG_BYTES = 64 * 2**20


class RunFolder:
    """Files of one run.

    Parameters
    ----------
    ground
        The workspace's stores.
    run_id
        Of the run.
    """

    def __init__(self, ground: Ground, run_id: str) -> None:
        self.path = ground.path / "background" / run_id
        self._files = ground.files
        self.input = self.path / "input.ipynb"
        self.executed = self.path / "executed.ipynb"
        self.sent = self.path / "sent.pkl"
        self.lock = self.path / "environment.lock"
        self.log = self.path / "log.txt"
        self.worker_log = self.path / "worker.log"

    def make(self) -> None:
        """Make the folder, which nobody else on this computer looks into: it has what runs print and what they were sent."""
        with storage_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.mkdir(mode=0o700, exist_ok=True)

    def write(self, contents: dict[str, bytes | str]) -> None:
        """Write files whole."""
        for name, content in contents.items():
            self._files.write_atomic(self.path / name, content, mode=0o600)

    # -- the kernel --------------------------------------------------------------------------------------------------------

    def note_kernel(self, process: ProcessIdentity | None) -> None:
        """Write down which process the kernel is: whoever finds the worker gone must be able to end it."""
        if process is not None:
            self.write({"kernel_process.json": json.dumps(asdict(process))})

    def kernel(self) -> ProcessIdentity | None:
        """Return the kernel's process, None before there is one."""
        with contextlib.suppress(OSError, ValueError, TypeError):
            return ProcessIdentity(**json.loads((self.path / "kernel_process.json").read_text(encoding="utf-8")))
        return None

    def remove_sockets(self) -> None:
        """Remove the sockets of a kernel whose driver was killed; a driver that ends by itself does so."""
        with contextlib.suppress(OSError, ValueError):
            found = json.loads((self.path / "kernel.json").read_text(encoding="utf-8"))
            place = Path(str(found.get("ip", ""))).parent
            if found.get("transport") == "ipc" and place.name.startswith(SOCKETS):
                shutil.rmtree(place, ignore_errors=True)

    # -- cells -------------------------------------------------------------------------------------------------------------

    def write_cells(self, cells: Sequence[CellState]) -> None:
        """Write where the cells stand; not synchronised to disk, because the next state follows soon."""
        beside = self.path / f".cells.{os.getpid()}"
        beside.write_text(json.dumps([cell.model_dump() for cell in cells]), encoding="utf-8")
        os.replace(beside, self.path / "cells.json")

    def cells(self) -> list[CellState]:
        """Return where the cells stand."""
        with contextlib.suppress(OSError, ValueError):
            found: list[dict[str, Any]] = json.loads((self.path / "cells.json").read_text(encoding="utf-8"))
            return [CellState(**item) for item in found]
        return []

    # -- the log -----------------------------------------------------------------------------------------------------------

    def log_bytes(self) -> int:
        """Return how long the log is."""
        with contextlib.suppress(OSError):
            return self.log.stat().st_size
        return 0

    def read_log(self, offset: int, limit: int) -> bytes | None:
        """Return a part of the log; None when the folder is gone."""
        try:
            with open(self.log, "rb") as file:
                file.seek(offset)
                return file.read(limit)
        except OSError:
            return b"" if self.path.is_dir() else None


def log_part(content: bytes, offset: int, total: int, *, done: bool) -> LogPart:
    """Return bytes of a log as a part, without a character cut in half at its end."""
    if offset + len(content) < total or not done:
        content = content[: _whole(content)]
    text = content.decode("utf-8", "replace")
    following = offset + len(content)
    return LogPart(text=text, offset=offset, next_offset=following, total=total, done=done and following >= total)


def _whole(content: bytes) -> int:
    """Return how many bytes make whole characters."""
    for back in range(1, min(4, len(content)) + 1):
        byte = content[-back]
        if byte < 0x80:
            break
        if byte >= 0xC0:  # the first byte of a character says how many there are
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(content) - back if length > back else len(content)
    return len(content)


class LogWriter:
    """Appends to the log of a run, at once, until it is too long for a disk."""

    def __init__(self, path: Path) -> None:
        self._file = open(path, "ab", buffering=0)  # noqa: SIM115 - open as long as the run
        self._room = MOST_LOG_BYTES - self._file.tell()

    def write(self, text: str) -> None:
        """Append text."""
        if self._room <= 0:
            return
        content = text.encode("utf-8", "replace")
        self._room -= len(content)
        if self._room <= 0:
            content += b"\n... the log ends here: it is too long ...\n"
        self._file.write(content)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

"""Which process and which kernel a run lives in."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

from mlnb.core.processes import ProcessIdentity, current_process

#: Tag that names the process: all that is known of a run whose process is killed before its session is written.
PROCESS_TAG = "mlnb.process"
_CONNECTION = re.compile(r"kernel-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.json")


def process_text() -> str:
    """Return the identity of this process, as a tag holds it."""
    return _process_text(os.getpid())


@lru_cache(maxsize=1)
def _process_text(_: int) -> str:  # asked anew in a process that was forked
    return json.dumps(asdict(current_process()))


def process_in(text: str | None) -> ProcessIdentity | None:
    """Return the process that a tag names; None when it names none."""
    try:
        return ProcessIdentity(**json.loads(text or ""))
    except (ValueError, TypeError):
        return None


def kernel_id() -> str | None:
    """Return the id that a Jupyter server gave this kernel; None outside of one.

    The server names the kernel's connection file by it, and that file is all a kernel is told.
    """
    module = sys.modules.get("ipykernel.kernelapp")
    if module is None or not module.IPKernelApp.initialized():
        return None
    found = _CONNECTION.fullmatch(Path(module.IPKernelApp.instance().connection_file).name)
    return found[1] if found else None

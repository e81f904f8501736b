"""Where a run's code stands: the notebook or script, and its text."""

from __future__ import annotations

import hashlib
import linecache
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any


@dataclass(frozen=True)
class Cell:
    """What only a notebook host knows of the code it is about to run.

    Attributes
    ----------
    source
        The cell's text without its magic line.
    namespace
        The variables the cell sees and changes.
    cell_id, execution_count
        As the host counts them.
    python
        The text with the host's own syntax (``%time``, ``!ls``) turned into Python; the text itself by default.
    """

    source: str
    namespace: Mapping[str, Any]
    cell_id: str | None = None
    execution_count: int | None = None
    python: str | None = None


def code_sha256(source: str) -> str:
    """Return the hash by which a cell is recognised."""
    return hashlib.sha256(source.encode()).hexdigest()


def calling_code() -> tuple[str | None, str | None]:
    """Return text and file of the code that called into mlnb: a script, a module, or a cell (which has no file).

    IPython keeps a cell's lines in ``linecache`` for its tracebacks, which is why no IPython is needed to find them.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _is_ours(frame):
        frame = frame.f_back
    if frame is None:
        return None, None
    name = frame.f_code.co_filename
    text = "".join(linecache.getlines(name, frame.f_globals)) or None
    return text, name if os.path.isfile(name) and "ipykernel_" not in name else None


def _is_ours(frame: FrameType) -> bool:
    module = str(frame.f_globals.get("__name__", ""))
    return module == "contextlib" or module.split(".")[0] == "mlnb"


def relative_path(path: str | os.PathLike[str], root: Path) -> str:
    """Return a path as seen from the notebook root, or as it is when it lies elsewhere."""
    full = Path(path) if os.path.isabs(path) else Path.cwd() / path
    try:
        return full.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return os.fspath(path)

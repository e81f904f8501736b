"""Where a run's code stands: the notebook or script, its text, and the repository around it."""

from __future__ import annotations

import hashlib
import linecache
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from ..records import RunGit

#: Seconds that git may take; a repository on a slow disk must not hold a run up.
GIT_TIMEOUT_S = 2.0


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


class GitProbe:
    """Asks git in the background, so that a run need not wait for it to begin.

    One command answers everything: the porcelain status with branch lines.

    Parameters
    ----------
    folder
        Folder of the notebook or script.
    """

    def __init__(self, folder: Path) -> None:
        self._answer: RunGit | None = None
        self._process: subprocess.Popen[str] | None = None
        try:
            self._process = subprocess.Popen(
                ["git", "status", "--porcelain=v2", "--branch", "--untracked-files=no", "--ignore-submodules"],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                # an editor's lock must not be waited for, nor an index written by us
                env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
            )
        except OSError:  # no git here
            self._answer = RunGit()

    def result(self) -> RunGit:
        """Return the state of the repository; empty outside one, or when git took too long."""
        if self._answer is None and self._process is not None:
            try:
                text, _ = self._process.communicate(timeout=GIT_TIMEOUT_S)
                self._answer = parse_status(text) if self._process.returncode == 0 else RunGit()
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.communicate()
                self._answer = RunGit()
        return self._answer or RunGit()


def parse_status(text: str) -> RunGit:
    """Read ``git status --porcelain=v2 --branch``."""
    head: dict[str, str] = {}
    dirty = False
    for line in text.splitlines():
        if line.startswith("# branch."):
            key, _, value = line[len("# branch.") :].partition(" ")
            head[key] = value
        elif line and not line.startswith("#"):
            dirty = True
    commit = head.get("oid")
    branch = head.get("head")
    return RunGit(
        commit=None if commit in (None, "(initial)") else commit,
        branch=None if branch in (None, "(detached)") else branch,
        dirty=dirty,
    )

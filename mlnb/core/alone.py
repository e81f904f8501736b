"""Work that one process does at a time, and folders that are made whole or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from .files import storage_errors

#: Says that a folder was made to its end.
COMPLETE = "complete"
_LOOK_S = 0.3


@contextlib.contextmanager
def alone(path: Path, waits: Callable[[], None] | None = None) -> Iterator[None]:
    """Let one process at a time in; the lock of one that is killed is free again.

    Parameters
    ----------
    path
        The lock's file. It stays: one that waits holds on to it.
    waits
        Called now and then while another is inside; what it raises ends the waiting.
    """
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a")
    with file:
        if waits is None:
            fcntl.flock(file, fcntl.LOCK_EX)
        else:
            while not _is_taken(file.fileno()):
                waits()
                time.sleep(_LOOK_S)
        yield


def make_once(folder: Path, make: Callable[[], None], waits: Callable[[], None] | None = None) -> None:
    """Fill a folder unless that was done; what one that failed or was killed has left is made anew.

    Parameters
    ----------
    folder
        What is made. Its time of completion is renewed each time it is asked for.
    make
        Makes it.
    waits
        As of `alone`: of those that want the same folder one makes it.
    """
    mark = folder / COMPLETE
    with alone(lock_of(folder), waits):
        if not mark.exists():
            shutil.rmtree(folder, ignore_errors=True)
            try:
                make()
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
        mark.touch()


def lock_of(path: Path) -> Path:
    """Return the lock's file of something that is made."""
    return path.with_name(f".{path.name}.lock")


def _is_taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True

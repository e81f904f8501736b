"""Locks of tables: a commit that takes files away is alone, commits that only add may be many.

The Delta library lets commits race and checks for conflicts when they end. That check does not see everything: an overwrite, a DELETE of
all rows or a compaction that began before another compaction ended would leave rows twice. And an append fails when rows were deleted
while it was writing. So writers of one workspace take turns here; engines outside still meet the library's check.

A lock is an advisory one of the operating system on a file per location: it ends with its process, however that ends.
"""

from __future__ import annotations

import fcntl
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import IO

from mlnb.core.files import storage_errors

from ..errors import ConcurrentWriteError

#: Seconds a writer waits for another one.
WAIT_S = 600.0

#: Seconds for which one that waits to be alone keeps others from beginning; then those get their turn.
_GATE_S = 5.0

#: Locations this context holds alone: what it calls, in other threads too, does not wait for itself.
_mine: ContextVar[frozenset[str]] = ContextVar("mlnb_table_locks", default=frozenset())


class Locks:
    """The locks of one workspace's tables.

    Parameters
    ----------
    folder
        Where the lock files lie; made when needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def shared(self, location: str) -> Iterator[None]:
        """Hold a location together with others that only add to it."""
        if location in _mine.get():
            yield
            return
        deadline = time.monotonic() + WAIT_S
        with self._file(location, "lock") as lock:
            with self._file(location, "gate") as gate:
                _take(gate, fcntl.LOCK_EX, deadline)
                _take(lock, fcntl.LOCK_SH, deadline)
            yield

    @contextmanager
    def exclusive(self, location: str, *, wait: bool = True) -> Iterator[bool]:
        """Hold a location alone; yields False, without holding it, when another one does and ``wait`` is not wanted.

        Raises
        ------
        ConcurrentWriteError
            When others did not end within ten minutes.
        """
        held = _mine.get()
        if location in held:
            yield True
            return
        with self._file(location, "lock") as lock:
            if wait:
                self._alone(location, lock)
            elif not _try(lock, fcntl.LOCK_EX):
                yield False
                return
            token = _mine.set(held | {location})
            try:
                yield True
            finally:
                _mine.reset(token)

    def _alone(self, location: str, lock: IO[str]) -> None:
        deadline = time.monotonic() + WAIT_S
        while True:
            with self._file(location, "gate") as gate:
                _take(gate, fcntl.LOCK_EX, deadline)
                end = min(time.monotonic() + _GATE_S, deadline)
                while not _try(lock, fcntl.LOCK_EX):
                    if time.monotonic() >= end:
                        break
                    time.sleep(0.005)
                else:
                    return
            if time.monotonic() >= deadline:
                raise _busy()
            time.sleep(0.05)

    def busy(self, location: str) -> bool:
        """Return whether somebody holds a location alone just now."""
        with self._file(location, "lock") as lock:
            return not _try(lock, fcntl.LOCK_SH)

    def forget(self, location: str) -> None:
        """Delete the lock files of a location that nobody will write again."""
        for suffix in ("lock", "gate"):
            self._path(location, suffix).unlink(missing_ok=True)

    def _path(self, location: str, suffix: str) -> Path:
        return self._folder / f"{hashlib.sha256(location.encode()).hexdigest()[:20]}.{suffix}"

    @contextmanager
    def _file(self, location: str, suffix: str) -> Iterator[IO[str]]:
        path = self._path(location, suffix)
        with storage_errors(path):
            try:
                stream = path.open("a")
            except FileNotFoundError:
                path.parent.mkdir(parents=True, exist_ok=True)
                stream = path.open("a")
        with stream:  # closing it frees the lock
            yield stream


def _try(stream: IO[str], how: int) -> bool:
    try:
        fcntl.flock(stream, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _take(stream: IO[str], how: int, deadline: float) -> None:
    pause = 0.001
    while not _try(stream, how):
        if time.monotonic() >= deadline:
            raise _busy()
        time.sleep(pause)
        pause = min(pause * 2, 0.05)


def _busy() -> ConcurrentWriteError:
    return ConcurrentWriteError(
        f"Another writer has been changing the table for {WAIT_S / 60:.0f} minutes.",
        hint="Nothing was written. Wait until it ends, then run this again.",
    )

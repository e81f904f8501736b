"""Answers that hold until somebody commits to MLflow's store."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")

#: Answers kept; an order of 10,000 runs takes about 1 MB.
_MOST = 24
#: Curves kept, and for how many seconds: a value that is logged later for an earlier step does not change the newest one.
_MOST_CURVES, _SECONDS = 300, 60.0


class UntilChanged:
    """Keeps answers from an SQLite file until its content changes, whichever process changes it.

    ``PRAGMA data_version`` on one kept connection tells, at the cost of reading the file's first page. A server's database is not
    watched: nothing is kept of it.

    Parameters
    ----------
    file
        The database; None for a server's.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._watch: tuple[int, sqlite3.Connection] | None = None
        self._kept: OrderedDict[Hashable, tuple[Hashable, object]] = OrderedDict()
        self._making: dict[Hashable, threading.Event] = {}

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the answer kept under a key, or a new one; of those who ask at the same time one makes it."""
        version = self._version()
        if version is None:
            return make()
        while True:
            with self._lock:
                found = self._kept.get(key)
                if found is not None and found[0] == version:
                    self._kept.move_to_end(key)
                    return found[1]  # type: ignore[return-value]
                other = self._making.get((key, version))
                if other is None:
                    mine = self._making[key, version] = threading.Event()
                    break
            other.wait()
        try:
            made = make()  # what is committed meanwhile makes the version, taken before, out of date: never the answer
            with self._lock:
                self._kept[key] = (version, made)
                self._kept.move_to_end(key)
                while len(self._kept) > _MOST:
                    self._kept.popitem(last=False)
            return made
        finally:
            with self._lock:
                del self._making[key, version]
            mine.set()

    def _version(self) -> Hashable | None:
        if self._file is None:
            return None
        with self._lock:
            try:
                inode = self._file.stat().st_ino
                if self._watch is None or self._watch[0] != inode:
                    self.close()
                    uri = f"{self._file.resolve().as_uri()}?mode=ro"
                    self._watch = inode, sqlite3.connect(uri, uri=True, timeout=30.0, check_same_thread=False)
                return inode, int(self._watch[1].execute("PRAGMA data_version").fetchone()[0])
            except (OSError, sqlite3.Error):  # not there yet, or unreadable: who reads it says so
                return None

    def close(self) -> None:
        """Close the kept connection."""
        if self._watch is not None:
            self._watch[1].close()
            self._watch = None


class WhileSame(Generic[T]):
    """Keeps answers for a minute as long as what they were made of is the same.

    A chart of twenty runs, of which one goes on, is asked for every second; nineteen of its curves are what they were.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[Hashable, float, T]] = OrderedDict()

    def get(self, key: Hashable, state: Hashable, make: Callable[[], T]) -> T:
        """Return the answer kept under a key for a state, or a new one."""
        now = time.monotonic()
        with self._lock:
            found = self._kept.get(key)
            if found is not None and found[0] == state and now - found[1] < _SECONDS:
                self._kept.move_to_end(key)
                return found[2]
        made = make()
        with self._lock:
            self._kept[key] = (state, now, made)
            self._kept.move_to_end(key)
            while len(self._kept) > _MOST_CURVES:
                self._kept.popitem(last=False)
        return made

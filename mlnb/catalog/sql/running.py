"""Statements that run: they can be cancelled from anywhere, and after a second they say how far they are.

DuckDB and the Delta writer compute outside the interpreter, where Python's main thread hears no Ctrl+C. What is started from the main
thread therefore runs in another thread while the main thread waits, and a Ctrl+C there ends the statement.
"""

from __future__ import annotations

import contextlib
import contextvars
import os
import queue
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from mlnb.core.caller import client_left

from ..errors import SqlError

if TYPE_CHECKING:
    import duckdb

    from mlnb.core.progress import Progress

    from ..records import TableVersion

T = TypeVar("T")

#: ``(share done from 0 to 1, or None when unknown; seconds so far)``.
OnProgress = Callable[[float | None, float], None]

#: Seconds after which progress is reported, and between two reports.
QUIET_S = 1.0
REPORT_S = 0.5

#: Seconds a cancelled statement gets to end before Ctrl+C is answered anyway.
_GRACE_S = 10.0

#: The statement that the current code belongs to.
_current: ContextVar[Running | None] = ContextVar("mlnb_statement", default=None)


def current_statement() -> Running | None:
    """Return the statement that is being run in this context."""
    return _current.get()


def new_statement_id() -> str:
    """Return the id that a commit made here carries: the running statement's, else one of its own."""
    running = _current.get()
    return running.id if running is not None else str(uuid.uuid4())


class Running:
    """A statement from its start to its last row.

    Parameters
    ----------
    id
        The statement's id.
    on_progress
        Called in the main thread while it waits.
    """

    def __init__(self, id: str, on_progress: OnProgress | None = None) -> None:
        self.id = id
        self.started = time.monotonic()
        self.cancelled = False
        self.reported = False
        self.left = client_left()
        #: Names of the data frames it read.
        self.frames: list[str] = []
        #: The views it went through.
        self.views: list[TableVersion] = []
        self._on_progress = on_progress
        self._cursors: list[duckdb.DuckDBPyConnection] = []
        self._lock = threading.Lock()

    def attach(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Add a cursor that computes for this statement."""
        with self._lock:
            self._cursors.append(cursor)
        self.check()

    def detach(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Forget a cursor."""
        with self._lock:
            self._cursors = [one for one in self._cursors if one is not cursor]

    def cancel(self) -> None:
        """End the statement: what computes is interrupted, what has not started does not start."""
        self.cancelled = True
        with self._lock:
            for cursor in self._cursors:
                with contextlib.suppress(Exception):  # it ended just now
                    cursor.interrupt()

    def check(self) -> None:
        """Raise when the statement was cancelled."""
        if self.cancelled:
            raise cancelled()

    @property
    def done(self) -> float | None:
        """The share that is done, as far as DuckDB knows."""
        with self._lock:
            for cursor in reversed(self._cursors):
                with contextlib.suppress(Exception):
                    share = float(cursor.query_progress())
                    if share >= 0:
                        return min(share, 1.0)
        return None

    def call(self, work: Callable[[], T]) -> T:
        """Do a part of the statement, so that Ctrl+C in the main thread ends it."""
        if threading.current_thread() is not threading.main_thread():
            with self.active():
                return work()
        return self._beside(work)

    def _beside(self, work: Callable[[], T]) -> T:
        """Work in another thread while this one waits, listens and reports."""
        answer: list[T] = []
        failure: list[BaseException] = []
        ended = threading.Event()
        context = contextvars.copy_context()

        def target() -> None:
            try:
                with self.active():
                    answer.append(work())
            except BaseException as error:
                failure.append(error)

        handed = False
        try:
            helper = _idle.pop() if _idle else _Helper()
            handed = True
            helper.do(partial(context.run, target), ended)
            self._wait(ended)
        except BaseException:  # Ctrl+C, at any line; also what a progress callback raises
            if handed:
                self._give_up(ended)
            raise
        if failure:
            raise failure[0]
        return answer[0]

    def _wait(self, ended: threading.Event) -> None:
        if ended.wait(max(QUIET_S - (time.monotonic() - self.started), 0.05)):
            return
        while True:
            if self._on_progress is not None:
                self._on_progress(self.done, time.monotonic() - self.started)
            if ended.wait(REPORT_S):
                return

    def _give_up(self, ended: threading.Event) -> None:
        """Cancel until it has ended: an interrupt that comes between two queries of a statement is not heard."""
        deadline = time.monotonic() + _GRACE_S
        while not ended.is_set() and time.monotonic() < deadline:
            self.cancel()
            ended.wait(0.1)

    @contextlib.contextmanager
    def active(self) -> Iterator[None]:
        """Make this the statement that the code inside belongs to."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)


class _Helper:
    """A thread that works while the main thread waits, and stays for the next piece: in a new one DuckDB begins with no memory of its own."""

    def __init__(self) -> None:
        self._given: queue.SimpleQueue[tuple[Callable[[], None], threading.Event]] = queue.SimpleQueue()
        threading.Thread(target=self._serve, name="mlnb-sql", daemon=True).start()

    def do(self, work: Callable[[], None], ended: threading.Event) -> None:
        """Start a piece of work, which may not raise; ``ended`` is set behind it."""
        self._given.put((work, ended))

    def _serve(self) -> None:
        while True:
            work, ended = self._given.get()
            work()
            stays = len(_idle) < _HELPERS
            if stays:
                _idle.append(self)  # first this, so that the next statement finds it
            ended.set()
            if not stays:
                return
            del work, ended  # with what was computed


#: Helpers without work, and how many may wait for some: more than one only after work was given up, or inside a progress callback.
_idle: list[_Helper] = []
_HELPERS = 2

os.register_at_fork(after_in_child=_idle.clear)  # a fork has none of its parent's threads


class Statements:
    """The running statements of a process, by id.

    Parameters
    ----------
    progress
        Where panels read how far a long one is.
    """

    def __init__(self, progress: Callable[[], Progress]) -> None:
        self._progress = progress
        self._running: dict[str, Running] = {}
        self._lock = threading.Lock()
        self._watcher: threading.Thread | None = None

    def start(self, id: str, on_progress: OnProgress | None = None) -> Running:
        """Note that a statement begins."""
        running = Running(id, on_progress)
        with self._lock:
            self._running[id] = running
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, name="mlnb-sql-watch", daemon=True)
                self._watcher.start()
        return running

    def end(self, running: Running) -> None:
        """Note that a statement has ended."""
        with self._lock:
            self._running.pop(running.id, None)
        if running.reported:
            self._tell_end(running)

    def _tell_end(self, running: Running) -> None:
        with contextlib.suppress(Exception):
            self._progress().put(_subject(running), "CANCELLED" if running.cancelled else "FINISHED", 1, 1)

    def get(self, id: str) -> Running | None:
        """Return a running statement."""
        with self._lock:
            return self._running.get(id)

    def all(self) -> list[Running]:
        """Return the running statements, the oldest first."""
        with self._lock:
            return list(self._running.values())

    def _watch(self) -> None:
        """Write down how far the long ones are, and see to it that cancelled ones end; goes after a while without any."""
        idle = 0.0
        while True:
            time.sleep(REPORT_S)
            with self._lock:
                idle = 0.0 if self._running else idle + REPORT_S
                if idle > 30:
                    self._watcher = None
                    return
            for running in self.all():
                if running.cancelled or (running.left is not None and running.left.is_set()):
                    running.cancel()  # again: an interrupt that comes between two queries of a statement is not heard
                seconds = time.monotonic() - running.started
                if seconds >= QUIET_S and self.get(running.id) is running:
                    running.reported = True
                    share = running.done
                    # Progress helps, and may not disturb: a locked metastore is no reason to stop a query.
                    with contextlib.suppress(Exception):
                        self._progress().put(
                            _subject(running), "RUNNING", share or 0, 0 if share is None else 1, f"{seconds:.0f} s"
                        )
                    if self.get(running.id) is not running:  # it ended while this was written
                        self._tell_end(running)


def _subject(running: Running) -> str:
    return f"statement:{running.id}"


def cancelled() -> SqlError:
    """Return the error of a statement that was cancelled."""
    return SqlError("The statement was cancelled.", code="CANCELLED", hint="Nothing was written.")

"""Worker threads for calls: quick ones and slow ones apart, queues that say no instead of growing, and nothing that delays an exit."""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from mlnb.server.errors import TooManyRequestsError

T = TypeVar("T")
_Job = tuple["Future[Any]", Callable[[], Any]]


class Pool:
    """A fixed number of threads behind a bounded queue.

    Unlike the standard library's pool its threads are daemons: a server that is told to stop must not wait for a query. They start
    when the first call comes and end when idle, so a pool that is not used costs nothing.

    Parameters
    ----------
    name
        Prefix of the threads' names.
    threads
        How many calls run at once.
    waiting
        How many may wait beyond those; the next one is refused.
    """

    IDLE_SECONDS = 60.0

    def __init__(self, name: str, threads: int, waiting: int) -> None:
        self.name = name
        self.threads = threads
        self._most = threads + waiting
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._alive = 0
        self._outstanding = 0

    def submit(self, call: Callable[[], T]) -> Future[T]:
        """Queue a call; a future cancelled before it starts never runs.

        Raises
        ------
        TooManyRequestsError
            When the queue is full.
        """
        future: Future[T] = Future()
        context = contextvars.copy_context()
        with self._lock:
            if self._outstanding >= self._most:
                raise TooManyRequestsError(
                    "All workers are busy and the queue is full.",
                    hint="Wait for running work to end, then repeat the call.",
                )
            self._outstanding += 1
            self._jobs.put((future, lambda: context.run(call)))
            if self._alive < min(self.threads, self._outstanding):
                self._alive += 1
                threading.Thread(target=self._work, name=f"mlnb-{self.name}", daemon=True).start()
        return future

    def _work(self) -> None:
        while True:
            try:
                future, call = self._jobs.get(timeout=self.IDLE_SECONDS)
            except queue.Empty:
                with self._lock:
                    if self._jobs.empty():
                        self._alive -= 1
                        return
                continue
            if future.set_running_or_notify_cancel():
                try:
                    result = call()
                except BaseException as error:
                    self._finished()
                    future.set_exception(error)
                else:
                    self._finished()
                    future.set_result(result)
                    del result
            else:
                self._finished()
            del future, call

    def _finished(self) -> None:
        with self._lock:
            self._outstanding -= 1

"""The inference log: every request in the platform's payload table and every scored row, typed, in a second one.

A writer thread takes what has gathered and puts it into the catalog's spools as two batches, so all requests that wait share one
write to disk. With ``durable`` the answer waits for that write: an acknowledged request is then never missing, whatever is killed. The
spool's flusher commits each batch to Delta exactly once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol

from .payload import QUEUE_FULL, Entry, Served, payload_batch, rows_batch

if TYPE_CHECKING:
    import pyarrow as pa

log = logging.getLogger("mlnb.serving.log")

Done = Callable[[BaseException | None], None]


class LogFullError(Exception):
    """More waits to be written than may; the request is not answered rather than answered unlogged."""


class SpoolLike(Protocol):
    """What the log needs of the catalog's spool."""

    def put(self, data: Any) -> Any:
        """Store a batch so that it survives this process."""


class InferenceLog:
    """Writes entries to the two spools from a thread of its own.

    Parameters
    ----------
    payload, rows
        Spools of the two tables.
    served
        What is the same for every request.
    durable
        Entries are written at once and their ``done`` is called after the write; otherwise they are gathered for ``flush_ms``.
    queue_bytes
        Limit of what may wait. Beyond it a durable log refuses; another one drops the bodies, and at twice the limit the entries,
        which it counts.
    """

    def __init__(
        self,
        payload: SpoolLike,
        rows: SpoolLike,
        served: Served,
        *,
        durable: bool,
        flush_ms: int = 250,
        queue_bytes: int = 64 << 20,
    ) -> None:
        self._payload = payload
        self._rows = rows
        self._served = served
        self._durable = durable
        self._flush_s = flush_ms / 1000
        self._queue_bytes = queue_bytes
        self._lock = threading.Condition()
        self._waiting: list[tuple[Entry, Done | None]] = []
        self._bytes = 0
        self._closed = False
        self.dropped = 0
        # The two tables' spools are two files: waiting for both disks' writes at once halves what durability costs.
        self._helper = ThreadPoolExecutor(1, thread_name_prefix="inference-log-rows")
        self._thread = threading.Thread(target=self._run, name="inference-log", daemon=True)
        self._thread.start()

    def submit(self, entry: Entry, done: Done | None = None) -> None:
        """Hand an entry over; ``done`` is called from the writer's thread once it is stored, with the error if it could not be.

        Raises
        ------
        LogFullError
            When the log is durable and its queue full.
        """
        size = entry.size
        with self._lock:
            if self._bytes + size > self._queue_bytes:
                if self._durable:
                    raise LogFullError("the queue of the inference log is full")
                if self._bytes > 2 * self._queue_bytes:
                    self.dropped += 1
                    return
                entry.request = entry.response = None
                entry.codes = [*entry.codes, QUEUE_FULL]
                size = entry.size
            self._bytes += size
            self._waiting.append((entry, done))
            self._lock.notify()

    def close(self, timeout: float = 10.0) -> None:
        """Write what waits and stop."""
        with self._lock:
            self._closed = True
            self._lock.notify()
        self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            with self._lock:
                while not self._waiting and not self._closed:
                    self._lock.wait()
                if not self._durable and not self._closed:
                    self._lock.wait_for(lambda: self._closed or self._bytes > self._queue_bytes // 4, self._flush_s)
                taken, self._waiting = self._waiting, []
                self._bytes = 0
                closed = self._closed
            if taken:
                self._write(taken)
            elif closed:
                return

    def _write(self, taken: Sequence[tuple[Entry, Done | None]]) -> None:
        failure = self._put([entry for entry, _ in taken])
        if failure is not None and not self._durable:
            self.dropped += len(taken)
        for _, done in taken:
            if done is not None:
                done(failure)

    def _put(self, entries: Sequence[Entry]) -> Exception | None:
        """Store both batches at the same time; without ``durable`` nobody waits, so what failed is tried again, and only that."""
        try:
            payload: pa.RecordBatch | None = payload_batch(entries, self._served)
            rows = rows_batch(entries, self._served)
        except Exception as error:
            log.exception("requests could not be written down")
            return error
        failure: Exception | None = None
        for attempt in range(1 if self._durable else 3):
            time.sleep(0.2 * attempt)
            second = self._helper.submit(_store, self._rows, rows)
            first_failure, second_failure = _store(self._payload, payload), second.result()
            payload = payload if first_failure else None
            rows = rows if second_failure else None
            failure = first_failure or second_failure
            if failure is None:
                return None
            log.error("the inference log could not be written: %s", failure)
        return failure


def _store(spool: SpoolLike, batch: pa.RecordBatch | None) -> Exception | None:
    """Put a batch if there is one; return what went wrong."""
    try:
        if batch is not None:
            spool.put(batch)
    except Exception as error:
        return error
    return None

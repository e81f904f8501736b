"""Statements for callers over HTTP: each runs in a worker process, and its result waits on disk until it is fetched.

A worker runs one statement at a time, with listed functions only and no files but those of volumes. A statement that is cancelled, or whose
worker dies, takes nobody else's with it. State and result lie in a folder per statement, so they survive the server that started them.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from mlnb.core.caller import client_left, current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidParameterError, InvalidStateError, NotFoundError, UnavailableError
from mlnb.core.records import Record

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

State = Literal["PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED", "CLOSED"]

#: Seconds that state and result are kept.
KEPT_S = 3600

#: Workers that run at once; further statements wait.
MAX_WORKERS = 4

#: Most statements that run or wait; more are refused.
MAX_OPEN = 100

#: Seconds an idle worker waits for the next statement.
IDLE_S = 300.0

#: Seconds a cancelled statement gets before its worker is killed.
_GRACE_S = 5.0

_ID = re.compile(r"[0-9a-f-]{36}\Z")


class ResultColumn(Record):
    """A column of a result, in the platform's types."""

    name: str
    type_text: str


class StatementRun(Record):
    """A statement and how it is: what a client polls.

    Attributes
    ----------
    chunks
        Rows of each chunk of the result.
    truncated
        Whether there were more rows than asked for.
    """

    id: str
    state: State
    principal: str
    submitted_at: int
    ended_at: int | None = None
    error_code: str | None = None
    message: str | None = None
    hint: str | None = None
    columns: list[ResultColumn] = Field(default_factory=list)
    chunks: list[int] = Field(default_factory=list)
    truncated: bool = False

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state not in ("PENDING", "RUNNING")


class Statements:
    """Runs statements in workers (``ws.catalog.statements``).

    Parameters
    ----------
    ground
        The workspace; it knows how a process of its own is started.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._folder = ground.path / "tmp" / "statements"
        self._lock = threading.Lock()
        self._running: dict[str, _Job] = {}
        self._idle: list[_Worker] = []
        self._slots = threading.BoundedSemaphore(MAX_WORKERS)

    def execute(
        self,
        statement: str,
        *,
        parameters: Sequence[Mapping[str, Any]] = (),
        catalog: str | None = None,
        schema: str | None = None,
        row_limit: int | None = None,
        wait_s: float = 10.0,
        on_timeout: Literal["CONTINUE", "CANCEL"] = "CONTINUE",
    ) -> StatementRun:
        """Start a statement, wait some seconds for its end and say how it is.

        Parameters
        ----------
        parameters
            ``{name, value, type}``; values are text or None, the type is STRING without one.
        row_limit
            At most this many rows; the run says whether there were more.
        on_timeout
            Whether a statement that has not ended after ``wait_s`` goes on or is cancelled.
        """
        if not statement.strip():
            raise InvalidParameterError("There is no statement.", hint="Write for example SELECT 1.")
        if row_limit is not None and row_limit < 1:
            raise InvalidParameterError("row_limit is at least 1.", hint="Leave it out to get all rows.")
        caller = current_caller()
        with self._lock:
            if len(self._running) >= MAX_OPEN:
                raise UnavailableError(
                    f"{MAX_OPEN} statements are running or waiting.",
                    code="REQUEST_LIMIT_EXCEEDED",
                    hint="Try again when some have ended.",
                )
        self._forget_old()
        run = StatementRun(id=str(uuid.uuid4()), state="PENDING", principal=caller.principal, submitted_at=now_ms())
        order = {
            "id": run.id,
            "statement": statement,
            "parameters": typed(parameters),
            "catalog": catalog,
            "schema": schema,
            "row_limit": row_limit,
            "principal": caller.principal,
            "groups": list(caller.groups),
            "request_id": caller.request_id,
            "folder": str(self._folder / run.id),
        }
        (self._folder / run.id).mkdir(parents=True)
        self._save(run)
        job = _Job(run, order)
        with self._lock:
            self._running[run.id] = job
        threading.Thread(target=self._work, args=(job,), name="mlnb-statement", daemon=True).start()
        if not self._wait(job, wait_s) and on_timeout == "CANCEL":
            self.cancel(run.id)
            job.ended.wait(_GRACE_S + 5)
        return job.run

    def _wait(self, job: _Job, seconds: float) -> bool:
        """Wait for the end of a statement; one whose client left is cancelled."""
        left, deadline = client_left(), time.monotonic() + seconds
        while not job.ended.wait(min(0.2, max(0.0, deadline - time.monotonic()))):
            if left is not None and left.is_set():
                self.cancel(job.run.id)
                return True
            if time.monotonic() >= deadline:
                return False
        return True

    def get(self, id: str) -> StatementRun:
        """Return how a statement is.

        Raises
        ------
        NotFoundError
            When it is not known, forgotten, or somebody else's.
        """
        with self._lock:
            job = self._running.get(id)
        run = job.run if job is not None else self._load(id)
        if run.principal != current_caller().principal:
            raise _unknown(id)
        if job is None and not run.ended:  # the server that ran it is gone, and its worker with it
            run = run.model_copy(
                update={"state": "FAILED", "error_code": "ABORTED", "message": "The server was stopped meanwhile."}
            )
        return run

    def chunk(self, id: str, index: int) -> list[list[str | None]]:
        """Return the rows of a chunk of a result, every value as text.

        Raises
        ------
        InvalidStateError
            When the statement has not succeeded.
        """
        run = self.get(id)
        if run.state != "SUCCEEDED":
            raise InvalidStateError(f"The statement is {run.state}.", hint="Its result exists when it is SUCCEEDED.")
        if not 0 <= index < len(run.chunks):
            raise NotFoundError(f"There is no chunk {index}.", hint=f"The result has {len(run.chunks)} chunks.")
        from .texts import rows_of

        return rows_of(self._folder / id / "result.arrow", index)

    def cancel(self, id: str) -> StatementRun:
        """End a statement; one that has ended stays as it is."""
        run = self.get(id)
        with self._lock:
            job = self._running.get(id)
        if job is not None:
            job.cancel()
        return job.run if job is not None else run

    def close(self) -> None:
        """End all workers."""
        with self._lock:
            workers = [*self._idle, *(job.worker for job in self._running.values() if job.worker is not None)]
            self._idle = []
        for worker in workers:
            worker.kill()

    # -- work --------------------------------------------------------------------------------------------------------------

    def _work(self, job: _Job) -> None:
        answer: dict[str, Any] = {
            "state": "CANCELED",
            "error_code": "CANCELLED",
            "message": "The statement was cancelled.",
        }
        try:
            with self._slots:
                if not job.cancelled:
                    worker = self._take()
                    if job.start(worker):
                        self._save(job.run)
                        answer = self._answer_of(worker, job, answer)
                    if worker.alive:
                        self._give(worker)
        except Exception as error:
            answer = {
                "state": "FAILED",
                "error_code": "INTERNAL_ERROR",
                "message": f"No worker could be started: {error}",
            }
        job.run = job.run.model_copy(update={**_checked(answer), "ended_at": now_ms()})
        self._save(job.run)
        with self._lock:
            self._running.pop(job.run.id, None)
        job.ended.set()

    @staticmethod
    def _answer_of(worker: _Worker, job: _Job, cancelled: dict[str, Any]) -> dict[str, Any]:
        """Run a statement in a worker, which belongs to nobody afterwards."""
        try:
            answer = worker.run(job.order)
        finally:
            job.leave()
        return cancelled if job.cancelled and not worker.alive else answer

    def _take(self) -> _Worker:
        while True:
            with self._lock:
                worker = self._idle.pop() if self._idle else None
            if worker is None:
                return _Worker([*self._ground.command, "--sql-worker"], self._ground.path / "logs" / "sql-worker.log")
            if worker.alive and time.monotonic() - worker.used < IDLE_S:
                return worker
            worker.kill()

    def _give(self, worker: _Worker) -> None:
        with self._lock:
            self._idle.append(worker)
            old = [one for one in self._idle if time.monotonic() - one.used > IDLE_S]
            self._idle = [one for one in self._idle if one not in old]
        for one in old:
            one.kill()

    # -- what is kept ------------------------------------------------------------------------------------------------------

    def _save(self, run: StatementRun) -> None:
        self._ground.files.write_atomic(self._folder / run.id / "state.json", run.model_dump_json())

    def _load(self, id: str) -> StatementRun:
        path = self._folder / id / "state.json"
        if not _ID.match(id) or not path.is_file():
            raise _unknown(id)
        return StatementRun.model_validate_json(path.read_text())

    def _forget_old(self) -> None:
        before = time.time() - KEPT_S
        for path in self._folder.iterdir() if self._folder.is_dir() else ():
            with self._lock:
                busy = path.name in self._running
            with contextlib.suppress(FileNotFoundError):  # another call forgets it, too
                if not busy and path.stat().st_mtime < before:
                    shutil.rmtree(path, ignore_errors=True)


class _Job:
    """A statement on its way."""

    def __init__(self, run: StatementRun, order: dict[str, Any]) -> None:
        self.run = run
        self.order = order
        self.worker: _Worker | None = None
        self.cancelled = False
        self.ended = threading.Event()
        self._lock = threading.Lock()

    def start(self, worker: _Worker) -> bool:
        """Take a worker; False when the statement was cancelled while it waited."""
        with self._lock:
            if self.cancelled:
                return False
            self.worker = worker
            self.run = self.run.model_copy(update={"state": "RUNNING"})
            return True

    def cancel(self) -> None:
        """Interrupt the worker; one that does not listen is killed. A worker that has gone on to another statement is left alone."""
        with self._lock:
            self.cancelled = True
            worker = self.worker
            if worker is not None:
                worker.interrupt()
        if worker is not None and not self.ended.wait(_GRACE_S):
            with self._lock:
                if self.worker is worker:
                    worker.kill()

    def leave(self) -> None:
        """Let go of the worker, which may run somebody else's statement from now on."""
        with self._lock:
            self.worker = None


class _Worker:
    """A process that runs statements, one after the other."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=out, start_new_session=True
            )
        self.used = time.monotonic()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def run(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Run a statement and return how it ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError:
            line = b""
        self.used = time.monotonic()
        if line:
            found: dict[str, Any] = json.loads(line)
            return found
        self._process.wait(10)
        return {
            "state": "FAILED",
            "error_code": "WORKER_DIED",
            "message": "The process that ran the statement ended.",
            "hint": "It may have run out of memory; select fewer rows or columns.",
        }

    def interrupt(self) -> None:
        if self.alive:
            os.kill(self._process.pid, signal.SIGINT)

    def kill(self) -> None:
        """End the process."""
        if self.alive:
            self._process.kill()
        self._process.wait(10)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


def _checked(answer: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in answer.items() if name in StatementRun.model_fields and name != "id"}
    found["columns"] = [ResultColumn(**column) for column in found.get("columns", ())]
    return found


def _unknown(id: str) -> NotFoundError:
    return NotFoundError(f"There is no statement {id!r}.", hint="Results are kept for an hour.")


def typed(parameters: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Check parameters: names, texts and types.

    Raises
    ------
    InvalidParameterError
        Naming the parameter that cannot be read as its type.
    """
    from .texts import value_of

    found = []
    for item in parameters:
        name = item.get("name")
        if not isinstance(name, str) or not name.isidentifier():
            raise InvalidParameterError(
                f"{name!r} is no name of a parameter.", hint="Parameters are :name in the text."
            )
        value_of(name, item.get("value"), str(item.get("type") or "STRING"))
        found.append({"name": name, "value": item.get("value"), "type": str(item.get("type") or "STRING")})
    return found

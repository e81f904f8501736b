"""The supervisor: one process that makes reality match the desired state in the metastore.

Endpoints, job runs and monitor refreshes must outlive a kernel and a Jupyter restart. They are rows; each stage hands a
:class:`Reconciler` down that knows how to make its rows true. The supervisor runs them, single by a lease, and may be killed at any
moment: what it started goes on, and the next supervisor adopts it.
"""

from __future__ import annotations

import abc
import logging
import os
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from .clock import now_ms
from .errors import UnavailableError
from .journal import Journal
from .leases import Lease, Leases
from .metastore import Metastore
from .processes import ProcessIdentity, current_process, is_alive, spawn, terminate, wait_until_gone
from .records import Record

LEASE = "supervisor"
LEASE_SECONDS = 15.0
#: How long a stop is waited for before it counts as failed, in seconds.
PATIENCE_S = 30.0
#: The same of a start: a machine that is busy, or reads its packages for the first time, takes long. One that dies is told at once.
START_PATIENCE_S = 180.0
#: Between two looks of a waiting caller at whether there still is a supervisor, in seconds.
ENSURE_S = 1.0

Found = TypeVar("Found")

log = logging.getLogger("mlnb.supervisor")


class Reconciler(abc.ABC):
    """Makes one kind of desired state true.

    ``tick`` runs in a thread of its own inside the supervisor, whenever the metastore changed and at least every ``period_ms``. It
    must tolerate being killed between any two instructions and being run again: read desired state, look at reality, do the next
    step. An exception is logged and the next tick tries again.
    """

    name: str = ""
    #: Milliseconds between ticks when nothing changes.
    period_ms: int = 1000

    @abc.abstractmethod
    def tick(self, now_ms: int) -> None:
        """Do what is due at ``now_ms``."""

    def finish(self) -> None:
        """Do what should not wait for the next supervisor: called once, after the last tick, when this one stops politely."""
        return


class SupervisorStatus(Record):
    """Whether a supervisor runs, its process id and since when (milliseconds)."""

    running: bool
    pid: int | None = None
    since: int | None = None
    host: str | None = None
    message: str = ""


class SupervisorError(UnavailableError):
    """The supervisor did not start or stop."""

    code = "SUPERVISOR_UNAVAILABLE"


class Supervisor:
    """Starts, stops and asks after the supervisor process (``ws.supervisor``).

    Parameters
    ----------
    command
        Program and arguments that run :func:`run_supervisor` for this workspace; the door knows them.
    log_path
        File that the process writes to.
    """

    def __init__(self, metastore: Metastore, command: Sequence[str], log_path: Path) -> None:
        self._leases = Leases(metastore)
        self._command = list(command)
        self.log_path = log_path

    def status(self) -> SupervisorStatus:
        """Return whether a supervisor runs."""
        lease = self._leases.get(LEASE)
        if lease is None or not lease.is_held():
            return SupervisorStatus(running=False)
        return SupervisorStatus(
            running=True, pid=lease.pid, since=lease.acquired_at, host=lease.host, message=lease.message
        )

    def start(self, *, wait: bool = True) -> SupervisorStatus:
        """Start the supervisor unless one runs already.

        Raises
        ------
        SupervisorError
            When it does not come up in time; the hint names its log.
        """
        status = self.status()
        if status.running:
            return status
        process = spawn(self._command, log_path=self.log_path)
        if not wait:
            return SupervisorStatus(running=False, pid=process.pid, message="starting")
        return self._wait_for(process)

    def ensure(self) -> SupervisorStatus:
        """Start the supervisor when none runs: what every service calls that writes desired state."""
        return self.start()

    def wait_until(
        self, look: Callable[[], Found | None], *, timeout: float | None = None, poll_s: float = 0.2
    ) -> Found | None:
        """Wait for work of the supervisor: look again and again, and start the next supervisor when one has died.

        Parameters
        ----------
        look
            Returns what was waited for, None while it is not there yet.
        timeout
            Seconds; None waits for ever.

        Returns
        -------
        What ``look`` returned, None when the time is over.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        checked = 0.0
        while True:
            found = look()
            if found is not None or (deadline is not None and time.monotonic() >= deadline):
                return found
            if time.monotonic() - checked >= ENSURE_S:
                self.ensure()
                checked = time.monotonic()
            time.sleep(poll_s if deadline is None else max(0.0, min(poll_s, deadline - time.monotonic())))

    def stop(self) -> SupervisorStatus:
        """Ask the supervisor to end. What it started goes on."""
        lease = self._leases.get(LEASE)
        if lease is None or not lease.is_held():
            return SupervisorStatus(running=False)
        self._leases.request_stop(LEASE)
        try:
            status = self._wait_for(None)
        except SupervisorError:
            if not terminate(lease.process):
                raise
            return SupervisorStatus(running=False)
        if not wait_until_gone(lease.process, timeout_s=PATIENCE_S):
            terminate(lease.process)
        return status

    def _wait_for(self, started: ProcessIdentity | None) -> SupervisorStatus:
        """Wait until a supervisor runs after one was started, or until none runs."""
        running = started is not None
        patience = START_PATIENCE_S if running else PATIENCE_S
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            gone = started is not None and not is_alive(started)
            # After the look at the process: one that another supervisor has made superfluous ends too.
            status = self.status()
            if status.running is running:
                return status
            if gone:
                raise SupervisorError("The supervisor ended while it started.", hint=f"Its log is {self.log_path}.")
            time.sleep(0.05)
        raise SupervisorError(
            f"The supervisor did not {'start' if running else 'stop'} within {patience:.0f} s.",
            hint=f"Its log is {self.log_path}.",
        )


class _Loop(threading.Thread):
    """Runs one reconciler until stopped."""

    def __init__(self, reconciler: Reconciler, stop: threading.Event) -> None:
        super().__init__(name=f"reconcile-{reconciler.name}", daemon=True)
        self._reconciler = reconciler
        self._halt = stop
        self.wake = threading.Event()

    def run(self) -> None:
        while not self._halt.is_set():
            self.wake.clear()
            try:
                self._reconciler.tick(now_ms())
            except Exception:
                log.exception("%s: a step failed; it is tried again", self._reconciler.name)
            self.wake.wait(self._reconciler.period_ms / 1000)

    def finish(self) -> None:
        """Let the reconciler finish, unless its last tick hangs."""
        if self.is_alive():
            log.warning("%s: its last step did not end in time", self._reconciler.name)
            return
        try:
            self._reconciler.finish()
        except Exception:
            log.exception("%s: finishing failed; the next supervisor goes on", self._reconciler.name)


def run_supervisor(
    metastore: Metastore,
    journal: Journal,
    reconcilers: Callable[[], Sequence[Reconciler]],
    *,
    lease_seconds: float = LEASE_SECONDS,
) -> int:
    """Run the supervisor in this process until it is stopped, loses its lease or receives SIGTERM.

    Returns
    -------
    int
        Exit code: 0 after a stop, 3 when another supervisor holds the lease.
    """
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    holder, leases = str(uuid.uuid4()), Leases(metastore)
    lease = leases.acquire(LEASE, holder, current_process(), seconds=lease_seconds)
    if lease is None:
        log.info("another supervisor runs; this one ends")
        return 3
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    journal.append("supervisor.started", "supervisor:main", {"pid": lease.pid, "host": lease.host})
    loops = [_Loop(reconciler, stop) for reconciler in reconcilers()]
    for loop in loops:
        loop.start()
    log.info("supervisor %s runs %s", lease.pid, ", ".join(loop.name for loop in loops) or "nothing")
    _keep(metastore, leases, holder, loops, stop, lease_seconds)
    stop.set()
    for loop in loops:
        loop.wake.set()
    for loop in loops:
        loop.join(timeout=5)
    for loop in loops:
        loop.finish()
    # The release comes last: whoever waits for it may remove the workspace right after.
    journal.append("supervisor.stopped", "supervisor:main", {"pid": lease.pid})
    leases.release(LEASE, holder)
    metastore.dispose()
    return 0


def _keep(
    metastore: Metastore,
    leases: Leases,
    holder: str,
    loops: Sequence[_Loop],
    stop: threading.Event,
    lease_seconds: float,
) -> None:
    """Renew the lease and wake the loops on changes, until asked to stop."""
    watch, renew_at = metastore.watch(), 0.0
    while not stop.is_set():
        try:
            if watch.wait(1.0, stop=stop, interval=0.25):
                for loop in loops:
                    loop.wake.set()
                if _is_stopped(leases.get(LEASE), holder):
                    return
            if time.monotonic() >= renew_at:
                if not metastore.exists():
                    log.info("the workspace was removed; nothing is left to supervise")
                    os._exit(0)  # ending politely would write into it, and so make it again
                if _is_stopped(leases.renew(LEASE, holder, seconds=lease_seconds), holder):
                    return
                watch.changed()  # our own renewal is a commit of another connection: it is no news
                renew_at = time.monotonic() + lease_seconds / 3
        except Exception:
            log.exception("the metastore does not answer; trying again")
            stop.wait(1.0)


def _is_stopped(lease: Lease | None, holder: str) -> bool:
    return lease is None or lease.holder != holder or lease.stop_requested

"""Signs of life of open runs, and the sweep that ends runs whose process is gone.

Two conditions must hold before a run is called dead: silence, because a process can be found where it is not the run's any more, and a
process that is gone, because a C call may hold the interpreter for minutes and a starved machine delays threads.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.clock import now_ms
from mlnb.core.errors import MlnbError
from mlnb.core.processes import ProcessIdentity, host_name, is_alive
from mlnb.core.supervisor import Reconciler

from ..records import run_sessions

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

    from ..settings import TrainingSettings

log = logging.getLogger("mlnb.training")

#: Seconds that a supervisor has to see what died, before somebody who only reads does.
_GLANCE_S = 15.0
#: Seconds between two looks at what was printed: so much of it a killed process may take along.
_OUTPUT_S = 5.0
#: Milliseconds between two looks for runs that have no session.
_STRAYS_MS = 30_000
#: Tag that says who ended a run that did not end itself.
ENDED_BY_TAG = "mlnb.ended_by"


class Heart:
    """One thread for all open runs of a process; it ends when there are none.

    Parameters
    ----------
    ground
        The workspace's stores.
    seconds
        Time between beats.
    """

    def __init__(self, ground: Ground, seconds: float) -> None:
        self._ground = ground
        self._seconds = seconds
        self._runs: dict[str, tuple[Callable[[], None], Callable[[], None] | None]] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, run_id: str, on_beat: Callable[[], None], between: Callable[[], None] | None = None) -> None:
        """Beat for a run from now on; ``on_beat`` is called at each beat, ``between`` also in between, both in the thread."""
        with self._lock:
            self._runs[run_id] = on_beat, between
            if self._thread is None:
                self._wake.clear()
                self._thread = threading.Thread(target=self._beat_on, name="mlnb-heartbeat", daemon=True)
                self._thread.start()

    def remove(self, run_id: str) -> None:
        """Stop beating for a run."""
        with self._lock:
            self._runs.pop(run_id, None)
            if not self._runs:
                self._wake.set()

    def _beat_on(self) -> None:
        due = time.monotonic() + self._seconds
        while True:
            self._wake.wait(max(0.0, min(_OUTPUT_S, due - time.monotonic())))
            with self._lock:
                if not self._runs:
                    self._thread = None
                    return
                self._wake.clear()
                runs = dict(self._runs)
            is_due = time.monotonic() >= due
            due = time.monotonic() + self._seconds if is_due else due
            for run_id, (on_beat, between) in runs.items():
                try:
                    if is_due:
                        self.beat(run_id)
                        on_beat()
                    elif between is not None:
                        between()
                except Exception:  # a missed beat is made up for by the next
                    log.debug("no heartbeat for run %s", run_id, exc_info=True)

    def beat(self, run_id: str) -> None:
        """Write one sign of life; a run that was taken for dead is running again."""
        mine = run_sessions.c.run_id == run_id
        with self._ground.metastore.begin() as connection:
            state = connection.execute(sa.select(run_sessions.c.state).where(mine)).scalar()
            if state == "RUNNING":
                connection.execute(run_sessions.update().where(mine).values(heartbeat_at=now_ms()))
        if state == "STALE":
            self._revive(run_id)

    def _revive(self, run_id: str) -> None:
        """Take back that a run was given up; MLflow first, so that a beat that is cut short is made up for by the next."""
        client = self._ground.tracking.client()
        client.update_run(run_id, status="RUNNING")
        client.delete_tag(run_id, ENDED_BY_TAG)
        mine = (run_sessions.c.run_id == run_id) & (run_sessions.c.state == "STALE")
        with self._ground.metastore.begin() as connection:
            alive = run_sessions.update().where(mine).values(heartbeat_at=now_ms(), state="RUNNING", ended_at=None)
            if connection.execute(alive).rowcount:
                self._ground.journal.append("run.resumed", f"run:{run_id}", {"by": "heartbeat"})


class Sweep(Reconciler):
    """Ends in MLflow what ended in reality.

    Parameters
    ----------
    ground
        The workspace's stores.
    settings
        How long silence is tolerated.
    """

    name = "runs"
    period_ms = 5000

    def __init__(self, ground: Ground, settings: TrainingSettings) -> None:
        self._ground = ground
        self._settings = settings
        self._glanced = 0.0
        self._strays_ms = 0

    def tick(self, now_ms: int) -> None:
        """Look at every open run that has been silent for too long, and now and then at those that never gave a sign of life."""
        self._look(now_ms, self._settings.stale_after_seconds)
        if now_ms - self._strays_ms >= _STRAYS_MS:
            self._strays_ms = now_ms
            self._end_strays(now_ms)

    def glance(self) -> None:
        """Look for somebody who is about to read runs, where no supervisor did; not more often than every few seconds."""
        now = time.monotonic()
        if now - self._glanced >= _GLANCE_S:
            self._glanced = now
            with contextlib.suppress(MlnbError):  # who reads is told by the reading itself
                self._look(now_ms(), self._settings.stale_after_seconds + _GLANCE_S)

    def _look(self, now_ms: int, seconds: float) -> None:
        silent = (run_sessions.c.state == "RUNNING") & (run_sessions.c.heartbeat_at < now_ms - int(seconds * 1000))
        with self._ground.metastore.connect() as connection:
            found = connection.execute(sa.select(run_sessions).where(silent)).mappings().all()
        for session in found:
            if self._is_gone(session, now_ms):
                try:
                    self._end(session)
                except Exception:  # one that cannot be ended must not keep the others open
                    log.warning("run %s could not be ended; it is tried again", session["run_id"], exc_info=True)

    def _is_gone(self, session: Mapping[Any, Any], now_ms: int) -> bool:
        if session["desired_state"] is not None:
            return True  # its code is over, and signs of life are given until the run is closed: that has failed
        identity = ProcessIdentity(session["host"], session["boot_id"], session["pid"], session["process_created"])
        if identity.host != host_name():
            return bool(now_ms - session["heartbeat_at"] > self._settings.silent_limit_minutes * 60_000)
        return not is_alive(identity)

    def _end(self, session: Mapping[Any, Any]) -> None:
        """End the run as it wanted to end, else as KILLED; killed between the two stores, the next tick does it again."""
        run_id, ended_at = session["run_id"], int(session["heartbeat_at"])
        status = self._terminated(run_id, session["desired_state"] or "KILLED", ended_at)
        with self._ground.metastore.begin() as connection:
            changed = connection.execute(
                run_sessions.update()
                .where(run_sessions.c.run_id == run_id, run_sessions.c.state == "RUNNING")
                .values(state="STALE", ended_at=ended_at)
            )
            if changed.rowcount:
                payload = {"status": status, "by": "sweep", "experiment_id": session["experiment_id"]}
                self._ground.journal.append("run.ended", f"run:{run_id}", payload)

    def _end_strays(self, now_ms: int) -> None:
        from .strays import strays

        for run_id, experiment_id in strays(self._ground):
            payload = {"status": self._terminated(run_id, "KILLED", now_ms), "by": "sweep"}
            self._ground.journal.append("run.ended", f"run:{run_id}", {**payload, "experiment_id": experiment_id})

    def _terminated(self, run_id: str, status: str, ended_at: int) -> str:
        """End a run in MLflow's store unless it has ended there; return the status it has."""
        client = self._ground.tracking.client()
        from mlflow.exceptions import MlflowException

        try:
            known = str(client.get_run(run_id).info.status)
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return status  # removed for good: only its session is left to close
        if known != "RUNNING":
            return known
        client.set_tag(run_id, ENDED_BY_TAG, "stale")
        client.set_terminated(run_id, status, end_time=ended_at)
        return status

"""Signs of life of open runs, and the sweep that ends runs whose process is gone.

Two conditions must hold before a run is called dead: silence, because a process can be found where it is not the run's any more, and a
process that is gone, because a C call may hold the interpreter for minutes and a starved machine delays threads.
"""

from __future__ import annotations

import contextlib
import logging
import threading
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
        self._runs: dict[str, Callable[[], None]] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, run_id: str, on_beat: Callable[[], None]) -> None:
        """Beat for a run from now on; ``on_beat`` is called at each beat, in the thread."""
        with self._lock:
            self._runs[run_id] = on_beat
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
        while True:
            self._wake.wait(self._seconds)
            with self._lock:
                if not self._runs:
                    self._thread = None
                    return
                self._wake.clear()
                runs = dict(self._runs)
            for run_id, on_beat in runs.items():
                try:
                    self.beat(run_id)
                    on_beat()
                except Exception:  # a missed beat is made up for by the next
                    log.debug("no heartbeat for run %s", run_id, exc_info=True)

    def beat(self, run_id: str) -> None:
        """Write one sign of life; a run that was taken for dead is running again."""
        with self._ground.metastore.begin() as connection:
            mine = run_sessions.c.run_id == run_id
            state = connection.execute(sa.select(run_sessions.c.state).where(mine)).scalar()
            if state in ("RUNNING", "STALE"):
                connection.execute(
                    run_sessions.update().where(mine).values(heartbeat_at=now_ms(), state="RUNNING", ended_at=None)
                )
        if state == "STALE":
            client = self._ground.tracking.client()
            client.update_run(run_id, status="RUNNING")
            client.delete_tag(run_id, ENDED_BY_TAG)


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

    def tick(self, now_ms: int) -> None:
        """Look at every open run that has been silent for too long."""
        silent_since = now_ms - int(self._settings.stale_after_seconds * 1000)
        query = sa.select(run_sessions).where(
            run_sessions.c.state == "RUNNING", run_sessions.c.heartbeat_at < silent_since
        )
        with self._ground.metastore.connect() as connection:
            silent = connection.execute(query).mappings().all()
        for session in silent:
            if self._is_gone(session, now_ms):
                with contextlib.suppress(MlnbError):
                    self._end(session)

    def _is_gone(self, session: Mapping[Any, Any], now_ms: int) -> bool:
        identity = ProcessIdentity(session["host"], session["boot_id"], session["pid"], session["process_created"])
        if identity.host != host_name():
            return bool(now_ms - session["heartbeat_at"] > self._settings.silent_limit_minutes * 60_000)
        return not is_alive(identity)

    def _end(self, session: Mapping[Any, Any]) -> None:
        """End the run as it wanted to end, else as KILLED; killed between the two stores, the next tick does it again."""
        run_id, ended_at = session["run_id"], int(session["heartbeat_at"])
        status = session["desired_state"] or "KILLED"
        client = self._ground.tracking.client()
        if client.get_run(run_id).info.status == "RUNNING":
            client.set_tag(run_id, ENDED_BY_TAG, "stale")
            client.set_terminated(run_id, status, end_time=ended_at)
        else:
            status = client.get_run(run_id).info.status
        with self._ground.metastore.begin() as connection:
            changed = connection.execute(
                run_sessions.update()
                .where(run_sessions.c.run_id == run_id, run_sessions.c.state == "RUNNING")
                .values(state="STALE", ended_at=ended_at)
            )
            if changed.rowcount:
                payload = {"status": status, "by": "sweep", "experiment_id": session["experiment_id"]}
                self._ground.journal.append("run.ended", f"run:{run_id}", payload)

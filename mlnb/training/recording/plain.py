"""Runs that plain MLflow calls open in a notebook: they say where they come from, none is left open unseen, all give signs of life."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import MlnbError

from ..records import RunStatus
from .active import CLOSED_BY_TAG, active_runs, is_implicit, own_stack, take_off
from .environment import environment_tags
from .opening import end_session, open_session
from .recorder import RunOptions
from .repository import GitProbe
from .whereabouts import PROCESS_TAG, process_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlnb.core.ground import Ground

    from ..settings import TrainingSettings
    from .heartbeat import Heart

log = logging.getLogger("mlnb.training")

#: Mode of a run that plain MLflow code opened.
PLAIN = "plain"
#: Seconds after which an open run is taken in, and between two looks at whether those that were are still open.
_LOOK_S = 1.0
#: Seconds in which a run that was announced has to be open.
_EXPECT_S = 30.0


def source_tags(ground: Ground, path: str | None) -> dict[str, str]:
    """Return what is known of a run that plain MLflow code opens: its notebook, cell, commit and environment."""
    caller = current_caller()
    folder = (ground.root / path).parent if path is not None else Path.cwd()
    git = GitProbe(folder if folder.is_dir() else Path.cwd(), diff=False).result()
    tags = {
        "mlflow.user": caller.principal,
        "mlflow.source.name": path,
        "mlflow.source.type": "NOTEBOOK",
        "mlnb.mode": PLAIN,
        "mlnb.cell_id": caller.cell_id,
        "mlnb.job_run": caller.job_run_id,
        PROCESS_TAG: process_text(),
        **environment_tags(git),
    }
    return {key: value for key, value in tags.items() if value}


@dataclass(frozen=True)
class _Taken:
    """A run that was taken in: its name, and the stack of active runs it lies on."""

    name: str
    stack: list[Any]


class PlainRuns:
    """Looks at MLflow's active runs: shortly after one was opened, while any is open, and when a cell has ended.

    Parameters
    ----------
    ground, settings
        The workspace.
    heart
        Gives open runs their signs of life.
    """

    def __init__(self, ground: Ground, settings: TrainingSettings, heart: Heart) -> None:
        self._ground, self._settings, self._heart = ground, settings, heart
        self._taken: dict[str, _Taken] = {}
        self._expected: dict[int, tuple[list[Any], float]] = {}
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None

    def opening(self) -> None:
        """Take in the run that this thread is about to open, if it is still open in a second: its process may die in this very cell."""
        with self._lock:
            stack = own_stack()
            self._expected[id(stack)] = stack, time.monotonic() + _EXPECT_S
            self._watch()

    def cell_ended(self, before: Sequence[str], *, failed: bool) -> list[str]:
        """Close runs that MLflow opened by itself since, take in those that were opened on purpose; return what to say about it.

        Parameters
        ----------
        before
            Ids of the runs that were open before the cell.
        failed
            Whether the cell raised.
        """
        from mlflow.exceptions import MlflowException

        if self._ground.tracking.uri != _tracking_uri():
            return []
        said: list[str] = []
        with self._lock:
            try:
                self._settle()
                opened = [run for run in reversed(active_runs()) if run.info.run_id not in before]
                said.extend(self._one(run, failed=failed) for run in opened)
            except MlflowException as error:  # the store does not answer: what is open stays so, and is looked at again
                log.debug("the runs of a cell could not be looked at: %s", error)
        return said

    def _one(self, run: Any, *, failed: bool) -> str:
        name, run_id = run.info.run_name or run.info.run_id[:8], run.info.run_id
        if self._settings.close_leaked_runs and is_implicit(run):
            client, status = self._ground.tracking.client(), "FAILED" if failed else "FINISHED"
            client.set_tag(run_id, CLOSED_BY_TAG, "cell_end")
            client.set_terminated(run_id, status)
            take_off(run_id)
            payload = _payload(run.info.run_name, status, run.info.experiment_id)
            if self._taken.pop(run_id, None) is None:
                self._ground.journal.append("run.ended", f"run:{run_id}", {**payload, "by": "cell_end"})
            else:
                self._heart.remove(run_id)
                end_session(self._ground, run_id, now_ms(), [], {**payload, "by": "cell_end"})
            return f"mlnb: run {name}, opened by a call of mlflow.log_…, ended with the cell. Head a cell with %%mlrun to record all of it."
        self._take(run, own_stack())
        return f"mlnb: run {name} stays open until mlflow.end_run()."

    # -- runs that were taken in ---------------------------------------------------------------------------------------------

    def _take(self, run: Any, stack: list[Any]) -> None:
        run_id = run.info.run_id
        if run_id in self._taken:
            return
        options = RunOptions(
            name=run.info.run_name,
            experiment_id=run.info.experiment_id,
            experiment_name=self._ground.tracking.client().get_experiment(run.info.experiment_id).name,
            path=run.data.tags.get("mlflow.source.name"),
        )
        started = run.info.start_time or now_ms()
        open_session(self._ground, options, run, started, name=run.info.run_name, tags=run.data.tags)
        self._taken[run_id] = _Taken(run.info.run_name, stack)
        self._heart.add(run_id, lambda: None)
        self._watch()

    def _settle(self) -> None:
        """Write down the end of runs that were taken in and that the code has ended since."""
        from mlflow.exceptions import MlflowException

        for run_id, taken in list(self._taken.items()):
            if any(run.info.run_id == run_id for run in list(taken.stack)):
                continue
            try:
                info = self._ground.tracking.client().get_run(run_id).info
                status: RunStatus = info.status
                if status == "RUNNING":  # MLflow takes a run off before it writes its end
                    continue
                payload = _payload(taken.name, status, info.experiment_id)
                end_session(self._ground, run_id, info.end_time or now_ms(), [], payload)
            except (MlflowException, MlnbError):  # the sweep writes it down once this process is gone
                log.debug("the end of run %s could not be written down", run_id, exc_info=True)
            del self._taken[run_id]
            self._heart.remove(run_id)

    def _watch(self) -> None:
        """See that somebody looks, as long as there is something to look at."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._look_on, name="mlnb-plain-runs", daemon=True)
            self._thread.start()

    def _look_on(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(_LOOK_S)
            with self._lock:
                try:
                    self._look_for_expected()
                    self._settle()
                except Exception:  # the store does not answer just now; the next look is in a second
                    log.debug("plain runs could not be looked at", exc_info=True)
                if not self._taken and not self._expected:
                    self._thread = None
                    return

    def _look_for_expected(self) -> None:
        """Take in what was opened since; a store that is busy lets a run wait before it is open."""
        now, ours = time.monotonic(), self._ground.tracking.uri == _tracking_uri()
        for key, (stack, until) in list(self._expected.items()):
            plain = [run for run in list(stack) if ours and run.data.tags.get("mlnb.mode") == PLAIN]
            new = [run for run in plain if run.info.run_id not in self._taken]
            if new or now > until:
                del self._expected[key]
            for run in new:
                self._take(run, stack)


def _payload(name: str | None, status: str, experiment_id: str) -> dict[str, Any]:
    return {"name": name, "status": status, "experiment_id": experiment_id}


def _tracking_uri() -> str:
    import mlflow

    return str(mlflow.get_tracking_uri())

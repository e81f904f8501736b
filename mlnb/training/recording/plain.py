"""Runs that plain MLflow calls open in a notebook: they say where they come from, none is left open unseen, all give signs of life."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import MlnbError

from ..records import RunStatus
from .active import CLOSED_BY_TAG, active_runs, is_implicit, take_off
from .environment import environment_facts
from .opening import end_session, open_session
from .recorder import RunOptions
from .repository import GitProbe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlnb.core.ground import Ground

    from ..settings import TrainingSettings
    from .heartbeat import Heart


def source_tags(ground: Ground, path: str | None) -> dict[str, str]:
    """Return what is known of a run that plain MLflow code opens: its notebook, cell, commit and environment."""
    caller, facts = current_caller(), environment_facts()
    folder = (ground.root / path).parent if path is not None else Path.cwd()
    git = GitProbe(folder if folder.is_dir() else Path.cwd(), diff=False).result()
    tags = {
        "mlflow.user": caller.principal,
        "mlflow.source.name": path,
        "mlflow.source.type": "NOTEBOOK",
        "mlnb.mode": "plain",
        "mlnb.cell_id": caller.cell_id,
        "mlnb.job_run": caller.job_run_id,
        "mlnb.env.sha256": facts["lock_sha256"],
        "mlnb.python": facts["python"],
        "mlflow.source.git.commit": git.commit,
        "mlflow.source.git.branch": git.branch,
        "mlflow.source.git.repoURL": git.repository,
        "mlflow.source.git.dirty": None if git.dirty is None else str(git.dirty).lower(),
    }
    return {key: value for key, value in tags.items() if value}


class PlainRuns:
    """Looks at MLflow's active runs when a cell has ended.

    Parameters
    ----------
    ground, settings
        The workspace.
    heart
        Gives open runs their signs of life.
    """

    def __init__(self, ground: Ground, settings: TrainingSettings, heart: Heart) -> None:
        self._ground, self._settings, self._heart = ground, settings, heart
        self._adopted: dict[str, str] = {}

    def cell_ended(self, before: Sequence[str], *, failed: bool) -> list[str]:
        """Close runs that MLflow opened by itself since, take in those that were opened on purpose; return what to say about it.

        Parameters
        ----------
        before
            Ids of the runs that were open before the cell.
        failed
            Whether the cell raised.
        """
        if self._ground.tracking.uri != _tracking_uri():
            return []
        self._settle()
        return [self._one(run, failed=failed) for run in reversed(active_runs()) if run.info.run_id not in before]

    def _one(self, run: Any, *, failed: bool) -> str:
        name, run_id = run.info.run_name or run.info.run_id[:8], run.info.run_id
        if self._settings.close_leaked_runs and is_implicit(run):
            client = self._ground.tracking.client()
            client.set_tag(run_id, CLOSED_BY_TAG, "cell_end")
            client.set_terminated(run_id, "FAILED" if failed else "FINISHED")
            take_off(run_id)
            self._tell(run, "FAILED" if failed else "FINISHED")
            return f"mlnb: run {name}, opened by a call of mlflow.log_…, ended with the cell. Head a cell with %%mlrun to record all of it."
        self._adopt(run)
        return f"mlnb: run {name} stays open until mlflow.end_run()."

    def _tell(self, run: Any, status: str) -> None:
        payload = {
            "name": run.info.run_name,
            "status": status,
            "experiment_id": run.info.experiment_id,
            "by": "cell_end",
        }
        self._ground.journal.append("run.ended", f"run:{run.info.run_id}", payload)

    def _adopt(self, run: Any) -> None:
        run_id = run.info.run_id
        options = RunOptions(
            name=run.info.run_name,
            experiment_id=run.info.experiment_id,
            experiment_name=self._ground.tracking.client().get_experiment(run.info.experiment_id).name,
            path=run.data.tags.get("mlflow.source.name"),
        )
        started = run.info.start_time or now_ms()
        open_session(self._ground, options, run, started, name=run.info.run_name, tags=run.data.tags)
        self._adopted[run_id] = run.info.run_name
        self._heart.add(run_id, lambda: None)

    def _settle(self) -> None:
        """Write down the end of runs that were taken in and that the code has ended since."""
        from mlflow.exceptions import MlflowException

        open_ids = {run.info.run_id for run in active_runs()}
        for run_id in [known for known in self._adopted if known not in open_ids]:
            name = self._adopted.pop(run_id)
            self._heart.remove(run_id)
            try:
                info = self._ground.tracking.client().get_run(run_id).info
                status: RunStatus = info.status
                payload = {"name": name, "status": status, "experiment_id": info.experiment_id}
                end_session(self._ground, run_id, info.end_time or now_ms(), [], payload)
            except (MlflowException, MlnbError):  # the sweep writes it down once this process is gone
                continue


def _tracking_uri() -> str:
    import mlflow

    return str(mlflow.get_tracking_uri())

"""From a plan to a run that waits for the supervisor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.notebooks.files import save_notebook

from ..records import TrackingUnavailableError
from ..records_background import CellState
from .folder import RunFolder
from .plan import Plan, notebook_of, shown_source
from .sending import VARIABLE

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

    from .store import BackgroundStore, Beside


def launch(ground: Ground, store: BackgroundStore, plan: Plan, beside: Beside | None = None) -> str:
    """Make the run of a plan, SCHEDULED, and leave it to the supervisor; return its id.

    Parameters
    ----------
    beside
        Writes what the caller knows of the run, in the same transaction.

    Raises
    ------
    TrackingUnavailableError
        When MLflow's store takes no run. Nothing is left behind.
    """
    from mlflow.exceptions import MlflowException

    client = ground.tracking.client()
    try:
        run = client.create_run(plan.experiment_id, now_ms(), _tags(plan), plan.name)
        client.update_run(run.info.run_id, status="SCHEDULED")
    except MlflowException as error:
        raise TrackingUnavailableError(
            f"MLflow's store took no run: {error.message.splitlines()[0]}",
            hint="Nothing was started. Check tracking_uri and free space, then run it again.",
        ) from error
    run_id = str(run.info.run_id)
    try:
        _lay_out(RunFolder(ground, run_id), plan, run_id)
        payload = {"name": run.info.run_name, "experiment_id": plan.experiment_id, "purpose": plan.purpose}
        store.add(run_id, _row(ground, plan, run_id), payload, beside)
    except BaseException:
        client.set_terminated(run_id, "FAILED")
        client.delete_run(run_id)
        raise
    ground.progress.put(f"run:{run_id}", "queued", 0, 0, "waiting for a process")
    return run_id


def _tags(plan: Plan) -> dict[str, str]:
    tags = {
        "mlflow.user": current_caller().principal,
        "mlflow.source.name": plan.notebook,
        "mlflow.source.type": "NOTEBOOK" if (plan.notebook or "").endswith(".ipynb") else "LOCAL",
        "mlnb.mode": "replay" if plan.purpose == "replay" else "background",
    }
    return {**{key: value for key, value in tags.items() if value}, **plan.tags}


def _lay_out(folder: RunFolder, plan: Plan, run_id: str) -> None:
    folder.make()
    notebook = notebook_of(plan, run_id)
    cells = [cell for cell in notebook.cells if not cell.metadata["mlnb"].get("silent")]
    if plan.sent is not None:
        folder.write({folder.sent.name: plan.sent})
    if plan.lock is not None:
        folder.write({folder.lock.name: plan.lock})
    save_notebook(notebook, folder.input)
    folder.write_cells([CellState(index=index, source=shown_source(cell)) for index, cell in enumerate(cells)])


def _row(ground: Ground, plan: Plan, run_id: str) -> dict[str, Any]:
    env = {
        **plan.env,
        "MLNB_WORKSPACE": str(ground.path),
        "MLNB_USER": current_caller().principal,
        # Not what happened to be set where the supervisor was started.
        "MLNB_JOB_RUN_ID": current_caller().job_run_id or "",
        # What an assistant may not do here it may not do there either.
        "MLNB_AGENT": current_caller().agent or "",
        # What the kernel of a notebook is told by Jupyter: the run belongs there.
        **({"MLNB_NOTEBOOK": plan.notebook} if plan.notebook else {}),
        **({VARIABLE: str(RunFolder(ground, run_id).sent)} if plan.sent is not None else {}),
    }
    options = {
        "start": dict(plan.options),
        "env": env,
        "cwd": str(plan.cwd or ground.root),
        "python": plan.python,
        "executor": plan.executor,
    }
    return {"purpose": plan.purpose, "options": options, "timeout_s": plan.timeout_s}

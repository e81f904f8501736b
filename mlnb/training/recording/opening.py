"""A run comes to be: in MLflow's store, then in the metastore, where its process is known and its signs of life are written."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.caller import current_caller
from mlnb.core.processes import current_process

from ..records import RunData, run_data, run_sessions
from .heartbeat import ENDED_BY_TAG
from .limits import LONGEST_TAG, cut
from .recorder import RunOptions
from .resuming import RESUMED_TAG
from .source import code_sha256
from .store import send_batch, unavailable
from .whereabouts import PROCESS_TAG, kernel_id, process_text

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.tracking import MlflowClient

    from mlnb.core.ground import Ground


def create_run(
    ground: Ground,
    options: RunOptions,
    started: int,
    waiting: tuple[str, str] | None = None,
    *,
    more: Mapping[str, str] = MappingProxyType({}),
) -> tuple[MlflowClient, Run]:
    """Create the run, or take up the one that is to go on or waits for this code.

    Parameters
    ----------
    waiting
        Id and mode of a run that was made beforehand.
    more
        Further tags.

    Raises
    ------
    TrackingUnavailableError
        When MLflow's store takes none.
    """
    from mlflow.exceptions import MlflowException

    try:
        ground.tracking.configure()
        client = ground.tracking.client()
        tags = {**start_tags(options), **more}
        if waiting is not None:
            return client, _take_up(client, waiting[0], {**tags, "mlnb.mode": waiting[1]})
        if options.resumed is not None:
            return client, _take_up(client, options.resumed.run_id, {**tags, RESUMED_TAG: str(options.resumed.number)})
        return client, client.create_run(options.experiment_id, started, tags, options.name)
    except MlflowException as error:
        raise unavailable(error) from error


def _take_up(client: MlflowClient, run_id: str, tags: Mapping[str, str]) -> Run:
    send_batch(client, run_id, tags=tags)
    client.update_run(run_id, status="RUNNING")
    run = client.get_run(run_id)
    for tag in (ENDED_BY_TAG, "mlnb.error"):
        if tag in run.data.tags:
            client.delete_tag(run_id, tag)
    return run


def start_tags(options: RunOptions) -> dict[str, str]:
    """Return the tags that are known before the code runs, none longer than MLflow takes."""
    caller = current_caller()
    code = options.cell.source if options.cell is not None else options.code
    in_notebook = options.cell is not None or (options.path or "").endswith(".ipynb")
    tags = {
        "mlflow.user": caller.principal,
        "mlflow.source.name": options.path or "unknown",
        "mlflow.source.type": "NOTEBOOK" if in_notebook else "LOCAL",
        "mlflow.note.content": options.note,
        "mlflow.parentRunId": options.parent_run_id,
        "mlnb.mode": "cell" if options.cell is not None else "context",
        "mlnb.cell_id": (options.cell and options.cell.cell_id) or caller.cell_id,
        "mlnb.code.sha256": code_sha256(code) if code else None,
        "mlnb.job_run": caller.job_run_id,
        PROCESS_TAG: process_text(),
        "mlnb.scope": options.scope,
    }
    stated = {**{key: value for key, value in tags.items() if value}, **options.tags}
    return {key: cut(value, LONGEST_TAG) for key, value in stated.items()}


def open_session(
    ground: Ground, options: RunOptions, run: Run, started: int, *, name: str, tags: Mapping[str, str]
) -> None:
    """Write down which process the run lives in, with the journal's event."""
    process, run_id = current_process(), run.info.run_id
    row = {
        "run_id": run_id,
        "experiment_id": options.experiment_id,
        "mode": tags.get("mlnb.mode", "context"),
        "notebook_path": options.path,
        "cell_id": tags.get("mlnb.cell_id"),
        "execution_count": options.cell.execution_count if options.cell is not None else None,
        "kernel_id": kernel_id(),
        "host": process.host,
        "boot_id": process.boot_id,
        "pid": process.pid,
        "process_created": process.created,
        "started_at": started,
        "heartbeat_at": started,
        "ended_at": None,
        "state": "RUNNING",
        "desired_state": None,
        "code_sha256": tags.get("mlnb.code.sha256"),
        "revision": tags.get("mlnb.notebook.revision"),
        "reproducible": tags.get("mlnb.reproducible"),
        "scope_name": options.scope,
    }
    again = options.resumed is not None and options.resumed.number > 0
    payload = {"name": name, "experiment_id": options.experiment_id, "experiment": options.experiment_name}
    with ground.metastore.begin() as connection:
        mine = run_sessions.c.run_id == run_id
        known = connection.execute(sa.select(run_sessions.c.run_id).where(mine)).scalar()
        if known:
            connection.execute(run_sessions.update().where(mine).values(row))
        else:
            connection.execute(run_sessions.insert().values(row))
        ground.journal.append("run.resumed" if again else "run.started", f"run:{run_id}", payload)


def end_session(ground: Ground, run_id: str, ended: int, data: list[RunData], payload: Mapping[str, Any]) -> None:
    """Write down that the run has ended and what it read and wrote, with the journal's event."""
    rows = [{"run_id": run_id, **item.model_dump()} for item in data]
    with ground.metastore.begin() as connection:
        mine = run_sessions.c.run_id == run_id
        connection.execute(run_sessions.update().where(mine).values(state="ENDED", ended_at=ended, heartbeat_at=ended))
        names = ("direction", "kind", "name", "version")
        known = connection.execute(sa.select(*(run_data.c[name] for name in names)).where(run_data.c.run_id == run_id))
        seen = {tuple(row) for row in known}  # what the first part of a run that went on had used
        rows = [row for row in rows if tuple(row[name] for name in names) not in seen]
        if rows:
            connection.execute(sa.insert(run_data), rows)
        ground.journal.append("run.ended", f"run:{run_id}", payload)

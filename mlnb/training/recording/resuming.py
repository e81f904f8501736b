"""Continuing a run that has ended: which one, whether it may be, and what its first part had logged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.clock import now_ms
from mlnb.core.processes import ProcessIdentity, host_name, is_alive

from ..reading.reader import RunQuery, RunRow, TrackingReader
from ..records import RunAliveError, RunNotFoundError, run_sessions

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

    from ..settings import TrainingSettings

#: How often a run was continued.
RESUMED_TAG = "mlnb.resumed"


@dataclass(frozen=True)
class Resumption:
    """A run that is to go on.

    Attributes
    ----------
    number
        Of the continuation, from 1; 0 when the run was made beforehand and has not begun.
    params
        What is logged already; MLflow refuses to change it.
    """

    run_id: str
    name: str
    experiment_id: str
    experiment_name: str
    artifact_uri: str
    number: int = 0
    params: Mapping[str, str] = field(default_factory=dict)


def find_resumption(
    ground: Ground,
    reader: TrackingReader,
    settings: TrainingSettings,
    wanted: str,
    *,
    experiment_id: str | None,
    resolve: Any,
) -> Resumption:
    """Return the run to continue: by name the newest of the experiment, else by id.

    Parameters
    ----------
    wanted
        Name, id, the first 8 of it, or ``@last``.
    experiment_id
        Where a name is looked for first.
    resolve
        Finds a run anywhere.

    Raises
    ------
    RunNotFoundError
        When there is none.
    RunAliveError
        When it still runs.
    """
    row = _newest(reader, wanted, experiment_id) or reader.get(resolve(wanted))
    if row is None or row.lifecycle_stage == "deleted":
        raise RunNotFoundError(
            f"Run {wanted} was deleted.", hint=f'Bring it back with ws.runs.restore("{row.run_id if row else wanted}").'
        )
    session = _session(ground, row.run_id)
    _refuse_live(row, session, settings)
    begun = session is not None or row.status != "SCHEDULED"
    number = int(row.tags.get(RESUMED_TAG, "0") or 0) + 1 if begun else 0
    return Resumption(
        row.run_id, row.name, row.experiment_id, row.experiment_name, row.artifact_uri, number, dict(row.params)
    )


def _newest(reader: TrackingReader, name: str, experiment_id: str | None) -> RunRow | None:
    if experiment_id is None or "'" in name or not name:
        return None
    query = RunQuery(experiment_ids=(experiment_id,), filter=f"attributes.run_name = '{name}'", limit=1)
    _, ids, _ = reader.page(query)
    return reader.get(ids[0]) if ids else None


def newest_of_cell(reader: TrackingReader, experiment_id: str, cell_id: str | None) -> str:
    """Return the newest run of a cell: what ``--resume`` alone means.

    Raises
    ------
    RunNotFoundError
        When it has none, or the cell is not known.
    """
    ids: list[str] = []
    if cell_id is not None:
        query = RunQuery(experiment_ids=(experiment_id,), filter=f"tags.`mlnb.cell_id` = '{cell_id}'", limit=1)
        _, ids, _ = reader.page(query)
    if not ids:
        raise RunNotFoundError(
            "There is no run of this cell to continue.", hint="Name it: --resume NAME. %runs lists the newest runs."
        )
    return ids[0]


def _session(ground: Ground, run_id: str) -> Mapping[Any, Any] | None:
    with ground.metastore.connect() as connection:
        query = sa.select(run_sessions).where(run_sessions.c.run_id == run_id)
        return connection.execute(query).mappings().first()


def _refuse_live(row: RunRow, session: Mapping[Any, Any] | None, settings: TrainingSettings) -> None:
    if session is None or session["state"] != "RUNNING":
        return
    identity = ProcessIdentity(session["host"], session["boot_id"], session["pid"], session["process_created"])
    silent_ms = now_ms() - int(session["heartbeat_at"])
    elsewhere = identity.host != host_name()
    if (elsewhere and silent_ms > settings.silent_limit_minutes * 60_000) or not is_alive(identity):
        return
    where = f"process {identity.pid}" + (f" on {identity.host}" if elsewhere else "")
    place = f", started from {session['notebook_path']}" if session["notebook_path"] else ""
    raise RunAliveError(
        f"Run {row.name} still runs in {where}{place}.", hint=f'Stop it first: ws.runs.stop("{row.run_id[:8]}").'
    )


def resume_text(resume: object) -> str | None:
    """Return what to continue as text; empty for the newest run of the cell, None for a new run."""
    if resume is None or resume is False:
        return None
    return "" if resume is True else str(getattr(resume, "run_id", resume)).strip()


def changed_parameters(resumption: Resumption, params: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Split parameters into those that are new and those that were logged with another value."""
    new = {name: value for name, value in params.items() if name not in resumption.params}
    changed = {name: value for name, value in params.items() if resumption.params.get(name, value) != value}
    return new, changed


def changed_tag(number: int, changed: Mapping[str, str]) -> dict[str, str]:
    """Return the tag that holds the parameters a continuation used and MLflow would not store."""
    return {f"mlnb.resume.{number}.params": json.dumps(changed, sort_keys=True)} if changed else {}

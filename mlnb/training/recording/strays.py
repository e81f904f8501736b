"""Runs that nobody wrote a session for: their process was killed in the moment in which it made them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from mlnb.core.processes import host_name, is_alive

from ..reading.reader import Key, RunQuery, open_reader
from ..records import run_sessions
from .whereabouts import PROCESS_TAG, process_in

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

#: Runs looked at in one go.
_MOST = 500


def strays(ground: Ground) -> list[tuple[str, str]]:
    """Return runs that MLflow holds for running, whose process of this computer is gone and which have no session, with their experiment.

    A run whose session is there is the affair of the sweep, also when its end still waits to be sent.
    """
    reader = open_reader(ground.tracking.uri, ground.tracking.client)
    query = RunQuery(
        filter=f"tags.`{PROCESS_TAG}` != ''",
        columns=(Key("tags", PROCESS_TAG), Key("attributes", "experiment_id")),
        limit=_MOST,
        states=("RUNNING",),
    )
    _, ids, columns = reader.page(query)
    processes, experiments = (column.values for column in columns)
    gone = {
        run_id: str(experiment)
        for run_id, text, experiment in zip(ids, processes, experiments, strict=True)
        if (process := process_in(str(text))) is not None and process.host == host_name() and not is_alive(process)
    }
    if not gone:
        return []
    with ground.metastore.connect() as connection:
        mine = sa.select(run_sessions.c.run_id).where(run_sessions.c.run_id.in_(list(gone)))
        known = set(connection.execute(mine).scalars())
    return [(run_id, experiment) for run_id, experiment in gone.items() if run_id not in known]

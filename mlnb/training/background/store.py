"""Rows of runs in the background: every change of state is here, each one a transaction with its journal event.

The service asks and stops, the supervisor starts processes and finds those that are gone, the process ends its run; each may be killed
at any moment. So every change names the state it expects and applies to no row that has gone on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.caller import Caller, current_caller
from mlnb.core.clock import now_ms
from mlnb.core.processes import ProcessIdentity

from ..records import run_sessions
from ..records_background import background_runs as rows

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

Row = sa.Row[Any]
#: Writes what else is known of a run, given its id.
Beside = Callable[[str], None]

OPEN = ("QUEUED", "RUNNING", "STOPPING")


class BackgroundStore:
    """Reads and changes the rows.

    Parameters
    ----------
    ground
        The workspace's stores.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    # -- reading -------------------------------------------------------------------------------------------------------

    def row(self, run_id: str) -> Row | None:
        """Return the row of a run, None when it is not one in the background."""
        with self._ground.metastore.connect() as connection:
            return connection.execute(sa.select(rows).where(rows.c.run_id == run_id)).first()

    def rows(self, states: Sequence[str] = OPEN, *, newest: int | None = None) -> list[Row]:
        """Return rows in these states: the oldest first, or only so many of the newest, the newest first."""
        query = sa.select(rows).where(rows.c.state.in_(list(states)))
        order = rows.c.created_at if newest is None else rows.c.created_at.desc()
        query = query.order_by(order, rows.c.run_id).limit(newest)
        with self._ground.metastore.connect() as connection:
            return list(connection.execute(query))

    def wanted_status(self, run_id: str) -> str | None:
        """Return how the run's own cell closed it, None when it did not come so far."""
        query = sa.select(run_sessions.c.desired_state).where(run_sessions.c.run_id == run_id)
        with self._ground.metastore.connect() as connection:
            return connection.execute(query).scalar()

    # -- changing ------------------------------------------------------------------------------------------------------

    def add(
        self, run_id: str, values: Mapping[str, Any], payload: Mapping[str, Any], beside: Beside | None = None
    ) -> None:
        """Ask for a run; what ``beside`` writes about it is there when the run is, or neither."""
        row = {
            "run_id": run_id,
            "state": "QUEUED",
            "desired_state": "RUNNING",
            "attempt": 0,
            "created_at": now_ms(),
            "caller": _stored(current_caller()),
            **values,
        }
        with self._ground.metastore.begin() as connection:
            connection.execute(rows.insert().values(row))
            self._ground.journal.append("run.queued", f"run:{run_id}", dict(payload))
            if beside is not None:
                beside(run_id)

    def note_start(self, run_id: str, process: ProcessIdentity | None, attempt: int) -> bool:
        """Write down which process will take a run that waits."""
        values = {"process": None if process is None else asdict(process), "attempt": attempt}
        return self._change(run_id, ("QUEUED",), **values)

    def take(self, run_id: str, process: ProcessIdentity) -> bool:
        """Make a run that waits this process's own; return whether it is."""
        return self._change(run_id, ("QUEUED",), state="RUNNING", process=asdict(process), started_at=now_ms())

    def ask_to_stop(self, run_id: str) -> str | None:
        """Ask a run to stop; return the state it then has."""
        with self._ground.metastore.begin() as connection:
            mine = rows.c.run_id == run_id
            found = connection.execute(sa.select(rows.c.state).where(mine).with_for_update()).scalar()
            if found == "RUNNING":
                connection.execute(rows.update().where(mine).values(state="STOPPING", desired_state="KILLED"))
                return "STOPPING"
            if found == "QUEUED":
                connection.execute(rows.update().where(mine).values(desired_state="KILLED"))
            return None if found is None else str(found)

    def end(self, run_id: str, status: str, *, by: str | None, error: Mapping[str, Any] | None, announce: bool) -> bool:
        """Close the row, and the run's session if it is still open; return whether it was open.

        Parameters
        ----------
        announce
            The run did not end itself, so its end is told here.
        """
        now = now_ms()
        with self._ground.metastore.begin() as connection:
            mine = (rows.c.run_id == run_id) & rows.c.state.in_(OPEN)
            values = {"state": "ENDED", "ended_at": now, "error": None if error is None else dict(error)}
            if not connection.execute(rows.update().where(mine).values(values)).rowcount:
                return False
            session = (run_sessions.c.run_id == run_id) & (run_sessions.c.state == "RUNNING")
            connection.execute(run_sessions.update().where(session).values(state="ENDED", ended_at=now))
            payload = {"status": status, **({"by": by} if by else {})}
            self._ground.journal.append("run.ended" if announce else "run.released", f"run:{run_id}", payload)
        return True

    def _change(self, run_id: str, expected: Sequence[str], **values: Any) -> bool:
        mine = (rows.c.run_id == run_id) & rows.c.state.in_(list(expected)) & (rows.c.desired_state == "RUNNING")
        with self._ground.metastore.begin() as connection:
            return bool(connection.execute(rows.update().where(mine).values(values)).rowcount)


def process_of(row: Row) -> ProcessIdentity | None:
    """Return the process of a run, None before there is one."""
    return None if row.process is None else ProcessIdentity(**row.process)


def _stored(caller: Caller) -> dict[str, Any]:
    names = ("principal", "source", "groups", "notebook", "cell_id", "job_run_id", "agent")
    return {name: getattr(caller, name) for name in names}


def caller_of(row: Row) -> Caller:
    """Return who asked for a run, so that its process has their rights and no more."""
    return Caller(**{**row.caller, "groups": tuple(row.caller["groups"])})

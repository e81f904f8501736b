"""The rows of replays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms

from ..records_replay import ReplayReport, replays

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

    from .asked import Asked


class ReplayStore:
    """Replays in the metastore.

    Parameters
    ----------
    ground
        The workspace.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def add(self, replay_run_id: str, asked: Asked) -> None:
        """Write down that a replay was started."""
        row = {
            "replay_run_id": replay_run_id,
            "run_id": asked.run_id,
            "state": "QUEUED",
            "options": asked.to_dict(),
            "created_by": current_caller().principal,
            "created_at": now_ms(),
        }
        with self._ground.metastore.begin() as connection:
            connection.execute(replays.insert().values(row))

    def row(self, replay_run_id: str) -> Mapping[str, Any] | None:
        """Return a replay by the run it made."""
        return self._one(replays.c.replay_run_id == replay_run_id)

    def with_token(self, token: str) -> Mapping[str, Any] | None:
        """Return a replay that is not over by its token."""
        return next((row for row in self.open() if row["options"].get("token") == token), None)

    def open(self) -> list[Mapping[str, Any]]:
        """Return the replays that have no verdict yet."""
        with self._ground.metastore.connect() as connection:
            query = sa.select(replays).where(replays.c.verdict.is_(None)).order_by(replays.c.created_at)
            return [dict(row) for row in connection.execute(query).mappings()]

    def of(self, run_id: str) -> list[Mapping[str, Any]]:
        """Return the replays of a run, the newest first."""
        with self._ground.metastore.connect() as connection:
            query = sa.select(replays).where(replays.c.run_id == run_id).order_by(replays.c.created_at.desc())
            return [dict(row) for row in connection.execute(query).mappings()]

    def finish(self, report: ReplayReport) -> bool:
        """Store the verdict, with its event; return False when another process was quicker."""
        differences = report.model_dump(
            mode="json", include={"params", "metrics", "models", "causes", "warnings", "error"}, exclude_none=True
        )
        values = {
            "state": report.state,
            "verdict": report.verdict,
            "differences": _storable(differences),
            "ended_at": report.ended_at or now_ms(),
        }
        mine = (replays.c.replay_run_id == report.replay_run_id, replays.c.verdict.is_(None))
        payload = {"replay_run_id": report.replay_run_id, "verdict": report.verdict}
        payload["causes"] = ", ".join(cause.kind for cause in report.causes)
        with self._ground.metastore.begin() as connection:
            if not connection.execute(replays.update().where(*mine).values(values)).rowcount:
                return False
            self._ground.journal.append("replay.finished", f"run:{report.run_id}", payload)
        return True

    def _one(self, *where: Any) -> Mapping[str, Any] | None:
        with self._ground.metastore.connect() as connection:
            row = connection.execute(sa.select(replays).where(*where)).mappings().first()
        return dict(row) if row is not None else None


def _storable(value: Any) -> Any:
    """Return plain values with NaN and the infinities as text, which JSON lacks; reading them back makes numbers of them again."""
    if isinstance(value, dict):
        return {key: _storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value

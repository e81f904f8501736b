"""A comparison kept: a file of the challenger's run, a row in the metastore, an event in the journal; and found again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

import sqlalchemy as sa

from ..records import comparisons
from ..records_compare import Comparison, ComparisonNotFoundError
from .store import newest, record

if TYPE_CHECKING:
    from ..stage import Stage

#: Named here because a method called ``list`` hides the built-in in some classes.
Comparisons: TypeAlias = list[Comparison]

FOLDER = "mlnb/comparisons"


class ComparisonKeeper:
    """Keeps comparisons and finds them.

    Parameters
    ----------
    stage
        The stores.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def keep(self, made: Comparison) -> Comparison:
        """Store a comparison and put it into the challenger's run."""
        if made.run_id is not None:
            text = json.dumps(made.to_dict(), indent=1)
            self._stage.runs.write_artifacts(made.run_id, {f"{FOLDER}/{made.id}.json": text})
        row = {
            "id": made.id,
            "run_id": made.run_id,
            "champion_run_id": made.champion_run_id,
            "look_id": made.look_id,
            "body": made.to_dict(),
            "created_by": made.created_by,
            "created_at": made.created_at,
        }
        payload = {"comparison_id": made.id, "data": made.data, "primary": made.primary, "verdict": made.verdict}
        with record(self._stage.ground, "evaluation.compared", made.run_id, made.id, payload) as connection:
            connection.execute(comparisons.insert().values(row))
        return made

    def get(self, comparison_id: str) -> Comparison:
        """Return a comparison.

        Raises
        ------
        ComparisonNotFoundError
            When there is none.
        """
        found = self.read(comparisons.c.id == str(comparison_id), 1)
        if not found:
            raise ComparisonNotFoundError(
                f"There is no comparison {comparison_id}.", hint="ws.evaluation.comparisons(run) names those of a run."
            )
        return found[0]

    def of(self, run_id: str | None, limit: int) -> Comparisons:
        """Return comparisons, newest first: those whose challenger is of a run, or all."""
        return self.read(sa.true() if run_id is None else comparisons.c.run_id == run_id, limit)

    def with_champion(self, run_id: str, champion_run_id: str) -> Comparison | None:
        """Return the newest comparison of a run's model with a champion: on held-out rows, if there is one."""
        pair = sa.and_(comparisons.c.run_id == run_id, comparisons.c.champion_run_id == champion_run_id)
        found = self.read(pair, 20)
        return next((item for item in found if item.look is not None), found[0] if found else None)

    def read(self, where: sa.ColumnElement[bool], limit: int) -> Comparisons:
        """Return stored comparisons, newest first."""
        with self._stage.ground.metastore.connect() as connection:
            rows = connection.execute(newest(comparisons, where, limit)).mappings().all()
        return [Comparison.model_validate(row["body"]) for row in rows]

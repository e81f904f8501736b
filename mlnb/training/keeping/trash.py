"""The trash: runs go there whole, with what is nested below them, and come back the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.errors import InvalidParameterError

from ..records import ExperimentNotFoundError, run_sessions
from ..records_background import background_runs
from ..records_keeping import ActionReport
from .choosing import MOST_RUNS
from .journaling import note
from .purge import in_hand
from .store import TRASHED_WITH_TAG, Head

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

    from .choosing import Choice
    from .store import RunStore


class Trash:
    """Puts runs into the trash and takes them out.

    Parameters
    ----------
    ground
        The workspace's stores.
    store, choice
        Knows the runs, and which are meant.
    """

    def __init__(self, ground: Ground, store: RunStore, choice: Choice) -> None:
        self._ground, self._store, self._choice = ground, store, choice

    def trash(self, runs: object) -> ActionReport:
        """Put runs into the trash; see :meth:`mlnb.training.service.Runs.trash`."""
        heads = self._choice.heads(runs)
        there = {head.run_id for head in heads if head.deleted}
        refused = [head.refused("is in the trash already") for head in heads if head.deleted]
        chosen = {head.run_id: head for head in heads if not head.deleted}
        below = {head.run_id: head for head in self._store.children(list(chosen)) if not head.deleted}
        below = {run_id: head for run_id, head in below.items() if run_id not in chosen and run_id not in there}
        alive = self._alive([*chosen, *below])
        held = {parent for run_id in alive & set(below) for parent in self._above(below[run_id], {**chosen, **below})}
        for head in [*chosen.values()]:
            if head.run_id in alive:
                refused.append(head.refused("is running; stop it first"))
            elif head.run_id in held:
                refused.append(head.refused("has a nested run that is running; stop it first"))
        going = [head for run_id, head in chosen.items() if run_id not in alive and run_id not in held]
        with_them = self._below(going, below)
        for head, parent in with_them:
            self._ground.tracking.client().set_tag(head.run_id, TRASHED_WITH_TAG, parent)
        every = [*going, *(head for head, _ in with_them)]
        self._store.set_deleted([head.run_id for head in every], True)
        note(self._ground, "run.trashed", every)
        return ActionReport(action="trash", changed=[head.run_id for head in every], refused=refused)

    def restore(self, runs: object) -> ActionReport:
        """Take runs out of the trash; see :meth:`mlnb.training.service.Runs.restore`."""
        heads = self._choice.heads(runs, in_trash=True)
        refused = [head.refused("is not in the trash") for head in heads if not head.deleted]
        chosen = {head.run_id: head for head in heads if head.deleted}
        below = [head for head in self._store.children(list(chosen)) if head.deleted and head.trashed_with]
        chosen |= {head.run_id: head for head in below if head.trashed_with in chosen}
        purging = self._purging()
        refused += [head.refused("is being removed for good") for head in chosen.values() if head.run_id in purging]
        back = [head for head in chosen.values() if head.run_id not in purging]
        self._bring_back(back)
        return ActionReport(action="restore", changed=[head.run_id for head in back], refused=refused)

    def delete_runs(self, experiment_id: str, max_timestamp_millis: int, max_runs: int = MOST_RUNS) -> int:
        """Put the runs made until a time into the trash, the oldest first; see :meth:`mlnb.training.service.Runs.delete_runs`."""
        _check_most(max_runs)
        heads = [
            head
            for head in reversed(self._of_experiment(experiment_id))
            if not head.deleted and head.start_time <= max_timestamp_millis
        ]
        alive = self._alive([head.run_id for head in heads])
        going = [head for head in heads if head.run_id not in alive][:max_runs]
        self._store.set_deleted([head.run_id for head in going], True)
        note(self._ground, "run.trashed", going)
        return len(going)

    def restore_runs(self, experiment_id: str, min_timestamp_millis: int, max_runs: int = MOST_RUNS) -> int:
        """Take the runs out that went into the trash since a time; see :meth:`mlnb.training.service.Runs.restore_runs`."""
        _check_most(max_runs)
        purging = self._purging()
        heads = [
            head
            for head in self._of_experiment(experiment_id)
            if head.deleted and (head.deleted_at or 0) >= min_timestamp_millis and head.run_id not in purging
        ]
        back = sorted(heads, key=lambda head: -(head.deleted_at or 0))[:max_runs]
        self._bring_back(back)
        return len(back)

    def _bring_back(self, heads: Sequence[Head]) -> None:
        self._store.set_deleted([head.run_id for head in heads], False)
        for head in heads:
            if head.trashed_with:
                self._ground.tracking.client().delete_tag(head.run_id, TRASHED_WITH_TAG)
        note(self._ground, "run.restored", heads)

    def _of_experiment(self, experiment_id: str) -> list[Head]:
        load: Callable[..., Any] = self._ground.tracking.client().get_experiment
        from mlflow.exceptions import MlflowException

        try:
            load(str(experiment_id))
        except MlflowException as error:
            raise ExperimentNotFoundError(
                f"There is no experiment {experiment_id}.", hint="ws.runs.experiments() lists them with their ids."
            ) from error
        return self._store.of_experiment(str(experiment_id))

    def _alive(self, run_ids: Sequence[str]) -> set[str]:
        """Return the runs with a session that beats or a process that will: those of MLflow's own that were never ended may go."""
        if not run_ids:
            return set()
        with self._ground.metastore.connect() as connection:
            running = connection.execute(sa.select(run_sessions.c.run_id).where(run_sessions.c.state == "RUNNING"))
            apart = connection.execute(sa.select(background_runs.c.run_id).where(background_runs.c.state != "ENDED"))
            return {*running.scalars(), *apart.scalars()} & set(run_ids)

    def _purging(self) -> set[str]:
        with self._ground.metastore.connect() as connection:
            return in_hand(connection)

    @staticmethod
    def _above(head: Head, known: dict[str, Head]) -> list[str]:
        """Return the runs above one, as far as they are among the known."""
        found: list[str] = []
        parent = head.parent_run_id
        while parent is not None and parent in known and parent not in found:
            found.append(parent)
            parent = known[parent].parent_run_id
        return found

    def _below(self, going: Sequence[Head], below: dict[str, Head]) -> list[tuple[Head, str]]:
        """Return the nested runs that go with these, each with the run it goes with."""
        ids = {head.run_id for head in going}
        known = {**{head.run_id: head for head in going}, **below}
        found = []
        for head in below.values():
            above = [run_id for run_id in self._above(head, known) if run_id in ids]
            if above:
                found.append((head, above[0]))
        return found


def _check_most(max_runs: int) -> None:
    if not 1 <= max_runs <= MOST_RUNS:
        raise InvalidParameterError(f"max_runs is {max_runs:,}.", hint=f"Use 1 to {MOST_RUNS:,}.")

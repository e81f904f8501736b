"""Everything done to runs that are there, behind one class."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mlnb.catalog.pins import hold, owners
from mlnb.core.supervisor import Reconciler

from ..records_keeping import ActionReport, PurgePlan, Usage
from .actions import Actions
from .choosing import Choice
from .purge import Purge
from .store import RunStore, open_store
from .trash import Trash
from .usage import Sizes

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

    from ..records import ExperimentInfo
    from ..settings import TrainingSettings

log = logging.getLogger("mlnb.training")

_DAY_MS = 86_400_000


class Keeping:
    """Tags, pins, names, moves, trash, purge and usage of a workspace's runs.

    Parameters
    ----------
    ground
        The workspace's stores.
    settings
        How long the trash keeps what nobody names.
    resolve
        Finds a run by all its ways of being named.
    experiments
        Returns the experiments.
    """

    def __init__(
        self,
        ground: Ground,
        settings: TrainingSettings,
        resolve: Callable[[object], str],
        experiments: Callable[[], Sequence[ExperimentInfo]],
    ) -> None:
        self._experiments, self._settings = experiments, settings
        self.store: RunStore = open_store(ground.tracking)
        choice = Choice(self.store, resolve)
        self.actions = Actions(ground, self.store, choice)
        self.bin = Trash(ground, self.store, choice)
        self.sizes = Sizes(ground, self.store)
        self.purging = Purge(ground, self.store, choice, self.sizes, settings)

    def trash(self, runs: object) -> ActionReport:
        """Put runs into the trash."""
        return self.bin.trash(runs)

    def restore(self, runs: object) -> ActionReport:
        """Take runs out of the trash."""
        return self.bin.restore(runs)

    def purge(self, runs: object, older_than: object, dry_run: bool, wait: float | None) -> PurgePlan:
        """Say what would be removed for good, or remove it."""
        plan = self.purging.plan(runs, older_than)
        if dry_run:
            return plan
        started = self.purging.start(plan)
        if started.state == "DONE":
            return started
        if wait is not None:
            return self.purging.carry_out_beside(started.id, wait)
        self.purging.carry_out(started.id)
        return self.purging.get(started.id)

    def usage(self, experiment: str) -> Usage:
        """Return the room an experiment takes."""
        found = self.sizes.usage(experiment, self._experiments)
        return found.model_copy(update={"trash_days": self._settings.trash_days})


class Purges(Reconciler):
    """Goes on with purges that were interrupted and, where the settings say so, empties the trash by itself.

    Parameters
    ----------
    keeping
        Does it; called, because a supervisor without anything to remove need not open the store.
    settings
        Whether and after how long the trash is emptied.
    """

    name = "purges"
    period_ms = 15_000
    _BETWEEN_MS = 3_600_000

    def __init__(self, keeping: Callable[[], Keeping], settings: TrainingSettings) -> None:
        self._keeping, self._settings = keeping, settings
        self._last = 0

    def tick(self, now_ms: int) -> None:
        """Carry out what is waiting."""
        purging = self._keeping().purging
        for plan_id in purging.unfinished():
            purging.carry_out(plan_id)
        if self._settings.empty_trash and now_ms - self._last >= self._BETWEEN_MS:
            self._last = now_ms
            plan = purging.start(purging.plan())
            if plan.state == "RUNNING":
                purging.carry_out(plan.id)


class Release(Reconciler):
    """Releases the table versions of runs that are gone, or longer in the trash than it keeps them.

    Parameters
    ----------
    ground
        The workspace.
    keeping, settings
        Knows the runs; how long the trash keeps them.
    """

    name = "run-pins"
    period_ms = 600_000

    def __init__(self, ground: Ground, keeping: Callable[[], Keeping], settings: TrainingSettings) -> None:
        self._ground, self._keeping, self._settings = ground, keeping, settings
        self._last = 0

    def tick(self, now_ms: int) -> None:
        """Ask every ten minutes."""
        if now_ms - self._last < self.period_ms:
            return
        self._last = now_ms
        with self._ground.metastore.connect() as connection:
            run_ids = [owner.removeprefix("run:") for owner in owners(connection, "run")]
        if not run_ids:
            return
        heads, limit = self._keeping().store.heads(run_ids), now_ms - self._settings.trash_days * _DAY_MS
        for run_id in run_ids:
            head = heads.get(run_id)
            if head is None or (head.deleted and (head.deleted_at or limit + 1) <= limit):
                hold(self._ground, f"run:{run_id}", [])

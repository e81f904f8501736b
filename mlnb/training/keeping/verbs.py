"""The methods of ``ws.runs`` about keeping; no work of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import IO, TYPE_CHECKING

from ..records_keeping import ActionReport, PurgePlan, Usage
from .choosing import MOST_RUNS

if TYPE_CHECKING:
    from mlnb.core.ground import Ground
    from mlnb.core.supervisor import Reconciler

    from ..recording.artifacts import Artifacts
    from ..records import ExperimentInfo
    from ..settings import TrainingSettings
    from .keeper import Keeping


class KeepingVerbs:
    """What is done to runs that are there; see :class:`mlnb.training.service.Runs`.

    ``runs`` is one run or several: ids, the first 8 of them, names (the newest of that name), ``@last``, ``@best:metric``, or run objects.
    One that does not exist is an error, and nothing is done to the others then; one that exists but cannot be changed is left alone and
    stands, with the reason, among the report's ``refused``.
    """

    _ground: Ground
    _settings: TrainingSettings
    resolve: Callable[..., str]
    experiments: Callable[..., Sequence[ExperimentInfo]]
    _artifacts: Callable[[object], Artifacts]

    @cached_property
    def _keeping(self) -> Keeping:
        from .keeper import Keeping

        return Keeping(self._ground, self._settings, self.resolve, lambda: self.experiments(empty=True))

    def _keepers(self) -> list[Reconciler]:
        from .keeper import Purges, Release

        keeping = lambda: self._keeping  # noqa: E731
        return [Release(self._ground, keeping, self._settings), Purges(keeping, self._settings)]

    # -- marks -----------------------------------------------------------------------------------------------------------------------

    def tag(self, runs: object, key: str, value: object) -> ActionReport:
        """Set a tag on runs; names that begin with ``mlnb.`` or ``mlflow.`` are taken."""
        return self._keeping.actions.tag(runs, key, value)

    def untag(self, runs: object, key: str) -> ActionReport:
        """Take a tag away from runs."""
        return self._keeping.actions.untag(runs, key)

    def pin(self, runs: object) -> ActionReport:
        """Pin runs: they stand first in lists, and no purge takes them."""
        return self._keeping.actions.pin(runs)

    def unpin(self, runs: object) -> ActionReport:
        """Take pins away."""
        return self._keeping.actions.unpin(runs)

    def rename(self, run: object, name: str) -> ActionReport:
        """Give a run another name."""
        return self._keeping.actions.rename(run, name)

    def annotate(self, runs: object, text: str) -> ActionReport:
        """Write a note on runs (Markdown); an empty text takes it away."""
        return self._keeping.actions.annotate(runs, text)

    def move(self, runs: object, experiment: str) -> ActionReport:
        """Make runs, with those nested below them and the models they logged, part of another experiment (name or id)."""
        return self._keeping.actions.move(runs, experiment)

    # -- trash -----------------------------------------------------------------------------------------------------------------------

    def trash(self, runs: object) -> ActionReport:
        """Put runs, with those nested below them, into the trash, where they stay until they are restored or purged.

        A run that is running is refused.
        """
        return self._keeping.trash(runs)

    def restore(self, runs: object) -> ActionReport:
        """Take runs out of the trash, with those nested runs that went there with them."""
        return self._keeping.restore(runs)

    def delete_runs(self, experiment_id: str, max_timestamp_millis: int, max_runs: int = MOST_RUNS) -> int:
        """Put the runs of an experiment that were made until a time into the trash, the oldest first; return how many.

        Parameters
        ----------
        experiment_id
            Whose runs.
        max_timestamp_millis
            Runs that started later stay.
        max_runs
            At most so many, 10,000 at the most. Runs that are running stay.

        Raises
        ------
        ExperimentNotFoundError
            When there is no such experiment.
        """
        return self._keeping.bin.delete_runs(experiment_id, max_timestamp_millis, max_runs)

    def restore_runs(self, experiment_id: str, min_timestamp_millis: int, max_runs: int = MOST_RUNS) -> int:
        """Take the runs of an experiment out that went into the trash since a time, the last first; return how many.

        Parameters
        ----------
        experiment_id
            Whose runs.
        min_timestamp_millis
            Runs that went into the trash earlier stay there.
        max_runs
            At most so many, 10,000 at the most.
        """
        return self._keeping.bin.restore_runs(experiment_id, min_timestamp_millis, max_runs)

    def note_plain(self, what: str, run_id: str, facts: Mapping[str, object]) -> None:
        """Write down that a client of MLflow's own interface started, ended, trashed or restored a run, under the caller's name."""
        self._ground.journal.append(f"run.{what}", f"run:{run_id}", {**facts, "by": "mlflow"})

    # -- files -----------------------------------------------------------------------------------------------------------------------

    def open_artifact(self, run: object, path: str) -> tuple[IO[bytes], int, float]:
        """Open a file of a run, also of one in the trash; return the stream, its size and when it was written (seconds)."""
        return self._artifacts(run).open(path)

    # -- room ------------------------------------------------------------------------------------------------------------------------

    def purge(
        self, runs: object = None, *, older_than: object = None, dry_run: bool = True, wait: float | None = None
    ) -> PurgePlan:
        """Remove runs in the trash for good, with their files and the models they logged; or say what that would free.

        Pinned and registered runs, and those that a look at held-out rows names, are refused. An interrupted purge is carried on by the
        supervisor.

        Parameters
        ----------
        runs
            Which of those in the trash; by default all that are there longer than ``trash_days``.
        older_than
            Only those that are in the trash at least so long: ``"30d"``, ``"12h"``, a number of days, a ``timedelta``.
        dry_run
            Only say what would be removed.
        wait
            Return after so many seconds although the work goes on in this process; by default when it is done.
        """
        return self._keeping.purge(runs, older_than, dry_run, wait)

    def purge_plan(self, plan_id: str) -> PurgePlan:
        """Return how far a purge is."""
        return self._keeping.purging.get(plan_id)

    def usage(self, experiment: str) -> Usage:
        """Return the room that the runs of an experiment (name or id) take on disk, the largest first."""
        return self._keeping.usage(experiment)

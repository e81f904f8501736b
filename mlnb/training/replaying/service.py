"""The methods of ``ws.runs`` for what a run executed and for running it again; no work of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, cast

from ..records_replay import ReplayReport, RunSourceCode

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground
    from mlnb.core.supervisor import Reconciler

    from ..reading.reader import TrackingReader
    from ..recording.artifacts import Artifacts
    from ..service import Runs
    from .room import Replaying


class Replays:
    """Executed code and replays; a part of :class:`mlnb.training.service.Runs`."""

    _ground: Ground
    _catalog: Catalog

    if TYPE_CHECKING:

        @property
        def _reader(self) -> TrackingReader: ...

        def resolve(self, run: object) -> str: ...  # noqa: D102
        def _artifacts(self, run: object) -> Artifacts: ...

    def source(self, run: object) -> RunSourceCode:
        """Return the cells a run executed and follows from, and whether the notebook makes it again."""
        from ..hidden.source import source_of
        from ..records import RunNotFoundError

        row = self._reader.get(self.resolve(run))
        if row is None:
            raise RunNotFoundError(f"There is no run {run}.")
        return source_of(self._ground, row, self._artifacts(row.run_id))

    def notebook(self, run: object) -> dict[str, Any]:
        """Return the notebook as it was when the run began, without outputs.

        Raises
        ------
        NotFoundError
            When the run keeps none.
        """
        from ..hidden.source import notebook_of

        return notebook_of(self._artifacts(run))

    def replay(
        self,
        run: object,
        *,
        mode: Literal["cells", "notebook"] = "cells",
        env: Literal["same", "locked"] = "same",
        data: Literal["pinned", "latest"] = "pinned",
        rtol: float = 1e-9,
        atol: float = 0.0,
        timeout: float | None = None,
        wait: bool = False,
    ) -> ReplayReport:
        """Make a run again in a clean process and say whether it comes out the same.

        Tables are read as they were, what the code writes goes to a schema that is dropped afterwards, looks at held-out rows are
        answered with what was seen then, and nothing else of the workspace is changed.

        Parameters
        ----------
        mode
            ``cells`` executes those the run follows from, from top to bottom; ``notebook`` all code cells down to the run's own.
        env
            ``same`` uses this interpreter; ``locked`` makes an environment from the run's lock first.
        data
            ``pinned`` reads the versions of then, ``latest`` the newest.
        rtol, atol
            Metrics within ``atol + rtol·|x|`` are the same.
        timeout
            The replay is stopped after so many seconds.
        wait
            Return when it is over.

        Returns
        -------
        ReplayReport
            Its ``verdict`` is None while it runs; ask again with :meth:`replay_report`.

        Raises
        ------
        NotReplayableError
            When the run does not say what to execute.
        """
        from .asked import Asked

        asked = Asked("", "", mode=mode, env=env, data=data, rtol=rtol, atol=atol)
        report = self._replaying.start(run, asked, timeout)
        return self.wait_for_replay(report.replay_run_id) if wait and report.verdict is None else report

    def wait_for_replay(self, replay_run_id: str, timeout: float | None = None) -> ReplayReport:
        """Wait until a replay is over, or ``timeout`` seconds have passed, and return what came of it."""
        report = self._replaying.report(replay_run_id)
        if report.verdict is not None:  # also of one that could not begin
            return report
        cast("Runs", self).background_run(replay_run_id).wait(timeout)
        return self._replaying.report(replay_run_id)

    def replay_report(self, replay_run_id: object) -> ReplayReport:
        """Return what came of a replay, by the run it made.

        Raises
        ------
        NotFoundError
            When that run is no replay.
        """
        return self._replaying.report(self.resolve(replay_run_id))

    def replays(self, run: object) -> list[ReplayReport]:
        """Return the replays of a run, the newest first."""
        return self._replaying.reports(self.resolve(run))

    # -- called by the kernel of a replay ----------------------------------------------------------------------------------------------

    def begin_replay(self) -> None:
        """Cut this process off from the workspace's tables."""
        from .inside import begin

        begin(self._catalog)

    def replay_tables(self, versions: Mapping[str, int]) -> None:
        """Read other versions of tables from now on."""
        from .inside import read_at

        read_at(self._catalog, versions)

    def finish_replay(self) -> None:
        """Judge the replay that this process is for."""
        self._replaying.finish_here()

    @cached_property
    def _replaying(self) -> Replaying:
        from .room import Replaying

        return Replaying(cast("Runs", self), self._ground, self._catalog)

    def _replay_care(self) -> Sequence[Reconciler]:
        from .care import ReplayCare

        return [ReplayCare(lambda: self._replaying)]

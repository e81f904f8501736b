"""The methods of ``ws.runs`` for what a run executed and for running it again; no work of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..records_replay import RunSourceCode

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

    from ..reading.reader import TrackingReader
    from ..recording.artifacts import Artifacts


class Replays:
    """Executed code and replays; a part of :class:`mlnb.training.service.Runs`."""

    _ground: Ground

    if TYPE_CHECKING:
        _reader: TrackingReader

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

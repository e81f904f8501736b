"""Finding and comparing runs: the part of ``ws.runs`` that asks about many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError

from .reading.reader import TrackingReader
from .reading.search import RunSearch
from .recording.artifacts import Artifacts
from .records import ColumnList, ExperimentInfo, RunGroup, RunPage, RunRecord
from .records_pages import Axis, CurveList, FilterCheck, RunFrame

if TYPE_CHECKING:
    from mlnb.catalog.complete import Completion
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground

    from .recording.heartbeat import Sweep
    from .records_compare import RunComparison
    from .records_diff import RunDiff

_MOST_COMPARED = 100


class Finding:
    """Methods of :class:`mlnb.training.service.Runs`; the work is done in the rooms ``reading`` and ``comparing``."""

    _ground: Ground
    _catalog: Catalog

    if TYPE_CHECKING:

        @property
        def _reader(self) -> TrackingReader: ...

        @property
        def _search(self) -> RunSearch: ...

        @property
        def _sweep(self) -> Sweep: ...

        def get(self, run: object) -> RunRecord:
            """See :meth:`mlnb.training.service.Runs.get`."""

        def resolve(self, run: object) -> str:
            """See :meth:`mlnb.training.service.Runs.resolve`."""

    def search(
        self,
        filter: str = "",
        *,
        experiments: Sequence[str] | str | None = None,
        order_by: Sequence[str] | str = (),
        columns: Sequence[str] | None = None,
        limit: int = 100,
        offset: int = 0,
        deleted: bool = False,
        state: Sequence[str] | str | None = None,
        parent: str | None = None,
        group_by: str | None = None,
    ) -> RunPage:
        """Return a block of runs, column by column; see :meth:`mlnb.training.reading.search.RunSearch.search`."""
        self._sweep.glance()  # a run whose process died is never shown as running, supervisor or not
        return self._search.search(
            filter,
            experiments=experiments,
            order_by=order_by,
            columns=columns,
            limit=limit,
            offset=offset,
            deleted=deleted,
            state=state,
            parent=parent,
            group_by=group_by,
        )

    def experiments(self, *, empty: bool = False) -> list[ExperimentInfo]:
        """Return the experiments, the last used first; MLflow's own "Default" only when something is in it, or with ``empty``."""
        return self._search.experiments(empty=empty)

    def named(self, words: Sequence[str], limit: int = 20) -> list[tuple[str, str, str]]:
        """Return id, name and experiment of the newest runs whose name holds every word; a tracking server is not asked."""
        ask = getattr(self._reader, "named", None)
        return ask(words, limit) if ask is not None else []

    def columns(self, experiment: str | None, *, q: str = "", kind: str | None = None, limit: int = 1000) -> ColumnList:
        """Return the columns that runs of an experiment have, the commonest first; ``q`` keeps keys that contain it."""
        return self._search.columns(experiment, q=q, kind=kind, limit=limit)

    def unknown(
        self, columns: Sequence[str] = (), filter: str = "", *, experiments: Sequence[str] | str | None = None
    ) -> list[str]:
        """Say which of the columns, and of those a filter names, no run has, with the nearest that some have.

        A search answers with empty columns and no runs for them, as MLflow does.
        """
        from .reading.unknown import unknown_columns

        query = self._search.query(filter, experiments=experiments)
        return unknown_columns(self._reader, columns, filter, query.experiment_ids)

    def series(
        self, runs: Sequence[object] | object, metrics: Sequence[str] | str, *, max_points: int = 500, x: Axis = "step"
    ) -> CurveList:
        """Return metrics of runs over steps or time, each with at most ``max_points`` points that keep its extremes.

        Parameters
        ----------
        runs
            At most 100, each named as for :meth:`resolve`.
        metrics
            At most 20 names.
        max_points
            8 to 5,000 a curve.
        x
            ``step``, ``time`` or ``relative_time`` (milliseconds since the run's first value).
        """
        return self._search.series(runs, metrics, max_points=max_points, x=x)

    def frame(
        self,
        experiments: Sequence[str] | str | None = None,
        filter: str = "",
        columns: Sequence[str] = (),
        *,
        max_points: int = 2000,
        keep: Sequence[str] = (),
        state: Sequence[str] | str | None = None,
    ) -> RunFrame:
        """Return at most 20 columns of all runs a filter leaves, for a chart.

        Above ``max_points`` runs (at most 5,000) it has the 50 best in the first metric, the pinned ones, those to ``keep``, and a fair part
        of the rest; ``sampled`` says so.
        """
        from .reading.frame import frame

        query = self._search.query(filter, experiments=experiments, state=state)
        keys = self._search.keys_of(columns, query.experiment_ids)
        as_of = self._ground.journal.last_id()
        return frame(self._reader, query, keys, max_points=max_points, keep=keep, as_of=as_of)

    def groups(
        self, by: str, filter: str = "", *, columns: Sequence[str] | None = None, **which: Any
    ) -> list[RunGroup]:
        """Return runs put together by a parameter, tag or attribute, with mean, least and greatest of the metrics among ``columns``.

        ``which`` is ``experiments``, ``order_by``, ``deleted``, ``state``, ``parent`` as for :meth:`search`.
        """
        from .reading.groups import grouped
        from .reading.reader import parse_key

        query = self._search.query(filter, **which)
        return grouped(self._reader, query, parse_key(by), self._search.keys_of(columns, query.experiment_ids))

    def csv(self, filter: str = "", *, columns: Sequence[str] | None = None, **which: Any) -> Iterator[str]:
        """Return the runs as CSV in parts, at most 50,000; by default with every metric and parameter of the newest runs.

        ``which`` is ``experiments``, ``order_by``, ``deleted``, ``state``, ``parent`` as for :meth:`search`.
        """
        from .reading.csv_text import csv_parts

        query = self._search.query(filter, **which)
        keys = self._search.keys_of(columns, query.experiment_ids) if columns is not None else None
        return csv_parts(self._reader, query, keys or self._search.every_column(query.experiment_ids))

    def check_filter(self, filter: str) -> FilterCheck:
        """Return whether a filter can be read, and from where to where it cannot."""
        from .reading.filter_check import check_filter

        return check_filter(filter)

    def complete_filter(self, text: str, cursor: int, *, experiments: Sequence[str] | str | None = None) -> Completion:
        """Return what may stand at the cursor of a filter: names, comparisons, values of the newest runs."""
        from .reading.filter_complete import complete_filter

        return complete_filter(self._reader, text, cursor, self._search.query(experiments=experiments).experiment_ids)

    def diff(self, a: object, b: object) -> RunDiff:
        """Return everything that differs between two runs: executed cells, data, environment, git, parameters, metrics, tags, files.

        Parameters
        ----------
        a, b
            Runs as for :meth:`resolve`; differences are told from ``a`` to ``b``.
        """
        from .comparing.diff import run_diff
        from .comparing.sides import Side

        runs = [self.get(a), self.get(b)]
        sides = [Side(run, Artifacts(run.artifact_uri, self._ground.files)) for run in runs]
        return run_diff(sides[0], sides[1], self._ground, self._catalog)

    def compare(self, runs: Sequence[object]) -> RunComparison:
        """Return at most 100 runs side by side: a row for each parameter, metric, tag and attribute, and whether it differs."""
        from .comparing.table import side_by_side

        if not 0 < len(runs) <= _MOST_COMPARED:
            raise InvalidParameterError(f"{len(runs)} runs cannot be compared.", hint=f"Name 1 to {_MOST_COMPARED}.")
        return side_by_side(self._reader.rows(self._search.resolve_all(runs)))

"""Reading runs through MLflow's client: for tracking servers reached over HTTP, whose tables are not ours to read."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from mlnb.core.tracking import load_mlflow

from ..records import ExperimentInfo, ModelMetric, PageColumn, RunModel, SearchError, TrackingUnavailableError
from ..records_pages import Axis, Curve
from .reader import Key, RunQuery, RunRow, TrackingReader
from .sql_pages import PARENT, PINNED
from .thinning import thin

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.tracking import MlflowClient

#: Runs fetched at once, and at most for one answer: the server sends every value of each.
_CHUNK = 100
_MOST = 2000
#: What the questions of one block have fetched: a page asks for its runs, its pinned ones and its children, which are the same runs.
_sharing: ContextVar[dict[Any, list[Any]] | None] = ContextVar("mlnb_runs_fetched", default=None)
_DURATION = Key("attributes", "duration")


class ClientReader(TrackingReader):
    """Pages through ``search_runs``; totals stop counting at 2,000 runs.

    Parameters
    ----------
    client
        Makes the ``MlflowClient``.
    """

    def __init__(self, client: Callable[[], MlflowClient]) -> None:
        self._client = client

    @contextmanager
    def together(self) -> Iterator[None]:
        """Fetch the same runs once within the block."""
        token = _sharing.set({})
        try:
            yield
        finally:
            _sharing.reset(token)

    def experiments(self) -> list[ExperimentInfo]:
        """Return the experiments, the last used first."""
        with _guarded():
            found = self._client().search_experiments(max_results=1000)
        return [
            ExperimentInfo(
                experiment_id=item.experiment_id,
                name=item.name,
                runs=len(list(self._runs([item.experiment_id]))),
                last_update_time=item.last_update_time,
            )
            for item in sorted(found, key=lambda item: -(item.last_update_time or 0))
        ]

    def page(self, query: RunQuery) -> tuple[int, list[str], list[PageColumn]]:
        """Return the total, the ids and the columns of a block."""
        found = self._found(query)
        block = [_row(run, "") for run in found[query.offset : query.offset + query.limit]]
        return len(found), [row.run_id for row in block], self._columns(block, query.columns)

    def ids(self, query: RunQuery, most: int) -> tuple[int, list[str]]:
        """Return how many runs there are, and the ids of the first ``most``."""
        found = self._found(query)
        return len(found), [run.info.run_id for run in found[:most]]

    def cells(self, ids: Sequence[str], keys: Sequence[Key]) -> list[PageColumn]:
        """Return columns of the runs named."""
        rows: dict[str, RunRow] = {}
        for start in range(0, len(ids), _CHUNK):
            wanted = ", ".join(f"'{run_id}'" for run_id in ids[start : start + _CHUNK])
            found = self._runs(None, f"attributes.run_id IN ({wanted})", stage="ALL")
            rows |= {run.info.run_id: _row(run, "") for run in found}
        return self._columns([rows.get(run_id) or _absent(run_id) for run_id in ids], keys)

    def children(self, ids: Sequence[str], query: RunQuery) -> dict[str, int]:
        """Return how many runs of the same experiments each of these contains."""
        every = RunQuery(query.experiment_ids, order_by=query.order_by, deleted=query.deleted)
        parents = (run.data.tags.get(PARENT) for run in self._found(every))
        wanted = set(ids)
        return dict(Counter(parent for parent in parents if parent in wanted))

    def curves(self, ids: Sequence[str], metrics: Sequence[str], max_points: int, x: Axis) -> list[Curve]:
        """Return the history of metrics, thinned here."""
        found = (self._curve(run_id, metric, max_points, x) for run_id in ids for metric in metrics)
        return [curve for curve in found if curve is not None]

    def _curve(self, run_id: str, metric: str, max_points: int, x: Axis) -> Curve | None:
        history = self._history(run_id, metric)
        if not history:
            return None
        start = min(item.timestamp for item in history) if x == "relative_time" else 0
        places = sorted((item.step if x == "step" else item.timestamp - start, item.value) for item in history)
        real = [point for point in places if not math.isnan(point[1])]
        if len(real) > max_points:
            real = thin(real, real[0][0], real[-1][0], max_points)
        return Curve(
            run_id=run_id,
            metric=metric,
            x=[point[0] for point in real],
            y=[point[1] for point in real],
            total=len(history),
            nan=sum(math.isnan(point[1]) for point in places),
            thinned=len(places) > max_points,
        )

    def _history(self, run_id: str, metric: str) -> list[Any]:
        with _guarded():
            return list(self._client().get_metric_history(run_id, metric))

    def _columns(self, rows: Sequence[RunRow], keys: Sequence[Key]) -> list[PageColumn]:
        return [PageColumn(key=str(key), type=key.type, values=[self._cell(row, key) for row in rows]) for key in keys]

    def _cell(self, row: RunRow, key: Key) -> Any:
        if key.aggregate and key.metric in row.metrics:
            values = [item.value for item in self._history(row.run_id, key.metric) if not math.isnan(item.value)]
            return (min if key.aggregate == "min" else max)(values, default=math.nan)
        return _cell(row, key)

    def find_keys(
        self, experiment_ids: Sequence[str] | None, text: str, kinds: Sequence[str], limit: int, newest: int = 200
    ) -> tuple[list[tuple[Key, int]], bool]:
        """Return keys of the newest runs that hold a text."""
        wanted = text.casefold()
        found = [
            item
            for item in self.keys(experiment_ids, newest)
            if item[0].kind in kinds and wanted in item[0].name.casefold()
        ]
        return found[:limit], len(found) > limit

    def values(self, experiment_ids: Sequence[str] | None, key: Key, limit: int = 50) -> list[str]:
        """Return the values a text column has among the newest runs."""
        found = (_cell(_row(run, ""), key) for run in self._runs(experiment_ids, most=200))
        return [value for value, _ in Counter(str(one) for one in found if one is not None).most_common(limit)]

    def keys(self, experiment_ids: Sequence[str] | None, newest: int = 200) -> list[tuple[Key, int]]:
        """Return the keys of the newest runs, the commonest first."""
        counts: dict[Key, int] = {}
        for run in self._runs(experiment_ids, most=newest):
            row = _row(run, "")
            for kind, values in (("metrics", row.metrics), ("params", row.params), ("tags", row.tags)):
                for name in values:
                    counts[Key(kind, name)] = counts.get(Key(kind, name), 0) + 1
        return sorted(counts.items(), key=lambda item: (-item[1], item[0].kind, item[0].name))

    def get(self, run_id: str) -> RunRow | None:
        """Return one run."""
        load_mlflow()
        from mlflow.exceptions import MlflowException

        with _guarded():
            try:
                run = self._client().get_run(run_id)
            except MlflowException as error:
                if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                    return None
                raise
            return _row(run, self._client().get_experiment(run.info.experiment_id).name)

    def find(self, *, prefix: str | None = None, name: str | None = None, limit: int = 2) -> list[str]:
        """Return ids by prefix or name, newest first."""
        found = []
        for run in self._runs(None):
            if (prefix is None or run.info.run_id.startswith(prefix)) and (name is None or run.info.run_name == name):
                found.append(run.info.run_id)
                if len(found) == limit:
                    break
        return found

    def names(self, limit: int = 200) -> list[str]:
        """Return the names of the newest runs."""
        return [run.info.run_name for run in self._runs(None, most=limit) if run.info.run_name]

    def models(self, run_id: str) -> list[RunModel]:
        """Return the models a run logged."""
        row = self.get(run_id)
        if row is None:
            return []
        with _guarded():
            found = self._client().search_logged_models(
                [row.experiment_id], filter_string=f"source_run_id = '{run_id}'"
            )
        return [
            RunModel(name=item.name, uri=item.model_uri, model_id=item.model_id, metrics=_measured(item.metrics or ()))
            for item in found
        ]

    def _found(self, query: RunQuery) -> list[Run]:
        """Return the runs of a query in its order; what MLflow's language cannot say is left out here."""
        order = [f"{_quoted(key)} {'DESC' if descending else 'ASC'}" for key, descending in query.order_by]
        key = (query.experiment_ids, query.filter, tuple(order), query.deleted)
        shared = _sharing.get()
        fetched = shared if shared is not None else {}
        if key not in fetched:
            every = self._runs(query.experiment_ids, query.filter, order, stage=_stage(query.deleted))
            fetched[key] = list(every)
        return [run for run in fetched[key] if _fits(run, query)]

    def _runs(
        self,
        experiment_ids: Sequence[str] | None,
        text: str = "",
        order: Sequence[str] = (),
        most: int = _MOST,
        *,
        stage: str = "ACTIVE_ONLY",
    ) -> Iterator[Run]:
        load_mlflow()
        from mlflow.entities import ViewType

        view: int = getattr(ViewType, stage)
        ids = list(experiment_ids) if experiment_ids is not None else None
        token, count = None, 0
        while count < most:
            with _guarded():
                if ids is None:
                    ids = [item.experiment_id for item in self._client().search_experiments(max_results=1000)]
                block = self._client().search_runs(
                    ids, text, view, order_by=list(order), max_results=min(_CHUNK, most - count), page_token=token
                )
            yield from block
            count += len(block)
            token = block.token
            if not token:
                return


def _measured(metrics: Iterable[Any]) -> list[ModelMetric]:
    """Return the newest value of each metric on each data set."""
    in_time = sorted(metrics, key=lambda item: (item.timestamp, item.step))
    newest = {(item.dataset_name or "", item.dataset_digest or "", item.key): item.value for item in in_time}
    return [
        ModelMetric(name=name, value=value, dataset=dataset or None, digest=digest or None)
        for (dataset, digest, name), value in sorted(newest.items())
    ]


def _stage(deleted: bool) -> str:
    return "DELETED_ONLY" if deleted else "ACTIVE_ONLY"


def _fits(run: Run, query: RunQuery) -> bool:
    tags = run.data.tags
    return (
        (query.states is None or run.info.status in query.states)
        and (query.parent is None or tags.get(PARENT, "") == query.parent)
        and (not query.pinned or tags.get(PINNED) not in (None, "", "false"))
    )


def _absent(run_id: str) -> RunRow:
    return RunRow(run_id, "", "", "", "", None, None, None, "", "active")


def _quoted(key: Key) -> str:
    if key.aggregate or key == _DURATION:
        raise SearchError(
            f"A tracking server does not sort by {key}.", hint="Sort by a metric's latest value or by start_time."
        )
    return f"{key.kind}.`{key.name}`"


def _row(run: Run, experiment_name: str) -> RunRow:
    info, data = run.info, run.data
    return RunRow(
        run_id=info.run_id,
        experiment_id=info.experiment_id,
        experiment_name=experiment_name,
        name=info.run_name or "",
        status=info.status,
        start_time=info.start_time,
        end_time=info.end_time,
        user=info.user_id,
        artifact_uri=info.artifact_uri,
        lifecycle_stage=info.lifecycle_stage,
        params=dict(data.params),
        metrics=dict(data.metrics),
        tags=dict(data.tags),
    )


def _cell(row: RunRow, key: Key) -> Any:
    if key == _DURATION:
        return None if row.end_time is None or row.start_time is None else row.end_time - row.start_time
    if key.kind == "attributes":
        return getattr(row, {"run_name": "name", "user_id": "user"}.get(key.name, key.name))
    values: dict[str, Any] = getattr(row, key.kind)
    return values.get(key.name)


@contextmanager
def _guarded() -> Iterator[None]:
    load_mlflow()
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        if error.error_code == "INVALID_PARAMETER_VALUE":
            raise SearchError(
                f"The search cannot be read: {error.message}", hint="Check filter and sort order."
            ) from error
        raise TrackingUnavailableError(
            f"MLflow's server does not answer: {error.message}", hint="Check tracking_uri and that the server runs."
        ) from error

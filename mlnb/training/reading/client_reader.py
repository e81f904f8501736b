"""Reading runs through MLflow's client: for tracking servers reached over HTTP, whose tables are not ours to read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mlnb.core.tracking import load_mlflow

from ..records import ExperimentInfo, PageColumn, RunModel, SearchError, TrackingUnavailableError
from .reader import Key, RunQuery, RunRow, TrackingReader

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.tracking import MlflowClient

#: Runs fetched at once, and at most for one answer: the server sends every value of each.
_CHUNK = 100
_MOST = 2000


class ClientReader(TrackingReader):
    """Pages through ``search_runs``; totals stop counting at 2,000 runs.

    Parameters
    ----------
    client
        Makes the ``MlflowClient``.
    """

    def __init__(self, client: Callable[[], MlflowClient]) -> None:
        self._client = client

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
        order = [f"{_quoted(key)} {'DESC' if descending else 'ASC'}" for key, descending in query.order_by]
        found = list(self._runs(query.experiment_ids, query.filter, order))
        block = [_row(run, "") for run in found[query.offset : query.offset + query.limit]]
        columns = [
            PageColumn(key=str(key), type=key.type, values=[_cell(row, key) for row in block]) for key in query.columns
        ]
        return len(found), [row.run_id for row in block], columns

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
        return [RunModel(name=item.name, uri=item.model_uri, model_id=item.model_id) for item in found]

    def _runs(
        self, experiment_ids: Sequence[str] | None, text: str = "", order: Sequence[str] = (), most: int = _MOST
    ) -> Iterator[Run]:
        ids = list(experiment_ids) if experiment_ids is not None else None
        token, count = None, 0
        while count < most:
            with _guarded():
                if ids is None:
                    ids = [item.experiment_id for item in self._client().search_experiments(max_results=1000)]
                block = self._client().search_runs(
                    ids, text, order_by=list(order), max_results=min(_CHUNK, most - count), page_token=token
                )
            yield from block
            count += len(block)
            token = block.token
            if not token:
                return


def _quoted(key: Key) -> str:
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

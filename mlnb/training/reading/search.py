"""Finding runs: by id, prefix, name or rank, and page by page."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mlnb.core.errors import InvalidParameterError, did_you_mean

from ..records import ColumnInfo, ColumnList, ExperimentInfo, ExperimentNotFoundError, RunNotFoundError, RunPage
from ..scoring.metrics import greater_is_better
from .reader import DEFAULT_ATTRIBUTES, Key, RunQuery, TrackingReader, parse_key, parse_order

#: Columns of a page that names none, and the most one may name.
_MOST_DEFAULT_COLUMNS = 12
_MOST_COLUMNS = 200
_MOST_ROWS = 500
_RUN_ID = re.compile(r"[0-9a-f]{8,32}")


class RunSearch:
    """Answers questions about runs out of MLflow's store.

    Parameters
    ----------
    reader
        Reads the store.
    journal_id
        Called for the journal's newest id, which pages carry.
    """

    def __init__(self, reader: TrackingReader, journal_id: Callable[[], int]) -> None:
        self._reader, self._journal_id = reader, journal_id

    def resolve(self, run: object) -> str:
        """Return the id of a run given by id, a prefix of 8 or more, name (the newest), ``@last``, ``@best:metric``, or a run object.

        Raises
        ------
        RunNotFoundError
            With the nearest names as hint.
        """
        text = str(getattr(run, "run_id", None) or getattr(getattr(run, "info", None), "run_id", None) or run).strip()
        if text == "@last":
            found = self._reader.find(limit=1)
        elif text.startswith("@best:"):
            found = self._best(text.removeprefix("@best:"))
        elif _RUN_ID.fullmatch(text):
            found = [text] if len(text) == 32 and self._reader.get(text) else self._reader.find(prefix=text)
            if len(found) > 1:
                raise RunNotFoundError(f"{text} begins the ids of several runs.", hint="Write more of the id.")
            found = found or self._reader.find(name=text, limit=1)
        else:
            found = self._reader.find(name=text, limit=1) if text else []
        if not found:
            hint = did_you_mean(text, self._reader.names()) or "%runs lists the newest; @last is the newest of all."
            raise RunNotFoundError(f"There is no run {text or '(empty name)'}.", hint=hint)
        return found[0]

    def _best(self, metric: str) -> list[str]:
        key = Key("metrics", metric)
        query = RunQuery(order_by=((key, greater_is_better(metric)),), columns=(key,), limit=1)
        _, ids, columns = self._reader.page(query)
        if ids and columns[0].values[0] is not None:
            return ids
        known = [found.name for found, _ in self._reader.keys(None) if found.kind == "metrics"]
        raise RunNotFoundError(f"No run has a metric {metric}.", hint=did_you_mean(metric, known))

    def search(
        self,
        filter: str = "",
        *,
        experiments: Sequence[str] | str | None = None,
        order_by: Sequence[str] | str = (),
        columns: Sequence[str] | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> RunPage:
        """Return a block of runs with the columns asked for.

        Parameters
        ----------
        filter
            In MLflow's language: ``metrics.roc_auc > 0.7 AND params.depth = '5'``.
        experiments
            Names or ids; all by default.
        order_by
            Such as ``metrics.roc_auc DESC``; the newest first by default.
        columns
            Keys such as ``metrics.roc_auc``; by default name, state, times, and what differs among the newest runs.
        limit, offset
            The block: at most 500 runs.

        Raises
        ------
        SearchError
            When filter, order or a column cannot be read.
        """
        if not 0 < limit <= 500 or offset < 0:
            raise InvalidParameterError(
                "limit must be 1 to 500 and offset 0 or more.", hint="Ask for the runs block by block."
            )
        ids = self._experiment_ids(experiments)
        keys = self._default_columns(ids) if columns is None else [parse_key(column) for column in columns]
        if len(keys) > _MOST_COLUMNS:
            raise InvalidParameterError(f"{len(keys)} columns are too many.", hint=f"Ask for at most {_MOST_COLUMNS}.")
        query = RunQuery(ids, filter, parse_order(order_by), tuple(dict.fromkeys(keys)), offset, limit)
        as_of = self._journal_id()
        total, found, block = self._reader.page(query)
        return RunPage(total=total, offset=offset, ids=found, columns=block, as_of=as_of)

    def _experiment_ids(self, experiments: Sequence[str] | str | None) -> tuple[str, ...] | None:
        if experiments is None:
            return None
        wanted = [experiments] if isinstance(experiments, str) else list(experiments)
        known = self.experiments(empty=True)
        by_name = {item.name: item.experiment_id for item in known}
        ids = {item.experiment_id for item in known}
        out = []
        for item in wanted:
            found = by_name.get(str(item)) or (str(item) if str(item) in ids else None)
            if found is None:
                raise ExperimentNotFoundError(
                    f"There is no experiment {item}.",
                    hint=did_you_mean(str(item), by_name) or "ws.runs.experiments() lists them.",
                )
            out.append(found)
        return tuple(out)

    def _default_columns(self, ids: Sequence[str] | None) -> list[Key]:
        """Return the attributes, all metrics and parameters if they are few, else those that differ among the newest runs."""
        attributes = [parse_key(column) for column in DEFAULT_ATTRIBUTES]
        keys = [key for key, _ in self._reader.keys(ids, 100) if key.kind in ("metrics", "params")]
        if len(keys) > _MOST_DEFAULT_COLUMNS:
            _, _, columns = self._reader.page(
                RunQuery(experiment_ids=tuple(ids) if ids else None, columns=tuple(keys[:100]), limit=100)
            )
            differing = {column.key for column in columns if len({repr(value) for value in column.values}) > 1}
            keys = [key for key in keys if str(key) in differing][:_MOST_DEFAULT_COLUMNS] or keys[
                :_MOST_DEFAULT_COLUMNS
            ]
        return [*attributes, *keys]

    def experiments(self, *, empty: bool = False) -> list[ExperimentInfo]:
        """Return the experiments, the last used first.

        Parameters
        ----------
        empty
            Also MLflow's own "Default" while nothing is in it.
        """
        found = self._reader.experiments()
        return [item for item in found if empty or item.runs or item.experiment_id != "0"]

    def columns(self, experiment: str, *, q: str = "", limit: int = 1000) -> ColumnList:
        """Return the columns that runs of an experiment have, the commonest first.

        Parameters
        ----------
        experiment
            Name or id.
        q
            Keep keys that contain this text.
        limit
            At most so many.
        """
        ids = self._experiment_ids(experiment)
        hidden = ("tags.mlflow.", "tags.mlnb.")
        every = [(str(key), key.type, count) for key, count in self._reader.keys(ids)]
        found = [
            ColumnInfo(key=key, type=kind, runs=count)
            for key, kind, count in every
            if q.casefold() in key.casefold() and not key.startswith(hidden)
        ]
        return ColumnList(columns=found[:limit], truncated=len(found) > limit)

"""Finding runs: by id, prefix, name or rank, and page by page."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import get_args

from mlnb.core.errors import InvalidParameterError, did_you_mean

from ..naming import remoteness
from ..records import (
    ColumnInfo,
    ColumnList,
    ExperimentInfo,
    ExperimentNotFoundError,
    RunNotFoundError,
    RunPage,
    RunStatus,
    SearchError,
    is_system_metric,
)
from ..records_pages import Axis, CurveList
from ..scoring.metrics import greater_is_better
from .groups import grouped
from .reader import ATTRIBUTES, DEFAULT_ATTRIBUTES, Key, RunQuery, TrackingReader, parse_key, parse_order

#: Columns of a page that names none, and the most one may name.
_MOST_DEFAULT_COLUMNS = 12
_MOST_COLUMNS = 200
_MOST_ROWS = 500
_MOST_PINNED = 100
#: Of series: runs, metrics, and points of one curve.
_MOST_RUNS = 100
_MOST_METRICS = 20
_LEAST_POINTS, _MOST_POINTS = 8, 5000
_STATES = get_args(RunStatus)
#: Tags that MLflow and we set ourselves; they are columns only for those who ask for them.
_OWN_TAGS = ("mlflow.", "mlnb.")
KINDS = ("metrics", "params", "tags", "attributes")
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
            found = self._reader.known([text]) if len(text) == 32 else self._reader.find(prefix=text)
            if len(found) > 1:
                raise RunNotFoundError(f"{text} begins the ids of several runs.", hint="Write more of the id.")
            found = found or self._reader.find(name=text, limit=1)
        else:
            found = self._reader.find(name=text, limit=1) if text else []
        if not found:
            hint = did_you_mean(text, self._reader.names()) or (
                "%runs, or in a shell mlnb runs list, shows the newest; @last is the newest of all."
            )
            raise RunNotFoundError(f"There is no run {text or '(empty name)'}.", hint=hint)
        return found[0]

    def resolve_all(self, runs: Sequence[object]) -> list[str]:
        """Return the ids of runs, each once, in their order; whole ids are looked up together."""
        texts = [run.strip() if isinstance(run, str) else run for run in runs]
        whole = {text for text in texts if isinstance(text, str) and re.fullmatch(r"[0-9a-f]{32}", text)}
        known = set(self._reader.known(sorted(whole)))
        return list(dict.fromkeys(str(text) if text in known else self.resolve(text) for text in texts))

    def _best(self, metric: str) -> list[str]:
        if not metric.strip():
            raise RunNotFoundError("@best: names no metric.", hint="Write @best:roc_auc.")
        key = Key("metrics", metric)
        query = RunQuery(order_by=((key, greater_is_better(metric)),), columns=(key,), limit=1)
        _, ids, columns = self._reader.page(query)
        if ids and columns[0].values[0] is not None:
            return ids
        known = [found.name for found, _ in self._reader.keys(None) if found.kind == "metrics"]
        raise RunNotFoundError(
            f"No run has a metric {metric}.", hint=did_you_mean(metric, known) or "%runs shows which metrics runs have."
        )

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
            Keys such as ``metrics.roc_auc``, ``metrics.loss@min``, ``params.depth``; by default name, state, times, and what differs among
            the newest runs.
        limit, offset
            The block: at most 500 runs.
        deleted
            The runs in the trash instead of the others.
        state
            Only runs in these states, such as ``FAILED``.
        parent
            Only the runs inside this one; an empty text: only those inside none.
        group_by
            A parameter, tag or attribute: the answer also has a group for each of its values.

        Raises
        ------
        SearchError
            When filter, order or a column cannot be read.
        """
        if not 0 < limit <= _MOST_ROWS or offset < 0:
            raise InvalidParameterError(
                "limit must be 1 to 500 and offset 0 or more.", hint="Ask for the runs block by block."
            )
        query = self.query(
            filter, experiments=experiments, order_by=order_by, deleted=deleted, state=state, parent=parent
        )
        keys = self.keys_of(columns, query.experiment_ids)
        as_of = self._journal_id()
        with self._reader.together():
            total, found, block = self._reader.page(replace(query, columns=keys, offset=offset, limit=limit))
            return RunPage(
                total=total,
                offset=offset,
                ids=found,
                columns=block,
                as_of=as_of,
                children=self._reader.children(found, query),
                pinned=self._reader.ids(replace(query, pinned=True), _MOST_PINNED)[1],
                groups=None if group_by is None else grouped(self._reader, query, parse_key(group_by), keys),
            )

    def query(
        self,
        filter: str = "",
        *,
        experiments: Sequence[str] | str | None = None,
        order_by: Sequence[str] | str = (),
        deleted: bool = False,
        state: Sequence[str] | str | None = None,
        parent: str | None = None,
    ) -> RunQuery:
        """Return the question as readers take it, experiments looked up by name and everything checked but the filter."""
        states = None if state is None else tuple([state] if isinstance(state, str) else state)
        for item in states or ():
            if item not in _STATES:
                raise SearchError(
                    f"Runs have no state {item}.", hint=did_you_mean(item, _STATES) or f"One of: {', '.join(_STATES)}."
                )
        return RunQuery(
            experiment_ids=self._experiment_ids(experiments),
            filter=filter,
            order_by=parse_order(order_by),
            states=states,
            deleted=deleted,
            parent=self.resolve(parent) if parent else parent,
        )

    def keys_of(self, columns: Sequence[str] | None, experiment_ids: Sequence[str] | None) -> tuple[Key, ...]:
        """Return the columns to show, each once; those that tell the newest runs apart when none are named."""
        if columns is None:
            return tuple(self._default_columns(experiment_ids))
        keys = tuple(dict.fromkeys(parse_key(column) for column in columns))
        if len(keys) > _MOST_COLUMNS:
            raise InvalidParameterError(f"{len(keys)} columns are too many.", hint=f"Ask for at most {_MOST_COLUMNS}.")
        return keys

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
        keys = self._values_of_newest(ids, 10)
        if len(keys) <= _MOST_DEFAULT_COLUMNS:
            keys = self._values_of_newest(ids, 100)
        if len(keys) > _MOST_DEFAULT_COLUMNS:
            newest = self._reader.ids(RunQuery(None if ids is None else tuple(ids)), 100)[1]
            columns = self._reader.cells(newest, keys[:100])
            differing = {column.key for column in columns if len({repr(value) for value in column.values}) > 1}
            keys = [key for key in keys if str(key) in differing][:_MOST_DEFAULT_COLUMNS] or keys[
                :_MOST_DEFAULT_COLUMNS
            ]
        return [*attributes, *sorted(keys, key=lambda key: key.kind)]

    def _values_of_newest(self, ids: Sequence[str] | None, newest: int) -> list[Key]:
        found = [key for key, _ in self._reader.keys(ids, newest) if key.kind in ("metrics", "params")]
        found = [key for key in found if key.kind != "metrics" or not is_system_metric(key.name)]
        rank = remoteness(key.name for key in found)
        # The commonest first, but what nobody wrote down after what somebody did.
        return sorted(found, key=lambda key: rank(key.name))

    def every_column(self, ids: Sequence[str] | None) -> tuple[Key, ...]:
        """Return the attributes and as many parameters and metrics of the newest runs as go into a page."""
        attributes = [parse_key(column) for column in DEFAULT_ATTRIBUTES]
        return tuple([*attributes, *self._values_of_newest(ids, 100)][:_MOST_COLUMNS])

    def series(
        self, runs: Sequence[object] | object, metrics: Sequence[str] | str, *, max_points: int, x: Axis
    ) -> CurveList:
        """Return metrics of runs over steps or time; see :meth:`mlnb.training.finding.Finding.series`."""
        wanted = list(runs) if isinstance(runs, Sequence) and not isinstance(runs, str) else [runs]
        names = [metrics] if isinstance(metrics, str) else list(metrics)
        for what, found, most in (("runs", len(wanted), _MOST_RUNS), ("metrics", len(names), _MOST_METRICS)):
            if found > most:
                raise InvalidParameterError(f"{found} {what} are too many.", hint=f"Ask for at most {most}.")
        if not _LEAST_POINTS <= max_points <= _MOST_POINTS:
            raise InvalidParameterError(f"max_points is {max_points}.", hint=f"Use {_LEAST_POINTS} to {_MOST_POINTS}.")
        if x not in get_args(Axis):
            raise InvalidParameterError(f"{x!r} is no axis.", hint=f"One of: {', '.join(get_args(Axis))}.")
        ids = self.resolve_all(wanted)
        names = list(dict.fromkeys(name.removeprefix("metrics.") for name in names))
        return CurveList(curves=self._reader.curves(ids, names, max_points, x), x=x)

    def experiments(self, *, empty: bool = False) -> list[ExperimentInfo]:
        """Return the experiments, the last used first.

        Parameters
        ----------
        empty
            Also MLflow's own "Default" while nothing is in it.
        """
        found = self._reader.experiments()
        return [item for item in found if empty or item.runs or item.experiment_id != "0"]

    def columns(self, experiment: str | None, *, q: str = "", kind: str | None = None, limit: int = 1000) -> ColumnList:
        """Return the columns that runs of an experiment have, the commonest first.

        Parameters
        ----------
        experiment
            Name or id; None for the runs of all experiments.
        q
            Keep keys that contain this text, in upper or lower case.
        kind
            Only ``metrics``, ``params``, ``tags`` or ``attributes``; attributes come last otherwise.
        limit
            At most so many.
        """
        if kind is not None and kind not in KINDS:
            raise SearchError(f"{kind!r} is no kind of column.", hint=f"One of: {', '.join(KINDS)}.")
        ids = self._experiment_ids(experiment)
        kinds, text = self._where_to_look(q, kind)
        values = [item for item in kinds if item != "attributes"]
        every, more = self._reader.find_keys(ids, text, values, limit + 1)
        if not text.startswith(_OWN_TAGS):
            every = [item for item in every if item[0].kind != "tags" or not item[0].name.startswith(_OWN_TAGS)]
        found = [ColumnInfo(key=str(key), type=key.type, runs=count) for key, count in every]
        if "attributes" in kinds:
            own = [(Key("attributes", name), of) for name, of in ATTRIBUTES.items() if text.casefold() in name]
            found += [ColumnInfo(key=str(key), type=of, runs=0) for key, of in own]
        return ColumnList(columns=found[:limit], truncated=more or len(found) > limit)

    def _where_to_look(self, q: str, kind: str | None) -> tuple[list[str], str]:
        """Return the kinds and the part of the name that a text such as ``auc`` or ``metrics.val`` means."""
        start, dot, rest = q.partition(".")
        if dot and kind in (None, start) and start in KINDS:
            return [start], rest
        return [kind] if kind else list(KINDS), q

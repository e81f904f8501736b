"""Which runs, in which order, and a few of their columns: the statements on MLflow's tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from ..records import PageColumn
from . import mlflow_tables as t
from .filters import conditions
from .reader import Key, RunQuery, RunRow

#: SQLite takes 32,766 parameters in a statement; blocks stay well below.
BLOCK = 5000
PARENT = "mlflow.parentRunId"
PINNED = "mlnb.pinned"
_NAN = float("nan")


def blocks(ids: Sequence[str]) -> Iterator[list[str]]:
    """Cut ids into pieces that fit into a statement."""
    for start in range(0, len(ids), BLOCK):
        yield list(ids[start : start + BLOCK])


def where(query: RunQuery, dialect: str) -> list[sa.ColumnElement[bool]]:
    """Return the conditions on ``runs`` that choose the runs of a query."""
    stage = "deleted" if query.deleted else "active"
    found = [
        t.runs.c.lifecycle_stage == stage,
        in_experiments(query.experiment_ids),
        *conditions(query.filter, dialect),
    ]
    if query.states is not None:
        found.append(t.runs.c.status.in_(query.states))
    if query.parent is not None:
        nested = sa.select(t.tags.c.run_uuid).where(t.tags.c.key == PARENT)
        # A run whose parent is elsewhere, in the trash for one, stands for itself: it would be found nowhere else.
        above = t.runs.alias()
        here = sa.select(above.c.run_uuid).where(
            above.c.lifecycle_stage == stage, in_experiments(query.experiment_ids, above)
        )
        inside = (
            nested.where(t.tags.c.value == query.parent) if query.parent else nested.where(t.tags.c.value.in_(here))
        )
        found.append(t.runs.c.run_uuid.in_(inside) if query.parent else t.runs.c.run_uuid.not_in(inside))
    if query.pinned:
        found.append(t.runs.c.run_uuid.in_(pinned()))
    return found


def pinned() -> sa.Select[Any]:
    """Return the statement for the ids of all pinned runs."""
    return sa.select(t.tags.c.run_uuid).where(t.tags.c.key == PINNED, t.tags.c.value.notin_(("", "false")))


def in_experiments(ids: Sequence[str] | None, runs: sa.FromClause = t.runs) -> sa.ColumnElement[bool]:
    """Return the condition that a run is in one of these experiments; None: in any that is not deleted."""
    if ids is None:
        active = sa.select(t.experiments.c.experiment_id).where(t.experiments.c.lifecycle_stage == "active")
        return runs.c.experiment_id.in_(active)
    return runs.c.experiment_id.in_([int(item) for item in ids if item.lstrip("-").isdigit()])


def ordered(query: RunQuery, dialect: str) -> sa.Select[Any]:
    """Return the statement for the ids of a query in its order, as MLflow orders: what has no value comes last, then the newest first."""
    source: sa.FromClause = t.runs
    order: list[Any] = []
    for key, descending in query.order_by:
        if key.kind == "attributes":
            value: Any = t.attribute(key.name)
            order.append(sa.case((value.is_(None), 1), else_=0))
        else:
            table = _sorted_values(key)
            source = source.outerjoin(table, table.c.run_uuid == t.runs.c.run_uuid)
            value = table.c.value
            nan = [(table.c.is_nan.is_(True), 1)] if key.kind == "metrics" else []
            order.append(sa.case(*nan, (value.is_(None), 2), else_=0))
        order.append(value.desc() if descending else value)
    order += [t.runs.c.start_time.desc(), t.runs.c.run_uuid]
    return sa.select(t.runs.c.run_uuid).select_from(source).where(*where(query, dialect)).order_by(*order)


def _sorted_values(key: Key) -> Any:
    """Return what holds at most one value of a key for each run."""
    if key.aggregate:
        return extremes(key).group_by(t.history.c.run_uuid).subquery()
    table = t.VALUES[key.kind]
    return sa.select(table).where(table.c.key == key.name).subquery()


def extremes(key: Key) -> sa.Select[Any]:
    """Return the statement for the least or greatest value ever logged, to be grouped by run; NaN only where there is nothing else."""
    h = t.history.c
    real = sa.case((h.is_nan.is_(False), h.value))
    found = (sa.func.min if key.aggregate == "min" else sa.func.max)(real)
    value = sa.func.coalesce(found, 0.0).label("value")
    return sa.select(h.run_uuid, value, found.is_(None).label("is_nan")).where(h.key == key.metric)


def columns(connection: sa.Connection, ids: Sequence[str], keys: Sequence[Key]) -> list[PageColumn]:
    """Return columns of the runs named, reading no others."""
    found: dict[Key, dict[str, Any]] = {key: {} for key in keys}
    for block in blocks(ids):
        for kind, table in t.VALUES.items():
            named = {key.name: found[key] for key in keys if key.kind == kind and not key.aggregate}
            if named:
                for run_id, name, value, is_nan in connection.execute(_run_by_run(table, block, list(named))):
                    if run_id is not None:  # None: the run has none of them
                        named[name][run_id] = _NAN if is_nan else value
        for key in keys:
            if key.aggregate:
                query = extremes(key).where(t.history.c.run_uuid.in_(block)).group_by(t.history.c.run_uuid)
                for run_id, value, is_nan in connection.execute(query):
                    found[key][run_id] = _NAN if is_nan else value
        attributes = [key for key in keys if key.kind == "attributes"]
        if attributes:
            for run in connection.execute(sa.select(t.runs).where(t.runs.c.run_uuid.in_(block))).mappings():
                for key in attributes:
                    found[key][run["run_uuid"]] = t.attribute_value(run, key.name)
    return [PageColumn(key=str(key), type=key.type, values=[found[key].get(run_id) for run_id in ids]) for key in keys]


def _run_by_run(table: Any, ids: Sequence[str], names: Sequence[str]) -> sa.Select[Any]:
    """Return the statement for the values of a few keys of the runs named, all of a run before those of the next.

    What a run has logged lies together: so a page of the database is read once for all keys, not once for each. SQLite goes through the
    left table of an outer join first.
    """
    values = t.runs.outerjoin(table, (table.c.run_uuid == t.runs.c.run_uuid) & table.c.key.in_(names))
    return _values(table).select_from(values).where(t.runs.c.run_uuid.in_(ids))


def children(connection: sa.Connection, ids: Sequence[str], stage: str) -> dict[str, int]:
    """Return how many runs of a lifecycle stage each of these contains."""
    found: dict[str, int] = {}
    joined = t.tags.join(t.runs, t.runs.c.run_uuid == t.tags.c.run_uuid)
    for block in blocks(ids):
        query = (
            sa.select(t.tags.c.value, sa.func.count())
            .select_from(joined)
            .where(t.tags.c.key == PARENT, t.tags.c.value.in_(block), t.runs.c.lifecycle_stage == stage)
            .group_by(t.tags.c.value)
        )
        found |= {str(parent): int(count) for parent, count in connection.execute(query)}
    return found


def rows(connection: sa.Connection, ids: Sequence[str]) -> dict[str, RunRow]:
    """Return runs with all their values by id."""
    found: dict[str, RunRow] = {}
    joined = t.runs.join(t.experiments, t.experiments.c.experiment_id == t.runs.c.experiment_id)
    for block in blocks(ids):
        query = sa.select(t.runs, t.experiments.c.name.label("experiment_name")).select_from(joined)
        for row in connection.execute(query.where(t.runs.c.run_uuid.in_(block))):
            found[row.run_uuid] = RunRow(
                run_id=row.run_uuid,
                experiment_id=str(row.experiment_id),
                experiment_name=row.experiment_name,
                name=row.name or "",
                status=row.status,
                start_time=row.start_time,
                end_time=row.end_time,
                user=row.user_id,
                artifact_uri=row.artifact_uri or "",
                lifecycle_stage=row.lifecycle_stage,
            )
        for kind, table in t.VALUES.items():
            query = _values(table).where(table.c.run_uuid.in_(block)).order_by(table.c.key)
            for run_id, name, value, is_nan in connection.execute(query):
                if run_id in found:
                    getattr(found[run_id], kind)[name] = _NAN if is_nan else value
    for run in found.values():
        run.name = run.name or run.tags.get("mlflow.runName", "")
    return found


def _values(table: Any) -> sa.Select[Any]:
    """Return the statement for run, key, value and whether that is NaN, which MLflow keeps as 0 with a flag."""
    is_nan = table.c.is_nan if "is_nan" in table.c else sa.literal(False)
    return sa.select(table.c.run_uuid, table.c.key, table.c.value, is_nan)

"""Reading runs from MLflow's tables, read-only, by selected keys."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from ..records import ExperimentInfo, PageColumn, RunModel, TrackingUnavailableError
from . import mlflow_tables as t
from .filters import conditions
from .reader import Key, RunQuery, RunRow, TrackingReader

#: SQLite takes 32,766 parameters in a statement; blocks stay well below.
_BLOCK = 5000


class SqlReader(TrackingReader):
    """Reads an SQLite file (opened read-only) or a PostgreSQL database (read-only transactions).

    Parameters
    ----------
    uri
        MLflow's tracking URI.
    """

    def __init__(self, uri: str) -> None:
        url = sa.make_url(uri)
        self._file: Path | None = None
        if url.get_backend_name() == "sqlite":
            self._file = Path(url.database or "")
            self._engine = sa.create_engine("sqlite://", creator=self._open_file, poolclass=NullPool)
        else:
            if url.drivername in ("postgresql", "postgres"):
                url = url.set(drivername="postgresql+psycopg")
            self._engine = sa.create_engine(url, pool_pre_ping=True).execution_options(postgresql_readonly=True)

    def _open_file(self) -> sqlite3.Connection:
        assert self._file is not None
        connection = sqlite3.connect(f"{self._file.resolve().as_uri()}?mode=ro", uri=True, timeout=30.0)
        connection.execute("PRAGMA case_sensitive_like = true")  # as MLflow does: LIKE and ILIKE differ
        return connection

    @contextmanager
    def _connect(self) -> Iterator[sa.Connection | None]:
        """Open a read transaction; None while MLflow has not made its tables yet."""
        if self._file is not None and not self._file.exists():
            yield None
            return
        try:
            with self._engine.connect() as connection:
                yield connection if _has_tables(connection) else None
        except sa.exc.DBAPIError as error:
            raise TrackingUnavailableError(
                f"MLflow's store cannot be read: {str(error.orig).strip()}.",
                hint="Check tracking_uri and that the database runs; a store of an older MLflow is upgraded with: mlflow db upgrade.",
            ) from error

    def experiments(self) -> list[ExperimentInfo]:
        """Return the experiments, the last used first."""
        counts = (
            sa.select(
                t.runs.c.experiment_id, sa.func.count().label("runs"), sa.func.max(t.runs.c.start_time).label("newest")
            )
            .where(t.runs.c.lifecycle_stage == "active")
            .group_by(t.runs.c.experiment_id)
            .subquery()
        )
        query = (
            sa.select(t.experiments, counts.c.runs, counts.c.newest)
            .select_from(t.experiments.outerjoin(counts, counts.c.experiment_id == t.experiments.c.experiment_id))
            .where(t.experiments.c.lifecycle_stage == "active")
        )
        with self._connect() as connection:
            rows = connection.execute(query).all() if connection is not None else []
        found = [
            ExperimentInfo(
                experiment_id=str(row.experiment_id),
                name=row.name,
                runs=row.runs or 0,
                last_update_time=max(filter(None, (row.newest, row.last_update_time, row.creation_time)), default=None),
            )
            for row in rows
        ]
        return sorted(found, key=lambda item: (-(item.last_update_time or 0), item.name))

    def page(self, query: RunQuery) -> tuple[int, list[str], list[PageColumn]]:
        """Return the total, the ids and the columns of a block."""
        with self._connect() as connection:
            if connection is None:
                return 0, [], [PageColumn(key=str(key), type=key.type, values=[]) for key in query.columns]
            where = [*self._in_experiments(query.experiment_ids), *conditions(query.filter, self._engine.dialect.name)]
            total = connection.execute(sa.select(sa.func.count()).select_from(t.runs).where(*where)).scalar_one()
            ids = self._ids(connection, where, query)
            return int(total), ids, self._columns(connection, ids, query.columns)

    def _in_experiments(self, ids: Sequence[str] | None) -> list[sa.ColumnElement[bool]]:
        active = t.runs.c.lifecycle_stage == "active"
        if ids is None:
            chosen = sa.select(t.experiments.c.experiment_id).where(t.experiments.c.lifecycle_stage == "active")
            return [active, t.runs.c.experiment_id.in_(chosen)]
        return [active, t.runs.c.experiment_id.in_([int(item) for item in ids if item.lstrip("-").isdigit()])]

    def _ids(self, connection: sa.Connection, where: Sequence[sa.ColumnElement[bool]], query: RunQuery) -> list[str]:
        source: sa.FromClause = t.runs
        order: list[Any] = []
        for key, descending in query.order_by:
            if key.kind == "attributes":
                value = t.attribute(key.name)
                order.append(value.is_(None))
            else:
                table = t.VALUES[key.kind].alias()
                source = source.outerjoin(table, (table.c.run_uuid == t.runs.c.run_uuid) & (table.c.key == key.name))
                value = table.c.value
                # as MLflow orders: numbers, then NaN, then runs without the metric
                missing = [(value.is_(None), 2)]
                order.append(
                    sa.case((table.c.is_nan.is_(True), 1), *missing, else_=0)
                    if key.kind == "metrics"
                    else sa.case(*missing, else_=0)
                )
            order.append(value.desc() if descending else value)
        order += [t.runs.c.start_time.desc(), t.runs.c.run_uuid]
        statement = sa.select(t.runs.c.run_uuid).select_from(source).where(*where).order_by(*order)
        return list(connection.execute(statement.limit(query.limit).offset(query.offset)).scalars())

    def _columns(self, connection: sa.Connection, ids: Sequence[str], keys: Sequence[Key]) -> list[PageColumn]:
        found: dict[Key, dict[str, Any]] = {key: {} for key in keys}
        for start in range(0, len(ids), _BLOCK):
            block = list(ids[start : start + _BLOCK])
            for kind, table in t.VALUES.items():
                names = [key.name for key in keys if key.kind == kind]
                if names:
                    query = sa.select(table).where(table.c.run_uuid.in_(block), table.c.key.in_(names))
                    for row in connection.execute(query):
                        found[Key(kind, row.key)][row.run_uuid] = _value(row)
            attributes = [key for key in keys if key.kind == "attributes"]
            if attributes:
                for run in connection.execute(sa.select(t.runs).where(t.runs.c.run_uuid.in_(block))).mappings():
                    for key in attributes:
                        found[key][run["run_uuid"]] = t.attribute_value(run, key.name)
        return [
            PageColumn(key=str(key), type=key.type, values=[found[key].get(run_id) for run_id in ids]) for key in keys
        ]

    def keys(self, experiment_ids: Sequence[str] | None, newest: int = 200) -> list[tuple[Key, int]]:
        """Return the keys of the newest runs, the commonest first."""
        with self._connect() as connection:
            if connection is None:
                return []
            query = RunQuery(limit=newest)
            ids = self._ids(connection, self._in_experiments(experiment_ids), query)
            found = []
            for kind, table in t.VALUES.items():
                count = sa.func.count()
                statement = sa.select(table.c.key, count).where(table.c.run_uuid.in_(ids)).group_by(table.c.key)
                found += [(Key(kind, key), int(number)) for key, number in connection.execute(statement)]
        return sorted(found, key=lambda item: (-item[1], list(t.VALUES).index(item[0].kind), item[0].name))

    def get(self, run_id: str) -> RunRow | None:
        """Return one run."""
        with self._connect() as connection:
            if connection is None:
                return None
            query = (
                sa.select(t.runs, t.experiments.c.name.label("experiment_name"))
                .join(t.experiments, t.experiments.c.experiment_id == t.runs.c.experiment_id)
                .where(t.runs.c.run_uuid == run_id)
            )
            row = connection.execute(query).first()
            if row is None:
                return None
            values = {
                kind: {
                    item.key: _value(item)
                    for item in connection.execute(
                        sa.select(table).where(table.c.run_uuid == run_id).order_by(table.c.key)
                    )
                }
                for kind, table in t.VALUES.items()
            }
        return RunRow(
            run_id=row.run_uuid,
            experiment_id=str(row.experiment_id),
            experiment_name=row.experiment_name,
            name=row.name or values["tags"].get("mlflow.runName", ""),
            status=row.status,
            start_time=row.start_time,
            end_time=row.end_time,
            user=row.user_id,
            artifact_uri=row.artifact_uri or "",
            lifecycle_stage=row.lifecycle_stage,
            **values,
        )

    def find(self, *, prefix: str | None = None, name: str | None = None, limit: int = 2) -> list[str]:
        """Return ids by prefix or name, newest first."""
        where = [t.runs.c.lifecycle_stage == "active"]
        if prefix is not None:
            where.append(t.runs.c.run_uuid.startswith(prefix, autoescape=True))
        if name is not None:
            where.append(t.runs.c.name == name)
        query = (
            sa.select(t.runs.c.run_uuid)
            .where(*where)
            .order_by(t.runs.c.start_time.desc(), t.runs.c.run_uuid)
            .limit(limit)
        )
        with self._connect() as connection:
            return list(connection.execute(query).scalars()) if connection is not None else []

    def deleted(self, run_ids: Sequence[str]) -> list[str]:
        """Return which runs were deleted."""
        found: list[str] = []
        with self._connect() as connection:
            for start in range(0, len(run_ids) if connection is not None else 0, _BLOCK):
                block = t.runs.c.run_uuid.in_(list(run_ids[start : start + _BLOCK]))
                query = sa.select(t.runs.c.run_uuid).where(block, t.runs.c.lifecycle_stage == "deleted")
                found += connection.execute(query).scalars() if connection is not None else ()
        return found

    def names(self, limit: int = 200) -> list[str]:
        """Return the names of the newest runs."""
        query = (
            sa.select(t.runs.c.name)
            .where(t.runs.c.lifecycle_stage == "active")
            .order_by(t.runs.c.start_time.desc())
            .limit(limit)
        )
        with self._connect() as connection:
            return [name for name in connection.execute(query).scalars() if name] if connection is not None else []

    def named(self, words: Sequence[str], limit: int) -> list[tuple[str, str, str]]:
        """Return id, name and experiment of the newest runs whose name holds every word."""
        joined = t.runs.join(t.experiments, t.experiments.c.experiment_id == t.runs.c.experiment_id)
        query = sa.select(t.runs.c.run_uuid, t.runs.c.name, t.experiments.c.name).select_from(joined)
        query = query.where(t.runs.c.lifecycle_stage == "active")
        for word in words:
            query = query.where(sa.func.lower(t.runs.c.name).contains(word, autoescape=True))
        with self._connect() as connection:
            found = connection.execute(query.order_by(t.runs.c.start_time.desc()).limit(limit)) if connection else ()
            return [(str(row[0]), str(row[1]), str(row[2])) for row in found]

    def models(self, run_id: str) -> list[RunModel]:
        """Return the models a run logged."""
        query = (
            sa.select(t.logged_models)
            .where(t.logged_models.c.source_run_id == run_id, t.logged_models.c.lifecycle_stage == "active")
            .order_by(t.logged_models.c.creation_timestamp_ms)
        )
        with self._connect() as connection:
            rows = connection.execute(query).all() if connection is not None else []
        return [RunModel(name=row.name, uri=f"models:/{row.model_id}", model_id=row.model_id) for row in rows]


def _has_tables(connection: sa.Connection) -> bool:
    return bool(sa.inspect(connection).has_table("latest_metrics"))


def _value(row: Any) -> Any:
    return float("nan") if getattr(row, "is_nan", False) else row.value

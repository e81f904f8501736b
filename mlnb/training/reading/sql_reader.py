"""Reading runs from MLflow's tables, read-only, by selected keys."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from ..records import ExperimentInfo, PageColumn, RunModel, TrackingUnavailableError
from ..records_pages import Axis, Curve
from . import mlflow_tables as t
from . import sql_keys, sql_models, sql_pages
from .changes import UntilChanged, WhileSame
from .reader import Key, RunQuery, RunRow, TrackingReader
from .sql_curves import curve, newest_values

#: An order of more runs than this is not kept whole; blocks of it are asked for one by one.
_MOST_KEPT = 100_000
#: Histories read at once: the database works outside of Python's lock.
_AT_ONCE = 2
#: Keys that none of the newest runs has and that are looked for among all others, one statement each.
_MOST_OLDER = 20
#: More keys than this are counted among fewer runs: to see a list that nobody can read, nobody should wait.
_MANY_KEYS, _FEWER_RUNS = 40, 40


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
        self._kept = UntilChanged(self._file)
        self._curves: WhileSame[Curve | None] = WhileSame()
        self._made = False

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
                self._made = self._made or sa.inspect(connection).has_table("latest_metrics")
                yield connection if self._made else None
        except sa.exc.DBAPIError as error:
            raise TrackingUnavailableError(
                f"MLflow's store cannot be read: {str(error.orig).strip()}.",
                hint="Check tracking_uri and that the database runs; a store of an older MLflow is upgraded with: mlflow db upgrade.",
            ) from error

    def experiments(self) -> list[ExperimentInfo]:
        """Return the experiments, the last used first."""
        return self._kept.get("experiments", self._experiments)

    def _experiments(self) -> list[ExperimentInfo]:
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
            total, ids = self._block(connection, query)
            return total, ids, sql_pages.columns(connection, ids, query.columns)

    def ids(self, query: RunQuery, most: int) -> tuple[int, list[str]]:
        """Return how many runs there are, and the ids of the first ``most``."""
        with self._connect() as connection:
            if connection is None:
                return 0, []
            return self._block(connection, replace(query, offset=0, limit=most))

    def _block(self, connection: sa.Connection, query: RunQuery) -> tuple[int, list[str]]:
        """Return the total and a block of ids, out of the whole order, which is kept while nothing changes."""
        whole = self._whole(connection, query)
        if whole is not None:
            return len(whole), whole[query.offset : query.offset + query.limit]
        statement = sql_pages.ordered(query, self._engine.dialect.name)
        count = sa.select(sa.func.count()).select_from(statement.order_by(None).subquery())
        block = connection.execute(statement.limit(query.limit).offset(query.offset)).scalars()
        return int(connection.execute(count).scalar_one()), list(block)

    def _whole(self, connection: sa.Connection, query: RunQuery) -> list[str] | None:
        """Return all ids of a query in their order; None when there are too many."""
        if query.pinned and self._file is not None:  # few, and the order that all of them have is kept anyway
            pinned = self._kept.get("pinned", lambda: set(connection.execute(sql_pages.pinned()).scalars()))
            whole = self._whole(connection, replace(query, pinned=False)) if pinned else []
            return None if whole is None else [run_id for run_id in whole if run_id in pinned]
        statement = sql_pages.ordered(query, self._engine.dialect.name).limit(_MOST_KEPT + 1)

        def order() -> list[str] | None:
            found = list(connection.execute(statement).scalars())
            return found if len(found) <= _MOST_KEPT else None

        return self._kept.get(("order", replace(query, columns=(), offset=0, limit=0)), order)

    def cells(self, ids: Sequence[str], keys: Sequence[Key]) -> list[PageColumn]:
        """Return columns of the runs named."""
        with self._connect() as connection:
            if connection is None:
                return [PageColumn(key=str(key), type=key.type, values=[None] * len(ids)) for key in keys]
            return sql_pages.columns(connection, ids, keys)

    def children(self, ids: Sequence[str], query: RunQuery) -> dict[str, int]:
        """Return how many runs each of these contains."""
        with self._connect() as connection:
            stage = "deleted" if query.deleted else "active"
            return sql_pages.children(connection, ids, stage) if connection is not None else {}

    def curves(self, ids: Sequence[str], metrics: Sequence[str], max_points: int, x: Axis) -> list[Curve]:
        """Return the history of metrics, thinned by the database."""
        with self._connect() as connection:
            last = newest_values(connection, ids, metrics) if connection is not None else {}

        def one(pair: tuple[str, str]) -> Curve | None:
            return self._curves.get((*pair, max_points, x), last[pair], lambda: self._curve(pair, max_points, x))

        pairs = [pair for run_id in ids for metric in metrics if (pair := (run_id, metric)) in last]
        if len(pairs) < 2:
            return [found for found in map(one, pairs) if found is not None]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return [found for found in pool.map(one, pairs) if found is not None]

    def _curve(self, pair: tuple[str, str], max_points: int, x: Axis) -> Curve | None:
        with self._connect() as connection:
            return curve(connection, *pair, max_points, x) if connection is not None else None

    def keys(self, experiment_ids: Sequence[str] | None, newest: int = 200) -> list[tuple[Key, int]]:
        """Return the keys of the newest runs, the commonest first."""
        return self._kept.get(("keys", _hashable(experiment_ids), newest), lambda: self._keys(experiment_ids, newest))

    def _keys(self, experiment_ids: Sequence[str] | None, newest: int) -> list[tuple[Key, int]]:
        with self._connect() as connection:
            if connection is None:
                return []
            return sql_keys.counted(connection, self._newest(connection, experiment_ids, newest))

    def find_keys(
        self, experiment_ids: Sequence[str] | None, text: str, kinds: Sequence[str], limit: int, newest: int = 200
    ) -> tuple[list[tuple[Key, int]], bool]:
        """Return keys that hold a text: those of the newest runs, then those that only older ones have."""
        asked = ("found", _hashable(experiment_ids), text, tuple(kinds), newest)
        found = self._kept.get(asked, lambda: self._find_keys(experiment_ids, text, kinds, newest))
        return found[:limit], len(found) > limit

    def _find_keys(
        self, experiment_ids: Sequence[str] | None, text: str, kinds: Sequence[str], newest: int
    ) -> list[tuple[Key, int]]:
        found: list[tuple[Key, int]] = []
        with self._connect() as connection:
            if connection is None:
                return []
            ids = self._newest(connection, experiment_ids, newest)
            for kind in kinds:
                every = self._kept.get(("distinct", kind), lambda kind=kind: sql_keys.distinct(connection, kind))  # type: ignore[misc]
                if every is None:  # too many to ask for each
                    counts = {key.name: count for key, count in self.keys(experiment_ids, 20) if key.kind == kind}
                    names = [name for name in counts if text.casefold() in name.casefold()]
                else:
                    names = [name for name in every if text.casefold() in name.casefold()]
                    some = ids if len(names) <= _MANY_KEYS else ids[:_FEWER_RUNS]
                    counts = sql_keys.count_each(connection, kind, names, some)
                rare = [name for name in names if name not in counts]
                runs = [t.runs.c.lifecycle_stage == "active", sql_pages.in_experiments(experiment_ids)]
                if text and len(ids) == newest:
                    counts |= dict.fromkeys(sql_keys.older(connection, kind, rare[:_MOST_OLDER], runs), 0)
                found += [(Key(kind, name), counts[name]) for name in names if name in counts]
        return sorted(found, key=lambda item: (-item[1], list(kinds).index(item[0].kind), item[0].name))

    def values(self, experiment_ids: Sequence[str] | None, key: Key, limit: int = 50) -> list[str]:
        """Return the values a text column has among the newest runs."""
        with self._connect() as connection:
            if connection is None:
                return []
            ids = self._newest(connection, experiment_ids, 200)
            (column,) = sql_pages.columns(connection, ids, [key])
        counts = Counter(str(value) for value in column.values if value is not None)
        return [value for value, _ in counts.most_common(limit)]

    def dataset_names(self, limit: int = 50) -> list[str]:
        """Return the names of data that runs used."""
        query = sa.select(t.datasets.c.name).distinct().order_by(t.datasets.c.name).limit(limit)
        with self._connect() as connection:
            return list(connection.execute(query).scalars()) if connection is not None else []

    def _newest(self, connection: sa.Connection, experiment_ids: Sequence[str] | None, count: int) -> list[str]:
        query = RunQuery(_hashable(experiment_ids))
        statement = sql_pages.ordered(query, self._engine.dialect.name).limit(count)
        return self._kept.get(("newest", query, count), lambda: list(connection.execute(statement).scalars()))

    def get(self, run_id: str) -> RunRow | None:
        """Return one run."""
        return next(iter(self.rows([run_id])), None)

    def rows(self, run_ids: Sequence[str]) -> list[RunRow]:
        """Return runs with all their values."""
        with self._connect() as connection:
            found = sql_pages.rows(connection, run_ids) if connection is not None else {}
        return [found[run_id] for run_id in run_ids if run_id in found]

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

    def known(self, run_ids: Sequence[str]) -> list[str]:
        """Return which runs exist."""
        return self._those(run_ids, sa.true())

    def deleted(self, run_ids: Sequence[str]) -> list[str]:
        """Return which runs were deleted."""
        return self._those(run_ids, t.runs.c.lifecycle_stage == "deleted")

    def _those(self, run_ids: Sequence[str], condition: sa.ColumnElement[bool]) -> list[str]:
        found: list[str] = []
        with self._connect() as connection:
            for block in sql_pages.blocks(run_ids) if connection is not None else ():
                query = sa.select(t.runs.c.run_uuid).where(t.runs.c.run_uuid.in_(block), condition)
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
            measured = sql_models.metrics(connection, [row.model_id for row in rows]) if connection is not None else {}
        return [
            RunModel(
                name=row.name,
                uri=f"models:/{row.model_id}",
                model_id=row.model_id,
                metrics=measured.get(row.model_id, []),
            )
            for row in rows
        ]

    def model_counts(self, run_ids: Sequence[str]) -> dict[str, int]:
        """Return how many models each of these runs logged."""
        found: dict[str, int] = {}
        source = t.logged_models.c.source_run_id
        with self._connect() as connection:
            for start in range(0, len(run_ids) if connection is not None else 0, 500):
                block = source.in_(run_ids[start : start + 500])
                query = sa.select(source, sa.func.count()).where(block, t.logged_models.c.lifecycle_stage == "active")
                found |= {str(row[0]): int(row[1]) for row in connection.execute(query.group_by(source))}  # type: ignore[union-attr]
        return found


def _hashable(ids: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if ids is None else tuple(ids)

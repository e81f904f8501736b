"""Keeping on a database: read through MLflow's tables, changed through MLflow's own session where its client has no call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.clock import now_ms
from mlnb.core.tracking import load_mlflow

from ..reading import mlflow_tables as t
from ..reading.sql_reader import SqlReader
from ..records import TrackingUnavailableError
from .store import PARENT_TAG, PINNED_TAG, TRASHED_WITH_TAG, Head, RunStore, StoredModel, StoredVersion, tag_facts

if TYPE_CHECKING:
    from mlnb.core.tracking import Tracking

#: SQLite takes 32,766 parameters in a statement.
_BLOCK = 5000
#: Runs changed in one transaction: others write between two of them.
_AT_ONCE = 500
_KEPT_TAGS = (PARENT_TAG, PINNED_TAG, TRASHED_WITH_TAG)


class SqlStore(RunStore):
    """MLflow's database.

    Parameters
    ----------
    tracking
        The workspace's MLflow.
    """

    def __init__(self, tracking: Tracking) -> None:
        self._tracking = tracking
        self._reader = SqlReader(tracking.uri)

    # -- reading ---------------------------------------------------------------------------------------------------------------------

    def heads(self, run_ids: Sequence[str]) -> dict[str, Head]:
        """Return the runs that exist."""
        found: dict[str, Head] = {}
        for block in _blocks(dict.fromkeys(run_ids), _BLOCK):
            found |= {head.run_id: head for head in self._heads(t.runs.c.run_uuid.in_(block))}
        return found

    def of_experiment(self, experiment_id: str) -> list[Head]:
        """Return all runs of an experiment, the newest first."""
        if not experiment_id.lstrip("-").isdigit():
            return []
        return self._heads(t.runs.c.experiment_id == int(experiment_id), order=t.runs.c.start_time.desc())

    def trashed(self, *, until: int | None = None, since: int | None = None) -> list[Head]:
        """Return the runs in the trash, the longest there first."""
        where = [t.runs.c.lifecycle_stage == "deleted"]
        if until is not None:
            where.append(t.runs.c.deleted_time <= until)
        if since is not None:
            where.append(t.runs.c.deleted_time >= since)
        return self._heads(*where, order=t.runs.c.deleted_time)

    def children(self, run_ids: Sequence[str]) -> list[Head]:
        """Return the runs nested below these, at any depth."""
        found: dict[str, Head] = {}
        level = list(run_ids)
        while level:
            below = list(self._values(t.tags.c.run_uuid, t.tags.c.value, level, t.tags.c.key == PARENT_TAG))
            level = [run_id for run_id in below if run_id not in found and run_id not in run_ids]
            found |= self.heads(level)
        return list(found.values())

    def logged_models(self, run_ids: Sequence[str]) -> dict[str, list[StoredModel]]:
        """Return the models that runs logged, deleted ones too: their files are there all the same."""
        found: dict[str, list[StoredModel]] = {}
        for row in self._rows(t.logged_models, t.logged_models.c.source_run_id, run_ids):
            model = StoredModel(row.model_id, row.name, row.source_run_id, row.artifact_location or "")
            found.setdefault(model.run_id, []).append(model)
        return found

    def versions(self) -> list[StoredVersion]:
        """Return the versions of all registered models."""
        with self._reader._connect() as connection:
            if connection is None:
                return []
            aliases: dict[tuple[str, int], list[str]] = {}
            for row in connection.execute(sa.select(t.model_aliases)):
                aliases.setdefault((row.name, int(row.version)), []).append(row.alias)
            rows = connection.execute(
                sa.select(t.model_versions).where(t.model_versions.c.current_stage != "Deleted_Internal")
            ).all()
        return [
            StoredVersion(
                row.name, row.version, row.run_id, row.source or "", tuple(aliases.get((row.name, row.version), ()))
            )
            for row in rows
        ]

    def _heads(self, *where: sa.ColumnElement[bool], order: Any = None) -> list[Head]:
        joined = t.runs.outerjoin(t.experiments, t.experiments.c.experiment_id == t.runs.c.experiment_id)
        chosen = sa.select(t.runs, t.experiments.c.name.label("experiment_name")).select_from(joined).where(*where)
        ids = sa.select(t.runs.c.run_uuid).where(*where)
        tagged = sa.select(t.tags).where(t.tags.c.key.in_(_KEPT_TAGS), t.tags.c.run_uuid.in_(ids))
        with self._reader._connect() as connection:
            if connection is None:
                return []
            tags: dict[str, dict[str, str]] = {}
            for row in connection.execute(tagged):
                tags.setdefault(row.run_uuid, {})[row.key] = row.value
            rows = connection.execute(chosen if order is None else chosen.order_by(order)).all()
        return [_head(row, tags.get(row.run_uuid, {})) for row in rows]

    def _rows(
        self, columns: Any, by: sa.ColumnElement[Any], among: Iterable[str], *where: sa.ColumnElement[bool]
    ) -> Iterator[Any]:
        for block in _blocks(among, _BLOCK):
            with self._reader._connect() as connection:
                if connection is not None:
                    yield from connection.execute(sa.select(columns).where(by.in_(block), *where)).all()

    def _values(self, *args: Any) -> Iterator[Any]:
        return (row[0] for row in self._rows(*args))

    # -- changing --------------------------------------------------------------------------------------------------------------------

    def set_deleted(self, run_ids: Sequence[str], deleted: bool) -> None:
        """Put runs into the trash, or take them out: as MLflow does for one, for many in one transaction."""
        stage, time = ("deleted", now_ms()) if deleted else ("active", None)
        from mlflow.store.tracking.dbmodels.models import SqlRun

        for block in _blocks(run_ids, _AT_ONCE):
            with self._session() as session:
                chosen = session.query(SqlRun).filter(SqlRun.run_uuid.in_(block))
                chosen.update({"lifecycle_stage": stage, "deleted_time": time}, synchronize_session=False)

    def move(self, run_ids: Sequence[str], experiment_id: str) -> None:
        """Make runs, with the models they logged, part of another experiment; files stay where they are."""
        from mlflow.store.tracking.dbmodels import models as m

        models = [model.model_id for found in self.logged_models(run_ids).values() for model in found]
        with self._session() as session:
            changed: list[tuple[Any, Any, Sequence[str]]] = [(m.SqlRun, m.SqlRun.run_uuid, run_ids)]
            of_models = (m.SqlLoggedModel, m.SqlLoggedModelTag, m.SqlLoggedModelParam, m.SqlLoggedModelMetric)
            changed += [(table, table.model_id, models) for table in of_models]
            for table, column, ids in changed:
                for block in _blocks(ids, _BLOCK):
                    chosen = session.query(table).filter(column.in_(block))
                    chosen.update({"experiment_id": int(experiment_id)}, synchronize_session=False)

    def erase(self, run_id: str, model_ids: Sequence[str]) -> None:
        """Remove a run in the trash and models for good."""
        store = self._store()
        from mlflow.store.tracking.dbmodels.models import SqlLoggedModel

        for model_id in model_ids:
            with self._session() as session:
                model = session.get(SqlLoggedModel, model_id)
                if model is not None:
                    session.delete(model)
        if run_id in self.heads([run_id]):
            store._hard_delete_run(run_id)

    def _store(self) -> Any:
        """Return MLflow's store. Its client can neither move runs nor remove them for good; ``mlflow gc`` does the latter through this."""
        return self._tracking.client()._tracking_client.store

    @contextmanager
    def _session(self) -> Iterator[Any]:
        store = self._store()
        load_mlflow()
        from mlflow.exceptions import MlflowException

        try:
            with store.ManagedSessionMaker(read_only=False) as session:
                yield session
        except MlflowException as error:
            raise TrackingUnavailableError(
                f"MLflow's store took no change: {error.message.splitlines()[0]}",
                hint="Nothing was changed. Check tracking_uri and free space, then try again.",
            ) from error


def _head(row: Any, tags: dict[str, str]) -> Head:
    return Head(
        run_id=row.run_uuid,
        name=row.name or "",
        experiment_id=str(row.experiment_id),
        experiment_name=row.experiment_name or "",
        status=row.status,
        start_time=row.start_time or 0,
        deleted=row.lifecycle_stage == "deleted",
        deleted_at=row.deleted_time,
        artifact_uri=row.artifact_uri or "",
        **tag_facts(tags),
    )


def _blocks(items: Iterable[str], size: int) -> Iterator[list[str]]:
    every = list(items)
    for start in range(0, len(every), size):
        yield every[start : start + size]

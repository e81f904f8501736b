"""Queries on what was loaded, and on loads in the background."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from ..tables import catalog_ingest, catalog_ingested


def loaded_into(connection: sa.Connection, ingest_id: str) -> str | None:
    """Return the id of the table that a load went into, None when it is not recorded."""
    query = sa.select(catalog_ingested.c.table_id).where(catalog_ingested.c.ingest_id == ingest_id).limit(1)
    found: str | None = connection.execute(query).scalar()
    return found


def insert_run(connection: sa.Connection, values: Mapping[str, Any]) -> None:
    """Store a new load."""
    connection.execute(catalog_ingest.insert().values(dict(values)))


def get_run(connection: sa.Connection, ingest_id: str, *, lock: bool = False) -> sa.Row[Any] | None:
    """Return a load's row; ``lock`` keeps others from changing it until the transaction ends."""
    query = sa.select(catalog_ingest).where(catalog_ingest.c.id == ingest_id)
    return connection.execute(query.with_for_update() if lock else query).first()


def runs(connection: sa.Connection, *, limit: int, states: tuple[str, ...] = ()) -> list[sa.Row[Any]]:
    """Return loads, newest first."""
    query = sa.select(catalog_ingest).order_by(catalog_ingest.c.started_at.desc(), catalog_ingest.c.id).limit(limit)
    if states:
        query = query.where(catalog_ingest.c.state.in_(states))
    return list(connection.execute(query))


def update_run(connection: sa.Connection, ingest_id: str, values: Mapping[str, Any]) -> None:
    """Change a load's row."""
    connection.execute(catalog_ingest.update().where(catalog_ingest.c.id == ingest_id).values(dict(values)))


def older_runs(connection: sa.Connection, before: int) -> list[str]:
    """Return the loads that ended before a time."""
    query = sa.select(catalog_ingest.c.id).where(catalog_ingest.c.ended_at < before)
    return [row.id for row in connection.execute(query)]


def delete_runs(connection: sa.Connection, ids: list[str]) -> None:
    """Forget loads."""
    connection.execute(catalog_ingest.delete().where(catalog_ingest.c.id.in_(ids)))

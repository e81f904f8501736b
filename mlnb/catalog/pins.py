"""Pins: versions that somebody needs. Vacuuming keeps their files and log, and a pinned table is not dropped without insisting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidParameterError, PermissionDeniedError

from .records import Pin
from .tables import catalog_pin, catalog_securable, catalog_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlnb.core.ground import Ground

    from .service import Catalog


def pin(catalog: Catalog, name: str, version: int, owner: str) -> Pin:
    """Pin a version; see :meth:`mlnb.catalog.service.Catalog.pin`."""
    if not owner.strip():
        raise InvalidParameterError("A pin needs an owner.", hint="Say who needs the version, for example 'run:4f1c…'.")
    info = catalog.table(name, version=version).info  # raises when the version, or a file of it, is not there
    _may_pin(catalog, info.full_name)
    made = Pin(version=version, owner=owner, created_at=now_ms())
    values = {"entity_id": info.table_id, **made.to_dict()}
    same = [catalog_pin.c[key] == values[key] for key in ("entity_id", "version", "owner")]
    with catalog.ground.metastore.begin() as connection:
        found = connection.execute(sa.select(catalog_pin.c.created_at).where(*same)).first()
        if found is not None:
            return made.model_copy(update={"created_at": found.created_at})
        connection.execute(catalog_pin.insert().values(values))
        payload = {"version": version, "owner": owner}
        catalog.ground.journal.append("table.pinned", f"table:{info.full_name}", payload)
    return made


def unpin(catalog: Catalog, owner: str, name: str | None = None) -> int:
    """Take an owner's pins away; see :meth:`mlnb.catalog.service.Catalog.unpin`."""
    where = [catalog_pin.c.owner == owner]
    if name is not None:
        where.append(catalog_pin.c.entity_id == catalog.info(name).table_id)
    query = sa.select(
        catalog_pin.c.entity_id, catalog_pin.c.version, catalog_securable.c.full_name, catalog_securable.c.deleted_at
    )
    query = query.outerjoin(catalog_securable, catalog_securable.c.id == catalog_pin.c.entity_id).where(*where)
    with catalog.ground.metastore.begin() as connection:
        found = list(connection.execute(query))
        for full_name in sorted({row.full_name for row in found if row.full_name and row.deleted_at is None}):
            _may_pin(catalog, full_name)
        connection.execute(catalog_pin.delete().where(*where))
        for row in found:
            if row.full_name is not None:
                payload = {"version": row.version, "owner": owner}
                catalog.ground.journal.append("table.unpinned", f"table:{row.full_name}", payload)
    return len(found)


def _may_pin(catalog: Catalog, full_name: str) -> None:
    """Raise unless the caller may say what is kept of a table: who writes it, or manages it."""
    try:
        catalog.require("MODIFY", "table", full_name)
    except PermissionDeniedError as error:
        try:  # whoever owns the metastore manages everything, and holds no right on rows
            catalog.require("MANAGE", "table", full_name)
        except PermissionDeniedError:
            raise error from None


def hold(ground: Ground, owner: str, wanted: Iterable[tuple[str, int]]) -> None:
    """Make versions (table id, version) the only ones that an owner pins: what else it had pinned is released.

    For the workspace's own objects, in the transaction that changes them; no privilege is asked. A table that is gone is left out.
    """
    with ground.metastore.begin() as connection:
        query = sa.select(catalog_pin.c.entity_id, catalog_pin.c.version).where(catalog_pin.c.owner == owner)
        have = {(row.entity_id, row.version) for row in connection.execute(query)}
        wish = set(wanted)
        named = sa.select(catalog_securable.c.id, catalog_securable.c.full_name)
        ids = {table_id for table_id, _ in have ^ wish}
        known = {r.id: r.full_name for r in connection.execute(named.where(catalog_securable.c.id.in_(ids)))}
        for table_id, version in sorted(have ^ wish):
            if (table_id, version) in have:
                mine = (catalog_pin.c.entity_id == table_id, catalog_pin.c.version == version)
                connection.execute(catalog_pin.delete().where(catalog_pin.c.owner == owner, *mine))
            elif table_id in known:
                row = {"entity_id": table_id, "version": version, "owner": owner, "created_at": now_ms()}
                connection.execute(catalog_pin.insert().values(row))
            if table_id in known:
                action = "table.unpinned" if (table_id, version) in have else "table.pinned"
                ground.journal.append(action, f"table:{known[table_id]}", {"version": version, "owner": owner})


def owners(connection: sa.Connection, kind: str) -> list[str]:
    """Return who of a kind pins anything: ``run`` for ``run:4f1c…``."""
    query = sa.select(catalog_pin.c.owner).where(catalog_pin.c.owner.startswith(f"{kind}:", autoescape=True)).distinct()
    return list(connection.execute(query).scalars())


def pins_of(connection: sa.Connection, table_id: str) -> list[Pin]:
    """Return who needs which version of a table, the oldest version first."""
    query = sa.select(catalog_pin).where(catalog_pin.c.entity_id == table_id)
    query = query.order_by(catalog_pin.c.version, catalog_pin.c.owner)
    return [Pin(version=r.version, owner=r.owner, created_at=r.created_at) for r in connection.execute(query)]


def crowded_tables(connection: sa.Connection, least: int) -> list[str]:
    """Return the ids of tables with at least that many files which this engine may write."""
    query = sa.select(catalog_table.c.id).join(catalog_securable, catalog_securable.c.id == catalog_table.c.id)
    query = query.where(
        catalog_securable.c.deleted_at.is_(None),
        catalog_table.c.num_files >= least,
        catalog_table.c.writer == "delta-rs",
        catalog_table.c.table_type == "MANAGED",
    )
    return [row.id for row in connection.execute(query)]

"""What was dropped and can still come back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.clock import now_ms
from mlnb.core.records import Record

from . import names
from .grants import METASTORE, Level, identities, visible, with_rights
from .lifecycle import KINDS
from .tables import catalog_securable, catalog_table

if TYPE_CHECKING:
    from .service import Catalog

_DAY = 86_400_000
#: Most that one list shows; who looks for older things names them in ``undrop``.
MOST = 500


class Dropped(Record):
    """An object in the trash.

    Attributes
    ----------
    until
        When it goes for good; milliseconds UTC.
    size_bytes, num_rows
        Of a table, as of its last commit.
    """

    kind: str
    full_name: str
    name: str
    dropped_at: int
    dropped_by: str
    until: int
    num_rows: int | None = None
    size_bytes: int | None = None


def trash(catalog: Catalog) -> list[Dropped]:
    """Return what was dropped within the time that dropped things are kept, newest first.

    What went with something above it is not listed: it comes back with that. Of several things of one name only the last one dropped can
    come back, and not while something else has the name.
    """
    keep = int(catalog.settings.undrop_days * _DAY)
    gone, parent, alive = catalog_securable, catalog_securable.alias("parent"), catalog_securable.alias("alive")
    query = (
        sa.select(gone, catalog_table.c.num_rows, catalog_table.c.size_bytes)
        .outerjoin(catalog_table, catalog_table.c.id == gone.c.id)
        .outerjoin(parent, parent.c.id == gone.c.parent_id)
        .where(
            gone.c.deleted_at > now_ms() - keep,
            gone.c.kind.in_(KINDS),
            parent.c.deleted_at.is_(None),
            ~sa.exists().where(
                alive.c.parent_id == gone.c.parent_id,
                alive.c.namespace == gone.c.namespace,
                alive.c.name_key == gone.c.name_key,
                alive.c.deleted_at.is_(None),
            ),
        )
        .order_by(gone.c.deleted_at.desc())
        .limit(MOST)
    )
    seen: set[tuple[str, str, str]] = set()
    items: list[Dropped] = []
    with catalog.ground.metastore.connect() as connection:
        for row in connection.execute(query):
            name = (row.parent_id, row.namespace, row.name_key)
            if name in seen or not _may_see(connection, catalog, row):
                continue
            seen.add(name)
            items.append(
                Dropped(
                    kind=row.kind,
                    full_name=row.full_name,
                    name=row.name,
                    dropped_at=row.deleted_at,
                    dropped_by=row.updated_by,
                    until=row.deleted_at + keep,
                    num_rows=row.num_rows,
                    size_bytes=row.size_bytes,
                )
            )
    return items


def _may_see(connection: sa.Connection, catalog: Catalog, row: sa.Row[Any]) -> bool:
    """Return whether the caller may see what was dropped: their own, or below what they may see."""
    rights = catalog.rights
    if rights.unrestricted() or row.owner in identities():
        return True
    parts = names.split(row.full_name)[:-1]
    kind = (METASTORE, "catalog", "schema")[len(parts)]
    above = rights.levels(connection, kind, ".".join(names.quote(part) for part in parts) or METASTORE)
    here = with_rights(connection, [Level(row.id, row.kind, row.full_name, row.owner)], identities())
    return visible([*above, *here])

"""What goes for good: objects dropped long ago, and folders of tables that were never finished."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from . import metastore as rows
from .create import remove_folder
from .delta.handles import is_local
from .locations import is_managed
from .tables import (
    catalog_column,
    catalog_function,
    catalog_grant,
    catalog_ingested,
    catalog_pin,
    catalog_securable,
    catalog_table,
    catalog_tag,
)

if TYPE_CHECKING:
    from .service import Catalog

_DAY = 86_400_000
_OURS = re.compile(r"-([0-9a-f]{8})\Z")

#: Where an object has rows, by the column that names it.
_BELONGS = (
    catalog_column.c.table_id,
    catalog_ingested.c.table_id,
    catalog_function.c.id,
    catalog_tag.c.entity_id,
    catalog_grant.c.entity_id,
    catalog_pin.c.entity_id,
    catalog_table.c.id,
    catalog_securable.c.id,
)


def purge(catalog: Catalog, now_ms: int) -> list[str]:
    """Delete files and rows of objects dropped more than ``undrop_days`` ago; return their names.

    Files are deleted only where the catalog itself chose the folder: an external table or volume leaves them where they are. Lineage
    stays, as what was made from a table does not stop having been made from it.
    """
    before = now_ms - round(catalog.settings.undrop_days * _DAY)
    query = sa.select(catalog_securable).where(catalog_securable.c.deleted_at < before)
    with catalog.ground.metastore.connect() as connection:
        doomed = [(row, rows.location_of(connection, row.storage_location)) for row in connection.execute(query)]
    for row, location in doomed:
        with catalog.ground.metastore.begin() as connection:
            for column in _BELONGS:
                connection.execute(sa.delete(column.table).where(column == row.id))
            catalog.ground.journal.append(f"{row.kind}.purged", f"{row.kind}:{row.full_name}", {})
        if row.kind in ("table", "volume") and is_managed(location, row.id):
            catalog.handles.forget(location)
            remove_folder(location)
            catalog.commits.locks.forget(location)
        (catalog.spools.folder / f"{row.id}.db").unlink(missing_ok=True)
    return [str(row.full_name) for row, _ in doomed]


def sweep(catalog: Catalog, now_ms: int) -> list[Path]:
    """Delete folders of the lake that no table has, a day after their last change: somebody died while making a table."""
    root = catalog.ground.settings.storage_root
    if not is_local(root):
        return []
    with catalog.ground.metastore.connect() as connection:
        known = {str(found)[:8] for found in connection.execute(sa.select(catalog_securable.c.id)).scalars()}
    gone = []
    for log in Path(root).glob("*/*/*/_delta_log"):
        match = _OURS.search(log.parent.name)
        if match is None or match[1] in known or os.stat(log).st_mtime * 1000 > now_ms - _DAY:
            continue
        remove_folder(str(log.parent))
        gone.append(log.parent)
    return gone

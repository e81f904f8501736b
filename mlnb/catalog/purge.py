"""What goes for good: objects dropped long ago, and folders of tables that were never finished."""

from __future__ import annotations

from contextlib import nullcontext
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
from .unfinished import making, notes

if TYPE_CHECKING:
    from .service import Catalog

_DAY = 86_400_000

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
        ours = row.kind in ("table", "volume") and is_managed(location, row.id)
        # Noted like a table that is being made: whoever is killed between the rows and the files leaves the files to the sweep.
        with making(catalog.ground, row.id, location) if ours else nullcontext():
            with catalog.ground.metastore.begin() as connection:
                for column in _BELONGS:
                    connection.execute(sa.delete(column.table).where(column == row.id))
                catalog.ground.journal.append(f"{row.kind}.purged", f"{row.kind}:{row.full_name}", {})
            if ours:
                catalog.handles.forget(location)
                remove_folder(location)
                catalog.commits.locks.forget(location)
        (catalog.spools.folder / f"{row.id}.db").unlink(missing_ok=True)
    return [str(row.full_name) for row, _ in doomed]


def sweep(catalog: Catalog, now_ms: int) -> list[Path]:
    """Delete folders of tables that this workspace began and has no row for, a day after their last change: somebody died over them."""
    gone = []
    for note, table_id, location in notes(catalog.ground):
        folder = Path(location)
        inside = folder.rglob("*") if location and is_local(location) else ()
        if max(map(_changed, [note, *inside])) > now_ms - _DAY:
            continue
        with catalog.ground.metastore.connect() as connection:
            query = sa.select(catalog_securable.c.id).where(catalog_securable.c.id == table_id)
            recorded = connection.execute(query).first() is not None
        if not recorded and is_local(location) and is_managed(location, table_id) and folder.is_dir():
            remove_folder(location)
            gone.append(folder)
        note.unlink(missing_ok=True)
    return gone


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime * 1000
    except OSError:
        return 0

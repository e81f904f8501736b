"""Where a client that reads files itself finds them. For folders of this computer there is nothing to hand out but the address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidParameterError, NotProvidedError
from mlnb.core.records import Record

from . import metastore as rows
from . import names
from .delta.handles import is_local
from .errors import TableNotFoundError, VolumeNotFoundError
from .locations import given_location
from .tables import catalog_securable

if TYPE_CHECKING:
    from .service import Catalog

#: How long an answer is good for, in milliseconds.
_HOUR = 3_600_000


class Credentials(Record):
    """Where files are, and until when the answer holds (milliseconds UTC)."""

    url: str
    expiration_time: int


def credentials(
    catalog: Catalog,
    *,
    table_id: str | None = None,
    volume_id: str | None = None,
    url: str | None = None,
    write: bool = False,
) -> Credentials:
    """Return where the files of a table, a volume or a path are; see :meth:`mlnb.catalog.service.Catalog.credentials`."""
    entity = table_id or volume_id
    if (entity is None) == (url is None):
        raise InvalidParameterError("Say whose files: a table_id, a volume_id or a url.")
    if url is not None:
        return Credentials(url=given_location(catalog.ground, url), expiration_time=now_ms() + _HOUR)
    with catalog.ground.metastore.connect() as connection:
        query = sa.select(catalog_securable).where(
            catalog_securable.c.id == entity, catalog_securable.c.deleted_at.is_(None)
        )
        row = connection.execute(query).first()
        location = rows.location_of(connection, row.storage_location) if row is not None else ""
    if row is None or not location:
        kind = TableNotFoundError if table_id else VolumeNotFoundError
        raise kind(f"There is no {'table' if table_id else 'volume'} with the id {entity}.")
    table = row.kind == "table"
    privilege = ("MODIFY" if write else "SELECT") if table else ("WRITE VOLUME" if write else "READ VOLUME")
    catalog.require(privilege, row.kind, names.quote_name(row.full_name))
    if not is_local(location):
        raise NotProvidedError(
            "Credentials for object stores are not handed out.",
            hint="Give the client its own credentials for the store, or read through SQL.",
        )
    return Credentials(url=location, expiration_time=now_ms() + _HOUR)

"""Names and types of a catalog's tables, by patterns: what a client asks before it asks for one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from mlnb.core.records import Page, Record

from . import names, paging
from .tables import catalog_securable, catalog_table

if TYPE_CHECKING:
    from .namespace import Namespace


class TableSummary(Record):
    """A table's full name and type."""

    full_name: str
    table_type: str


def table_summaries(
    namespace: Namespace,
    catalog: str,
    *,
    schema_pattern: str | None = None,
    table_pattern: str | None = None,
    page_token: str | None = None,
    max_results: int | None = None,
) -> Page[TableSummary]:
    """List names and types of a catalog's tables and views.

    Parameters
    ----------
    schema_pattern, table_pattern
        As in SQL's LIKE: ``%`` stands for anything, ``_`` for one character.

    Raises
    ------
    CatalogNotFoundError
        When the catalog does not exist.
    """
    parent = namespace.catalog_info(catalog)
    size, question = paging.size(max_results), f"summaries|{parent.id}|{schema_pattern}|{table_pattern}"
    after = paging.decode(page_token, question)
    schema, table = catalog_securable.alias("s"), catalog_securable.alias("t")
    key = schema.c.name_key + "/" + table.c.name_key
    query = sa.select(table.c.full_name, catalog_table.c.table_type, key.label("key"))
    query = query.join(schema, table.c.parent_id == schema.c.id).join(catalog_table, catalog_table.c.id == table.c.id)
    query = query.where(schema.c.parent_id == parent.id, schema.c.deleted_at.is_(None), table.c.deleted_at.is_(None))
    for level, pattern in ((schema, schema_pattern), (table, table_pattern)):
        if pattern:
            query = query.where(level.c.name_key.like(names.key(pattern)))
    if after is not None:
        query = query.where(key > after)
    with namespace.ground.metastore.connect() as connection:
        found = list(connection.execute(query.order_by(key).limit(size + 1)))
    items = [TableSummary(full_name=row.full_name, table_type=row.table_type) for row in found[:size]]
    return Page[TableSummary](
        items=items, next_page_token=paging.encode(found[size - 1].key, question) if len(found) > size else None
    )

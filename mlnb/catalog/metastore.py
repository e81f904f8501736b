"""Rows of catalogs, schemas and tables: every query the catalog makes, on SQLite and PostgreSQL alike."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms

from .names import TableName, key
from .records import CatalogInfo, ColumnInfo, Constraint, SchemaInfo, TableInfo
from .tables import catalog_column, catalog_ingested, catalog_securable, catalog_table

securable = catalog_securable
_ALIVE = securable.c.deleted_at.is_(None)
_TABLE = sa.select(securable, *(column for column in catalog_table.c if column.name != "id")).join(
    catalog_table, catalog_table.c.id == securable.c.id
)

#: Kinds that may not share a name below one parent.
NAMESPACES = {
    "catalog": "catalog",
    "schema": "schema",
    "table": "relation",
    "view": "relation",
    "volume": "volume",
    "function": "function",
}

#: Stored in front of a location that is below the lake, so that a workspace can be moved or copied.
_LAKE = "lake:"


def stored_location(connection: sa.Connection, location: str | None) -> str | None:
    """Return how a location is stored: relative when it is below the lake."""
    root = _root(connection)
    return _LAKE + location[len(root) + 1 :] if location and location.startswith(root + "/") else location


def location_of(connection: sa.Connection, stored: str | None) -> str:
    """Return the location that was stored; views have none."""
    if stored is None:
        return ""
    return f"{_root(connection)}/{stored[len(_LAKE) :]}" if stored.startswith(_LAKE) else stored


def _root(connection: sa.Connection) -> str:
    return str(connection.get_execution_options()["storage_root"]).rstrip("/")


@dataclass(frozen=True)
class Statistics:
    """What is stored about a version of a table."""

    version: int
    num_rows: int | None
    size_bytes: int
    num_files: int
    schema_changed: bool
    columns: Sequence[ColumnInfo]
    constraints: Sequence[Constraint] = ()


def find(connection: sa.Connection, kind: str, parent_id: str, name: str) -> sa.Row[Any] | None:
    """Return the row of a name below a parent."""
    return connection.execute(
        sa.select(securable).where(
            _ALIVE,
            securable.c.parent_id == parent_id,
            securable.c.namespace == NAMESPACES[kind],
            securable.c.name_key == key(name),
        )
    ).first()


def find_schema(connection: sa.Connection, catalog: str, schema: str) -> tuple[sa.Row[Any] | None, sa.Row[Any] | None]:
    """Return the rows of a catalog and of a schema in it."""
    above = find(connection, "catalog", "", catalog)
    return above, find(connection, "schema", above.id, schema) if above else None


@dataclass(frozen=True)
class Located:
    """Where a table lies: what reading it needs, found with one query."""

    table_id: str
    full_name: str
    storage_location: str
    version: int
    schema_changed_version: int
    view_definition: str | None = None


def _located(connection: sa.Connection, row: Any) -> Located:
    table_id, full_name, stored, *rest = row
    return Located(table_id, full_name, location_of(connection, stored), *rest)


def locate(connection: sa.Connection, name: TableName) -> Located | None:
    """Return where a table lies, None when there is none of that name."""
    keys = {"catalog_key": key(name.catalog), "schema_key": key(name.schema), "name_key": key(name.name)}
    row = connection.execute(_located_query(), keys).first()
    return _located(connection, row) if row else None


@lru_cache(maxsize=1)
def _located_query() -> sa.Select[Any]:
    """Return the query for a table with the levels above it; made once, because every read runs it."""
    above, schema, table = securable.alias("c"), securable.alias("s"), securable.alias("t")
    joined = above.join(schema, schema.c.parent_id == above.c.id).join(table, table.c.parent_id == schema.c.id)
    joined = joined.join(catalog_table, catalog_table.c.id == table.c.id)
    return (
        sa.select(
            table.c.id,
            table.c.full_name,
            table.c.storage_location,
            catalog_table.c.version,
            catalog_table.c.schema_changed_version,
            catalog_table.c.view_definition,
        )
        .select_from(joined)
        .where(
            *(level.c.deleted_at.is_(None) for level in (above, schema, table)),
            above.c.parent_id == "",
            above.c.name_key == sa.bindparam("catalog_key"),
            schema.c.name_key == sa.bindparam("schema_key"),
            table.c.name_key == sa.bindparam("name_key"),
            table.c.namespace == "relation",
        )
    )


def set_owner(connection: sa.Connection, object_id: str, owner: str) -> None:
    """Give an object to somebody."""
    connection.execute(securable.update().where(securable.c.id == object_id).values(owner=owner))


def owner_of(connection: sa.Connection, object_id: str) -> str:
    """Return who owns an object."""
    return str(connection.execute(sa.select(securable.c.owner).where(securable.c.id == object_id)).scalar_one())


def find_table(connection: sa.Connection, name: TableName) -> TableInfo | None:
    """Return a table by name, with its columns."""
    _, schema = find_schema(connection, name.catalog, name.schema)
    row = find(connection, "table", schema.id, name.name) if schema else None
    return get_table(connection, row.id) if row else None


def get_table(connection: sa.Connection, table_id: str, *, lock: bool = False) -> TableInfo | None:
    """Return a table by id; ``lock`` keeps other writers from changing its row until the transaction ends."""
    query = _TABLE.where(securable.c.id == table_id, _ALIVE)
    row = connection.execute(query.with_for_update() if lock else query).first()
    return _table(connection, row._mapping, _columns(connection, [table_id]).get(table_id, [])) if row else None


def children(
    connection: sa.Connection,
    kind: str,
    parent_id: str,
    *,
    after: str | None = None,
    limit: int | None = None,
    contains: str | None = None,
    where: sa.ColumnElement[bool] | None = None,
) -> list[sa.Row[Any]]:
    """Return the names below a parent in their order, from the one after ``after`` on.

    ``contains`` is a part of the name, ``where`` a further condition.
    """
    query = sa.select(securable).where(
        _ALIVE, securable.c.parent_id == parent_id, securable.c.namespace == NAMESPACES[kind]
    )
    if after is not None:
        query = query.where(securable.c.name_key > after)
    if contains:
        query = query.where(securable.c.name_key.contains(key(contains), autoescape=True))
    if where is not None:
        query = query.where(where)
    query = query.order_by(securable.c.name_key).limit(limit)
    return list(connection.execute(query))


def parents(connection: sa.Connection, ids: Sequence[str], *, where: sa.ColumnElement[bool] | None = None) -> set[str]:
    """Return which of these have something below them that a further condition keeps."""
    query = sa.select(securable.c.parent_id).where(_ALIVE, securable.c.parent_id.in_(list(ids))).distinct()
    query = query if where is None else query.where(where)
    return {row.parent_id for row in connection.execute(query)}


def tables(connection: sa.Connection, rows: Sequence[sa.Row[Any]]) -> list[TableInfo]:
    """Return the tables of securable rows, in their order, with columns."""
    ids = [row.id for row in rows]
    found = {row.id: row._mapping for row in connection.execute(_TABLE.where(securable.c.id.in_(ids)))}
    columns = _columns(connection, ids)
    return [_table(connection, found[one], columns.get(one, [])) for one in ids if one in found]


def full_names(
    connection: sa.Connection, kind: str, limit: int = 20_000, *, where: sa.ColumnElement[bool] | None = None
) -> list[str]:
    """Return the full names of everything of a kind, or of those that a further condition keeps."""
    query = sa.select(securable.c.full_name).where(_ALIVE, securable.c.namespace == NAMESPACES[kind]).limit(limit)
    query = query if where is None else query.where(where)
    return [row.full_name for row in connection.execute(query)]


def live_tables(connection: sa.Connection) -> list[Located]:
    """Return where every table lies; views lie nowhere."""
    query = sa.select(
        securable.c.id,
        securable.c.full_name,
        securable.c.storage_location,
        catalog_table.c.version,
        catalog_table.c.schema_changed_version,
    )
    query = query.join(catalog_table, catalog_table.c.id == securable.c.id)
    query = query.where(_ALIVE, catalog_table.c.view_definition.is_(None))
    return [_located(connection, row) for row in connection.execute(query)]


def insert(
    connection: sa.Connection,
    kind: str,
    parent_id: str,
    full_name: str,
    *,
    comment: str | None = None,
    properties: Mapping[str, str] | None = None,
    location: str | None = None,
    id: str | None = None,
) -> sa.Row[Any]:
    """Insert a name; a taken one raises ``IntegrityError``."""
    now, who, name = now_ms(), current_caller().principal, full_name.rsplit(".", 1)[-1]
    values = {
        "id": id or str(uuid.uuid4()),
        "kind": kind,
        "namespace": NAMESPACES[kind],
        "parent_id": parent_id,
        "name": name,
        "name_key": key(name),
        "full_name": full_name,
        "owner": who,
        "comment": comment,
        "properties": dict(properties or {}),
        "storage_location": location if kind == "catalog" else stored_location(connection, location),
        "created_at": now,
        "created_by": who,
        "updated_at": now,
        "updated_by": who,
    }
    connection.execute(securable.insert().values(values))
    return connection.execute(sa.select(securable).where(securable.c.id == values["id"])).one()


def insert_table(
    connection: sa.Connection,
    table_id: str,
    *,
    primary_key: Sequence[str],
    timeseries: str | None,
    stats: Statistics,
    table_type: str = "MANAGED",
    view_definition: str | None = None,
) -> None:
    """Insert what belongs to a new table or view besides its name."""
    connection.execute(
        catalog_table.insert().values(
            id=table_id,
            table_type=table_type,
            data_source_format="DELTA" if view_definition is None else "UNKNOWN_DATA_SOURCE_FORMAT",
            view_definition=view_definition,
            version=stats.version,
            num_rows=stats.num_rows,
            size_bytes=stats.size_bytes,
            num_files=stats.num_files,
            stats_version=stats.version,
            schema_changed_version=0,
            primary_key=list(primary_key),
            timeseries=timeseries,
            constraints=[item.to_dict() for item in stats.constraints],
            writer="delta-rs",
        )
    )
    _replace_columns(connection, table_id, stats.columns)


def update_table(connection: sa.Connection, table_id: str, stats: Statistics, *, by: str, at: int) -> None:
    """Store a newer version's statistics, and its columns when they changed."""
    values: dict[str, Any] = {
        "version": stats.version,
        "num_rows": stats.num_rows,
        "size_bytes": stats.size_bytes,
        "num_files": stats.num_files,
        "stats_version": stats.version,
        "constraints": [item.to_dict() for item in stats.constraints],
    }
    if stats.schema_changed:
        values["schema_changed_version"] = stats.version
        _replace_columns(connection, table_id, stats.columns)
    connection.execute(catalog_table.update().where(catalog_table.c.id == table_id).values(values))
    connection.execute(securable.update().where(securable.c.id == table_id).values(updated_at=at, updated_by=by))


def update_view(
    connection: sa.Connection, view_id: str, definition: str, columns: Sequence[ColumnInfo], comment: str | None
) -> None:
    """Store a view's new definition and columns."""
    now, who = now_ms(), current_caller().principal
    connection.execute(catalog_table.update().where(catalog_table.c.id == view_id).values(view_definition=definition))
    _replace_columns(connection, view_id, columns)
    about = {"comment": comment, "updated_at": now, "updated_by": who}
    connection.execute(securable.update().where(securable.c.id == view_id).values(about))


def update_about(connection: sa.Connection, table_id: str, values: Mapping[str, Any], keys: Mapping[str, Any]) -> None:
    """Change comment and properties, primary key and time-series column."""
    if values:
        connection.execute(securable.update().where(securable.c.id == table_id).values(dict(values)))
    if keys:
        connection.execute(catalog_table.update().where(catalog_table.c.id == table_id).values(dict(keys)))


def mark_dropped(connection: sa.Connection, ids: Iterable[str]) -> None:
    """Take names away; the rows stay until they are purged."""
    now, who = now_ms(), current_caller().principal
    connection.execute(
        securable.update().where(securable.c.id.in_(list(ids))).values(deleted_at=now, updated_at=now, updated_by=who)
    )


def find_dropped(
    connection: sa.Connection, parent_id: str, name: str, namespace: str = "relation"
) -> sa.Row[Any] | None:
    """Return the row of that name that was dropped last."""
    query = sa.select(securable).where(securable.c.deleted_at.is_not(None), securable.c.parent_id == parent_id)
    query = query.where(securable.c.namespace == namespace, securable.c.name_key == key(name))
    return connection.execute(query.order_by(securable.c.deleted_at.desc()).limit(1)).first()


def ingested(connection: sa.Connection, table_id: str) -> set[tuple[str, int, str]]:
    """Return path, size and etag of every file that was loaded into a table."""
    query = sa.select(catalog_ingested.c.path, catalog_ingested.c.size, catalog_ingested.c.etag)
    return {
        (row.path, row.size, row.etag)
        for row in connection.execute(query.where(catalog_ingested.c.table_id == table_id))
    }


def mark_ingested(
    connection: sa.Connection, table_id: str, loaded: Sequence[Mapping[str, Any]], *, afresh: bool
) -> None:
    """Remember loaded files; ``afresh`` forgets those loaded before."""
    if afresh:
        connection.execute(catalog_ingested.delete().where(catalog_ingested.c.table_id == table_id))
    for row in loaded:
        same = [catalog_ingested.c[name] == row[name] for name in ("table_id", "path", "size", "etag")]
        connection.execute(catalog_ingested.delete().where(*same))
        connection.execute(catalog_ingested.insert().values(dict(row)))


def catalog_info(row: sa.Row[Any]) -> CatalogInfo:
    """Return a catalog from its row."""
    same = {name: getattr(row, name) for name in _SAME}
    return CatalogInfo(**same, full_name=row.name, storage_root=row.storage_location, id=row.id)


def schema_info(row: sa.Row[Any]) -> SchemaInfo:
    """Return a schema from its row."""
    same = {name: getattr(row, name) for name in _SAME}
    return SchemaInfo(**same, catalog_name=row.full_name.split(".")[0], full_name=row.full_name, schema_id=row.id)


_SAME = ("name", "owner", "comment", "properties", "created_at", "created_by", "updated_at", "updated_by")


def _table(connection: sa.Connection, row: Mapping[Any, Any], columns: list[ColumnInfo]) -> TableInfo:
    catalog, schema, _ = row["full_name"].split(".")
    same = {name: row[name] for name in (*_SAME, "full_name", "table_type", "data_source_format")}
    stored = (
        "version",
        "view_definition",
        "schema_changed_version",
        "num_rows",
        "size_bytes",
        "num_files",
        "primary_key",
        "timeseries",
        "constraints",
        "writer",
    )
    return TableInfo(
        **same,
        **{name: row[name] for name in stored},
        catalog_name=catalog,
        schema_name=schema,
        table_id=row["id"],
        storage_location=location_of(connection, row["storage_location"]),
        columns=columns,
    )


def _columns(connection: sa.Connection, ids: Sequence[str]) -> dict[str, list[ColumnInfo]]:
    query = sa.select(catalog_column).where(catalog_column.c.table_id.in_(list(ids)))
    query = query.order_by(catalog_column.c.table_id, catalog_column.c.position)
    found: dict[str, list[ColumnInfo]] = {}
    for row in connection.execute(query):
        values = {name: value for name, value in row._mapping.items() if name != "table_id"}
        found.setdefault(row.table_id, []).append(ColumnInfo(**values))
    return found


def _replace_columns(connection: sa.Connection, table_id: str, columns: Sequence[ColumnInfo]) -> None:
    connection.execute(catalog_column.delete().where(catalog_column.c.table_id == table_id))
    if columns:
        rows = [{**column.model_dump(), "table_id": table_id} for column in columns]
        connection.execute(catalog_column.insert(), rows)

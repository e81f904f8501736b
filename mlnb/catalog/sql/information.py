"""``information_schema`` of each catalog and ``system.query.history``: the metastore as tables, limited to what the caller may see."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.errors import did_you_mean

from ..audit import audit
from ..errors import CatalogNotFoundError, TableNotFoundError
from ..grants import identities
from ..tables import (
    catalog_column,
    catalog_function,
    catalog_grant,
    catalog_securable,
    catalog_statement,
    catalog_table,
    catalog_tag,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from ..service import Catalog

Rows = list[dict[str, Any]]
securable = catalog_securable

_TIME = ("created", "last_altered", "start_time", "end_time")
_NUMBER = ("ordinal_position", "total_duration_ms", "produced_rows", "numeric_precision", "version")


class _Objects:
    """The objects of one catalog, or of all, that the caller may see, with their names split."""

    def __init__(self, service: Catalog, catalog: str | None) -> None:
        self.service = service
        with service.ground.metastore.connect() as connection:
            query = sa.select(securable).where(securable.c.deleted_at.is_(None)).order_by(securable.c.full_name)
            every = list(connection.execute(query))
        if catalog is not None:
            above = next((row for row in every if row.kind == "catalog" and row.name.lower() == catalog.lower()), None)
            if above is None:
                names = [row.name for row in every if row.kind == "catalog"]
                raise CatalogNotFoundError(
                    f"There is no catalog {catalog!r}.",
                    hint=did_you_mean(catalog, names) or "SHOW CATALOGS lists them.",
                )
            every = [row for row in every if row is above or row.full_name.lower().startswith(f"{above.name.lower()}.")]
        self.rows = [row for row in every if self._visible(row)]
        self.by_id = {row.id: row for row in self.rows}

    def _visible(self, row: Any) -> bool:
        from mlnb.core.errors import MlnbError

        try:
            self.service.require("BROWSE", row.kind, row.full_name)
        except MlnbError:
            return False
        return True

    def of(self, *kinds: str) -> list[Any]:
        return [row for row in self.rows if row.kind in kinds]

    def select(self, query: sa.Select[Any], column: str) -> list[Any]:
        """Return the rows of a query that belong to these objects."""
        with self.service.ground.metastore.connect() as connection:
            return [row for row in connection.execute(query) if row._mapping[column] in self.by_id]


def rows_of(service: Catalog, name: str, catalog: str | None) -> pa.Table:
    """Return a table of ``information_schema``.

    Parameters
    ----------
    catalog
        Whose; None for all, as in ``system.information_schema``.
    """
    found = INFORMATION.get(name.lower())
    if found is None:
        raise TableNotFoundError(
            f"There is no table information_schema.{name}.",
            hint=did_you_mean(name.lower(), INFORMATION) or f"Tables: {', '.join(INFORMATION)}.",
        )
    columns, make = found
    return _arrow(columns, make(_Objects(service, catalog)))


def _arrow(columns: Sequence[str], found: Rows) -> pa.Table:
    import pyarrow as pa

    def kind(name: str) -> pa.DataType:
        if name in _TIME or name.endswith("_at"):
            return pa.timestamp("us", "UTC")
        return pa.int64() if name in _NUMBER else pa.string()

    return pa.Table.from_pylist(found, pa.schema([(name, kind(name)) for name in columns]))


def _split(full_name: str, *names: str) -> dict[str, str]:
    return dict(zip(names, full_name.split("."), strict=False))


def _stamps(row: Any) -> dict[str, Any]:
    return {
        "comment": row.comment,
        "created": row.created_at * 1000,
        "created_by": row.created_by,
        "last_altered": row.updated_at * 1000,
        "last_altered_by": row.updated_by,
    }


_STAMPS = ("comment", "created", "created_by", "last_altered", "last_altered_by")
_TABLE = ("table_catalog", "table_schema", "table_name")


def _catalogs(objects: _Objects) -> Rows:
    return [{"catalog_name": r.name, "catalog_owner": r.owner, **_stamps(r)} for r in objects.of("catalog")]


def _schemata(objects: _Objects) -> Rows:
    return [
        {**_split(r.full_name, "catalog_name", "schema_name"), "schema_owner": r.owner, **_stamps(r)}
        for r in objects.of("schema")
    ]


def _tables(objects: _Objects) -> Rows:
    stored = {row.id: row for row in objects.select(sa.select(catalog_table), "id")}
    found = []
    for row in objects.of("table", "view"):
        facts = stored.get(row.id)
        if facts is not None:
            about = {
                "table_type": facts.table_type,
                "data_source_format": facts.data_source_format,
                "is_insertable_into": "NO" if facts.view_definition else "YES",
                "storage_path": None,
                "table_owner": row.owner,
            }
            found.append({**_split(row.full_name, *_TABLE), **about, **_stamps(row)})
    return found


def _views(objects: _Objects) -> Rows:
    stored = objects.select(sa.select(catalog_table).where(catalog_table.c.view_definition.is_not(None)), "id")
    return [
        {
            **_split(objects.by_id[row.id].full_name, *_TABLE),
            "view_definition": row.view_definition,
            "is_updatable": "NO",
        }
        for row in stored
    ]


def _columns(objects: _Objects) -> Rows:
    query = sa.select(catalog_column).order_by(catalog_column.c.table_id, catalog_column.c.position)
    return [
        {
            **_split(objects.by_id[row.table_id].full_name, *_TABLE),
            "column_name": row.name,
            "ordinal_position": row.position,
            "is_nullable": "YES" if row.nullable else "NO",
            "full_data_type": row.type_text,
            "data_type": row.type_name,
            "partition_index": None if row.partition_index is None else str(row.partition_index),
            "comment": row.comment,
        }
        for row in objects.select(query, "table_id")
    ]


def _constraints(objects: _Objects) -> Rows:
    found = []
    for row in objects.select(sa.select(catalog_table), "id"):
        names = _split(objects.by_id[row.id].full_name, *_TABLE)
        if row.primary_key:
            found.append({**names, "constraint_name": f"{names['table_name']}_pk", "constraint_type": "PRIMARY KEY"})
        found += [
            {**names, "constraint_name": str(item.get("name")), "constraint_type": "CHECK"}
            for item in row.constraints or []
            if isinstance(item, dict)
        ]
    return found


def _key_columns(objects: _Objects) -> Rows:
    found = []
    for row in objects.select(sa.select(catalog_table), "id"):
        names = _split(objects.by_id[row.id].full_name, *_TABLE)
        found += [
            {**names, "constraint_name": f"{names['table_name']}_pk", "column_name": column, "ordinal_position": index}
            for index, column in enumerate(row.primary_key or [], 1)
        ]
    return found


def _volumes(objects: _Objects) -> Rows:
    return [
        {**_split(r.full_name, "volume_catalog", "volume_schema", "volume_name"), "volume_owner": r.owner, **_stamps(r)}
        for r in objects.of("volume")
    ]


def _routines(objects: _Objects) -> Rows:
    stored = {row.id: row for row in objects.select(sa.select(catalog_function), "id")}
    return [
        {
            **_split(r.full_name, "routine_catalog", "routine_schema", "routine_name"),
            "routine_type": "FUNCTION",
            "data_type": stored[r.id].return_type,
            "routine_body": stored[r.id].language,
            "routine_definition": stored[r.id].body,
            "routine_owner": r.owner,
            **_stamps(r),
        }
        for r in objects.of("function")
        if r.id in stored
    ]


def _tags(objects: _Objects, kinds: Sequence[str], names: Sequence[str], *, columns: bool) -> Rows:
    wanted = catalog_tag.c.column_name != "" if columns else catalog_tag.c.column_name == ""
    return [
        {
            **_split(objects.by_id[row.entity_id].full_name, *names),
            **({"column_name": row.column_name} if columns else {}),
            "tag_name": row.key,
            "tag_value": row.value,
        }
        for row in objects.select(sa.select(catalog_tag).where(wanted), "entity_id")
        if objects.by_id[row.entity_id].kind in kinds
    ]


def _privileges(objects: _Objects, kinds: Sequence[str], names: Sequence[str]) -> Rows:
    return [
        {
            "grantor": row.granted_by,
            "grantee": row.principal,
            **_split(objects.by_id[row.entity_id].full_name, *names),
            "privilege_type": row.privilege,
            "is_grantable": "NO",
        }
        for row in objects.select(sa.select(catalog_grant), "entity_id")
        if objects.by_id[row.entity_id].kind in kinds
    ]


Make = Callable[[_Objects], Rows]


def _of_tags(kinds: Sequence[str], names: tuple[str, ...], columns: bool = False) -> tuple[tuple[str, ...], Make]:
    more = ("column_name",) if columns else ()
    return (*names, *more, "tag_name", "tag_value"), lambda objects: _tags(objects, kinds, names, columns=columns)


def _of_privileges(kinds: Sequence[str], names: tuple[str, ...]) -> tuple[tuple[str, ...], Make]:
    columns = ("grantor", "grantee", *names, "privilege_type", "is_grantable")
    return columns, lambda objects: _privileges(objects, kinds, names)


#: The tables of ``information_schema``: their columns and what makes their rows.
INFORMATION: Mapping[str, tuple[Sequence[str], Make]] = {
    "catalogs": (("catalog_name", "catalog_owner", *_STAMPS), _catalogs),
    "schemata": (("catalog_name", "schema_name", "schema_owner", *_STAMPS), _schemata),
    "tables": (
        (*_TABLE, "table_type", "is_insertable_into", "table_owner", *_STAMPS, "data_source_format", "storage_path"),
        _tables,
    ),
    "views": ((*_TABLE, "view_definition", "is_updatable"), _views),
    "columns": (
        (
            *_TABLE, "column_name", "ordinal_position", "is_nullable", "full_data_type", "data_type", "partition_index",
            "comment",
        ),
        _columns,
    ),
    "table_constraints": ((*_TABLE, "constraint_name", "constraint_type"), _constraints),
    "key_column_usage": ((*_TABLE, "constraint_name", "column_name", "ordinal_position"), _key_columns),
    "volumes": (("volume_catalog", "volume_schema", "volume_name", "volume_owner", *_STAMPS), _volumes),
    "routines": (
        (
            "routine_catalog", "routine_schema", "routine_name", "routine_type", "data_type", "routine_body",
            "routine_definition", "routine_owner", *_STAMPS,
        ),
        _routines,
    ),
    "catalog_tags": _of_tags(("catalog",), ("catalog_name",)),
    "schema_tags": _of_tags(("schema",), ("catalog_name", "schema_name")),
    "table_tags": _of_tags(("table", "view"), ("catalog_name", "schema_name", "table_name")),
    "column_tags": _of_tags(("table", "view"), ("catalog_name", "schema_name", "table_name"), columns=True),
    "volume_tags": _of_tags(("volume",), ("catalog_name", "schema_name", "volume_name")),
    "catalog_privileges": _of_privileges(("catalog",), ("catalog_name",)),
    "schema_privileges": _of_privileges(("schema",), ("catalog_name", "schema_name")),
    "table_privileges": _of_privileges(("table", "view"), _TABLE),
    "volume_privileges": _of_privileges(("volume",), ("volume_catalog", "volume_schema", "volume_name")),
    "routine_privileges": _of_privileges(("function",), ("routine_catalog", "routine_schema", "routine_name")),
}  # fmt: skip


_HISTORY = (
    "statement_id", "executed_by", "execution_status", "statement_type", "statement_text", "error_code", "start_time", "end_time",
    "total_duration_ms", "produced_rows", "compute_type", "query_source",
)  # fmt: skip

#: Most rows of the history, the newest.
MAX_HISTORY = 100_000


def query_history(service: Catalog) -> pa.Table:
    """Return ``system.query.history``: the statements that ran, newest first."""
    service.recorder.flush(5)
    query = sa.select(catalog_statement).order_by(catalog_statement.c.started_at.desc()).limit(MAX_HISTORY)
    if not service.rights.administers():  # what others wrote may show what their tables hold
        query = query.where(catalog_statement.c.actor.in_(identities()))
    with service.ground.metastore.connect() as connection:
        found = list(connection.execute(query))
    return _arrow(
        _HISTORY,
        [
            {
                "statement_id": row.id,
                "executed_by": row.actor,
                "execution_status": row.status,
                "statement_type": row.kind,
                "statement_text": row.sql,
                "error_code": row.error_code,
                "start_time": row.started_at * 1000,
                "end_time": (row.started_at + (row.duration_ms or 0)) * 1000,
                "total_duration_ms": row.duration_ms,
                "produced_rows": row.rows,
                "compute_type": row.engine,
                "query_source": json.dumps(row.context, ensure_ascii=False),
            }
            for row in found
        ],
    )


#: System tables that the catalog has itself; stages register theirs.
SYSTEM: Mapping[str, Callable[[Catalog], pa.Table]] = {
    "system.access.audit": audit,
    "system.query.history": query_history,
}

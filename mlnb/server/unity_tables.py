"""Routes of the platform's own paths for tables and their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlnb.catalog.names import quote
from mlnb.catalog.records import TableInfo
from mlnb.core.errors import InvalidParameterError, NotFoundError, NotProvidedError
from mlnb.server.route import Empty, PlatformModel
from mlnb.server.unity_paths import both

if TYPE_CHECKING:
    from mlnb.door import Workspace


class ListTables(PlatformModel):
    """Page of a schema's tables."""

    catalog_name: str
    schema_name: str
    max_results: int = 0
    page_token: str | None = None
    omit_columns: bool = False
    omit_properties: bool = False


class GetTable(PlatformModel):
    """A table by its full name."""

    full_name: str


class NewColumn(PlatformModel):
    """A column of a new table: its type as text, or as a Spark field in JSON."""

    name: str
    type_text: str = ""
    type_json: str | None = None
    nullable: bool = True
    comment: str | None = None


class CreateTable(PlatformModel):
    """A new table: managed with columns, or external at a location, where a Delta table may lie already."""

    name: str
    catalog_name: str
    schema_name: str
    table_type: str = "MANAGED"
    data_source_format: str = "DELTA"
    storage_location: str | None = None
    columns: list[NewColumn] | None = None
    comment: str | None = None
    properties: dict[str, str] | None = None


class UpdateTable(PlatformModel):
    """Changes of a table; what is absent stays."""

    full_name: str
    owner: str | None = None
    comment: str | None = None
    properties: dict[str, str] | None = None


class PlatformColumn(PlatformModel):
    """A column as the platform shows it."""

    name: str
    type_text: str
    type_name: str
    type_json: str
    position: int
    nullable: bool
    comment: str | None = None
    partition_index: int | None = None


class PrimaryKeyConstraint(PlatformModel):
    """A primary key; ``timeseries_columns`` are the time-series column, if there is one."""

    name: str = ""
    child_columns: list[str]
    timeseries_columns: list[str] | None = None


class TableConstraint(PlatformModel):
    """A constraint of a table."""

    primary_key_constraint: PrimaryKeyConstraint | None = None
    foreign_key_constraint: dict[str, Any] | None = None
    named_table_constraint: dict[str, Any] | None = None


class CreateConstraint(PlatformModel):
    """A constraint for a table."""

    full_name_arg: str
    constraint: TableConstraint


class DeleteConstraint(PlatformModel):
    """A table's constraint to take away."""

    full_name: str
    constraint_name: str
    cascade: bool = False


class PlatformTable(PlatformModel):
    """A table as the platform shows it."""

    name: str
    catalog_name: str
    schema_name: str
    full_name: str
    table_type: str
    data_source_format: str | None = None
    columns: list[PlatformColumn] | None = None
    storage_location: str | None = None
    view_definition: str | None = None
    table_id: str
    owner: str
    comment: str | None = None
    properties: dict[str, str] | None = None
    table_constraints: list[TableConstraint] | None = None
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str


class PlatformTables(PlatformModel):
    """A page of tables."""

    tables: list[PlatformTable]
    next_page_token: str | None = None


class TableExists(PlatformModel):
    """Whether a table exists."""

    table_exists: bool


def list_tables(ws: Workspace, q: ListTables) -> PlatformTables:
    """List the tables of a schema."""
    schema = f"{quote(q.catalog_name)}.{quote(q.schema_name)}"
    page = ws.catalog.tables(schema, page_token=q.page_token, max_results=q.max_results)
    found = [_table(item, columns=not q.omit_columns, properties=not q.omit_properties) for item in page.items]
    return PlatformTables(tables=found, next_page_token=page.next_page_token)


def get_table(ws: Workspace, q: GetTable) -> PlatformTable:
    """Return a table."""
    return _table(ws.catalog.info(q.full_name))


def table_exists(ws: Workspace, q: GetTable) -> TableExists:
    """Say whether a table exists."""
    return TableExists(table_exists=ws.catalog.exists(q.full_name))


def create_table(ws: Workspace, q: CreateTable) -> PlatformTable:
    """Create a table, or name the Delta table at a location."""
    if q.data_source_format.upper() != "DELTA":
        raise NotProvidedError(
            f"Tables are Delta tables; {q.data_source_format} is not provided.",
            hint="Load the files into a table: ws.catalog.ingest(path, name), or COPY INTO.",
        )
    if q.table_type.upper() == "EXTERNAL" and not q.storage_location:
        raise InvalidParameterError("An external table needs a storage_location.", hint="Or leave out the type.")
    name = ".".join(quote(part) for part in (q.catalog_name, q.schema_name, q.name))
    location = q.storage_location if q.table_type.upper() == "EXTERNAL" else None
    info = ws.catalog.declare_table(
        name,
        [column.model_dump() for column in q.columns or []],
        location=location,
        comment=q.comment,
        properties=q.properties,
    )
    return _table(info)


def update_table(ws: Workspace, q: UpdateTable) -> PlatformTable:
    """Change a table's owner, comment or properties."""
    if q.owner is not None:
        ws.catalog.set_owner(q.full_name, q.owner)
    if q.comment is not None:
        ws.catalog.set_comment(q.full_name, q.comment)
    if q.properties is not None:
        ws.catalog.alter(q.full_name, properties=dict(q.properties))
    return _table(ws.catalog.info(q.full_name))


def delete_table(ws: Workspace, q: GetTable) -> Empty:
    """Drop a table or view; it can be brought back for some days."""
    ws.catalog.drop(q.full_name)
    return Empty()


def create_constraint(ws: Workspace, q: CreateConstraint) -> TableConstraint:
    """Say which columns identify a row of a table."""
    key = q.constraint.primary_key_constraint
    if key is None:
        raise NotProvidedError(
            "Only primary keys are recorded.", hint="CHECK constraints: ALTER TABLE … ADD CONSTRAINT name CHECK (…)."
        )
    times = key.timeseries_columns or []
    info = ws.catalog.set_primary_key(q.full_name_arg, key.child_columns, timeseries=times[0] if times else None)
    return _constraints(info)[0]


def delete_constraint(ws: Workspace, q: DeleteConstraint) -> Empty:
    """Take a table's primary key away."""
    info = ws.catalog.info(q.full_name)
    if not info.primary_key or q.constraint_name != _key_name(info):
        raise NotFoundError(
            f"{info.full_name} has no constraint {q.constraint_name!r}.",
            hint=f"Its primary key is {_key_name(info)!r}." if info.primary_key else None,
        )
    ws.catalog.set_primary_key(q.full_name, None)
    return Empty()


def _key_name(info: TableInfo) -> str:
    return f"{info.name}_pk"


def _constraints(info: TableInfo) -> list[TableConstraint]:
    if not info.primary_key:
        return []
    key = PrimaryKeyConstraint(
        name=_key_name(info),
        child_columns=info.primary_key,
        timeseries_columns=[info.timeseries] if info.timeseries else None,
    )
    return [TableConstraint(primary_key_constraint=key)]


def _table(info: TableInfo, *, columns: bool = True, properties: bool = True) -> PlatformTable:
    table = PlatformTable(**info.model_dump(exclude={"columns"}))
    table.storage_location = info.storage_location or None
    if info.view_definition is not None:
        table.data_source_format = None  # a view has none, and clients refuse a list with one that they do not know
    table.table_constraints = _constraints(info) or None
    if columns:
        table.columns = [PlatformColumn(**column.model_dump()) for column in info.columns]
    if not properties:
        table.properties = None
    return table


ROUTES = [
    *both("GET", "/tables", list_tables, ListTables, PlatformTables, "List the tables of a schema"),
    *both("POST", "/tables", create_table, CreateTable, PlatformTable, "Create a table", pool="slow"),
    *both("GET", "/tables/{full_name}", get_table, GetTable, PlatformTable, "Return a table"),
    *both("PATCH", "/tables/{full_name}", update_table, UpdateTable, PlatformTable, "Change a table"),
    *both("DELETE", "/tables/{full_name}", delete_table, GetTable, Empty, "Drop a table"),
    *both("GET", "/tables/{full_name}/exists", table_exists, GetTable, TableExists, "Say whether a table exists"),
    *both("POST", "/constraints", create_constraint, CreateConstraint, TableConstraint, "Record a table's key"),
    *both("DELETE", "/constraints/{full_name}", delete_constraint, DeleteConstraint, Empty, "Take a table's key away"),
]

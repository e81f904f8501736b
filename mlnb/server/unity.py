"""Routes of the platform's own paths for catalogs, schemas and tables (Unity Catalog 2.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlnb.catalog.records import CatalogInfo, SchemaInfo, TableInfo
from mlnb.server.route import PlatformModel, Route

if TYPE_CHECKING:
    from mlnb.door import Workspace

_UNITY = "/api/2.1/unity-catalog"


class ListCatalogs(PlatformModel):
    """Page of catalogs."""

    max_results: int = 0
    page_token: str | None = None


class GetCatalog(PlatformModel):
    """A catalog by name."""

    name: str


class PlatformCatalog(PlatformModel):
    """A catalog as the platform shows it."""

    name: str
    full_name: str
    owner: str
    comment: str | None = None
    properties: dict[str, str]
    catalog_type: str = "MANAGED_CATALOG"
    securable_type: str = "CATALOG"
    storage_root: str | None = None
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str


class PlatformCatalogs(PlatformModel):
    """A page of catalogs."""

    catalogs: list[PlatformCatalog]
    next_page_token: str | None = None


class ListSchemas(PlatformModel):
    """Page of a catalog's schemas."""

    catalog_name: str
    max_results: int = 0
    page_token: str | None = None


class GetSchema(PlatformModel):
    """A schema by its full name."""

    full_name: str


class PlatformSchema(PlatformModel):
    """A schema as the platform shows it."""

    name: str
    catalog_name: str
    full_name: str
    owner: str
    comment: str | None = None
    properties: dict[str, str]
    schema_id: str
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str


class PlatformSchemas(PlatformModel):
    """A page of schemas."""

    schemas: list[PlatformSchema]
    next_page_token: str | None = None


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
    """A primary key."""

    name: str
    child_columns: list[str]
    timeseries_columns: list[str] | None = None


class TableConstraint(PlatformModel):
    """A constraint of a table."""

    primary_key_constraint: PrimaryKeyConstraint


class PlatformTable(PlatformModel):
    """A table as the platform shows it."""

    name: str
    catalog_name: str
    schema_name: str
    full_name: str
    table_type: str
    data_source_format: str
    columns: list[PlatformColumn] | None = None
    storage_location: str
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


def list_catalogs(ws: Workspace, q: ListCatalogs) -> PlatformCatalogs:
    """List catalogs."""
    page = ws.catalog.catalogs(page_token=q.page_token, max_results=q.max_results)
    return PlatformCatalogs(catalogs=[_catalog(item) for item in page.items], next_page_token=page.next_page_token)


def get_catalog(ws: Workspace, q: GetCatalog) -> PlatformCatalog:
    """Return a catalog."""
    return _catalog(ws.catalog.catalog_info(q.name))


def list_schemas(ws: Workspace, q: ListSchemas) -> PlatformSchemas:
    """List the schemas of a catalog."""
    page = ws.catalog.schemas(q.catalog_name, page_token=q.page_token, max_results=q.max_results)
    return PlatformSchemas(schemas=[_schema(item) for item in page.items], next_page_token=page.next_page_token)


def get_schema(ws: Workspace, q: GetSchema) -> PlatformSchema:
    """Return a schema."""
    return _schema(ws.catalog.schema_info(q.full_name))


def list_tables(ws: Workspace, q: ListTables) -> PlatformTables:
    """List the tables of a schema."""
    schema = f"{q.catalog_name}.{q.schema_name}"
    page = ws.catalog.tables(schema, page_token=q.page_token, max_results=q.max_results)
    found = [_table(item, columns=not q.omit_columns, properties=not q.omit_properties) for item in page.items]
    return PlatformTables(tables=found, next_page_token=page.next_page_token)


def get_table(ws: Workspace, q: GetTable) -> PlatformTable:
    """Return a table."""
    return _table(ws.catalog.info(q.full_name))


def table_exists(ws: Workspace, q: GetTable) -> TableExists:
    """Say whether a table exists."""
    return TableExists(table_exists=ws.catalog.exists(q.full_name))


def _catalog(info: CatalogInfo) -> PlatformCatalog:
    return PlatformCatalog(**info.model_dump())


def _schema(info: SchemaInfo) -> PlatformSchema:
    return PlatformSchema(**info.model_dump())


def _table(info: TableInfo, *, columns: bool = True, properties: bool = True) -> PlatformTable:
    values = info.model_dump(exclude={"columns"} if columns else {"columns", "primary_key"})
    table = PlatformTable(**values)
    if columns:
        table.columns = [PlatformColumn(**column.model_dump()) for column in info.columns]
    if not properties:
        table.properties = None
    if info.primary_key:
        table.table_constraints = [
            TableConstraint(
                primary_key_constraint=PrimaryKeyConstraint(
                    name=f"{info.name}_pk",
                    child_columns=info.primary_key,
                    timeseries_columns=[info.timeseries] if info.timeseries else None,
                )
            )
        ]
    return table


def _platform(path: str, call: Any, request: Any, response: Any, summary: str) -> Route:
    return Route(
        "GET", _UNITY + path, call, request, response, resource="catalog", tag="Catalog", summary=summary, row="UC-30"
    )


ROUTES = [
    _platform("/catalogs", list_catalogs, ListCatalogs, PlatformCatalogs, "List catalogs"),
    _platform("/catalogs/{name}", get_catalog, GetCatalog, PlatformCatalog, "Return a catalog"),
    _platform("/schemas", list_schemas, ListSchemas, PlatformSchemas, "List the schemas of a catalog"),
    _platform("/schemas/{full_name}", get_schema, GetSchema, PlatformSchema, "Return a schema"),
    _platform("/tables", list_tables, ListTables, PlatformTables, "List the tables of a schema"),
    _platform("/tables/{full_name}", get_table, GetTable, PlatformTable, "Return a table"),
    _platform("/tables/{full_name}/exists", table_exists, GetTable, TableExists, "Say whether a table exists"),
]

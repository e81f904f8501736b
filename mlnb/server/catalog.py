"""Routes of the catalog: the platform's catalogs, schemas and tables, and the screens' tree, table page and preview."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from mlnb.catalog.browse import Block, TreeNode
from mlnb.catalog.records import CatalogInfo, SchemaInfo, TableInfo
from mlnb.core.records import Record
from mlnb.server.route import NATIVE, PlatformModel, Route

if TYPE_CHECKING:
    from mlnb.door import Workspace

_UNITY = "/api/2.1/unity-catalog"


# -- the platform's paths ------------------------------------------------------------------------------------------------


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


# -- the screens ---------------------------------------------------------------------------------------------------------


class GetTree(Record):
    """Which level of the tree, and which part of it."""

    parent: str = ""
    filter: str = ""
    max_results: int = 0
    page_token: str | None = None


class TreePage(Record):
    """Nodes below a parent."""

    nodes: list[TreeNode]
    next_page_token: str | None = None


class TableByName(Record):
    """A table by its full name."""

    name: str


class TableColumn(Record):
    """A column on a table's page."""

    name: str
    type_text: str
    nullable: bool
    comment: str | None = None
    key: Literal["primary", "timeseries"] | None = None


class TableView(Record):
    """A table as its page shows it."""

    full_name: str
    name: str
    catalog_name: str
    schema_name: str
    table_type: str
    owner: str
    comment: str | None = None
    version: int
    num_rows: int | None = None
    size_bytes: int | None = None
    num_files: int | None = None
    created_at: int
    updated_at: int
    primary_key: list[str]
    timeseries: str | None = None
    storage_location: str
    properties: dict[str, str]
    columns: list[TableColumn]


class GetPreview(Record):
    """Which rows and columns of a table, at which version."""

    name: str
    version: int | None = Field(default=None, ge=0)
    columns: list[str] | None = Field(default=None, max_length=500)
    offset: int = Field(default=0, ge=0)
    limit: int = Field(default=100, ge=0, le=500)
    sort: str | None = None
    where: str | None = None


class GetHistory(Record):
    """Which table, and how many commits."""

    name: str
    limit: int = Field(default=100, ge=1, le=1000)


class CommitView(Record):
    """A commit on a table's page."""

    version: int
    timestamp: int
    operation: str
    user: str | None = None
    notebook: str | None = None
    run_id: str | None = None
    metrics: dict[str, Any]
    parameters: dict[str, Any]


class HistoryView(Record):
    """A table's commits, newest first."""

    commits: list[CommitView]


def get_tree(ws: Workspace, q: GetTree) -> TreePage:
    """Return what lies below a parent."""
    page = ws.catalog.tree(q.parent, filter=q.filter, page_token=q.page_token, max_results=q.max_results)
    return TreePage(nodes=page.items, next_page_token=page.next_page_token)


def view_table(ws: Workspace, q: TableByName) -> TableView:
    """Return a table's page."""
    info = ws.catalog.table(q.name).info
    values = info.model_dump(include=set(TableView.model_fields) - {"columns"})
    return TableView(**values, columns=[_column(info, index) for index in range(len(info.columns))])


def _column(info: TableInfo, index: int) -> TableColumn:
    column = info.columns[index]
    key: Literal["primary", "timeseries"] | None = "primary" if column.name in info.primary_key else None
    if column.name == info.timeseries:
        key = "timeseries"
    return TableColumn(
        name=column.name, type_text=column.type_text, nullable=column.nullable, comment=column.comment, key=key
    )


def preview_table(ws: Workspace, q: GetPreview) -> Block:
    """Return a block of a table's rows."""
    return ws.catalog.preview(
        q.name, version=q.version, columns=q.columns, offset=q.offset, limit=q.limit, sort=q.sort, where=q.where
    )


def view_history(ws: Workspace, q: GetHistory) -> HistoryView:
    """Return a table's commits."""
    commits = [
        CommitView(
            version=c.version,
            timestamp=c.timestamp,
            operation=c.operation,
            user=c.user,
            notebook=c.notebook,
            run_id=c.run_id,
            metrics=c.metrics,
            parameters=c.operation_parameters,
        )
        for c in ws.catalog.history(q.name, q.limit)
    ]
    return HistoryView(commits=commits)


def _platform(path: str, call: Any, request: Any, response: Any, summary: str) -> Route:
    return Route(
        "GET", _UNITY + path, call, request, response, resource="catalog", tag="Catalog", summary=summary, row="UC-30"
    )


def _screen(
    path: str, call: Any, request: Any, response: Any, summary: str, pool: Literal["fast", "slow"] = "fast"
) -> Route:
    return Route(
        "GET",
        NATIVE + path,
        call,
        request,
        response,
        resource="catalog",
        tag="Catalog",
        summary=summary,
        row="UC-2",
        pool=pool,
    )


ROUTES = [
    _platform("/catalogs", list_catalogs, ListCatalogs, PlatformCatalogs, "List catalogs"),
    _platform("/catalogs/{name}", get_catalog, GetCatalog, PlatformCatalog, "Return a catalog"),
    _platform("/schemas", list_schemas, ListSchemas, PlatformSchemas, "List the schemas of a catalog"),
    _platform("/schemas/{full_name}", get_schema, GetSchema, PlatformSchema, "Return a schema"),
    _platform("/tables", list_tables, ListTables, PlatformTables, "List the tables of a schema"),
    _platform("/tables/{full_name}", get_table, GetTable, PlatformTable, "Return a table"),
    _platform("/tables/{full_name}/exists", table_exists, GetTable, TableExists, "Say whether a table exists"),
    _screen("/tree", get_tree, GetTree, TreePage, "Return a level of the catalog tree"),
    _screen("/tables/{name}", view_table, TableByName, TableView, "Return a table's page"),
    _screen("/tables/{name}/preview", preview_table, GetPreview, Block, "Return rows of a table", pool="slow"),
    _screen("/tables/{name}/history", view_history, GetHistory, HistoryView, "Return a table's commits"),
]

"""Routes of the platform's own paths for catalogs, schemas and tables (Unity Catalog 2.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from mlnb.catalog.names import quote
from mlnb.catalog.records import CatalogInfo, SchemaInfo
from mlnb.server.route import Empty, PlatformModel
from mlnb.server.unity_paths import both

if TYPE_CHECKING:
    from mlnb.door import Workspace


class ListCatalogs(PlatformModel):
    """Page of catalogs."""

    max_results: int = 0
    page_token: str | None = None


class GetCatalog(PlatformModel):
    """A catalog by name."""

    name: str


class CreateCatalog(PlatformModel):
    """A new catalog."""

    name: str
    comment: str | None = None
    properties: dict[str, str] | None = None
    storage_root: str | None = None


class UpdateCatalog(PlatformModel):
    """Changes of a catalog; what is absent stays."""

    name: str
    new_name: str | None = None
    comment: str | None = None
    owner: str | None = None
    properties: dict[str, str] | None = None


class DeleteCatalog(PlatformModel):
    """A catalog to drop; ``force`` takes along what is in it."""

    name: str
    force: bool = False


class PlatformCatalog(PlatformModel):
    """A catalog as the platform shows it."""

    name: str
    full_name: str
    id: str
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


class CreateSchema(PlatformModel):
    """A new schema."""

    name: str
    catalog_name: str
    comment: str | None = None
    properties: dict[str, str] | None = None


class UpdateSchema(PlatformModel):
    """Changes of a schema; what is absent stays."""

    full_name: str
    new_name: str | None = None
    comment: str | None = None
    owner: str | None = None
    properties: dict[str, str] | None = None


class DeleteSchema(PlatformModel):
    """A schema to drop; ``force`` takes along what is in it."""

    full_name: str
    force: bool = False


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


def list_catalogs(ws: Workspace, q: ListCatalogs) -> PlatformCatalogs:
    """List catalogs."""
    page = ws.catalog.catalogs(page_token=q.page_token, max_results=q.max_results)
    return PlatformCatalogs(catalogs=[_catalog(item) for item in page.items], next_page_token=page.next_page_token)


def get_catalog(ws: Workspace, q: GetCatalog) -> PlatformCatalog:
    """Return a catalog."""
    return _catalog(ws.catalog.catalog_info(q.name))


def create_catalog(ws: Workspace, q: CreateCatalog) -> PlatformCatalog:
    """Create a catalog."""
    made = ws.catalog.create_catalog(q.name, comment=q.comment, storage_root=q.storage_root, properties=q.properties)
    return _catalog(made)


def update_catalog(ws: Workspace, q: UpdateCatalog) -> PlatformCatalog:
    """Change a catalog."""
    _change(ws, "catalog", quote(q.name), q)
    return _catalog(ws.catalog.catalog_info(q.new_name or q.name))


def delete_catalog(ws: Workspace, q: DeleteCatalog) -> Empty:
    """Drop a catalog."""
    ws.catalog.drop(quote(q.name), kind="catalog", cascade=q.force)
    return Empty()


def list_schemas(ws: Workspace, q: ListSchemas) -> PlatformSchemas:
    """List the schemas of a catalog."""
    page = ws.catalog.schemas(q.catalog_name, page_token=q.page_token, max_results=q.max_results)
    return PlatformSchemas(schemas=[_schema(item) for item in page.items], next_page_token=page.next_page_token)


def get_schema(ws: Workspace, q: GetSchema) -> PlatformSchema:
    """Return a schema."""
    return _schema(ws.catalog.schema_info(q.full_name))


def create_schema(ws: Workspace, q: CreateSchema) -> PlatformSchema:
    """Create a schema."""
    name = f"{quote(q.catalog_name)}.{quote(q.name)}"
    return _schema(ws.catalog.create_schema(name, comment=q.comment, properties=q.properties))


def update_schema(ws: Workspace, q: UpdateSchema) -> PlatformSchema:
    """Change a schema."""
    name = _change(ws, "schema", q.full_name, q)
    return _schema(ws.catalog.schema_info(name))


def delete_schema(ws: Workspace, q: DeleteSchema) -> Empty:
    """Drop a schema."""
    ws.catalog.drop(q.full_name, kind="schema", cascade=q.force)
    return Empty()


def _change(ws: Workspace, kind: Any, name: str, q: UpdateCatalog | UpdateSchema) -> str:
    """Apply an update, the new name last, and return the name after it."""
    properties = dict(q.properties) if q.properties is not None else None
    if q.owner is not None:
        ws.catalog.set_owner(name, q.owner, kind=kind)
    if q.comment is not None:
        ws.catalog.set_comment(name, q.comment, kind=kind)
    if properties is not None:
        ws.catalog.alter(name, kind=kind, properties=properties)
    return ws.catalog.rename(name, quote(q.new_name), kind=kind) if q.new_name else name


def _catalog(info: CatalogInfo) -> PlatformCatalog:
    return PlatformCatalog(**info.model_dump())


def _schema(info: SchemaInfo) -> PlatformSchema:
    return PlatformSchema(**info.model_dump())


class MetastoreSummary(PlatformModel):
    """The one metastore."""

    metastore_id: str
    name: str
    global_metastore_id: str
    owner: str
    cloud: str = "local"
    region: str = "local"
    default_data_access_config_id: str | None = None


class MetastoreAssignment(PlatformModel):
    """Which metastore and default catalog this workspace has."""

    metastore_id: str
    workspace_id: int
    default_catalog_name: str


class TableSummary(PlatformModel):
    """A table's name and type."""

    full_name: str
    table_type: str


class ListSummaries(PlatformModel):
    """Which tables, by SQL patterns of schema and table names."""

    catalog_name: str
    schema_name_pattern: str | None = None
    table_name_pattern: str | None = None
    max_results: int = Field(default=0, ge=0)
    page_token: str | None = None


class TableSummaries(PlatformModel):
    """A page of summaries."""

    tables: list[TableSummary]
    next_page_token: str | None = None


def metastore_summary(ws: Workspace, _: Empty) -> MetastoreSummary:
    """Describe the metastore."""
    identity = ws.catalog.metastore_id
    return MetastoreSummary(metastore_id=identity, name="mlnb", global_metastore_id=f"local:{identity}", owner=ws.user)


def current_metastore(ws: Workspace, _: Empty) -> MetastoreAssignment:
    """Say which metastore this workspace has."""
    identity = ws.catalog.metastore_id
    return MetastoreAssignment(
        metastore_id=identity,
        workspace_id=int(identity.replace("-", "")[:12], 16),
        default_catalog_name=ws.catalog.settings.default_catalog,
    )


def list_summaries(ws: Workspace, q: ListSummaries) -> TableSummaries:
    """List names and types of a catalog's tables."""
    page = ws.catalog.table_summaries(
        q.catalog_name,
        schema_pattern=q.schema_name_pattern,
        table_pattern=q.table_name_pattern,
        page_token=q.page_token,
        max_results=q.max_results,
    )
    found = [TableSummary(full_name=item.full_name, table_type=item.table_type) for item in page.items]
    return TableSummaries(tables=found, next_page_token=page.next_page_token)


ROUTES = [
    *both("GET", "/catalogs", list_catalogs, ListCatalogs, PlatformCatalogs, "List catalogs"),
    *both("POST", "/catalogs", create_catalog, CreateCatalog, PlatformCatalog, "Create a catalog"),
    *both("GET", "/catalogs/{name}", get_catalog, GetCatalog, PlatformCatalog, "Return a catalog"),
    *both("PATCH", "/catalogs/{name}", update_catalog, UpdateCatalog, PlatformCatalog, "Change a catalog"),
    *both("DELETE", "/catalogs/{name}", delete_catalog, DeleteCatalog, Empty, "Drop a catalog"),
    *both("GET", "/schemas", list_schemas, ListSchemas, PlatformSchemas, "List the schemas of a catalog"),
    *both("POST", "/schemas", create_schema, CreateSchema, PlatformSchema, "Create a schema"),
    *both("GET", "/schemas/{full_name}", get_schema, GetSchema, PlatformSchema, "Return a schema"),
    *both("PATCH", "/schemas/{full_name}", update_schema, UpdateSchema, PlatformSchema, "Change a schema"),
    *both("DELETE", "/schemas/{full_name}", delete_schema, DeleteSchema, Empty, "Drop a schema"),
    *both("GET", "/table-summaries", list_summaries, ListSummaries, TableSummaries, "List names of tables"),
    *both("GET", "/metastore_summary", metastore_summary, Empty, MetastoreSummary, "Describe the metastore"),
    *both(
        "GET",
        "/current-metastore-assignment",
        current_metastore,
        Empty,
        MetastoreAssignment,
        "This workspace's metastore",
    ),
]

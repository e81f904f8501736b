"""Routes of the platform's own paths for lineage: of tables and columns, and what was drawn by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import Field

from mlnb.core.errors import InvalidParameterError
from mlnb.server.route import Empty, PlatformModel, routes_under

if TYPE_CHECKING:
    from mlnb.catalog.lineage.external import ExternalMetadata
    from mlnb.catalog.lineage.records import LineageGraph
    from mlnb.door import Workspace

BASE = "/api/2.0/lineage-tracking"


class TableLineage(PlatformModel):
    """Around which table."""

    table_name: str
    include_entity_lineage: bool = True


class ColumnLineage(PlatformModel):
    """Around which column."""

    table_name: str
    column_name: str


class TableEntry(PlatformModel):
    """A table, and what moved data between it and the one that was asked for."""

    table_info: dict[str, Any] | None = Field(default=None, alias="tableInfo")
    notebook_infos: list[dict[str, Any]] | None = Field(default=None, alias="notebookInfos")
    job_infos: list[dict[str, Any]] | None = Field(default=None, alias="jobInfos")
    file_info: dict[str, Any] | None = Field(default=None, alias="fileInfo")


class TableLineageAnswer(PlatformModel):
    """What a table comes from, and what is made of it."""

    upstreams: list[TableEntry] = Field(default_factory=list)
    downstreams: list[TableEntry] = Field(default_factory=list)


class ColumnEntry(PlatformModel):
    """A column of a table."""

    name: str
    catalog_name: str | None = None
    schema_name: str | None = None
    table_name: str
    table_type: str = "TABLE"


class ColumnLineageAnswer(PlatformModel):
    """What a column comes from, and what is made of it."""

    upstream_cols: list[ColumnEntry] = Field(default_factory=list)
    downstream_cols: list[ColumnEntry] = Field(default_factory=list)


def table_lineage(ws: Workspace, q: TableLineage) -> TableLineageAnswer:
    """Return a table's neighbours."""
    graph = ws.catalog.lineage(q.table_name)
    answer = TableLineageAnswer()
    names = {node.id: node for node in graph.nodes}
    for edge in graph.edges:
        upstream = edge.target == graph.focus
        node = names[edge.source if upstream else edge.target]
        entry = TableEntry()
        if node.kind in ("table", "view"):
            catalog, schema, name = node.name.split(".")
            kind = "VIEW" if node.kind == "view" else "TABLE"
            entry.table_info = {"name": name, "catalog_name": catalog, "schema_name": schema, "table_type": kind}
            entry.table_info["lineage_timestamp"] = _time(edge.last_seen)
        elif node.kind == "path":
            entry.file_info = {"path": node.name, "has_permission": True}
        elif not q.include_entity_lineage:
            continue
        if q.include_entity_lineage:
            cells = [
                {"notebook_id": by.name.rpartition("#")[0], "cell": by.name.rpartition("#")[2]}
                for by in edge.by
                if by.kind == "cell"
            ]
            jobs = [{"job_run_id": by.name} for by in edge.by if by.kind == "job_run"]
            entry.notebook_infos, entry.job_infos = cells or None, jobs or None
        (answer.upstreams if upstream else answer.downstreams).append(entry)
    return answer


def column_lineage(ws: Workspace, q: ColumnLineage) -> ColumnLineageAnswer:
    """Return a column's neighbours."""
    graph = ws.catalog.lineage(q.table_name, column=q.column_name)
    return ColumnLineageAnswer(
        upstream_cols=_columns(graph, q.column_name, upstream=True),
        downstream_cols=_columns(graph, q.column_name, upstream=False),
    )


def _columns(graph: LineageGraph, column: str, *, upstream: bool) -> list[ColumnEntry]:
    names = {node.id: node for node in graph.nodes}
    found: dict[tuple[str, str], ColumnEntry] = {}
    for edge in graph.edges:
        here, there = (edge.target, edge.source) if upstream else (edge.source, edge.target)
        if here != graph.focus:
            continue
        for link in edge.columns:
            mine, other = (link.target, link.source) if upstream else (link.source, link.target)
            if mine == column and other is not None:
                parts = names[there].name.split(".")
                above = (parts[0], parts[1]) if len(parts) == 3 else (None, None)
                found[there, other] = ColumnEntry(
                    name=other, catalog_name=above[0], schema_name=above[1], table_name=parts[-1]
                )
    return list(found.values())


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(sep=" ", timespec="milliseconds")


# -- drawn by hand -----------------------------------------------------------------------------------------------------


class ColumnRelationship(PlatformModel):
    """Two connected columns."""

    source: str
    target: str


class Relationship(PlatformModel):
    """An edge drawn by hand; source and target name a table, a path or an external object."""

    source: dict[str, Any]
    target: dict[str, Any]
    columns: list[ColumnRelationship] = Field(default_factory=list)
    id: str | None = None
    properties: dict[str, str] = Field(default_factory=dict)


class UpdateRelationship(Relationship):
    """An edge drawn by hand, as it shall be."""

    update_mask: str = "*"


class DeleteRelationship(PlatformModel):
    """An edge drawn by hand; in the query its parts are written with dots."""

    external_lineage_relationship: dict[str, Any]


class ListRelationships(PlatformModel):
    """Around which object, in which direction."""

    object_info: dict[str, Any]
    lineage_direction: str
    page_size: int = 0
    page_token: str | None = None


class Relationships(PlatformModel):
    """Edges drawn by hand."""

    external_lineage_relationships: list[dict[str, Any]] = Field(default_factory=list)
    next_page_token: str | None = None


def create_relationship(ws: Workspace, q: Relationship) -> Relationship:
    """Connect two objects."""
    columns = [(pair.source, pair.target) for pair in q.columns]
    ws.catalog.add_lineage(_name(q.source), _name(q.target), columns=columns, properties=q.properties)
    return q.model_copy(update={"id": f"{_name(q.source)}->{_name(q.target)}"})


def update_relationship(ws: Workspace, q: UpdateRelationship) -> Relationship:
    """Change an edge: it is drawn anew."""
    ws.catalog.remove_lineage(_name(q.source), _name(q.target))
    return create_relationship(ws, Relationship(**q.model_dump(exclude={"update_mask"})))


def delete_relationship(ws: Workspace, q: DeleteRelationship) -> Empty:
    """Take an edge away."""
    edge = _nested(q.external_lineage_relationship)
    ws.catalog.remove_lineage(_name(edge.get("source", {})), _name(edge.get("target", {})))
    return Empty()


def list_relationships(ws: Workspace, q: ListRelationships) -> Relationships:
    """Return the edges drawn by hand around an object."""
    upstream = q.lineage_direction.upper() == "UPSTREAM"
    kind, _, name = _name(_nested(q.object_info)).partition(":")
    graph = ws.catalog.lineage(name, kind=kind, direction="upstream" if upstream else "downstream", level="column")
    names = {node.id: node for node in graph.nodes}
    found = []
    for edge in graph.edges:
        if edge.kind != "external":
            continue
        node = names[edge.source if upstream else edge.target]
        relation = {
            "source": _object(names[edge.source].kind, names[edge.source].name),
            "target": _object(names[edge.target].kind, names[edge.target].name),
            "columns": [{"source": link.source, "target": link.target} for link in edge.columns if link.target],
        }
        found.append({**_about(ws, node.kind, node.name, edge.last_seen), "external_lineage_info": relation})
    return Relationships(external_lineage_relationships=found)


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``{"table.name": x}`` as ``{"table": {"name": x}}``."""
    found: dict[str, Any] = {}
    for name, value in flat.items():
        parts = name.split(".")
        place = found
        for part in parts[:-1]:
            place = place.setdefault(part, {})
        place[parts[-1]] = value
    return found


def _name(thing: Mapping[str, Any]) -> str:
    for field, kind, part in (
        ("table", "table", "name"),
        ("external_metadata", "external", "name"),
        ("path", "path", "url"),
    ):
        name = (thing.get(field) or {}).get(part)
        if name:
            return f"{kind}:{name}"
    raise InvalidParameterError(
        f"{json.dumps(dict(thing))[:200]} names no object.", hint='Write {"table": {"name": "main.sales.orders"}}.'
    )


def _object(kind: str, name: str) -> dict[str, Any]:
    if kind == "external":
        return {"external_metadata": {"name": name}}
    return {"path": {"url": name}} if kind == "path" else {"table": {"name": name}}


def _about(ws: Workspace, kind: str, name: str, at: int) -> dict[str, Any]:
    when = _time(at)
    if kind == "external":
        from mlnb.catalog.lineage import external

        about = external.get(ws.catalog, name)
        values = {"name": name, "entity_type": about.entity_type, "system_type": about.system_type, "event_time": when}
        return {"external_metadata_info": values}
    if kind == "path":
        return {"file_info": {"path": name, "event_time": when}}
    catalog, schema, last = name.split(".")
    return {"table_info": {"name": last, "catalog_name": catalog, "schema_name": schema, "event_time": when}}


# -- things outside ----------------------------------------------------------------------------------------------------


class Metadata(PlatformModel):
    """A thing outside."""

    name: str
    system_type: str = "OTHER"
    entity_type: str = "OTHER"
    url: str | None = None
    description: str | None = None
    columns: list[str] | None = None
    properties: dict[str, str] | None = None
    owner: str | None = None
    id: str | None = None
    create_time: str | None = None
    created_by: str | None = None
    update_time: str | None = None
    updated_by: str | None = None
    metastore_id: str | None = None


class UpdateMetadata(Metadata):
    """What shall be said about a thing outside; ``update_mask`` names the fields."""

    update_mask: str = "*"


class MetadataByName(PlatformModel):
    """A thing outside by name."""

    name: str


class ListMetadata(PlatformModel):
    """Which page."""

    page_size: int = Field(default=0, ge=0)
    page_token: str | None = None


class MetadataPage(PlatformModel):
    """Things outside, by name."""

    external_metadata: list[Metadata] = Field(default_factory=list)
    next_page_token: str | None = None


_ABOUT = ("system_type", "entity_type", "url", "description", "columns", "properties", "owner")


def create_metadata(ws: Workspace, q: Metadata) -> Metadata:
    """Describe a thing outside."""
    from mlnb.catalog.lineage import external

    about = {name: getattr(q, name) for name in _ABOUT if name != "owner" and getattr(q, name) is not None}
    return _shown(external.create(ws.catalog, q.name, **about))


def get_metadata(ws: Workspace, q: MetadataByName) -> Metadata:
    """Return what is said about a thing outside."""
    from mlnb.catalog.lineage import external

    return _shown(external.get(ws.catalog, q.name))


def list_metadata(ws: Workspace, q: ListMetadata) -> MetadataPage:
    """List things outside."""
    from mlnb.catalog import names, paging
    from mlnb.catalog.lineage import external

    size = paging.size(q.page_size)
    found = external.every(ws.catalog, after=paging.decode(q.page_token, "external"), limit=size + 1)
    more = paging.encode(names.key(found[size - 1].name), "external") if len(found) > size else None
    return MetadataPage(external_metadata=[_shown(one) for one in found[:size]], next_page_token=more)


def update_metadata(ws: Workspace, q: UpdateMetadata) -> Metadata:
    """Change what is said about a thing outside."""
    from mlnb.catalog.lineage import external

    fields = q.update_mask.split(",") if q.update_mask != "*" else [f for f in _ABOUT if getattr(q, f) is not None]
    wrong = [field for field in fields if field not in _ABOUT]
    if wrong:
        raise InvalidParameterError(f"{wrong[0]!r} cannot be changed.", hint=f"Fields: {', '.join(_ABOUT)}.")
    return _shown(external.change(ws.catalog, q.name, {field: getattr(q, field) for field in fields}))


def delete_metadata(ws: Workspace, q: MetadataByName) -> Empty:
    """Forget a thing outside, with its edges."""
    from mlnb.catalog.lineage import external

    external.delete(ws.catalog, q.name)
    return Empty()


def _shown(one: ExternalMetadata) -> Metadata:
    at = {"create_time": _time(one.created_at), "update_time": _time(one.updated_at)}
    return Metadata(**one.model_dump(exclude={"created_at", "updated_at"}), **at)


_route = routes_under(BASE, resource="catalog", tag="Lineage", row="UC-11")


ROUTES = [
    _route(
        "GET", "/table-lineage", table_lineage, TableLineage, TableLineageAnswer, "Return a table's neighbours", "UC-9"
    ),
    _route("GET", "/column-lineage", column_lineage, ColumnLineage, ColumnLineageAnswer, "Return a column's", "UC-10"),
    _route("GET", "/external-lineage", list_relationships, ListRelationships, Relationships, "List edges by hand"),
    _route("POST", "/external-lineage", create_relationship, Relationship, Relationship, "Connect two objects"),
    _route("PATCH", "/external-lineage", update_relationship, UpdateRelationship, Relationship, "Change an edge"),
    _route("DELETE", "/external-lineage", delete_relationship, DeleteRelationship, Empty, "Take an edge away"),
    _route("GET", "/external-metadata", list_metadata, ListMetadata, MetadataPage, "List things outside"),
    _route("POST", "/external-metadata", create_metadata, Metadata, Metadata, "Describe a thing outside"),
    _route("GET", "/external-metadata/{name}", get_metadata, MetadataByName, Metadata, "Return a thing outside"),
    _route("PATCH", "/external-metadata/{name}", update_metadata, UpdateMetadata, Metadata, "Change a thing outside"),
    _route("DELETE", "/external-metadata/{name}", delete_metadata, MetadataByName, Empty, "Forget a thing outside"),
]

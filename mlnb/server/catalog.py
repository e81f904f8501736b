"""Routes of the catalog's screens: the tree, a table's page, its rows and its history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from mlnb.catalog.browse import Block, TreeNode
from mlnb.catalog.records import TableInfo
from mlnb.core.records import Record
from mlnb.server.route import NATIVE, Route

if TYPE_CHECKING:
    from mlnb.door import Workspace


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
    _screen("/tree", get_tree, GetTree, TreePage, "Return a level of the catalog tree"),
    _screen("/tables/{name}", view_table, TableByName, TableView, "Return a table's page"),
    _screen("/tables/{name}/preview", preview_table, GetPreview, Block, "Return rows of a table", pool="slow"),
    _screen("/tables/{name}/history", view_history, GetHistory, HistoryView, "Return a table's commits"),
]

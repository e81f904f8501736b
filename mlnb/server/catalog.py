"""Routes of a table's screens: its page, its rows and its history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, ValidationError

from mlnb.catalog.browse import Block
from mlnb.catalog.compare import MAX_ROWS, Comparison
from mlnb.catalog.filters import ColumnFilter
from mlnb.catalog.records import Commit, Constraint, TableInfo
from mlnb.core.errors import InvalidParameterError
from mlnb.core.records import Record
from mlnb.server.route import NATIVE, routes_under

if TYPE_CHECKING:
    from mlnb.catalog.table import Table
    from mlnb.door import Workspace


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
    constraints: list[Constraint]
    view_definition: str | None = None
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
    filters: list[str] = Field(default_factory=list, max_length=100)


class GetHistory(Record):
    """Which table, and how many commits; ``before`` asks for those older than a version."""

    name: str
    limit: int = Field(default=100, ge=1, le=1000)
    before: int | None = Field(default=None, ge=0)


class GetComparison(Record):
    """Two versions as ``3,5``: from the first to the second; ``key`` columns, or ``by=rows`` for whole rows."""

    name: str
    versions: str
    key: list[str] | None = Field(default=None, max_length=100)
    by: Literal["key", "rows"] = "key"
    limit: int = Field(default=MAX_ROWS, ge=0, le=MAX_ROWS)


class CommitView(Record):
    """A commit on a table's page; ``pins`` names who needs this version."""

    version: int
    timestamp: int
    operation: str
    user: str | None = None
    notebook: str | None = None
    cell: str | None = None
    job: str | None = None
    run_id: str | None = None
    statement_id: str | None = None
    metrics: dict[str, Any]
    parameters: dict[str, Any]
    pins: list[str] = Field(default_factory=list)


class HistoryView(Record):
    """A table's commits, newest first."""

    commits: list[CommitView]


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
        q.name,
        version=q.version,
        columns=q.columns,
        offset=q.offset,
        limit=q.limit,
        sort=q.sort,
        where=q.where,
        filters=[_filter(text) for text in q.filters],
    )


def _filter(text: str) -> ColumnFilter:
    """Read a condition, which a query carries as JSON: ``{"column": "distance", "op": ">", "value": "500"}``."""
    try:
        return ColumnFilter.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidParameterError(
            f"{text!r} is no condition: {where + ': ' if where else ''}{first['msg']}.",
            hint='Send {"column": "distance", "op": ">", "value": "500"}.',
        ) from None


def compare_versions(ws: Workspace, q: GetComparison) -> Comparison:
    """Return what differs between two versions of a table."""
    try:
        before, after = (int(part) for part in q.versions.split(","))
    except ValueError:
        raise InvalidParameterError(
            f"versions is {q.versions!r}.", hint="Give two version numbers: versions=3,5."
        ) from None
    key = [] if q.by == "rows" else q.key
    return ws.catalog.compare(q.name, before, after, key=key, limit=q.limit)


def view_history(ws: Workspace, q: GetHistory) -> HistoryView:
    """Return a table's commits."""
    pins: dict[int, list[str]] = {}
    for pin in ws.catalog.pins(q.name):
        pins.setdefault(pin.version, []).append(pin.owner)
    commits = [
        CommitView(
            version=c.version,
            timestamp=c.timestamp,
            operation=c.operation,
            user=c.user,
            notebook=c.notebook,
            cell=c.cell,
            job=c.job,
            run_id=c.run_id,
            statement_id=c.statement_id,
            metrics=c.metrics,
            parameters=c.operation_parameters,
            pins=pins.get(c.version, []),
        )
        for c in _page(ws.catalog.table(q.name), q)
    ]
    return HistoryView(commits=commits)


def _page(table: Table, q: GetHistory) -> list[Commit]:
    """Return the newest commits, or the newest of those before a version: the log is read from its end."""
    if q.before is None:
        return table.history(q.limit)
    newer = max(table.version - q.before + 1, 0)
    return [c for c in table.history(newer + q.limit) if c.version < q.before][: q.limit]


_screen = routes_under(NATIVE, resource="catalog", tag="Catalog", row="UC-2")


ROUTES = [
    _screen("GET", "/tables/{name}", view_table, TableByName, TableView, "Return a table's page"),
    _screen("GET", "/tables/{name}/preview", preview_table, GetPreview, Block, "Return rows of a table", pool="slow"),
    _screen(
        "GET",
        "/tables/{name}/compare",
        compare_versions,
        GetComparison,
        Comparison,
        "Compare two versions",
        pool="slow",
    ),
    _screen("GET", "/tables/{name}/history", view_history, GetHistory, HistoryView, "Return a table's commits"),
]

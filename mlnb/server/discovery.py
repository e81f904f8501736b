"""Routes of search, lineage, insights and completion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, RootModel

from mlnb.catalog.complete import Completion
from mlnb.catalog.insights import Insights
from mlnb.catalog.lineage.records import LineageGraph
from mlnb.catalog.search.records import SearchHit
from mlnb.core.errors import InvalidParameterError
from mlnb.core.records import Record
from mlnb.server.route import NATIVE, Empty, RawResponse, routes_under

if TYPE_CHECKING:
    from mlnb.door import Workspace


class GetSearch(Record):
    """What to look for; ``types`` may be repeated or separated by commas."""

    q: str = Field(default="", max_length=1000)
    types: list[str] = Field(default_factory=list)
    page_token: str | None = None
    max_results: int = Field(default=20, ge=0, le=100)


class SearchHits(Record):
    """Hits, the best first."""

    hits: list[SearchHit]
    next_page_token: str | None = None


class GetLineage(Record):
    """Around which object, how far, and whether with columns."""

    kind: str
    name: str
    direction: Literal["upstream", "downstream", "both"] = "both"
    depth: int = Field(default=1, ge=1, le=3)
    level: Literal["table", "column"] = "table"
    column: str | None = None
    processes: bool = False


class LineageEnd(Record):
    """One end of an edge drawn by hand."""

    kind: Literal["table", "view", "external", "path"] = "table"
    name: str


class LineageColumns(Record):
    """Two connected columns."""

    source: str
    target: str


class PostLineage(Record):
    """An edge drawn by hand."""

    source: LineageEnd
    target: LineageEnd
    columns: list[LineageColumns] = Field(default_factory=list)
    properties: dict[str, str] = Field(default_factory=dict)


class DeleteLineage(Record):
    """An edge drawn by hand, as ``kind:name`` twice."""

    source: str
    target: str


class OpenLineageOf(Record):
    """Whose events."""

    kind: str
    name: str


class OpenLineageEvents(RootModel[list[dict[str, Any]]]):
    """RunEvents as OpenLineage defines them, the oldest first."""


class GetInsights(Record):
    """Which table, and how many days back."""

    name: str
    days: int = Field(default=30, ge=1, le=365)


class PostComplete(Record):
    """A text and where the cursor stands in it.

    ``language`` is ``sql``, ``magic`` for a cell that begins with one, or ``runs-filter`` for a filter of runs, of these experiments.
    """

    language: Literal["sql", "magic", "runs-filter"] = "sql"
    text: str = Field(max_length=1_000_000)
    cursor: int = Field(ge=0)
    notebook_path: str | None = None
    experiment_ids: list[str] | None = None


def get_search(ws: Workspace, q: GetSearch) -> SearchHits:
    """Find what has a name."""
    types = [kind for item in q.types for kind in item.split(",") if kind]
    page = ws.catalog.search(q.q, types=types, page_token=q.page_token, max_results=q.max_results)
    return SearchHits(hits=page.items, next_page_token=page.next_page_token)


def get_lineage(ws: Workspace, q: GetLineage) -> LineageGraph:
    """Return the graph around an object."""
    options: dict[str, Any] = q.model_dump(exclude={"kind", "name"})
    return ws.catalog.lineage(q.name, kind=q.kind, **options)


def post_lineage(ws: Workspace, q: PostLineage) -> Empty:
    """Draw an edge by hand."""
    source, target = (f"{end.kind}:{end.name}" for end in (q.source, q.target))
    columns = [(pair.source, pair.target) for pair in q.columns]
    ws.catalog.add_lineage(source, target, columns=columns, properties=q.properties)
    return Empty()


def delete_lineage(ws: Workspace, q: DeleteLineage) -> Empty:
    """Take away an edge that was drawn by hand."""
    ws.catalog.remove_lineage(q.source, q.target)
    return Empty()


def get_openlineage(ws: Workspace, q: OpenLineageOf) -> RawResponse:
    """Return what is known of an object as OpenLineage events, to be saved as a file."""
    import json

    events = ws.catalog.openlineage(q.name, kind=q.kind)
    saved = {"Content-Disposition": 'attachment; filename="openlineage.json"'}
    return RawResponse(json.dumps(events, ensure_ascii=False).encode(), headers=saved)


def get_insights(ws: Workspace, q: GetInsights) -> Insights:
    """Return who reads a table."""
    return ws.catalog.insights(q.name, days=q.days)


def post_complete(ws: Workspace, q: PostComplete) -> Completion:
    """Return what may stand at the cursor."""
    from mlnb.magics.complete import complete_text

    if q.cursor > len(q.text):
        raise InvalidParameterError(f"cursor is {q.cursor}.", hint=f"Use 0 to {len(q.text)}.")
    if q.language == "runs-filter":
        return ws.runs.complete_filter(q.text, q.cursor, experiments=q.experiment_ids)
    return complete_text(ws, q.text, q.cursor, sql=q.language == "sql")


_route = routes_under(NATIVE, resource="catalog", tag="Discovery")


ROUTES = [
    _route("GET", "/tables/{name}/insights", get_insights, GetInsights, Insights, "Return who reads a table", "UC-20"),
    _route("GET", "/search", get_search, GetSearch, SearchHits, "Find what has a name", "UC-8"),
    _route("GET", "/lineage/{kind}/{name}", get_lineage, GetLineage, LineageGraph, "Return lineage", "UC-9"),
    _route(
        "GET",
        "/lineage/{kind}/{name}/openlineage",
        get_openlineage,
        OpenLineageOf,
        OpenLineageEvents,
        "Return lineage as OpenLineage events",
        "UC-15",
    ),
    _route("POST", "/lineage", post_lineage, PostLineage, Empty, "Connect two objects by hand", "UC-11"),
    _route("DELETE", "/lineage", delete_lineage, DeleteLineage, Empty, "Take away an edge drawn by hand", "UC-11"),
    _route(
        "POST",
        "/complete",
        post_complete,
        PostComplete,
        Completion,
        "Return what may stand at the cursor",
        "LAB-54",
        action="read",
    ),
]

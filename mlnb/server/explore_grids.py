"""Routes of grids: frames of this process, so they answer over the comm of the kernel that shows them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Literal

from pydantic import Field, ValidationError

from mlnb.core.errors import InvalidParameterError
from mlnb.core.records import Record
from mlnb.explore.asking.grids import GridInfo
from mlnb.explore.asking.kept import FrameNotFoundError
from mlnb.explore.questions import Drill, DrillResult, GridBlock, GridQuery
from mlnb.explore.records import Profile
from mlnb.server.route import NATIVE, RawResponse, routes_under

if TYPE_CHECKING:
    from mlnb.door import Workspace

#: Rows behind a profile are asked for by its own routes, which see to rights and hold-outs.
_PREFIX = "grid-"
_TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}


class GetGrid(Record):
    """Which grid."""

    id: str


class GridRows(GridQuery):
    """Rows of which grid."""

    id: str


class GridDrill(Drill):
    """A question about which grid."""

    id: str


class GridFile(Record):
    """Which rows of which grid as a file: ``query`` is a grid query as JSON, without it all rows."""

    id: str
    format: Literal["csv", "parquet"] = "csv"
    query: str = Field(default="{}", max_length=100_000)


def _grid(id: str) -> str:
    if not id.startswith(_PREFIX):
        raise FrameNotFoundError(f"There is no grid {id[:40]!r}.")
    return id


def get_grid(ws: Workspace, q: GetGrid) -> GridInfo:
    """Describe a grid."""
    return ws.explore.grids.get(_grid(q.id))


def get_rows(ws: Workspace, q: GridRows) -> GridBlock:
    """Return rows of a grid."""
    return ws.explore.grids.block(_grid(q.id), GridQuery.model_validate(q.model_dump(exclude={"id"})))


def drill(ws: Workspace, q: GridDrill) -> DrillResult:
    """Answer a question about the rows of a grid."""
    return ws.explore.grids.drill(_grid(q.id), Drill.model_validate(q.model_dump(exclude={"id"})))


def get_profile(ws: Workspace, q: GetGrid) -> Profile:
    """Profile the rows of a grid."""
    rows = ws.explore.grids.rows(_grid(q.id))
    profile: Profile = ws.explore.profile(rows.frame, name=rows.name)
    return profile


def download(ws: Workspace, q: GridFile) -> RawResponse:
    """Return rows of a grid as a file."""
    try:
        query = GridQuery.model_validate(json.loads(q.query))
    except (ValueError, ValidationError):
        raise InvalidParameterError("query is no grid query.", hint='Send JSON such as {"search": "x"}.') from None
    name = re.sub(r"[^\w.-]+", "_", ws.explore.grids.get(_grid(q.id)).name or "rows", flags=re.ASCII)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{q.format}"'}
    return RawResponse(ws.explore.grids.download(q.id, query, q.format), _TYPES[q.format], headers=headers)


_route = routes_under(f"{NATIVE}/explore/grids", resource="explore", pool="slow", tag="Explore", row="NB-8")

ROUTES = [
    _route("GET", "/{id}", get_grid, GetGrid, GridInfo, "Describe a grid of this process"),
    _route("POST", "/{id}/rows", get_rows, GridRows, GridBlock, "Return rows of a grid", action="read"),
    _route(
        "POST", "/{id}/drill", drill, GridDrill, DrillResult, "Answer a question about a grid's rows", action="read"
    ),
    _route("POST", "/{id}/profile", get_profile, GetGrid, Profile, "Profile the rows of a grid", action="read"),
    _route("GET", "/{id}/download", download, GridFile, None, "Return a grid's rows as a file"),
]

"""Routes of ingestion: look at files before loading them, load in the background, and take what a browser sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from mlnb.catalog.ingest.records import IngestPlan, IngestRun
from mlnb.catalog.ingest.uploads import Upload
from mlnb.core.errors import InvalidParameterError
from mlnb.core.records import Record
from mlnb.server.route import NATIVE, RawRequest, RawResponse, routes_under

if TYPE_CHECKING:
    from mlnb.door import Workspace


class ReadOptions(Record):
    """How files are read; what is absent is found."""

    format: str | None = None
    types: dict[str, str] | None = None
    max_rejects: float | None = Field(default=None, ge=0, le=1)
    force: bool = False
    merge_schema: bool = False
    nulls: list[str] | None = None
    delimiter: str | None = None
    quote: str | None = None
    header: bool | None = None
    encoding: str | None = None
    date_format: str | None = None
    files: list[str] | None = None
    pattern: str | None = None

    def given(self) -> dict[str, Any]:
        """Return the options that were sent."""
        names = set(ReadOptions.model_fields)
        return {name: value for name, value in self.model_dump(include=names).items() if value is not None}


class PreviewIngest(Record):
    """Which files to look at, and where they would go."""

    source: str | list[str]
    name: str | None = None
    mode: Literal["append", "create", "replace"] = "append"
    options: ReadOptions = Field(default_factory=ReadOptions)


def preview_ingest(ws: Workspace, q: PreviewIngest) -> IngestPlan:
    """Say what loading files would do."""
    return ws.catalog.preview_ingest(q.source, name=q.name, mode=q.mode, **q.options.given())


class StartIngest(ReadOptions):
    """A load: which files, into which table, and how."""

    source: str | list[str]
    name: str
    mode: Literal["append", "create", "replace"] = "append"
    primary_key: list[str] | None = None
    timeseries: str | None = None
    comment: str | None = None


class IngestStarted(Record):
    """A load that was started."""

    id: str


class OneIngest(Record):
    """A load by its id."""

    id: str


class RecentIngests(Record):
    """How many loads to list."""

    limit: int = Field(default=20, ge=1, le=200)


class IngestRuns(Record):
    """Loads, newest first."""

    runs: list[IngestRun]


def start_ingest(ws: Workspace, q: StartIngest) -> IngestStarted:
    """Start a load in the background."""
    about = q.model_dump(include={"primary_key", "timeseries", "comment"}, exclude_none=True)
    return IngestStarted(id=ws.catalog.start_ingest(q.source, q.name, mode=q.mode, **q.given(), **about).id)


def get_ingest(ws: Workspace, q: OneIngest) -> IngestRun:
    """Return how far a load is."""
    return ws.catalog.ingest_run(q.id)


def list_ingests(ws: Workspace, q: RecentIngests) -> IngestRuns:
    """List the loads that were started last."""
    return IngestRuns(runs=ws.catalog.ingest_runs(q.limit))


def cancel_ingest(ws: Workspace, q: OneIngest) -> IngestRun:
    """End a load."""
    return ws.catalog.cancel_ingest(q.id)


def upload(ws: Workspace, q: RawRequest) -> RawResponse:
    """Take a file, or the next piece of one."""
    offset = q.query.get("offset", ["0"])[-1]
    if not offset.isdigit():
        raise InvalidParameterError(f"offset: {offset!r} is no number of bytes.")
    name, path = (q.query.get(key, [None])[-1] for key in ("name", "path"))
    found = ws.catalog.upload(q.body, name=name, path=path, offset=int(offset))
    return RawResponse(found.model_dump_json().encode())


_route = routes_under(f"{NATIVE}/ingest", resource="catalog", tag="Catalog", row="ING-1")


ROUTES = [
    _route(
        "POST",
        "/preview",
        preview_ingest,
        PreviewIngest,
        IngestPlan,
        "Say what loading files would do",
        row="ING-5",
        pool="slow",
        action="read",
    ),
    _route("POST", "", start_ingest, StartIngest, IngestStarted, "Start loading files", status=202, pool="slow"),
    _route("GET", "", list_ingests, RecentIngests, IngestRuns, "List the loads that were started last"),
    _route("POST", "/upload", upload, None, Upload, "Take a file that a browser sends", pool="slow", raw=True),
    _route("GET", "/{id}", get_ingest, OneIngest, IngestRun, "Return how far a load is"),
    _route("POST", "/{id}/cancel", cancel_ingest, OneIngest, IngestRun, "End a load"),
]

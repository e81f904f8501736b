"""Routes of ingestion: look at files before loading them, load in the background, and take what a browser sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from mlnb.catalog.ingest.records import IngestPlan
from mlnb.core.records import Record
from mlnb.server.route import NATIVE, Pool, Route, Verb

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


def _route(
    verb: Verb,
    path: str,
    call: Any,
    request: Any,
    response: Any,
    summary: str,
    *,
    row: str = "ING-1",
    pool: Pool = "fast",
    **more: Any,
) -> Route:
    return Route(
        verb,
        f"{NATIVE}/ingest{path}",
        call,
        request,
        response,
        resource="catalog",
        tag="Catalog",
        summary=summary,
        row=row,
        pool=pool,
        **more,
    )


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
]

"""The route that shows the rows of a run's file: a browser has no reader for Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from mlnb.core.records import Record
from mlnb.server.route import NATIVE, Route
from mlnb.server.training import wire
from mlnb.training.records import PageColumn

if TYPE_CHECKING:
    from mlnb.door import Workspace


class HeadOf(Record):
    """Which file of which run, and how many of its rows."""

    id: str
    path: str
    limit: int = Field(default=100, ge=1, le=1000)


class FileHead(Record):
    """The first rows of a file, column by column, and how many it has."""

    total: int
    offset: int
    ids: list[str]
    columns: list[PageColumn]


def get_head(ws: Workspace, q: HeadOf) -> FileHead:
    """Return the first rows of a Parquet file."""
    page = ws.runs.parquet_head(q.id, q.path, limit=q.limit)
    columns = [
        column.model_copy(update={"values": [wire(value) for value in column.values]}) for column in page.columns
    ]
    return FileHead(total=page.total, offset=page.offset, ids=page.ids, columns=columns)


ROUTES = [
    Route(
        "GET", f"{NATIVE}/runs/{{id}}/head", get_head, HeadOf, FileHead,
        resource="runs", pool="slow", tag="Runs", summary="Return the first rows of a run's file", row="TRK-10",
    ),
]  # fmt: skip

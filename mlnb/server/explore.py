"""Routes of explore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from mlnb.core.records import Record
from mlnb.explore.columns import SUMMARY_COLUMNS, TableSummary
from mlnb.explore.records import Profile
from mlnb.server.route import NATIVE, RawResponse, Route

if TYPE_CHECKING:
    from mlnb.door import Workspace


class GetProfile(Record):
    """What to profile: ``source`` is a table name, ``columns`` are separated by commas."""

    source: str
    target: str | None = None
    columns: str | None = None
    sample: int | None = None

    @property
    def chosen(self) -> list[str] | None:
        """The columns as a list."""
        return [name.strip() for name in self.columns.split(",") if name.strip()] if self.columns else None


class GetColumns(Record):
    """Which columns of which table, at which version."""

    name: str
    version: int | None = Field(default=None, ge=0)
    columns: list[str] | None = Field(default=None, max_length=SUMMARY_COLUMNS)


def get_columns(ws: Workspace, q: GetColumns) -> TableSummary:
    """Return figures of a table's columns."""
    return ws.explore.columns(q.name, version=q.version, columns=q.columns)


def get_profile(ws: Workspace, q: GetProfile) -> Profile:
    """Profile a table."""
    return ws.explore.profile(q.source, target=q.target, columns=q.chosen, sample=q.sample)


def get_profile_page(ws: Workspace, q: GetProfile) -> RawResponse:
    """Profile a table and return the page."""
    page = get_profile(ws, q).to_html(standalone=True)
    # The page holds no script; the header makes sure that it never can.
    policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    return RawResponse(page.encode(), "text/html; charset=utf-8", headers={"Content-Security-Policy": policy})


ROUTES = [
    Route(
        "GET",
        f"{NATIVE}/tables/{{name}}/profile",
        get_columns,
        GetColumns,
        TableSummary,
        resource="explore",
        pool="slow",
        tag="Explore",
        summary="Return figures of a table's columns",
        row="UC-5",
    ),
    Route(
        "GET",
        f"{NATIVE}/explore/profile",
        get_profile,
        GetProfile,
        Profile,
        resource="explore",
        pool="slow",
        tag="Explore",
        summary="Profile a table",
        row="EDA-27",
    ),
    Route(
        "GET",
        f"{NATIVE}/explore/profile/html",
        get_profile_page,
        GetProfile,
        None,
        resource="explore",
        pool="slow",
        tag="Explore",
        summary="Profile a table as a page",
        row="EDA-17",
    ),
]

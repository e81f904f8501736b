"""Routes of explore: profiles made in the background, read back, decided upon and questioned.

Sources over HTTP are tables, views and files of volumes; a kernel's frame is reached through that kernel only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from mlnb.core.records import Record
from mlnb.explore.columns import SUMMARY_COLUMNS, TableSummary
from mlnb.explore.questions import Drill, DrillResult
from mlnb.explore.records import Finding, Profile
from mlnb.explore.records_compare import Comparison
from mlnb.explore.records_stored import ProfileInfo, ProfileRequest, State
from mlnb.explore.report.records import ReportInfo
from mlnb.server.route import NATIVE, RawResponse, Route, routes_under

if TYPE_CHECKING:
    from mlnb.door import Workspace

#: A page holds no script; the header makes sure that it never can.
_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
#: A full report draws with scripts of its own; they get an origin of their own and may load nothing.
_REPORT_POLICY = "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; font-src data:"


class GetColumns(Record):
    """Which columns of which table, at which version."""

    name: str
    version: int | None = Field(default=None, ge=0)
    columns: list[str] | None = Field(default=None, max_length=SUMMARY_COLUMNS)


class StartProfile(ProfileRequest):
    """What to profile: a table (at a version), a view or a file of a volume; ``reuse`` takes a stored profile of the same question."""

    source: str
    version: int | None = Field(default=None, ge=0)
    reuse: bool = True


class StartComparison(Record):
    """What to compare: another source, or the two sides of the column ``split``."""

    source: str
    right: str | None = None
    split: str | None = None
    target: str | None = None
    time_column: str | None = None
    group: str | None = None
    columns: list[str] | None = None
    exclude: list[str] = Field(default_factory=list)
    where: str | None = None
    sample: int | Literal["auto"] | None = "auto"


class Started(Record):
    """A profile that is being made, or one that was there already; progress is told of ``profile:<id>``."""

    id: str
    state: State


class OneProfile(Record):
    """A profile by its id."""

    id: str


class ListProfiles(Record):
    """Which stored profiles, newest first."""

    source: str | None = None
    version: int | None = Field(default=None, ge=0)
    state: State | None = None
    max_results: int = Field(default=100, ge=1, le=500)
    page_token: str | None = None


class Profiles(Record):
    """Stored profiles."""

    profiles: Sequence[ProfileInfo]
    next_page_token: str | None = None


class ListFindings(Record):
    """Findings of a table, by default the open ones."""

    source: str
    open_only: bool = True


class Findings(Record):
    """Findings, worst first."""

    findings: Sequence[Finding]


class Decide(Record):
    """What is decided about a finding; it is dismissed only with a reason."""

    id: str
    finding_id: str
    state: Literal["open", "dismissed"]
    reason: str | None = None


class AskRows(Drill):
    """A question about the rows behind a profile."""

    id: str


class MakeReport(Record):
    """A full report of what a profile is of; ``path`` writes it below the notebook folder too."""

    id: str
    title: str | None = None
    minimal: bool | None = None
    path: str | None = None
    seconds: float | None = None


class OneReport(Record):
    """A full report by its id."""

    id: str


class WriteNotebook(Record):
    """Where to write a notebook that repeats a profile."""

    id: str
    path: str
    overwrite: bool = False


class Written(Record):
    """Where it was written, from the notebook root."""

    path: str


def get_columns(ws: Workspace, q: GetColumns) -> TableSummary:
    """Return figures of a table's columns."""
    return ws.explore.columns(q.name, version=q.version, columns=q.columns)


def start_profile(ws: Workspace, q: StartProfile) -> Started:
    """Begin a profile in a process of its own."""
    options = {name: getattr(q, name) for name in q.model_fields_set - {"source", "version"}}
    source = q.source if q.version is None else f"{q.source}@v{q.version}"
    return _started(ws.explore.start(source, **options))


def start_comparison(ws: Workspace, q: StartComparison) -> Started:
    """Begin a comparison in a process of its own."""
    options = {name: getattr(q, name) for name in q.model_fields_set - {"source", "right"}}
    return _started(ws.explore.start_comparison(q.source, q.right, **options))


def _started(info: ProfileInfo) -> Started:
    return Started(id=info.id, state=info.state)


def list_profiles(ws: Workspace, q: ListProfiles) -> Profiles:
    """List stored profiles, and those that are being made."""
    found = ws.explore.list(q.source, version=q.version, state=q.state, limit=q.max_results, page_token=q.page_token)
    return Profiles(profiles=found.items, next_page_token=found.next_page_token)


def get_profile(ws: Workspace, q: OneProfile) -> Profile:
    """Return a finished profile."""
    return ws.explore.get(q.id)


def get_comparison(ws: Workspace, q: OneProfile) -> Comparison:
    """Return a finished comparison."""
    return ws.explore.comparison(q.id)


def get_info(ws: Workspace, q: OneProfile) -> ProfileInfo:
    """Return what is known of a profile, also of one that is being made or failed."""
    return ws.explore.info(q.id)


def get_page(ws: Workspace, q: OneProfile) -> RawResponse:
    """Return a profile's or comparison's page as a file."""
    info = ws.explore.info(q.id)
    page = ws.explore.html(q.id)
    name = re.sub(
        r"[^\w.-]+", "_", f"{info.source_name}{f'-v{info.source_version}' if info.source_version is not None else ''}"
    )
    headers = {
        "Content-Security-Policy": _POLICY,
        "Content-Disposition": f'attachment; filename="eda-{name[:100]}.html"',
        "X-Content-Type-Options": "nosniff",
    }
    return RawResponse(page.encode(), "text/html; charset=utf-8", headers=headers)


def stop_profile(ws: Workspace, q: OneProfile) -> ProfileInfo:
    """Ask a profile that is being made to end."""
    return ws.explore.stop(q.id)


def delete_profile(ws: Workspace, q: OneProfile) -> None:
    """Remove a stored profile."""
    ws.explore.delete(q.id)


def drill(ws: Workspace, q: AskRows) -> DrillResult:
    """Answer a question about the rows behind a profile."""
    return ws.explore.drill(q.id, Drill(**{name: getattr(q, name) for name in Drill.model_fields}))


def decide(ws: Workspace, q: Decide) -> Finding:
    """Dismiss a finding with a reason, or open it again."""
    return ws.explore.decide(q.id, q.finding_id, q.state, q.reason)


def make_report(ws: Workspace, q: MakeReport) -> ReportInfo:
    """Begin the full report of what a profile is of."""
    options = q.model_dump(include={"title", "minimal", "path", "seconds"})
    return ws.explore.report(ws.explore.source_of(q.id), profile_id=q.id, **options).info


def get_report(ws: Workspace, q: OneReport) -> ReportInfo:
    """Return how far a full report is."""
    return ws.explore.get_report(q.id)


def stop_report(ws: Workspace, q: OneReport) -> ReportInfo:
    """End a full report that is being made."""
    return ws.explore.stop_report(q.id)


def get_report_page(ws: Workspace, q: OneReport) -> RawResponse:
    """Return a full report as a file; its scripts run without any right on this server."""
    headers = {
        "Content-Security-Policy": _REPORT_POLICY,
        "Content-Disposition": f'attachment; filename="report-{q.id[:8]}.html"',
        "X-Content-Type-Options": "nosniff",
    }
    return RawResponse(ws.explore.report_html(q.id), "text/html; charset=utf-8", headers=headers)


def write_notebook(ws: Workspace, q: WriteNotebook) -> Written:
    """Write a notebook that repeats a profile, below the notebook root."""
    target = ws.files.inside(ws.root, q.path)
    profile = ws.explore.get(q.id)
    made = ws.explore.notebook(
        ws.explore.source_of(q.id),
        target,
        target=profile.target.column if profile.target is not None else None,
        time_column=profile.time_column,
        profile=profile,
        overwrite=q.overwrite,
    )
    return Written(path=made.resolve().relative_to(ws.root.resolve()).as_posix())


def list_findings(ws: Workspace, q: ListFindings) -> Findings:
    """List what the newest profiles of a table found."""
    return Findings(findings=ws.explore.findings(q.source, open_only=q.open_only))


_route = routes_under(f"{NATIVE}/explore", resource="explore", tag="Explore", row="EDA-27")
_slow: dict[str, Any] = {"pool": "slow"}

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
    _route("POST", "/profiles", start_profile, StartProfile, Started, "Begin a profile", status=202, **_slow),
    _route(
        "POST",
        "/profiles/compare",
        start_comparison,
        StartComparison,
        Started,
        "Begin a comparison",
        "EDA-15",
        status=202,
        **_slow,
    ),
    _route("GET", "/profiles", list_profiles, ListProfiles, Profiles, "List stored profiles"),
    _route("GET", "/profiles/{id}", get_profile, OneProfile, Profile, "Return a finished profile"),
    _route("GET", "/profiles/{id}/info", get_info, OneProfile, ProfileInfo, "Return the state of a profile"),
    _route("GET", "/profiles/{id}/html", get_page, OneProfile, None, "Return a page as a file", "EDA-17", **_slow),
    _route(
        "GET", "/comparisons/{id}", get_comparison, OneProfile, Comparison, "Return a finished comparison", "EDA-15"
    ),
    _route("POST", "/profiles/{id}/stop", stop_profile, OneProfile, ProfileInfo, "End a profile that is being made"),
    _route("DELETE", "/profiles/{id}", delete_profile, OneProfile, None, "Remove a stored profile", status=204),
    _route(
        "POST",
        "/profiles/{id}/drill",
        drill,
        AskRows,
        DrillResult,
        "Ask about the rows behind a profile",
        "EDA-18",
        action="read",
        **_slow,
    ),
    _route(
        "PATCH", "/profiles/{id}/findings/{finding_id}", decide, Decide, Finding, "Dismiss or reopen a finding", "EDA-9"
    ),
    _route(
        "POST",
        "/profiles/{id}/report",
        make_report,
        MakeReport,
        ReportInfo,
        "Begin a full report",
        "EDA-26",
        status=202,
        **_slow,
    ),
    _route(
        "POST", "/profiles/{id}/notebook", write_notebook, WriteNotebook, Written, "Write a notebook", "EDA-25", **_slow
    ),
    _route("GET", "/reports/{id}", get_report, OneReport, ReportInfo, "Return how far a full report is", "EDA-26"),
    _route("POST", "/reports/{id}/stop", stop_report, OneReport, ReportInfo, "End a full report", "EDA-26"),
    _route(
        "GET", "/reports/{id}/html", get_report_page, OneReport, None, "Return a report as a file", "EDA-26", **_slow
    ),
    _route("GET", "/findings", list_findings, ListFindings, Findings, "List the findings of a table", "EDA-9"),
]

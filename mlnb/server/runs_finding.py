"""Routes that find runs and compare them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from mlnb.core.records import Record
from mlnb.server.route import NATIVE, RawResponse, routes_under
from mlnb.server.training import Number, wire
from mlnb.training.records import ColumnList, PageColumn
from mlnb.training.records_compare import CompareRow, RunComparison
from mlnb.training.records_diff import MetricDiff, RunDiff
from mlnb.training.records_pages import Axis, Curve, CurveList, FilterCheck, RunFrame

if TYPE_CHECKING:
    from mlnb.door import Workspace

#: Digits of a thinned curve's values: more than a screen shows, and half of the bytes.
_DIGITS = 7


class GetColumns(Record):
    """Which experiment (``all`` for every one), a part of the names wanted, and their kind: metrics, params, tags or attributes."""

    id: str
    q: str = ""
    kind: str | None = None


class SearchRuns(Record):
    """Which runs, in which order, and which columns of them."""

    experiment_ids: list[str] | None = None
    filter: str = Field(default="", max_length=20_000)
    order_by: list[str] = Field(default_factory=list, max_length=20)
    columns: list[str] | None = Field(default=None, max_length=200)
    state: list[str] | None = None
    deleted: bool = False
    parent: str | None = None

    @property
    def which(self) -> dict[str, Any]:
        """What the service takes besides filter and columns."""
        named: dict[str, Any] = self.model_dump(include={"order_by", "state", "deleted", "parent"})
        return {**named, "experiments": self.experiment_ids}


class QueryRuns(SearchRuns):
    """Which runs and columns, which block, and by what to group."""

    offset: int = Field(default=0, ge=0)
    limit: int = Field(default=100, ge=1, le=500)
    group_by: str | None = None


class CsvRuns(SearchRuns):
    """Which runs and columns; a block that is named with them is not looked at."""

    offset: int = 0
    limit: int = 0
    group_by: str | None = None


class AggregateView(Record):
    """A metric over the runs of a group."""

    mean: Number | None = None
    min: Number | None = None
    max: Number | None = None
    count: int = 0


class GroupView(Record):
    """Runs that share a value; absent for those that have none."""

    value: str | None = None
    runs: int
    ids: list[str]
    metrics: dict[str, AggregateView]


class RunBlock(Record):
    """A block of runs, column by column; ``children`` counts the runs that a run contains."""

    total: int
    offset: int
    ids: list[str]
    columns: list[PageColumn]
    as_of: int
    children: dict[str, int] | None = None
    pinned: list[str] | None = None
    groups: list[GroupView] | None = None


class FrameRuns(Record):
    """Which runs and columns, at most how many runs, and which in any case."""

    experiment_ids: list[str] | None = None
    filter: str = Field(default="", max_length=20_000)
    columns: list[str] = Field(max_length=20)
    max_points: int = Field(default=2000, ge=1, le=5000)
    keep: list[str] = Field(default_factory=list, max_length=5000)
    state: list[str] | None = None


class SeriesRuns(Record):
    """Which runs and metrics, over what, and at most how many points a curve."""

    run_ids: list[str] = Field(max_length=100)
    metrics: list[str] = Field(max_length=20)
    x: Axis = "step"
    max_points: int = Field(default=500, ge=8, le=5000)


class PostDiff(Record):
    """Two runs; differences are told from the first to the second."""

    run_ids: list[str] = Field(min_length=2, max_length=2)


class MetricDiffView(MetricDiff):
    """A metric in both runs, with numbers as JSON can hold them."""

    a: Number | None = None  # type: ignore[assignment]
    b: Number | None = None  # type: ignore[assignment]
    difference: Number | None = None  # type: ignore[assignment]
    standard_errors: Number | None = None  # type: ignore[assignment]


class RunDiffView(RunDiff):
    """Everything that differs between two runs."""

    metrics: list[MetricDiffView] = Field(default_factory=list)  # type: ignore[assignment]


class CompareRuns(Record):
    """At most 100 runs."""

    run_ids: list[str] = Field(min_length=1, max_length=100)


class CheckFilter(Record):
    """A filter as far as it is written."""

    filter: str = Field(max_length=20_000)


def get_columns(ws: Workspace, q: GetColumns) -> ColumnList:
    """List the columns that runs of an experiment have, or the runs of all of them."""
    return ws.runs.columns(None if q.id == "all" else q.id, q=q.q, kind=q.kind)


def query_runs(ws: Workspace, q: QueryRuns) -> RunBlock:
    """Return a block of runs."""
    page = ws.runs.search(q.filter, columns=q.columns, limit=q.limit, offset=q.offset, group_by=q.group_by, **q.which)
    groups = None
    if page.groups is not None:
        groups = [
            GroupView(
                value=group.value,
                runs=group.runs,
                ids=group.ids,
                metrics={key: AggregateView(**_wired(item)) for key, item in group.metrics.items()},
            )
            for group in page.groups
        ]
    return RunBlock(
        total=page.total,
        offset=page.offset,
        ids=page.ids,
        columns=_columns(page.columns),
        as_of=page.as_of,
        children=page.children,
        pinned=page.pinned,
        groups=groups,
    )


def frame_runs(ws: Workspace, q: FrameRuns) -> RunFrame:
    """Return a few columns of all runs, for a chart."""
    found = ws.runs.frame(q.experiment_ids, q.filter, q.columns, max_points=q.max_points, keep=q.keep, state=q.state)
    return found.model_copy(update={"columns": _columns(found.columns)})


def series_runs(ws: Workspace, q: SeriesRuns) -> CurveList:
    """Return metrics of runs over steps or time."""
    found = ws.runs.series(q.run_ids, q.metrics, max_points=q.max_points, x=q.x)
    return found.model_copy(update={"curves": [_short(curve) for curve in found.curves]})


def csv_runs(ws: Workspace, q: CsvRuns) -> RawResponse:
    """Return the runs as a file."""
    parts = ws.runs.csv(q.filter, columns=q.columns, **q.which)
    saved = {"Content-Disposition": 'attachment; filename="runs.csv"'}
    return RawResponse((part.encode() for part in parts), "text/csv; charset=utf-8", headers=saved)


def diff_runs(ws: Workspace, q: PostDiff) -> RunDiffView:
    """Return what differs between two runs."""
    found = ws.runs.diff(*q.run_ids)
    kept = {name: getattr(found, name) for name in RunDiff.model_fields if name != "metrics"}
    return RunDiffView(**kept, metrics=[MetricDiffView(**_wired(item)) for item in found.metrics])


def compare_runs(ws: Workspace, q: CompareRuns) -> RunComparison:
    """Return runs side by side."""
    found = ws.runs.compare(q.run_ids)
    return found.model_copy(
        update={area: _rows(getattr(found, area)) for area in ("params", "metrics", "tags", "attributes")}
    )


def check_filter(ws: Workspace, q: CheckFilter) -> FilterCheck:
    """Say whether a filter can be read."""
    return ws.runs.check_filter(q.filter)


def _columns(columns: list[PageColumn]) -> list[PageColumn]:
    return [column.model_copy(update={"values": [wire(value) for value in column.values]}) for column in columns]


def _rows(rows: list[CompareRow]) -> list[CompareRow]:
    return [row.model_copy(update={"values": [wire(value) for value in row.values]}) for row in rows]


def _wired(record: Record) -> dict[str, Any]:
    return {name: wire(getattr(record, name)) for name in type(record).model_fields}


def _short(curve: Curve) -> Curve:
    """Round the values of a thinned curve; one that is whole is sent as it is."""
    if not curve.thinned:
        return curve
    return curve.model_copy(update={"y": [float(f"{value:.{_DIGITS}g}") for value in curve.y]})


_route = routes_under(NATIVE, resource="runs", tag="Runs")

ROUTES = [
    _route(
        "GET",
        "/experiments/{id}/columns",
        get_columns,
        GetColumns,
        ColumnList,
        "List the columns of an experiment's runs",
        "TRK-5",
    ),
    _route("POST", "/runs/query", query_runs, QueryRuns, RunBlock, "Return a block of runs", "TRK-5", action="read"),
    _route(
        "POST", "/runs/frame", frame_runs, FrameRuns, RunFrame, "Return columns of all runs", "TRK-6", action="read",
        pool="slow",
    ),
    _route(
        "POST", "/runs/series", series_runs, SeriesRuns, CurveList, "Return metrics over steps or time", "TRK-6",
        action="read", pool="slow",
    ),
    _route("POST", "/runs/csv", csv_runs, CsvRuns, None, "Return runs as a file", "TRK-8", action="read", pool="slow"),
    _route(
        "POST", "/runs/diff", diff_runs, PostDiff, RunDiffView, "Return what differs between two runs", "BEY-1",
        action="read", pool="slow",
    ),
    _route(
        "POST", "/runs/compare", compare_runs, CompareRuns, RunComparison, "Return runs side by side", "TRK-7",
        action="read", pool="slow",
    ),
    _route(
        "POST", "/runs/filter/check", check_filter, CheckFilter, FilterCheck, "Say whether a filter can be read", "TRK-20",
        action="read", pool="slow",
    ),
]  # fmt: skip

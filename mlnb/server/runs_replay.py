"""Routes of what a run executed, and of running it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from mlnb.core.records import Record
from mlnb.server.route import NATIVE, routes_under
from mlnb.server.runs_finding import MetricDiffView
from mlnb.server.training import wire
from mlnb.training.records_replay import ReplayReport, RunSourceCode

if TYPE_CHECKING:
    from mlnb.door import Workspace


class OneRunsCode(Record):
    """Which run: id, the first 8 of it, name, ``@last`` or ``@best:metric``."""

    id: str


class Notebook(Record):
    """A notebook in Jupyter's format, without outputs."""

    cells: list[dict[str, Any]]
    metadata: dict[str, Any]
    nbformat: int
    nbformat_minor: int


class StartReplay(Record):
    """A run to make again, and how; ``timeout`` is in seconds."""

    id: str
    mode: Literal["cells", "notebook"] = "cells"
    env: Literal["same", "locked"] = "same"
    data: Literal["pinned", "latest"] = "pinned"
    rtol: float = Field(default=1e-9, ge=0)
    atol: float = Field(default=0.0, ge=0)
    timeout: float | None = Field(default=None, gt=0)


class ReplayView(ReplayReport):
    """What came of a replay; ``verdict`` is absent while it runs."""

    metrics: list[MetricDiffView] = Field(default_factory=list)  # type: ignore[assignment]


class ReplayList(Record):
    """The replays of a run, the newest first."""

    replays: list[ReplayView]


def get_source(ws: Workspace, q: OneRunsCode) -> RunSourceCode:
    """Return what a run executed."""
    return ws.runs.source(q.id)


def get_notebook(ws: Workspace, q: OneRunsCode) -> Notebook:
    """Return the notebook as it was when the run began."""
    found = ws.runs.notebook(q.id)
    return Notebook(**{name: found.get(name) for name in Notebook.model_fields})


def start_replay(ws: Workspace, q: StartReplay) -> ReplayView:
    """Start a replay."""
    return _view(ws.runs.replay(**{"run": q.id, **q.model_dump(exclude={"id"})}))


def list_replays(ws: Workspace, q: OneRunsCode) -> ReplayList:
    """List the replays of a run."""
    return ReplayList(replays=[_view(report) for report in ws.runs.replays(q.id)])


def get_replay(ws: Workspace, q: OneRunsCode) -> ReplayView:
    """Return what came of a replay."""
    return _view(ws.runs.replay_report(q.id))


def _view(report: ReplayReport) -> ReplayView:
    kept = {name: getattr(report, name) for name in ReplayReport.model_fields if name != "metrics"}
    metrics = [
        MetricDiffView(**{name: wire(getattr(item, name)) for name in type(item).model_fields})
        for item in report.metrics
    ]
    return ReplayView(**kept, metrics=metrics)


_runs = routes_under(f"{NATIVE}/runs", resource="runs", tag="Runs", pool="slow")
_replays = routes_under(f"{NATIVE}/replays", resource="runs", tag="Runs", pool="slow", row="BEY-12")

ROUTES = [
    _runs("GET", "/{id}/source", get_source, OneRunsCode, RunSourceCode, "Return what a run executed", "BEY-13"),
    _runs("GET", "/{id}/notebook", get_notebook, OneRunsCode, Notebook, "Return the notebook as it was", "TRK-3"),
    _runs(
        "POST", "/{id}/replay", start_replay, StartReplay, ReplayView, "Make a run again in a clean process", "BEY-12",
        action="execute", status=202,
    ),
    _runs("GET", "/{id}/replays", list_replays, OneRunsCode, ReplayList, "List the replays of a run", "BEY-12"),
    _replays("GET", "/{id}", get_replay, OneRunsCode, ReplayView, "Return what came of a replay"),
]  # fmt: skip

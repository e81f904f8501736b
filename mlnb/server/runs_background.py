"""Routes of runs in the background: start, follow, stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from mlnb.core.caller import calling
from mlnb.core.records import Record
from mlnb.server.route import NATIVE, routes_under
from mlnb.training.records_background import BackgroundInfo, BackgroundState, LogPart

if TYPE_CHECKING:
    from mlnb.door import Workspace


class StartBackground(Record):
    """A run to make in a process of its own; ``code`` is its cell, without ``%%mlrun``.

    Attributes
    ----------
    notebook
        The notebook the code belongs to, as seen from the notebook root: its experiment and folder are the run's.
    timeout
        Seconds of work after which it is stopped.
    """

    code: str
    name: str | None = None
    experiment: str | None = None
    notebook: str | None = None
    cell_id: str | None = None
    cells_above: list[str] = Field(default_factory=list, max_length=1000)
    setup: list[str] = Field(default_factory=list, max_length=1000)
    timeout: float | None = None
    executor: str | None = None
    tags: dict[str, str] | None = None
    params: dict[str, str] | list[str] | str | None = "auto"
    metrics: list[str] | None = None
    data: dict[str, str] | None = None
    autolog: bool | None = None
    log_models: bool | None = None
    seed: int | None = None
    scope: str | None = None
    note: str | None = None
    strict: bool | None = None


class ListBackground(Record):
    """Which states; those that are not over without one."""

    state: BackgroundState | None = None


class BackgroundList(Record):
    """Runs in the background, the newest first."""

    runs: list[BackgroundInfo]


class OneRun(Record):
    """Which run: id, the first 8 of it, name, ``@last`` or ``@best:metric``."""

    id: str


class ReadLog(Record):
    """Which run, and from which byte; a negative offset counts from the end."""

    id: str
    offset: int = 0
    limit: int = 262_144


def start_background(ws: Workspace, q: StartBackground) -> BackgroundInfo:
    """Start a run in the background."""
    options: dict[str, Any] = q.model_dump(exclude={"notebook"}, exclude_none=True)
    notebook = None if q.notebook is None else str(ws.files.inside(ws.root, q.notebook).relative_to(ws.root.resolve()))
    with calling(notebook=notebook):
        return ws.runs.background(options.pop("code"), **options).info


def list_background(ws: Workspace, q: ListBackground) -> BackgroundList:
    """List runs in the background."""
    return BackgroundList(runs=ws.runs.backgrounds(q.state))


def get_background(ws: Workspace, q: OneRun) -> BackgroundInfo:
    """Return how far a run in the background is."""
    return ws.runs.background_info(q.id)


def read_log(ws: Workspace, q: ReadLog) -> LogPart:
    """Return a part of what a run printed."""
    return ws.runs.log(q.id, q.offset, q.limit)


def stop_run(ws: Workspace, q: OneRun) -> BackgroundInfo:
    """Stop a run."""
    return ws.runs.stop(q.id)


_route = routes_under(f"{NATIVE}/runs", resource="runs", tag="Runs", row="RUN-5")

ROUTES = [
    _route(
        "POST", "/background", start_background, StartBackground, BackgroundInfo,
        "Run code in a process of its own", action="execute", status=202, pool="slow",
    ),
    _route("GET", "/background", list_background, ListBackground, BackgroundList, "List runs in the background"),
    _route("GET", "/{id}/background", get_background, OneRun, BackgroundInfo, "Return how far a run is"),
    _route("GET", "/{id}/log", read_log, ReadLog, LogPart, "Return a part of what a run printed"),
    _route("POST", "/{id}/stop", stop_run, OneRun, BackgroundInfo, "Stop a run", action="execute", pool="slow"),
]  # fmt: skip

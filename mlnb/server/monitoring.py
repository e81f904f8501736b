"""Routes of monitoring: the list, a monitor's page, heat map, series, refreshes, alerts and decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from mlnb.core.records import Record
from mlnb.monitoring.records import (
    Alert,
    LabelSource,
    MonitorInfo,
    MonitorRefreshInfo,
    Profile,
    RetrainingDecision,
)
from mlnb.monitoring.summary import DriftMatrix, MetricSeries
from mlnb.server.route import NATIVE, Empty, routes_under

if TYPE_CHECKING:
    from mlnb.door import Workspace


class ListMonitors(Record):
    """No parameters."""


class MonitorLine(Record):
    """One monitor in the list; `drifted_columns` counts them, `last_refresh` is a time."""

    table_name: str
    status: str
    profile_type: str
    granularities: list[str]
    last_refresh: int | None = None
    state: Literal["ok", "alert", "learning", "unknown"]
    drifted_columns: int
    alerts_open: int


class MonitorLines(Record):
    """All monitors."""

    monitors: list[MonitorLine]


class GetMonitor(Record):
    """The monitor of a table."""

    table: str


class MonitorPage(MonitorInfo):
    """A monitor with its refreshes, alerts and decisions, newest first."""

    state: str
    summary: str
    drifted_columns: list[str]
    refreshes: list[MonitorRefreshInfo]
    alerts: list[Alert]
    decisions: list[RetrainingDecision]


class CreateMonitor(Record):
    """What `ws.monitors.create` takes."""

    table_name: str
    profile: Profile
    output_schema_name: str | None = None
    baseline_table_name: str | None = None
    slicing_exprs: list[str] | None = None
    labels: LabelSource | None = None
    lookback_days: int = Field(default=0, ge=0)
    excluded_columns: list[str] = Field(default_factory=list)


class DriftQuery(Record):
    """Which drift to show."""

    table: str
    metric: str = "js_distance"
    granularity: str | None = None


class SeriesQuery(Record):
    """Which metric to show over time."""

    table: str
    metric: str
    column: str = ":table"
    granularity: str | None = None
    slice_key: str | None = None


class RefreshMonitor(Record):
    """Refresh a monitor; `full` computes everything again."""

    table: str
    full: bool = False


class RefreshAnswer(Record):
    """The refresh that was asked for."""

    refresh_id: int
    state: str


class AlertId(Record):
    """An alert by its id."""

    alert_id: str


class CreateAlert(Record):
    """What `ws.monitors.alert` takes."""

    table: str
    name: str
    metric: str
    threshold: float
    direction: Literal["above", "below"] = "above"
    columns: list[str] | None = None
    granularity: str | None = None
    drift_type: Literal["BASELINE", "CONSECUTIVE"] | None = None
    k: int = Field(default=2, ge=1)
    n: int = Field(default=3, ge=1)
    min_rows: int = Field(default=200, ge=0)
    severity: Literal["info", "warning", "critical"] = "warning"


class DecideRetraining(Record):
    """What `ws.monitors.decide_retraining` takes."""

    table: str
    cooldown_days: float = Field(default=7, ge=0)
    job_id: int | None = None


def list_monitors(ws: Workspace, _: ListMonitors) -> MonitorLines:
    """List monitors with their state."""
    lines = []
    for item in ws.monitors.summaries():
        last = item.last_refresh
        fields = item.model_dump(exclude={"last_refresh", "drifted_columns"})
        when = None if last is None else last.end_time_ms or last.start_time_ms
        lines.append(MonitorLine(**fields, last_refresh=when, drifted_columns=len(item.drifted_columns)))
    return MonitorLines(monitors=lines)


def get_monitor(ws: Workspace, q: GetMonitor) -> MonitorPage:
    """Return a monitor with its history."""
    found = ws.monitors.verdict(q.table, charts=False)
    name = found.info.table_name
    return MonitorPage(
        **dict(found.info),
        state=found.state,
        summary=found.text,
        drifted_columns=found.drifted_columns,
        refreshes=list(ws.monitors.refreshes(name)),
        alerts=found.alerts,
        decisions=list(ws.monitors.decisions(name)),
    )


def create_monitor(ws: Workspace, q: CreateMonitor) -> MonitorInfo:
    """Monitor a table."""
    fields = {name: getattr(q, name) for name in CreateMonitor.model_fields if name != "table_name"}
    return ws.monitors.create(q.table_name, **fields)


def delete_monitor(ws: Workspace, q: GetMonitor) -> Empty:
    """Stop monitoring a table."""
    ws.monitors.delete(q.table)
    return Empty()


def get_drift(ws: Workspace, q: DriftQuery) -> DriftMatrix:
    """Return drift by column and window."""
    return ws.monitors.drift_matrix(q.table, q.metric, q.granularity)


def get_series(ws: Workspace, q: SeriesQuery) -> MetricSeries:
    """Return a metric over time."""
    return ws.monitors.series(q.table, q.metric, q.column, q.granularity, slice_key=q.slice_key)


def refresh_monitor(ws: Workspace, q: RefreshMonitor) -> RefreshAnswer:
    """Have a monitor refreshed by the supervisor."""
    found = ws.monitors.refresh(q.table, full=q.full, wait=False)
    return RefreshAnswer(refresh_id=found.refresh_id, state=found.state)


def create_alert(ws: Workspace, q: CreateAlert) -> Alert:
    """Set an alert."""
    fields = {name: getattr(q, name) for name in CreateAlert.model_fields if name not in ("table", "name")}
    return ws.monitors.alert(q.table, q.name, **fields)


def enable_alert(ws: Workspace, q: AlertId) -> Alert:
    """Switch an alert on."""
    return ws.monitors.enable(q.alert_id)


def disable_alert(ws: Workspace, q: AlertId) -> Alert:
    """Switch an alert off."""
    return ws.monitors.disable(q.alert_id)


def decide_retraining(ws: Workspace, q: DecideRetraining) -> RetrainingDecision:
    """Decide whether to retrain, on record."""
    return ws.monitors.decide_retraining(q.table, cooldown_days=q.cooldown_days, job_id=q.job_id)


_route = routes_under(f"{NATIVE}/monitors", resource="monitors", tag="Monitoring", row="DQ-8")


ROUTES = [
    _route("GET", "", list_monitors, ListMonitors, MonitorLines, "List monitors"),
    _route("POST", "", create_monitor, CreateMonitor, MonitorInfo, "Monitor a table", row="DQ-13", pool="slow"),
    _route("GET", "/{table}", get_monitor, GetMonitor, MonitorPage, "A monitor with its history"),
    _route("DELETE", "/{table}", delete_monitor, GetMonitor, Empty, "Stop monitoring a table", row="DQ-12"),
    _route("GET", "/{table}/drift", get_drift, DriftQuery, DriftMatrix, "Drift by column and window", pool="slow"),
    _route("GET", "/{table}/series", get_series, SeriesQuery, MetricSeries, "A metric over time", pool="slow"),
    _route(
        "POST",
        "/{table}/refresh",
        refresh_monitor,
        RefreshMonitor,
        RefreshAnswer,
        "Refresh a monitor",
        row="DQ-9",
        action="execute",
    ),
    _route("POST", "/{table}/alerts", create_alert, CreateAlert, Alert, "Set an alert", row="DQ-10"),
    _route("POST", "/alerts/{alert_id}/enable", enable_alert, AlertId, Alert, "Switch an alert on", row="DQ-10"),
    _route("POST", "/alerts/{alert_id}/disable", disable_alert, AlertId, Alert, "Switch an alert off", row="DQ-10"),
    _route(
        "POST",
        "/{table}/decide-retraining",
        decide_retraining,
        DecideRetraining,
        RetrainingDecision,
        "Decide whether to retrain",
        row="OPS-6",
        pool="slow",
    ),
]

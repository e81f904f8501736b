"""A monitor at a glance: what a person wants to know before looking at any chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from mlnb.core.records import Record
from mlnb.monitoring.metrics import MetricTables
from mlnb.monitoring.records import Alert, InferenceLog, MonitorInfo, MonitorRefreshInfo, RetrainingDecision
from mlnb.monitoring.summary import DriftMatrix, MetricSeries, drift_matrix, metric_series


class MonitorVerdict(Record):
    """State, drift, quality, alerts and the last decision of one monitor; shows itself as a card with charts."""

    info: MonitorInfo
    text: str
    state: str
    newest_start: int | None = None
    newest_end: int | None = None
    newest_rows: int | None = None
    drifted_columns: list[str] = Field(default_factory=list)
    compared_columns: int = 0
    last_refresh: MonitorRefreshInfo | None = None
    matrix: DriftMatrix | None = None
    quality: list[MetricSeries] = Field(default_factory=list)
    alerts: list[Alert] = Field(default_factory=list)
    decision: RetrainingDecision | None = None

    def __str__(self) -> str:
        lines = [f"{self.info.table_name}: {self.text}"]
        lines += [f"  alert {alert.name}: {alert.state}" for alert in self.alerts]
        if self.decision is not None:
            lines.append(f"  retraining: {self.decision.decision}. {self.decision.reason}")
        return "\n".join(lines)

    __repr__ = __str__


def make_verdict(
    info: MonitorInfo,
    summary: Mapping[str, Any],
    tables: MetricTables,
    *,
    refreshes: Sequence[MonitorRefreshInfo],
    alerts: Sequence[Alert],
    decisions: Sequence[RetrainingDecision],
    charts: bool = True,
) -> MonitorVerdict:
    """Put the parts together and say in one sentence what they mean."""
    found = MonitorVerdict(
        info=info,
        text="not refreshed yet.",
        state="unknown",
        last_refresh=refreshes[0] if refreshes else None,
        alerts=list(alerts),
        decision=decisions[0] if decisions else None,
    )
    if not summary:
        return found
    firing = [alert.name for alert in alerts if alert.enabled and alert.state == "TRIGGERED"]
    for name in ("newest_start", "newest_end", "newest_rows", "drifted_columns", "compared_columns"):
        if name in summary:
            setattr(found, name, summary[name])
    found.state = "alert" if firing else "ok"
    found.text = _sentence(found, firing)
    if charts and tables.exist():
        found.matrix = drift_matrix(tables)
        found.quality = _quality(
            info, tables, {alert.rule.metric: alert.rule.threshold for alert in alerts if alert.enabled}
        )
    return found


def _sentence(found: MonitorVerdict, firing: Sequence[str]) -> str:
    compared = found.compared_columns
    drift = (
        f"{len(found.drifted_columns)} of {compared} columns have drifted" if compared else "nothing to compare with"
    )
    if found.drifted_columns:
        drift += f" ({', '.join(found.drifted_columns[:4])}{', …' if len(found.drifted_columns) > 4 else ''})"
    alerts = f"; triggered: {', '.join(firing)}" if firing else "; no alert is triggered" if found.alerts else ""
    return drift + alerts + "."


def _quality(info: MonitorInfo, tables: MetricTables, limits: Mapping[str, float]) -> list[MetricSeries]:
    """How good the model was over time, and how often the event happened; by the widest windows for a steady picture."""
    log = info.inference_log
    if not isinstance(log, InferenceLog) or not (log.labels or log.label_col):
        return []
    widest = log.granularities[-1] if len(log.granularities) > 1 else None
    names = ["roc_auc_score", "base_rate"] if log.problem_type == "classification" else ["root_mean_squared_error"]
    made = [metric_series(tables, name, granularity=widest, threshold=limits.get(name)) for name in names]
    if log.problem_type == "classification" and not _has_values(made[0]):
        made[0] = metric_series(tables, "accuracy_score", granularity=widest)
    return [series for series in made if _has_values(series)]


def _has_values(series: MetricSeries) -> bool:
    return any(value is not None for line in series.series if line.name != "baseline" for value in line.values)

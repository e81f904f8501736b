"""Alerts: a rule over the last closed windows, judged after each refresh, and what it saw as evidence.

Two things keep an alert from crying wolf. A drift must be large *and* more than chance after looking at many columns; a quality
metric must be past the threshold with the near end of its interval. And one bad window is not enough: it must be k of n.
"""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from pydantic import ValidationError

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import AlreadyExistsError, InvalidParameterError, NotFoundError, did_you_mean
from mlnb.monitoring.metrics import MetricTables, canonical, is_drift, is_quality, stored_columns, value_of
from mlnb.monitoring.quality import order_classes
from mlnb.monitoring.records import (
    Alert,
    AlertRule,
    AlertState,
    MonitoringSettings,
    WindowVerdict,
    monitoring_alert,
)
from mlnb.monitoring.store import MonitorStore, Row

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground

#: A quality metric of a window says something only when most of its rows have a label.
MIN_COVERAGE = 0.5
#: Two-sided 95 % of a normal distribution.
_Z = 1.959963984540054
#: At most this many windows are kept as evidence.
_MAX_EVIDENCE = 60


class AlertNotFoundError(NotFoundError):
    """There is no such alert."""


@dataclass
class Judgement:
    """What a rule says now."""

    state: AlertState
    value: float | None = None
    evidence: list[WindowVerdict] = field(default_factory=list)
    reason: str = ""


class Alerts:
    """The alerts of all monitors."""

    def __init__(self, ground: Ground, catalog: Catalog) -> None:
        self._ground = ground
        self._catalog = catalog
        self._store = MonitorStore(ground)

    def create(self, table_name: str, name: str, rule: Mapping[str, Any]) -> Alert:
        """Make an alert on a monitored table; see `Monitors.alert`."""
        monitor = self._store.get(table_name)
        checked = self._check(monitor, rule)
        values = {
            "id": str(uuid.uuid4()),
            "kind": "metric",
            "table_id": monitor.table_id,
            "name": name,
            "rule": checked.model_dump(mode="json"),
            "state": "UNKNOWN",
            "enabled": True,
            "evidence": [],
            "created_by": current_caller().principal,
            "created_ms": now_ms(),
        }
        with self._ground.metastore.begin() as conn:
            if any(row.name == name for row in self._rows(monitor.table_id)):
                raise AlreadyExistsError(
                    f"{monitor.table_name} has an alert named {name!r} already.",
                    hint="Choose another name, or delete it.",
                )
            conn.execute(monitoring_alert.insert().values(values))
            self._journal("alert.created", monitor.table_name, name, {"rule": values["rule"]})
        return self.get(table_name, name)

    def _check(self, monitor: Row, rule: Mapping[str, Any]) -> AlertRule:
        tables = MetricTables(self._catalog, monitor)
        has_baseline = tables.config.baseline_table_name is not None
        wanted = rule.get("drift_type") or ("BASELINE" if has_baseline else "CONSECUTIVE")
        if wanted == "BASELINE" and not has_baseline:
            raise InvalidParameterError(
                f"{monitor.table_name} has no baseline to drift from.",
                hint="Give the monitor a baseline_table_name, or use drift_type='CONSECUTIVE'.",
            )
        rule = {**rule, "drift_type": wanted}
        try:
            checked = AlertRule.model_validate(dict(rule))
        except ValidationError as error:
            problems = [f"{item['loc'][0] if item['loc'] else 'rule'}: {item['msg']}" for item in error.errors()]
            raise InvalidParameterError(f"The alert is not valid: {'; '.join(problems)}.") from None
        if checked.k > checked.n:
            raise InvalidParameterError(
                f"k = {checked.k} of n = {checked.n} windows can never be.", hint="Choose k ≤ n."
            )
        return checked.model_copy(
            update={"metric": canonical(checked.metric), "granularity": tables.granularity(checked.granularity)}
        )

    def find(self, table_name: str | None = None) -> list[Alert]:
        """Alerts of one monitor or all, by table and name."""
        names = {row.table_id: row.table_name for row in self._store.rows()}
        table_id = self._store.get(table_name).table_id if table_name else None
        found = [_alert(row, names[row.table_id]) for row in self._rows(table_id) if row.table_id in names]
        return sorted(found, key=lambda alert: (alert.table_name, alert.name))

    def get(self, table_name: str, name: str) -> Alert:
        """An alert by its name or id."""
        alerts = self.find(table_name)
        for alert in alerts:
            if name in (alert.name, alert.id):
                return alert
        hint = did_you_mean(name, [alert.name for alert in alerts]) or "See ws.monitors.alerts(table)."
        raise AlertNotFoundError(f"{table_name} has no alert {name!r}.", hint=hint)

    def by_id(self, alert_id: str) -> Alert:
        """An alert by its id."""
        for alert in self.find():
            if alert.id == alert_id:
                return alert
        raise AlertNotFoundError(f"There is no alert {alert_id!r}.", hint="See ws.monitors.alerts().")

    def set_enabled(self, alert_id: str, enabled: bool) -> Alert:
        """Switch an alert on or off."""
        alert = self.by_id(alert_id)
        with self._ground.metastore.begin() as conn:
            statement = monitoring_alert.update().where(monitoring_alert.c.id == alert_id)
            conn.execute(statement.values(enabled=enabled))
            self._journal("alert.enabled" if enabled else "alert.disabled", alert.table_name, alert.name, {})
        return self.by_id(alert_id)

    def delete_all(self, conn: sa.Connection, table_id: str) -> None:
        """Drop the alerts of a monitor that is being deleted."""
        conn.execute(monitoring_alert.delete().where(monitoring_alert.c.table_id == table_id))

    # -- judging ---------------------------------------------------------------------------------------------------------

    def evaluate(self, table_name: str) -> list[Alert]:
        """Judge the enabled alerts of a monitor by its tables as they are, and return them."""
        self.record(self.judge(table_name))
        return self.find(table_name)

    def judge(self, table_name: str) -> list[tuple[Alert, Judgement]]:
        """What the enabled alerts of a monitor say now; changes nothing."""
        tables = MetricTables(self._catalog, self._store.get(table_name))
        alerts = [alert for alert in self.find(table_name) if alert.enabled]
        return [(alert, judge(alert.rule, tables, self._closed_before())) for alert in alerts]

    def record(self, judged: Sequence[tuple[Alert, Judgement]]) -> None:
        """Store what alerts said, and write into the journal which ones changed their mind."""
        with self._ground.metastore.begin() as conn:
            for alert, verdict in judged:
                changed = verdict.state != alert.state
                values = {
                    "state": verdict.state,
                    "last_value": verdict.value,
                    "last_evaluated": now_ms(),
                    "evidence": [item.model_dump(mode="json", exclude_none=True) for item in verdict.evidence],
                }
                if changed:
                    values["since_ms"] = values["last_evaluated"]
                statement = monitoring_alert.update().where(monitoring_alert.c.id == alert.id)
                conn.execute(statement.values(values))
                if changed and (verdict.state == "TRIGGERED" or alert.state == "TRIGGERED"):
                    action = "alert.triggered" if verdict.state == "TRIGGERED" else "alert.ok"
                    payload = {
                        "metric": alert.rule.metric,
                        "threshold": alert.rule.threshold,
                        "direction": alert.rule.direction,
                        "value": verdict.value,
                        "severity": alert.rule.severity,
                        "columns": sorted({item.column for item in verdict.evidence if item.holds}),
                        "reason": verdict.reason,
                    }
                    self._journal(action, alert.table_name, alert.name, payload)

    def _closed_before(self) -> int:
        """The end of the newest window that counts as closed, in milliseconds."""
        grace = self._ground.settings.section("monitoring", MonitoringSettings).grace
        return now_ms() - _seconds(grace) * 1000

    def _rows(self, table_id: str | None) -> Sequence[Row]:
        query = sa.select(monitoring_alert)
        if table_id is not None:
            query = query.where(monitoring_alert.c.table_id == table_id)
        with self._ground.metastore.connect() as conn:
            return conn.execute(query).all()

    def _journal(self, action: str, table_name: str, name: str, payload: Mapping[str, Any]) -> None:
        self._ground.journal.append(action, f"monitor:{table_name}/{name}", {"alert": name, **payload})


def judge(rule: AlertRule, tables: MetricTables, closed_before: int) -> Judgement:
    """Judge a rule by the last closed windows of a monitor's tables.

    Parameters
    ----------
    rule
        With its metric and granularity in their one spelling.
    tables
        Where the metrics are.
    closed_before
        Windows that end after this (milliseconds) are still open and do not count.
    """
    if not tables.exist():
        return Judgement("UNKNOWN", reason="There has been no refresh yet.")
    model = tables.current_model(rule.granularity) if rule.model_id == "current" else rule.model_id
    facts = _facts(rule, tables, model, closed_before)
    windows = sorted(facts)[-rule.n :]
    if len(windows) < rule.k:
        text = f"Only {len(windows)} closed windows can be judged; {rule.k} are needed."
        return Judgement("UNKNOWN", reason=text)
    verdicts = _verdicts(rule, tables, model, {start: facts[start] for start in windows})
    return _conclude(rule, windows, verdicts)


def _facts(rule: AlertRule, tables: MetricTables, model: str, closed_before: int) -> dict[int, dict[str, Any]]:
    """The closed windows by start in milliseconds, with their end and how many rows and labels they have."""
    quality = is_quality(rule.metric)
    columns = ["count", "num_labels", "label_coverage"] if quality else ["count"]
    rows = tables.rows("profile", columns, **_where(rule, model), where="column_name = ':table' AND log_type = 'INPUT'")
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        start, end = (round(row["window"][side].timestamp() * 1000) for side in ("start", "end"))
        labelled = not quality or (row["label_coverage"] or 0.0) >= MIN_COVERAGE
        if end <= closed_before and labelled:
            found[start] = {"end": end, "rows": row["num_labels"] if quality else row["count"]}
    return found


def _where(rule: AlertRule, model: str) -> dict[str, Any]:
    return {
        "granularity": rule.granularity,
        "model": model,
        "slice_key": rule.slice_key,
        "slice_value": rule.slice_value,
    }


def _verdicts(
    rule: AlertRule, tables: MetricTables, model: str, windows: Mapping[int, Mapping[str, Any]]
) -> dict[str, list[WindowVerdict]]:
    """Each column's windows, oldest first."""
    drift = is_drift(rule.metric)
    names = stored_columns(rule.metric) + (["p_adjusted", "ks_test", "chi_squared_test"] if drift else [])
    where = f"drift_type = '{rule.drift_type}'" if drift else "log_type = 'INPUT'"
    if is_quality(rule.metric):
        names += ["confusion_matrix"] if tables.model_column else []
        where += " AND column_name = ':table'"
    since = min(windows) * 1000
    rows = tables.rows("drift" if drift else "profile", names, **_where(rule, model), since_us=since, where=where)
    counts = {} if is_quality(rule.metric) else _counts(rule, tables, model, since)
    wanted = None if rule.columns is None or is_quality(rule.metric) else set(rule.columns)
    found: dict[str, list[WindowVerdict]] = {}
    for row in rows:
        start, column = round(row["window"]["start"].timestamp() * 1000), row["column_name"]
        if start in windows and (wanted is None or column in wanted):
            number = windows[start]["rows"] if is_quality(rule.metric) else counts.get((start, column), 0)
            verdict = _verdict(rule, row, start, int(windows[start]["end"]), int(number or 0))
            if verdict.value is not None:
                found.setdefault(column, []).append(verdict)
    return found


def _counts(rule: AlertRule, tables: MetricTables, model: str, since_us: int) -> dict[tuple[int, str], int]:
    rows = tables.rows("profile", ["count"], **_where(rule, model), since_us=since_us, where="log_type = 'INPUT'")
    return {(round(r["window"]["start"].timestamp() * 1000), r["column_name"]): r["count"] for r in rows}


def _verdict(rule: AlertRule, row: dict[str, Any], start: int, end: int, rows: int) -> WindowVerdict:
    value = value_of(rule.metric, row)
    verdict = WindowVerdict(start=start, end=end, column=row["column_name"], value=value, rows=rows)
    if value is None:
        return verdict
    near = value
    if rule.interval and (found := interval(rule.metric, value, row, rows)) is not None:
        verdict.lower, verdict.upper = found
        near = found[0] if rule.direction == "above" else found[1]
    past = near > rule.threshold if rule.direction == "above" else near < rule.threshold
    has_test = is_drift(rule.metric) and (row.get("ks_test") or row.get("chi_squared_test")) is not None
    verdict.p_adjusted = row.get("p_adjusted") if has_test else None
    chance = (
        rule.p_adjusted is not None
        and has_test
        and (verdict.p_adjusted is None or verdict.p_adjusted > rule.p_adjusted)
    )
    few = rows < rule.min_rows
    verdict.holds = past and not chance and not few
    if not verdict.holds:
        verdict.why = "not past the threshold" if not past else "may be chance" if chance else "too few rows"
    return verdict


def _conclude(rule: AlertRule, windows: Sequence[int], verdicts: Mapping[str, list[WindowVerdict]]) -> Judgement:
    """Fire when the rule holds in k of n windows of a column, the newest among them."""
    newest = windows[-1]
    firing = {
        column: found
        for column, found in verdicts.items()
        if sum(item.holds for item in found) >= rule.k and any(item.holds for item in found if item.start == newest)
    }
    now = [item for found in verdicts.values() for item in found if item.start == newest and item.value is not None]
    if not now:
        return Judgement("UNKNOWN", reason="The newest window has no value.")
    # The furthest value of the newest window speaks for all columns.
    furthest = max if rule.direction == "above" else min
    worst = furthest([item for item in now if item.column in firing] or now, key=lambda item: item.value or 0.0)
    if firing:
        evidence = [item for found in firing.values() for item in found]
        columns = ", ".join(sorted(firing)) if list(firing) != [":table"] else "the model"
        text = f"{rule.metric} is {rule.direction} {rule.threshold:g} for {columns}."
        return Judgement("TRIGGERED", worst.value, evidence[:_MAX_EVIDENCE], text)
    evidence = sorted(now, key=lambda item: item.value or 0.0, reverse=rule.direction == "above")
    return Judgement("OK", worst.value, evidence[:_MAX_EVIDENCE])


def interval(metric: str, value: float, row: Mapping[str, Any], rows: int) -> tuple[float, float] | None:
    """The 95 % interval of a quality metric: Wilson's for shares, Hanley and McNeil's for an AUC; None for others."""
    name = metric.partition(".")[0]
    if rows <= 0:
        return None
    if name in ("accuracy_score", "base_rate", "predicted_rate"):
        return _wilson(value, rows)
    if name == "roc_auc_score" and row.get("confusion_matrix"):
        return _hanley_mcneil(value, row["confusion_matrix"])
    return None


def _wilson(share: float, rows: int) -> tuple[float, float]:
    scale = 1 + _Z**2 / rows
    middle = (share + _Z**2 / (2 * rows)) / scale
    half = _Z / scale * math.sqrt(share * (1 - share) / rows + _Z**2 / (4 * rows**2))
    return middle - half, middle + half


def _hanley_mcneil(auc: float, matrix: Sequence[Mapping[str, Any]]) -> tuple[float, float] | None:
    counts: dict[str, int] = {}
    for cell in matrix:
        counts[cell["label"]] = counts.get(cell["label"], 0) + cell["count"]
    if len(counts) != 2:
        return None
    downs, ups = (counts[name] for name in order_classes(list(counts)))
    both_up, both_down = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (ups - 1) * (both_up - auc**2) + (downs - 1) * (both_down - auc**2)
    half = _Z * math.sqrt(max(0.0, spread) / (ups * downs))
    return max(0.0, auc - half), min(1.0, auc + half)


def _seconds(text: str) -> int:
    found = re.fullmatch(r"\s*(\d+)\s*(s|m|min|h|d)?\w*\s*", text)
    if found is None:
        raise InvalidParameterError(f"{text!r} is not a duration.", hint="Write for example '0 s', '30 min' or '2 h'.")
    return int(found[1]) * {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}[found[2] or "s"]


def _alert(row: Row, table_name: str) -> Alert:
    return Alert(
        id=row.id,
        table_name=table_name,
        name=row.name,
        rule=AlertRule.model_validate(row.rule),
        state=row.state,
        enabled=row.enabled,
        last_value=row.last_value,
        last_evaluated=row.last_evaluated,
        since=row.since_ms,
        evidence=[WindowVerdict.model_validate(item) for item in row.evidence],
    )

"""Whether to retrain: a decision on record, with the alerts, windows and values it rests on.

Monitoring trains nothing and promotes nothing. It says that retraining is due, in the journal, once per cool-down; whoever listens
(a job, a person) does the rest, and the gates of the registry decide about the result.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidParameterError
from mlnb.monitoring.alerts import Alerts
from mlnb.monitoring.metrics import MetricTables
from mlnb.monitoring.records import Alert, RetrainingDecision, monitoring_decision
from mlnb.monitoring.store import MonitorStore, Row

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground

_DAY_MS = 86_400_000


class Retraining:
    """Makes and remembers decisions about retraining."""

    def __init__(self, ground: Ground, catalog: Catalog) -> None:
        self._ground = ground
        self._catalog = catalog
        self._store = MonitorStore(ground)
        self._alerts = Alerts(ground, catalog)

    def decide(
        self, table_name: str, *, alerts: Sequence[str] | None, cooldown_days: float, request: Mapping[str, Any]
    ) -> RetrainingDecision:
        """Decide by the alerts as they stand now; see `Monitors.decide_retraining`."""
        if cooldown_days < 0:
            raise InvalidParameterError("cooldown_days cannot be negative.", hint="Use 0 for no cool-down.")
        monitor = self._store.get(table_name)
        chosen = [self._alerts.get(table_name, name) for name in alerts] if alerts is not None else None
        judged = self._alerts.judge(table_name)
        self._alerts.record(judged)
        known = self._alerts.find(table_name)
        wanted = None if chosen is None else {alert.id for alert in chosen}
        considered = [alert for alert in known if alert.enabled and (wanted is None or alert.id in wanted)]
        firing = [alert for alert in considered if alert.state == "TRIGGERED"]
        evidence = self._evidence(monitor, considered, firing)
        with self._ground.metastore.begin():
            decision, reason = self._weigh(monitor, considered, firing, cooldown_days)
            return self._record(monitor, decision, reason, evidence, request)

    def _weigh(
        self, monitor: Row, considered: Sequence[Alert], firing: Sequence[Alert], cooldown_days: float
    ) -> tuple[Literal["RETRAIN", "KEEP", "WAIT"], str]:
        if not considered:
            return "KEEP", "No alert is set on this monitor, so nothing says that retraining is needed."
        if not firing:
            unknown = sum(alert.state == "UNKNOWN" for alert in considered)
            extra = f"; {unknown} cannot be judged yet" if unknown else ""
            return "KEEP", f"None of {len(considered)} alerts is triggered{extra}."
        text = "; ".join(f"{alert.name}: {_says(alert)}" for alert in firing)
        last = self._last_request(monitor.table_id)
        if last is not None and now_ms() - last.decided_ms < cooldown_days * _DAY_MS:
            days = (now_ms() - last.decided_ms) / _DAY_MS
            return (
                "WAIT",
                f"{text}. Retraining was requested {days:.1f} days ago; the cool-down is {cooldown_days:g} days.",
            )
        return "RETRAIN", f"{text}."

    def _evidence(self, monitor: Row, considered: Sequence[Alert], firing: Sequence[Alert]) -> dict[str, Any]:
        tables = MetricTables(self._catalog, monitor)
        shown = [_shown(alert) for alert in (firing or considered)]
        windows = [window["end"] for alert in shown for window in alert["windows"]]
        newest = monitor.processed.get("newest")
        granularity = tables.granularities[0] if tables.granularities else None
        model = tables.current_model(granularity) if tables.exist() and tables.model_column else None
        found = {
            "alerts": shown,
            "model": model,
            # Data up to here: the end of the newest window that was looked at, or of the data when that is earlier.
            "as_of": min(max(windows), newest // 1000 + 1 if newest else max(windows)) if windows else None,
            "versions": {name: monitor.processed.get(name) for name in ("table", "labels", "baseline")},
        }
        return {name: value for name, value in found.items() if value is not None}

    def _record(
        self, monitor: Row, decision: str, reason: str, evidence: dict[str, Any], request: Mapping[str, Any]
    ) -> RetrainingDecision:
        values = {
            "id": str(uuid.uuid4()),
            "table_id": monitor.table_id,
            "decided_ms": now_ms(),
            "decided_by": current_caller().principal,
            "decision": decision,
            "reason": reason,
            "evidence": evidence | {name: value for name, value in request.items() if value is not None},
        }
        with self._ground.metastore.begin() as conn:
            conn.execute(monitoring_decision.insert().values(values))
            payload = {"decision_id": values["id"], "decision": decision, "reason": reason}
            if decision == "RETRAIN":
                named = {name: values["evidence"].get(name) for name in (*request, "model", "as_of")}
                payload |= {name: value for name, value in named.items() if value is not None}
                payload["alerts"] = [alert["name"] for alert in evidence["alerts"]]
            action = "monitor.retrain_requested" if decision == "RETRAIN" else "monitor.retrain_declined"
            self._ground.journal.append(action, f"monitor:{monitor.table_name}", payload)
        return RetrainingDecision(
            id=values["id"],
            table_name=monitor.table_name,
            time=values["decided_ms"],
            decided_by=values["decided_by"],
            decision=decision,
            reason=reason,
            evidence=values["evidence"],
        )

    def decisions(self, table_name: str, limit: int = 50) -> list[RetrainingDecision]:
        """Decisions about a monitored table's model, newest first."""
        monitor = self._store.get(table_name)
        query = sa.select(monitoring_decision).where(monitoring_decision.c.table_id == monitor.table_id)
        with self._ground.metastore.connect() as conn:
            rows = conn.execute(query.order_by(monitoring_decision.c.decided_ms.desc()).limit(limit)).all()
        return [
            RetrainingDecision(
                id=row.id,
                table_name=monitor.table_name,
                time=row.decided_ms,
                decided_by=row.decided_by,
                decision=row.decision,
                reason=row.reason,
                evidence=row.evidence,
            )
            for row in rows
        ]

    def _last_request(self, table_id: str) -> Row | None:
        query = sa.select(monitoring_decision).where(
            monitoring_decision.c.table_id == table_id, monitoring_decision.c.decision == "RETRAIN"
        )
        with self._ground.metastore.connect() as conn:
            return conn.execute(query.order_by(monitoring_decision.c.decided_ms.desc()).limit(1)).first()


def _says(alert: Alert) -> str:
    rule = alert.rule
    columns = sorted({window.column for window in alert.evidence if window.holds and window.column != ":table"})
    where = f" for {', '.join(columns[:5])}" if columns else ""
    value = f"{alert.last_value:.4g}" if alert.last_value is not None else "unknown"
    return f"{rule.metric}{where} is {value}, {rule.direction} {rule.threshold:g} in {rule.k} of {rule.n} windows"


def _shown(alert: Alert) -> dict[str, Any]:
    windows = [item.model_dump(mode="json", exclude_none=True) for item in alert.evidence]
    rule = alert.rule
    return {
        "name": alert.name,
        "state": alert.state,
        "metric": rule.metric,
        "direction": rule.direction,
        "threshold": rule.threshold,
        "granularity": rule.granularity,
        "value": alert.last_value,
        "windows": windows,
    }

"""The verbs of monitoring: `ws.monitors`."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from mlnb.core.clock import now_ms
from mlnb.core.processes import current_process
from mlnb.monitoring.alerts import judge
from mlnb.monitoring.configure import ConfigureVerbs
from mlnb.monitoring.metrics import canonical, is_quality
from mlnb.monitoring.records import (
    Alert,
    AlertRule,
    MonitorRefreshInfo,
    RetrainingDecision,
)
from mlnb.monitoring.results import ResultVerbs
from mlnb.monitoring.store import refresh_info

if TYPE_CHECKING:
    from mlnb.core.supervisor import Reconciler

_POLL_SECONDS = 0.2


class Monitors(ConfigureVerbs, ResultVerbs):
    """Monitors on tables and endpoints.

    Parameters
    ----------
    ground
        The workspace.
    catalog
        Where the tables are.
    endpoints
        Where endpoints say which table they log to; a worker that only refreshes has none.
    """

    def reconcilers(self) -> Sequence[Reconciler]:
        """What the supervisor runs for this stage."""
        from mlnb.monitoring.engine import MonitorEngine

        return [MonitorEngine(self._ground)]

    # -- refreshes -------------------------------------------------------------------------------------------------------

    def refresh(self, table_name: str, *, full: bool = False, wait: bool = True) -> MonitorRefreshInfo:
        """Bring a monitor's tables up to date.

        Only windows that new rows or new labels touch are computed.

        Parameters
        ----------
        table_name
            The monitored table, or its endpoint.
        full
            Compute everything again.
        wait
            Compute in this process and return the result; else the supervisor has it done.

        Returns
        -------
        MonitorRefreshInfo
            How it ended, or that it is waiting. A failed refresh is returned, not raised, when it ran elsewhere.

        Raises
        ------
        MlnbError
            It was computed here and could not be done. The tables and what they cover are as they were.
        """
        row = self._row(table_name)
        worker_id = str(uuid.uuid4()) if wait else None
        asked = self._store.request(
            row.table_id, full=full, worker_id=worker_id, process=current_process() if wait else None
        )
        if not wait:
            self._ground.supervisor.ensure()
            return refresh_info(asked)
        if asked.state != "RUNNING" or asked.worker_id != worker_id:
            return self._wait(asked.id)  # another process is at it; the supervisor does ours after it
        from mlnb.monitoring.runner import run_refresh

        return run_refresh(self._ground, self._catalog, asked.id, str(worker_id), reraise=True)

    def _wait(self, refresh_id: int) -> MonitorRefreshInfo:
        def look() -> MonitorRefreshInfo | None:
            found = refresh_info(self._store.refresh(refresh_id))
            return found if found.state not in ("PENDING", "RUNNING") else None

        found = self._ground.supervisor.wait_until(look, poll_s=_POLL_SECONDS)
        assert found is not None  # without a timeout it waits until there is one
        return found

    def refreshes(self, table_name: str, *, limit: int = 50) -> Sequence[MonitorRefreshInfo]:
        """List refreshes, newest first."""
        return self._store.refreshes(self._row(table_name).table_id, limit)

    # -- alerts and decisions ----------------------------------------------------------------------------------------------

    def alert(
        self,
        table_name: str,
        name: str,
        *,
        metric: str,
        threshold: float,
        direction: Literal["above", "below"] = "above",
        columns: Sequence[str] | None = None,
        granularity: str | None = None,
        slice_key: str | None = None,
        slice_value: str | None = None,
        model_id: str = "current",
        drift_type: Literal["BASELINE", "CONSECUTIVE"] | None = None,
        p_adjusted: float | None = 0.05,
        interval: bool = True,
        k: int = 2,
        n: int = 3,
        min_rows: int = 200,
        severity: Literal["info", "warning", "critical"] = "warning",
    ) -> Alert:
        """Set an alert: it speaks when the condition holds in `k` of the last `n` closed windows, the newest among them.

        Parameters
        ----------
        table_name, name
            The monitored table; a name that is unique there.
        metric, direction, threshold
            The condition. Any metric of the two tables, also by its short name (`psi`, `js`, `roc_auc`, `f1.macro`).
        columns
            Only these columns; by default any one of them is enough. A quality metric has none.
        granularity
            Default: the monitor's first.
        slice_key, slice_value
            Default: the whole table.
        model_id
            `current` (the one with most requests in the newest window), `*` (all together), or an id.
        drift_type
            What a drift is measured from: the baseline when there is one, else the window before.
        p_adjusted
            A drift counts only when it is more than chance at this level; None takes the metric alone.
        interval
            An accuracy or AUC counts only with the near end of its 95 % interval past the threshold.
        min_rows
            Windows with fewer rows (labels, for a quality metric) do not count.
        """
        rule = {
            "metric": metric,
            "threshold": threshold,
            "direction": direction,
            "columns": list(columns) if columns is not None else None,
            "granularity": granularity,
            "slice_key": slice_key,
            "slice_value": slice_value,
            "model_id": model_id,
            "drift_type": drift_type,
            "p_adjusted": p_adjusted,
            "interval": interval,
            "k": k,
            "n": n,
            "min_rows": min_rows,
            "severity": severity,
        }
        return self._alerts.create(self._row(table_name).table_name, name, rule)

    def alerts(self, table_name: str | None = None) -> Sequence[Alert]:
        """List alerts."""
        return self._alerts.find(self._row(table_name).table_name if table_name else None)

    def enable(self, alert_id: str) -> Alert:
        """Switch an alert on."""
        return self._alerts.set_enabled(alert_id, True)

    def disable(self, alert_id: str) -> Alert:
        """Switch an alert off."""
        return self._alerts.set_enabled(alert_id, False)

    def evaluate(self, table_name: str) -> Sequence[Alert]:
        """Judge the enabled alerts of a monitor by its newest metrics, as each refresh does too."""
        return self._alerts.evaluate(self._row(table_name).table_name)

    def is_metric_violated(
        self,
        table_name: str,
        metric: str,
        threshold: float,
        *,
        direction: Literal["above", "below"],
        num_evaluation_windows: int = 5,
        num_violation_windows: int = 2,
        granularity: str | None = None,
        column: str = ":table",
        slice_key: str | None = None,
        slice_value: str | None = None,
        model_id: str = "current",
    ) -> bool:
        """Whether a metric was past a threshold in so many of the last closed windows, the newest among them.

        The plain comparison of the platform's retraining template: no intervals, no p-values.
        """
        tables = self._tables(table_name)
        name = canonical(metric)
        rule = AlertRule(
            metric=name,
            direction=direction,
            threshold=threshold,
            columns=None if is_quality(name) else [column],
            granularity=tables.granularity(granularity),
            slice_key=slice_key,
            slice_value=slice_value,
            model_id=model_id,
            p_adjusted=None,
            interval=False,
            k=num_violation_windows,
            n=num_evaluation_windows,
            min_rows=0,
        )
        return judge(rule, tables, now_ms()).state == "TRIGGERED"

    def decide_retraining(
        self,
        table_name: str,
        *,
        alerts: Sequence[str] | None = None,
        cooldown_days: float = 7,
        job_id: int | None = None,
        training_set_id: str | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> RetrainingDecision:
        """Decide whether to retrain, and put the decision on record with what it rests on.

        `RETRAIN` when an alert is triggered, `WAIT` when that was requested less than a cool-down ago, `KEEP` otherwise. A
        request goes into the journal as `monitor.retrain_requested`, for a job or a person to act on.

        Parameters
        ----------
        table_name
            The monitored table, or its endpoint.
        alerts
            Names of the alerts to go by. Default: all that are enabled.
        cooldown_days
            At most one request in so many days.
        job_id, training_set_id, parameters
            What the request should name.
        """
        request = {
            "job_id": job_id,
            "training_set_id": training_set_id,
            "parameters": dict(parameters) if parameters else None,
        }
        name = self._row(table_name).table_name
        return self._retraining.decide(name, alerts=alerts, cooldown_days=cooldown_days, request=request)

    def decisions(self, table_name: str, *, limit: int = 50) -> Sequence[RetrainingDecision]:
        """List decisions about retraining, newest first."""
        return self._retraining.decisions(self._row(table_name).table_name, limit)

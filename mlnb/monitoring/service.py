"""The verbs of monitoring: `ws.monitors`."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import AlreadyExistsError, InvalidParameterError, InvalidStateError, did_you_mean
from mlnb.core.processes import current_process
from mlnb.monitoring.alerts import Alerts, judge
from mlnb.monitoring.metrics import MetricTables, canonical, is_quality
from mlnb.monitoring.output import output_names
from mlnb.monitoring.plan import make_plan
from mlnb.monitoring.records import (
    Alert,
    AlertRule,
    InferenceLog,
    LabelSource,
    MonitorConfig,
    MonitorInfo,
    MonitorRefreshInfo,
    MonitorSummary,
    RetrainingDecision,
    Snapshot,
    TimeSeries,
    monitoring_edges,
    monitoring_monitor,
    monitoring_refresh,
)
from mlnb.monitoring.retrain import Retraining
from mlnb.monitoring.rows import comparable
from mlnb.monitoring.store import MonitorStore, Row, refresh_info
from mlnb.monitoring.summary import DriftMatrix, MetricSeries, drift_matrix, metric_series
from mlnb.monitoring.verdict import MonitorVerdict, make_verdict

if TYPE_CHECKING:
    import pandas as pd

    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground
    from mlnb.core.supervisor import Reconciler
    from mlnb.serving.service import Endpoints

_POLL_SECONDS = 0.2
_ANY = object()


class Monitors:
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

    def __init__(self, ground: Ground, catalog: Catalog, endpoints: Endpoints | None = None) -> None:
        self._ground = ground
        self._catalog = catalog
        self._endpoints = endpoints
        self._store = MonitorStore(ground)
        self._alerts = Alerts(ground, catalog)
        self._retraining = Retraining(ground, catalog)

    def reconcilers(self) -> Sequence[Reconciler]:
        """What the supervisor runs for this stage."""
        from mlnb.monitoring.engine import MonitorEngine

        return [MonitorEngine(self._ground)]

    # -- monitors --------------------------------------------------------------------------------------------------------

    def create(
        self,
        table_name: str,
        *,
        profile: Snapshot | TimeSeries | InferenceLog,
        output_schema_name: str | None = None,
        baseline_table_name: str | None = None,
        slicing_exprs: Sequence[str] | None = None,
        labels: LabelSource | None = None,
        lookback_days: int = 0,
        excluded_columns: Sequence[str] = (),
    ) -> MonitorInfo:
        """Monitor a table. Nothing is computed before the first refresh.

        Parameters
        ----------
        table_name
            The table to watch; it has at most one monitor.
        profile
            What its rows are: a snapshot, a time series, or a log of predictions.
        output_schema_name
            `catalog.schema` for the two metric tables. Default: the table's own.
        baseline_table_name
            A table to compare every window with, such as the evaluation data.
        slicing_exprs
            Columns and conditions (`"carrier"`, `"dep_hour > 18"`) whose groups are looked at separately.
        labels
            Where the truth arrives; the same as `InferenceLog(labels=…)`.
        lookback_days
            How far back before the newest row the first refresh goes; 0 means everything.
        excluded_columns
            Columns that are not profiled.

        Raises
        ------
        AlreadyExistsError
            The table has a monitor.
        MlnbError
            A table or column is missing or unfit; the message names it.
        """
        if labels is not None:
            if not isinstance(profile, InferenceLog):
                raise InvalidParameterError("Only an InferenceLog has labels.", hint="Use profile=InferenceLog(…).")
            profile = profile.model_copy(update={"labels": labels})
        config = MonitorConfig(
            profile=profile,
            baseline_table_name=baseline_table_name,
            slicing_exprs=list(slicing_exprs or ()),
            lookback_days=lookback_days,
            excluded_columns=list(excluded_columns),
        )
        info = self._catalog.info(table_name)
        schema = output_schema_name or f"{info.catalog_name}.{info.schema_name}"
        config = self._checked(table_name, config)
        values = {
            "table_id": info.table_id,
            "table_name": info.full_name,
            "config": config.model_dump(mode="json"),
            "version": 1,
            "output_schema": schema,
            "edges_version": 0,
            "processed": {},
            "summary": {},
            "status": "MONITOR_STATUS_PENDING",
            "created_by": current_caller().principal,
            "created_ms": now_ms(),
        }
        with self._ground.metastore.begin() as conn:
            if any(row.table_id == info.table_id for row in self._store.rows()):
                raise AlreadyExistsError(
                    f"{info.full_name} has a monitor already.", hint="Refresh, update or delete that one."
                )
            conn.execute(monitoring_monitor.insert().values(values))
            payload = {"profile": profile.type, "baseline": baseline_table_name, "output_schema": schema}
            self._ground.journal.append("monitor.created", f"monitor:{info.full_name}", payload)
        return self.get(info.full_name)

    def for_endpoint(
        self,
        endpoint: str,
        *,
        labels: LabelSource | None = None,
        baseline: str | None = None,
        slices: Sequence[str] | None = None,
        granularities: Sequence[str] = ("1 day",),
        timestamp_col: str = "request_time",
        problem_type: Literal["classification", "regression"] | None = None,
    ) -> MonitorInfo:
        """Monitor what an endpoint was asked and what it answered.

        Parameters
        ----------
        endpoint
            Name of an endpoint that logs its requests.
        labels
            Where the truth arrives, joined by request id or by an input such as a flight's id.
        baseline
            A table with the inputs and the prediction as they were when the model was evaluated.
        slices, granularities
            As in `create`.
        timestamp_col
            The time windows follow; an input column for requests that carry their own time.
        problem_type
            Default: classification when the predictions look like classes or probabilities.

        Raises
        ------
        InvalidStateError
            The endpoint logs nothing.
        """
        from mlnb.monitoring.endpoint import endpoint_profile

        if self._endpoints is None:
            raise InvalidStateError("Endpoints are not reachable from here.", hint="Use ws.monitors.")
        payload = self._endpoints.get(endpoint).inference_table
        if payload is None:
            raise InvalidStateError(f"{endpoint} does not log its requests.", hint="Deploy it with an inference table.")
        table = f"{payload}_rows"
        profile = endpoint_profile(
            self._catalog, table, labels, list(granularities), timestamp_col=timestamp_col, problem_type=problem_type
        )
        return self.create(table, profile=profile, baseline_table_name=baseline, slicing_exprs=slices)

    def get(self, table_name: str) -> MonitorInfo:
        """Return the monitor of a table, or of an endpoint's log by the endpoint's name."""
        return _info(self._row(table_name))

    def list(self, *, catalog: str | None = None, schema: str | None = None) -> Sequence[MonitorInfo]:
        """List monitors, by table name."""
        found = [_info(row) for row in self._store.rows()]
        parts = [(info, info.table_name.split(".")) for info in found]
        return [i for i, p in parts if (catalog is None or p[0] == catalog) and (schema is None or p[-2] == schema)]

    def update(
        self,
        table_name: str,
        *,
        profile: Any = _ANY,
        baseline_table_name: Any = _ANY,
        slicing_exprs: Any = _ANY,
        lookback_days: Any = _ANY,
        excluded_columns: Any = _ANY,
    ) -> MonitorInfo:
        """Change a monitor. Its next refresh computes everything again, as bins and columns may be others."""
        row = self._row(table_name)
        given = {
            "profile": profile,
            "baseline_table_name": baseline_table_name,
            "slicing_exprs": slicing_exprs,
            "lookback_days": lookback_days,
            "excluded_columns": excluded_columns,
        }
        changes = {name: value for name, value in given.items() if value is not _ANY}
        config = MonitorConfig.model_validate(row.config).model_copy(update=changes)
        config = self._checked(row.table_name, MonitorConfig.model_validate(config.model_dump()))
        values = {"config": config.model_dump(mode="json"), "version": row.version + 1}
        self._store.change(row.table_id, "monitor.updated", {"changed": sorted(changes)}, **values)
        return self.get(row.table_name)

    def delete(self, table_name: str) -> None:
        """Stop monitoring a table. The two metric tables stay."""
        row = self._row(table_name)
        with self._ground.metastore.begin() as conn:
            self._alerts.delete_all(conn, row.table_id)
            for table in (monitoring_refresh, monitoring_edges, monitoring_monitor):
                conn.execute(table.delete().where(table.c.table_id == row.table_id))
            self._ground.journal.append("monitor.deleted", f"monitor:{row.table_name}", {})

    def _row(self, name: str) -> Row:
        """A monitor by its table's name, complete or not, or by an endpoint's name."""
        rows = self._store.rows()
        for row in rows:
            if name.lower() in (row.table_name.lower(), row.table_name.split(".")[-1].lower()):
                return row
        if self._endpoints is not None and any(item.name == name for item in self._endpoints.list()):
            return self._store.get(f"{self._endpoints.get(name).inference_table}_rows")
        return self._store.get(name)

    def _checked(self, table_name: str, config: MonitorConfig) -> MonitorConfig:
        """The configuration with full names, after everything in it has been found to fit."""
        table = self._catalog.table(table_name, filtered=False)
        profile, label_schema = config.profile, None
        if isinstance(profile, InferenceLog) and profile.labels is not None:
            labels = self._catalog.table(profile.labels.table)
            label_schema = labels.schema
            named = profile.labels.model_copy(update={"table": labels.full_name})
            config = config.model_copy(update={"profile": profile.model_copy(update={"labels": named})})
        unknown = [name for name in config.excluded_columns if name not in table.columns]
        if unknown:
            hint = did_you_mean(unknown[0], table.columns)
            raise InvalidParameterError(f"There is no column {unknown[0]!r} to exclude.", hint=hint)
        plan = make_plan(config, table.schema, {}, label_schema)
        if config.baseline_table_name is None:
            return config
        baseline = self._catalog.table(config.baseline_table_name, filtered=False)
        types = {field.name: field.type for field in baseline.schema}
        if not any(comparable(column, types.get(column.name)) for column in plan.columns):
            raise InvalidParameterError(
                f"The baseline {baseline.full_name} has none of the monitored columns with the same type.",
                hint=f"Monitored columns: {', '.join(column.name for column in plan.columns[:20])}.",
            )
        return config.model_copy(update={"baseline_table_name": baseline.full_name})

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
        InvalidStateError
            It was computed here and failed; the message says why. The tables are as they were.
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

        found = run_refresh(self._ground, self._catalog, asked.id, str(worker_id))
        if found.state == "FAILED":
            raise InvalidStateError(
                f"The refresh of {row.table_name} failed: {found.message}",
                hint="Nothing was changed; mend it and refresh again.",
            )
        return found

    def _wait(self, refresh_id: int) -> MonitorRefreshInfo:
        self._ground.supervisor.ensure()
        while True:
            found = refresh_info(self._store.refresh(refresh_id))
            if found.state not in ("PENDING", "RUNNING"):
                return found
            time.sleep(_POLL_SECONDS)

    def refreshes(self, table_name: str, *, limit: int = 50) -> Sequence[MonitorRefreshInfo]:
        """List refreshes, newest first."""
        return self._store.refreshes(self._row(table_name).table_id, limit)

    # -- results ---------------------------------------------------------------------------------------------------------

    def profile(self, table_name: str, **filters: Any) -> pd.DataFrame:
        """Return the profile metrics; filters are columns of that table: `column_name="distance"`, `granularity="1 day"`."""
        return self._filtered("profile", table_name, filters)

    def drift(self, table_name: str, **filters: Any) -> pd.DataFrame:
        """Return the drift metrics; filters as for `profile`."""
        return self._filtered("drift", table_name, filters)

    def quality(self, table_name: str, **filters: Any) -> pd.DataFrame:
        """Return the metrics of the model by window: one row for each window that has labels, plain numbers in columns.

        Filters are `granularity`, `slice_key`, `slice_value` and the model id's column. Default: all models, the whole table.
        """
        from mlnb.monitoring.metrics import quality_frame

        return quality_frame(self._tables(table_name), filters)

    def _filtered(
        self, which: Literal["profile", "drift"], table_name: str, filters: Mapping[str, Any]
    ) -> pd.DataFrame:
        frame = MetricTables(self._catalog, self._row(table_name)).frame(which)
        for name, value in filters.items():
            if name not in frame.columns:
                hint = did_you_mean(name, list(frame.columns)) or f"Columns: {', '.join(frame.columns[:12])}."
                raise InvalidParameterError(f"The {which} metrics have no column {name!r}.", hint=hint)
            frame = frame[frame[name].isna() if value is None else frame[name] == value]
        return frame.reset_index(drop=True)

    def drift_matrix(self, table_name: str, metric: str = "js_distance", granularity: str | None = None) -> DriftMatrix:
        """Return drift by column and window, for a heat map."""
        return drift_matrix(self._tables(table_name), metric, granularity)

    def series(
        self,
        table_name: str,
        metric: str,
        column: str = ":table",
        granularity: str | None = None,
        *,
        slice_key: str | None = None,
    ) -> MetricSeries:
        """Return a metric over time, with the threshold of an alert on it when there is one."""
        name = canonical(metric)
        limits = [
            alert.rule.threshold for alert in self.alerts(table_name) if alert.enabled and alert.rule.metric == name
        ]
        return metric_series(
            self._tables(table_name),
            name,
            column,
            granularity,
            slice_key=slice_key,
            threshold=limits[0] if limits else None,
        )

    def verdict(self, table_name: str) -> MonitorVerdict:
        """Return what there is to know at a glance: state, drifted columns, quality over time, alerts, last decision."""
        row = self._row(table_name)
        return make_verdict(
            _info(row),
            row.summary,
            self._tables(table_name),
            refreshes=self._store.refreshes(row.table_id, 1),
            alerts=self.alerts(row.table_name),
            decisions=self.decisions(row.table_name, limit=1),
        )

    def summaries(self) -> Sequence[MonitorSummary]:
        """List monitors with their state: the panel's list."""
        last, alerts = self._store.last_refreshes(), self._alerts.find()
        return [_summary(row, last.get(row.table_id), alerts) for row in self._store.rows()]

    def _tables(self, table_name: str) -> MetricTables:
        return MetricTables(self._catalog, self._row(table_name))

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
        drift_type: Literal["BASELINE", "CONSECUTIVE"] = "BASELINE",
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


def _info(row: Row) -> MonitorInfo:
    config = MonitorConfig.model_validate(row.config)
    names = output_names(row.output_schema, row.table_name)
    return MonitorInfo(
        table_name=row.table_name,
        output_schema_name=row.output_schema,
        status=row.status,
        monitor_version=row.version,
        profile_metrics_table_name=names[0],
        drift_metrics_table_name=names[1],
        baseline_table_name=config.baseline_table_name,
        slicing_exprs=config.slicing_exprs,
        latest_monitor_failure_msg=row.failure,
        **{config.profile.type: config.profile},
    )


def _summary(row: Row, last: MonitorRefreshInfo | None, alerts: Sequence[Alert]) -> MonitorSummary:
    info = _info(row)
    own = [alert for alert in alerts if alert.table_name == row.table_name and alert.enabled]
    is_open = sum(alert.state == "TRIGGERED" for alert in own)
    if not row.summary:
        state = "unknown"
    elif is_open:
        state = "alert"
    else:
        state = "learning" if own and all(alert.state == "UNKNOWN" for alert in own) else "ok"
    return MonitorSummary.model_validate(
        {
            "table_name": row.table_name,
            "status": row.status,
            "profile_type": info.profile.type,
            "granularities": info.granularities,
            "last_refresh": last,
            "state": state,
            "drifted_columns": row.summary.get("drifted_columns", []),
            "alerts_open": is_open,
        }
    )

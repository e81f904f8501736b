"""Verbs that read what monitors have found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from mlnb.core.errors import InvalidParameterError, did_you_mean
from mlnb.monitoring.base import MonitorBase, monitor_info
from mlnb.monitoring.metrics import MetricTables, canonical
from mlnb.monitoring.records import (
    Alert,
    MonitorRefreshInfo,
    MonitorSummary,
)
from mlnb.monitoring.store import Row
from mlnb.monitoring.summary import DriftMatrix, MetricSeries, drift_matrix, metric_series
from mlnb.monitoring.verdict import MonitorVerdict, make_verdict

if TYPE_CHECKING:
    import pandas as pd


class ResultVerbs(MonitorBase):
    """Metrics as frames, matrices and series, and the state of monitors."""

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
            alert.rule.threshold
            for alert in self._alerts.find(self._row(table_name).table_name)
            if alert.enabled and alert.rule.metric == name
        ]
        return metric_series(
            self._tables(table_name),
            name,
            column,
            granularity,
            slice_key=slice_key,
            threshold=limits[0] if limits else None,
        )

    def verdict(self, table_name: str, *, charts: bool = True) -> MonitorVerdict:
        """Return what there is to know at a glance: state, drifted columns, alerts, last decision; with data for charts."""
        row = self._row(table_name)
        return make_verdict(
            monitor_info(row),
            row.summary,
            self._tables(table_name),
            refreshes=self._store.refreshes(row.table_id, 1),
            alerts=self._alerts.find(row.table_name),
            decisions=self._retraining.decisions(row.table_name, 1),
            charts=charts,
        )

    def summaries(self) -> Sequence[MonitorSummary]:
        """List monitors with their state: the panel's list."""
        last, alerts = self._store.last_refreshes(), self._alerts.find()
        return [_summary(row, last.get(row.table_id), alerts) for row in self._store.rows()]


def _summary(row: Row, last: MonitorRefreshInfo | None, alerts: Sequence[Alert]) -> MonitorSummary:
    info = monitor_info(row)
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

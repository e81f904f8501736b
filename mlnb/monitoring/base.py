"""What all verbs of monitoring share: how a monitor is found by the names people use for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlnb.monitoring.alerts import Alerts
from mlnb.monitoring.metrics import MetricTables
from mlnb.monitoring.output import output_names
from mlnb.monitoring.records import MonitorConfig, MonitorInfo
from mlnb.monitoring.retrain import Retraining
from mlnb.monitoring.store import MonitorStore, Row

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground
    from mlnb.serving.service import Endpoints


class MonitorBase:
    """The collaborators of `Monitors`.

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

    def _row(self, name: str) -> Row:
        """A monitor by its table's name, complete or not, or by an endpoint's name."""
        rows = self._store.rows()
        for row in rows:
            if name.lower() in (row.table_name.lower(), row.table_name.split(".")[-1].lower()):
                return row
        if self._endpoints is not None and any(item.name == name for item in self._endpoints.list()):
            return self._store.get(f"{self._endpoints.get(name).inference_table}_rows")
        return self._store.get(name)

    def _tables(self, table_name: str) -> MetricTables:
        return MetricTables(self._catalog, self._row(table_name))


def monitor_info(row: Row) -> MonitorInfo:
    """A monitor as people see it."""
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

"""Verbs that make and change monitors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from mlnb.catalog.pins import hold
from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import AlreadyExistsError, InvalidParameterError, InvalidStateError, did_you_mean
from mlnb.monitoring.base import MonitorBase, monitor_info
from mlnb.monitoring.plan import make_plan
from mlnb.monitoring.records import (
    InferenceLog,
    LabelSource,
    MonitorConfig,
    MonitorInfo,
    Snapshot,
    TimeSeries,
    monitoring_edges,
    monitoring_monitor,
    monitoring_refresh,
)
from mlnb.monitoring.rows import comparable

if TYPE_CHECKING:
    pass

_ANY = object()


class ConfigureVerbs(MonitorBase):
    """Create, look up, change and delete monitors."""

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
        return monitor_info(self._row(table_name))

    def list(self, *, catalog: str | None = None, schema: str | None = None) -> Sequence[MonitorInfo]:
        """List monitors, by table name."""
        found = [monitor_info(row) for row in self._store.rows()]
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
            hold(self._ground, f"monitor:{row.table_name}", [])
            self._ground.journal.append("monitor.deleted", f"monitor:{row.table_name}", {})

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

"""Monitors and what belongs to them: the records people see, and their tables."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import sqlalchemy as sa
from pydantic import BaseModel, Field, field_validator

from mlnb.core.metastore import metadata
from mlnb.core.records import Record
from mlnb.monitoring.windows import parse_granularity

MonitorStatus = Literal["MONITOR_STATUS_ACTIVE", "MONITOR_STATUS_PENDING", "MONITOR_STATUS_ERROR"]
RefreshState = Literal["PENDING", "RUNNING", "SUCCESS", "FAILED", "CANCELED"]
AlertState = Literal["OK", "TRIGGERED", "UNKNOWN"]
DriftType = Literal["BASELINE", "CONSECUTIVE"]

monitoring_monitor = sa.Table(
    "monitoring_monitor",
    metadata,
    sa.Column("table_id", sa.Text, primary_key=True),
    sa.Column("table_name", sa.Text, nullable=False, unique=True),
    sa.Column("config", sa.JSON, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("output_schema", sa.Text, nullable=False),
    sa.Column("edges_version", sa.Integer, nullable=False),
    sa.Column("processed", sa.JSON, nullable=False),
    sa.Column("summary", sa.JSON, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("failure", sa.Text),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
)

monitoring_refresh = sa.Table(
    "monitoring_refresh",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("table_id", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("trigger", sa.Text, nullable=False),
    sa.Column("full_refresh", sa.Boolean, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("requested_ms", sa.BigInteger, nullable=False),
    sa.Column("started_ms", sa.BigInteger),
    sa.Column("ended_ms", sa.BigInteger),
    sa.Column("message", sa.Text),
    sa.Column("windows", sa.Integer),
    sa.Column("rows", sa.BigInteger),
    sa.Column("cpu_seconds", sa.Float),
    sa.Column("peak_mb", sa.Float),
    sa.Column("worker_id", sa.Text),
    sa.Column("host", sa.Text),
    sa.Column("pid", sa.BigInteger),
    sa.Column("boot_id", sa.Text),
    sa.Column("pid_started", sa.Float),
    sa.Column("lease_until_ms", sa.BigInteger),
    sa.Index("monitoring_refresh_table", "table_id", "id"),
)

monitoring_edges = sa.Table(
    "monitoring_edges",
    metadata,
    sa.Column("table_id", sa.Text, primary_key=True),
    sa.Column("edges_version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("column_name", sa.Text, primary_key=True),
    sa.Column("edges", sa.JSON, nullable=False),
    sa.Column("discrete", sa.Boolean, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("source_version", sa.BigInteger),
)

monitoring_alert = sa.Table(
    "monitoring_alert",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("table_id", sa.Text),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("rule", sa.JSON, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("last_value", sa.Float),
    sa.Column("last_evaluated", sa.BigInteger),
    sa.Column("since_ms", sa.BigInteger),
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("table_id", "name", name="monitoring_alert_name"),
)

monitoring_decision = sa.Table(
    "monitoring_decision",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("table_id", sa.Text, nullable=False),
    sa.Column("decided_ms", sa.BigInteger, nullable=False),
    sa.Column("decided_by", sa.Text, nullable=False),
    sa.Column("decision", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Index("monitoring_decision_table", "table_id", "decided_ms"),
)


class MonitoringSettings(BaseModel):
    """The section `[monitoring]` of the settings file."""

    lookback_days: int = Field(default=0, ge=0, description="How far a first refresh looks back; 0 = all there is")
    max_slice_values: int = Field(default=100, ge=1)
    max_groups: int = Field(default=20_000, ge=1)
    grace: str = "0 s"
    lease_seconds: float = Field(default=30, gt=0)


# -- what a monitor is told ------------------------------------------------------------------------------------------------


class LabelSource(Record):
    """Where the truth arrives, usually later than the prediction.

    Attributes
    ----------
    table
        A table with one row per label.
    request_id_col
        Its column that says which prediction a row is about.
    label_col
        Its column with the truth.
    timestamp_col
        When several rows speak about one prediction, the newest by this column wins; without it the one written last.
    join_col
        The column of the monitored table that `request_id_col` equals. Default: the column of that name, else
        `databricks_request_id`.
    """

    table: str
    request_id_col: str
    label_col: str
    timestamp_col: str | None = None
    join_col: str | None = None


class Snapshot(Record):
    """The whole table at each refresh is one window."""

    type: Literal["snapshot"] = "snapshot"


class TimeSeries(Record):
    """Rows fall into windows by their time."""

    type: Literal["time_series"] = "time_series"
    timestamp_col: str
    granularities: list[str] = Field(min_length=1)

    @field_validator("granularities")
    @classmethod
    def _spelled(cls, texts: list[str]) -> list[str]:
        return list(dict.fromkeys(parse_granularity(text).text for text in texts))


class InferenceLog(TimeSeries):
    """A log of predictions: windows by time, and metrics of the model when the truth is known.

    A classifier's prediction that is a float is read as the probability of class 1, unless `prediction_proba_col` names another
    column: one with that probability, or an array with the probability of each class in their order.
    """

    type: Literal["inference_log"] = "inference_log"  # type: ignore[assignment]
    problem_type: Literal["classification", "regression"]
    prediction_col: str
    model_id_col: str
    label_col: str | None = None
    prediction_proba_col: str | None = None
    labels: LabelSource | None = None

    @field_validator("problem_type", mode="before")
    @classmethod
    def _plain(cls, text: Any) -> Any:
        return text.lower().replace("problem_type_", "").replace("inference_", "") if isinstance(text, str) else text


Profile = Annotated[Snapshot | TimeSeries | InferenceLog, Field(discriminator="type")]


class MonitorConfig(Record):
    """What was asked for when the monitor was created or last updated."""

    profile: Profile
    baseline_table_name: str | None = None
    slicing_exprs: list[str] = Field(default_factory=list)
    lookback_days: int = 0
    excluded_columns: list[str] = Field(default_factory=list)


# -- what people get -------------------------------------------------------------------------------------------------------


class MonitorInfo(Record):
    """A monitor, with the field names of the platform's API."""

    table_name: str
    output_schema_name: str
    status: MonitorStatus
    monitor_version: int
    profile_metrics_table_name: str
    drift_metrics_table_name: str
    baseline_table_name: str | None = None
    slicing_exprs: list[str] = Field(default_factory=list)
    snapshot: Snapshot | None = None
    time_series: TimeSeries | None = None
    inference_log: InferenceLog | None = None
    latest_monitor_failure_msg: str | None = None

    @property
    def profile(self) -> Snapshot | TimeSeries | InferenceLog:
        """The one profile that is set."""
        found = self.inference_log or self.time_series or self.snapshot
        assert found is not None
        return found

    @property
    def granularities(self) -> list[str]:
        """Window widths, empty for a snapshot."""
        profile = self.profile
        return profile.granularities if isinstance(profile, TimeSeries) else []


class MonitorRefreshInfo(Record):
    """One refresh: what it did and what it cost."""

    refresh_id: int
    state: RefreshState
    trigger: Literal["MANUAL", "SCHEDULE"] = "MANUAL"
    start_time_ms: int | None = None
    end_time_ms: int | None = None
    message: str | None = None
    windows: int | None = None
    rows: int | None = None
    cpu_seconds: float | None = None
    peak_mb: float | None = None


class AlertRule(Record):
    """When an alert speaks: the condition must hold in `k` of the last `n` closed windows, the newest among them."""

    metric: str
    direction: Literal["above", "below"] = "above"
    threshold: float
    columns: list[str] | None = None
    granularity: str | None = None
    slice_key: str | None = None
    slice_value: str | None = None
    model_id: str = "*"
    drift_type: DriftType = "BASELINE"
    p_adjusted: float | None = Field(default=0.05, gt=0, le=1)
    interval: bool = True
    k: int = Field(default=2, ge=1)
    n: int = Field(default=3, ge=1)
    min_rows: int = Field(default=200, ge=0)
    severity: Literal["info", "warning", "critical"] = "warning"


class WindowVerdict(Record):
    """What a rule saw in one window of one column."""

    start: int
    end: int
    column: str
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    rows: int = 0
    p_adjusted: float | None = None
    holds: bool = False
    why: str = ""


class Alert(Record):
    """A rule with its state and what it last saw."""

    id: str
    table_name: str
    name: str
    rule: AlertRule
    state: AlertState
    enabled: bool
    last_value: float | None = None
    last_evaluated: int | None = None
    since: int | None = None
    evidence: list[WindowVerdict] = Field(default_factory=list)


class RetrainingDecision(Record):
    """Whether to retrain, with what the decision rests on.

    `decision` is `RETRAIN`, `KEEP` (nothing speaks for it) or `WAIT` (something does, but the last request is too recent).
    """

    id: str
    table_name: str
    time: int
    decided_by: str
    decision: Literal["RETRAIN", "KEEP", "WAIT"]
    reason: str
    evidence: dict[str, Any] = Field(default_factory=dict)


class MonitorSummary(Record):
    """One line of the list of monitors."""

    table_name: str
    status: MonitorStatus
    profile_type: Literal["snapshot", "time_series", "inference_log"]
    granularities: list[str] = Field(default_factory=list)
    last_refresh: MonitorRefreshInfo | None = None
    state: Literal["ok", "alert", "learning", "unknown"] = "unknown"
    drifted_columns: list[str] = Field(default_factory=list)
    alerts_open: int = 0

"""What serving stores and returns: endpoints, their configurations, processes, tokens and traffic by minute."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from pydantic import Field

from mlnb.core.metastore import metadata
from mlnb.core.records import Record

State = Literal["READY", "NOT_READY", "FAILED", "STOPPED"]

serving_endpoints = sa.Table(
    "serving_endpoints",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("creator", sa.Text, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("updated_ms", sa.BigInteger, nullable=False),
    sa.Column("etag", sa.Integer, nullable=False),
    sa.Column("desired", sa.Text, nullable=False),  # ACTIVE | STOPPED | DELETED
    sa.Column("config_version", sa.Integer),  # what answers, or should
    sa.Column("pending_version", sa.Integer),  # what is being started beside it
    sa.Column("ready", sa.Text, nullable=False),  # READY | NOT_READY
    sa.Column("config_update", sa.Text, nullable=False),  # NOT_UPDATING | IN_PROGRESS | UPDATE_FAILED
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("port", sa.Integer),
)

serving_configs = sa.Table(
    "serving_configs",
    metadata,
    sa.Column("endpoint_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("config", sa.JSON, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("applied_ms", sa.BigInteger),
    sa.Column("retired_ms", sa.BigInteger),
    sa.Column("outcome", sa.Text),  # APPLIED | FAILED | SUPERSEDED
)

serving_entities = sa.Table(
    "serving_entities",
    metadata,
    sa.Column("endpoint_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # model
    sa.Column("entity_name", sa.Text, nullable=False),
    sa.Column("entity_version", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("deployment", sa.Text, nullable=False),  # DEPLOYMENT_CREATING | _READY | _RECOVERING | _FAILED | _ABORTED
    sa.Column("message", sa.Text, nullable=False),
)

serving_processes = sa.Table(
    "serving_processes",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("endpoint_id", sa.Text, nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("role", sa.Text, nullable=False),  # router
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("started", sa.Float, nullable=False),
    sa.Column("boot_id", sa.Text, nullable=False),
    sa.Column("socket", sa.Text, nullable=False),
    sa.Column("beat_ms", sa.BigInteger, nullable=False),
)

serving_tokens = sa.Table(
    "serving_tokens",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("endpoint_id", sa.Text, nullable=False, index=True),
    sa.Column("principal", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("level", sa.Text, nullable=False),  # CAN_QUERY | CAN_MANAGE (may say for whom it asks)
    sa.Column("created_ms", sa.BigInteger, nullable=False),
)

serving_metrics = sa.Table(
    "serving_metrics",
    metadata,
    sa.Column("endpoint_id", sa.Text, primary_key=True),
    sa.Column("entity", sa.Text, primary_key=True),
    sa.Column("minute_ms", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("requests", sa.Integer, nullable=False),
    sa.Column("e4xx", sa.Integer, nullable=False),
    sa.Column("e5xx", sa.Integer, nullable=False),
    sa.Column("latency_buckets", sa.JSON, nullable=False),
    sa.Column("rss_mb", sa.Integer, nullable=False),
)


class InputField(Record):
    """One input of a model.

    Attributes
    ----------
    name, type
        MLflow's type: ``double``, ``string``, ….
    required
        Whether a request must hold it.
    nullable
        Whether it may be null although it is required: keys and times of look-ups may be unknown, but not forgotten.
    """

    name: str
    type: str
    required: bool = True
    nullable: bool = False


class Latency(Record):
    """Quantiles of the answer's time in milliseconds, over the last hour."""

    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


class ProcessInfo(Record):
    """The process that answers, if there is one; ``since`` in milliseconds UTC."""

    pid: int | None = None
    since: int | None = None


class EndpointEvent(Record):
    """One entry of the endpoint's history."""

    time: int
    action: str
    message: str = ""


class EndpointSummary(Record):
    """One line of the list of endpoints.

    Attributes
    ----------
    state
        READY answers; NOT_READY is starting or restarting; FAILED gave up; STOPPED on request.
    message
        Why it is not ready, or why the last change failed.
    url
        Where requests go, ``http://127.0.0.1:8801/invocations``.
    requests, errors
        Since the endpoint was created; errors are answers of 400 and above.
    """

    name: str
    state: State
    message: str | None = None
    url: str | None = None
    model_name: str
    model_version: int
    requests: int = 0
    errors: int = 0
    updated_at: int

    def __str__(self) -> str:
        return f"{self.name}: {self.state}, {self.model_name} version {self.model_version}" + (
            f", {self.url}" if self.url else ""
        )

    __repr__ = __str__


class Endpoint(EndpointSummary):
    """An endpoint with everything its page shows.

    Attributes
    ----------
    inputs
        What a request holds.
    example
        A body that works, ``{"dataframe_split": …}``.
    curl, python
        Lines that query it, ready to run.
    inference_table
        Full name of the payload table; typed rows are in the table of the same name with ``_rows``.
    updating_to
        The version that is being started beside the one that answers.
    """

    inputs: list[InputField] = Field(default_factory=list)
    example: dict[str, Any] | None = None
    curl: str = ""
    python: str = ""
    latency: Latency = Field(default_factory=Latency)
    inference_table: str | None = None
    updating_to: int | None = None
    created_at: int
    creator: str
    token_file: str = ""
    process: ProcessInfo = Field(default_factory=ProcessInfo)
    events: list[EndpointEvent] = Field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"endpoint {self.name}: {self.state}" + (f" ({self.message})" if self.message else "")]
        lines.append(f"model    {self.model_name} version {self.model_version}")
        if self.url:
            lines += [f"url      {self.url}", f"try      {self.curl}"]
        if self.inference_table:
            lines.append(f"log      {self.inference_table}")
        return "\n".join(lines)

    __repr__ = __str__


class QueryResponse(Record):
    """An endpoint's answer."""

    predictions: list[Any]
    served_model_name: str = ""
    request_id: str = ""
    ignored_fields: list[str] = Field(default_factory=list)


class EntityTraffic(Record):
    """Traffic of one served entity by time step; ``t`` in milliseconds, quantiles in milliseconds, null without requests."""

    name: str
    t: list[int]
    requests: list[int]
    e4xx: list[int]
    e5xx: list[int]
    p50: list[float | None]
    p95: list[float | None]
    p99: list[float | None]


class Traffic(Record):
    """Traffic of an endpoint over a window."""

    step_s: int
    entities: list[EntityTraffic]

"""Settings of serving, and what an endpoint's configuration says."""

from __future__ import annotations

import re
from typing import Any, Final

from pydantic import Field, field_validator

from mlnb.core.errors import InvalidParameterError
from mlnb.core.records import Record

from .payload import LogColumn
from .records import InputField

_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62})")


class ServingSettings(Record):
    """The section ``[serving]``.

    Attributes
    ----------
    host
        Address endpoints listen on; one of this computer's own, because there is no TLS. Put a proxy in front for others.
    port_range
        Where a port is looked for when none is asked for, ``"8801-8899"``.
    max_body_mb, max_rows
        Largest request.
    request_timeout_s, body_idle_s
        How long an answer may take, and how long a body may pause.
    max_connections
        Requests at a time; more are answered with 429.
    strict_types
        False lets numbers be sent as text.
    log_queue_mb, log_flush_ms, log_body_max_mb
        Of the inference log: what may wait, how long rows gather when the log is not durable, and from which size a body is left out.
    drain_s
        How long a replaced or stopped process may finish what it has begun.
    start_timeout_s
        How long a model may take to load.
    """

    host: str = "127.0.0.1"
    port_range: str = "8801-8899"
    max_body_mb: int = 16
    max_rows: int = 100_000
    request_timeout_s: float = 297
    body_idle_s: float = 10
    max_connections: int = 1024
    strict_types: bool = True
    log_queue_mb: int = 64
    log_flush_ms: int = 250
    log_body_max_mb: int = 1
    drain_s: float = 30
    start_timeout_s: float = 600

    @field_validator("host")
    @classmethod
    def _check_host(cls, value: str) -> str:
        if value != "localhost" and not re.fullmatch(r"127(\.\d{1,3}){3}", value):
            raise ValueError("endpoints listen on this computer only, 127.0.0.1")
        return value

    @field_validator("port_range")
    @classmethod
    def _check_range(cls, value: str) -> str:
        match = re.fullmatch(r"(\d{1,5})-(\d{1,5})", value)
        if match is None or not 1 <= int(match[1]) <= int(match[2]) <= 65535:
            raise ValueError("expected two ports, 8801-8899")
        return value

    @property
    def ports(self) -> range:
        """The ports of ``port_range``."""
        first, last = self.port_range.split("-")
        return range(int(first), int(last) + 1)


class LogTables(Record):
    """Where requests are recorded: full names, the typed table's columns, and the type of its prediction."""

    payload: str
    rows: str
    columns: list[LogColumn]


class EndpointConfig(Record):
    """One version of an endpoint's configuration, as stored.

    Attributes
    ----------
    model_name, model_version
        What it serves, all of the traffic.
    inputs, looked_up
        What a request holds, and what is looked up for it.
    prediction_type
        MLflow type of a prediction.
    example
        A body in the right form.
    example_is_real
        Whether it was logged with the model: the model must then answer it before it gets traffic.
    log
        The inference table, None when requests are not recorded.
    durable
        Whether an answer waits until it is recorded.
    port
        The port that was asked for.
    tables
        Versions of the feature tables its model was trained with, by the tables' ids: they are pinned while it serves.
    """

    model_name: str
    model_version: str
    inputs: list[InputField]
    looked_up: list[InputField] = Field(default_factory=list)
    prediction_type: str = "string"
    example: dict[str, Any] | None = None
    example_is_real: bool = False
    log: LogTables | None = None
    durable: bool = True
    port: int | None = None
    tables: dict[str, int] = Field(default_factory=dict)


def check_name(name: str) -> str:
    """Return an endpoint's name if it may be one.

    Raises
    ------
    InvalidParameterError
        When it has other characters than letters, digits, ``-`` and ``_``, or more than 63.
    """
    if not _NAME.fullmatch(name or ""):
        raise InvalidParameterError(
            f"{name!r} cannot be the name of an endpoint.",
            hint="Use up to 63 letters, digits, hyphens and underscores: flights-late.",
        )
    return name

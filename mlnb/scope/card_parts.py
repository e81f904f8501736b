"""The parts of a scope card: target, data, metrics, serving, fairness, hold-out, sign-off."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from mlnb.core.records import Record

#: Role of people named by the short form ``signoff: {approvers: […]}``.
APPROVER_ROLE = "approver"

#: What a fairness gap may be asked of: a group against everybody else.
FAIRNESS_METRICS = ("equal_opportunity", "predictive_equality", "predictive_parity", "statistical_parity")

#: Metrics that need ``k``.
K_METRICS = ("precision_at_k", "recall_at_k")

_SECONDS = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}

_DURATION = re.compile(r"\d+(\.\d+)?\s*(s|m|min|h|d|w)")
_PRINCIPAL = re.compile(r"(user|group):[^\s:]+(:[^\s:]+)*")


def principal(text: str) -> str:
    """Return ``user:NAME`` or ``group:NAME``; a bare name means a user."""
    text = text.strip()
    full = text if text.startswith(("user:", "group:")) else f"user:{text}"
    if not _PRINCIPAL.fullmatch(full):
        raise ValueError(f"{text!r} is not user:NAME or group:NAME")
    return full


def _duration(text: str | None) -> str | None:
    if text is not None and not _DURATION.fullmatch(text.strip()):
        raise ValueError(f"{text!r} is not a duration such as 30min, 2h or 30d")
    return text


def seconds(duration: str) -> float:
    """Return a duration such as ``30min`` or ``7d`` in seconds."""
    match = re.fullmatch(r"([\d.]+)\s*([a-z]+)", duration.strip())
    assert match is not None
    return float(match[1]) * _SECONDS[match[2]]


def _as_list(value: Any) -> Any:
    """One name is a list of one."""
    return [value] if isinstance(value, str) else value


def _principals(value: list[str]) -> list[str]:
    return [principal(item) for item in value]


class Target(Record):
    """What is predicted: a column of a table, and when the answer is known."""

    table: str
    column: str
    positive: bool | int | float | str | None = None
    event_time: str | None = None
    horizon: str | None = None

    _check_horizon = field_validator("horizon")(_duration)


class DataNeeds(Record):
    """What the training data has to be: tables it must come from, rows it must have, columns it must not use.

    ``min_positive`` counts rows of the target's positive class, ``max_age`` is that of the newest row by the target's event time (else of
    the last write). ``leakage: checked`` asks for a profile with the target. ``sufficiency`` is for people.
    """

    inputs: list[str] = Field(default_factory=list)
    min_rows: int | None = Field(default=None, ge=1)
    min_positive: int | None = Field(default=None, ge=1)
    max_age: str | None = None
    forbidden: list[str] = Field(default_factory=list)
    leakage: Literal["checked"] | None = None
    sufficiency: str | None = None

    _check_age = field_validator("max_age")(_duration)


class MetricGoal(Record):
    """One success metric: ``min`` when more is better, ``max`` when less is; ``slice_min``/``slice_max`` hold for every slice of ``by``.

    ``k`` is the share of rows with the highest scores that ``precision_at_k`` and ``recall_at_k`` look at. ``kind: business`` takes the
    first value of ``sql``, one SELECT in which ``:run_id`` is the run. ``min_absolute_change`` and ``min_relative_change`` say by how much
    the card's baseline has to be exceeded, as MLflow's ``MetricThreshold`` does.
    """

    name: str = Field(min_length=1)
    kind: Literal["model", "business"] = "model"
    sql: str | None = None
    k: float | None = Field(default=None, gt=0, le=1)
    primary: bool = False
    min: float | None = Field(default=None, allow_inf_nan=False)
    max: float | None = Field(default=None, allow_inf_nan=False)
    min_absolute_change: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    min_relative_change: float | None = Field(default=None, ge=0, le=1)
    by: list[str] = Field(default_factory=list)
    slice_min: float | None = Field(default=None, allow_inf_nan=False)
    slice_max: float | None = Field(default=None, allow_inf_nan=False)

    _one_is_a_list = field_validator("by", mode="before")(_as_list)

    @model_validator(mode="after")
    def _limits_fit(self) -> MetricGoal:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g}")
        if (self.kind == "business") != (self.sql is not None):
            raise ValueError("kind: business and sql: SELECT … go together")
        changes = self.min_absolute_change is not None or self.min_relative_change is not None
        if self.kind == "business" and (self.by or self.k is not None or changes):
            raise ValueError("a business metric is one number: it has no by, no k and no change from a baseline")
        if (self.name in K_METRICS) != (self.k is not None):
            raise ValueError(f"k belongs to {' and '.join(K_METRICS)}: k: 0.1 is the best tenth")
        if (self.slice_min is not None or self.slice_max is not None) and not self.by:
            raise ValueError("slice_min and slice_max need by: [COLUMN, …]")
        if self.by and self.slice_min is None and self.slice_max is None:
            raise ValueError("by needs slice_min or slice_max, else nothing reads it")
        return self


class Baseline(Record):
    """The model to beat: an alias of the same registered model, compared on the primary metric over the same data."""

    rule: str = "@champion"
    require: Literal["better", "not_worse"] = "better"

    @field_validator("rule")
    @classmethod
    def _is_alias(cls, value: str) -> str:
        if not re.fullmatch(r"@[\w-]+", value):
            raise ValueError(f"{value!r} is not an alias such as @champion")
        return value


class ServingNeeds(Record):
    """How the model will be asked: mode, and the latency it may take. Throughput and freshness are for people."""

    mode: Literal["realtime", "batch"] | None = None
    latency_p95_ms: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    throughput_rps: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    freshness: str | None = None

    _check_freshness = field_validator("freshness")(_duration)


class Role(Record):
    """A role whose approval is needed, and the people (``user:NAME``, ``group:NAME``) who may give it."""

    role: str = Field(pattern=r"^[\w-]+$")
    who: list[str] = Field(min_length=1)

    _one_is_a_list = field_validator("who", mode="before")(_as_list)

    _are_principals = field_validator("who")(_principals)


class Signoff(Record):
    """Who has to agree before the model goes to production.

    ``approvers`` is the short form of one role. ``four_eyes`` means: not the one who asked, nor the author of the version or its run.
    """

    roles: list[Role] = Field(default_factory=list)
    approvers: list[str] = Field(default_factory=list)
    four_eyes: bool = False

    _one_is_a_list = field_validator("approvers", mode="before")(_as_list)

    _are_principals = field_validator("approvers")(_principals)

    @model_validator(mode="after")
    def _roles_are_named_once(self) -> Signoff:
        names = [role.role for role in self.all_roles]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"role {twice[0]!r} is given twice")
        return self

    @property
    def all_roles(self) -> list[Role]:
        """The roles, the short form included."""
        short = [Role(role=APPROVER_ROLE, who=self.approvers)] if self.approvers else []
        return [*self.roles, *short]


class Fairness(Record):
    """Groups that must be treated alike: columns, or conditions such as ``age < 25``, and the gap each metric may have."""

    protected: list[str] = Field(min_length=1, max_length=10)
    max_gap: dict[str, float] = Field(min_length=1)

    _one_is_a_list = field_validator("protected", mode="before")(_as_list)

    @field_validator("max_gap")
    @classmethod
    def _are_gaps(cls, value: dict[str, float]) -> dict[str, float]:
        for name, gap in value.items():
            if name not in FAIRNESS_METRICS:
                raise ValueError(f"{name!r} is no fairness metric; known: {', '.join(FAIRNESS_METRICS)}")
            if not 0 < gap <= 1:
                raise ValueError(f"the gap of {name} is a share between 0 and 1, not {gap:g}")
        return value


class HoldoutNeeds(Record):
    """Rows of the target's table that are kept for the final test; writing the card declares it. One rule of three.

    ``key`` with ``fraction``, ``time`` with ``since``, or ``column`` with ``value``; see ``ws.scopes.holdouts.declare``.
    """

    key: list[str] = Field(default_factory=list)
    fraction: float | None = Field(default=None, ge=0.001, le=0.9)
    time: str | None = None
    since: str | int | None = None
    column: str | None = None
    value: bool | int | str | None = None
    looks: int | None = Field(default=None, ge=1, le=1000)
    may_look: list[str] = Field(default_factory=list)

    _one_is_a_list = field_validator("key", "may_look", mode="before")(_as_list)

    @model_validator(mode="after")
    def _is_one_rule(self) -> HoldoutNeeds:
        given = [bool(self.key), self.time is not None, self.column is not None]
        if sum(given) != 1:
            raise ValueError("give one of key, time (with since) and column (with value)")
        if (self.time is None) != (self.since is None):
            raise ValueError("time and since go together")
        if (self.column is None) != (self.value is None):
            raise ValueError("column and value go together")
        if self.fraction is not None and not self.key:
            raise ValueError("fraction belongs to a key")
        return self

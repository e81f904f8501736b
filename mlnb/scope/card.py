"""The scope card: what a model is for, as YAML that people write and gates read.

A card holds only what something reads. A key that nothing would enforce gives a false promise, so unknown keys are refused, with the
nearest known one as hint.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from mlnb.core.errors import FieldViolation, InvalidParameterError, did_you_mean
from mlnb.core.records import Record

Problem = Literal[
    "classification",
    "regression",
    "forecasting",
    "recommendation",
    "ranking",
    "anomaly_detection",
    "other",
]

#: Role of people named by the short form ``signoff: {approvers: […]}``.
APPROVER_ROLE = "approver"

_DURATION = re.compile(r"\d+(\.\d+)?\s*(s|m|min|h|d|w)")
_PRINCIPAL = re.compile(r"(user|group):[^\s:]+(:[^\s:]+)*")


class ScopeCardError(InvalidParameterError):
    """The card's text is not a card."""

    code = "INVALID_SCOPE_CARD"


def _principal(text: str) -> str:
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


class Target(Record):
    """What is predicted: a column of a table, and when the answer is known."""

    table: str
    column: str
    positive: bool | int | float | str | None = None
    event_time: str | None = None
    horizon: str | None = None

    _check_horizon = field_validator("horizon")(_duration)


class DataNeeds(Record):
    """What the training data has to be: tables it must come from, rows it must have, columns it must not use."""

    inputs: list[str] = Field(default_factory=list)
    min_rows: int | None = Field(default=None, ge=1)
    forbidden: list[str] = Field(default_factory=list)
    sufficiency: str | None = None


class MetricGoal(Record):
    """One success metric: ``min`` when more is better, ``max`` when less is; ``slice_min``/``slice_max`` hold for every slice of ``by``."""

    name: str = Field(min_length=1)
    primary: bool = False
    min: float | None = Field(default=None, allow_inf_nan=False)
    max: float | None = Field(default=None, allow_inf_nan=False)
    by: list[str] = Field(default_factory=list)
    slice_min: float | None = Field(default=None, allow_inf_nan=False)
    slice_max: float | None = Field(default=None, allow_inf_nan=False)

    @field_validator("by", mode="before")
    @classmethod
    def _one_column_is_a_list(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _limits_fit(self) -> MetricGoal:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g}")
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
    """How the model will be asked: mode, and the latency it may take."""

    mode: Literal["realtime", "batch"] | None = None
    latency_p95_ms: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    freshness: str | None = None

    _check_freshness = field_validator("freshness")(_duration)


class Role(Record):
    """A role whose approval is needed, and the people (``user:NAME``, ``group:NAME``) who may give it."""

    role: str = Field(pattern=r"^[\w-]+$")
    who: list[str] = Field(min_length=1)

    @field_validator("who", mode="before")
    @classmethod
    def _one_name_is_a_list(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("who")
    @classmethod
    def _are_principals(cls, value: list[str]) -> list[str]:
        return [_principal(item) for item in value]


class Signoff(Record):
    """Who has to agree before the model goes to production.

    ``approvers`` is the short form of one role. ``four_eyes`` means: not the one who asked, nor the author of the version or its run.
    """

    roles: list[Role] = Field(default_factory=list)
    approvers: list[str] = Field(default_factory=list)
    four_eyes: bool = False

    @field_validator("approvers", mode="before")
    @classmethod
    def _one_name_is_a_list(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("approvers")
    @classmethod
    def _are_principals(cls, value: list[str]) -> list[str]:
        return [_principal(item) for item in value]

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


class ScopeCard(Record):
    """A scope card. ``problem`` and at least one metric are required; see the fields' own classes for the rest."""

    target: Target | None = None
    problem: Problem
    data: DataNeeds = Field(default_factory=DataNeeds)
    metrics: list[MetricGoal] = Field(min_length=1)
    baseline: Baseline | None = None
    serving: ServingNeeds = Field(default_factory=ServingNeeds)
    signoff: Signoff = Field(default_factory=Signoff)
    owner: str | None = None
    review_by: date | None = None

    @field_validator("owner")
    @classmethod
    def _owner_is_a_principal(cls, value: str | None) -> str | None:
        return None if value is None else _principal(value)

    @model_validator(mode="after")
    def _metrics_are_named_once(self) -> ScopeCard:
        names = [metric.name for metric in self.metrics]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"metric {twice[0]!r} is given twice")
        if sum(metric.primary for metric in self.metrics) > 1:
            raise ValueError("only one metric can be primary")
        return self

    @property
    def primary(self) -> MetricGoal:
        """The primary metric; the first one when none says so."""
        return next((metric for metric in self.metrics if metric.primary), self.metrics[0])

    def body(self) -> dict[str, Any]:
        """Return the card as plain JSON types, without what was left empty."""
        body: dict[str, Any] = _without_empty(self.model_dump(mode="json", exclude_none=True))
        return body


def parse_card(body: str | Mapping[str, Any] | ScopeCard) -> ScopeCard:
    """Read a card from YAML text or from the mapping it stands for.

    Raises
    ------
    ScopeCardError
        Naming the wrong fields; for an unknown key the hint is the nearest known one.
    """
    if isinstance(body, ScopeCard):
        return body
    values = _read_yaml(body) if isinstance(body, str) else body
    if not isinstance(values, Mapping) or not values:
        raise ScopeCardError(
            "A scope card is a set of YAML keys; this text has none.",
            hint="Begin with: problem: classification, and metrics: [{name: roc_auc, primary: true, min: 0.7}].",
        )
    try:
        # Through JSON, so that YAML's dates and a REST body's strings are read alike.
        return ScopeCard.model_validate_json(json.dumps(dict(values), default=str))
    except ValidationError as error:
        raise _card_error(error) from None


def dump_card(card: ScopeCard) -> str:
    """Return the card as YAML, in the order of its fields."""
    import yaml

    return str(yaml.safe_dump(card.body(), sort_keys=False, allow_unicode=True, width=110))


def _read_yaml(text: str) -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        """YAML that refuses a key given twice: the second one would silently win."""

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            seen: set[Any] = set()
            for key_node, _value in node.value:
                key = self.construct_object(key_node, deep=True)
                if key in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"key {key!r} is given twice", key_node.start_mark
                    )
                seen.add(key)
            return super().construct_mapping(node, deep)

    try:
        return yaml.load(text, Loader=Loader)  # noqa: S506 (a SafeLoader)
    except (yaml.YAMLError, TypeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or str(error)
        raise ScopeCardError(
            f"The scope card is not YAML{where}: {problem}.",
            hint="Check brackets, quotes and indentation there.",
        ) from None


def _card_error(error: ValidationError) -> ScopeCardError:
    fields, hints = [], []
    for item in error.errors():
        where = _path(item["loc"])
        if item["type"] == "extra_forbidden":
            known = _known_keys(item["loc"][:-1])
            fields.append(FieldViolation(where, f"unknown key {item['loc'][-1]!r}"))
            near = did_you_mean(str(item["loc"][-1]), known)
            hints.append(f"{near + ' ' if near else ''}Keys known there: {', '.join(known)}.")
        else:
            text = item["msg"].removeprefix("Value error, ")
            fields.append(FieldViolation(where or "card", text[:1].lower() + text[1:]))
    text = "; ".join(f"{field.field}: {field.description}" for field in fields)
    return ScopeCardError(
        f"The scope card is not right: {text}.",
        hint=" ".join(hints) or "Correct the fields named.",
        fields=fields,
    )


def _path(loc: tuple[int | str, ...]) -> str:
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _known_keys(loc: tuple[int | str, ...]) -> list[str]:
    """Return the keys of the card's part at ``loc``."""
    model: type[BaseModel] = ScopeCard
    for part in loc:
        if isinstance(part, str) and part in model.model_fields:
            model = _model_of(model.model_fields[part].annotation) or model
    return list(model.model_fields)


def _model_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_of(argument)
        if found is not None:
            return found
    return None


def _without_empty(value: Any) -> Any:
    """Leave out empty lists and mappings and ``false`` defaults nobody wrote, so that a printed card is short."""
    if isinstance(value, dict):
        kept = {key: _without_empty(item) for key, item in value.items()}
        return {
            key: item
            for key, item in kept.items()
            if item not in ({}, []) and not (item is False and key in ("primary", "four_eyes"))
        }
    if isinstance(value, list):
        return [_without_empty(item) for item in value]
    return value

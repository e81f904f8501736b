"""The scope card: what a model is for, as YAML that people write and gates read.

A card holds what something reads; what only people read says so (``sufficiency``, ``throughput_rps``, ``freshness``). A key that nobody
knows would give a false promise, so it is refused, with the nearest known one as hint. The parts of a card are in ``card_parts``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from mlnb.core.errors import FieldViolation, InvalidParameterError, did_you_mean
from mlnb.core.records import Record

from .card_parts import (
    APPROVER_ROLE,
    Baseline,
    DataNeeds,
    Fairness,
    HoldoutNeeds,
    MetricGoal,
    Role,
    ServingNeeds,
    Signoff,
    Target,
    principal,
)

__all__ = [
    "APPROVER_ROLE",
    "Baseline",
    "DataNeeds",
    "Fairness",
    "HoldoutNeeds",
    "MetricGoal",
    "Problem",
    "Role",
    "ScopeCard",
    "ScopeCardError",
    "ServingNeeds",
    "Signoff",
    "Target",
    "dump_card",
    "parse_card",
]

Problem = Literal[
    "classification",
    "regression",
    "forecasting",
    "recommendation",
    "ranking",
    "anomaly_detection",
    "other",
]


class ScopeCardError(InvalidParameterError):
    """The card's text is not a card."""

    code = "INVALID_SCOPE_CARD"


class ScopeCard(Record):
    """A scope card. ``problem`` and at least one metric are required; see the fields' own classes for the rest."""

    target: Target | None = None
    problem: Problem
    data: DataNeeds = Field(default_factory=DataNeeds)
    metrics: list[MetricGoal] = Field(min_length=1)
    baseline: Baseline | None = None
    serving: ServingNeeds = Field(default_factory=ServingNeeds)
    fairness: Fairness | None = None
    explainability: Literal["none", "global", "per_prediction"] = "none"
    holdout: HoldoutNeeds | None = None
    signoff: Signoff = Field(default_factory=Signoff)
    owner: str | None = None
    review_by: date | None = None

    @field_validator("owner")
    @classmethod
    def _owner_is_a_principal(cls, value: str | None) -> str | None:
        return None if value is None else principal(value)

    @model_validator(mode="after")
    def _metrics_are_named_once(self) -> ScopeCard:
        names = [metric.name for metric in self.metrics]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"metric {twice[0]!r} is given twice")
        if sum(metric.primary for metric in self.metrics) > 1:
            raise ValueError("only one metric can be primary")
        return self

    @model_validator(mode="after")
    def _target_is_named(self) -> ScopeCard:
        for field, wanted in (("holdout", self.holdout), ("data.min_positive", self.data.min_positive)):
            if wanted is not None and self.target is None:
                raise ValueError(f"{field} needs target: {{table: …, column: …}}")
        if self.data.min_positive is not None and self.target is not None and self.target.positive is None:
            raise ValueError("data.min_positive needs target.positive: which value is the positive one")
        if self.data.max_age is not None and self.target is None and not self.data.inputs:
            raise ValueError("data.max_age needs a target or data.inputs: which table has to be fresh")
        if self.fairness is not None and self.problem not in ("classification", "anomaly_detection"):
            raise ValueError("fairness is judged on two classes: problem: classification")
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
        hint=" ".join(hints) or "Correct the fields named; %scope --template classification shows a whole card.",
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
            if item not in ({}, [])
            and not (item is False and key in ("primary", "four_eyes"))
            and (key, item) not in (("kind", "model"), ("explainability", "none"))
        }
    if isinstance(value, list):
        return [_without_empty(item) for item in value]
    return value

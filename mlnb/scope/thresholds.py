"""Thresholds of metrics as MLflow's ``MetricThreshold`` means them: an absolute limit, and changes from a baseline.

MLflow's own check is the reference; its messages are kept. Where it breaks off with a ``TypeError`` or lets a NaN through, this one answers:
a change from a baseline that is not there fails as missing, and a NaN passes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationError, model_validator

from mlnb.core.errors import InvalidParameterError
from mlnb.core.records import Record

#: What must be gained on a baseline of 0, from which no relative change can be taken.
_LEAST = 1e-10


class MetricLimits(Record):
    """What a metric has to reach, alone and beside the baseline's.

    Attributes
    ----------
    threshold
        At least (or at most) this.
    min_absolute_change
        Better than the baseline by at least this much.
    min_relative_change
        Better by at least this share of the baseline's size.
    greater_is_better
        The direction of all three.
    """

    threshold: float | None = None
    min_absolute_change: float | None = Field(default=None, gt=0)
    min_relative_change: float | None = Field(default=None, ge=0, le=1)
    greater_is_better: bool

    @model_validator(mode="after")
    def _asks_something(self) -> MetricLimits:
        if self.threshold is None and not self.needs_baseline:
            raise ValueError("give threshold, min_absolute_change or min_relative_change")
        return self

    @property
    def needs_baseline(self) -> bool:
        """Whether a change is asked for."""
        return self.min_absolute_change is not None or self.min_relative_change is not None

    def __str__(self) -> str:
        sign = "≥" if self.greater_is_better else "≤"
        parts = [f"{sign} {self.threshold:g}"] if self.threshold is not None else []
        if self.min_absolute_change is not None:
            parts.append(f"better than the baseline by {self.min_absolute_change:g}")
        if self.min_relative_change is not None:
            parts.append(f"better than the baseline by {self.min_relative_change:.3g} of its size")
        return " and ".join(parts)


def read_limits(name: str, given: Any, *, greater_is_better: bool) -> MetricLimits:
    """Return the limits of a metric from a ``MetricThreshold``, a mapping of its fields, or a bare number.

    Raises
    ------
    InvalidParameterError
        When they cannot be read.
    """
    if isinstance(given, bool) or given is None:
        raise InvalidParameterError(
            f"The threshold of {name} is {given!r}.", hint="Give a number or a MetricThreshold."
        )
    fields: Any = given
    if isinstance(given, (int, float)):
        fields = {"threshold": float(given)}
    elif hasattr(given, "min_relative_change"):
        names = ("threshold", "min_absolute_change", "min_relative_change", "greater_is_better")
        fields = {field: getattr(given, field) for field in names}
    if not isinstance(fields, Mapping):
        raise InvalidParameterError(
            f"The threshold of {name} is a {type(given).__name__}.",
            hint="Give a number, mlflow.models.MetricThreshold(…), or a mapping with threshold, min_absolute_change, min_relative_change.",
        )
    try:
        return MetricLimits(**{"greater_is_better": greater_is_better, **fields})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "threshold"
        raise InvalidParameterError(
            f"The threshold of {name}: {where}: {first['msg'].removeprefix('Value error, ')}.",
            hint="threshold is a number, min_absolute_change is positive, min_relative_change lies between 0 and 1.",
        ) from None


def failures(name: str, limits: MetricLimits, value: float | None, baseline: float | None) -> list[str]:
    """Return why a metric does not reach its limits, in MLflow's words; nothing when it does.

    Parameters
    ----------
    value, baseline
        Of the candidate and of the baseline; None when it has none.
    """
    if value is None:
        return [
            f"Metric validation failed: metric {name} was missing from the evaluation result of the candidate model."
        ]
    found = []
    if limits.threshold is not None and not _reaches(value, limits.threshold, limits):
        found.append(
            f"Metric {name} value threshold check failed: candidate model {name} = {value}, "
            f"{name} threshold = {limits.threshold}."
        )
    if limits.needs_baseline and baseline is None:
        why = f"metric {name} was missing from the evaluation result of the baseline model."
        return [*found, f"Model comparison failed: {why}"]
    if baseline is None:
        return found
    absolute, relative = limits.min_absolute_change, limits.min_relative_change
    sign = 1.0 if limits.greater_is_better else -1.0
    if absolute is not None and not _reaches(value, baseline + sign * absolute, limits):
        found.append(_change_text(name, "absolute", value, baseline, absolute))
    if relative is not None and not _gains(value, baseline, relative, limits):
        found.append(_change_text(name, "relative", value, baseline, relative))
    return found


def _reaches(value: float, limit: float, limits: MetricLimits) -> bool:
    # A NaN reaches nothing: both comparisons are false.
    return value >= limit if limits.greater_is_better else value <= limit


def _gains(value: float, baseline: float, relative: float, limits: MetricLimits) -> bool:
    sign = 1.0 if limits.greater_is_better else -1.0
    if baseline == 0:
        return _reaches(value, sign * _LEAST, limits)
    gain = sign * (value - baseline) / abs(baseline)
    return not math.isnan(gain) and gain >= relative


def _change_text(name: str, kind: str, value: float, baseline: float, limit: float) -> str:
    return (
        f"Metric {name} minimum {kind} change check failed: candidate model {name} = {value}, "
        f"baseline model {name} = {baseline}, {name} minimum {kind} change threshold = {limit}."
    )

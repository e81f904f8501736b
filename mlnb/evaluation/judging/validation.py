"""What was asked of single metrics, as verdicts: the threshold, what was seen, the evidence, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import did_you_mean
from mlnb.scope.gates import GateResult
from mlnb.scope.rules import number
from mlnb.scope.thresholds import MetricLimits, failures, read_limits
from mlnb.training.scoring.metrics import UnknownMetricError, canonical_metric, greater_is_better

if TYPE_CHECKING:
    from ..records import EvaluationResult


def read_thresholds(given: Mapping[str, Any] | None) -> dict[str, MetricLimits]:
    """Return the thresholds by MLflow's names of the metrics; one of the user's own metrics keeps its name.

    Raises
    ------
    InvalidParameterError
        When one cannot be read.
    """
    found = {}
    for name, item in (given or {}).items():
        try:
            full = canonical_metric(name)
        except UnknownMetricError:  # one of their own
            full = name
        found[full] = read_limits(full, item, greater_is_better=greater_is_better(full))
    return found


def validate(
    limits: Mapping[str, MetricLimits], result: EvaluationResult, baseline: Mapping[str, float] | None
) -> list[GateResult]:
    """Return a verdict for each threshold."""
    at = f"@{result.data_version}" if result.data_version is not None else ""
    evidence = f"evaluation {result.id[:8]} on {result.data}{at}"
    found = []
    for name, limit in limits.items():
        value, before = result.metrics.get(name), (baseline or {}).get(name)
        why = failures(name, limit, value, before)
        beside = f", the baseline has {before:.4g}" if before is not None and limit.needs_baseline else ""
        found.append(
            GateResult(
                gate=f"threshold:{name}",
                status="unknown" if why and (value is None or "missing" in why[-1]) else "fail" if why else "pass",
                observed=number(value) if value is not None else None,
                required=str(limit),
                evidence=evidence,
                message=" ".join(why) or f"{name} is {value:.4g}{beside}, required {limit}.",
                hint=_hint(name, value, before, limit, result.metrics) if why else None,
            )
        )
    return found


def _hint(name: str, value: float | None, before: float | None, limit: MetricLimits, known: Iterable[str]) -> str:
    if value is None:
        try:
            canonical_metric(name)
        except UnknownMetricError as error:
            return did_you_mean(name, known, limit=1) or error.hint or "There is no such metric."
        return f"The model gives no {name}: does it have probabilities, and the data rows of both classes?"
    if limit.needs_baseline and before is None:
        return "Name the model to beat: baseline='models:/NAME@champion'."
    return "Improve the model, or ask for less; result.slices shows where it is worst."

"""Two runs that should be the same: what is, what is not, and which verdict follows."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..records import RunRecord, is_system_metric
from ..records_diff import MetricDiff, RunDiff, ValueDiff
from ..records_replay import Verdict


def compared_metrics(diff: RunDiff) -> list[MetricDiff]:
    """Return the metrics that say what the run found, not what the computer was doing meanwhile."""
    return [item for item in diff.metrics if not is_system_metric(item.key)]


def close(item: MetricDiff, rtol: float, atol: float) -> bool:
    """Return whether a metric of both runs is the same within the tolerance."""
    if item.change == "same":
        return True
    if item.a is None or item.b is None or not (math.isfinite(item.a) and math.isfinite(item.b)):
        return False
    return abs(item.b - item.a) <= atol + rtol * abs(item.a)


def verdict_of(
    replay: RunRecord,
    params: Sequence[ValueDiff],
    metrics: Sequence[MetricDiff],
    models: Sequence[ValueDiff],
    *,
    rtol: float,
    atol: float,
) -> Verdict:
    """Return the verdict: ``FAILED`` when the replay did not finish, else what the comparison says."""
    if replay.status != "FINISHED":
        return "FAILED"
    equal = all(item.change == "same" for item in (*params, *models))
    if not equal or not all(close(item, rtol, atol) for item in metrics):
        return "DIFFERENT"
    exact = all(item.change == "same" for item in metrics) and all(item.a == item.b for item in models)
    return "IDENTICAL" if exact else "WITHIN_TOLERANCE"

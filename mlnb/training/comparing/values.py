"""Parameters, metrics, packages and files of two runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from ..naming import written_first
from ..records_diff import Change, MetricDiff, ValueDiff
from ..scoring.metrics import CLASSIFIER_METRICS, LOWER_IS_BETTER, REGRESSOR_METRICS, greater_is_better

#: Parts of names of metrics of which more is better.
_GREAT = ("auc", "accuracy", "precision", "recall", "f1", "r2", "score")
#: An interval of 95 % is this many standard errors wide on each side.
_SIDE = 1.959964

#: A metric's interval: least, greatest value.
Interval = tuple[float, float]


def value_diffs(a: Mapping[str, str | None], b: Mapping[str, str | None]) -> list[ValueDiff]:
    """Return every key of either side, by name, what a person wrote down first."""
    return [
        ValueDiff(key=key, change=_change(key in a, key in b, a.get(key) == b.get(key)), a=a.get(key), b=b.get(key))
        for key in written_first(sorted({*a, *b}))
    ]


def metric_diffs(
    a: Mapping[str, float],
    b: Mapping[str, float],
    intervals_a: Mapping[str, Interval],
    intervals_b: Mapping[str, Interval],
) -> list[MetricDiff]:
    """Return every metric of either side with its difference: first what both have, by name, what a person wrote down first."""
    found = []
    for key in [*written_first(sorted({*a} & {*b})), *written_first(sorted({*a} ^ {*b}))]:
        one, other = a.get(key), b.get(key)
        difference = None if one is None or other is None else other - one
        error = _standard_error(intervals_a.get(key), intervals_b.get(key))
        found.append(
            MetricDiff(
                key=key,
                change=_change(key in a, key in b, _equal(one, other)),
                a=one,
                b=other,
                difference=difference,
                standard_errors=difference / error if difference is not None and error else None,
                better=_better(key, difference),
            )
        )
    return found


def _change(in_a: bool, in_b: bool, equal: bool) -> Change:
    if in_a and in_b:
        return "same" if equal else "changed"
    return "added" if in_b else "removed"


def _equal(a: float | None, b: float | None) -> bool:
    return a == b or (a is not None and b is not None and math.isnan(a) and math.isnan(b))


def _better(metric: str, difference: float | None) -> Literal["a", "b"] | None:
    if difference is None or difference == 0 or math.isnan(difference) or not has_direction(metric):
        return None
    return "b" if (difference > 0) == upwards(metric) else "a"


def upwards(metric: str) -> bool:
    """Tell whether a greater value is better, whatever part of the data the name says it was taken on."""
    return greater_is_better(_plain(metric))


def has_direction(metric: str) -> bool:
    """Tell whether anybody can say which way is better: not of a number of rows, a depth, a learning rate."""
    name = _plain(metric)
    return (
        name in CLASSIFIER_METRICS
        or name in REGRESSOR_METRICS
        or any(part in name for part in (*LOWER_IS_BETTER, *_GREAT))
    )


def _plain(metric: str) -> str:
    return metric.rpartition("/")[2].lower()


def _standard_error(a: Interval | None, b: Interval | None) -> float | None:
    """Return the standard error of the difference of two values with intervals, as if they were independent."""
    if a is None or b is None:
        return None
    sides = [(upper - lower) / (2 * _SIDE) for lower, upper in (a, b)]
    found = math.hypot(*sides)
    return found if math.isfinite(found) and found > 0 else None

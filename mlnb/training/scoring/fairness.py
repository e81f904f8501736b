"""Fairness: how far a group's rates are from everybody else's; of more than two classes each is taken against all others."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .metrics import Predictions
    from .slices import Slice

#: metric → which rows count, and among them which share is taken.
RATES = {
    "predictive_parity": ("predicted positive", "positive"),
    "predictive_equality": ("negative", "predicted positive"),
    "equal_opportunity": ("positive", "predicted positive"),
    "statistical_parity": ("all", "predicted positive"),
}
_Z = 1.959964


@dataclass(frozen=True)
class GroupGap:
    """A rate of a group beside everybody else's.

    Attributes
    ----------
    difference, ratio
        From the rate of the rest; no ratio to a rate of zero.
    n, rest
        Rows that count on either side.
    lower, upper
        Bounds of the size of the difference.
    positive
        The class taken as positive, where there are more than two.
    """

    group_key: str
    group_value: str
    metric: str
    value: float
    difference: float
    n: int
    rest: int
    lower: float
    upper: float
    ratio: float | None = None
    positive: str | None = None


def group_gaps(predictions: Predictions, groups: Iterable[Slice]) -> list[GroupGap]:
    """Return every rate of every group against the rest; one without rows on a side is left out.

    Parameters
    ----------
    predictions
        Of classes; of numbers nothing is returned.
    """
    import numpy as np

    if predictions.model_type != "classifier":
        return []
    taken = {1: None} if predictions.is_binary else {index: str(name) for index, name in enumerate(predictions.classes)}
    found = []
    for group in groups:
        inside = np.zeros(len(predictions), dtype=bool)
        inside[group.rows] = True
        for (index, name), metric in itertools.product(taken.items(), RATES):
            counted, hit = _rows(predictions, metric, index)
            gap = _gap(counted & inside, counted & ~inside, hit)
            if gap is not None:
                found.append(GroupGap(group.key, group.value, metric, *gap, positive=name))
    return found


def _rows(predictions: Predictions, metric: str, positive: int) -> tuple[NDArray[Any], NDArray[Any]]:
    import numpy as np

    truth, label = predictions.truth == positive, predictions.label == positive
    rows = {"all": np.ones(len(truth), dtype=bool), "positive": truth, "negative": ~truth, "predicted positive": label}
    counted, hit = RATES[metric]
    return rows[counted], rows[hit]


def _gap(
    group: NDArray[Any], rest: NDArray[Any], hit: NDArray[Any]
) -> tuple[float, float, int, int, float, float, float | None] | None:
    n, others = int(group.sum()), int(rest.sum())
    if not n or not others:
        return None
    value, base = float(hit[group].mean()), float(hit[rest].mean())
    error = math.sqrt(value * (1 - value) / n + base * (1 - base) / others)
    gap = abs(value - base)
    ratio = value / base if base else None
    return value, value - base, n, others, max(gap - _Z * error, 0.0), gap + _Z * error, ratio


def at_k(predictions: Predictions, k: float) -> dict[str, float]:
    """Return precision and recall among the share ``k`` of rows with the highest scores; nothing without scores of two classes."""
    import numpy as np

    if not predictions.is_binary or predictions.score is None or not len(predictions):
        return {}
    first = max(math.ceil(k * len(predictions)), 1)
    best: NDArray[np.intp] = np.argsort(-predictions.score, kind="stable")[:first]
    positives, hits = int((predictions.truth == 1).sum()), int((predictions.truth[best] == 1).sum())
    found = {"precision_at_k": hits / first}
    return {**found, "recall_at_k": hits / positives} if positives else found

"""Fairness: how far a group's rates are from everybody else's; of more than two classes each is taken against all others."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
        Bounds of the size of the difference: of the difference by Newcombe's method, which holds for few rows and for shares of 0 and 1.
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


def group_gaps(predictions: Predictions, groups: Iterable[Slice], *, confidence: float = 0.95) -> list[GroupGap]:
    """Return every rate of every group against the rest; one without rows on a side is left out.

    Parameters
    ----------
    predictions
        Of classes; of numbers nothing is returned.
    confidence
        Probability that an interval covers.
    """
    import numpy as np

    if predictions.model_type != "classifier":
        return []
    taken = {1: None} if predictions.is_binary else {index: str(name) for index, name in enumerate(predictions.classes)}
    found, z = [], NormalDist().inv_cdf((1.0 + confidence) / 2.0)
    for group in groups:
        inside = np.zeros(len(predictions), dtype=bool)
        inside[group.rows] = True
        for (index, name), metric in itertools.product(taken.items(), RATES):
            counted, hit = _rows(predictions, metric, index)
            gap = _gap(counted & inside, counted & ~inside, hit, z)
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
    group: NDArray[Any], rest: NDArray[Any], hit: NDArray[Any], z: float
) -> tuple[float, float, int, int, float, float, float | None] | None:
    n, others = int(group.sum()), int(rest.sum())
    if not n or not others:
        return None
    value, base = float(hit[group].mean()), float(hit[rest].mean())
    difference = value - base
    (low, high), (base_low, base_high) = _wilson(value, n, z), _wilson(base, others, z)
    lowest = difference - math.hypot(value - low, base_high - base)
    highest = difference + math.hypot(high - value, base - base_low)
    sizes = sorted((abs(lowest), abs(highest)))
    ratio = value / base if base else None
    return value, difference, n, others, 0.0 if lowest <= 0 <= highest else sizes[0], sizes[1], ratio


def _wilson(share: float, n: int, z: float) -> tuple[float, float]:
    """Return the bounds of a share of ``n`` rows by Wilson's score."""
    middle = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)

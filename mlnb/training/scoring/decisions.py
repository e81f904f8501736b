"""Where a score becomes a decision: the threshold that costs least, or that reaches a precision or a recall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Points of the curve that shows what was optimised.
_POINTS = 200


class ThresholdError(InvalidParameterError):
    """No threshold does what was asked."""

    code = "THRESHOLD_UNREACHABLE"


@dataclass(frozen=True)
class Decision:
    """A threshold and what deciding by it gives on the rows it was chosen on; ``x`` and ``y`` draw what was optimised."""

    value: float
    precision: float | None
    recall: float
    positive_rate: float
    optimised: float
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True)
class _Counts:
    """For each score from the highest down: how many rows score at least that, positives and others."""

    score: NDArray[np.float64]
    hits: NDArray[np.float64]
    misses: NDArray[np.float64]

    @property
    def positives(self) -> float:
        return float(self.hits[-1])

    @property
    def rows(self) -> float:
        return float(self.hits[-1] + self.misses[-1])


def by_cost(
    truth: NDArray[Any], score: NDArray[np.float64], *, false_positive: float, false_negative: float
) -> Decision:
    """Return the threshold at which wrong decisions cost least; ``optimised`` is the cost a row.

    Raises
    ------
    ThresholdError
        Without positives or without others there is nothing to weigh.
    """
    import numpy as np

    counts = _count(truth, score)
    cost = (counts.misses * false_positive + (counts.positives - counts.hits) * false_negative) / counts.rows
    nobody = counts.positives * false_negative / counts.rows
    best = int(np.argmin(cost))
    if nobody < cost[best]:  # to decide for nobody is cheaper than any threshold below the highest score
        above = float(np.nextafter(counts.score[0], np.inf))
        return Decision(above, None, 0.0, 0.0, nobody, *_curve(counts.score, cost))
    return _decision(counts, best, cost)


def by_precision(truth: NDArray[Any], score: NDArray[np.float64], precision: float) -> Decision:
    """Return the lowest threshold with at least this precision, so with the most positives found."""
    counts = _count(truth, score)
    reached = counts.hits / (counts.hits + counts.misses)
    places = (reached >= precision).nonzero()[0]
    if not len(places):
        raise ThresholdError(
            f"No threshold has a precision of {precision:g}; the highest is {reached.max():.4g}.",
            hint="Ask for less, or look for a model that separates better.",
        )
    return _decision(counts, int(places[-1]), reached)


def by_recall(truth: NDArray[Any], score: NDArray[np.float64], recall: float) -> Decision:
    """Return the highest threshold that finds at least this share of the positives, so with the fewest false ones."""
    counts = _count(truth, score)
    found = counts.hits / counts.positives
    return _decision(counts, int((found >= recall).nonzero()[0][0]), found)


def _count(truth: NDArray[Any], score: NDArray[np.float64]) -> _Counts:
    import numpy as np

    positive = truth == 1
    if not positive.any() or positive.all():
        raise ThresholdError(
            "A threshold needs rows of both classes.", hint="Evaluate on rows that hold positives and others."
        )
    order = np.argsort(-score, kind="stable")
    sorted_score = score[order]
    last = np.flatnonzero(np.r_[np.diff(sorted_score) != 0, True])
    hits = np.cumsum(positive[order].astype(float))[last]
    return _Counts(sorted_score[last], hits, last + 1.0 - hits)


def _decision(counts: _Counts, place: int, optimised: NDArray[np.float64]) -> Decision:
    hits, misses = float(counts.hits[place]), float(counts.misses[place])
    return Decision(
        value=float(counts.score[place]),
        precision=hits / (hits + misses),
        recall=hits / counts.positives,
        positive_rate=(hits + misses) / counts.rows,
        optimised=float(optimised[place]),
        **dict(zip(("x", "y"), _curve(counts.score, optimised), strict=True)),
    )


def _curve(score: NDArray[np.float64], values: NDArray[np.float64]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    import numpy as np

    kept = np.unique(np.linspace(0, len(score) - 1, min(len(score), _POINTS)).astype(int))[::-1]
    return tuple(map(float, score[kept])), tuple(map(float, values[kept]))

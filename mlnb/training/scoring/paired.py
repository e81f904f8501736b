"""Two models on the same rows: how far their metrics are apart, with an interval and a verdict.

Both are resampled together: a draw says how often each row is taken, and both models are scored on that draw, so what makes a sample easy
or hard is the same for both and falls out of the difference. That is why ten times fewer rows decide than two separate intervals need.

As for one model (:mod:`~mlnb.training.scoring.intervals`), rows that no metric can tell apart are counted together, here by the neighbourhood
of both scores, and the draws are moved by what that costs in the difference itself, which is computed exactly. Losses differ within a
neighbourhood too: their differences are resampled row by row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .metrics import FACTS, Predictions, compute_metrics, greater_is_better
from .ranking import ranking_draws

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Draws = dict[str, NDArray[np.float64]]

Verdict = Literal["BETTER", "NOT_WORSE", "WORSE", "INCONCLUSIVE"]

#: Up to this many rows every row is a cell of its own.
_EXACT_ROWS = 5_000
#: Bins of each model's scores beyond that: at most their square of cells, and the rows only fill some.
_BINS = 80
_NUMBERS = 8_000_000  # held at once while drawing: 64 MB


@dataclass(frozen=True)
class Difference:
    """A metric of two models on the same rows; ``difference`` and its bounds are turned so that more is better."""

    metric: str
    challenger: float
    champion: float
    difference: float
    lower: float | None
    upper: float | None
    verdict: Verdict
    greater_is_better: bool
    rows_needed: int | None = None


def compare_predictions(
    challenger: Predictions,
    champion: Predictions,
    *,
    metrics: Sequence[str] | None = None,
    margin: float = 0.0,
    draws: int = 2000,
    confidence: float = 0.95,
    seed: int = 0,
    best: Mapping[str, float] | None = None,
) -> list[Difference]:
    """Compare two models that answered the same rows.

    Parameters
    ----------
    challenger, champion
        With equal truth and classes.
    metrics
        Only these; all that both have by default.
    margin
        BETTER needs more than this, NOT_WORSE may lose up to this.
    draws
        Of the paired bootstrap; without any the verdict is INCONCLUSIVE.
    best
        Shares of rows as in :func:`~mlnb.training.scoring.ranking.ranking_draws`.
    """
    import numpy as np

    ours, theirs = compute_metrics(challenger, best), compute_metrics(champion, best)
    names = [name for name in ours if name in theirs and name not in FACTS and (metrics is None or name in metrics)]
    drawn: Draws = {}
    if draws > 0 and len(challenger) > 1:
        drawn = _draws(challenger, champion, draws, np.random.default_rng(seed), best or {})
    tail = (1.0 - confidence) / 2.0
    found = []
    for name in names:
        sign = 1.0 if greater_is_better(name) else -1.0
        difference, bounds = sign * (ours[name] - theirs[name]), None
        values = drawn.get(name)
        if values is not None:
            values = sign * values[np.isfinite(values)]
            if len(values) >= draws / 2:
                low, high = np.quantile(values, [tail, 1.0 - tail])
                bounds = (float(low), float(high))
        found.append(_difference(name, ours[name], theirs[name], difference, bounds, margin, len(challenger)))
    return found


def judge(lower: float, upper: float, margin: float) -> Verdict:
    """Return the verdict on the interval of a difference, turned so that more is better."""
    if lower > margin:
        return "BETTER"
    if lower > -margin or lower == upper == 0.0:  # models that answer alike are no worse than each other
        return "NOT_WORSE"
    return "WORSE" if upper < -margin else "INCONCLUSIVE"


def rows_needed(difference: float, lower: float, upper: float, margin: float, rows: int) -> int | None:
    """Return how many rows would decide, were the difference what it seems: an interval narrows with the root of the rows."""
    below, above = difference - lower, upper - difference
    factors = []
    for distance, half in ((difference - margin, below), (difference + margin, below), (-margin - difference, above)):
        if distance > 0 and half > 0:
            factors.append((half / distance) ** 2)
    return math.ceil(rows * min(factors) * 1.0001) + 1 if factors and min(factors) < 1e6 else None


def _difference(
    name: str,
    ours: float,
    theirs: float,
    difference: float,
    bounds: tuple[float, float] | None,
    margin: float,
    rows: int,
) -> Difference:
    better = greater_is_better(name)
    if bounds is None:
        return Difference(name, ours, theirs, difference, None, None, "INCONCLUSIVE", better)
    verdict = judge(*bounds, margin)
    needed = rows_needed(difference, *bounds, margin, rows) if verdict == "INCONCLUSIVE" else None
    return Difference(name, ours, theirs, difference, *bounds, verdict, better, needed)


# -- draws -----------------------------------------------------------------------------------------------------------------------------


def _draws(
    one: Predictions, other: Predictions, draws: int, rng: np.random.Generator, best: Mapping[str, float]
) -> Draws:
    """Return draws of challenger minus champion, by metric, around the difference of all rows."""
    import numpy as np

    from .intervals import loss_difference_draws, regression_draws

    exact_a, exact_b = compute_metrics(one, best), compute_metrics(other, best)
    if _alike(one, other):
        return {name: np.zeros(draws) for name in exact_a}
    if one.model_type == "regressor":
        return regression_draws(one, other, draws, rng)
    columns = [one.truth, one.label, other.label]
    columns += [_score_bins(p) for p in (one, other) if p.score is not None and p.is_binary]
    cells = _Cells(columns, len(one))
    parts: dict[str, list[NDArray[np.float64]]] = {}
    models = [_Measured(p, cells, best) for p in (one, other)]
    block = max(1, _NUMBERS // max(cells.count, 1))
    for start in range(0, draws, block):
        weights = cells.draw(min(block, draws - start), rng)
        a, b = (model.metrics(weights) for model in models)
        for name in a.keys() & b.keys():
            parts.setdefault(name, []).append(a[name] - b[name])
    whole = cells.sizes[None, :].astype(float)
    a, b = (model.metrics(whole) for model in models)
    out = {}
    for name, pieces in parts.items():
        if name in exact_a and name in exact_b:
            shift = (exact_a[name] - exact_b[name]) - float(a[name][0] - b[name][0])
            out[name] = np.concatenate(pieces) + shift
    return out | loss_difference_draws(one, other, draws, rng)


def _alike(one: Predictions, other: Predictions) -> bool:
    """Return whether two models say the same of every row."""
    import numpy as np

    if (one.score is None) != (other.score is None) or not np.array_equal(one.label, other.label):
        return False
    return one.score is None or other.score is None or np.array_equal(one.score, other.score)


def _score_bins(p: Predictions) -> NDArray[np.int64]:
    """Number the scores of two classes from low to high, neighbours together where there are many rows."""
    from .intervals import score_bins

    assert p.score is not None
    return score_bins(p.score, p.truth, _EXACT_ROWS if len(p) <= _EXACT_ROWS else _BINS)


class _Cells:
    """Rows that are alike in every column, counted together.

    Parameters
    ----------
    columns
        Whole numbers, one a row.
    """

    def __init__(self, columns: Sequence[NDArray[Any]], rows: int) -> None:
        import numpy as np

        key = np.zeros(rows, dtype=np.int64)
        for column in columns:
            key = np.unique(key * (int(column.max()) + 1) + column, return_inverse=True)[1]
        _, self.first, self.sizes = np.unique(key, return_index=True, return_counts=True)
        self.count = len(self.sizes)

    def draw(self, draws: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return how often each cell is taken, draw by draw."""
        total = int(self.sizes.sum())
        return rng.multinomial(total, self.sizes / total, size=draws).astype(float)


class _Measured:
    """One model's metrics of weighted cells."""

    def __init__(self, p: Predictions, cells: _Cells, best: Mapping[str, float]) -> None:
        self._p, self._best = p, best
        self._truth, self._label = p.truth[cells.first], p.label[cells.first]
        self._bins = _score_bins(p)[cells.first] if p.is_binary and p.score is not None else None

    def metrics(self, weights: NDArray[np.float64]) -> Draws:
        """Return every metric of each draw but the losses."""
        out = self._labels(weights)
        if self._bins is not None and 0 < self._truth.sum() < len(self._truth):
            out |= ranking_draws(weights, self._bins, self._truth, self._best)
        return out

    def _labels(self, weights: NDArray[np.float64]) -> Draws:
        import numpy as np

        classes, total = range(len(self._p.classes)), weights.sum(axis=1)
        right, said, true = (
            np.column_stack([weights[:, inside[k]].sum(axis=1) for k in classes])
            for inside in (
                [(self._label == k) & (self._truth == k) for k in classes],
                [self._label == k for k in classes],
                [self._truth == k for k in classes],
            )
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            precision, recall = np.nan_to_num(right / said), np.nan_to_num(right / true)
            f1 = np.nan_to_num(2 * right / (said + true))
        out = {"accuracy_score": right.sum(axis=1) / total}
        named = {"precision_score": precision, "recall_score": recall, "f1_score": f1}
        if self._p.is_binary:
            return out | {name: values[:, 1] for name, values in named.items()}
        return out | {name: (values * true).sum(axis=1) / total for name, values in named.items()}

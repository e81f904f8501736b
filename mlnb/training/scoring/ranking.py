"""How well scores order rows: areas under curves of resampled rows, the best share of rows, one class against all others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from .metrics import Predictions

    Draws = dict[str, NDArray[np.float64]]


def ranking_draws(
    weights: NDArray[np.float64], bins: NDArray[np.int64], truth: NDArray[Any], best: Mapping[str, float] | None = None
) -> Draws:
    """Return AUC, average precision and what the best share of rows holds, for every draw.

    Parameters
    ----------
    weights
        How often each cell of rows is taken, one line a draw.
    bins, truth
        Of each cell: its score as a number, and whether its rows are positive. Cells of one bin are ties.
    best
        Metric (``precision_at_k``, ``recall_at_k``) to the share of rows with the highest scores.
    """
    import numpy as np

    order = np.argsort(-bins, kind="stable")
    firsts = np.flatnonzero(np.r_[True, np.diff(bins[order]) != 0])
    drawn, truth = weights[:, order], truth[order]
    positive, negative = (np.add.reduceat(drawn * (truth == value), firsts, axis=1) for value in (1, 0))
    found, false = positive.cumsum(axis=1), negative.cumsum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        auc = (negative * (found - positive / 2)).sum(axis=1) / (found[:, -1] * false[:, -1])
        precision = np.nan_to_num(found / (found + false))
        area = (precision * positive).sum(axis=1) / found[:, -1]
        at = {name: _among_best(name, share, positive, negative) for name, share in (best or {}).items()}
    return {"roc_auc": auc, "precision_recall_auc": area, **at}


def _among_best(
    name: str, share: float, positive: NDArray[np.float64], negative: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return precision or recall among the best rows; of equal scores at the border each row is in with the same chance."""
    import numpy as np

    rows = positive + negative
    first = _first(share, int(rows[0].sum()))
    before = rows.cumsum(axis=1) - rows
    taken = np.clip(first - before, 0.0, rows)
    hits: NDArray[np.float64] = (taken * np.nan_to_num(positive / rows)).sum(axis=1)
    return hits / (first if name == "precision_at_k" else positive.sum(axis=1))


def _first(share: float, rows: int) -> int:
    # A tenth of 30 rows is 3 of them, however 0.1 × 30 is rounded.
    return max(math.ceil(round(share * rows, 9)), 1)


def at_k(predictions: Predictions, best: Mapping[str, float]) -> dict[str, float]:
    """Return what the share of rows with the highest scores holds; nothing without scores of two classes.

    Parameters
    ----------
    best
        As in :func:`ranking_draws`.
    """
    import numpy as np

    p = predictions
    if not best or not p.is_binary or p.score is None or not len(p):
        return {}
    distinct, place = np.unique(p.score, return_inverse=True)
    positive, negative = (np.bincount(place[p.truth == value], minlength=len(distinct)) for value in (1, 0))
    sides = [count[::-1][None, :].astype(float) for count in (positive, negative)]
    wanted = {name: share for name, share in best.items() if name == "precision_at_k" or positive.any()}
    return {name: float(_among_best(name, share, *sides)[0]) for name, share in wanted.items()}


def auc_of_classes(p: Predictions) -> tuple[float, NDArray[np.float64]] | None:
    """Return the AUC of each class against all others, weighted by class, and what each row contributes to it.

    To the first order the AUC of other rows is this one plus the mean of their contributions, which resampling and comparing need only
    sums for. None when a class has no row, so that its AUC does not exist.
    """
    import numpy as np

    assert p.score is not None
    rows, value = len(p), 0.0
    added = np.zeros(rows)
    for number in range(len(p.classes)):
        inside, score = p.truth == number, p.score[:, number]
        count = int(inside.sum())
        if not 0 < count < rows:
            return None
        share = count / rows
        below = np.where(inside, _below(score[~inside], score), 1.0 - _below(score[inside], score))
        area = float(below[inside].mean())
        own = (below - area) / np.where(inside, share, 1.0 - share)
        value += share * area
        added += area * (inside - share) + share * own
    return value, added


def _below(others: NDArray[np.float64], score: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return which share of others lies below each score, equal ones counted half."""
    import numpy as np

    ordered = np.sort(others)
    low, high = np.searchsorted(ordered, score, "left"), np.searchsorted(ordered, score, "right")
    found: NDArray[np.float64] = (low + high) / (2.0 * len(others))
    return found

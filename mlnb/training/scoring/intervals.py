"""Bootstrap intervals that cost the same for a thousand rows and for a million.

A draw of the bootstrap only says how often each row is taken. Rows that a metric cannot tell apart may therefore be counted together: a
binary classifier's rows fall into bins of neighbouring scores, and one multinomial draw of their counts stands for resampling every row. The
classes are not drawn apart: how many positives a sample has is chance too, and intervals of precision and F1 that hold it fixed cover the
truth too rarely (87 % instead of 95 % at 800 rows). With few distinct scores this is the exact bootstrap; with more, rows of one bin count as ties, which moves a
bound by far less than its own random error. Regressors and probabilities of many classes need only means of per-row losses: exact
resampling for few rows, their normal limit for many.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .metrics import Predictions

    Draws = dict[str, NDArray[np.float64]]
    Interval = tuple[float, float]

#: Up to this many rows the means of losses are resampled row by row; beyond it their normal limit is as good.
EXACT_ROWS = 4096
_BLOCK = 4_000_000  # numbers held at once while resampling row by row: 32 MB


def bootstrap_intervals(
    predictions: Predictions, *, draws: int = 1000, confidence: float = 0.95, seed: int = 0, cells: int = 600
) -> dict[str, Interval]:
    """Return ``metric -> (lower, upper)`` for the metrics that have an interval.

    Parameters
    ----------
    predictions
        At least two rows.
    draws
        Resamples; 0 gives no intervals.
    confidence
        Probability that the interval covers, such as 0.95.
    seed
        Same seed, same intervals.
    cells
        Bins of scores; see the module.
    """
    import numpy as np

    if draws <= 0 or len(predictions) < 2:
        return {}
    rng = np.random.default_rng(seed)
    if predictions.model_type == "regressor":
        found = _regressor(predictions, draws, rng)
    elif predictions.is_binary:
        found = _binary(predictions, draws, rng, cells)
    else:
        found = _multiclass(predictions, draws, rng)
    tail = (1.0 - confidence) / 2.0
    out: dict[str, Interval] = {}
    for name, values in found.items():
        finite = values[np.isfinite(values)]
        if len(finite) >= draws / 2:
            lower, upper = np.quantile(finite, [tail, 1.0 - tail])
            out[name] = (float(lower), float(upper))
    return out


# -- two classes: counts in bins of neighbouring scores -----------------------------------------------------------------------------


def _binary(p: Predictions, draws: int, rng: np.random.Generator, cells: int) -> Draws:
    import numpy as np

    score = p.label.astype(float) if p.score is None else p.score
    bins, exact = _bins(score, p.truth, cells)
    key = (bins * 2 + p.label) * 2 + p.truth
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(key[order]) != 0])
    sizes = np.diff(np.r_[starts, len(score)])
    truth, label = p.truth[order][starts], p.label[order][starts]
    weights = _multinomial(rng, sizes, draws).astype(float)
    out = _label_draws(weights, truth, label)
    if p.score is not None:
        out |= _loss_draws(weights, p.score[order], p.truth[order], starts, sizes)
        if 0 < truth.sum() < len(truth):
            out |= _ranking_draws(weights, bins[order][starts], truth, exact)
    return out


def _multinomial(rng: np.random.Generator, counts: NDArray[np.int64], draws: int) -> NDArray[np.int64]:
    return rng.multinomial(int(counts.sum()), counts / counts.sum(), size=draws)


def _bins(score: NDArray[np.float64], truth: NDArray[Any], cells: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Number the rows' scores from low to high; the second array says which numbers stand for one single score."""
    import numpy as np

    distinct, place = np.unique(score, return_inverse=True)
    if len(distinct) <= cells:
        return place, np.ones(len(distinct), dtype=bool)
    # half the edges from each class: a rare class has its own resolution
    steps = np.linspace(0, 1, cells // 2 + 1)[1:-1]
    edges = np.unique(
        np.concatenate([np.quantile(score[truth == value], steps) for value in (0, 1) if (truth == value).any()])
    )
    bins = np.searchsorted(edges, distinct, side="left")
    numbers, dense = np.unique(bins, return_inverse=True)
    return dense[place], np.bincount(dense, minlength=len(numbers)) == 1


def _label_draws(weights: NDArray[np.float64], truth: NDArray[Any], label: NDArray[Any]) -> Draws:
    import numpy as np

    true_positive = weights[:, (truth == 1) & (label == 1)].sum(axis=1)
    false_positive = weights[:, (truth == 0) & (label == 1)].sum(axis=1)
    positive = weights[:, truth == 1].sum(axis=1)
    total = weights.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "accuracy_score": (total - positive - false_positive + true_positive) / total,
            "precision_score": true_positive / (true_positive + false_positive),
            "recall_score": true_positive / positive,
            "f1_score": 2 * true_positive / (positive + true_positive + false_positive),
        }


def _loss_draws(
    weights: NDArray[np.float64],
    score: NDArray[np.float64],
    truth: NDArray[Any],
    starts: NDArray[np.intp],
    sizes: NDArray[np.int64],
) -> Draws:
    import numpy as np

    clipped = np.clip(score, np.finfo(float).eps, 1 - np.finfo(float).eps)
    loss = -np.where(truth == 1, np.log(clipped), np.log1p(-clipped))
    total = weights.sum(axis=1)
    return {
        "log_loss": weights @ (np.add.reduceat(loss, starts) / sizes) / total,
        "brier_score": weights @ (np.add.reduceat((score - truth) ** 2, starts) / sizes) / total,
    }


def _ranking_draws(
    weights: NDArray[np.float64], bins: NDArray[np.int64], truth: NDArray[Any], exact: NDArray[np.bool_]
) -> Draws:
    """AUC and average precision of every draw, by cumulative counts from the highest score down."""
    import numpy as np

    order = np.argsort(-bins, kind="stable")
    firsts = np.flatnonzero(np.r_[True, np.diff(bins[order]) != 0])
    weights, truth = weights[:, order], truth[order]
    positive, negative = (np.add.reduceat(weights * (truth == value), firsts, axis=1) for value in (1, 0))
    found, false = positive.cumsum(axis=1), negative.cumsum(axis=1)
    # Equal scores are one step of the curve, taken at its end; rows of a bin with several scores are met half way on average.
    part = np.where(exact[bins[order][firsts]], 0.0, 0.5)
    with np.errstate(invalid="ignore", divide="ignore"):
        auc = (negative * (found - positive / 2)).sum(axis=1) / (found[:, -1] * false[:, -1])
        met = found - part * positive
        precision = np.nan_to_num(met / (met + false - part * negative))
    return {"roc_auc": auc, "precision_recall_auc": (precision * positive).sum(axis=1) / found[:, -1]}


# -- means of losses ---------------------------------------------------------------------------------------------------------------


def _multiclass(p: Predictions, draws: int, rng: np.random.Generator) -> Draws:
    import numpy as np

    size = len(p.classes)
    confusion = np.bincount(p.truth * size + p.label, minlength=size * size)
    drawn = _multinomial(rng, confusion, draws).reshape(draws, size, size).astype(float)
    right, truth, said = drawn.diagonal(axis1=1, axis2=2), drawn.sum(axis=2), drawn.sum(axis=1)
    total = drawn.sum(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        precision, recall = (np.nan_to_num(right / count) for count in (said, truth))
        f1 = np.nan_to_num(2 * right / (said + truth))
    share = truth / total[:, None]
    out = {
        "accuracy_score": right.sum(axis=1) / total,
        "precision_score": (precision * share).sum(axis=1),
        "recall_score": (recall * share).sum(axis=1),
        "f1_score": (f1 * share).sum(axis=1),
    }
    if p.score is not None and p.score.ndim == 2:
        chosen = p.score[np.arange(len(p)), p.truth]
        out["log_loss"] = _mean_draws(-np.log(np.clip(chosen, np.finfo(float).eps, 1.0))[:, None], draws, rng)[:, 0]
    return out


def _regressor(p: Predictions, draws: int, rng: np.random.Generator) -> Draws:
    losses = _losses(p)
    return _of_means(_mean_draws(losses, draws, rng))


def regression_draws(one: Predictions, other: Predictions, draws: int, rng: np.random.Generator) -> Draws:
    """Return draws of the first model's metrics minus the second's, both on the same resampled rows."""
    import numpy as np

    ours, theirs = _losses(one), _losses(other)
    means = _mean_draws(np.column_stack([ours, theirs]), draws, rng)
    a, b = _of_means(means[:, : ours.shape[1]]), _of_means(means[:, ours.shape[1] :])
    return {name: a[name] - b[name] for name in a}


def _losses(p: Predictions) -> NDArray[np.float64]:
    """Return what the metrics of a regressor are means of, one column each."""
    import numpy as np

    truth, value = p.truth.astype(float), p.label.astype(float)
    error = value - truth
    relative = np.abs(error) / np.maximum(np.abs(truth), np.finfo(float).eps)
    # centred, so that the variance is not the difference of two large numbers
    centred = truth - truth.mean()
    return np.column_stack([error**2, np.abs(error), relative, centred, centred**2])


def _of_means(means: NDArray[np.float64]) -> Draws:
    import numpy as np

    squared, absolute, percentage, first, second = means.T
    squared = np.maximum(squared, 0.0)
    variance = second - first**2
    with np.errstate(invalid="ignore", divide="ignore"):
        explained = np.where(variance > 0, 1.0 - squared / variance, np.nan)
    return {
        "mean_squared_error": squared,
        "root_mean_squared_error": np.sqrt(squared),
        "mean_absolute_error": absolute,
        "mean_absolute_percentage_error": percentage,
        "r2_score": explained,
    }


def _mean_draws(columns: NDArray[np.float64], draws: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the column means of ``draws`` resamples of the rows."""
    import numpy as np

    rows, width = columns.shape
    if rows > EXACT_ROWS:
        covariance = np.atleast_2d(np.cov(columns, rowvar=False)) / rows
        return rng.multivariate_normal(columns.mean(axis=0), covariance, size=draws, method="eigh")
    out = np.empty((draws, width))
    block = max(1, _BLOCK // max(1, rows * width))
    for start in range(0, draws, block):
        count = min(block, draws - start)
        out[start : start + count] = columns[rng.integers(0, rows, size=(count, rows))].mean(axis=1)
    return out

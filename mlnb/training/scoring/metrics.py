"""Metrics of classifiers and regressors, named as MLflow names them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mlnb.core.errors import InvalidParameterError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

ModelType = Literal["classifier", "regressor"]

#: name -> what it needs ("label", "score" or "value"), whether greater is better, one line for people
CLASSIFIER_METRICS: dict[str, tuple[str, bool, str]] = {
    "roc_auc": ("score", True, "chance that a positive row scores above a negative one"),
    "precision_recall_auc": ("score", True, "average precision over all thresholds"),
    "log_loss": ("score", False, "mean negative log-likelihood of the predicted probabilities"),
    "brier_score": ("score", False, "mean squared error of the predicted probabilities"),
    "accuracy_score": ("label", True, "share of rows predicted right"),
    "precision_score": ("label", True, "share of predicted positives that are positive"),
    "recall_score": ("label", True, "share of positives that are found"),
    "f1_score": ("label", True, "harmonic mean of precision and recall"),
}
REGRESSOR_METRICS: dict[str, tuple[str, bool, str]] = {
    "root_mean_squared_error": ("value", False, "square root of the mean squared error"),
    "mean_absolute_error": ("value", False, "mean size of the error"),
    "mean_squared_error": ("value", False, "mean of the squared error"),
    "mean_absolute_percentage_error": ("value", False, "mean size of the error relative to the target"),
    "r2_score": ("value", True, "share of the target's variance explained"),
    "max_error": ("value", False, "largest error"),
}
#: Facts about the rows that stand beside the metrics and are never judged.
FACTS = (
    "example_count",
    "positive_rate",
    "predicted_positive_rate",
    "true_positives",
    "false_positives",
    "true_negatives",
    "false_negatives",
    "mean_on_target",
    "sum_on_target",
    "mean_prediction",
)

_ALIASES = {
    "auc": "roc_auc",
    "average_precision": "precision_recall_auc",
    "pr_auc": "precision_recall_auc",
    "accuracy": "accuracy_score",
    "precision": "precision_score",
    "recall": "recall_score",
    "f1": "f1_score",
    "brier": "brier_score",
    "rmse": "root_mean_squared_error",
    "mae": "mean_absolute_error",
    "mean_average_error": "mean_absolute_error",
    "mse": "mean_squared_error",
    "mape": "mean_absolute_percentage_error",
    "r2": "r2_score",
}
#: Parts of names of metrics of which less is better.
LOWER_IS_BETTER = ("loss", "error", "rmse", "mae", "mse", "mape", "brier", "deviance", "perplexity")


class UnknownMetricError(InvalidParameterError):
    """A metric that does not exist, or not for this kind of model."""

    code = "METRIC_NOT_FOUND"


@dataclass(frozen=True)
class Predictions:
    """What a model said about rows whose truth is known.

    Attributes
    ----------
    model_type
        ``classifier`` or ``regressor``.
    truth
        The targets; for a classifier the index of the class.
    label
        What was predicted, in the same form as ``truth``.
    score
        Probability of the positive class (two classes), matrix of probabilities (more), None when the model gives none.
    classes
        The class values in the order of the indexes; the second one is positive when there are two.
    """

    model_type: ModelType
    truth: NDArray[Any]
    label: NDArray[Any]
    score: NDArray[np.float64] | None = None
    classes: tuple[Any, ...] = ()

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def is_binary(self) -> bool:
        """Whether this is a classifier of two classes."""
        return self.model_type == "classifier" and len(self.classes) == 2

    def take(self, rows: NDArray[Any]) -> Predictions:
        """Return the same for some of the rows (indexes or a mask)."""
        score = None if self.score is None else self.score[rows]
        return Predictions(self.model_type, self.truth[rows], self.label[rows], score, self.classes)


def full_name(name: str) -> str:
    """Return MLflow's name of a metric for a usual short one (``auc``, ``rmse``), every other name as it is."""
    return _ALIASES.get(name, name)


def names_of(full: str) -> list[str]:
    """Return all names of a metric, MLflow's first."""
    return [full, *(short for short, name in _ALIASES.items() if name == full)]


def canonical_metric(name: str, model_type: ModelType | None = None) -> str:
    """Return MLflow's name of a metric, accepting the usual short ones (``auc``, ``rmse``).

    Raises
    ------
    UnknownMetricError
        When there is no such metric for the kind of model.
    """
    known: dict[str, Any] = {
        **(CLASSIFIER_METRICS if model_type != "regressor" else {}),
        **(REGRESSOR_METRICS if model_type != "classifier" else {}),
    }
    found = full_name(name)
    if found not in known:
        kind = f" for a {model_type}" if model_type else ""
        hint = did_you_mean(name, [*known, *(short for short, full in _ALIASES.items() if full in known)])
        raise UnknownMetricError(f"There is no metric {name}{kind}.", hint=hint or f"One of: {', '.join(known)}.")
    return found


def greater_is_better(name: str) -> bool:
    """Return the direction of a metric; one of the user's own is judged by its name (``…_loss`` and ``…_error`` are better small)."""
    full = full_name(name)
    known = CLASSIFIER_METRICS.get(full) or REGRESSOR_METRICS.get(full)
    if known is not None:
        return known[1]
    return not any(part in name.lower() for part in LOWER_IS_BETTER)


def compute_metrics(predictions: Predictions, best: Mapping[str, float] | None = None) -> dict[str, float]:
    """Return every metric that the predictions allow.

    A metric that is not defined (AUC of one class, a score the model does not give) is absent rather than a made-up number.

    Parameters
    ----------
    predictions
        At least one row.
    best
        Metrics of the best share of rows, as in :func:`~mlnb.training.scoring.ranking.ranking_draws`.
    """
    from .ranking import at_k

    if predictions.model_type == "regressor":
        found = _regressor(predictions)
    elif predictions.is_binary:
        found = _binary(predictions)
    else:
        found = _multiclass(predictions)
    found |= at_k(predictions, best or {})
    return {name: float(value) for name, value in found.items() if not math.isnan(value)}


def unsupported_metrics(predictions: Predictions, least: int = 1) -> set[str]:
    """Return the metrics of two classes that rest on fewer than ``least`` rows: with none, MLflow's zero stands for what is not defined."""
    if not predictions.is_binary:
        return set()
    positives, said = int((predictions.truth == 1).sum()), int((predictions.label == 1).sum())
    found = {"recall_score", "f1_score", "precision_recall_auc", "roc_auc"} if positives < least else set()
    if len(predictions) - positives < least:
        found.add("roc_auc")
    return found | ({"precision_score"} if said < least else set())


def _binary(p: Predictions) -> dict[str, float]:
    import numpy as np
    from sklearn import metrics as sk

    from .losses import row_losses

    truth, rows = p.truth, len(p.truth)
    positives, said = int((truth == 1).sum()), int((p.label == 1).sum())
    right = int(((truth == 1) & (p.label == 1)).sum())
    positive = positives / rows
    out = {
        "example_count": float(rows),
        "positive_rate": positive,
        "predicted_positive_rate": said / rows,
        "true_positives": float(right),
        "false_positives": float(said - right),
        "true_negatives": float(rows - positives - said + right),
        "false_negatives": float(positives - right),
        "accuracy_score": (rows - positives - said + 2 * right) / rows,
        "precision_score": right / said if said else 0.0,
        "recall_score": right / positives if positives else 0.0,
        "f1_score": 2 * right / (positives + said) if positives + said else 0.0,
    }
    if p.score is not None:
        out["brier_score"] = float(np.mean((p.score - truth) ** 2))
        out["log_loss"] = float(np.mean(row_losses(p)))
        if 0.0 < positive < 1.0:
            out["roc_auc"] = sk.roc_auc_score(truth, p.score)
            # average precision: what MLflow stores under this name
            out["precision_recall_auc"] = sk.average_precision_score(truth, p.score)
    return out


def _multiclass(p: Predictions) -> dict[str, float]:
    import numpy as np
    from sklearn import metrics as sk

    truth, label = p.truth, p.label
    out = {
        "example_count": float(len(truth)),
        "accuracy_score": float(np.mean(truth == label)),
        "precision_score": sk.precision_score(truth, label, average="weighted", zero_division=0.0),
        "recall_score": sk.recall_score(truth, label, average="weighted", zero_division=0.0),
        "f1_score": sk.f1_score(truth, label, average="weighted", zero_division=0.0),
    }
    if p.score is not None and p.score.ndim == 2:
        every = list(range(len(p.classes)))
        out["log_loss"] = float(sk.log_loss(truth, p.score, labels=every))
        if len(np.unique(truth)) == len(every):
            out["roc_auc"] = sk.roc_auc_score(truth, p.score, average="weighted", multi_class="ovr", labels=every)
    return out


def _regressor(p: Predictions) -> dict[str, float]:
    import numpy as np
    from sklearn import metrics as sk

    truth, value = p.truth.astype(float), p.label.astype(float)
    error = value - truth
    squared = float(np.mean(error**2))
    return {
        "example_count": float(len(truth)),
        "mean_on_target": float(np.mean(truth)),
        "sum_on_target": float(np.sum(truth)),
        "mean_prediction": float(np.mean(value)),
        "mean_squared_error": squared,
        "root_mean_squared_error": math.sqrt(squared),
        "mean_absolute_error": float(np.mean(np.abs(error))),
        "mean_absolute_percentage_error": float(sk.mean_absolute_percentage_error(truth, value)),
        "max_error": float(np.max(np.abs(error))),
        "r2_score": float(sk.r2_score(truth, value)) if len(truth) > 1 and np.ptp(truth) > 0 else math.nan,
    }

"""Curves of a model as few points: what a chart needs, not what the data has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Points of a curve; more cannot be told apart on a screen.
MAX_POINTS = 200


@dataclass(frozen=True)
class Curve:
    """A line to draw: ``name``, what the axes show, and the points."""

    name: str
    x_label: str
    y_label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    counts: tuple[int, ...] = ()


def roc_curve(truth: NDArray[Any], score: NDArray[np.float64]) -> Curve:
    """Return the true-positive rate over the false-positive rate."""
    from sklearn import metrics as sk

    false_positive, true_positive, _ = sk.roc_curve(truth, score)
    x, y = _thin(false_positive, true_positive)
    return Curve("ROC", "false-positive rate", "true-positive rate", x, y)


def precision_recall_curve(truth: NDArray[Any], score: NDArray[np.float64]) -> Curve:
    """Return precision over recall."""
    from sklearn import metrics as sk

    precision, recall, _ = sk.precision_recall_curve(truth, score)
    x, y = _thin(recall[::-1], precision[::-1])
    return Curve("Precision and recall", "recall", "precision", x, y)


def calibration_curve(truth: NDArray[Any], score: NDArray[np.float64], *, bins: int = 10) -> Curve:
    """Return the observed share of positives over the mean predicted probability, in ``bins`` groups of equal size."""
    import numpy as np

    order = np.argsort(score, kind="stable")
    groups = [group for group in np.array_split(order, min(bins, len(order))) if len(group)]
    return Curve(
        "Calibration",
        "predicted probability",
        "observed share",
        tuple(float(score[group].mean()) for group in groups),
        tuple(float(np.mean(truth[group] == 1)) for group in groups),
        tuple(len(group) for group in groups),
    )


def residual_curve(truth: NDArray[np.float64], value: NDArray[np.float64], *, bins: int = 20) -> Curve:
    """Return the mean error (predicted minus true) over the predicted value, in ``bins`` groups of equal size."""
    import numpy as np

    order = np.argsort(value, kind="stable")
    groups = [group for group in np.array_split(order, min(bins, len(order))) if len(group)]
    return Curve(
        "Residuals",
        "predicted value",
        "mean error",
        tuple(float(value[group].mean()) for group in groups),
        tuple(float((value[group] - truth[group]).mean()) for group in groups),
        tuple(len(group) for group in groups),
    )


def _thin(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Keep at most ``MAX_POINTS`` points, evenly by x, and always both ends."""
    import numpy as np

    if len(x) > MAX_POINTS:
        kept = np.unique(
            np.r_[0, np.searchsorted(x, np.linspace(x[0], x[-1], MAX_POINTS)).clip(0, len(x) - 1), len(x) - 1]
        )
        x, y = x[kept], y[kept]
    return tuple(float(value) for value in x), tuple(float(value) for value in y)

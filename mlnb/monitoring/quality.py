"""How good the predictions were, as far as the truth is known: the platform's metrics from a confusion matrix and from scores.

One group is a few hundred rows and there are thousands of groups, so everything is counted with numpy; the tests compare with
scikit-learn. What is not defined (an AUC with one class) is left out rather than set to a number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlnb.monitoring.stats import ALL_MODELS, GroupKey

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from mlnb.monitoring.plan import Plan

    FloatArray = npt.NDArray[np.float64]
    IntArray = npt.NDArray[np.int64]

#: Probabilities are kept this far from 0 and 1 before a logarithm.
_TINY = 1e-15


def order_classes(names: Sequence[str]) -> list[str]:
    """Classes in the order models count them: by number when all are numbers, else by text."""
    try:
        return sorted(set(names), key=float)
    except ValueError:
        return sorted(set(names))


def group_quality(
    plan: Plan, rows: pa.Table, granularity: str, classes: Sequence[str], *, has_model: bool
) -> dict[GroupKey, dict[str, Any]]:
    """Compute the metrics of every group that has rows with prediction and truth.

    Parameters
    ----------
    plan
        What is monitored.
    rows
        Window `w`, model `m`, slices `s0` …, truth `y`, prediction `p`, `score`.
    granularity
        Goes into the keys.
    classes
        All classes in the model's order; a window need not hold all of them.
    has_model
        Whether groups by model are wanted too.
    """
    assert plan.log is not None
    if plan.log.problem_type == "regression":
        truth, guess = rows.column("y").to_numpy(), rows.column("p").to_numpy()
        return {
            key: regression_metrics(truth[index], guess[index])
            for key, index in _groups(plan, rows, granularity, has_model)
        }
    truth, guess = _codes(rows.column("y"), classes), _codes(rows.column("p"), classes)
    scores = _scores(rows, len(classes))
    found = {}
    for key, index in _groups(plan, rows, granularity, has_model):
        part = None if scores is None else scores[index]
        found[key] = classification_metrics(truth[index], guess[index], part, classes)
    return found


def _groups(plan: Plan, rows: pa.Table, granularity: str, has_model: bool) -> Iterator[tuple[GroupKey, IntArray]]:
    """Each group with the numbers of its rows: by window, by model, by slice, by both."""
    import numpy as np

    def codes(name: str) -> tuple[IntArray, list[Any]]:
        encoded = rows.column(name).combine_chunks().dictionary_encode()
        return encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), encoded.dictionary.to_pylist()

    windows, starts = codes("w")
    models, model_names = codes("m")
    for number in range(-1, len(plan.slices)):
        parts, values = codes(f"s{number}") if number >= 0 else (np.zeros(len(windows), dtype=np.int64), [""])
        key = plan.slices[number].key if number >= 0 else ""
        for by_model in (False, True)[: 1 + has_model]:
            used = models if by_model else np.zeros(len(windows), dtype=np.int64)
            combined = (windows * (int(used.max(initial=0)) + 1) + used) * (len(values) + 1) + parts
            order = np.argsort(combined, kind="stable")
            order = order[parts[order] >= 0]
            for index in np.split(order, np.flatnonzero(np.diff(combined[order])) + 1):
                if len(index):
                    model = model_names[models[index[0]]] if by_model else ALL_MODELS
                    yield GroupKey(granularity, starts[windows[index[0]]], model, key, values[parts[index[0]]]), index


def _codes(column: pa.ChunkedArray, classes: Sequence[str]) -> IntArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    found: IntArray = pc.index_in(column, pa.array(list(classes), type=column.type)).combine_chunks().to_numpy()
    return found


def _scores(rows: pa.Table, classes: int) -> FloatArray | None:
    """Probabilities as a matrix, one column per class; one number is the probability of the second of two."""
    import numpy as np

    lists = rows.column("score").combine_chunks()
    if lists.null_count == len(lists) or not len(lists):
        return None
    sizes = np.diff(lists.offsets.to_numpy())
    width = int(sizes.max())
    if lists.null_count or (sizes != width).any():
        # Some rows have no probabilities: they get NaN, and the metrics of their group are left out.
        matrix = np.full((len(lists), width), np.nan)
        matrix[np.arange(width) < sizes[:, None]] = lists.flatten().to_numpy(zero_copy_only=False)
    else:
        matrix = lists.flatten().to_numpy(zero_copy_only=False).reshape(len(lists), width)
    if width == 1 and classes <= 2:
        return np.column_stack([1.0 - matrix, matrix])
    return matrix if width == classes else None


def classification_metrics(
    truth: IntArray, guess: IntArray, scores: FloatArray | None, classes: Sequence[str]
) -> dict[str, Any]:
    """Metrics of one group; `truth` and `guess` are positions in `classes`."""
    import numpy as np

    size = len(classes)
    matrix = np.bincount(truth * size + guess, minlength=size * size).reshape(size, size)
    total = int(matrix.sum())
    right, predicted, actual = np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1)
    present = np.flatnonzero((actual > 0) | (predicted > 0))
    weights = actual[present] / total
    precision = _ratio(right[present], predicted[present])
    recall = _ratio(right[present], actual[present])
    f1 = _ratio(2 * right[present], predicted[present] + actual[present])
    names = [classes[int(index)] for index in present]
    found: dict[str, Any] = {
        "num_labels": total,
        "accuracy_score": float(right.sum() / total),
        "confusion_matrix": [
            {"prediction": classes[g], "label": classes[t], "count": int(matrix[t, g])}
            for t, g in np.argwhere(matrix > 0)
        ],
        "precision": _averaged(names, precision, weights),
        "recall": _averaged(names, recall, weights),
        "f1_score": _averaged(names, f1, weights),
    }
    if scores is not None and scores.shape[1] == size and not np.isnan(scores).any():
        clipped = np.clip(scores[np.arange(total), truth], _TINY, 1.0)
        found["log_loss"] = float(-np.mean(np.log(clipped)))
        rated = np.flatnonzero((actual > 0) & (actual < total))
        aucs = np.asarray([roc_auc(truth == index, scores[:, index]) for index in rated], dtype=np.float64)
        if len(rated) > 1:
            found["roc_auc_score"] = _averaged(
                [classes[int(i)] for i in rated], aucs, actual[rated] / actual[rated].sum()
            )
    return found


def roc_auc(positive: npt.NDArray[np.bool_], score: FloatArray) -> float | None:
    """Area under the curve by ranks, ties at half weight; None when only one class is there."""
    import numpy as np

    ups = int(positive.sum())
    downs = len(positive) - ups
    if ups == 0 or downs == 0:
        return None
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[positive].sum() - ups * (ups + 1) / 2) / (ups * downs))


def regression_metrics(truth: FloatArray, guess: FloatArray) -> dict[str, Any]:
    """Metrics of one group of numbers."""
    import numpy as np

    finite = np.isfinite(truth) & np.isfinite(guess)
    truth, guess = truth[finite], guess[finite]
    if not len(truth):
        return {"num_labels": 0}
    error = guess - truth
    squared = float(np.mean(error**2))
    spread = float(np.sum((truth - truth.mean()) ** 2))
    found: dict[str, Any] = {
        "num_labels": len(truth),
        "mean_squared_error": squared,
        "root_mean_squared_error": math.sqrt(squared),
        "mean_average_error": float(np.mean(np.abs(error))),
        "r2_score": 1.0 - float(np.sum(error**2)) / spread if spread > 0 else None,
    }
    nonzero = truth != 0
    if nonzero.all():
        found["mean_absolute_percentage_error"] = float(np.mean(np.abs(error / truth)))
    return {name: value for name, value in found.items() if value is not None}


def _ratio(above: IntArray, below: IntArray) -> FloatArray:
    """Share with 0/0 counted as 0, as scikit-learn does."""
    import numpy as np

    return np.divide(above, below, out=np.zeros(len(above), dtype=np.float64), where=below > 0)


def _averaged(names: Sequence[str], values: FloatArray, weights: FloatArray) -> dict[str, Any]:
    return {
        "one_vs_all": {name: float(value) for name, value in zip(names, values, strict=True)},
        "macro": float(values.mean()),
        "weighted": float((values * weights).sum()),
    }


def metric_value(name: str, stored: Any) -> float | None:
    """One number of a stored metric.

    `precision.macro`, `precision.weighted` and `precision.<class>` name a part; a metric without a part means its positive
    class when there are two, else the weighted mean.
    """
    if stored is None or isinstance(stored, (int, float)):
        return None if stored is None else float(stored)
    part = name.partition(".")[2]
    by_class: Mapping[str, float] = dict(stored.get("one_vs_all") or {})
    if part in ("macro", "weighted"):
        return None if stored.get(part) is None else float(stored[part])
    if part in ("statistic", "pvalue"):
        return None if stored.get(part) is None else float(stored[part])
    if part:
        return by_class.get(part)
    if "statistic" in stored:
        return None if stored["statistic"] is None else float(stored["statistic"])
    classes = order_classes(list(by_class))
    return by_class[classes[-1]] if len(classes) == 2 else stored.get("weighted")

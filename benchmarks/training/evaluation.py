"""Evaluation: CPU seconds of every metric in every slice with intervals, and whether the intervals and verdicts keep what they promise.

Slices: 100,000 rows, 20 slices, every metric with 1,000 draws; beside it fairlearn's ``MetricFrame`` on the same rows, without intervals,
where it is installed (otherwise scikit-learn slice by slice, which is what it calls). The values are compared.

Simulations: how often an interval covers the true value, and how often one of two equally good models is called BETTER.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--slices", type=int, default=20)
    options.add_argument("--draws", type=int, default=1000)
    options.add_argument("--trials", type=int, default=400)
    arguments = options.parse_args()
    _slices(arguments.rows, arguments.slices, arguments.draws)
    _coverage(arguments.trials)
    _verdicts(arguments.trials)


def _model(rows: int, seed: int, noise: float = 1.0, draw: Any = None) -> Any:
    """Return scores that say something of the truth, with noise of their own."""
    import numpy as np

    from mlnb.training.scoring.metrics import Predictions

    rng = np.random.default_rng(seed)
    signal = rng.normal(size=rows)
    truth = (rng.random(rows) < 1 / (1 + np.exp(-(1.5 * signal - 0.5)))).astype(np.int64)
    other = rng if draw is None else np.random.default_rng(draw)
    score = 1 / (1 + np.exp(-(1.5 * signal - 0.5 + noise * other.normal(size=rows))))
    return Predictions("classifier", truth, (score >= 0.5).astype(np.int64), score, (0, 1))


def _timed(action: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    found = action()
    return time.process_time() - start, found


def _slices(rows: int, count: int, draws: int) -> None:
    import numpy as np
    import pandas as pd

    from mlnb.training.scoring.slices import make_slices, score_slices

    predictions = _model(rows, 1)
    group = pd.Series(np.random.default_rng(2).integers(0, count, rows).astype(str))
    pieces = list(make_slices(group, "group"))
    score_slices(predictions, pieces[:1], draws=10)  # imports
    ours, scores = _timed(lambda: score_slices(predictions, pieces, draws=draws))
    theirs, frame, name = _reference(predictions, group)
    bounded = {score.metric for score in scores if score.lower is not None}
    worst = max(abs(score.value - frame[score.metric][score.slice_value]) for score in scores if score.metric in frame)
    print(f"{len(pieces)} slices × {len(bounded)} metrics × {draws:,} draws at {rows:,} rows: {ours:.2f} CPU s")
    print(f"  {name} without intervals: {theirs:.2f} CPU s; greatest difference of {len(frame)} metrics: {worst:.1e}")


def _reference(predictions: Any, group: Any) -> tuple[float, dict[str, dict[str, float]], str]:
    from sklearn import metrics as sk

    by_label = {
        "accuracy_score": sk.accuracy_score,
        "precision_score": sk.precision_score,
        "recall_score": sk.recall_score,
        "f1_score": sk.f1_score,
    }
    by_score = {
        "roc_auc": sk.roc_auc_score,
        "precision_recall_auc": sk.average_precision_score,
        "log_loss": sk.log_loss,
        "brier_score": sk.brier_score_loss,
    }
    sides = ((by_label, predictions.label), (by_score, predictions.score))
    try:
        from fairlearn.metrics import MetricFrame
    except ImportError:

        def plain() -> dict[str, dict[str, float]]:
            rows = {value: (group == value).to_numpy() for value in group.unique()}
            return {
                name: {value: float(f(predictions.truth[at], said[at])) for value, at in rows.items()}
                for functions, said in sides
                for name, f in functions.items()
            }

        seconds, found = _timed(plain)
        return seconds, found, "scikit-learn slice by slice"

    def frames() -> dict[str, dict[str, float]]:
        found: dict[str, dict[str, float]] = {}
        for functions, said in sides:
            table = MetricFrame(
                metrics=functions, y_true=predictions.truth, y_pred=said, sensitive_features=group
            ).by_group
            found |= {name: table[name].astype(float).to_dict() for name in functions}
        return found

    seconds, found = _timed(frames)
    return seconds, found, "fairlearn's MetricFrame"


def _coverage(trials: int) -> None:
    from mlnb.training.scoring.intervals import bootstrap_intervals
    from mlnb.training.scoring.metrics import compute_metrics

    right = compute_metrics(_model(2_000_000, 0))
    hits: dict[str, int] = {}
    seconds, _ = _timed(
        lambda: [
            hits.__setitem__(name, hits.get(name, 0) + (low <= right[name] <= high))
            for trial in range(trials)
            for name, (low, high) in bootstrap_intervals(_model(800, trial + 1), draws=500, seed=trial).items()
        ]
    )
    shown = ", ".join(f"{name} {100 * count / trials:.1f} %" for name, count in hits.items())
    print(f"coverage of 95 % intervals, {trials} samples of 800 rows ({seconds:.1f} CPU s): {shown}")


def _verdicts(trials: int) -> None:
    from mlnb.training.scoring.paired import compare_predictions

    called: dict[str, int] = {}
    covered: dict[str, int] = {}

    def run() -> None:
        for trial in range(trials):
            pair = (_model(800, trial + 1, draw=f) for f in (10_000 + trial, 20_000 + trial))
            for item in compare_predictions(*pair, draws=500, seed=trial):
                called[item.metric] = called.get(item.metric, 0) + (item.verdict == "BETTER")
                inside = item.lower is not None and item.upper is not None and item.lower <= 0 <= item.upper
                covered[item.metric] = covered.get(item.metric, 0) + inside

    seconds, _ = _timed(run)
    shown = ", ".join(
        f"{name} {100 * count / trials:.1f} % (no difference covered {100 * covered[name] / trials:.1f} %)"
        for name, count in called.items()
    )
    print(f"false BETTER of equal models, {trials} samples of 800 rows ({seconds:.1f} CPU s): {shown}")


if __name__ == "__main__":
    main()

"""Is there enough data? A probe learns from growing parts of the rows, and the curve says what twice the rows should bring.

The probe is a gradient-boosted tree model of fixed size: good on most tables, quick, and the same every time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mlnb.core.errors import InvalidParameterError, did_you_mean

from ..records import CurvePoint, LearningCurve
from .associations import T_QUANTILES
from .values import SCORED_CLASSES, TargetValues, member_codes, read_target

if TYPE_CHECKING:
    from ..look import Look

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Rows the probe may see, and rows that it needs.
MAX_ROWS, MIN_ROWS = 50_000, 200
#: Rows that a fold is tested on at most.
TEST_ROWS = 5_000
#: Sizes are halved so often, and not below so many rows.
HALVINGS, SMALLEST = 5, 50
#: Inputs, those that predict best first.
MAX_INPUTS = 100
#: Levels of a category that the probe tells apart.
MAX_LEVELS = 200
ITERATIONS, LEAVES, LEARNING_RATE = 40, 15, 0.15
#: A gain worth collecting data for, as a share of what is still missing to a perfect score (or of the score, for errors).
WORTH = 0.02


@dataclass(frozen=True)
class _Metric:
    name: str
    better: int  # 1 where more is better, -1 for errors
    classes: bool


METRICS = {
    metric.name: metric
    for metric in (
        _Metric("auc", 1, True),
        _Metric("accuracy", 1, True),
        _Metric("log_loss", -1, True),
        _Metric("r2", 1, False),
        _Metric("mae", -1, False),
        _Metric("rmse", -1, False),
    )
}
OnProgress = Callable[[float, str], None]


def learning_curve(
    look: Look,
    target: str,
    *,
    time_column: str | None = None,
    group: str | None = None,
    metric: str | None = None,
    max_rows: int = MAX_ROWS,
    exclude: Collection[str] | None = None,
    on_progress: OnProgress | None = None,
) -> LearningCurve:
    """Return the scores of a probe on growing parts of the data, and the gain to expect from twice the rows.

    Parameters
    ----------
    time_column, group
        Test forward in time, by whole groups.
    metric
        ``auc`` (the default for classes), ``accuracy``, ``log_loss``; ``r2`` (for numbers), ``mae``, ``rmse``.
    exclude
        Columns the probe must not see: a leak would make every curve flat and perfect. Left out, what `leakage.screen` blocks and what
        is not available when the model is asked.
    on_progress
        Receives the share that is done and what is being done.

    Raises
    ------
    InvalidParameterError
        When the metric is unknown or does not fit the target, when there are too few rows, or nothing to learn from or to predict.
    """
    values = read_target(look, target, time_column, group)
    if values is None:
        raise InvalidParameterError(
            f"The target {target!r} has fewer than two different values.", hint="There is nothing to predict."
        )
    chosen = _metric(metric, values)
    values = values.first(max_rows)
    if len(values.rows) < MIN_ROWS:
        raise InvalidParameterError(
            f"A learning curve needs {MIN_ROWS} rows with a target, and there are {len(values.rows):,}.",
            hint="With so few rows prefer a simple model and cross-validation.",
        )
    without = {target, *(_leaks(look, target, time_column, group) if exclude is None else exclude)}
    columns, categories = _inputs(look, values, without | ({group} if group else set()))
    if columns.shape[1] == 0:
        raise InvalidParameterError(
            "There is no column to learn from.", hint="Text, identifiers and excluded columns are not used."
        )
    members = member_codes(look.columns[group])[values.rows] if group is not None else None
    trained = _Probe(columns, categories, values, chosen)
    scores, sizes = _scores(trained, members, look.seed, on_progress)
    return _curve(chosen, scores, sizes)


def _leaks(look: Look, target: str, time_column: str | None, group: str | None) -> set[str]:
    from ..leakage.screen import screen

    found = screen(look, target, time_column=time_column, group=group)
    blocked = {finding.column for finding in found if finding.severity == "BLOCKED" and finding.column}
    return blocked | unavailable_columns(look)


def unavailable_columns(look: Look) -> set[str]:
    """Columns whose association says that they are not there when the model is asked."""
    known = ((name, scanned.profile.association) for name, scanned in look.columns.items())
    return {name for name, association in known if association is not None and association.unavailable}


def _metric(name: str | None, target: TargetValues) -> _Metric:
    fitting = [m.name for m in METRICS.values() if m.classes == (target.numbers is None)]
    if name is None:
        return METRICS[fitting[0]]
    if name not in METRICS:
        raise InvalidParameterError(
            f"The metric {name!r} is not known.", hint=did_you_mean(name, fitting) or f"One of {', '.join(fitting)}."
        )
    if name not in fitting:
        kind = "classes" if target.numbers is None else "numbers"
        raise InvalidParameterError(
            f"The metric {name!r} does not fit a target of {kind}.", hint=f"One of {', '.join(fitting)}."
        )
    return METRICS[name]


def _inputs(look: Look, target: TargetValues, without: set[str]) -> tuple[npt.NDArray[np.float32], list[bool]]:
    """The columns as the probe takes them, and which of them are categories."""
    usable = []
    for name, scanned in look.columns.items():
        profile = scanned.profile
        if name in without or profile.kind not in ("numeric", "datetime", "categorical", "boolean"):
            continue
        if (profile.distinct_count or 0) > 1:
            usable.append((-(profile.association.value if profile.association else 0.0), name))
    names = {name for _, name in sorted(usable)[:MAX_INPUTS]}
    made: list[FloatArray] = []
    categories: list[bool] = []
    for name, scanned in look.columns.items():
        if name not in names:
            continue
        if scanned.values is not None:
            numbers = scanned.values[target.rows]
            known = np.isfinite(numbers)
            # Times as doubles of microseconds lose nothing that matters once they start at zero.
            made.append(np.where(known, numbers - (numbers[known].min() if known.any() else 0.0), np.nan))
            categories.append(False)
        elif scanned.codes is not None:
            codes = scanned.codes[target.rows]
            counts = np.bincount(codes[codes >= 0], minlength=1)
            kept = np.argsort(-counts, kind="stable")[:MAX_LEVELS]
            place = np.full(len(counts) + 1, float(len(kept)))
            place[kept] = np.arange(len(kept))
            place[-1] = np.nan
            made.append(place[codes])
            categories.append(True)
    if not made:
        return np.zeros((len(target.rows), 0), dtype=np.float32), []
    return np.column_stack(made).astype(np.float32), categories


# -- the probe ---------------------------------------------------------------------------------------------------------


@dataclass
class _Probe:
    """Inputs and target of the rows, and how a score is made."""

    columns: npt.NDArray[np.float32]
    categories: list[bool]
    target: TargetValues
    metric: _Metric

    def score(self, train: IntArray, test: IntArray) -> float:
        """Learn from some rows and score on others; NaN where these hold one class only."""
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        settings: dict[str, Any] = {
            "max_iter": ITERATIONS,
            "max_leaf_nodes": LEAVES,
            "learning_rate": LEARNING_RATE,
            "early_stopping": False,
            "categorical_features": self.categories if any(self.categories) else None,
            "random_state": 0,
        }
        if self.target.numbers is not None:
            model = HistGradientBoostingRegressor(**settings)
            model.fit(self.columns[train], self.target.numbers[train])
            return self._of_numbers(model.predict(self.columns[test]), self.target.numbers[test])
        truth = self._classes()
        if len(np.unique(truth[train])) < 2:
            return float("nan")
        classifier = HistGradientBoostingClassifier(**settings)
        classifier.fit(self.columns[train], truth[train])
        shares = np.zeros((len(test), int(truth.max()) + 1))
        shares[:, classifier.classes_.astype(np.int64)] = classifier.predict_proba(self.columns[test])
        return self._of_classes(shares, truth[test])

    def _classes(self) -> IntArray:
        """The classes that are scored from 0; all rarer ones share the last place."""
        scored = self.target.scored or []
        codes = self.target.codes if self.target.codes is not None else np.zeros(0, dtype=np.int64)
        if self.target.binary:
            positive: IntArray = (codes == scored[0]).astype(np.int64)
            return positive
        place = np.full(len(self.target.labels or ()), min(len(scored), SCORED_CLASSES), dtype=np.int64)
        place[scored] = np.arange(len(scored))
        classes: IntArray = place[codes]
        return classes

    def _of_classes(self, shares: FloatArray, truth: IntArray) -> float:
        from ..together.measures import auc

        if self.metric.name == "accuracy":
            return float(np.mean(shares.argmax(axis=1) == truth))
        if self.metric.name == "log_loss":
            given = np.clip(shares[np.arange(len(truth)), truth], 1e-15, 1)
            return float(-np.log(given).mean())
        areas = [
            auc(shares[:, k], truth == k)
            for k in ([1] if self.target.binary else range(shares.shape[1]))
            if 0 < (truth == k).sum() < len(truth)
        ]
        return float(np.mean(areas)) if areas else float("nan")

    def _of_numbers(self, predicted: FloatArray, truth: FloatArray) -> float:
        error = predicted - truth
        if self.metric.name == "mae":
            return float(np.abs(error).mean())
        if self.metric.name == "rmse":
            return float((error**2).mean() ** 0.5)
        spread = float(((truth - truth.mean()) ** 2).sum())
        return 1 - float((error**2).sum()) / spread if spread > 0 else float("nan")


def _scores(
    probe: _Probe, members: IntArray | None, seed: int, on_progress: OnProgress | None
) -> tuple[FloatArray, list[int]]:
    """Scores per fold and size."""
    # Loaded before its threads are limited: libraries that come later would not be.
    import sklearn.ensemble  # noqa: F401
    from threadpoolctl import threadpool_limits

    folds = probe.target.folds
    splits = []
    for fold in range(folds.count):
        train = np.flatnonzero(folds.number < fold if folds.forward else folds.number != fold)
        test = np.flatnonzero(folds.number == fold)
        splits.append((train, test[:TEST_ROWS]))
    if folds.forward:  # the early folds have too little before them
        splits = splits[len(splits) // 2 :]
    splits = [(train, test) for train, test in splits if len(test) and len(train) >= SMALLEST]
    most = min((len(train) for train, _ in splits), default=0)
    sizes = sorted({most >> k for k in range(HALVINGS) if most >> k >= SMALLEST})
    if len(sizes) < 2:
        raise InvalidParameterError(
            "There are too few rows in the folds for a learning curve.",
            hint="Groups may be very unequal, or nearly all rows have one time.",
        )
    scores = np.full((len(splits), len(sizes)), np.nan)
    done, work = 0, len(splits) * sum(sizes)
    with threadpool_limits(limits=1):
        for i, (train, test) in enumerate(splits):
            grown = _growing(train, members, np.random.default_rng(seed + i))
            for j, size in enumerate(sizes):
                scores[i, j] = probe.score(grown[:size], test)
                done += size
                if on_progress is not None:
                    on_progress(done / work, f"probe on {size:,} rows")
    return scores, sizes


def _growing(rows: IntArray, members: IntArray | None, rng: np.random.Generator) -> IntArray:
    """Rows in an order of which every beginning is a smaller data set: at random, or group by group, as more data would come."""
    if members is None:
        return rng.permutation(rows)
    order = rng.random(int(members.max(initial=0)) + 2)[members[rows]]
    return rows[np.argsort(order, kind="stable")]


# -- the curve ---------------------------------------------------------------------------------------------------------


def _curve(metric: _Metric, scores: FloatArray, sizes: list[int]) -> LearningCurve:
    kept = np.isfinite(scores).all(axis=1)
    scores = scores[kept]
    if len(scores) == 0:
        raise InvalidParameterError(
            "A class of the target is too rare for a learning curve.", hint="Collect more rows of it first."
        )
    points = []
    for j, size in enumerate(sizes):
        mean, half = _mean(scores[:, j])
        points.append(CurvePoint(rows=size, value=mean, lower=mean - half, upper=mean + half))
    curve = LearningCurve(metric=metric.name, points=points)
    if len(sizes) >= 3:
        gains = _gains(np.array(sizes, dtype=np.float64), scores)
        curve.gain, half = _mean(gains)
        curve.gain_lower, curve.gain_upper = curve.gain - half, curve.gain + half
    curve.verdict = _verdict(metric, curve)
    return curve


def _mean(values: FloatArray) -> tuple[float, float]:
    """Mean over folds and half of its 95 % interval."""
    if len(values) < 2:
        return float(values.mean()), 0.0
    quantile = T_QUANTILES.get(len(values) - 1, 2.776)
    return float(values.mean()), quantile * float(values.std(ddof=1)) / len(values) ** 0.5


def _gains(sizes: FloatArray, scores: FloatArray) -> FloatArray:
    """Gain of each fold from twice the rows, along ``a - b · n^-c`` with one ``c`` for all folds (larger parts count more)."""
    weights = np.sqrt(sizes / sizes[-1])
    best: tuple[float, FloatArray] | None = None
    for power in np.geomspace(0.1, 2.0, 25):
        shape = sizes**-power
        centred = shape - np.average(shape, weights=weights)
        means = np.average(scores, axis=1, weights=weights)
        slope = (weights * centred * (scores - means[:, None])).sum(axis=1) / (weights * centred * centred).sum()
        error = float((weights * (scores - means[:, None] - slope[:, None] * centred) ** 2).sum())
        if best is None or error < best[0]:
            best = error, slope * sizes[-1] ** -power * (2.0**-power - 1)
    assert best is not None
    return best[1]


def _verdict(metric: _Metric, curve: LearningCurve) -> str:
    last = curve.points[-1]
    if curve.gain is None or curve.gain_lower is None or curve.gain_upper is None:
        return "There are too few rows to say what more of them would bring."
    low, high = sorted((metric.better * curve.gain_lower, metric.better * curve.gain_upper))
    gain = metric.better * curve.gain
    room = 1 - last.value if metric.better > 0 else last.value
    worth = WORTH * max(room, 1e-9)
    name = {"auc": "AUC", "r2": "R²", "log_loss": "log loss", "mae": "MAE", "rmse": "RMSE"}.get(
        metric.name, metric.name
    )
    told = (
        f"twice the rows should change {name} by {curve.gain:+.2g} ({curve.gain_lower:+.2g} to {curve.gain_upper:+.2g})"
    )
    if low > worth:
        return f"More rows would help: {told}."
    if high < 2 * worth or gain <= 0:
        return f"There are enough rows for a model of this kind: {told}."
    return f"More rows may help a little: {told}."

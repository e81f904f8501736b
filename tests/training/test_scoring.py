"""Metrics, intervals, slices and curves as pure functions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlnb.training.scoring.curves import (
    MAX_POINTS,
    calibration_curve,
    precision_recall_curve,
    residual_curve,
    roc_curve,
)
from mlnb.training.scoring.intervals import bootstrap_intervals
from mlnb.training.scoring.metrics import (
    Predictions,
    UnknownMetricError,
    canonical_metric,
    compute_metrics,
    greater_is_better,
)
from mlnb.training.scoring.slices import make_slices, score_slices, worst_slice


def binary(rows: int, seed: int = 0, rounded: int | None = None) -> Predictions:
    rng = np.random.default_rng(seed)
    logit = rng.normal(size=rows)
    score = 1 / (1 + np.exp(-(logit - 0.8)))
    truth = (rng.random(rows) < score).astype(np.int64)
    if rounded is not None:
        score = np.round(score, rounded)
    return Predictions("classifier", truth, (score >= 0.5).astype(np.int64), score, (False, True))


def multiclass(rows: int) -> Predictions:
    rng = np.random.default_rng(1)
    score = rng.dirichlet([1, 2, 3], size=rows)
    truth = np.array([rng.choice(3, p=row) for row in score])
    return Predictions("classifier", truth, score.argmax(axis=1), score, ("a", "b", "c"))


def regression(rows: int) -> Predictions:
    rng = np.random.default_rng(2)
    truth = rng.normal(10, 3, size=rows)
    return Predictions("regressor", truth, truth + rng.normal(size=rows))


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_metrics_equal_what_mlflow_computes_under_the_same_names(kind: str, ws: object) -> None:
    import mlflow

    made = {"binary": binary, "multiclass": multiclass, "regression": regression}[kind](300)
    frame = pd.DataFrame({"truth": made.truth, "said": made.label})
    if made.score is not None:
        columns = made.score if made.score.ndim == 2 else np.column_stack([1 - made.score, made.score])
        frame = frame.assign(**{f"p{number}": columns[:, number] for number in range(columns.shape[1])})

    class Replay:
        classes_ = np.unique(made.truth)

    def predict(rows: pd.DataFrame) -> np.ndarray:
        return rows["said"].to_numpy()

    ws.tracking.configure()  # type: ignore[attr-defined]
    with mlflow.start_run(experiment_id=ws.tracking.experiment_id("check")):  # type: ignore[attr-defined]
        theirs = mlflow.models.evaluate(
            predict,
            frame,
            targets="truth",
            model_type="regressor" if kind == "regression" else "classifier",
            evaluators="default",
            evaluator_config={"log_model_explainability": False, "log_explainer": False},
        ).metrics
    ours = compute_metrics(made)
    shared = set(ours) & set(theirs)
    assert len(shared) >= (7 if kind == "regression" else 4)
    for name in shared:
        assert ours[name] == pytest.approx(theirs[name], abs=1e-12), name


def test_ranking_metrics_equal_scikit_learns() -> None:
    from sklearn import metrics as sk

    made = binary(2000, rounded=2)
    found = compute_metrics(made)
    assert found["roc_auc"] == sk.roc_auc_score(made.truth, made.score)
    assert found["precision_recall_auc"] == sk.average_precision_score(made.truth, made.score)
    assert found["log_loss"] == pytest.approx(sk.log_loss(made.truth, made.score))
    assert found["brier_score"] == pytest.approx(sk.brier_score_loss(made.truth, made.score))


def test_undefined_metrics_are_absent() -> None:
    one_class = Predictions("classifier", np.ones(50, dtype=int), np.ones(50, dtype=int), np.full(50, 0.9), (0, 1))
    found = compute_metrics(one_class)
    assert "roc_auc" not in found
    assert found["accuracy_score"] == 1.0
    no_score = Predictions("classifier", np.array([0, 1, 1]), np.array([0, 1, 0]), None, (0, 1))
    assert "log_loss" not in compute_metrics(no_score)
    constant = Predictions("regressor", np.ones(5), np.ones(5))
    assert "r2_score" not in compute_metrics(constant)


@pytest.mark.parametrize(("rows", "rounded"), [(150, None), (1500, None), (1500, 1)])
def test_intervals_agree_with_resampling_row_by_row(rows: int, rounded: int | None) -> None:
    made = binary(rows, rounded=rounded)
    rng = np.random.default_rng(5)
    drawn = [compute_metrics(made.take(rng.integers(0, rows, rows))) for _ in range(200)]
    found = bootstrap_intervals(made, draws=2000)
    assert set(found) == {
        "accuracy_score",
        "precision_score",
        "recall_score",
        "f1_score",
        "log_loss",
        "brier_score",
        "roc_auc",
        "precision_recall_auc",
    }
    for name, (lower, upper) in found.items():
        values = [item[name] for item in drawn]
        spread = np.std(values)
        assert lower == pytest.approx(np.quantile(values, 0.025), abs=0.5 * spread), name
        assert upper == pytest.approx(np.quantile(values, 0.975), abs=0.5 * spread), name


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    score = 1 / (1 + np.exp(-(np.random.default_rng(0).normal(size=200_000) - 0.8)))
    truth = (np.random.default_rng(1).random(200_000) < score).astype(np.int64)
    everything = Predictions("classifier", truth, (score >= 0.5).astype(np.int64), score, (0, 1))
    right = compute_metrics(everything)
    rng, hits, trials = np.random.default_rng(2), 0, 150
    for trial in range(trials):
        part = everything.take(rng.integers(0, len(truth), size=500))
        lower, upper = bootstrap_intervals(part, draws=300, seed=trial, cells=300)["roc_auc"]
        hits += lower <= right["roc_auc"] <= upper
    assert 0.9 <= hits / trials <= 0.99


def test_intervals_of_regressors_agree_between_few_and_many_rows() -> None:
    made = regression(4096)
    exact = bootstrap_intervals(made, draws=1000)
    doubled = Predictions("regressor", np.r_[made.truth, made.truth[:1]], np.r_[made.label, made.label[:1]])
    limit = bootstrap_intervals(doubled, draws=4000)
    for name, (lower, upper) in exact.items():
        width = upper - lower
        assert limit[name][0] == pytest.approx(lower, abs=0.15 * width), name
        assert limit[name][1] == pytest.approx(upper, abs=0.15 * width), name


def test_intervals_repeat_with_the_seed_and_can_be_left_out() -> None:
    made = multiclass(300)
    assert bootstrap_intervals(made, draws=100, seed=3) == bootstrap_intervals(made, draws=100, seed=3)
    assert bootstrap_intervals(made, draws=0) == {}


def test_slices_are_values_quartiles_and_missing() -> None:
    words = {piece.value: len(piece) for piece in make_slices(pd.Series(["a", "b", None, "a"]), "word")}
    assert words == {"a": 2, "b": 1, "(missing)": 1}
    numbers = list(make_slices(pd.Series(np.arange(100.0)), "number"))
    assert [len(piece) for piece in numbers] == [25, 25, 25, 25]
    flags = {piece.value for piece in make_slices(pd.Series([True, False]), "flag")}
    assert flags == {"True", "False"}
    category = pd.Series(["x", "y", "x"]).astype("category")
    assert {piece.value: len(piece) for piece in make_slices(category, "category")} == {"x": 2, "y": 1}


def test_rare_values_share_one_slice_and_no_row_is_lost() -> None:
    column = pd.Series([f"v{number}" for number in range(100)] * 2)
    pieces = list(make_slices(column, "code"))
    assert pieces[-1].value == "(other)"
    assert sum(len(piece) for piece in pieces) == len(column)


def test_the_worst_slice_is_named_and_small_ones_are_not_judged() -> None:
    made = binary(1000)
    groups = pd.Series(np.where(np.arange(1000) < 10, "tiny", np.where(np.arange(1000) < 500, "bad", "good")))
    spoiled = made.score.copy()
    spoiled[:10] = 1 - made.truth[:10]
    spoiled[10:500] = np.random.default_rng(0).random(490)
    made = Predictions("classifier", made.truth, (spoiled >= 0.5).astype(int), spoiled, made.classes)
    scores = score_slices(made, list(make_slices(groups, "group")), draws=50)
    worst = worst_slice(scores, "roc_auc", greater_is_better=True)
    assert worst is not None
    assert (worst.slice_value, worst.n) == ("bad", 490)
    tiny = [score for score in scores if score.slice_value == "tiny"]
    assert tiny
    assert all(score.lower is None for score in tiny)
    assert worst_slice(scores, "absent", greater_is_better=True) is None


def test_curves_have_few_points_and_both_ends() -> None:
    made = binary(5000)
    for curve in (roc_curve(made.truth, made.score), precision_recall_curve(made.truth, made.score)):
        assert len(curve.x) <= MAX_POINTS + 2
        assert curve.x[0] == 0.0
        assert curve.x[-1] == 1.0
    calibration = calibration_curve(made.truth, made.score)
    assert sum(calibration.counts) == 5000
    assert np.abs(np.array(calibration.x) - calibration.y).max() < 0.1
    values = regression(500)
    assert sum(residual_curve(values.truth, values.label).counts) == 500


def test_metric_names_are_mlflows_and_short_ones_are_understood() -> None:
    assert canonical_metric("auc") == "roc_auc"
    assert canonical_metric("rmse", "regressor") == "root_mean_squared_error"
    with pytest.raises(UnknownMetricError) as caught:
        canonical_metric("roc_auk", "classifier")
    assert caught.value.code == "METRIC_NOT_FOUND"
    assert "roc_auc" in (caught.value.hint or "")
    with pytest.raises(UnknownMetricError):
        canonical_metric("rmse", "classifier")


@pytest.mark.parametrize(
    ("name", "better"), [("roc_auc", True), ("log_loss", False), ("val_loss", False), ("revenue", True), ("mae", False)]
)
def test_the_direction_of_a_metric_is_known_or_read_from_its_name(name: str, better: bool) -> None:
    assert greater_is_better(name) is better


def test_a_value_on_the_edge_of_a_quartile_belongs_below_it() -> None:
    found = list(make_slices(pd.Series(range(101)), "age"))
    assert [(piece.value, len(piece)) for piece in found] == [
        ("≤ 25", 26),
        ("25 – 50", 25),
        ("50 – 75", 25),
        ("> 75", 25),
    ]

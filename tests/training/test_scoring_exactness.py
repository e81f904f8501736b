"""Intervals, differences, rates and slices held against first principles: resampling row by row, printed examples, scikit-learn."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from mlnb.training.scoring.fairness import group_gaps
from mlnb.training.scoring.intervals import bootstrap_intervals
from mlnb.training.scoring.losses import row_losses
from mlnb.training.scoring.metrics import Predictions, compute_metrics
from mlnb.training.scoring.paired import compare_predictions
from mlnb.training.scoring.ranking import at_k, auc_of_classes
from mlnb.training.scoring.slices import Slice, make_slices, score_slices, worst_slice


def three_classes(rows: int, seed: int, strength: float = 1.2) -> Predictions:
    """Scores of three classes that are far too sure of themselves, so that few rows carry most of the loss."""
    rng = np.random.default_rng(seed)
    truth = np.random.default_rng(99).choice(3, rows, p=[0.5, 0.3, 0.2])
    raw = rng.normal(size=(rows, 3))
    raw[np.arange(rows), truth] += strength
    score = np.exp(4 * raw)
    score /= score.sum(axis=1, keepdims=True)
    return Predictions("classifier", truth, score.argmax(axis=1), score, ("a", "b", "c"))


def two_classes(rows: int, seed: int) -> Predictions:
    rng = np.random.default_rng(seed)
    truth = (np.random.default_rng(99).random(rows) < 0.3).astype(np.int64)
    score = 1 / (1 + np.exp(-4 * (rng.normal(size=rows) + truth - 0.5)))
    return Predictions("classifier", truth, (score >= 0.5).astype(np.int64), score, (0, 1))


def value_of(name: str, p: Predictions) -> float:
    """Return a metric by its definition, quickly."""
    if name == "log_loss":
        return float(row_losses(p).mean())
    if name == "brier_score":
        return float(np.mean((p.score - p.truth) ** 2))
    return float(sk.roc_auc_score(p.truth, p.score)) if p.is_binary else auc_of_classes(p)[0]


def resampled(value: Any, rows: int, draws: int = 300) -> np.ndarray:
    rng = np.random.default_rng(7)
    return np.array([value(rng.integers(0, rows, rows)) for _ in range(draws)])


@pytest.mark.parametrize("make", [three_classes, two_classes])
def test_a_difference_is_as_uncertain_as_resampling_row_by_row_says(make: Any) -> None:
    rows = 400
    one, other = make(rows, 1), make(rows, 2)
    found = {item.metric: item for item in compare_predictions(one, other, draws=2000)}
    assert {"roc_auc", "log_loss", "accuracy_score"} <= set(found)
    for name in ("roc_auc", "log_loss", *(["brier_score"] if make is two_classes else [])):
        sign = 1 if found[name].greater_is_better else -1
        drawn = resampled(
            lambda at, name=name, sign=sign: sign * (value_of(name, one.take(at)) - value_of(name, other.take(at))),
            rows,
        )
        item = found[name]
        assert item.upper - item.lower == pytest.approx(np.ptp(np.quantile(drawn, [0.025, 0.975])), rel=0.2), name
        assert item.lower < item.difference < item.upper


def test_intervals_of_several_classes_are_as_wide_as_resampling_row_by_row_says() -> None:
    made = three_classes(400, 3)
    found = bootstrap_intervals(made, draws=2000)
    for name in ("roc_auc", "log_loss"):
        drawn = resampled(lambda at, name=name: value_of(name, made.take(at)), 400)
        assert np.ptp(found[name]) == pytest.approx(np.ptp(np.quantile(drawn, [0.025, 0.975])), rel=0.2), name
        assert found[name][0] < compute_metrics(made)[name] < found[name][1]
    perfect = three_classes(400, 3, strength=50)
    assert bootstrap_intervals(perfect, draws=200)["roc_auc"] == (1.0, 1.0)


def test_the_auc_of_several_classes_is_scikit_learns() -> None:
    made = three_classes(500, 4)
    rounded = Predictions("classifier", made.truth, made.label, np.round(made.score, 1), made.classes)
    for p in (made, rounded):
        value, added = auc_of_classes(p)
        score = p.score / p.score.sum(axis=1, keepdims=True)
        assert auc_of_classes(Predictions("classifier", p.truth, p.label, score, p.classes))[0] == pytest.approx(
            sk.roc_auc_score(p.truth, score, multi_class="ovr", average="weighted")
        )
        assert added.mean() == pytest.approx(0.0, abs=1e-12)
        assert 0.5 < value < 1.0
    assert auc_of_classes(made.take(np.flatnonzero(made.truth < 2))) is None


def test_verdicts_of_equal_models_of_several_classes_are_seldom_wrong() -> None:
    wrong = dict.fromkeys(("log_loss", "roc_auc"), 0)
    trials = 40
    for trial in range(trials):
        pair = three_classes(300, 2 * trial), three_classes(300, 2 * trial + 1)
        for item in compare_predictions(*pair, draws=300, seed=trial):
            if item.metric in wrong:
                wrong[item.metric] += item.verdict in ("BETTER", "WORSE")
    assert max(wrong.values()) <= 6, wrong  # 2 are expected; 7 of 40 come by chance once in 300 times


@pytest.mark.parametrize("rows", [300, 6000])
def test_models_that_answer_alike_are_not_worse_than_each_other(rows: int) -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=rows)
    value = truth + rng.normal(size=rows)
    numbers = Predictions("regressor", truth, value), Predictions("regressor", truth, value.copy())
    for pair in (numbers, (two_classes(rows, 1), two_classes(rows, 1))):
        found = compare_predictions(*pair, draws=100)
        assert {(item.verdict, item.lower, item.upper) for item in found if item.lower is not None} == {
            ("NOT_WORSE", 0.0, 0.0)
        }


def test_the_best_share_of_rows_has_an_interval_and_equal_scores_an_equal_chance() -> None:
    truth = np.array([1, 1, 0, 0, 1, 0, 0, 0, 0, 0] * 60)
    score = np.array([0.9, 0.5, 0.5, 0.5, 0.5, 0.1, 0.1, 0.1, 0.1, 0.1] * 60)
    made = Predictions("classifier", truth, (score >= 0.5).astype(int), score, (0, 1))
    best = {"precision_at_k": 0.3, "recall_at_k": 0.3}
    # The best 180 of 600 rows are the 60 at 0.9, all positive, and 120 of the 240 at 0.5, of which half are.
    assert at_k(made, best) == {"precision_at_k": pytest.approx(120 / 180), "recall_at_k": pytest.approx(120 / 180)}
    turned = made.take(np.arange(600)[::-1])
    assert at_k(turned, best) == at_k(made, best)
    found = bootstrap_intervals(made, draws=500, best=best)
    drawn = resampled(lambda at: at_k(made.take(at), best)["precision_at_k"], 600)
    assert np.ptp(found["precision_at_k"]) == pytest.approx(np.ptp(np.quantile(drawn, [0.025, 0.975])), rel=0.25)
    # 0.07 · 100 is a little more than 7 in the computer's numbers.
    hundred = Predictions("classifier", np.r_[np.ones(7, int), np.zeros(93, int)], np.ones(100, int), -np.arange(100.0))
    hundred = Predictions("classifier", hundred.truth, hundred.label, hundred.score, (0, 1))
    assert at_k(hundred, {"precision_at_k": 0.07}) == {"precision_at_k": 1.0}


# Newcombe, "Interval estimation for the difference between independent proportions" (1998), table II, method 10.
PRINTED = [
    ((56, 70), (48, 80), (0.0524, 0.3339)),
    ((9, 10), (3, 10), (0.1705, 0.8090)),
    ((10, 10), (0, 20), (0.6791, 1.0)),
]


@pytest.mark.parametrize(("one", "other", "bounds"), PRINTED)
def test_the_gap_between_groups_has_the_interval_printed_in_the_literature(
    one: tuple[int, int], other: tuple[int, int], bounds: tuple[float, float]
) -> None:
    said = np.r_[np.arange(one[1]) < one[0], np.arange(other[1]) < other[0]].astype(int)
    made = Predictions("classifier", np.zeros(len(said), dtype=int), said, None, (0, 1))
    group = Slice("g", "one", np.arange(one[1]))
    gap = next(item for item in group_gaps(made, [group]) if item.metric == "statistical_parity")
    assert (gap.lower, gap.upper) == pytest.approx(bounds, abs=1e-4)
    wide = next(item for item in group_gaps(made, [group], confidence=0.99) if item.metric == "statistical_parity")
    assert wide.lower < gap.lower


def test_a_slice_without_positives_is_not_the_worst_by_recall() -> None:
    truth = np.r_[np.zeros(50, int), np.tile([0, 1], 50)]
    label = np.r_[np.zeros(50, int), np.tile([0, 1], 50)]
    made = Predictions("classifier", truth, label, None, (0, 1))
    pieces = [Slice("g", "empty", np.arange(50)), Slice("g", "both", np.arange(50, 150))]
    by_slice = {
        name: {s.metric for s in score_slices(made, pieces) if s.slice_value == name} for name in ("empty", "both")
    }
    assert {"recall_score", "f1_score", "precision_score"} <= by_slice["both"]
    assert by_slice["empty"] == {"accuracy_score", "positive_rate"}


def test_the_luck_of_one_positive_row_does_not_make_a_slice_the_worst() -> None:
    rng = np.random.default_rng(0)
    truth = np.r_[[1], np.zeros(59, int), rng.integers(0, 2, 300)]
    score = np.r_[[0.01], rng.uniform(0.1, 0.9, 59), rng.random(300)]
    made = Predictions("classifier", truth, (score >= 0.5).astype(int), score, (0, 1))
    pieces = [Slice("g", "lucky", np.arange(60)), Slice("g", "plain", np.arange(60, 360))]
    scores = score_slices(made, pieces, draws=50)
    worst = worst_slice(scores, "roc_auc", greater_is_better=True)
    assert worst is not None
    assert worst.slice_value == "plain"
    small = score_slices(made, [Slice("g", "lucky", np.arange(20))], draws=50)
    assert {"roc_auc", "recall_score"} <= {item.metric for item in small}  # shown, and never judged


def test_quartiles_of_times_dates_and_decimals_are_named_by_short_limits_that_differ() -> None:
    days = pd.Series(pd.date_range("2025-01-01", periods=100, freq="D"))
    columns = {
        "time": days.dt.tz_localize("UTC"),
        "date": pd.Series([dt.date(2025, 1, 1) + dt.timedelta(days=n) for n in range(100)], dtype=object),
        "decimal": pd.Series([Decimal(n) / 4 for n in range(100)], dtype=object),
        "near": pd.Series(1_000_000 + np.arange(100.0)),
        "infinite": pd.Series(np.r_[np.full(30, np.inf), np.arange(40.0), np.full(30, -np.inf)]),
    }
    names = {}
    for name, column in columns.items():
        pieces = list(make_slices(column, name))
        assert sum(map(len, pieces)) == 100
        assert len({piece.value for piece in pieces}) == 4, name
        names[name] = [piece.value for piece in pieces]
    assert names["time"] == names["date"]
    assert names["date"][0] == "≤ 2025-01-25"
    assert names["decimal"][-1] == "> 18.6"
    assert names["near"][0] == "≤ 1000024"


def test_values_of_lists_and_of_whole_numbers_with_gaps_are_slices() -> None:
    lists = {piece.value: len(piece) for piece in make_slices(pd.Series([[1], [2], None, [1]]), "list")}
    assert lists == {"[1]": 2, "[2]": 1, "(missing)": 1}
    gaps = {piece.value: len(piece) for piece in make_slices(pd.Series([1, 2, None, 1]), "gaps")}
    assert gaps == {"1": 2, "2": 1, "(missing)": 1}

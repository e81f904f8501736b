"""Whether more rows would help, on data whose answer is known."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from mlnb.core.errors import InvalidParameterError
from mlnb.explore.target.learnability import learning_curve


def hard(rng, n):
    """Many levels with an effect each: more rows, more of them known."""
    code = rng.integers(0, 400, n)
    effect = np.random.default_rng(5).normal(size=400)
    x = rng.normal(size=(n, 6))
    score = effect[code] + (x[:, 0] * x[:, 1] + x[:, 2] * x[:, 3])
    return pd.DataFrame({f"x{i}": x[:, i] for i in range(6)} | {"code": code, "y": score + rng.normal(0, 0.5, n) > 0})


def easy(rng, n):
    x = rng.normal(size=n)
    return pd.DataFrame({"x": x, "y": x + rng.normal(0, 1, n) > 0})


def test_a_hard_question_asks_for_more_rows_and_an_easy_one_does_not(look, rng):
    few = learning_curve(look(hard(rng, 1500)), "y")
    assert few.gain_lower > 0
    assert few.verdict.startswith("More rows would help")
    many = learning_curve(look(easy(rng, 4000)), "y")
    assert "enough rows" in many.verdict
    assert many.gain_upper < 0.02


def test_the_gain_that_is_told_is_about_what_twice_the_rows_bring(look):
    told = learning_curve(look(hard(np.random.default_rng(1), 2000)), "y")
    twice = learning_curve(look(hard(np.random.default_rng(2), 4000)), "y")
    real = twice.points[-1].value - told.points[-1].value
    assert real > 0.005
    assert told.gain == pytest.approx(real, rel=0.8)


def test_sizes_double_and_scores_have_intervals(look, rng):
    curve = learning_curve(look(easy(rng, 2000)), "y")
    sizes = [point.rows for point in curve.points]
    assert sizes[-1] == 1600
    assert all(1.9 < b / a < 2.1 for a, b in pairwise(sizes))
    assert all(point.lower <= point.value <= point.upper for point in curve.points)
    assert curve.metric == "auc"


@pytest.mark.parametrize(("metric", "falls"), [(None, False), ("r2", False), ("mae", True), ("rmse", True)])
def test_numbers_are_scored_and_errors_fall(look, rng, metric, falls):
    x = rng.normal(size=(1200, 3))
    frame = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "y": x[:, 0] * x[:, 1] + x[:, 2]})
    curve = learning_curve(look(frame), "y", metric=metric)
    assert curve.metric == (metric or "r2")
    assert (curve.points[-1].value < curve.points[0].value) == falls


@pytest.mark.parametrize("metric", ["accuracy", "log_loss", "auc"])
def test_several_classes_are_scored(look, rng, metric):
    x = rng.normal(size=900)
    label = np.array(["low", "mid", "high"])[np.digitize(x + rng.normal(0, 0.3, 900), [-0.5, 0.5])]
    curve = learning_curve(
        look(pd.DataFrame({"x": x, "g": rng.choice(list("ab"), 900), "y": label})), "y", metric=metric
    )
    assert 0 < curve.points[-1].value < 1


def test_leaks_are_not_learned_from(look, rng):
    frame = easy(rng, 1500)
    frame["leak"] = frame["y"].astype(int)
    assert learning_curve(look(frame), "y").points[-1].value < 0.9
    assert learning_curve(look(frame), "y", exclude=[]).points[-1].value > 0.99


def test_groups_and_times_are_respected(look, rng):
    frame = hard(rng, 2000)
    frame["who"] = [f"p{i}" for i in rng.integers(0, 60, 2000)]
    effect = dict(zip(sorted(set(frame["who"])), rng.random(60) < 0.5, strict=True))
    frame["y"] = frame["who"].map(effect) ^ (rng.random(2000) < 0.05)
    frame["at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, 2000), unit="D")
    grouped = learning_curve(look(frame[["x0", "x1", "who", "y"]]), "y", group="who")
    assert grouped.points[-1].value < 0.65
    forward = learning_curve(look(frame[["x0", "who", "at", "y"]]), "y", time_column="at")
    assert forward.points[-1].value > 0.85
    assert forward.points[-1].rows < 1100


def test_the_curve_is_the_same_every_time_and_tells_its_progress(look, rng):
    frame = easy(rng, 800)
    told = []
    first = learning_curve(look(frame), "y", on_progress=lambda share, text: told.append((share, text)))
    assert first == learning_curve(look(frame), "y")
    assert told[-1][0] == pytest.approx(1.0)
    assert [share for share, _ in told] == sorted(share for share, _ in told)


def test_at_most_so_many_rows_are_used(look, rng):
    assert 750 < learning_curve(look(easy(rng, 3000)), "y", max_rows=1000).points[-1].rows < 850


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (pd.DataFrame({"x": range(50), "y": [0, 1] * 25}), {}, "needs 200 rows"),
        (pd.DataFrame({"x": range(300), "y": [1] * 300}), {}, "fewer than two different values"),
        (pd.DataFrame({"x": [1] * 300, "y": [0, 1] * 150}), {}, "no column to learn from"),
        (pd.DataFrame({"x": range(300), "y": [0, 1] * 150}), {"metric": "aucc"}, "not known"),
        (pd.DataFrame({"x": range(300), "y": [0, 1] * 150}), {"metric": "rmse"}, "does not fit"),
        (pd.DataFrame({"x": range(300), "y": [1] + [0] * 299}), {}, "too rare"),
    ],
    ids=["few rows", "constant target", "no inputs", "unknown metric", "metric of numbers", "rare class"],
)
def test_what_cannot_be_learned_is_refused_with_advice(look, frame, options, message):
    with pytest.raises(InvalidParameterError, match=message) as error:
        learning_curve(look(frame), "y", **options)
    assert error.value.hint

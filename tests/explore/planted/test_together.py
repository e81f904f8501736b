"""Columns that go together and columns that are missing together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from mlnb.explore.target.associations import associate_all
from mlnb.explore.together.correlations import correlate
from mlnb.explore.together.measures import cramers_v
from mlnb.explore.together.missing import missing_together

N = 2000


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.3]), st.sampled_from([1, 0.01, 1e9]))
def test_pairs_of_numbers_are_scipys_on_the_rows_that_have_both(look, seed, missing, scale):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=200) * scale
    frame = pd.DataFrame({"a": x, "b": np.round(x / scale + rng.normal(0, 0.5, 200), 1), "c": np.exp(x / scale)})
    frame = frame.mask(rng.random(frame.shape) < missing)
    assume(len(correlate(look(frame)).pairs) == 3)
    for pair in correlate(look(frame)).pairs:
        both = frame[[pair.left, pair.right]].dropna()
        left, right = both.to_numpy().T
        assert pair.pearson == pytest.approx(stats.pearsonr(left, right)[0], abs=1e-9)
        assert pair.spearman == pytest.approx(stats.spearmanr(left, right)[0], abs=1e-9)
        assert abs(pair.value) == max(abs(pair.pearson), abs(pair.spearman))


def mixed(rng, n=N):
    x = rng.normal(size=n)
    level = np.clip((x * 1.5 + rng.normal(0, 0.4, n)).round(), -2, 2).astype(int)
    return pd.DataFrame(
        {
            "x": x,
            "minus": -x + rng.normal(0, 0.3, n),
            "level": np.array(["a", "b", "c", "d", "e"])[level + 2],
            "twin": np.where(rng.random(n) < 0.1, "q", np.array(["v", "w", "x", "y", "z"])[level + 2]),
            "alone": rng.choice(["k", "l"], n),
            "noise": rng.normal(size=n),
            "name": [f"n{i}" for i in range(n)],
            "constant": 1,
        }
    )


def test_all_kinds_of_columns_are_in_one_matrix(look, rng):
    frame = mixed(rng)
    found = correlate(look(frame))
    assert set(found.columns) == {"x", "minus", "level", "twin", "alone", "noise"}
    by_pair = {frozenset((pair.left, pair.right)): pair for pair in found.pairs}
    assert by_pair[frozenset(("x", "minus"))].value < -0.9
    assert by_pair[frozenset(("x", "level"))].measure == "correlation_ratio"
    pair = by_pair[frozenset(("level", "twin"))]
    assert pair.measure == "cramers_v"
    assert pair.value == pytest.approx(cramers_v(pd.crosstab(frame["level"], frame["twin"]).to_numpy(dtype=float)))
    assert not any("noise" in key or "alone" in key for key in by_pair)
    size = len(found.columns)
    matrix = np.array(found.matrix, dtype=float)
    assert matrix.shape == (size, size)
    assert (matrix == matrix.T).all()
    assert (np.diag(matrix) == 1).all()
    place = {name: i for i, name in enumerate(found.columns)}
    assert matrix[place["x"], place["minus"]] == pytest.approx(by_pair[frozenset(("x", "minus"))].value, abs=1e-3)
    related = sorted(place[name] for name in ("x", "minus", "level", "twin"))
    assert related[-1] - related[0] == 3, found.columns


def test_pairs_rest_on_a_stated_number_of_rows(look, rng):
    frame = pd.DataFrame({"a": rng.normal(size=25_000), "b": rng.normal(size=25_000)})
    assert correlate(look(frame)).rows == 20_000
    assert correlate(look(frame.head(100))).rows == 100


def test_of_many_columns_the_hundred_that_predict_best_are_compared(look, rng):
    y = rng.normal(size=300)
    frame = pd.DataFrame({f"x{i}": rng.normal(size=300) + (y if i % 10 == 0 else 0) for i in range(150)} | {"y": y})
    seen = look(frame)
    associate_all(seen, "y")
    found = correlate(seen, "y")
    assert len(found.columns) == 100
    assert found.left_out == 51
    assert {"y", *(f"x{i}" for i in range(0, 150, 10))} <= set(found.columns)


def test_without_a_target_the_columns_that_vary_most_are_compared(look, rng):
    frame = pd.DataFrame(
        {f"x{i}": rng.normal(size=300) for i in range(98)}
        | {f"rare{i}": (np.arange(300) == 3).astype(int) for i in range(10)}
    )
    assert sum(name.startswith("rare") for name in correlate(look(frame)).columns) == 2


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(),
        pd.DataFrame({"a": [1.0], "b": [2.0]}),
        pd.DataFrame({"a": [1.0] * 50, "b": range(50)}),
        pd.DataFrame({"a": [1.0, None] * 50, "b": [None, 2.0] * 50, "c": range(100)}),
        pd.DataFrame({"a": [1e308, -1e308] * 50, "b": [np.inf, 1.0, 2.0, 3.0] * 25, "c": ["u", "v"] * 50}),
    ],
    ids=["nothing", "one row", "constant", "never both", "huge and infinite"],
)
def test_odd_columns_have_no_figure_and_do_no_harm(look, frame):
    found = correlate(look(frame))
    assert all(value is None or -1 <= value <= 1 for row in found.matrix for value in row)


# -- missing -----------------------------------------------------------------------------------------------------------


def gaps(rng, n=N):
    block, other = rng.random(n) < 0.2, rng.random(n) < 0.1
    x = rng.normal(size=n)
    frame = pd.DataFrame({"a": x, "b": x, "c": [f"t{i % 9}" for i in range(n)], "d": x, "e": x, "full": x})
    frame.loc[block, ["a", "c"]] = None
    frame.loc[block & (rng.random(n) < 0.98), "b"] = np.nan
    frame.loc[other, "d"] = np.nan
    frame["empty"] = np.nan
    return frame, block, other


def test_columns_missing_in_the_same_rows_are_a_group(look, rng):
    frame, _, _ = gaps(rng)
    found = missing_together(look(frame))
    [group] = found.groups
    assert group.columns == ["a", "b", "c"]
    assert group.rows == int(frame[["a", "b", "c"]].isna().all(axis=1).sum())
    expected = min(stats.pearsonr(frame[p].isna(), frame[q].isna())[0] for p, q in (("a", "b"), ("b", "c"), ("a", "c")))
    assert group.agreement == pytest.approx(expected)
    assert found.rows == N
    assert group.target is None


def test_patterns_are_the_exact_sets_of_missing_columns(look, rng):
    frame, _, _ = gaps(rng)
    found = missing_together(look(frame))
    expected = frame.isna().value_counts()
    for pattern in found.patterns:
        assert pattern.rows == expected[tuple(name in pattern.columns for name in frame.columns)]
    assert sum(pattern.rows for pattern in found.patterns) == N
    assert found.complete_rows == 0
    assert missing_together(look(frame.drop(columns="empty"))).complete_rows == int(
        frame.drop(columns="empty").notna().all(axis=1).sum()
    )


@pytest.mark.parametrize(("agree", "grouped"), [(0.97, True), (0.75, False)])
def test_a_group_needs_agreement(look, rng, agree, grouped):
    a = rng.random(N) < 0.3
    b = a & (rng.random(N) < agree)
    frame = pd.DataFrame({"a": np.where(a, np.nan, 1.0), "b": np.where(b, np.nan, 1.0)})
    assert bool(missing_together(look(frame)).groups) == grouped


@pytest.mark.parametrize("kind", ["classes", "number"])
def test_what_the_target_is_where_columns_are_missing(look, rng, kind):
    frame, block, _ = gaps(rng)
    chance = np.where(block, 0.8, 0.2)
    frame["y"] = rng.random(N) < chance if kind == "classes" else chance + rng.normal(0, 0.1, N)
    seen = look(frame)
    [group] = missing_together(seen, associate_all(seen, "y")).groups
    inside = frame[["a", "b", "c"]].isna().all(axis=1)
    assert group.target == pytest.approx(frame["y"][inside].mean())
    assert group.other == pytest.approx(frame["y"][~inside].mean())
    assert group.lower < group.target < group.upper


def test_nothing_missing_is_nothing_to_tell(look, rng):
    assert missing_together(look(pd.DataFrame({"a": rng.normal(size=50), "b": ["x"] * 50}))) is None


def test_gaps_at_random_in_many_columns_are_no_group(look, rng):
    frame = pd.DataFrame(rng.normal(size=(5000, 400)), columns=[f"x{i}" for i in range(400)])
    frame = frame.mask(rng.random(frame.shape) < 0.2)
    seen = look(frame)
    assert missing_together(seen).groups == []

"""What one column predicts: out of fold, forward in time, by whole groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mutual_info_score, r2_score, roc_auc_score

from mlnb.core.errors import InvalidParameterError
from mlnb.explore.target.associations import associate_all, cut
from mlnb.explore.target.values import read_target

N = 3000


def by_hand(bins, outcome, folds, *, forward=False, classes=True):
    """The same figure row by row: smoothed means of the other folds, scored fold by fold."""
    figures = []
    for fold in range(folds.max() + 1):
        test = folds == fold
        train = folds < fold if forward else ~test
        if not train.any() or not test.any():
            continue
        base = outcome[train].mean()
        predicted = np.empty(test.sum())
        for i, value in enumerate(bins[test]):
            same = train & (bins == value)
            predicted[i] = (outcome[same].sum() + 10 * base) / (same.sum() + 10)
        figures.append((roc_auc_score if classes else r2_score)(outcome[test], predicted))
    return np.mean(figures)


@pytest.mark.parametrize("time", [None, "at"])
@pytest.mark.parametrize("column", ["x", "g"])
@pytest.mark.parametrize("target", ["y", "amount"])
def test_the_figure_is_the_one_computed_row_by_row(look, rng, time, column, target):
    x = rng.normal(size=N)
    frame = pd.DataFrame(
        {
            "x": np.where(rng.random(N) < 0.1, np.nan, x),
            "g": [f"g{k}" for k in rng.integers(0, 30, N)],
            "at": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, N), unit="D"),
            "y": x + rng.normal(size=N) > 0.5,
            "amount": 3 * x + rng.normal(size=N),
        }
    )
    seen = look(frame)
    values = associate_all(seen, target, time)
    bins = cut(seen.columns[column], values.rows).of
    expected = by_hand(bins, values.outcome, values.folds.number, forward=values.folds.forward, classes=target == "y")
    assert values.folds.forward == (time is not None)
    assert seen.columns[column].profile.association.value == pytest.approx(expected, abs=1e-9)


def test_forward_folds_never_learn_from_later_rows(look, rng):
    times = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 50, N), unit="D")
    seen = look(pd.DataFrame({"at": times.astype(str), "y": rng.random(N) < 0.4}))
    folds = read_target(seen, "y", "at").folds
    at = pd.to_datetime(seen.table["at"].to_pandas())
    assert folds.count == 6
    for fold in range(1, 6):
        assert at[folds.number < fold].max() < at[folds.number == fold].min()
    assert np.bincount(folds.number).min() > N / 12


def test_what_changes_with_time_is_found_by_forward_folds_only(look, rng):
    day = rng.integers(0, 300, N)
    frame = pd.DataFrame({"day": day, "at": pd.Timestamp("2024-01-01") + pd.to_timedelta(day, unit="D")})
    frame["y"] = rng.random(N) < 0.5 + 0.4 * np.sin(day / 15)
    shuffled, forward = look(frame), look(frame)
    associate_all(shuffled, "y")
    associate_all(forward, "y", "at")
    assert shuffled.columns["day"].profile.association.value > 0.7
    assert forward.columns["day"].profile.association.value < 0.6


def test_a_group_is_in_one_fold_and_its_name_predicts_nothing(look, rng):
    group = rng.integers(0, 150, N)
    effect = rng.random(150) < 0.5
    frame = pd.DataFrame({"who": [f"p{g}" for g in group], "same": group, "y": effect[group] ^ (rng.random(N) < 0.1)})
    alone, grouped = look(frame), look(frame)
    associate_all(alone, "y")
    values = associate_all(grouped, "y", group="who")
    assert alone.columns["who"].profile.association.value > 0.85
    assert grouped.columns["who"].profile.association.value < 0.65
    who = grouped.table["who"].to_pandas()
    assert pd.Series(values.folds.number).groupby(who.to_numpy()).nunique().max() == 1
    assert np.bincount(values.folds.number).min() > N / 10


def test_groups_and_time_together_keep_groups_whole_and_go_forward(look, rng):
    group = rng.integers(0, 100, N)
    frame = pd.DataFrame(
        {"who": group, "at": pd.Timestamp("2024-01-01") + pd.to_timedelta(group * 3 + rng.integers(0, 3, N), unit="D")}
    )
    frame["y"] = rng.random(N) < 0.5
    seen = look(frame)
    folds = read_target(seen, "y", "at", "who").folds
    sample = seen.table.to_pandas()
    assert folds.forward
    assert sample.groupby("who")["at"].count().sum() == N
    assert pd.Series(folds.number).groupby(sample["who"]).nunique().max() == 1
    means = sample.groupby(folds.number)["at"].mean()
    assert means.is_monotonic_increasing


def test_rows_without_a_group_are_spread_over_the_folds(look, rng):
    who = np.where(rng.random(N) < 0.5, None, "one")
    folds = read_target(look(pd.DataFrame({"who": who, "y": rng.random(N) < 0.5})), "y", group="who").folds
    assert len(set(folds.number)) == 5


def test_mutual_information_agrees_with_scikit_learn_on_large_counts(look, rng):
    x = rng.integers(0, 4, 20_000)
    y = (x + rng.integers(0, 3, 20_000)) % 3
    seen = look(pd.DataFrame({"x": x, "y": [f"c{k}" for k in y]}))
    associate_all(seen, "y")
    assert seen.columns["x"].profile.association.mutual_information == pytest.approx(mutual_info_score(x, y), abs=1e-3)


@pytest.mark.parametrize("target", ["y", "amount"])
def test_thousands_of_levels_without_meaning_share_no_information(look, rng, target):
    frame = pd.DataFrame({"code": [f"c{k}" for k in rng.integers(0, 1000, 20_000)], "y": rng.random(20_000) < 0.3})
    frame["amount"] = rng.normal(size=20_000)
    seen = look(frame)
    associate_all(seen, target)
    found = seen.columns["code"].profile.association.mutual_information
    # Twenty rows a level are enough for two classes, and too few for a number.
    assert found is None if target == "amount" else found < 0.01


def test_the_interval_covers_what_more_data_tells(look):
    shares = np.array([0.2, 0.4, 0.5, 0.8])
    above = sum(shares[i] * (1 - shares[j]) * (1.0 if i > j else 0.5) for i in range(4) for j in range(i + 1))
    truth = above / (shares.sum() * (1 - shares).sum())
    inside = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x = rng.integers(0, 4, 2000)
        y = rng.random(2000) < shares[x]
        seen = look(pd.DataFrame({"x": [f"l{k}" for k in x], "y": y}))
        associate_all(seen, "y")
        found = seen.columns["x"].profile.association
        inside += found.lower <= truth <= found.upper
    assert inside >= 16


def test_inputs_that_cannot_be_used_are_ranked_and_marked(look, rng):
    at = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, N), unit="D")
    frame = pd.DataFrame(
        {
            "at": at,
            "closed": at + pd.to_timedelta(np.where(rng.random(N) < 0.55, 1, -1), unit="D"),
            "opened": at + pd.to_timedelta(np.where(rng.random(N) < 0.45, 1, -1), unit="D"),
            "reason": rng.normal(size=N),
            "plain": rng.normal(size=N),
            "y": rng.random(N) < 0.5,
        }
    )
    seen = look(frame)
    associate_all(seen, "y", "at", forbidden=[("Reason", "written by the agent"), ("not there", "x")])
    marks = {name: c.profile.association.unavailable for name, c in seen.columns.items() if name != "y"}
    assert marks["reason"] == "written by the agent"
    assert "later than at in 5" in marks["closed"]
    assert marks["opened"] is marks["plain"] is marks["at"] is None


def test_a_time_column_that_holds_no_times_is_refused(look, rng):
    frame = pd.DataFrame({"at": [f"word {k}" for k in range(300)], "y": rng.random(300) < 0.5})
    with pytest.raises(InvalidParameterError) as error:
        associate_all(look(frame), "y", "at")
    assert error.value.code == "TIME_COLUMN_NOT_PARSEABLE"


def test_a_group_column_that_forms_no_groups_is_refused(look, rng):
    frame = pd.DataFrame({"who": [[1], [2]] * 150, "y": rng.random(300) < 0.5})
    with pytest.raises(InvalidParameterError, match="forms no groups") as error:
        associate_all(look(frame), "y", group="who")
    assert error.value.hint


def test_one_group_only_has_nothing_to_be_tested_on(look, rng):
    x = rng.normal(size=300)
    seen = look(pd.DataFrame({"who": ["same"] * 300, "x": x, "y": x > 0}))
    associate_all(seen, "y", group="who")
    assert seen.columns["x"].profile.association is None


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"x": [1.0], "y": [1]}),
        pd.DataFrame({"x": [1.0, 2.0], "y": [1, 0]}),
        pd.DataFrame({"x": [1.0] * 40, "y": [1] * 40}),
        pd.DataFrame({"x": [None] * 40, "y": [0, 1] * 20}),
        pd.DataFrame({"x": [np.inf, -np.inf] * 20, "y": [0, 1] * 20}),
        pd.DataFrame({"x": [1e308, -1e308] * 20, "y": [0.5, 1e300] * 19 + [3, 4]}),
        pd.DataFrame({"y": [0, 1] * 20}),
    ],
    ids=["one row", "two rows", "constant target", "nothing known", "infinite", "huge", "only the target"],
)
def test_odd_tables_are_associated_as_far_as_they_go(look, frame):
    seen = look(frame)
    associate_all(seen, "y")
    for scanned in seen.columns.values():
        found = scanned.profile.association
        assert found is None or np.isfinite(found.value)

"""The measures against scipy and scikit-learn, and against the direct formula."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from sklearn.metrics import matthews_corrcoef, mutual_info_score, roc_auc_score

from mlnb.explore.together import measures
from mlnb.explore.together.linkage import clustered_order

finite = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 3))
few = st.integers(-3, 3).map(float)
columns = st.lists(st.tuples(st.one_of(finite, few), st.one_of(finite, few)), min_size=3, max_size=60)
labelled = st.lists(st.tuples(st.one_of(finite, few), st.booleans()), min_size=2, max_size=60)
tables = st.lists(st.lists(st.integers(0, 40), min_size=3, max_size=3), min_size=2, max_size=6)


@settings(max_examples=60, deadline=None)
@given(columns)
def test_ranks_and_correlations_are_scipys(rows):
    left, right = (np.array(side) for side in zip(*rows, strict=True))
    assert measures.ranks(left) == pytest.approx(stats.rankdata(left) - 1)
    assume(len(set(left)) > 1 and len(set(right)) > 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pearson, spearman = stats.pearsonr(left, right)[0], stats.spearmanr(left, right)[0]
    assert measures.pearson(left, right) == pytest.approx(pearson, abs=1e-9)
    assert measures.spearman(left, right) == pytest.approx(spearman, abs=1e-9)


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_correlation_survives_numbers_at_the_ends_of_the_range(scale):
    left = np.array([1.0, 2.0, 3.0, 5.0])
    assert measures.pearson(left * scale, left) == pytest.approx(1.0)
    assert measures.pearson(np.full(4, 7.0), left) == 0.0


@settings(max_examples=60, deadline=None)
@given(labelled)
def test_the_area_under_the_curve_is_scikit_learns(rows):
    scores, positive = (np.array(side) for side in zip(*rows, strict=True))
    assume(0 < positive.sum() < len(positive))
    expected = roc_auc_score(positive, scores)
    assert measures.auc(scores, positive) == pytest.approx(expected)
    values, where = np.unique(scores, return_inverse=True)
    positives = np.bincount(where, weights=positive).astype(float)
    negatives = np.bincount(where, weights=~positive).astype(float)
    shuffled = np.random.default_rng(0).permutation(len(values))
    areas = measures.auc_of_bins(values[shuffled][None], positives[shuffled][None], negatives[shuffled][None])
    assert areas == pytest.approx([expected])


def test_bins_of_one_score_count_as_ties_and_an_absent_class_has_no_area():
    area = measures.auc_of_bins(np.array([0.5, 0.5, 0.1]), np.array([3.0, 1.0, 0.0]), np.array([1.0, 3.0, 0.0]))
    assert area == pytest.approx(0.5)
    assert np.isnan(measures.auc_of_bins(np.array([0.1, 0.2]), np.array([1.0, 2.0]), np.zeros(2)))


def spread_out(table):
    left, right = [], []
    for i, row in enumerate(table):
        for j, count in enumerate(row):
            left += [i] * count
            right += [j] * count
    return np.array(left), np.array(right)


@settings(max_examples=60, deadline=None)
@given(tables)
def test_mutual_information_is_scikit_learns_and_its_correction_the_formula(table):
    counts = np.array(table, dtype=float)
    assume(counts.sum() > 0)
    left, right = spread_out(table)
    plain = mutual_info_score(left, right)
    assert measures.mutual_information(counts, corrected=False) == pytest.approx(plain, abs=1e-9)
    cells = [int((c > 0).sum()) for c in (counts.sum(axis=1), counts.sum(axis=0), counts)]
    expected = plain + (cells[0] - 1 + cells[1] - 1 - (cells[2] - 1)) / (2 * counts.sum())
    assert measures.mutual_information(counts) == pytest.approx(max(0.0, expected), abs=1e-9)


def test_the_correction_takes_away_what_chance_adds(rng):
    counts = np.zeros((200, 5))
    np.add.at(counts, (rng.integers(0, 200, 5000), rng.integers(0, 5, 5000)), 1)
    assert measures.mutual_information(counts, corrected=False) > 0.05
    assert measures.mutual_information(counts) < 0.02


@settings(max_examples=60, deadline=None)
@given(tables)
def test_cramers_v_is_the_bias_corrected_formula(table):
    counts = np.array(table, dtype=float)
    used = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    found = measures.cramers_v(counts)
    if min(used.shape) < 2:
        assert found is None
        return
    n, (r, k) = used.sum(), used.shape
    chi = stats.chi2_contingency(used, correction=False)[0]
    phi = max(0, chi / n - (r - 1) * (k - 1) / (n - 1))
    r, k = r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)
    if min(r, k) <= 1:
        assert found is None
    else:
        assert found == pytest.approx(min(1.0, np.sqrt(phi / (min(r, k) - 1))), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), finite), min_size=6, max_size=60))
def test_the_correlation_ratio_is_the_formula_of_analysis_of_variance(rows):
    codes, values = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    assume(len(set(codes)) > 1 and len(rows) > len(set(codes)) and values.std() > 1e-3)
    centred = values - values.mean()
    found = measures.correlation_ratio(
        np.bincount(codes, minlength=4).astype(float),
        np.bincount(codes, weights=centred, minlength=4),
        float((centred**2).sum()),
    )
    groups = [values[codes == code] for code in set(codes)]
    within = sum(((group - group.mean()) ** 2).sum() for group in groups) / (len(values) - len(groups))
    explained = 1 - within / values.var(ddof=1)
    assert found == pytest.approx(np.sqrt(min(1.0, max(0.0, explained))), abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=40))
def test_phi_is_matthews_correlation(rows):
    left, right = (np.array(side) for side in zip(*rows, strict=True))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert measures.phi(left, right) == pytest.approx(matthews_corrcoef(left, right))


@pytest.mark.parametrize(("positives", "rows"), [(0, 5), (5, 5), (3, 10), (400, 1000)])
def test_the_interval_of_a_share_is_wilsons(positives, rows):
    expected = stats.binomtest(positives, rows).proportion_ci(method="wilson")
    assert measures.wilson(positives, rows) == pytest.approx((expected.low, expected.high), abs=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_columns_that_scipy_joins_stand_together(seed):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(25, 3))
    distance = np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=2))
    order = clustered_order(distance)
    assert sorted(order) == list(range(25))
    tree = linkage(squareform(distance, checks=False), "average")
    for number in range(2, 20):
        cluster = fcluster(tree, number, "maxclust")[order]
        assert int((cluster[1:] != cluster[:-1]).sum()) == len(set(cluster)) - 1


def test_an_order_of_nothing_and_of_one():
    assert clustered_order(np.zeros((0, 0))) == []
    assert clustered_order(np.zeros((1, 1))) == [0]

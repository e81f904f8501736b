"""Drift and quality figures against scipy and scikit-learn, and the batch form against the one definition."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from sklearn import metrics as sk

from mlnb.explore import distances
from mlnb.monitoring import batch
from mlnb.monitoring.drift import compare
from mlnb.monitoring.quality import classification_metrics, metric_value, order_classes, regression_metrics, roc_auc
from mlnb.monitoring.stats import CategoryStats, Edges, NumericStats


def numeric(values: np.ndarray, edges: np.ndarray) -> NumericStats:
    finite = values[np.isfinite(values)]
    return NumericStats(
        count=len(values),
        nulls=0,
        nan=int(np.isnan(values).sum()),
        zeros=int((values == 0).sum()),
        distinct=len(np.unique(finite)),
        mean=float(finite.mean()) if len(finite) else None,
        std=float(finite.std(ddof=1)) if len(finite) > 1 else None,
        low=float(finite.min()) if len(finite) else None,
        high=float(finite.max()) if len(finite) else None,
        median=float(np.median(finite)) if len(finite) else None,
        histogram=distances.histogram(finite, edges).astype(float),
    )


def test_ks_and_wasserstein_agree_with_scipy():
    rng = np.random.default_rng(0)
    p, q = rng.normal(size=4000), rng.normal(0.3, 1.2, 3000)
    edges = distances.fine_edges(p)
    found = compare([(numeric(p, edges), numeric(q, edges))], Edges(edges, False))[0]
    exact = scipy.stats.ks_2samp(p, q, method="asymp")
    # The distributions are compared at 256 quantiles of the reference: at most one of them can be missed.
    assert found["ks_test"]["statistic"] == pytest.approx(exact.statistic, abs=1 / 256)
    assert np.log10(found["ks_test"]["pvalue"]) == pytest.approx(np.log10(exact.pvalue), rel=0.05)
    assert found["wasserstein_distance"] == pytest.approx(scipy.stats.wasserstein_distance(p, q), rel=0.01)
    assert found["wasserstein_normalized"] == pytest.approx(found["wasserstein_distance"] / p.std(ddof=1))


def test_psi_and_js_agree_with_scipy_on_the_same_bins():
    rng = np.random.default_rng(1)
    p, q = rng.normal(size=3000), rng.normal(0.5, 1, 2000)
    edges = distances.fine_edges(p)
    found = compare([(numeric(p, edges), numeric(q, edges))], Edges(edges, False))[0]
    borders = np.quantile(p, np.linspace(0.1, 0.9, 9))
    bins = [np.bincount(np.searchsorted(borders, v, side="left"), minlength=10) / len(v) for v in (p, q)]
    # Borders of the histogram are the fine edges next to the deciles: at most one fine bin away.
    assert found["js_distance"] == pytest.approx(jensenshannon(*bins, base=2), abs=0.01)
    smooth = [part + 1e-4 for part in bins]
    assert found["population_stability_index"] == pytest.approx(
        float(np.sum((smooth[1] - smooth[0]) * np.log(smooth[1] / smooth[0]))), rel=0.05
    )
    coarse = distances.coarse_edges(edges, distances.histogram(p, edges))
    same = [distances.coarsen(distances.histogram(v, edges), coarse) for v in (p, q)]
    assert found["js_distance"] == pytest.approx(jensenshannon(*same, base=2), abs=1e-12)
    kl = [part / part.sum() + 1e-4 for part in same]
    expected = scipy.stats.entropy(kl[0], kl[1]) + scipy.stats.entropy(kl[1], kl[0])
    scale = kl[0].sum()  # scipy normalises; both sides were smoothed by the same amount
    assert found["population_stability_index"] == pytest.approx(expected * scale, abs=1e-12)


def test_wasserstein_of_whole_numbers_is_exact():
    rng = np.random.default_rng(2)
    p, q = rng.integers(0, 24, 2000).astype(float), rng.integers(5, 24, 1500).astype(float)
    edges = distances.edges_from_quantiles(np.arange(24.0))
    found = compare([(numeric(p, edges), numeric(q, edges))], Edges(edges, True))[0]
    assert found["wasserstein_distance"] == pytest.approx(scipy.stats.wasserstein_distance(p, q), abs=1e-9)


def test_chi_squared_agrees_with_scipy_and_new_categories_are_named():
    p = CategoryStats(300, 0, 3, {"AA": 120, "DL": 100, "UA": 80})
    q = CategoryStats(310, 0, 4, {"AA": 60, "DL": 100, "UA": 120, "B6": 30})
    found = compare([(p, q)], None)[0]
    table = [[120, 100, 80, 0], [60, 100, 120, 30]]
    exact = scipy.stats.chi2_contingency(table, correction=False)
    assert found["chi_squared_test"]["statistic"] == pytest.approx(exact.statistic)
    assert found["chi_squared_test"]["pvalue"] == pytest.approx(exact.pvalue)
    assert found["new_categories"] == ["B6"]
    shares = np.abs(np.array(table[0]) / 300 - np.array(table[1]) / 310)
    assert found["tv_distance"] == pytest.approx(shares.sum() / 2)
    assert found["l_infinity_distance"] == pytest.approx(shares.max())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_many_pairs_at_once_give_the_numbers_of_one_pair(seed, is_discrete):
    rng = np.random.default_rng(seed)
    reference = rng.normal(size=800) if not is_discrete else rng.integers(0, 6, 800).astype(float)
    edges = distances.fine_edges(reference)
    values = []
    for _ in range(6):
        v = rng.normal(rng.normal(), 1 + rng.uniform(), int(rng.integers(1, 60)))
        values.append(np.repeat(v[:1], 4) if rng.uniform() < 0.2 else v + 20 * (rng.uniform() < 0.2))
    counts = np.array([distances.histogram(v, edges) for v in values], dtype=float)
    ranges = np.array([(v.min(), v.max()) for v in values])
    order = rng.permutation(6)
    found = batch.numeric_distances(edges, counts, counts[order], np.hstack([ranges, ranges[order]]), discrete=False)
    for number, other in enumerate(order):
        one = distances.numeric_distances(
            edges,
            counts[number],
            counts[other],
            reference_range=tuple(ranges[number]),
            current_range=tuple(ranges[other]),
        )
        assert found["population_stability_index"][number] == pytest.approx(one.psi, abs=1e-9)
        assert found["js_distance"][number] == pytest.approx(one.js, abs=1e-9)
        assert found["tv_distance"][number] == pytest.approx(one.tv, abs=1e-12)
        assert found["l_infinity_distance"][number] == pytest.approx(one.l_infinity, abs=1e-12)
        assert found["ks_statistic"][number] == pytest.approx(one.ks.statistic, abs=1e-12)
        assert found["ks_pvalue"][number] == pytest.approx(one.ks.pvalue, abs=1e-9)
        assert found["wasserstein_distance"][number] == pytest.approx(one.wasserstein, abs=1e-6, rel=1e-9)


def test_an_empty_or_constant_group_has_no_made_up_numbers():
    rng = np.random.default_rng(3)
    edges = distances.fine_edges(rng.normal(size=500))
    full, empty = numeric(rng.normal(size=100), edges), numeric(np.array([np.nan, np.nan]), edges)
    constant = numeric(np.full(10, 7.0), edges)
    nothing, self_drift, moved = compare([(full, empty), (full, full), (full, constant)], Edges(edges, False))
    assert not {"js_distance", "ks_test", "wasserstein_distance", "population_stability_index"} & nothing.keys()
    assert nothing["count_delta"] == -98
    assert self_drift["js_distance"] == self_drift["wasserstein_distance"] == 0
    assert moved["ks_test"]["statistic"] == 1.0


def test_classification_metrics_agree_with_scikit_learn():
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 3, 500)
    scores = rng.dirichlet([1, 1, 1], 500)
    guess = scores.argmax(axis=1)
    found = classification_metrics(truth, guess, scores, ["a", "b", "c"])
    assert found["accuracy_score"] == pytest.approx(sk.accuracy_score(truth, guess))
    assert found["log_loss"] == pytest.approx(sk.log_loss(truth, scores))
    for name, function in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1_score", sk.f1_score)):
        for average in ("macro", "weighted"):
            assert found[name][average] == pytest.approx(function(truth, guess, average=average, zero_division=0))
    expected = sk.roc_auc_score(truth, scores, multi_class="ovr", average="weighted")
    assert found["roc_auc_score"]["weighted"] == pytest.approx(expected)
    assert sum(cell["count"] for cell in found["confusion_matrix"]) == 500


def test_auc_counts_ties_at_half_weight_and_is_absent_for_one_class():
    rng = np.random.default_rng(5)
    truth, score = rng.integers(0, 2, 400).astype(bool), np.round(rng.uniform(size=400), 1)
    assert roc_auc(truth, score) == pytest.approx(sk.roc_auc_score(truth, score), abs=1e-12)
    assert roc_auc(np.ones(3, dtype=bool), np.zeros(3)) is None
    one_class = classification_metrics(np.zeros(5, dtype=int), np.zeros(5, dtype=int), None, ["0", "1"])
    assert "roc_auc_score" not in one_class
    assert one_class["accuracy_score"] == 1.0


def test_regression_metrics_agree_with_scikit_learn():
    rng = np.random.default_rng(6)
    truth = rng.normal(10, 2, 300)
    guess = truth + rng.normal(size=300)
    found = regression_metrics(truth, guess)
    assert found["mean_average_error"] == pytest.approx(sk.mean_absolute_error(truth, guess))
    assert found["root_mean_squared_error"] == pytest.approx(sk.root_mean_squared_error(truth, guess))
    assert found["r2_score"] == pytest.approx(sk.r2_score(truth, guess))
    assert "r2_score" not in regression_metrics(np.ones(3), np.ones(3))


def test_a_metric_with_parts_has_one_number_for_an_alert():
    stored = {"one_vs_all": {"0": 0.9, "1": 0.4}, "macro": 0.65, "weighted": 0.8}
    assert metric_value("precision", stored) == 0.4
    assert metric_value("precision.macro", stored) == 0.65
    assert metric_value("precision.0", stored) == 0.9
    assert metric_value("ks_test", {"statistic": 0.2, "pvalue": 0.1}) == 0.2
    assert order_classes(["10", "9", "1"]) == ["1", "9", "10"]


def test_distance_from_itself_is_zero_in_any_order_of_rows():
    rng = np.random.default_rng(7)
    values = rng.normal(size=300)
    edges = distances.fine_edges(values)
    a, b = numeric(values, edges), numeric(rng.permutation(values), edges)
    found = compare([(a, b)], Edges(edges, False))[0]
    assert found["js_distance"] == found["tv_distance"] == found["ks_test"]["statistic"] == 0
    assert pa.array([found["wasserstein_distance"]]).to_pylist() == [0.0]

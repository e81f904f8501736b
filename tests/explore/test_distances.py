"""The distances against scipy and against their direct formulas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import jensenshannon

from mlnb.explore import distances

COUNTS = st.lists(st.integers(0, 500), min_size=2, max_size=12)


@pytest.fixture(scope="module")
def samples() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    return rng.normal(0, 1, 20_000), rng.normal(0.2, 1.3, 8_000)


def both(samples):
    left, right = samples
    edges = distances.fine_edges(left)
    return edges, distances.histogram(left, edges), distances.histogram(right, edges)


def test_ks_on_the_fine_histogram_equals_scipy(samples):
    _, p, q = both(samples)
    expected = stats.ks_2samp(*samples, method="asymp")
    assert distances.ks_test(p, q).statistic == pytest.approx(expected.statistic, abs=2e-3)


@pytest.mark.parametrize("x", [0.05, 0.3, 0.55, 0.6, 0.8, 1.0, 1.36, 2.0, 4.0])
def test_the_kolmogorov_tail_equals_scipy(x):
    assert distances.kolmogorov_sf(x) == pytest.approx(stats.kstwobign.sf(x), abs=1e-12)


def test_ks_of_integers_is_exact_because_every_value_is_an_edge():
    rng = np.random.default_rng(1)
    left, right = rng.poisson(4, 3000), rng.poisson(4.4, 2000)
    edges = distances.fine_edges(left)
    measured = distances.ks_test(distances.histogram(left, edges), distances.histogram(right, edges))
    assert measured.statistic == pytest.approx(stats.ks_2samp(left, right, method="asymp").statistic, abs=1e-12)


def test_wasserstein_is_close_to_scipy_also_with_heavy_tails(samples):
    edges, p, q = both(samples)
    ranges = [(float(s.min()), float(s.max())) for s in samples]
    measured = distances.wasserstein_distance(edges, p, q, reference_range=ranges[0], current_range=ranges[1])
    assert measured == pytest.approx(stats.wasserstein_distance(*samples), rel=0.02)
    rng = np.random.default_rng(3)
    heavy = rng.lognormal(0, 1, 30_000), rng.lognormal(0.1, 1, 30_000)
    edges, p, q = both(heavy)
    ranges = [(float(s.min()), float(s.max())) for s in heavy]
    measured = distances.wasserstein_distance(edges, p, q, reference_range=ranges[0], current_range=ranges[1])
    assert measured == pytest.approx(stats.wasserstein_distance(*heavy), abs=0.01 * heavy[0].std())


def test_wasserstein_of_a_shifted_constant_is_the_shift():
    edges = distances.fine_edges([2.0, 2.0])
    p, q = distances.histogram([2.0, 2.0], edges), distances.histogram([5.0], edges)
    measured = distances.wasserstein_distance(edges, p, q, reference_range=(2, 2), current_range=(5, 5))
    assert measured == pytest.approx(3.0)


@given(COUNTS, COUNTS)
@settings(max_examples=60, deadline=None)
def test_js_in_base_two_equals_scipy_and_lies_between_zero_and_one(left, right):
    size = min(len(left), len(right))
    p, q = left[:size], right[:size]
    measured = distances.js_distance(p, q)
    if sum(p) == 0 or sum(q) == 0:
        assert measured is None
        return
    # scipy loses half the digits in the root of nearly equal distributions
    assert measured == pytest.approx(jensenshannon(p, q, base=2), abs=1e-7)
    assert 0 <= measured <= 1


@given(COUNTS, COUNTS)
@settings(max_examples=60, deadline=None)
def test_psi_and_variation_equal_the_direct_formula(left, right):
    size = min(len(left), len(right))
    p, q = np.array(left[:size], float), np.array(right[:size], float)
    if p.sum() == 0 or q.sum() == 0:
        assert distances.population_stability_index(p, q) is None
        assert distances.tv_distance(p, q) is None
        return
    a, b = p / p.sum(), q / q.sum()
    expected = sum((y + 1e-4 - x - 1e-4) * np.log((y + 1e-4) / (x + 1e-4)) for x, y in zip(a, b, strict=True))
    assert distances.population_stability_index(p, q) == pytest.approx(expected, abs=1e-12)
    assert distances.tv_distance(p, q) == pytest.approx(np.abs(a - b).sum() / 2)
    assert distances.l_infinity_distance(p, q) == pytest.approx(np.abs(a - b).max())


def test_chi_squared_equals_scipy_when_nothing_is_pooled():
    p, q = [120, 80, 300, 55], [100, 90, 250, 70]
    expected = stats.chi2_contingency([p, q], correction=False)
    measured = distances.chi_squared_test(p, q)
    assert measured.statistic == pytest.approx(expected.statistic)
    assert measured.pvalue == pytest.approx(expected.pvalue)


def test_chi_squared_pools_rare_categories_until_each_cell_expects_five():
    p, q = [500, 400, 1, 2, 3], [480, 420, 0, 1, 2]
    measured = distances.chi_squared_test(p, q)
    pooled = stats.chi2_contingency([[500, 406], [480, 423]], correction=False)
    assert measured.statistic == pytest.approx(pooled.statistic)
    assert distances.chi_squared_test([10, 0], [20, 0]) == (0.0, 1.0)


def test_psi_and_js_of_a_numeric_column_use_the_deciles_of_the_reference(samples):
    left, right = samples
    deciles = np.quantile(left, np.arange(1, 10) / 10)
    p = np.bincount(np.searchsorted(deciles, left), minlength=10)
    q = np.bincount(np.searchsorted(deciles, right), minlength=10)
    measured = distances.numeric_distances(*both(samples), reference_stddev=float(left.std(ddof=1)))
    assert measured.psi == pytest.approx(distances.population_stability_index(p, q), rel=0.05)
    assert measured.js == pytest.approx(jensenshannon(p, q, base=2), rel=0.05)
    assert measured.wasserstein_normalized == pytest.approx(measured.wasserstein / left.std(ddof=1))


def test_the_same_column_has_no_distance_to_itself(samples):
    edges = distances.fine_edges(samples[0])
    counts = distances.histogram(samples[0], edges)
    measured = distances.numeric_distances(edges, counts, counts, reference_stddev=1.0)
    assert (measured.psi, measured.js, measured.tv, measured.wasserstein) == (0, 0, 0, 0)
    assert measured.ks == (0.0, 1.0)


def test_values_below_the_reference_minimum_are_seen_even_when_it_is_a_spike():
    edges = distances.fine_edges([0.0] * 100)
    p, q = distances.histogram([0.0] * 100, edges), distances.histogram([-1.0] * 100, edges)
    assert distances.ks_test(p, q).statistic == 1.0
    assert distances.numeric_distances(edges, p, q).js == pytest.approx(1.0)


def test_an_empty_group_has_no_distance():
    edges = distances.fine_edges([1.0, 2.0, 3.0])
    p = distances.histogram([1.0, 2.0, 3.0], edges)
    empty = distances.histogram([float("nan"), float("inf")], edges)
    assert distances.numeric_distances(edges, p, empty) == distances.Distances()
    assert distances.categorical_distances({"a": 1}, {}) == distances.Distances()
    assert distances.fine_edges([]).size == 0
    assert distances.coarse_edges([], [0]) == []


def test_new_and_vanished_categories_are_counted_as_other():
    reference = {f"c{i}": 100 - i for i in range(30)}
    labels, p, q = distances.category_counts(reference, {"c0": 5, "new": 7})
    assert len(labels) == 21
    assert labels[-1] is None
    assert p.sum() == sum(reference.values())
    assert q[0] == 5
    assert q[-1] == 7
    assert distances.categorical_distances(reference, {"new": 50}).js > 0.7


def test_quantiles_of_a_histogram_are_within_a_bin(samples):
    edges, p, _ = both(samples)
    measured = distances.histogram_quantiles(
        edges, p, [0.05, 0.5, 0.95], float(samples[0].min()), float(samples[0].max())
    )
    assert measured == pytest.approx(np.quantile(samples[0], [0.05, 0.5, 0.95]), abs=0.03)


def test_adjusted_p_values_equal_scipy():
    p = [0.01, 0.04, 0.03, 0.5, 0.8]
    assert distances.benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p))
    assert distances.benjamini_hochberg([None, 0.02, None]) == [None, 0.02, None]

"""The benchmark's statistics against known answers, and against rliable where it is installed."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from baselines import statistics
from baselines.statistics import (
    interval,
    iqm,
    mean_difference,
    optimality_gap,
    performance_profile,
    probability_of_improvement,
    profile_band,
)

scores = st.lists(st.floats(-2, 2, width=32), min_size=1, max_size=9).map(np.array)
several = st.lists(scores, min_size=1, max_size=4)


def test_interquartile_mean_of_known_numbers():
    assert iqm([np.arange(1.0, 9.0)]) == np.mean([3, 4, 5, 6])
    assert iqm([np.array([100.0, 2.0]), np.array([-50.0, 4.0])]) == 3  # over all environments at once
    assert iqm([np.array([1.0, 2.0, 6.0])]) == 3  # too few to leave any out


@given(several)
def test_interquartile_mean_is_scipys_trimmed_mean(strata):
    assert iqm(strata) == pytest.approx(stats.trim_mean(np.concatenate(strata), 0.25))


def test_optimality_gap_counts_nothing_above_the_target():
    assert optimality_gap([np.array([0.5, 1.5])]) == 0.25
    assert optimality_gap([np.array([2.0]), np.array([3.0])]) == 0
    assert optimality_gap([np.array([0.0]), np.array([2.0])], target=2) == 1


def test_probability_of_improvement_of_known_samples():
    assert probability_of_improvement([np.array([1.0, 3.0])], [np.array([2.0, 0.0])]) == 0.75
    assert probability_of_improvement([np.array([1.0])], [np.array([1.0])]) == 0.5
    better, worse = [np.array([1.0, 2.0])], [np.array([0.0, 0.5])]
    assert probability_of_improvement(better, worse) == 1
    assert probability_of_improvement(better + worse, worse + better) == 0.5  # environments count alike


@given(scores, scores)
def test_probability_of_improvement_is_mann_whitney(one, other):
    statistic = stats.mannwhitneyu(one, other).statistic / (len(one) * len(other))
    chance = probability_of_improvement([one], [other])
    assert chance == pytest.approx(statistic)
    assert chance + probability_of_improvement([other], [one]) == pytest.approx(1)


@given(several)
def test_profiles_fall_from_one_to_zero_and_their_area_is_the_mean(strata):
    thresholds = np.linspace(-2.0, 2.0, 4001)
    profile = performance_profile(strata, thresholds)
    assert (np.diff(profile) <= 0).all() and profile[-1] == 0
    assert performance_profile(strata, np.array([-3.0])) == 1
    assert -2 + np.trapezoid(profile, thresholds) == pytest.approx(statistics.mean(strata), abs=0.01)


def test_profile_of_known_numbers():
    strata = [np.array([0.0, 0.5]), np.array([1.0, 1.5])]
    np.testing.assert_array_equal(performance_profile(strata, np.array([-1, 0, 0.7, 1, 2])), [1, 0.75, 0.5, 0.25, 0])
    low, high = profile_band(strata, np.array([-1, 0.7, 2]))
    # Strata are kept: whatever is drawn, the first environment stays below 0.7 and the second above.
    np.testing.assert_array_equal(low, [1, 0.5, 0])
    np.testing.assert_array_equal(high, [1, 0.5, 0])


def test_the_bootstrap_never_mixes_environments_and_gives_the_normal_interval():
    found = interval(statistics.mean, [np.array([0.0]), np.array([5.0, 5.0])])
    assert found == (10 / 3, 10 / 3, 10 / 3)
    sample = np.random.default_rng(0).normal(size=400)
    found = interval(statistics.mean, [sample])
    half_width = 1.96 * sample.std() / np.sqrt(400)
    assert found.value == pytest.approx(sample.mean())
    assert (found.high - found.low) / 2 == pytest.approx(half_width, rel=0.08)
    assert found == interval(statistics.mean, [sample]) != interval(statistics.mean, [sample], seed=1)


def test_intervals_contain_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(200):
        strata = [rng.normal(mean, 1, size=20) for mean in (0.0, 1.0, 2.0)]
        low, high = interval(statistics.mean, strata, replications=400)[1:]
        hits += low <= 1 <= high
    assert 0.88 <= hits / 200 <= 0.99


def test_paired_difference_is_students():
    rng = np.random.default_rng(2)
    before = rng.normal(size=12)
    after = before + rng.normal(0.3, 0.2, size=12)
    found = mean_difference([before], [after], paired=True)
    known = stats.ttest_rel(after, before).confidence_interval()
    assert found.value - found.half_width == pytest.approx(known.low)
    assert found.value + found.half_width == pytest.approx(known.high)
    assert mean_difference([before], [before + 1], paired=True).half_width == pytest.approx(0, abs=1e-12)


def test_unpaired_difference_is_welchs():
    rng = np.random.default_rng(3)
    before, after = rng.normal(0, 1, size=8), rng.normal(1, 3, size=14)
    found = mean_difference([before], [after], paired=False, level=0.9)
    known = stats.ttest_ind(after, before, equal_var=False).confidence_interval(0.9)
    assert (found.value - found.half_width, found.value + found.half_width) == pytest.approx((known.low, known.high))


def test_differences_of_environments_are_averaged():
    before, after = [np.array([0.0, 0.1]), np.array([5.0, 5.2])], [np.array([1.0, 1.3]), np.array([5.0, 5.1])]
    one, two = (mean_difference([a], [b], paired=True).value for a, b in zip(before, after, strict=True))
    both = mean_difference(before, after, paired=True)
    assert both.value == pytest.approx((one + two) / 2) and both.half_width > 0
    assert np.isnan(mean_difference([np.array([1.0])], [np.array([2.0])], paired=True).half_width)


@pytest.mark.skipif(
    find_spec("rliable") is None, reason="needs rliable, which wants pandas<3: in an environment of its own"
)
def test_rliable_says_the_same():
    from rliable import library, metrics

    rng = np.random.default_rng(4)
    ours, theirs = rng.normal(0.6, 0.3, size=(10, 5)), rng.normal(0.5, 0.3, size=(10, 5))
    strata, others = list(ours.T), list(theirs.T)
    assert iqm(strata) == pytest.approx(metrics.aggregate_iqm(ours))
    assert statistics.mean(strata) == pytest.approx(metrics.aggregate_mean(ours))
    assert statistics.median(strata) == pytest.approx(metrics.aggregate_median(ours))
    assert optimality_gap(strata) == pytest.approx(metrics.aggregate_optimality_gap(ours))
    assert probability_of_improvement(strata, others) == pytest.approx(metrics.probability_of_improvement(ours, theirs))
    thresholds = np.linspace(0, 1, 21)
    profiles, bands = library.create_performance_profile({"ours": ours}, thresholds, reps=2000)
    np.testing.assert_allclose(performance_profile(strata, thresholds), profiles["ours"])
    np.testing.assert_allclose(profile_band(strata, thresholds), bands["ours"], atol=0.04)
    _, ends = library.get_interval_estimates({"ours": ours}, lambda x: np.array([metrics.aggregate_iqm(x)]), reps=2000)
    np.testing.assert_allclose(interval(iqm, strata)[1:], ends["ours"].ravel(), atol=0.01)
    _, ends = library.get_interval_estimates(
        {"both": (ours, theirs)}, lambda x, y: np.array([metrics.probability_of_improvement(x, y)]), reps=2000
    )
    np.testing.assert_allclose(
        interval(probability_of_improvement, strata, others)[1:], ends["both"].ravel(), atol=0.02
    )

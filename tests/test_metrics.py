"""metrics: every function against an answer worked out by hand or by brute force."""

from __future__ import annotations

import numpy as np
import pytest

from recgym import metrics


def test_gini_of_known_distributions():
    assert metrics.gini([3, 3, 3, 3]) == pytest.approx(0)
    assert metrics.gini([0, 0, 0, 8]) == pytest.approx(3 / 4)
    assert metrics.gini([1, 2, 3]) == pytest.approx(2 / 9)  # mean absolute difference 8/9, mean 2
    values = np.random.default_rng(0).integers(0, 20, 50)
    brute = np.abs(values[:, None] - values).mean() / (2 * values.mean())
    assert metrics.gini(values) == pytest.approx(brute)


@pytest.mark.parametrize("counts", [[], [0, 0], [1, -1]])
def test_gini_refuses_what_has_no_distribution(counts):
    with pytest.raises(ValueError, match="positive sum"):
        metrics.gini(counts)


def test_top_share():
    assert metrics.top_share([1, 1, 1, 1, 6]) == pytest.approx(0.6)
    assert metrics.top_share([2] * 10, share=0.3) == pytest.approx(0.3)


def test_auc_counts_pairs_and_halves_ties():
    assert metrics.auc([2, 3], [0, 1]) == 1
    assert metrics.auc([0], [1, 2]) == 0
    assert metrics.auc([1, 3], [1, 2]) == pytest.approx((0.5 + 0 + 1 + 1) / 4)
    assert np.isnan(metrics.auc([], [1]))
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 5, 30), rng.integers(0, 5, 40)
    brute = ((a[:, None] > b) + 0.5 * (a[:, None] == b)).mean()
    assert metrics.auc(a, b) == pytest.approx(brute)


def test_visits_end_where_the_user_leaves_and_the_cut_one_is_left_out():
    left = [False, True, True, False, False, True, False]
    assert metrics.visit_lengths(left).tolist() == [2, 1, 3]
    assert metrics.visit_lengths([False, False]).tolist() == []


def test_describe_lengths():
    described = metrics.describe_lengths([1, 1, 2, 4, 12])
    assert described == (5, 4.0, 2.0, pytest.approx(8.8), pytest.approx(0.4))
    assert np.isnan(metrics.describe_lengths([]).p50)


def test_click_rate_by_position_ignores_empty_slots():
    slates = np.array([[4, 5, -1], [6, 7, -1], [8, -1, -1]])
    clicked = np.array([[True, False, False], [False, True, False], [True, False, False]])
    rates = metrics.click_rate_by_position(slates, clicked)
    assert rates[:2].tolist() == pytest.approx([2 / 3, 1 / 2])
    assert np.isnan(rates[2])


def test_funnel_rates():
    slates = np.array([[0, 1, 2, -1], [3, 4, 5, 6]])
    clicked = np.array([[1, 1, 0, 0], [1, 0, 0, 1]], dtype=bool)
    carted = np.array([[1, 0, 0, 0], [1, 0, 0, 0]], dtype=bool)
    purchased = np.array([[0, 0, 0, 0], [1, 0, 0, 0]], dtype=bool)
    assert metrics.funnel_rates(slates, clicked, carted, purchased) == pytest.approx((4 / 7, 2 / 4, 1 / 4))
    nothing = np.zeros_like(clicked)
    assert np.isnan(metrics.funnel_rates(slates, nothing, nothing, nothing).cart_per_view)


def test_star_shares_leave_out_zeros():
    assert metrics.star_shares([[0, 5, 5], [1, 0, 4]]).tolist() == [0.25, 0, 0, 0.25, 0.5]
    assert np.isnan(metrics.star_shares([0, 0])).all()


def test_clicks_in_order_keep_the_first_of_each_item():
    slates = np.array([[9, 2], [2, 5], [1, 9]])
    clicked = np.array([[False, True], [True, True], [True, False]])
    assert metrics.clicks_in_order(slates, clicked).tolist() == [2, 5, 1]


def test_text_probe_by_hand():
    embeddings = np.array([[1, 0], [0.8, 0.6], [0, 1], [-1, 0]], dtype=float)
    # After item 0, item 1 (cosine .8) beats items 2 and 3; after items 0 and 1 the mean is (.9, .3), and item 2 (.3)
    # beats item 3 (-.9) and ties with itself.
    assert metrics.text_probe(np.array([0, 1]), embeddings, np.array([2, 3])) == 1
    assert metrics.text_probe(np.array([0, 1, 2]), embeddings, np.array([2, 3])) == pytest.approx((1 + 0.75) / 2)
    assert np.isnan(metrics.text_probe(np.array([0]), embeddings, np.array([1])))


def test_score_probe_is_the_auc_of_the_score():
    popularity = np.array([10.0, 1.0, 5.0])
    assert metrics.score_probe(np.array([0, 2]), popularity, np.array([1, 2])) == pytest.approx((1 + 1 + 1 + 0.5) / 4)


def test_precision_recall_and_f1_are_the_textbooks_for_relevant_or_not():
    candidates = np.array([[1, 0, 1, 1, 0, 1], [0, 0, 0, 0, 0, 0]])
    shown = candidates[:, :3]
    precision, recall = metrics.precision(shown), metrics.recall(shown, candidates)
    np.testing.assert_allclose(precision, [2 / 3, 0])
    np.testing.assert_allclose(recall, [2 / 4, np.nan])
    np.testing.assert_allclose(metrics.f1(precision, recall), [2 * 2 / (2 + 1 + 4), np.nan])  # 2 TP / (2 TP + FP + FN)
    assert metrics.f1(0.0, 0.0) == 0


def test_precision_and_recall_of_chances_are_ratios_of_expectations():
    chances = np.array([0.9, 0.5, 0.1, 0.5])
    relevant = np.random.default_rng(0).random((100_000, 4)) < chances
    assert metrics.precision(chances[:2]) == pytest.approx(relevant[:, :2].sum() / 200_000, abs=0.01)
    assert metrics.recall(chances[:2], chances) == pytest.approx(relevant[:, :2].sum() / relevant.sum(), abs=0.01)


def test_ndcg_is_scikit_learns():
    sklearn_metrics = pytest.importorskip(
        "sklearn.metrics", reason="needs scikit-learn, which comes with recgym[encoder]"
    )
    rng = np.random.default_rng(0)
    gains, scores = rng.random((5, 8)), rng.random((5, 8))
    shown = np.take_along_axis(gains, np.argsort(-scores, axis=1)[:, :3], axis=1)
    known = [sklearn_metrics.ndcg_score(gains[[i]], scores[[i]], k=3) for i in range(5)]
    np.testing.assert_allclose(metrics.ndcg(shown, gains), known)


def test_ndcg_by_hand():
    candidates = np.array([3.0, 0.0, 2.0, 1.0])
    best = 3 + 2 / np.log2(3)
    assert metrics.ndcg(np.array([3.0, 2.0]), candidates) == 1
    assert metrics.ndcg(np.array([2.0, 3.0]), candidates) == pytest.approx((2 + 3 / np.log2(3)) / best)
    assert metrics.ndcg(np.array([0.0, 3.0]), candidates) == pytest.approx(3 / np.log2(3) / best)
    assert np.isnan(metrics.ndcg(np.zeros(2), np.zeros(4)))


def test_intra_list_diversity_is_one_minus_the_mean_cosine_of_pairs():
    embeddings = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
    slates = np.array([[0, 1, 2], [0, 1, -1], [2, -1, -1]])
    np.testing.assert_allclose(metrics.intra_list_diversity(slates, embeddings), [1 - 1.4 / 3, 1, np.nan])


def test_novelty_is_the_surprise_of_what_is_shown():
    popularity = np.array([4.0, 2.0, 1.0, 1.0])
    assert metrics.novelty(np.array([[0, 2], [3, -1]]), popularity) == pytest.approx((1 + 3 + 3) / 3)
    assert metrics.novelty(np.arange(4), np.ones(4)) == 2
    assert np.isnan(metrics.novelty(np.array([-1]), popularity))


def test_coverage_and_entropy():
    assert metrics.coverage([0, 3, 1, 0]) == 0.5
    assert metrics.entropy([]) != metrics.entropy([])  # NaN
    assert metrics.entropy([1, 1, 2, 9]) == pytest.approx(1.5)


def test_entropy_drift_compares_halves_of_the_same_length():
    assert metrics.entropy_drift([1, 1, 7, 1, 2]) == 1
    assert metrics.entropy_drift([1, 2, 1, 2]) == 0
    assert np.isnan(metrics.entropy_drift([4])) and np.isnan(metrics.entropy_drift([]))

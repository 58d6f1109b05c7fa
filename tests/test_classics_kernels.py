"""The classic models' kernels: RecSim's own numbers to 1e-12, and boredom by hand."""

from __future__ import annotations

import math
from itertools import combinations

import classics_helpers
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recgym.choice import ChoiceModel, MultinomialLogit, MultinomialProportional
from recgym.classics import Boredom, InterestEvolution, InterestExploration, LongTermSatisfaction, boredom, choice
from recgym.classics import interest_evolution as ievo
from recgym.classics import interest_exploration as iexp
from recgym.classics import long_term_satisfaction as lts

EVOLUTION = classics_helpers.recsim("interest_evolution")["cases"]
EXPLORATION = classics_helpers.recsim("interest_exploration")["cases"]
SATISFACTION = classics_helpers.recsim("long_term_satisfaction")["cases"]


def close(value: object) -> object:
    return pytest.approx(value, rel=1e-12, abs=1e-12)


def chances_of(weights: np.ndarray, no_click: float) -> list[float]:
    chances = np.empty(len(weights) + 1)
    choice.probabilities(weights, no_click, chances)
    return chances.tolist()


def shares(model: ChoiceModel, utilities: np.ndarray) -> list[float]:
    """The same by the batch's choice models, which environments use."""
    chances = model.probabilities(utilities[None], np.ones((1, len(utilities)), dtype=bool))[0]
    return [*chances.tolist(), 1.0 - chances.sum()]


def test_interest_evolution_choices_and_topics_are_recsims():
    model, weights = InterestEvolution(), np.empty(3)
    assert model.topic_quality.tolist() == close(EVOLUTION["topic_quality"])
    for case in EVOLUTION["choices"]:
        ievo.choice_weights(np.array(case["interests"]), np.array(case["topics"]), model.least_score, weights)
        assert chances_of(weights, model.no_click_weight) == close(case["probabilities"])
        batch = MultinomialProportional(model.least_score, model.no_click_score)
        assert shares(batch, np.array(case["interests"])[case["topics"]]) == close(case["probabilities"])


def test_interest_evolution_interests_are_recsims():
    moves = [case["after"] - case["interest"] for case in EVOLUTION["interests"]]
    assert min(moves) < -0.1 and max(moves) > 0.1
    for case in EVOLUTION["interests"]:
        assert ievo.interest_after(case["interest"], case["flip"], InterestEvolution().interest_step) == close(case["after"])


def test_interest_evolution_budgets_are_recsims():
    model = InterestEvolution()
    assert {case["clicked"] for case in EVOLUTION["budgets"]} == {True, False}
    assert any(0 < case["watch"] < model.video_length for case in EVOLUTION["budgets"])
    for case in EVOLUTION["budgets"]:
        watched = ievo.watch_time(case["budget"], model.video_length) if case["clicked"] else 0.0
        after = ievo.budget_after(case["budget"], watched, case["quality"], model.extension)
        assert watched == close(case["watch"])
        assert after - (0.0 if case["clicked"] else model.no_click_cost) == close(case["after"])


def test_interest_exploration_choices_are_recsims():
    model, utilities, weights = InterestExploration(), np.empty(3), np.empty(3)
    for case in EXPLORATION["choices"]:
        iexp.utilities_of(np.array(case["affinity"]), np.array(case["topics"]), np.array(case["quality"]), utilities)
        none = choice.logit_weights(utilities, model.no_click_utility, weights)
        assert chances_of(weights, none) == close(case["probabilities"])
        assert shares(MultinomialLogit(model.no_click_utility), utilities) == close(case["probabilities"])


def test_long_term_satisfaction_is_recsims():
    model = LongTermSatisfaction()
    for case in SATISFACTION["steps"]:
        satisfaction = lts.satisfaction_of(case["exposure"], case["sensitivity"])
        loc = lts.log_engagement(case["clickbait"], satisfaction, model.choc_mean, model.kale_mean)
        scale = lts.between(case["clickbait"], model.choc_sd, model.kale_sd)
        noise = model.innovation_sd * case["noise"][1]
        after = lts.exposure_after(case["exposure"], case["clickbait"], model.memory, noise)
        assert (loc, scale, after) == close((case["loc"], case["scale"], case["after"]))
        assert math.exp(loc + scale * case["noise"][0]) == close(case["engagement"])
        assert lts.satisfaction_of(after, case["sensitivity"]) == close(case["satisfaction"])
    for case in SATISFACTION["starts"]:
        assert lts.first_exposure(case["u"], model.memory) == close(case["exposure"])


@given(st.lists(st.floats(0, 5), min_size=1, max_size=6), st.floats(0.01, 5), st.floats(0, 1, exclude_max=True))
def test_chosen_inverts_the_cumulative_probabilities(weights, no_click, u):
    chances = chances_of(np.array(weights), no_click)
    edges = np.cumsum(chances)
    expected = int(np.searchsorted(edges, u, side="right"))
    if np.abs(edges - u).min() > 1e-9:
        assert choice.chosen(np.array(weights), no_click, u) == (expected if expected < len(weights) else -1)
    assert sum(chances) == close(1.0)


@given(st.lists(st.floats(-600, 600), min_size=1, max_size=4), st.floats(-600, 600))
def test_logit_weights_do_not_overflow(utilities, no_click):
    weights = np.empty(len(utilities))
    none = choice.logit_weights(np.array(utilities), no_click, weights)
    assert np.isfinite([*weights, none]).all() and max(*weights, none) == 1.0


@given(st.integers(0, 2**32 - 1), st.integers(3, 8))
def test_best_slates_are_the_best_of_all(seed, num_candidates):
    rng = np.random.default_rng(seed)
    weights, values, slate = rng.uniform(0.01, 2, num_candidates), rng.normal(size=num_candidates), np.empty(3, np.int64)
    classics_helpers.best_slate(weights, values, 2.0, slate)

    def worth(items: tuple[int, ...]) -> float:
        rows = list(items)
        return float(weights[rows] @ values[rows] / (2.0 + weights[rows].sum()))

    assert worth(tuple(slate)) == close(max(worth(items) for items in combinations(range(num_candidates), 3)))


@given(st.floats(0.01, 0.99), st.integers(0, 2**32 - 1))
def test_the_belief_slate_is_the_best_at_once(belief, seed):
    """Against all pairs, with the expected click probability written out."""
    rng = np.random.default_rng(seed)
    topics, quality, affinity = rng.integers(0, 2, 6), rng.lognormal(0.4, 0.2, 6), rng.lognormal(0.4, 0.4, (2, 2))
    slate = np.empty(2, np.int64)
    value = iexp.best_slate(belief, affinity, topics, quality, np.argsort(-quality), 4.0, np.zeros(2), slate)

    def click(pair: tuple[int, ...]) -> float:
        appeal = [sum(math.exp(kind[topics[i]] + quality[i] - 4.0) for i in pair) for kind in affinity]
        return belief * appeal[0] / (1 + appeal[0]) + (1 - belief) * appeal[1] / (1 + appeal[1])

    assert value == close(max(click(pair) for pair in combinations(range(6), 2)))
    assert click(tuple(slate)) == close(value)


def test_relevance_and_main_topic():
    model = Boredom()
    item = np.array([0.6, 0.8, 0.0])
    assert boredom.main_topic(item) == 1
    relevance = boredom.relevance(np.array([0.0, 1.0, 0.0]), item, model.relevance_offset, 10.0)
    assert relevance == close(1 / (1 + math.exp(-1.5)))
    assert boredom.alike(np.array([2, 0, 2, 1]), 3) == 2


def test_clicked_items_influence_topic_by_topic():
    items = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    taste, slate = np.array([0.6, 0.8, 0.0]), np.array([2, 1, 0])
    boredom.influence(taste, items, slate, np.array([False, False, False]), 0.9)
    assert taste.tolist() == [0.6, 0.8, 0.0]
    boredom.influence(taste, items, slate, np.array([True, False, True]), 0.9)
    moved = 0.9 * np.array([0.6, 0.8, 0.0]) + 0.1 * np.array([0.5, 0.0, 0.5])
    assert taste.tolist() == close((moved / np.linalg.norm(moved)).tolist())


def test_boredom_counts_the_latest_clicks_of_the_last_steps():
    topics, steps, counts = np.full(4, -1), np.zeros(4, np.int64), np.empty(3, np.int64)
    for step, topic in ((1, 0), (2, 0), (3, 1), (6, 2), (7, 2)):  # the first is pushed out by the fifth
        boredom.remember(topics, steps, topic, step)
    boredom.recent_counts(topics, steps, 7, 6, counts)
    assert counts.tolist() == [1, 1, 2]
    boredom.recent_counts(topics, steps, 7, 5, counts)
    assert counts.tolist() == [0, 1, 2]


def test_boredom_begins_at_the_threshold_and_wears_off():
    bored_for, taste, current = np.zeros(2, np.int64), np.array([0.6, 0.8]), np.empty(2)
    boredom.tire(bored_for, np.array([4, 5]), 5, 3)
    assert bored_for.tolist() == [0, 3]
    boredom.wanted(taste, bored_for, False, current)
    assert current.tolist() == [0.6, 0.0]
    boredom.wanted(taste, bored_for, True, current)
    assert current.tolist() == [0.0, 0.0]
    left = []
    for counts in ([0, 5], [0, 0], [0, 0], [5, 0]):  # still many clicks in the log do not prolong it
        boredom.tire(bored_for, np.array(counts), 5, 3)
        left.append(bored_for.tolist())
    assert left == [[0, 2], [0, 1], [0, 0], [3, 0]]
    boredom.wanted(taste, np.zeros(2, np.int64), True, current)
    assert current.tolist() == [0.6, 0.8]

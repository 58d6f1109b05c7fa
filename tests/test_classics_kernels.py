"""The classic models' kernels: RecSim's own numbers to 1e-12, and boredom by hand."""

from __future__ import annotations

import math
from itertools import combinations

import classics_helpers
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recgym.choice import ChoiceModel
from recgym.classics import Boredom, InterestEvolution, InterestExploration, LongTermSatisfaction
from recgym.classics import boredom_equations as boredom
from recgym.classics import exploration_planner as planner
from recgym.classics import interest_evolution as ievo
from recgym.classics import long_term_satisfaction as lts

EVOLUTION = classics_helpers.recsim("interest_evolution")["cases"]
EXPLORATION = classics_helpers.recsim("interest_exploration")["cases"]
SATISFACTION = classics_helpers.recsim("long_term_satisfaction")["cases"]


def close(value: object) -> object:
    return pytest.approx(value, rel=1e-12, abs=1e-12)


def shares(model: ChoiceModel, utilities: np.ndarray) -> list[float]:
    """The probability of a click on each slot and, last, of none."""
    chances = model.probabilities(utilities[None], np.ones((1, len(utilities)), dtype=bool))[0]
    return [*chances.tolist(), 1.0 - chances.sum()]


def test_interest_evolution_choices_and_topics_are_recsims():
    model = InterestEvolution()
    assert model.no_click_weight == 2
    assert model.topic_quality.tolist() == close(EVOLUTION["topic_quality"])
    for case in EVOLUTION["choices"]:
        assert shares(model.choice, np.array(case["interests"])[case["topics"]]) == close(case["probabilities"])


def test_interest_evolution_interests_are_recsims():
    moves = [case["after"] - case["interest"] for case in EVOLUTION["interests"]]
    assert min(moves) < -0.1 and max(moves) > 0.1
    step = InterestEvolution().interest_step
    for case in EVOLUTION["interests"]:
        assert ievo.interest_after(case["interest"], case["flip"], step) == close(case["after"])


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
    model, slate, chances = InterestExploration(), np.arange(3), np.empty(4)
    for case in EXPLORATION["choices"]:
        affinity, topics, quality = (np.array(case[name]) for name in ("affinity", "topics", "quality"))
        assert shares(model.choice, affinity[topics] + quality) == close(case["probabilities"])
        # As planners have it.
        planner.outcome_chances(affinity, topics, quality, slate, model.no_click_utility, chances)
        assert chances.tolist() == close(case["probabilities"])


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


@given(st.floats(0.01, 0.99), st.integers(0, 2**32 - 1))
def test_the_belief_slate_is_the_best_at_once(belief, seed):
    """Against all pairs, with the expected click probability written out."""
    rng = np.random.default_rng(seed)
    topics, quality, affinity = rng.integers(0, 2, 6), rng.lognormal(0.4, 0.2, 6), rng.lognormal(0.4, 0.4, (2, 2))
    slate = np.empty(2, np.int64)
    value = planner.best_slate(belief, affinity, topics, quality, np.argsort(-quality), 4.0, np.zeros(2), slate)

    def click(pair: tuple[int, ...]) -> float:
        appeal = [sum(math.exp(kind[topics[i]] + quality[i] - 4.0) for i in pair) for kind in affinity]
        return belief * appeal[0] / (1 + appeal[0]) + (1 - belief) * appeal[1] / (1 + appeal[1])

    assert value == close(max(click(pair) for pair in combinations(range(6), 2)))
    assert click(tuple(slate)) == close(value)


def test_relevance_and_monotony():
    model = Boredom()
    item = np.array([0.6, 0.8, 0.0])
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

"""ShopReward: every term by its formula, the sum, and what a potential adds up to."""

from __future__ import annotations

import dataclasses
import math

import gymnasium
import numpy as np
import pytest

import recgym  # noqa: F401  registers the environments
from recgym.response import Funnel, Response
from recgym.reward import ShopReward
from recgym.state import State
from recgym.testing import HashingEncoder, random_items, small_catalog

ITEMS = random_items(embedding_dim=3)
SLATES = np.array([[0, 5, 7], [3, -1, -1], [8, 2, -1]])
EVERY_TERM = {"click": 1.0, "cart": 1.0, "purchase": 1.0, "satisfaction": 1.0, "diversity": 1.0, "potential": 1.0}
SMALL = {"catalog": small_catalog(), "encoder": HashingEncoder(16), "embedding_dim": 16, "slate_size": 3,
         "candidates_per_source": 2}  # fmt: skip


def response() -> Response:
    """Lane 0: clicks on 0 and 7, buys 7 for four stars; lane 1: buys 3 for one star; lane 2: nothing."""
    clicked = np.array([[True, False, True], [True, False, False], [False, False, False]])
    bought = np.array([[False, False, True], [True, False, False], [False, False, False]])
    appeal = np.array([[0.5, 0.25, 0.125], [0.75, 0.0, 0.0], [0.1, 0.2, 0.0]])
    rating = np.array([[0.0, 0.0, 4.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    nothing = np.zeros((3, 3))
    funnel = Funnel(nothing, nothing, nothing, nothing, nothing, nothing.astype(bool))
    return Response(clicked, clicked, clicked, bought, rating, np.ones_like(appeal), nothing, appeal, funnel)


def states() -> tuple[State, State]:
    before = State(trust=np.array([0.5, 0.5, 0.2]), readiness=np.array([0.0, 0.75, 0.4]))
    after = State(trust=np.array([0.75, 0.25, 0.2]), readiness=np.array([0.5, 0.0, 0.4]))
    return before, after


def cosine(one: int, two: int) -> float:
    return float(ITEMS.embeddings[one].astype(float) @ ITEMS.embeddings[two].astype(float))


def test_every_term_by_its_formula():
    terms = ShopReward(ITEMS, EVERY_TERM).terms(*states(), SLATES, response())
    assert terms["click"].tolist() == [2, 1, 0]
    assert terms["cart"].tolist() == [2, 1, 0]
    profit = ITEMS.trait("profit")
    assert terms["purchase"].tolist() == [profit[7], profit[3], 0]
    stars = ShopReward.RATING_WEIGHT
    assert np.allclose(terms["satisfaction"], [0.875 + stars * 1, 0.75 - stars * 2, 0.3])
    mean_cosine = (cosine(0, 5) + cosine(0, 7) + cosine(5, 7)) / 3
    assert np.allclose(terms["diversity"], [1 - mean_cosine, 0.0, 1 - cosine(8, 2)], atol=1e-6)
    assert np.allclose(terms["potential"], [0.75, -1.0, 0.0])


def test_the_total_is_the_weighted_sum():
    weights = dict(zip(EVERY_TERM, (0.5, -1.0, 2.0, 0.25, 3.0, -0.125), strict=True))
    reward = ShopReward(ITEMS, weights)
    terms = reward.terms(*states(), SLATES, response())
    expected = [sum(weights[name] * terms[name][lane] for name in weights) for lane in range(3)]
    assert np.allclose(reward.total(terms, num_envs=3), expected, rtol=1e-12)


def test_terms_without_weight_are_left_out():
    for name in EVERY_TERM:
        others = dict.fromkeys(EVERY_TERM, 0.0) | {name: 2.0}
        reward = ShopReward(ITEMS, others)
        terms = reward.terms(*states(), SLATES, response())
        assert list(terms) == [name]
        assert np.array_equal(reward.total(terms, num_envs=3), 2.0 * terms[name])


@pytest.mark.parametrize("num_envs", [1, 4])
def test_without_any_weight_the_reward_is_zero_in_every_lane(num_envs):
    reward = ShopReward(ITEMS, dict.fromkeys(EVERY_TERM, 0.0))
    assert reward.terms(*states(), SLATES, response()) == {}
    assert reward.total({}, num_envs).tolist() == [0.0] * num_envs


def test_weights_not_named_keep_their_default():
    assert ShopReward(ITEMS, {"click": 9.0}).weights == {**ShopReward.DEFAULT_WEIGHTS, "click": 9.0}
    assert set(ShopReward.DEFAULT_WEIGHTS) == set(EVERY_TERM)


def test_diversity_of_equal_and_opposite_items():
    embeddings = np.array([[1, 0, 0], [1, 0, 0], [-1, 0, 0], [0, 1, 0]], dtype=np.float32)
    items = dataclasses.replace(ITEMS, embeddings=embeddings)
    reward = ShopReward(items, EVERY_TERM)
    slates = np.array([[0, 1, -1], [0, 2, -1], [0, 3, -1]])
    assert np.allclose(reward.terms(*states(), slates, response())["diversity"], [0.0, 2.0, 1.0])


def test_the_sum_in_info_is_the_reward():
    weights = {"click": 0.3, "cart": 0.5, "purchase": 1.0, "satisfaction": 0.2, "diversity": 0.1, "potential": 0.7}
    env = gymnasium.make("RecGym-Ecommerce-v0", reward=weights, **SMALL)
    env.reset(seed=0)
    env.action_space.seed(0)
    for _ in range(60):
        _, reward, terminated, truncated, info = env.step(env.action_space.sample())
        assert set(info["reward_terms"]) == set(weights)
        assert reward == pytest.approx(sum(weights[name] * info["reward_terms"][name] for name in weights), rel=1e-12)
        if terminated or truncated:
            env.reset()


def test_a_potential_telescopes_over_a_session():
    """The sum of p(s') - p(s) is p(end) - p(start), whatever was done in between."""
    only = dict.fromkeys(EVERY_TERM, 0.0) | {"potential": 1.0}
    env = gymnasium.make("RecGym-Ecommerce-v0", reward=only, session_length=25, **SMALL)
    lengths = []
    for seed in range(5):
        env.reset(seed=seed)
        env.action_space.seed(seed)

        def potential() -> float:
            state = env.unwrapped.state
            return float(state["trust"][0] + state["readiness"][0])

        start, rewards = potential(), []
        over = False
        while not over:
            _, reward, terminated, truncated, _ = env.step(env.action_space.sample())
            rewards.append(reward)
            over = terminated or truncated
        lengths.append(len(rewards))
        assert math.fsum(rewards) == pytest.approx(potential() - start, abs=1e-12)
        assert max(map(abs, rewards)) > 0
    assert max(lengths) > 5

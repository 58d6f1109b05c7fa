"""The social network: what friends, ads and heat do to a member, what is paid, and what the network sees, by hand."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest

from recgym.dynamics import Circle, Strain
from recgym.response import FunnelResponse
from recgym.scenarios import scenario
from recgym.scenarios.social import COOLING, VIEW_PAY, Social, SocialReward, heating, revenue
from recgym.scenarios.social_members import Company, SocialGraph, Weights
from recgym.state import State
from tests.small_worlds import only, plain_habits, two_items
from tests.test_small_instance_social import SameMember, circle_of

ID = "RecGym-Social-v0"
POST, AD = 0, 1


@pytest.fixture(scope="module")
def built():
    return scenario.build(Social())


@pytest.fixture(scope="module")
def items():
    """A friend's post and an ad that enrages."""
    return two_items(pull=(0.0, 0.0), friend=(1.0, 0.0), ad=(0.0, 1.0), outrage=(0.0, 0.5), ad_bid=(0.0, 2.0))


class Members:
    def __init__(self, num_envs: int) -> None:
        self.keys = np.zeros(num_envs, dtype=np.uint64)


def members(items, num_envs: int = 1, **values: float) -> tuple[Circle, State]:
    """Two of four friends are active."""
    circle = circle_of(items, (0.5, 0.0), num_friends=4, direct=0.1, beta=0.4)
    state = SameMember().sample(Members(num_envs))
    circle.reset(state, np.full((num_envs, circle.num_uniforms), 0.5))
    Strain(items, "ads", items.trait("ad")).reset(state, np.zeros((num_envs, 1)))
    state["friends"][:, :2], state["active"][:] = 1, 0.5
    for name, value in values.items():
        state[name] = np.full(num_envs, value, dtype=state[name].dtype)
    return circle, state


def test_what_friends_ads_and_heat_add_to_the_logits(items):
    circle, state = members(items, ads_felt=0.5, heat=2.0, roles=1)
    company = Company(items, circle, np.array([0.0, 0.7]), np.array([0.0, 0.3]), Weights(2.0, 1.0, 0.6, 0.4))
    shifts = company.of(state, np.array([[POST, AD, -1]]))
    friends_post = 2.0 * 0.5 + 1.0 * 0.5 + 0.7 - 0.6 * 0.5
    ad = 2.0 * 0.5 - 0.6 * 0.5 * 2 + 0.4 * 2.0 * 0.5
    np.testing.assert_allclose(shifts.click, [[friends_post, ad, 0.0]])
    np.testing.assert_allclose(shifts.cart, [[0.3, 0.3 + 0.4 * 2.0 * 0.5, 0.0]])
    assert not shifts.stay.any() and not shifts.purchase.any()


def test_the_network_sees_its_graph_and_its_ads(items):
    circle, state = members(items, ads=1.5)
    seen = SocialGraph(items, circle).of(state, np.array([[POST, AD]]))
    woken = 0.5 * (0.1 + 0.4 * 0.5) * 2 / 4
    np.testing.assert_allclose(seen, [[[3 * 0.5, 5 * woken, 0.0], [3 * 0.5, 0.0, 0.5 * 1.5]]], rtol=1e-6)


def test_ads_pay_for_looks_and_clicks_and_expected_terms_are_means(items):
    num_envs = 100_000
    circle, state = members(items, num_envs, heat=0.8)
    response = FunnelResponse(items, 1, plain_habits(), fit=Company(items, circle, np.zeros(1), np.zeros(1)))
    reward = SocialReward(items, only(SocialReward, ads=1.0, harmony=1.0))
    rng = _Lanes(num_envs)
    shown = np.full((num_envs, 1), AD)
    answered = response.respond(state, shown, rng)
    assert set(np.unique(revenue(items, shown, answered))) == {2.0 * VIEW_PAY, 2.0 * (1 + VIEW_PAY)}
    heat = COOLING * 0.8 + answered.clicked[:, 0] * heating(items)[AD]
    terms = reward.terms(state, State(state, heat=heat), shown, answered)
    foreseen = reward.expected_terms(state, shown[:1], response.funnel(state, shown))
    for name, without in (("ads", 0.0), ("harmony", -((COOLING * 0.8) ** 2))):
        error = terms[name].std() / np.sqrt(num_envs)
        assert abs(terms[name].mean() - without - foreseen[name][0, 0]) < 4 * error


class _Lanes(Members):
    """Every lane has a stream of its own."""

    def __init__(self, num_envs: int) -> None:
        self.keys = np.random.default_rng(5).integers(2**64, size=num_envs, dtype=np.uint64)


def test_nobody_searches_and_nothing_is_observed_of_it(built):
    assert not {"has_query", "query_intent"} & set(built.counters.names)
    assert "query" not in built.simulator.features.names
    with gymnasium.make(ID) as env:
        assert env.observation_space.shape[0] == 8 + 20 * len(built.simulator.features.names) + 5 * 32


def test_stars_are_compared_within_a_kind(built):
    items = built.simulator.items
    for kind in ("friend", "ad"):
        of_kind = items.trait(kind) == 1
        assert of_kind.any() and abs(items.trait("rating")[of_kind].mean()) < 0.05
    assert (items.trait("ad_bid") > 0).tolist() == (items.trait("ad") == 1).tolist()


def test_outrage_wakes_nobody_and_offends(built):
    circle, items = built.simulator.part(Circle), built.simulator.items
    loud = items.trait("outrage") > 0.67
    assert not circle.spread[loud].any() and (circle.offence[loud] > 0.1).all()
    assert not circle.spread[items.trait("ad") == 1].any()
    assert (circle.spread > 0.5).sum() > 50


def test_the_outcome_counts_ads_and_friends():
    envs = gymnasium.make_vec(ID, num_envs=16)
    envs.reset(seed=0)
    envs.action_space.seed(0)
    items, pages = envs.simulator.items, 0
    for _ in range(20):
        *_, info = envs.step(envs.action_space.sample())
        there, outcome = info["_slate"], info["outcome"]
        np.testing.assert_array_equal(outcome["ads"][there], items.trait("ad")[info["slate"]].sum(axis=1)[there])
        np.testing.assert_array_equal(outcome["heat"][there], info["truth"]["heat"][there])
        assert ((outcome["active"] + outcome["weary"])[there] <= 1).all()
        pages += there.sum()
    assert pages > 200
    envs.close()

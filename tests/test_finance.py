"""The bank: which products suit whom, what clients like, what is paid and fined, and that masks keep to the rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest

import recgym  # noqa: F401
from baselines.recommender import make_lanes
from baselines.sb3 import TrainedRecommender, make_model
from recgym.dynamics import Holdings, Market
from recgym.env import RecVectorEnv
from recgym.items import Items
from recgym.randomness import BatchRNG
from recgym.response import Response
from recgym.scenarios.builtin import builtin_catalog
from recgym.scenarios.clients import KnownOfClient, Suitability, Temper, risk_of
from recgym.scenarios.finance import FinanceOutcome, FinanceReward
from recgym.scenarios.finance_words import LIVES, MARKETS, TOLERANCES
from recgym.simulator import Simulator
from recgym.state import State

ID = "RecGym-Finance-v0"
RISK_CLASS = builtin_catalog("finance").attributes["risk_class"]
MASKED = ("slate", "item", "sequential")


@pytest.fixture(scope="module")
def simulator() -> Simulator:
    return gymnasium.make(ID).unwrapped.simulator


@pytest.fixture(scope="module")
def items(simulator) -> Items:
    return simulator.items


def clients(**values) -> State:
    state = State({name: np.array(column) for name, column in values.items()})
    return State(state, step=np.zeros(len(next(iter(state.values()))), dtype=np.int64))


def of_class(risk_class: int) -> int:
    return int(np.flatnonzero(risk_class == RISK_CLASS)[0])


def test_a_product_suits_up_to_the_risk_that_a_client_can_bear(items):
    rows = np.tile([of_class(number) for number in range(1, 8)] + [-1], (len(TOLERANCES), 1))
    suits = ~Suitability(items).forbids(clients(tolerances=range(len(TOLERANCES))), rows)
    assert suits.sum(axis=1).tolist() == [3, 4, 6, 8]  # classes 1 to 2, 3, 5 and 7, and the empty slot
    assert all((np.diff(lane[:7].astype(int)) <= 0).all() for lane in suits)


def test_the_bank_sees_what_suits_and_what_is_asked_about(items):
    rows = np.tile([of_class(1), of_class(7)], (2, 1))
    risky = items.categories[rows[0, 1]]
    state = clients(tolerances=[0, 3], query_category=[risky, -1], context=[0, 1], interest_item=rows[:, 1])
    known = KnownOfClient(items, Market(np.full((2, 2), 0.5)), np.array([0.5, -1.0])).of(state, rows)
    np.testing.assert_array_equal(known[..., :2], [[[1, -1], [-1, 1]], [[1, -1], [1, -1]]])
    np.testing.assert_array_equal(known[..., 2], np.outer([0.5, -1.0], [-1.5, 1.5]))
    cosine = items.embeddings[rows[0, 0]] @ items.embeddings[rows[0, 1]]
    np.testing.assert_allclose(known[..., 3], 2 * np.array([[cosine, 1], [cosine, 1]]), rtol=1e-5)


def test_temper_by_hand(items):
    market = Market(np.full((2, 2), 0.5))
    temper = Temper(items, market, np.array([0.5, -1.5]), np.array([-0.4, 0.0, 0.0, 0.6]), np.array([-0.8, 0.5]), -2.0)
    row = of_class(7)
    state = clients(context=[4, 5], tolerances=[3, 0], lives=[0, 1])
    shifts = temper.of(state, np.array([[row, -1], [row, -1]]))
    risk, intricacy = risk_of(np.array(7.0)), items.trait("intricacy")[row]
    np.testing.assert_allclose(shifts.click, [[1.1 * risk - 0.8 * intricacy, 0], [-1.9 * risk + 0.5 * intricacy, 0]])
    np.testing.assert_array_equal(shifts.stay, [[0, 0], [-2.0, 0]])
    assert not shifts.cart.any() and not shifts.purchase.any()


def test_the_scenario_has_numbers_for_every_word(simulator):
    temper, holdings = simulator.response.fit, simulator.part(Holdings)
    assert len(temper.mood) == len(holdings.hazard) == len(simulator.part(Market).jumps) == len(MARKETS)
    assert len(temper.boldness) == len(TOLERANCES) and len(temper.horizon) == len(LIVES)
    assert simulator.users.sensitivity.shape == (len(TOLERANCES),)


def signed(slates: np.ndarray, slots: list[int]) -> Response:
    flags = np.zeros(slates.shape, dtype=bool)
    flags[0, slots] = True
    nothing = np.zeros(slates.shape)
    return Response(flags, flags, flags, flags, 3.0 * flags, nothing, nothing, nothing, None)


def test_contracts_are_paid_by_the_clients_money_and_fined_where_they_do_not_suit(items):
    slates = np.array([[of_class(2), of_class(4), -1]])
    client = clients(tolerances=[1], assets=[1.5])
    terms = FinanceReward(items).terms(client, client, slates, signed(slates, [0, 1]))
    paid = items.trait("paid")[slates[0, :2]]
    np.testing.assert_allclose([terms["commission"][0], terms["fine"][0], terms["sale"][0]], [1.5 * paid.sum(), -1, 2])
    assert "fine" not in FinanceReward(items, {"fine": 0.0}).terms(client, client, slates, signed(slates, [0]))


def test_what_is_shown_against_the_rule_counts_even_if_nobody_buys(items):
    slates = np.array([[of_class(2), of_class(4), of_class(7)]])
    client = clients(tolerances=[1], assets=[1.5])
    outcome = FinanceOutcome(items).of(client, State(client, gain=np.array([-0.2])), slates, signed(slates, [0]))
    assert outcome["breaches"][0] == 2 and outcome["gain"][0] == -0.2 and outcome["assets"][0] == 1.5
    assert outcome["commission"][0] == pytest.approx(1.5 * items.trait("paid")[slates[0, 0]])


def test_expected_terms_are_the_means_of_the_terms(simulator):
    """One product in the first slot, where everybody looks, for clients who are ready to buy it."""
    num_clients = 20_000
    rng = BatchRNG(np.arange(num_clients, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    state = simulator.reset(rng)
    slates = state["candidates"][:, 6:7]
    state = State(state, assets=np.linspace(0.5, 2.0, num_clients), readiness=np.ones(num_clients),
                  need=simulator.items.categories[slates[:, 0]])  # fmt: skip
    response = simulator.response.respond(state, slates, rng)
    terms = simulator.reward.terms(state, state, slates, response)
    for name, expected in simulator.reward.expected_terms(state, slates, response.funnel).items():
        difference = terms[name] - expected[:, 0]
        assert np.abs(expected).mean() > 0.002
        assert abs(difference.mean()) < 4 * difference.std() / np.sqrt(num_clients)


def breaches(view: str, act: Callable[[RecVectorEnv, Any], np.ndarray]) -> float:
    """Products shown to 64 clients over 20 slates that do not suit them."""
    env, total = make_lanes(ID, 64, action=view), 0.0
    observations, _ = env.reset(seed=5)
    for _ in range(20 * env.sessions.view.steps_per_slate):
        observations, _, _, _, info = env.step(act(env, observations))
        total += info["outcome"]["breaches"].sum() if "outcome" in info else 0
    return total


@pytest.mark.parametrize("view", MASKED)
def test_who_keeps_to_the_masks_breaks_no_rule(view):
    rng = np.random.default_rng(0)

    def within(env, observations):
        masks = env.action_masks().reshape(env.num_envs, -1, env.simulator.num_candidates)
        return (masks * rng.random(masks.shape)).argmax(axis=2).reshape(env.action_space.shape)

    assert breaches(view, within) == 0
    assert breaches(view, lambda env, _: rng.integers(0, 20, env.action_space.shape)) > 100


@pytest.mark.slow
@pytest.mark.parametrize("view", MASKED)
def test_maskable_ppo_trains_within_the_rule(view):
    model = make_model("MaskablePPO", ID, seed=0, settings={"num_envs": 8, "n_steps": 64}, action=view)
    model.learn(1024)
    assert breaches(view, TrainedRecommender(model, "MaskablePPO").act) == 0

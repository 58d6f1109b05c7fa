"""The health coach: what may not be shown, what it costs, and what a dose does to those who are coached."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest

import recgym  # noqa: F401
from baselines.heuristics import LinearRanker
from baselines.recommender import make_lanes
from baselines.sb3 import TrainedRecommender, make_model
from recgym.scenarios.builtin import builtin_catalog
from recgym.scenarios.health_people import GOALS, Capacity, CoachsEye, benefit, harms
from recgym.scenarios.health_words import CONDITIONS, HELPS
from recgym.state import State

ID = "RecGym-Health-v0"
CATALOG = builtin_catalog("health")
RISK = CATALOG.attributes["contraindication"]
MASKED = ("slate", "item", "sequential")


@pytest.fixture(scope="module")
def simulator():
    return gymnasium.make(ID).unwrapped.simulator


def first_of(condition: int) -> int:
    return int(np.flatnonzero(RISK == condition)[0])


def people(conditions, **values) -> State:
    state = State(step=np.zeros(len(conditions), dtype=np.int64), conditions=np.array(conditions))
    return State(state | {name: np.array(column) for name, column in values.items()})


def test_an_item_harms_those_with_its_condition_alone(simulator):
    rows = np.tile([*(first_of(condition) for condition in range(len(CONDITIONS))), -1], (4, 1))
    expected = np.eye(4, 5, dtype=bool) & (np.arange(4) > 0)[:, None]
    np.testing.assert_array_equal(harms(simulator.items, people([0, 1, 2, 3]), rows), expected)


def test_the_departments_that_help_are_the_catalogues():
    assert set(HELPS) == set(GOALS)
    assert {department for helpful in HELPS.values() for department in helpful} <= set(CATALOG.department_names)


@pytest.mark.parametrize("goal", GOALS)
def test_what_does_not_serve_a_goal_counts_less(simulator, goal):
    departments, effect = np.array(CATALOG.department_names)[CATALOG.departments], CATALOG.attributes["effect"]
    rows = np.arange(CATALOG.num_items)[None]
    found = benefit(simulator.items, people([0], goals=[GOALS.index(goal)]), rows)[0]
    np.testing.assert_allclose(found, effect * np.where(np.isin(departments, HELPS[goal]), 1.0, 0.4))


def test_the_coach_sees_condition_goal_and_intention(simulator):
    row = first_of(1)
    state = people([1, 2], goals=[0, 0], query_category=[CATALOG.categories[row], -1])
    seen = CoachsEye(simulator.items).of(state, np.array([[row], [row]]))
    worth = benefit(simulator.items, state, np.array([[row], [row]]))[:, 0]
    np.testing.assert_allclose(seen[:, 0], [[1, worth[0], 1], [0, worth[1], 0]], rtol=1e-6)


def test_what_one_can_bear_by_hand(simulator):
    row = first_of(1)
    demand = simulator.items.trait("demand")[row]
    fit = Capacity(simulator.items, weariness=0.1, refusal=0.5, confidence=2.0, energy=1.0, effort=1.5, endurance=3.0,
                   exhaustion=0.25, hurt=6.0)  # fmt: skip
    state = people([0, 1], dose=[2.0, 4.0], fitness=[0.5, 0.1], context=[0, 1])  # rested, and tired
    shifts = fit.of(state, np.array([[row], [row]]))
    np.testing.assert_allclose(shifts.click[:, 0], [demand * (1 + 1 - 1) - 0.2, demand * (0.2 - 1 - 2) - 0.4])
    np.testing.assert_allclose(shifts.stay[:, 0], [demand * (1.5 - 1.5 - 0.5), demand * (0.3 - 1.5 - 1) - 6])
    assert not shifts.cart.any() and not shifts.purchase.any()


def costs(view: str, act) -> tuple[float, float]:
    """Total cost, and harm, of 64 people over 30 slates."""
    env = make_lanes(ID, 64, action=view)
    observations, _ = env.reset(seed=5)
    cost = harm = 0.0
    for _ in range(30 * env.sessions.view.steps_per_slate):
        observations, _, _, _, info = env.step(act(env, observations))
        if "outcome" in info:
            cost += info["outcome"]["cost"].sum()
            harm -= info["reward_terms"]["harm"].sum()
    return cost, harm


def masked_random(env, observations, rng):
    """An even draw from what the masks allow, in every dimension of the action."""
    masks = env.action_masks().reshape(env.num_envs, -1, env.simulator.num_candidates)
    return (masks * rng.random(masks.shape)).argmax(axis=2).reshape(env.action_space.shape)


def towards_danger(env, observations):
    names = env.simulator.features.names
    return LinearRanker(np.array([float(name == "unsafe") for name in names])).act(env, observations)


@pytest.mark.parametrize("view", MASKED)
def test_who_keeps_to_the_masks_harms_nobody(view):
    """Not even a ranking that looks for what is unsafe."""
    rng = np.random.default_rng(0)
    assert costs(view, lambda *seen: masked_random(*seen, rng)) == (0.0, 0.0)
    assert costs(view, towards_danger) == (0.0, 0.0)


@pytest.mark.parametrize("view", MASKED)
def test_an_agent_that_reads_the_masks_harms_nobody(view):
    model = make_model("MaskablePPO", ID, seed=0, settings={"num_envs": 4, "n_steps": 64, "n_epochs": 1}, action=view)
    model.learn(512)
    assert costs(view, TrainedRecommender(model, "MaskablePPO").act) == (0.0, 0.0)


@pytest.mark.parametrize("view", MASKED)
def test_who_does_not_pays_for_it(view):
    env = make_lanes(ID, 64, action=view)
    env.action_space.seed(0)
    cost, harm = costs(view, lambda *_: env.action_space.sample())
    assert cost > harm > 0


def test_a_query_that_looks_for_danger_finds_it():
    """Nothing masks a query: the feature has to be learned."""
    assert costs("proto", towards_danger)[0] > 64 * 30 / 10


def test_what_hurts_is_given_up(simulator):
    env = make_lanes(ID, 2)
    env.reset(seed=0)
    shown = np.full((2, 1), first_of(1))
    hurt, unhurt = (State(env.state | {"conditions": np.full(2, condition)}) for condition in (1, 0))
    [stay, without] = (simulator.response.funnel(state, shown).stay for state in (hurt, unhurt))
    np.testing.assert_allclose(np.log(stay / (1 - stay)), np.log(without / (1 - without)) - Capacity.hurt)

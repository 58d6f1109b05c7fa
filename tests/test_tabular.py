"""The table against dynamic programming: closed forms, small processes, and two of the suite's worlds of two items."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.recommender import make_lanes
from baselines.tabular import CUTS, NUM_STATES, Table, TabularControl, TabularRecommender, ranked_by, rules, states_of
from recgym.actions import VIEWS
from recgym.randomness import BatchRNG
from recgym.testing import HashingEncoder, small_catalog
from tests.test_small_instance import HORIZON, INSTANCE, LEVELS, START, greedy, optimal, simulator
from tests.test_small_instances import Newspaper

ENV_ID = "RecGym-Ecommerce-v0"
SMALL = {"catalog": small_catalog(), "encoder": HashingEncoder(), "embedding_dim": 8}
ON_POLICY = pytest.mark.parametrize("on_policy", [False, True], ids=["q-learning", "sarsa"])


def learn(table: Table, outcome, starts, on_policy: bool, steps: int, seed: int, last_epsilon: float = 0.0) -> None:
    """Explore less and less, from always to `last_epsilon`, in many lanes; `outcome(states, actions)` is one step."""
    rng = np.random.default_rng(seed)
    states = starts.copy()
    actions = table.choose(states, 1.0, rng)
    for step in range(steps):
        reward, after, ended = outcome(states, actions)
        following = table.choose(after, max(1.0 - 1.25 * step / steps, last_epsilon), rng)
        table.update(states, actions, reward, after, ended, following if on_policy else None)
        states = np.where(ended, starts, after)
        actions = np.where(ended, table.choose(states, max(1.0 - 1.25 * step / steps, last_epsilon), rng), following)


# Closed forms and processes


@ON_POLICY
def test_users_who_depart(on_policy):
    """An item pleases with chance p, and after it did not the user departs with chance L: it is worth p / ((1 - p) L).

    Ben-Porat et al. (AAAI 2022). The item that pleases more is worth 3, the other 10.
    """
    please, depart = np.array([0.6, 0.5]), np.array([0.5, 0.1])
    rng, nowhere = np.random.default_rng(1), np.zeros(200, dtype=np.int64)

    def outcome(states, actions):
        pleased = rng.uniform(size=len(states)) < please[actions]
        return pleased.astype(float), nowhere, ~pleased & (rng.uniform(size=len(states)) < depart[actions])

    table = Table.empty(1, 2, discount=1.0, decay=0.6)
    learn(table, outcome, nowhere, on_policy, 6000, seed=2)
    assert table.values[0, 1] == pytest.approx(10.0, rel=0.03)
    if not on_policy:  # for SARSA the first item's value is of when there was still exploring
        assert table.values[0, 0] == pytest.approx(0.6 * (1 + 10) + 0.4 * 0.5 * 10, rel=0.03)
    assert table.values[0].argmax() == 1


def optimum(chances: np.ndarray, rewards: np.ndarray, discount: float) -> np.ndarray:
    """(states, actions) by value iteration."""
    values = np.zeros(rewards.shape)
    for _ in range(200):
        values = rewards + discount * chances @ values.max(axis=1)
    return values


@ON_POLICY
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**31), num_states=st.integers(1, 5), num_actions=st.integers(2, 3))
def test_any_small_process_is_solved(on_policy, seed, num_states, num_actions):
    rng = np.random.default_rng(seed)
    chances = rng.dirichlet(np.ones(num_states), size=(num_states, num_actions))
    rewards = rng.uniform(-1, 1, size=(num_states, num_actions))
    best = optimum(chances, rewards, 0.7)

    def outcome(states, actions):
        after = (rng.uniform(size=(len(states), 1)) > chances[states, actions].cumsum(axis=1)).sum(axis=1)
        noise = rng.normal(scale=0.3, size=len(states))
        return rewards[states, actions] + noise, np.minimum(after, num_states - 1), np.zeros(len(states), dtype=bool)

    table = Table.empty(num_states, num_actions, discount=0.7, decay=0.7)
    learn(table, outcome, rng.integers(num_states, size=100), on_policy, 3000, seed)
    if not on_policy:
        np.testing.assert_allclose(table.values, best, atol=0.12)
    chosen = np.arange(num_states), table.values.argmax(axis=1)
    own = np.linalg.solve(np.eye(num_states) - 0.7 * chances[chosen], rewards[chosen])  # of the policy learned
    # SARSA has settled where its policy still comes, and between actions that are nearly as good it need not tell.
    often = np.linalg.matrix_power(chances[chosen], 200)[0] > 0.05
    np.testing.assert_allclose(table.values.max(axis=1)[often], own[often], atol=0.12)
    assert (own > best.max(axis=1) - (0.3 if on_policy else 0.08)).all()


def test_one_update_is_the_rule_by_hand():
    """Visits 1 and 2 of one pair, in one batch: the rates are 1 and 2 ** -decay; both targets know the old values."""
    table = Table.empty(3, 2, discount=0.5, decay=0.8)
    table.values[:] = [[1.0, 2.0], [4.0, 3.0], [0.0, 0.0]]
    states, actions, after, ended = np.array([0, 0]), np.array([1, 1]), np.array([1, 2]), np.array([False, True])
    table.update(states, actions, np.array([1.0, 5.0]), after, ended)
    assert table.values[0].tolist() == [1.0, pytest.approx(3.0 + 2**-0.8 * (5.0 - 3.0))]
    assert table.visits.tolist() == [[0, 2], [0, 0], [0, 0]]
    table = Table.empty(3, 2, discount=0.5, decay=0.8)
    table.values[:] = [[1.0, 2.0], [4.0, 3.0], [0.0, 0.0]]
    table.update(states[:1], actions[:1], np.array([1.0]), after[:1], ended[:1], following=np.array([1]))
    assert table.values[0, 1] == 1.0 + 0.5 * 3.0


# The suite's own worlds, through the simulator


class World:
    """A small instance: all lanes are on the same page, and a session's end is known by the page or by the user."""

    def __init__(self, made, horizon: int, number, num_envs: int = 2000) -> None:
        self.made, self.horizon, self.number, self.num_envs = made, horizon, number, num_envs
        self.sessions = 0

    def learn(self, table: Table, on_policy: bool, passes: int, last_epsilon: float = 0.0) -> None:
        """So many sessions in every lane."""
        rng = np.random.default_rng(5)
        for one in range(passes):
            epsilon = max(1.0 - 1.25 * one / passes, last_epsilon)
            keys = BatchRNG(rng.integers(2**64, size=self.num_envs, dtype=np.uint64))
            state, there = self.made.reset(keys), np.ones(self.num_envs, dtype=bool)
            states = self.number(state, 0)
            actions = table.choose(states, epsilon, rng)
            for step in range(self.horizon):
                done = self.made.step(state, actions[:, None], keys)
                last = step + 1 == self.horizon
                after = states if last else self.number(done.state, step + 1)
                following = table.choose(after, epsilon, rng)
                learned = (states, actions, done.reward, after, done.terminated | last, following)
                table.update(*(values[there] for values in (learned if on_policy else learned[:-1])))
                there &= ~done.terminated
                state, states, actions = done.state, after, following


@ON_POLICY
def test_the_shop_of_two_items_is_solved(on_policy):
    """What the table would show has the planned optimum to 1 %, of which greed misses more than 20 %."""

    def number(state, step):
        return step * (LEVELS + 1) + np.rint(state["trust"] * LEVELS).astype(np.int64)

    world = World(simulator(INSTANCE), HORIZON, number)
    table = Table.empty(HORIZON * (LEVELS + 1), 2, discount=1.0, decay=0.7)
    world.learn(table, on_policy, passes=150)
    shown = table.values.argmax(axis=1).reshape(HORIZON, LEVELS + 1)
    steps = iter(reversed(range(HORIZON)))
    reached = INSTANCE.plan(lambda now, total: shown[next(steps)])[0][0, START]
    best, myopic = (INSTANCE.plan(policy)[0][0, START] for policy in (optimal, greedy))
    assert best * 0.99 < reached <= best + 1e-12 and myopic < 0.8 * best
    assert table.values[START].max() == pytest.approx(best, rel=0.04)


def test_the_newspaper_of_two_articles_is_solved():
    """States are the leanings that can come about on each page."""
    paper = Newspaper(cost=1.2)
    numbers: dict[tuple[int, float], int] = {}
    reached = {0.0}
    for step in range(paper.HORIZON):
        for leaning in sorted(reached):
            numbers[step, leaning] = len(numbers)
        reached = {round(after, 12) for x in reached for item in (0, 1) for _, _, after in paper.outcomes(x, item)}

    def number(state, step):
        leanings, inverse = np.unique(np.round(state["taste"][:, -1] / paper.STRENGTH, 9), return_inverse=True)
        of_step = np.array([leaning for at, leaning in numbers if at == step])
        nearest = of_step[np.abs(of_step - leanings[:, None]).argmin(axis=1)]
        return np.array([numbers[step, leaning] for leaning in nearest.tolist()])[inverse]

    world = World(paper.simulator(), paper.HORIZON, number)
    table = Table.empty(len(numbers), 2, discount=1.0, decay=0.7)
    world.learn(table, on_policy=False, passes=250, last_epsilon=0.3)
    best, myopic = (paper.plan(far_sighted) for far_sighted in (True, False))
    assert table.values[0].max() == pytest.approx(best(0.0, paper.HORIZON)[0], rel=0.03)
    assert table.values[0].argmax() == best(0.0, paper.HORIZON)[1] != myopic(0.0, paper.HORIZON)[1]


# What the table's states and actions are


def test_states_are_ranges_of_the_counters():
    env = make_lanes(ENV_ID, 300, **SMALL)
    env.reset(seed=0)
    for _ in range(6):
        env.step(env.action_space.sample())
    counters = env.sessions.setting.counters
    counted = dict(zip(counters.NAMES, counters.of(env.state).T, strict=True))
    found = states_of(env)
    assert found.min() >= 0 and found.max() < NUM_STATES and len(np.unique(found)) > 10
    for lane in range(300):
        number = found[lane]
        for name, cuts in reversed(CUTS.items()):
            number, place = divmod(number, len(cuts) + 1)
            assert place == sum(counted[name][lane] >= cut for cut in cuts), name


@pytest.mark.parametrize("view", VIEWS)
def test_a_rule_ranks_by_one_feature_or_by_the_sum_of_two(view):
    env = make_lanes(ENV_ID, 12, action=view, **SMALL)
    env.reset(seed=0)
    features, weights = env.state["candidate_features"], rules(9)
    assert weights.shape == (9 + 36, 9) and set(np.unique(weights.sum(axis=1))) == {1.0, 2.0}
    assert len(np.unique(weights, axis=0)) == len(weights)
    chosen = weights[np.arange(12) * 3 + 5]
    actions = ranked_by(env, chosen)
    best = (features * chosen[:, None]).sum(axis=2).argmax(axis=1)
    if view == "proto":
        np.testing.assert_array_equal((features * actions[:, None]).sum(axis=2).argmax(axis=1), best)
    else:
        np.testing.assert_array_equal(actions[:, 0] if view == "slate" else actions, best)


def test_the_recommender_follows_the_best_rule_of_the_state():
    env = make_lanes(ENV_ID, 40, **SMALL)
    env.reset(seed=0)
    values = np.random.default_rng(0).normal(size=(NUM_STATES, 45))
    expected = ranked_by(env, rules(9)[values[states_of(env)].argmax(axis=1)])
    np.testing.assert_array_equal(TabularRecommender("x", values).act(env, None), expected)


def test_exploration_falls_to_what_is_left_of_it():
    control = TabularControl("x", False, last_epsilon=0.1)
    assert [control.epsilon(done) for done in (0.0, 0.25, 0.5, 1.0)] == pytest.approx([1.0, 0.55, 0.1, 0.1])

"""Known answers: published models at toy size, what greed and foresight earn in them, and RecGym's parts beside them.

Each class is an instance: its equation, its constants, and the parts of RecGym that represent it once the constants
are theirs. `KNOWN` has the values, by dynamic programming that calls no part. The parts are then stepped through both
policies, which read the state that the parts keep, and have to earn the same.

Five more stand elsewhere: knowledge tracing, dosage, contagion and commission in test_small_instance_education.py,
.._health.py, .._social.py and .._finance.py, long-term satisfaction in test_classics_planning.py.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property

import numpy as np
import pytest
from dynamics_helpers import all_moved, one_slot

from recgym import classics
from recgym.dynamics import Boredom, Drift, Dynamics, Leaning, ReferencePrice, Satiation, Trust
from recgym.randomness import BatchRNG
from recgym.response import Response
from recgym.state import State
from recgym.testing import random_items
from tests.planning import GONE, by_tree, followed, on_grid
from tests.small_worlds import SameUser, held_against, staying

Levels = tuple[float, ...]  # one for each arm
Actions = np.ndarray  # (num_envs,) int64
Choose = Callable[[State, int], Actions]  # with so many pages to go
ALWAYS = 100.0  # as a logit; its negative is never


def logit(chance):
    return np.log(chance / (1 - chance))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class Known(ABC):
    """An instance, and the parts that represent it."""

    num_actions = 2
    horizon: int
    start: object = 0.0
    grid = np.zeros(1)
    num_envs = 20_000  # 1 where nothing is left to chance

    @abstractmethod
    def outcomes(self, state, action):
        """As in `tests.planning.Instance`."""

    def plan(self, far_sighted: bool):
        """(value, action) of a state with so many pages to go."""
        return on_grid(self, self.grid, self.horizon, far_sighted)

    def value(self, far_sighted: bool) -> float:
        """What the policy earns as planned."""
        return float(self.plan(far_sighted)(self.start, self.horizon)[0])

    def exactly(self, far_sighted: bool) -> float:
        """The same without the error of the grid, if that matters."""
        return self.value(far_sighted)

    @cached_property
    @abstractmethod
    def parts(self) -> tuple[Dynamics, ...]:
        """RecGym's, with the constants of the instance."""

    def begin(self, state: State) -> None:  # noqa: B027 most begin as their parts do
        """Put in what sessions begin with, where the parts begin otherwise."""

    def seen(self, state: State) -> np.ndarray:
        """(num_envs, ...) the states, as the plan knows them."""
        return np.zeros(state.num_envs)

    @abstractmethod
    def page(self, state: State, actions: Actions, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, Response]:
        """(rewards, slates, response) of these actions."""

    def choose(self, far_sighted: bool) -> Choose:
        best = self.plan(far_sighted)
        return lambda state, pages: best(self.seen(state), pages)[1]

    def returns(self, choose: Choose, num_envs: int) -> np.ndarray:
        """(num_envs,) what sessions with the parts bring."""
        rng = np.random.default_rng(0)
        state = SameUser().sample(BatchRNG(np.arange(num_envs, dtype=np.uint64)))
        for part in self.parts:
            part.reset(state, rng.random((num_envs, part.num_uniforms)))
        self.begin(state)
        returns, there = np.zeros(num_envs), np.ones(num_envs, dtype=bool)
        for pages in range(self.horizon, 0, -1):
            rewards, *done = self.page(state, choose(state, pages), rng)
            returns += rewards * there
            state = all_moved(self.parts, state, tuple(done), rng)
            there &= ~state.get("churned", np.False_)
            if not there.any():
                break
        return returns


def of_each(best: Callable[[tuple, int], tuple[float, int]], states: np.ndarray, pages: int) -> Actions:
    """The actions that a plan by tree has for (num_envs, ...) states."""
    found, which = np.unique(states, axis=0, return_inverse=True)
    return np.array([best(tuple(row), pages)[1] for row in found.tolist()])[which.ravel()]


class Tree(Known):
    """An instance whose states are few and tuples."""

    def plan(self, far_sighted: bool):
        return by_tree(self, far_sighted)

    def choose(self, far_sighted: bool) -> Choose:
        best = self.plan(far_sighted)
        return lambda state, pages: of_each(best, self.seen(state), pages)


class OnePath(Known):
    """An instance that goes one way only, as long as it goes on."""

    def exactly(self, far_sighted: bool) -> float:
        return followed(self, self.plan(far_sighted), self.start, self.horizon)


class Departing(Known):
    """Departing users (Ben-Porat et al., AAAI 2022): V = max p / ((1 - p) L).

    An arm pays 1 with chance p; after a failure the user departs with chance L. p = (.6, .5), L = (.5, .1).

    `Visits`: everybody clicks on the first arm, and whom it disappoints leaves with chance .5; half of the users click
    on the second, which pleases, and who does not click leaves with chance .1.
    """

    PAYS, DEPARTS = (0.6, 0.5), (0.5, 0.1)
    horizon = 500  # hardly anyone is left: .95 ** 500 < 1e-11

    def outcomes(self, state, action):
        pays, departs = self.PAYS[action], self.DEPARTS[action]
        return [(pays, 1.0, state), ((1 - pays) * (1 - departs), 0.0, state), ((1 - pays) * departs, 0.0, GONE)]

    @cached_property
    def parts(self):
        disappointed, cold = map(logit, self.DEPARTS)
        visits = staying(leave_bias=cold, return_bias=-ALWAYS)
        return (dataclasses.replace(visits, leave_click=-ALWAYS, leave_disappointment=disappointed - cold + ALWAYS),)

    def page(self, state, actions, rng):
        paid = rng.random(len(actions)) < np.take(self.PAYS, actions)
        return paid, *one_slot(actions, clicked=paid | (actions == 0), stayed=paid)


class Watching(Known):
    """Watching on: V = max w / (1 - c).

    A video is watched for w seconds, and then the user goes on with chance c. w = (30, 20), c = (.8, .95).

    `Visits`: every video is begun; the first disappoints, the second pleases.
    """

    SECONDS, GOES_ON = (30.0, 20.0), (0.8, 0.95)
    horizon = 500

    def outcomes(self, state, action):
        seconds, goes_on = self.SECONDS[action], self.GOES_ON[action]
        return [(goes_on, seconds, state), (1 - goes_on, seconds, GONE)]

    @cached_property
    def parts(self):
        disappointed, pleased = (logit(1 - goes_on) for goes_on in self.GOES_ON)
        visits = staying(leave_bias=pleased, return_bias=-ALWAYS)
        return (dataclasses.replace(visits, leave_disappointment=disappointed - pleased),)

    def page(self, state, actions, rng):
        return np.take(self.SECONDS, actions), *one_slot(actions, stayed=actions == 1)


class Rebounding(Tree):
    """Rebounding satiation (Leqi et al., NeurIPS 2021): arm k pays b - l s, and then s' = g (s + 1 if it was pulled).

    `Satiation`: what is shown is clicked; decay g, and a click adds g.
    """

    num_envs = 1

    def __init__(self, pays: Levels, keeps: Levels, costs: Levels, horizon: int) -> None:
        self.pays, self.keeps, self.costs, self.horizon = pays, keeps, costs, horizon
        self.num_actions, self.start = len(pays), (0.0,) * len(pays)

    def outcomes(self, state, action):
        levels = (g * (s + (arm == action)) for arm, (g, s) in enumerate(zip(self.keeps, state, strict=True)))
        return [(1.0, self.pays[action] - self.costs[action] * state[action], tuple(levels))]

    @cached_property
    def parts(self):
        items = random_items(num_items=self.num_actions, num_categories=self.num_actions)
        return (Satiation(items, decay=self.keeps, strength=self.keeps, click=1.0),)

    def begin(self, state):
        state["days_away"] = np.zeros(state.num_envs)  # it is all one visit

    def seen(self, state):
        return state["satiation"].astype(np.float64)

    def page(self, state, actions, rng):
        level = np.take_along_axis(self.seen(state), actions[:, None], axis=1)[:, 0]
        rewards = np.take(self.pays, actions) - np.take(self.costs, actions) * level
        return rewards, *one_slot(actions)


class Bored(Tree):
    """Churn and return (after SARDINE: Deffayet et al., TORS 2024).

    A topic is clicked with chance q = (1, .7). The second click on a topic within 3 pages bores: of everything, for 3
    pages. 30 pages.

    `Boredom` with limit 2, window 3, lasting 3. The part bores of the topic alone; of everything, because who is bored
    of anything is made to click on nothing. The classic of the same name does all of it, see below.
    """

    CLICKS, LIMIT, WINDOW, LASTING = (1.0, 0.7), 2, 3, 3
    NOTHING = -1
    horizon = 30
    start = (NOTHING, NOTHING, 0)  # what was clicked on the last two pages, and pages of boredom to go

    def outcomes(self, state, action):
        before, last, bored = state
        if bored:
            return [(1.0, 0.0, (last, self.NOTHING, bored - 1))]
        chance, tires = self.CLICKS[action], action in (before, last)
        return [
            (chance, 1.0, (last, action, self.LASTING if tires else 0)), (1 - chance, 0.0, (last, self.NOTHING, 0)),
        ]  # fmt: skip

    @cached_property
    def parts(self):
        return (Boredom(random_items(num_items=2, num_categories=2), self.LIMIT, self.WINDOW, self.LASTING),)

    def begin(self, state):
        state["left"] = np.zeros(state.num_envs, dtype=bool)

    def seen(self, state):
        clicks = state["recent_clicks"][:, 1:]  # (num_envs, 2, topics)
        clicked = np.where(clicks.any(axis=2), clicks.argmax(axis=2), self.NOTHING)
        return np.column_stack([clicked, state["bored_pages"].max(axis=1).astype(np.int64)])

    def page(self, state, actions, rng):
        wants = (state["bored_pages"] == 0).all(axis=1)
        clicked = wants & (rng.random(len(actions)) < np.take(self.CLICKS, actions))
        return clicked, *one_slot(actions, clicked)


class Price(OnePath):
    """The reference price (Popescu & Wu, Operations Research 2007): r' = .8 r + .2 p, and p sigmoid(2 - p + 3 (r - p)).

    Eleven prices p from .5 to 3, 40 pages, r = 1.75 at first; 201 reference prices on the grid.

    `ReferencePrice` with memory .8: everybody looks at what is shown. The myopic price jumps as r falls, which the grid
    blurs: without it greed earns 34.396.
    """

    KEEPS, PRICES = 0.8, np.linspace(0.5, 3, 11)
    num_actions, horizon, start, num_envs = 11, 40, 1.75, 1
    grid = np.linspace(0.5, 3, 201)

    def outcomes(self, state, action):
        price = self.PRICES[action]
        sold = sigmoid(2 - price + 3 * (state - price))
        return [(1.0, price * sold, self.KEEPS * state + (1 - self.KEEPS) * price)]

    @cached_property
    def parts(self):
        items = random_items(num_items=11)
        items = dataclasses.replace(items, visible=self.PRICES[:, None], visible_names=("price",))
        return (ReferencePrice(items, "price", self.KEEPS),)

    def begin(self, state):
        state["reference_price"] = np.full(state.num_envs, self.start)

    def seen(self, state):
        return state["reference_price"]

    def page(self, state, actions, rng):
        price = self.PRICES[actions]
        rewards = price * sigmoid(2 - price + 3 * (state["reference_price"] - price))
        return rewards, *one_slot(actions)


class Retention(OnePath):
    """Retention (after RLUR: Cai et al., WWW 2023): s' = .9 s + .1 x, and the user returns with chance .7 + .29 s'.

    Clickbait pays 1 with x = -1, quality pays .7 with x = 1. 60 visits, s = 0 at first; 201 levels of s on the
    grid, whose value is .002 too high: without it foresight earns 4.754.

    `Trust`, which is (1 + s) / 2: it forgets a tenth of the way to .5, and moves by .05 up where a page pleases and
    down where it disappoints. `Visits`, of one page each. No weights of its own make its chance to return linear: that
    is logistic in trust and patience. So the chance of the instance is given to it, as patience, in logits.
    """

    PAYS, PLEASES = (1.0, 0.7), (-1.0, 1.0)
    KEEPS, RETURN, RETURN_SATISFIED = 0.9, 0.7, 0.29
    horizon, num_envs = 60, 50_000
    grid = np.linspace(-1, 1, 201)

    def after(self, satisfied, action):
        return self.KEEPS * satisfied + (1 - self.KEEPS) * np.take(self.PLEASES, action)

    def returning(self, satisfied):
        return self.RETURN + self.RETURN_SATISFIED * satisfied

    def outcomes(self, state, action):
        after, pays = self.after(state, action), self.PAYS[action]
        returns = self.returning(after)
        return [(returns, pays, after), (1 - returns, pays, GONE)]

    @cached_property
    def parts(self):
        step = (1 - self.KEEPS) / 2
        trust = Trust(start=0.5, spread=0.0, stay_gain=step, disappointment_loss=step, forgetting=1 - self.KEEPS,
                      neutral=0.5)  # fmt: skip
        visits = staying(leave_bias=ALWAYS, return_bias=0.0)
        return trust, dataclasses.replace(visits, return_patience=1.0)

    def seen(self, state):
        return 2 * state["trust"] - 1

    def page(self, state, actions, rng):
        state["patience"] = logit(self.returning(self.after(self.seen(state), actions)))
        return np.take(self.PAYS, actions), *one_slot(actions, stayed=actions == 1)


class Drifting(Known):
    """Drift (after Dean & Morgenstern, EC 2022): u' = u + .1 (1 - u) after a click on A, .9 u after one on B.

    A is clicked with chance u, B with 1 - u. Reward: clicks - `cost` (2 u - 1)^2. 60 pages, u = .55 at first; 401
    levels of u on the grid.

    `Leaning`, which is 2 u - 1: rate .1, A stands for 1 and B for -1. `Drift` turns a unit vector instead, see below.
    """

    RATE = 0.1
    horizon, start, grid = 60, 0.55, np.linspace(0, 1, 401)

    def __init__(self, cost: float) -> None:
        self.cost = cost

    def chance(self, state, action):
        return np.where(action == 0, state, 1 - state)

    def polarised(self, state):
        return self.cost * (2 * state - 1) ** 2

    def outcomes(self, state, action):
        click, cost = self.chance(state, action), self.polarised(state)
        return [(click, 1 - cost, state + self.RATE * ((action == 0) - state)), (1 - click, -cost, state)]

    @cached_property
    def parts(self):
        return (Leaning(random_items(num_items=2), np.array([1.0, -1.0]), rate=self.RATE, strength=1.0),)

    def begin(self, state):
        state["taste"][:, -1] = 2 * self.start - 1

    def seen(self, state):
        return (1 + self.parts[0].leaning(state)) / 2

    def page(self, state, actions, rng):
        u = self.seen(state)
        clicked = rng.random(len(actions)) < self.chance(u, actions)
        return clicked - self.polarised(u), *one_slot(actions, clicked)


KNOWN = [
    # instance, what greed earns, what foresight earns: to three digits after the point
    (Departing(), 3.000, 10.000),
    (Watching(), 150.000, 400.000),
    (Rebounding((1,) * 3, (0.6,) * 3, (1,) * 3, horizon=9), 7.564, 7.564),  # identical arms: no gap, a theorem
    (Rebounding((0.74, 0.37), (0.9, 0.28), (0.67, 1.87), horizon=10), 0.569, 1.269),
    (Rebounding((0.95, 0.75), (0.88, 0.39), (1.99, 1.68), horizon=10), 0.875, 1.821),
    (Bored(), 12.000, 16.217),
    (Price(), 34.475, 42.620),
    (Retention(), 2.742, 4.756),
    (Drifting(cost=0.6), 28.681, 30.387),
    (Drifting(cost=0.0), 53.920, 53.920),  # pure clicks: no gap
]
NAMES = [type(instance).__name__ for instance, _, _ in KNOWN]


@pytest.mark.parametrize(("instance", "greedy", "optimal"), KNOWN, ids=NAMES)
def test_greed_and_foresight_earn_what_is_known(instance, greedy, optimal):
    found = [instance.value(far_sighted) for far_sighted in (False, True)]
    assert [round(value, 3) for value in found] == [greedy, optimal]
    if greedy == optimal:
        assert found[0] == pytest.approx(found[1], rel=1e-12)


@pytest.mark.parametrize(("instance", "greedy", "optimal"), KNOWN, ids=NAMES)
def test_the_parts_earn_what_is_planned(instance, greedy, optimal):
    for far_sighted, known in ((False, greedy), (True, optimal)):
        expected = instance.exactly(far_sighted)
        assert expected == pytest.approx(known, rel=0.005)  # what a grid may be off
        returns = instance.returns(instance.choose(far_sighted), instance.num_envs)
        if np.ptp(returns) == 0:
            assert returns[0] == pytest.approx(expected, rel=1e-6)  # satiation is of single precision
        else:
            held_against(expected, returns)


REBOUNDING = [instance for instance, _, _ in KNOWN if isinstance(instance, Rebounding)]


@pytest.mark.parametrize("instance", REBOUNDING)
def test_no_other_sequence_of_pulls_satiates_less(instance):
    """Every sequence in a lane of its own."""
    shape = (instance.num_actions,) * instance.horizon
    sequences = np.stack(np.unravel_index(np.arange(np.prod(shape)), shape))
    returns = instance.returns(lambda state, pages: sequences[instance.horizon - pages], sequences.shape[1])
    assert returns.max() == pytest.approx(instance.value(far_sighted=True), rel=1e-6)


class TwoTopics(classics.Boredom):
    """RecGym-Boredom-v0 with an item of each topic."""

    @property
    def items(self):
        return np.eye(self.num_topics)


@pytest.mark.parametrize("far_sighted", [False, True])
def test_the_boredom_environment_earns_what_is_planned(far_sighted):
    """Users want the first topic for certain, the second with chance .7, and the other three never."""
    instance, slope = Bored(), 1000.0
    model = TwoTopics(
        slate_size=1, num_candidates=5, num_items=5, num_topics=5, relevance_slope=slope, threshold=instance.LIMIT,
        window=instance.WINDOW, timeout=instance.LASTING, bores="everything",
    )  # fmt: skip
    second = model.relevance_offset + logit(instance.CLICKS[1]) / slope
    rng = BatchRNG(np.random.default_rng(1).integers(2**64, size=instance.num_envs, dtype=np.uint64))
    state, best = model.reset(rng), instance.plan(far_sighted)
    state["taste"] = np.tile([np.sqrt(1 - second**2), second, 0.0, 0.0, 0.0], (instance.num_envs, 1))
    clicked, returns = np.full((instance.num_envs, 2), instance.NOTHING), np.zeros(instance.num_envs)
    for pages in range(instance.horizon, 0, -1):
        seen = np.column_stack([clicked, state["bored_for"].max(axis=1)])
        actions = of_each(best, seen, pages)
        positions = (state["topic"] == actions[:, None]).argmax(axis=1)
        state, reward, _, info = model.step(state, positions[:, None], rng)
        clicked = np.column_stack([clicked[:, 1], np.where(info["clicked"][:, 0], actions, instance.NOTHING)])
        returns += reward
    if far_sighted:
        held_against(instance.value(far_sighted), returns)
    else:
        assert (returns == instance.value(far_sighted)).all()


def test_drift_on_the_sphere_gives_clicks_no_reason_to_look_ahead():
    """The other published form of drift, u' ~ u + a e, in `Drift`: no sequence earns more than greed if all is clicked.

    Two items at right angles, ten pages; a page earns the cosine of interest and item.
    """
    horizon, vectors = 10, np.eye(2, dtype=np.float32)
    drift = Drift(dataclasses.replace(random_items(num_items=2), embeddings=vectors), rate=0.1)
    sequences = np.stack(np.unravel_index(np.arange(2**horizon), (2,) * horizon))
    state = State(step=np.zeros(2**horizon, dtype=np.int64))
    state["interest"] = np.tile(np.float32([0.8, 0.6]), (2**horizon, 1))
    returns = np.zeros(2**horizon)
    for actions in sequences:
        returns += np.einsum("nd,nd->n", state["interest"], vectors[actions])
        state = all_moved([drift], state, one_slot(actions), np.random.default_rng(0))
    assert returns.argmax() == 0  # the nearer item on every page
    assert returns[0] - returns[1:].max() > 0.01

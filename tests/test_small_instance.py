"""A shop of two items, small enough for its exact optimum: dynamic programming against the simulator.

One item is flashy: it draws clicks, and disappoints. The other is solid: fewer clicks, kept promises. Everything but
trust is switched off, and trust moves on a lattice (multiples of a twentieth), so that finite dynamic programming gives
the optimum to rounding. The planner below uses the documented formulas; it calls no component.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from recgym.dynamics import Trust, Visits
from recgym.randomness import BatchRNG
from recgym.response import FunnelParameters, FunnelResponse
from recgym.reward import ShopReward
from recgym.simulator import Simulator
from recgym.testing import random_items
from tests.small_worlds import BothItems, SameUser

HORIZON, LEVELS, START = 20, 20, 10  # trust is level / LEVELS
FLASHY, SOLID = 0, 1
NUM_SESSIONS = 20_000

FUNNEL = FunnelParameters(
    **{
        field.name: (0.0, 0.0, 0.0) if isinstance(field.default, tuple) else 0.0
        for field in dataclasses.fields(FunnelParameters)
    }
    | {"click_bias": -0.6, "flash": 1.4, "trust": 4.0, "stay_bias": 2.5, "stay_flash": -3.5, "cart_bias": -100.0}
)
TRUST = Trust(start=START / LEVELS, spread=0.0, stay_gain=0.05, disappointment_loss=0.15, good_purchase=0.0,
              bad_purchase=0.0, forgetting=0.0, neutral=0.0)  # fmt: skip
VISITS = Visits(
    context_stay=np.zeros(1), context_shape=(1, 1, 1, 1, 1), leave_bias=-1.5, leave_click=-0.4,
    leave_disappointment=0.9, leave_purchase=0.0, return_bias=1.5, return_trust=4.0, return_click=0.0, gap_days=2.0,
    gap_trust=0.0,
)  # fmt: skip


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


@dataclass(frozen=True)
class Instance:
    """The parameters that the planner reads."""

    funnel: FunnelParameters
    trust: Trust
    visits: Visits

    def click(self, item: int, level: int) -> float:
        p = self.funnel
        return logistic(p.click_bias + p.flash * (item == FLASHY) + p.trust * (level / LEVELS - 0.5))

    def stay(self, item: int) -> float:
        return logistic(self.funnel.stay_bias + self.funnel.stay_flash * (item == FLASHY))

    def lost(self, clicked: bool, disappointed: bool, level: int) -> float:
        """Chance that the user leaves and does not come back; `level` is the trust after the page."""
        v = self.visits
        leaves = logistic(v.leave_bias + v.leave_click * clicked + v.leave_disappointment * disappointed)
        return leaves * (1 - logistic(v.return_bias + v.return_trust * (level / LEVELS - 0.5)))

    def moved(self, level: int, change: float) -> int:
        return min(max(level + round(change * LEVELS), 0), LEVELS)

    def outcomes(self, item: int, level: int) -> list[tuple[float, float, float, int]]:
        """(probability, reward, chance to be lost, next level) of no click, a click that pleases, one that does not."""
        click, stay = self.click(item, level), self.stay(item)
        up, down = self.moved(level, self.trust.stay_gain), self.moved(level, -self.trust.disappointment_loss)
        return [
            (1 - click, 0.0, self.lost(False, False, level), level),
            (click * stay, 1.0, self.lost(True, False, up), up),
            (click * (1 - stay), 1.0, self.lost(True, True, down), down),
        ]

    def plan(self, choose: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """(values (HORIZON + 1, levels), items shown (HORIZON, levels)) of the policy that `choose` makes.

        It is given the immediate rewards and the values of both items, each (levels, 2).
        """
        values = np.zeros((HORIZON + 1, LEVELS + 1))
        shown = np.zeros((HORIZON, LEVELS + 1), dtype=np.int64)
        for step in reversed(range(HORIZON)):
            now, total = np.zeros((2, LEVELS + 1, 2))
            for level in range(LEVELS + 1):
                for item in (FLASHY, SOLID):
                    for probability, reward, lost, after in self.outcomes(item, level):
                        now[level, item] += probability * reward
                        total[level, item] += probability * (reward + (1 - lost) * values[step + 1, after])
            shown[step] = choose(now, total)
            values[step] = np.take_along_axis(total, shown[step][:, None], axis=1)[:, 0]
        return values, shown


def optimal(now: np.ndarray, total: np.ndarray) -> np.ndarray:
    return total.argmax(axis=1)


def greedy(now: np.ndarray, total: np.ndarray) -> np.ndarray:
    return now.argmax(axis=1)


INSTANCE = Instance(FUNNEL, TRUST, VISITS)
# The negative control: trust moves nothing, and what is shown changes no one's mind about leaving.
WITHOUT_TRUST = Instance(
    dataclasses.replace(FUNNEL, trust=0.0),
    dataclasses.replace(TRUST, disappointment_loss=0.0),
    dataclasses.replace(VISITS, leave_click=0.0, leave_disappointment=0.0, return_trust=0.0),
)


def simulator(instance: Instance) -> Simulator:
    """The instance from the real components."""
    items = random_items(num_items=2, num_categories=2)
    visible = np.zeros_like(items.visible)
    visible[FLASHY, items.visible_names.index("discount")] = 1.0
    items = dataclasses.replace(items, visible=visible, hidden=np.zeros((2, 1)))
    clicks_only = dict.fromkeys(ShopReward.DEFAULT_WEIGHTS, 0.0) | {"click": 1.0}
    return Simulator(
        catalog=None, items=items, users=SameUser(), retrieval=BothItems(), features=BothItems(),
        response=FunnelResponse(items, 1, instance.funnel), dynamics=(instance.trust, instance.visits),
        reward=ShopReward(items, clicks_only),
    )  # fmt: skip


def play(instance: Instance, shown: np.ndarray, seed: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """Returns of many sessions under a planned policy, and the trust levels of the users still there at every step."""
    made = simulator(instance)
    rng = BatchRNG(np.random.default_rng(seed).integers(2**64, size=NUM_SESSIONS, dtype=np.uint64))
    state = made.reset(rng)
    returns, there, levels = np.zeros(NUM_SESSIONS), np.ones(NUM_SESSIONS, dtype=bool), []
    for step in range(HORIZON):
        level = np.rint(state["trust"] * LEVELS).astype(np.int64)
        assert np.allclose(level / LEVELS, state["trust"], atol=1e-12), "trust left the lattice"
        levels.append(level[there])
        transition = made.step(state, shown[step, level][:, None], rng)
        returns += transition.reward * there
        there &= ~transition.terminated
        state = transition.state
    return returns, levels


def reached(instance: Instance, shown: np.ndarray) -> np.ndarray:
    """(HORIZON, levels) chance to be there, at that level, at every step: the plan forwards."""
    chance = np.zeros((HORIZON, LEVELS + 1))
    chance[0, START] = 1
    for step in range(HORIZON - 1):
        for level in np.flatnonzero(chance[step]):
            for probability, _, lost, after in instance.outcomes(int(shown[step, level]), int(level)):
                chance[step + 1, after] += chance[step, level] * probability * (1 - lost)
    return chance


@pytest.fixture(scope="module")
def plans() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    return {"optimal": INSTANCE.plan(optimal), "greedy": INSTANCE.plan(greedy)}


def test_far_sight_beats_greed_by_a_clear_gap(plans):
    best, myopic = (plans[name][0][0, START] for name in ("optimal", "greedy"))
    assert (best - myopic) / best > 0.2
    assert (plans["greedy"][1] == FLASHY).all()  # what is clicked most
    assert (plans["optimal"][1][-1] == FLASHY).all()  # at the end there is nothing to keep
    assert plans["optimal"][1][0, START] == SOLID
    assert (plans["optimal"][0] >= plans["greedy"][0] - 1e-12).all()


def test_the_plan_is_optimal_by_enumeration():
    """Three steps before the end, the whole tree of choices and outcomes has the value of the plan."""

    def best(level: int, steps: int) -> float:
        return max(follow(item, level, steps) for item in (FLASHY, SOLID)) if steps else 0.0

    def follow(item: int, level: int, steps: int) -> float:
        outcomes = INSTANCE.outcomes(item, level)
        return sum(p * (r + (1 - lost) * best(after, steps - 1)) for p, r, lost, after in outcomes)

    values, _ = INSTANCE.plan(optimal)
    for level in (0, START, LEVELS):
        assert values[HORIZON - 3, level] == pytest.approx(best(level, 3), rel=1e-12)


@pytest.mark.parametrize("policy", ["optimal", "greedy"])
def test_the_simulator_reaches_the_planned_value(plans, policy):
    values, shown = plans[policy]
    returns, _ = play(INSTANCE, shown, seed=7)
    error = returns.std() / math.sqrt(NUM_SESSIONS)
    assert error < 0.01 * values[0, START] + 0.03
    assert abs(returns.mean() - values[0, START]) < 3 * error


@pytest.mark.parametrize("policy", ["optimal", "greedy"])
def test_the_simulator_visits_the_states_of_the_plan(plans, policy):
    """Not only the mean: who is still there at every step, and how much they trust, by chi-square."""
    _, shown = plans[policy]
    _, levels = play(INSTANCE, shown, seed=8)
    chance = reached(INSTANCE, shown)
    for step in (1, 2, 5, 10, HORIZON - 1):
        counts = np.bincount(levels[step], minlength=LEVELS + 1)
        assert not counts[chance[step] == 0].any()
        expected = np.append(chance[step], 1 - chance[step].sum()) * NUM_SESSIONS  # the last cell: lost by then
        found = np.append(counts, NUM_SESSIONS - counts.sum())
        large = expected > 8
        statistic = ((found - expected)[large] ** 2 / expected[large]).sum()
        freedom = large.sum() - 1
        assert abs(statistic - freedom) < 4.5 * math.sqrt(2 * freedom), step


def test_without_trust_there_is_nothing_to_plan_for():
    """The negative control: greed is optimal, the gap exactly zero."""
    best, shown = WITHOUT_TRUST.plan(optimal)
    myopic, greedily = WITHOUT_TRUST.plan(greedy)
    assert np.array_equal(best, myopic) and np.array_equal(shown, greedily)
    returns, _ = play(WITHOUT_TRUST, shown, seed=9)
    assert abs(returns.mean() - best[0, START]) < 3 * returns.std() / math.sqrt(NUM_SESSIONS)

"""The health coach at toy size: when to hold back, planned exactly, and the simulator beside the plan."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import numpy as np
import pytest

from recgym.dynamics import Dose
from recgym.items import Items
from recgym.randomness import BatchRNG
from recgym.response import FunnelResponse
from recgym.scenarios.health import HealthReward
from recgym.scenarios.health_people import GOALS, Capacity
from recgym.simulator import Simulator
from recgym.state import State
from recgym.testing import small_catalog
from tests.planning import by_tree, on_grid
from tests.small_worlds import BothItems, SameUser, held_against, logistic, only, plain_habits, play, staying, two_items

HARD, GENTLE = 0, 1  # a gentle suggestion has no demand


class Person(SameUser):
    """Without a condition, and with one goal."""

    def sample(self, rng: BatchRNG) -> State:
        state = super().sample(rng)
        for name in ("goals", "conditions"):
            state[name] = np.zeros(state.num_envs, dtype=np.int64)
        return state


def suggestions(pull: tuple[float, float], benefit: tuple[float, float]) -> Items:
    """A hard and a gentle one, which do so much for any goal."""
    items = two_items(pull=pull, demand=(1.0, 0.0))
    hidden = np.zeros((2, 3 + len(GOALS)))
    hidden[:, 3:] = np.array(benefit)[:, None]
    return dataclasses.replace(items, hidden=hidden, hidden_names=("quality", "value", "contraindication", *GOALS))


class HeartSteps:
    """Activity suggestions and their dosage (Liao et al., 2020), all of which are followed: x' = .95 x + a.

    Reward a (1 - .04 x) - .02 x, for 90 pages; 401 doses x on the grid.
    """

    KEEP, HABITUATION, BURDEN, HORIZON = 0.95, 0.04, 0.02, 90
    DOSES = np.linspace(0.0, 1 / (1 - KEEP), 401)

    num_actions = 2

    def outcomes(self, dose, item):
        """(probability, reward, next dose)."""
        added = float(item == HARD)
        return [(1.0, added * (1 - self.HABITUATION * dose) - self.BURDEN * dose, self.KEEP * dose + added)]

    def plan(self, far_sighted: bool):
        """(value, suggestion) of doses with so many pages to go."""
        return on_grid(self, self.DOSES, self.HORIZON, far_sighted)

    def achieved(self, far_sighted: bool) -> float:
        """What the simulator returns under the plan."""
        best = self.plan(far_sighted)
        items = suggestions(pull=(40.0, 40.0), benefit=(1.0, 0.0))
        world = Simulator(
            catalog=small_catalog(), items=items, users=Person(), retrieval=BothItems(), features=BothItems(),
            response=FunnelResponse(items, 1, plain_habits()),
            dynamics=(staying(), Dose(np.array([1.0, 0.0]), keep=self.KEEP)),
            reward=_Literature(items, only(HealthReward, effect=1.0, strain=self.BURDEN)),
        )  # fmt: skip

        def choose(state, step):
            return best(state["dose"], self.HORIZON - step)[1]

        [one, other] = play(world, choose, self.HORIZON, num_sessions=2, seed=0)
        assert one == other  # nothing is left to chance
        return float(one)


class _Literature(HealthReward):
    HABITUATION = HeartSteps.HABITUATION


def test_the_published_instance_is_greedy_5_763_and_optimal_19_981():
    steps = HeartSteps()
    planned = [float(steps.plan(far_sighted)(0.0, steps.HORIZON)[0]) for far_sighted in (False, True)]
    assert [round(value, 3) for value in planned] == [5.763, 19.981]
    assert steps.achieved(far_sighted=True) == pytest.approx(19.981, rel=0.005)
    assert steps.achieved(far_sighted=False) == pytest.approx(5.763, abs=0.0005)


Body = tuple[float, float]  # dose, fitness


class Coach:
    """All that a dose does, in the scenario's own parts: people refuse what is hard, give it up, gain less, grow fit.

    Reward: benefit of what was finished, less for habituation, minus `burden` times the dose.
    """

    num_actions = 2
    HORIZON, NUM_SESSIONS = 7, 20_000
    PULL, BENEFIT = (0.6, 0.2), (1.0, 0.2)
    BIAS = 2.0  # logit to finish
    RESTED = 1.0  # vigour in the first context
    DOSE: ClassVar = {"keep": 0.8, "given_up": 0.5, "training": 0.3, "too_much": 3.0, "setback": 0.05,
                      "unfit": 0.2, "fit": 0.2}  # fmt: skip

    def __init__(self, strength: float = 1.0) -> None:
        """`strength` multiplies everything that a dose and fitness do."""
        self.burden, self.habituation = 0.06 * strength, 0.3 * strength
        self.fit = {"weariness": 0.1 * strength, "refusal": 0.5 * strength, "exhaustion": 0.7 * strength,
                    "confidence": strength, "endurance": 2.0 * strength, "effort": 1.0, "energy": 0.3}  # fmt: skip

    def chances(self, item: int, dose: float, fitness: float) -> tuple[float, float]:
        """Of taking up, and of finishing what was taken up."""
        fit, hard = self.fit, item == HARD
        taking = hard * (fit["confidence"] * fitness + fit["energy"] * self.RESTED - fit["refusal"] * dose)
        finishing = hard * (fit["endurance"] * fitness - fit["effort"] - fit["exhaustion"] * dose)
        return logistic(self.PULL[item] + taking - fit["weariness"] * dose), logistic(self.BIAS + finishing)

    def outcomes(self, body: Body, item: int) -> list[tuple[float, float, Body]]:
        """(probability, reward, next dose and fitness)."""
        dose, fitness = body
        takes, finishes = self.chances(item, dose, fitness)
        kept, burden, demand = self.DOSE["keep"] * dose, self.burden * dose, float(item == HARD)
        built = self.DOSE["training"] * max(1 - dose / self.DOSE["too_much"], 0.0) * demand * (1 - fitness)
        gained = self.BENEFIT[item] * max(1 - self.habituation * dose, 0.0)
        found = [
            (1 - takes, -burden, kept, fitness),
            (takes * finishes, gained - burden, kept + demand, fitness + built),
            (takes * (1 - finishes), -burden, kept + self.DOSE["given_up"] * demand,
             max(fitness - self.DOSE["setback"], 0.0)),
        ]  # fmt: skip
        return [(chance, reward, (round(then, 9), round(fit, 9))) for chance, reward, then, fit in found]

    def plan(self, far_sighted: bool):
        """(value, suggestion) of a dose and a fitness with so many pages to go."""
        return by_tree(self, far_sighted)

    def value(self, far_sighted: bool) -> float:
        return self.plan(far_sighted)((0.0, self.DOSE["fit"]), self.HORIZON)[0]

    def returns(self, far_sighted: bool, seed: int) -> np.ndarray:
        items = suggestions(self.PULL, self.BENEFIT)
        habits = dataclasses.replace(plain_habits(), stays={"bias": self.BIAS})
        reward = type("Toy", (HealthReward,), {"HABITUATION": self.habituation})
        world = Simulator(
            catalog=small_catalog(), items=items, users=Person(), retrieval=BothItems(), features=BothItems(),
            response=FunnelResponse(items, 1, habits, fit=Capacity(items, **self.fit)),
            dynamics=(staying(), Dose(np.array([1.0, 0.0]), **self.DOSE)),
            reward=reward(items, only(HealthReward, effect=1.0, strain=self.burden)),
        )  # fmt: skip
        best = self.plan(far_sighted)

        def choose(state, step):
            found = np.unique(np.round([state["dose"], state["fitness"]], 9), axis=1, return_inverse=True)
            shown = [best(tuple(map(float, levels)), self.HORIZON - step)[1] for levels in found[0].T]
            return np.array(shown)[found[1]]

        return play(world, choose, self.HORIZON, self.NUM_SESSIONS, seed)


@pytest.mark.parametrize("far_sighted", [True, False])
def test_the_coach_reaches_its_plan(far_sighted):
    coach = Coach()
    held_against(coach.value(far_sighted), coach.returns(far_sighted, seed=5))


def test_a_coach_that_looks_ahead_holds_back():
    coach = Coach()
    best, myopic = coach.value(far_sighted=True), coach.value(far_sighted=False)
    assert (best - myopic) / best > 0.05
    rested, tired = [[coach.plan(far)((dose, 0.2), 4)[1] for far in (True, False)] for dose in (0.0, 1.0)]
    assert rested == [HARD, HARD] and tired == [GENTLE, HARD]


def test_without_what_a_dose_does_there_is_no_reason_to_look_ahead():
    """The negative control."""
    coach = Coach(strength=0.0)
    assert coach.value(far_sighted=True) == pytest.approx(coach.value(far_sighted=False), rel=1e-12)

"""Education at toy size: prerequisites and forgetting, planned exactly, and the simulator beside the plans."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from recgym.courses import Courses
from recgym.dynamics import Knowledge
from recgym.response import FunnelResponse, ItemResponse
from recgym.scenarios.education import EducationReward
from recgym.simulator import Simulator
from recgym.testing import small_catalog
from tests.planning import by_tree
from tests.small_worlds import BothItems, SameUser, held_against, logistic, only, plain_habits, play, staying, two_items

NUM_SESSIONS = 20_000


class Learner(SameUser):
    """Wants to learn these skills and knows nothing at first."""

    def __init__(self, *goals: int) -> None:
        self.goals = goals

    def sample(self, rng):
        state = super().sample(rng)
        state["favourites"] = np.tile(self.goals, (state.num_envs, 1))
        state["stages"] = np.zeros(state.num_envs, dtype=np.int64)
        return state


def two_courses(pull: tuple[float, float], teaches: tuple[float, float], requires: bool) -> Courses:
    """A course of each of two skills, the second of which may require the first."""
    return Courses(
        **vars(two_items(pull=pull, exercise=(1.0, 1.0))), difficulty=np.zeros(2), teaches=np.array(teaches),
        practises=np.ones(2), guess=np.zeros(2), levels=np.ones(2),
        requires=np.array([[False, False], [requires, False]]),
    )  # fmt: skip


class Learned(EducationReward):
    """Pays the skills that were learned on a page."""

    def terms(self, before, after, slates, response):
        return {"knowledge": (after["learned"] - before["learned"]).sum(axis=1).astype(np.float64)}


class Prerequisite:
    """Bayesian knowledge tracing of two skills: the second is learned with chance .6 once the first is known, and with
    `without` before. Twelve pages; what counts is how many skills are known then."""

    num_actions = 2
    HORIZON, FIRST, SECOND = 12, 0.15, 0.6
    Known = tuple[bool, bool]

    def __init__(self, without: float) -> None:
        self.without = without

    def chance(self, skill: int, known: Known) -> float:
        if known[skill]:
            return 0.0
        return self.FIRST if skill == 0 else self.SECOND if known[0] else self.without

    def outcomes(self, known: Known, skill: int) -> list[tuple[float, float, Known]]:
        """(probability, reward, what is known next)."""
        learns, after = self.chance(skill, known), ((True, known[1]), (known[0], True))[skill]
        return [(learns, 1.0, after), (1 - learns, 0.0, known)]

    def plan(self, far_sighted: bool):
        """(value, skill taught) of what is known with so many pages to go."""
        return by_tree(self, far_sighted)

    def returns(self, far_sighted: bool, seed: int) -> np.ndarray:
        items = two_courses(pull=(40.0, 40.0), teaches=(self.FIRST, self.SECOND), requires=True)
        knowledge = Knowledge(items, np.array([-9.0]), "stages", steps=1, width=1e9, alone=self.without / self.SECOND)
        world = Simulator(
            catalog=small_catalog(), items=items, users=Learner(0, 1), retrieval=BothItems(), features=BothItems(),
            response=FunnelResponse(items, 1, plain_habits()), dynamics=(staying(), knowledge),
            reward=Learned(items, only(EducationReward, knowledge=1.0)),
        )  # fmt: skip
        best = self.plan(far_sighted)

        def choose(state, step):
            known = state["learned"] > 0
            return np.array([best((one, two), self.HORIZON - step)[1] for one, two in known.tolist()])

        return play(world, choose, self.HORIZON, NUM_SESSIONS, seed)


INSTANCE = Prerequisite(without=0.16)


def test_the_values_of_the_prerequisite_instance():
    greedy, best = (INSTANCE.plan(far_sighted)((False, False), INSTANCE.HORIZON)[0] for far_sighted in (False, True))
    assert (round(greedy, 3), round(best, 3)) == (1.452, 1.670)
    assert (best - greedy) / best == pytest.approx(0.13, abs=0.005)


def test_what_is_required_is_taught_first_except_at_the_end():
    best = INSTANCE.plan(far_sighted=True)
    assert best((False, False), INSTANCE.HORIZON)[1] == 0 and best((False, False), 1)[1] == 1


@pytest.mark.parametrize("far_sighted", [True, False])
def test_the_courses_reach_the_plan(far_sighted):
    value = INSTANCE.plan(far_sighted)((False, False), INSTANCE.HORIZON)[0]
    held_against(value, INSTANCE.returns(far_sighted, seed=21))


def test_where_nothing_is_required_greed_is_optimal():
    """The negative control: the second skill is learned as well without the first."""
    free = Prerequisite(without=Prerequisite.SECOND)
    greedy, best = (free.plan(far_sighted)((False, False), free.HORIZON)[0] for far_sighted in (False, True))
    assert greedy == pytest.approx(best, rel=1e-12)
    held_against(best, free.returns(True, seed=22))


class Tutor:
    """One course amuses, and is tried more; the other is an exercise in the skill the learner wants, in two steps, that
    is forgotten between visits. Reward: a weight on what is tried, and another on what is known after every page."""

    AMUSING, EXERCISE = 0, 1
    num_actions = 2
    HORIZON, HALF_LIFE, LEAVE_BIAS = 12, 3.0, -0.4
    PULL = (2.2, 0.4)
    START = (0, 0)  # steps learned, days since it was solved

    def __init__(self, click: float, knowledge: float) -> None:
        self.weights = {"click": click, "knowledge": knowledge}
        self.items = two_courses(self.PULL, teaches=(0.0, 1.0), requires=False)
        self.response = ItemResponse(self.items)
        self.knowledge = Knowledge(
            self.items, np.array([-9.0]), "stages", steps=2, growth=0.0, new_half_life=self.HALF_LIFE
        )

    def known(self, steps: int, days: int) -> float:
        return steps / 2 * 2 ** (-days / self.HALF_LIFE)

    def click(self, item: int, known: float) -> float:
        above = 3.0 * (0.5 - known)
        fear, boredom = self.response.fear * max(above, 0), self.response.boredom * max(-above - self.response.easy, 0)
        return logistic(self.PULL[item] - fear - boredom)

    def lesson(self, steps: int, days: int) -> list[tuple[float, int, int]]:
        """(probability, steps, days) after the exercise was tried."""
        above, k = 3.0 * (0.5 - self.known(steps, days)), self.knowledge
        learns = 0.0 if steps == 2 else np.exp(-((above - k.stretch) ** 2) / (2 * k.width**2))
        solves = logistic(-1.5 * above)
        return [
            (solves * learns, steps + 1, 0), (solves * (1 - learns), steps, 0),
            ((1 - solves) * learns * k.failed, steps + 1, days), ((1 - solves) * (1 - learns * k.failed), steps, days),
        ]  # fmt: skip

    def outcomes(self, memory: tuple[int, int], item: int) -> list[tuple[float, float, tuple[int, int]]]:
        """(probability, reward, steps and days) after a page; a visit ends with a chance, and a day goes by."""
        steps, days = memory
        known = self.known(steps, days) if item == self.EXERCISE else 0.0
        click, leaves = self.click(item, known), logistic(self.LEAVE_BIAS)
        tried = self.lesson(steps, days) if item == self.EXERCISE else [(1.0, steps, days)]
        found = [(1 - click, 0.0, steps, days)]
        found += [(click * chance, self.weights["click"], *after) for chance, *after in tried if chance]
        after = [
            (chance * away, reward, (step, day + gone if step else 0))
            for chance, reward, step, day in found
            for away, gone in ((leaves, 1), (1 - leaves, 0))
        ]
        return [(c, reward + self.weights["knowledge"] * self.known(*then), then) for c, reward, then in after]

    def plan(self, far_sighted: bool):
        """(value, item) of steps and days with so many pages to go."""
        return by_tree(self, far_sighted)

    def returns(self, far_sighted: bool, seed: int) -> np.ndarray:
        habits = dataclasses.replace(plain_habits(), stays={})
        world = Simulator(
            catalog=small_catalog(), items=self.items, users=Learner(self.EXERCISE), retrieval=BothItems(),
            features=BothItems(),
            response=FunnelResponse(self.items, 1, habits, fit=self.response),
            dynamics=(dataclasses.replace(staying(self.LEAVE_BIAS), gap_days=0.0), self.knowledge),  # away for one day
            reward=EducationReward(self.items, only(EducationReward, **self.weights)),
        )  # fmt: skip
        best = self.plan(far_sighted)

        def choose(state, step):
            learned, recall = (state[name][:, self.EXERCISE].astype(np.float64) for name in ("learned", "recall"))
            memories = zip(np.rint(2 * learned), np.rint(-self.HALF_LIFE * np.log2(recall)), strict=True)
            return np.array([best((int(steps), int(days)), self.HORIZON - step)[1] for steps, days in memories])

        return play(world, choose, self.HORIZON, NUM_SESSIONS, seed)


TUTOR = Tutor(click=0.5, knowledge=0.8)


@pytest.mark.parametrize("far_sighted", [True, False])
def test_the_tutor_reaches_its_plan(far_sighted):
    held_against(TUTOR.plan(far_sighted)(TUTOR.START, TUTOR.HORIZON)[0], TUTOR.returns(far_sighted, seed=23))


def test_a_tutor_who_looks_ahead_teaches_and_who_does_not_amuses():
    best, myopic = (TUTOR.plan(far_sighted) for far_sighted in (True, False))
    value, first = best(TUTOR.START, TUTOR.HORIZON)
    greedy, amusing = myopic(TUTOR.START, TUTOR.HORIZON)
    assert (first, amusing) == (TUTOR.EXERCISE, TUTOR.AMUSING)
    assert (value - greedy) / value > 0.05
    assert best(TUTOR.START, 1)[1] == TUTOR.AMUSING  # on the last page nothing is left to learn for


def test_what_was_forgotten_is_practised_again():
    best = TUTOR.plan(far_sighted=True)
    assert best((2, 0), TUTOR.HORIZON)[1] == TUTOR.AMUSING and best((2, 3), TUTOR.HORIZON)[1] == TUTOR.EXERCISE


def test_a_platform_that_is_paid_for_clicks_alone_has_nothing_to_teach_for():
    """The negative control."""
    clicks = Tutor(click=0.5, knowledge=0.0)
    best, greedy = (clicks.plan(far_sighted)(clicks.START, clicks.HORIZON)[0] for far_sighted in (True, False))
    assert best == pytest.approx(greedy, rel=1e-12)

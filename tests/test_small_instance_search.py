"""A search engine at toy size: a query of two meanings, planned exactly over beliefs, and the simulator beside it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from recgym.dynamics import Intent
from recgym.randomness import BatchRNG
from recgym.response import FunnelResponse
from recgym.scenarios.search import SearchReward
from recgym.simulator import Simulator
from recgym.state import State
from recgym.testing import random_items
from tests.small_worlds import BothItems, SameUser, held_against, only, plain_habits, staying

NUM_SESSIONS = 20_000
Page = tuple[int, int]  # the meanings its two slots are about


class Searcher(SameUser):
    """Likes nothing in particular."""

    def sample(self, rng: BatchRNG) -> State:
        state = super().sample(rng)
        state["favourites"] = np.zeros((state.num_envs, 3), dtype=np.int64)
        return state


class Engine:
    """A query with two meanings, two pages of each, and two slots; only pages of what is meant are clicked.

    The usual meaning leads on less than the other. After a page without a click before the first answer, the searcher
    gives up or types the query again with what is meant; after one later, the search may be over. Reward: clicks.
    """

    USUAL, OTHER = 0, 1
    PAGES: tuple[Page, ...] = ((0, 0), (0, 1), (1, 0), (1, 1))
    HORIZON, CLICK = 8, (0.4, 0.9)
    EXAMINED = (1.0, 2**-0.9)
    PRIOR, REFORMULATION, GIVE_UP, LOST = 0.7, 0.25, 0.25, 0.1

    def __init__(self, refined: float = 0.0) -> None:
        self.refined = refined  # chance that the first query says what is meant

    def clicks(self, meant: int, page: Page) -> tuple[float, float]:
        """Expected clicks on a page, and the chance of none."""
        chances = [self.CLICK[meant] * seen * (about == meant) for about, seen in zip(page, self.EXAMINED, strict=True)]
        return sum(chances), math.prod(1 - chance for chance in chances)

    @cache  # noqa: B019 for as long as the tests run
    def known(self, meant: int, answered: bool, pages: int) -> float:
        """Value of a search whose meaning is known, with so many pages to go: both slots go to it."""
        if not pages:
            return 0.0
        clicks, none = self.clicks(meant, (meant, meant))
        goes_on = none * (1 - (self.LOST if answered else self.GIVE_UP))
        clicks += (1 - none) * self.known(meant, True, pages - 1)
        return clicks + goes_on * self.known(meant, answered, pages - 1)

    @cache  # noqa: B019 for as long as the tests run
    def plan(self, belief: float, pages: int, far_sighted: bool) -> tuple[float, Page]:
        """Value and page at the chance `belief` of the usual meaning, under the best or the myopic policy."""
        if not pages:
            return 0.0, self.PAGES[0]
        now, total = np.zeros(len(self.PAGES)), np.zeros(len(self.PAGES))
        for number, page in enumerate(self.PAGES):
            unseen = []
            for meant, chance in ((self.USUAL, belief), (self.OTHER, 1 - belief)):
                clicks, none = self.clicks(meant, page)
                unseen.append(chance * none)
                now[number] += chance * clicks
                total[number] += chance * (clicks + (1 - none) * self.known(meant, True, pages - 1))
                total[number] += unseen[-1] * self.REFORMULATION * self.known(meant, False, pages - 1)
            goes_on = sum(unseen) * (1 - self.GIVE_UP - self.REFORMULATION)
            total[number] += goes_on * self.plan(self.believed(belief, page), pages - 1, far_sighted)[0]
        best = int((total if far_sighted else now).argmax())
        return float(total[best]), self.PAGES[best]

    def believed(self, belief: float, page: Page) -> float:
        """The chance of the usual meaning after a page without a click (Bayes)."""
        usual, other = (self.clicks(meant, page)[1] for meant in (self.USUAL, self.OTHER))
        return round(belief * usual / (belief * usual + (1 - belief) * other), 12)

    def value(self, far_sighted: bool) -> float:
        said = self.PRIOR * self.known(0, False, self.HORIZON) + (1 - self.PRIOR) * self.known(1, False, self.HORIZON)
        guessed = self.plan(self.PRIOR, self.HORIZON, far_sighted)[0]
        return self.refined * said + (1 - self.refined) * guessed

    def simulator(self) -> Simulator:
        pull = np.log(np.repeat(self.CLICK, 2) / (1 - np.repeat(self.CLICK, 2)))
        about = np.array([self.USUAL, self.USUAL, self.OTHER, self.OTHER])
        items = dataclasses.replace(
            random_items(num_items=4, num_categories=1), visible=pull[:, None], visible_names=("pull",),
            hidden=np.zeros((4, 2)), hidden_names=("quality", "value"), taste=np.zeros((4, 3)), meanings=about,
        )  # fmt: skip
        habits = dataclasses.replace(plain_habits(needed=0.0, not_needed=-100.0), constant=(-100.0, 0.0, 0.0))
        intent = Intent(
            items, np.array([[[0], [1]], [[0], [2]]]), np.array([self.PRIOR, 1 - self.PRIOR]), informs=np.zeros(4),
            start=1.0, again=0.0, inspiration=0.0, refined=self.refined, reformulation=self.REFORMULATION,
            give_up=self.GIVE_UP, lost=self.LOST, favourite=0.0,
        )  # fmt: skip
        return Simulator(
            catalog=None, items=items, users=Searcher(), retrieval=BothItems(), features=BothItems(),
            response=FunnelResponse(items, 2, habits), dynamics=(staying(), intent),
            reward=SearchReward(items, only(SearchReward, click=1.0)),
        )  # fmt: skip

    def policy(self, far_sighted: bool) -> Callable[[State, int], np.ndarray]:
        """The plan as what can be seen allows it: until a click or a refined query tells, all searches are alike."""
        guesses, belief = [], self.PRIOR
        for step in range(self.HORIZON):
            guesses.append(self.plan(belief, self.HORIZON - step, far_sighted)[1])
            belief = self.believed(belief, guesses[-1])

        def choose(state: State, step: int) -> np.ndarray:
            told = state["answered"] | state["refined"]
            about = np.where(told[:, None], state["need"][:, None], guesses[step])
            return 2 * about + np.array([0, 1])  # item 2m or 2m + 1 is about meaning m

        return choose

    def returns(self, far_sighted: bool, seed: int) -> np.ndarray:
        world, choose = self.simulator(), self.policy(far_sighted)
        rng = BatchRNG(np.random.default_rng(seed).integers(2**64, size=NUM_SESSIONS, dtype=np.uint64))
        state, returns = world.reset(rng), np.zeros(NUM_SESSIONS)
        for step in range(self.HORIZON):
            transition = world.step(state, np.maximum(choose(state, step), 0), rng)
            state, returns = transition.state, returns + transition.reward
        return returns


AMBIGUOUS, SAID = Engine(), Engine(refined=1.0)


@pytest.mark.parametrize("far_sighted", [True, False])
@pytest.mark.parametrize("engine", [AMBIGUOUS, SAID], ids=["ambiguous", "said"])
def test_the_engine_reaches_its_plan(engine, far_sighted):
    held_against(engine.value(far_sighted), engine.returns(far_sighted, seed=5))


def test_an_engine_that_looks_ahead_asks_with_its_first_page():
    """Both meanings, although two pages of the usual one are clicked more; the rare one leads on."""
    best, myopic = (AMBIGUOUS.plan(Engine.PRIOR, Engine.HORIZON, far_sighted) for far_sighted in (True, False))
    assert best[1] == (Engine.OTHER, Engine.USUAL) and myopic[1] == (Engine.USUAL, Engine.USUAL)
    assert (best[0], myopic[0]) == pytest.approx((5.0867, 4.5746), abs=1e-4)
    assert (best[0] - myopic[0]) / best[0] > 0.1


def test_a_query_that_says_what_is_meant_is_no_reason_to_look_ahead():
    """The negative control: without a meaning to find out, the pages of this one are best at any horizon."""
    assert SAID.value(True) == SAID.value(False)
    last = [AMBIGUOUS.plan(Engine.PRIOR, 1, far_sighted) for far_sighted in (True, False)]
    assert last[0] == last[1]


def test_the_plan_is_the_best_of_all_sequences_of_guesses():
    """Enumerated at a short horizon: what is shown as long as nothing tells."""
    horizon = 3

    def value(guesses: tuple[Page, ...], belief: float) -> float:
        if not guesses:
            return 0.0
        total, unseen, after = 0.0, [], len(guesses) - 1
        for meant, chance in ((0, belief), (1, 1 - belief)):
            clicks, none = AMBIGUOUS.clicks(meant, guesses[0])
            total += chance * (clicks + (1 - none) * AMBIGUOUS.known(meant, True, after))
            total += chance * none * Engine.REFORMULATION * AMBIGUOUS.known(meant, False, after)
            unseen.append(chance * none)
        goes_on = sum(unseen) * (1 - Engine.GIVE_UP - Engine.REFORMULATION)
        return total + goes_on * value(guesses[1:], unseen[0] / sum(unseen))

    every = [value((a, b, c), Engine.PRIOR) for a in Engine.PAGES for b in Engine.PAGES for c in Engine.PAGES]
    assert AMBIGUOUS.plan(Engine.PRIOR, horizon, True)[0] == pytest.approx(max(every), rel=1e-10)

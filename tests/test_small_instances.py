"""News and video at toy size: each domain's own long-term trade-off, planned exactly, and the simulator beside it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from recgym.dynamics import Attention, Leaning
from recgym.response import FunnelResponse
from recgym.scenarios.news import NewsReward
from recgym.scenarios.video import VideoReward
from recgym.simulator import Simulator
from tests.planning import by_tree
from tests.small_worlds import BothItems, SameUser, held_against, logistic, only, plain_habits, play, staying, two_items

NUM_SESSIONS = 20_000

class Newspaper:
    """Two articles: one takes a side and draws more clicks the more the reader leans its way, the other gives a little
    room to the other side.

    Reward: clicks, minus `cost` times the square of the leaning before the page.
    """

    ONE_SIDED, FAIR = 0, 1
    num_actions = 2
    HORIZON, RATE, STRENGTH = 8, 0.3, 1.5
    PULL, STANCES = (-0.2, -0.6), (1.0, -0.25)

    def __init__(self, cost: float) -> None:
        self.cost = cost

    def click(self, item: int, leaning: float) -> float:
        return logistic(self.PULL[item] + self.STRENGTH * leaning * self.STANCES[item])

    def after(self, item: int, leaning: float) -> float:
        stance = self.STANCES[item]
        return leaning + self.RATE * (stance - abs(stance) * leaning)

    def outcomes(self, leaning: float, item: int) -> list[tuple[float, float, float]]:
        """(probability, reward, next leaning)."""
        click, cost = self.click(item, leaning), self.cost * leaning**2
        return [(1 - click, -cost, leaning), (click, 1 - cost, round(self.after(item, leaning), 12))]

    def plan(self, far_sighted: bool) -> Callable[[float, int], tuple[float, int]]:
        """(value, item) of a leaning with so many pages to go, under the best or the myopic policy."""
        return by_tree(self, far_sighted)

    def simulator(self) -> Simulator:
        items = two_items(pull=self.PULL)
        items.taste[:, -1] = self.STANCES
        leaning = Leaning(items, np.array(self.STANCES), rate=self.RATE, strength=self.STRENGTH, start=0.0)
        return Simulator(
            catalog=None, items=items, users=SameUser(), retrieval=BothItems(), features=BothItems(),
            response=FunnelResponse(items, 1, plain_habits()), dynamics=(staying(), leaning),
            reward=_Scaled(items, only(NewsReward, click=1.0, balance=self.cost)),
        )  # fmt: skip

    def returns(self, far_sighted: bool, seed: int) -> np.ndarray:
        best = self.plan(far_sighted)

        def choose(state, step):
            leanings = np.round(state["taste"][:, -1] / self.STRENGTH, 12)
            found = {x: best(float(x), self.HORIZON - step)[1] for x in np.unique(leanings)}
            return np.array([found[x] for x in leanings])

        return play(self.simulator(), choose, self.HORIZON, NUM_SESSIONS, seed)


class _Scaled(NewsReward):
    STRENGTH = Newspaper.STRENGTH


@pytest.mark.parametrize("far_sighted", [True, False])
def test_the_newspaper_reaches_its_plan(far_sighted):
    paper = Newspaper(cost=1.2)
    held_against(paper.plan(far_sighted)(0.0, paper.HORIZON)[0], paper.returns(far_sighted, seed=1))


def test_a_paper_that_looks_ahead_keeps_its_readers_balanced():
    paper = Newspaper(cost=1.2)
    best, myopic = (paper.plan(far_sighted)(0.0, paper.HORIZON) for far_sighted in (True, False))
    assert (best[1], myopic[1]) == (paper.FAIR, paper.ONE_SIDED)
    assert (best[0] - myopic[0]) / best[0] > 0.1


def test_pure_clicks_are_no_reason_to_look_ahead():
    """The negative control: drift alone, without the cost of leaning, has hardly a gap (Dean & Morgenstern, 2022)."""
    paper = Newspaper(cost=0.0)
    best, myopic = (paper.plan(far_sighted)(0.0, paper.HORIZON) for far_sighted in (True, False))
    assert best == myopic


class Platform:
    """Two videos: a fast one that is clicked more and tires, a calm one that rests. A tired viewer leaves for good.

    Attention is -LEVEL x the level, at most 0. Reward: clicks.
    """

    FAST, CALM = 0, 1
    HORIZON, LEVEL = 12, 0.75
    PULL = (0.4, -0.2)
    VISITS = staying(leave_bias=-3.0, return_bias=0.0)

    def click(self, item: int) -> float:
        return logistic(self.PULL[item])

    def plan(self, far_sighted: bool) -> tuple[np.ndarray, np.ndarray]:
        """(values (HORIZON + 1, levels), items (HORIZON, levels))."""
        levels = self.HORIZON + 1
        values, shown = np.zeros((self.HORIZON + 1, levels)), np.zeros((self.HORIZON, levels), dtype=np.int64)
        for step in reversed(range(self.HORIZON)):
            for level in range(step + 1):
                leaves = logistic(self.VISITS.leave_bias + self.LEVEL * level)
                total = np.zeros(2)
                for item in (0, 1):
                    moved = level + 1 if item == self.FAST else max(level - 1, 0)
                    for chance, reward, after in ((self.click(item), 1.0, moved), (1 - self.click(item), 0.0, level)):
                        back = leaves * logistic(self.VISITS.return_bias) * values[step + 1, 0]
                        total[item] += chance * (reward + (1 - leaves) * values[step + 1, after] + back)
                shown[step, level] = total.argmax() if far_sighted else self.FAST
                values[step, level] = total[shown[step, level]]
        return values, shown

    def returns(self, far_sighted: bool, seed: int) -> np.ndarray:
        items = two_items(pull=self.PULL)
        attention = Attention(items, np.array([self.LEVEL, -self.LEVEL]))
        world = Simulator(
            catalog=None, items=items, users=SameUser(), retrieval=BothItems(), features=BothItems(),
            response=FunnelResponse(items, 1, plain_habits()), dynamics=(self.VISITS, attention),
            reward=VideoReward(items, only(VideoReward, click=1.0)),
        )  # fmt: skip
        _, shown = self.plan(far_sighted)
        return play(world, lambda state, step: shown[step, np.rint(-state["patience"] / self.LEVEL).astype(np.int64)],
                    self.HORIZON, NUM_SESSIONS, seed)  # fmt: skip


@pytest.mark.parametrize("far_sighted", [True, False])
def test_the_platform_reaches_its_plan(far_sighted):
    platform = Platform()
    held_against(platform.plan(far_sighted)[0][0, 0], platform.returns(far_sighted, seed=2))


def test_a_platform_that_looks_ahead_lets_attention_rest():
    best, myopic = (Platform().plan(far_sighted) for far_sighted in (True, False))
    assert (best[0][0, 0] - myopic[0][0, 0]) / best[0][0, 0] > 0.05
    assert Platform.CALM in best[1][:-1] and (best[1][-1, : Platform.HORIZON] == Platform.FAST).all()

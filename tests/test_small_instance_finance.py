"""A bank of two products, planned exactly: commission now against trust, and the simulator beside the plan."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from recgym.dynamics import Holdings, Market, Trust
from recgym.items import Items
from recgym.response import FunnelResponse, Habits, Shifts, no_shifts
from recgym.scenarios.finance import FinanceReward
from recgym.simulator import Simulator
from recgym.testing import small_catalog
from tests.planning import GONE, by_tree, on_grid
from tests.small_worlds import BothItems, SameUser, held_against, logistic, only, plain_habits, play, staying, two_items

NUM_SESSIONS = 20_000
RISKY, SAFE = 0, 1
EVERY_PAGE_A_VISIT = staying(leave_bias=100.0)
# What was bought last is all that is held, and the money stays what it is.
LAST_PURCHASE_ONLY = {"start": 0.0, "share": 1.0, "fall": 0.0, "rise": 0.0, "inflow": 0.0}


class Nothing:
    """Limits that forbid nothing."""

    def forbids(self, state, rows):
        return np.zeros(rows.shape, dtype=bool)


def products(commission: tuple[float, float], **traits: tuple[float, float]) -> Items:
    """Two products that pay the bank so much."""
    items = two_items(**traits)
    hidden = np.array([(0.0, 0.0), (0.0, 0.0), commission]).T.copy()
    return dataclasses.replace(items, hidden=hidden, hidden_names=("quality", "value", "paid"))


def sold(**weights: float) -> Habits:
    """Whoever clicks on a product buys it."""
    return dataclasses.replace(
        plain_habits(**weights), saves={"bias": 100.0}, save_trust=0.0, commit_bias=100.0, commit_trust=0.0
    )


def bank(items: Items, response: FunnelResponse, trust: Trust, market: Market, holdings: Holdings) -> Simulator:
    return Simulator(
        catalog=small_catalog(), items=items, users=SameUser(), retrieval=BothItems(), features=BothItems(),
        response=response, dynamics=(trust, EVERY_PAGE_A_VISIT, market, holdings),
        reward=FinanceReward(items, only(FinanceReward, commission=1.0)),
    )  # fmt: skip


def trust_of(start: float, good_purchase: float = 0.0) -> Trust:
    """Trust that only losses, and purchases rated above 3 stars, move."""
    return Trust(start=start, spread=0.0, stay_gain=0.0, disappointment_loss=0.0, good_purchase=good_purchase,
                 bad_purchase=0.0, forgetting=0.0)  # fmt: skip


class Commission:
    """The instance of two products without markets: who trusts as T buys with chance T.

    The risky product pays 1, and three in ten buyers lose: T x .6. The safe one pays .5, and T + .05 for who buys.
    Whoever trusts less than .2 is gone.
    """

    HORIZON, START, LOSS, LEFT, GAIN, WALK_OUT = 40, 0.5, 0.3, 0.6, 0.05, 0.2

    GRID = np.linspace(0, 1, 401)
    num_actions = 2

    def __init__(self, growth: bool = False) -> None:
        """With `growth` the safe product adds .05 T to every client's trust, not .05 to that of those who buy."""
        self.growth = growth

    def outcomes(self, trust, product):
        """(probability, reward, next trust)."""
        buys, none = trust, (1 - trust, 0.0, trust)
        if product == RISKY:
            found = [(buys * self.LOSS, 1.0, trust * self.LEFT), (buys * (1 - self.LOSS), 1.0, trust), none]
        elif self.growth:
            found = [(1.0, 0.5 * buys, trust * (1 + self.GAIN))]
        else:
            found = [(buys, 0.5, trust + self.GAIN), none]
        return [(chance, pays, np.where(after < self.WALK_OUT, GONE, after)) for chance, pays, after in found]

    def plan(self, far_sighted: bool):
        """(value, product) of levels of trust with so many pages to go."""
        return on_grid(self, self.GRID, self.HORIZON, far_sighted)

    def value(self, far_sighted: bool) -> float:
        return float(self.plan(far_sighted)(self.START, self.HORIZON)[0])

    def world(self) -> Simulator:
        # Everybody buys, if at all, by trust; the safe product gets 5 stars, the risky one 3.
        items = products((1.0, 0.5), pull=(0.0, 0.0), stars=(-0.5, 1.5), risk=(1.0, 0.0))
        habits = dataclasses.replace(sold(), satisfies={"stars": 1.0}, rating_noise=0.0)
        market = Market(np.ones((1, 1)))
        holdings = Holdings(
            items.trait("risk"), market, np.array([-math.log(1 - self.LOSS)]), Nothing(), **LAST_PURCHASE_ONLY,
            kept=0.0, hurt=1 - self.LEFT, walk_out=self.WALK_OUT,
        )  # fmt: skip
        trust = trust_of(self.START, good_purchase=self.GAIN / math.tanh(2.0))
        return bank(items, FunnelResponse(items, 1, habits, fit=_AsTrust()), trust, market, holdings)

    def returns(self, far_sighted: bool, seed: int) -> np.ndarray:
        best = self.plan(far_sighted)

        def choose(state, step):
            return best(state["trust"], self.HORIZON - step)[1]

        return play(self.world(), choose, self.HORIZON, NUM_SESSIONS, seed)


class _AsTrust:
    """Chance of a click: the trust itself. Other logits are 0."""

    def of(self, state, shown) -> Shifts:
        shifts = no_shifts(shown.shape)
        with np.errstate(divide="ignore"):
            shifts.click[...] = np.minimum(np.log(state["trust"] / (1 - state["trust"])), 40.0)[:, None]
        return shifts


@pytest.mark.parametrize("far_sighted", [True, False])
def test_commission_reaches_its_plan(far_sighted):
    instance = Commission()
    held_against(instance.value(far_sighted), instance.returns(far_sighted, seed=5))


def test_greed_ruins_the_bank():
    assert round(Commission().value(far_sighted=False), 3) == 6.478
    assert round(Commission().value(far_sighted=True), 3) == 19.832


def test_with_mean_growth_of_trust_the_values_are_the_known_ones():
    """The instance as it is usually written, where trust grows by its mean whoever buys."""
    assert round(Commission(growth=True).value(far_sighted=False), 3) == 6.478
    assert round(Commission(growth=True).value(far_sighted=True), 3) == 19.934


Client = tuple[float, int, int]  # trust, what was bought last (RISKY or SAFE), market


class Weather:
    """The risky product pays more and sells better. Held in a crash it may lose, and the loser trusts less.

    Markets are CALM and CRASH, and change after every page. What was bought last is all that is held.
    """

    CALM, CRASH = 0, 1
    num_actions = 2
    HORIZON, START, HURT, TRUSTING = 7, 0.5, 0.5, 5.0
    PULL, PAYS = (0.4, 0.2), (1.0, 0.8)
    JUMPS = np.array([[0.8, 0.2], [0.5, 0.5]])

    def __init__(self, hazard: float) -> None:
        self.hazard = (0.0, hazard)

    def click(self, product: int, trust: float) -> float:
        return logistic(self.PULL[product] + self.TRUSTING * (trust - 0.5))

    def after(self, held: int, trust: float, market: int) -> list[tuple[float, Client]]:
        """(chance, client) when the visit is over."""
        found = []
        for then in (self.CALM, self.CRASH):
            loses = 1 - math.exp(-self.hazard[then]) if held == RISKY else 0.0
            hurt = round(trust * (1 - self.HURT), 12)
            found += [(self.JUMPS[market, then] * loses, (hurt, held, then)),
                      (self.JUMPS[market, then] * (1 - loses), (trust, held, then))]  # fmt: skip
        return [(chance, client) for chance, client in found if chance > 0]

    def outcomes(self, client: Client, product: int) -> list[tuple[float, float, Client]]:
        """(probability, reward, next client)."""
        trust, held, market = client
        buys = self.click(product, trust)
        return [
            (bought * chance, pays, after)
            for bought, pays, holds in ((buys, self.PAYS[product], product), (1 - buys, 0.0, held))
            for chance, after in self.after(holds, trust, market)
        ]

    def plan(self, far_sighted: bool):
        """(value, product) of a client with so many pages to go, under the best or the myopic policy."""
        return by_tree(self, far_sighted)

    def value(self, far_sighted: bool) -> float:
        """Clients begin with something safe and in either market."""
        best = self.plan(far_sighted)
        return float(np.mean([best((self.START, SAFE, market), self.HORIZON)[0] for market in (self.CALM, self.CRASH)]))

    def returns(self, far_sighted: bool, seed: int) -> np.ndarray:
        items = products(self.PAYS, pull=self.PULL, risk=(1.0, 0.0))
        # The chain holds chances to stay, too: with an absence that is long for it, it is the chain of every page.
        market = Market(self.JUMPS, lasting=1e-3)
        holdings = Holdings(
            items.trait("risk"), market, np.array(self.hazard), Nothing(), **LAST_PURCHASE_ONLY,
            kept=1.0, hurt=self.HURT, walk_out=0.0,
        )  # fmt: skip
        response = FunnelResponse(items, 1, sold(trust=self.TRUSTING))
        world = bank(items, response, trust_of(self.START), market, holdings)
        best = self.plan(far_sighted)

        def choose(state, step):
            held = np.where(state["risk_held"] == 1.0, RISKY, SAFE)
            clients = zip(np.round(state["trust"], 12).tolist(), held.tolist(), market.of(state).tolist(), strict=True)
            return np.array([best(client, self.HORIZON - step)[1] for client in clients])

        visits = dataclasses.replace(EVERY_PAGE_A_VISIT, context_stay=np.zeros(2), context_shape=(1, 1, 1, 1, 2))
        world = dataclasses.replace(world, dynamics=(world.dynamics[0], visits, *world.dynamics[2:]))
        return play(world, choose, self.HORIZON, NUM_SESSIONS, seed)


@pytest.mark.parametrize("far_sighted", [True, False])
def test_the_weather_reaches_its_plan(far_sighted):
    weather = Weather(hazard=2.0)
    held_against(weather.value(far_sighted), weather.returns(far_sighted, seed=6))


def test_a_bank_that_looks_ahead_sells_what_the_market_bears():
    weather = Weather(hazard=2.0)
    best, myopic = weather.value(far_sighted=True), weather.value(far_sighted=False)
    assert (best - myopic) / best > 0.05
    plan = weather.plan(far_sighted=True)
    assert plan((weather.START, SAFE, weather.CALM), 4)[1] != plan((weather.START, SAFE, weather.CRASH), 4)[1]


def test_without_losses_there_is_no_reason_to_look_ahead():
    """The negative control."""
    weather = Weather(hazard=0.0)
    assert weather.value(far_sighted=True) == weather.value(far_sighted=False)

"""RecGym-Finance-v0: a bank and its clients.

Each session is one client over up to 60 pages of recommended products, in visits some weeks apart. Products that pay the
bank a high commission sell well today; what becomes of them decides whether the client comes back, and with how much money.

## Description

TODO
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recgym.catalog import Catalog
from recgym.dynamics import Dynamics, Holdings, Market, Satiation
from recgym.items import Items, standardised
from recgym.outcome import Outcome
from recgym.response import Fit, Funnel, Habits, Response
from recgym.reward import Reward
from recgym.scenarios import finance_words as words
from recgym.scenarios.clients import KnownOfClient, Suitability, Temper, risk_of
from recgym.scenarios.people import usual_dynamics, visits
from recgym.scenarios.scenario import Domain, Facts, Settings
from recgym.scenarios.traits import items_of, shrunk_rating
from recgym.state import State

HABITS = Habits(
    STAGES=("looking around", "weighing up", "deciding"),
    EVENTS=("requested", "signed"),
    attracts={
        "rating": (0.2, 0.8, 0.2),
        "popularity": (0.6, 0.4, 0.1),
        "push": (1.2, 0.6, 0.2),
        "yield": (0.5, 0.3, 0.0),
        "complexity": (-0.8, -0.8, 1.0),
        "lockup": (-0.6, 0.0, 0.8),
    },
    constant=(-2.2, -2.2, -7.0),
    cost="risk",
    cost_weight=(0.3, 0.4, 0.2),
    similarity=(-0.3, 0.0, 10.0),
    needed=1.2,
    not_needed=-1.8,
    stays={"bias": 1.6, "quality": 0.7, "push": -1.4},
    satisfies={"quality": 0.7, "push": -0.7},
    saves={"bias": -3.0, "push": 0.3},
    commit_bias=-1.0,
)
# Markets in the order of the words: calm, rising, falling, crashing, high inflation.
MARKET = Market(np.array([
    [0.0, 0.4, 0.25, 0.1, 0.25],
    [0.4, 0.0, 0.25, 0.2, 0.15],
    [0.35, 0.25, 0.0, 0.2, 0.2],
    [0.3, 0.4, 0.3, 0.0, 0.0],
    [0.4, 0.1, 0.4, 0.1, 0.0],
]))  # fmt: skip
HAZARD = np.array([0.1, 0.05, 1.0, 3.0, 0.5])
MOOD = np.array([0.0, 1.0, -0.8, -1.6, 0.3])
BOLDNESS = np.array([-0.4, -0.2, 0.2, 0.6])
HORIZON = np.array([-0.8, 0.2, 0.5, 0.4, -0.6])  # students, starters, families, established, retired
TYPICAL_VOLATILITY = 0.2  # a year, as a share of the sum


@dataclass(frozen=True, eq=False)
class FinanceReward(Reward):
    """What a page was worth to the bank.

    Terms, each (num_envs,) per page:

    - click: number of products looked at,
    - request: number of offers asked for,
    - sale: number of contracts signed,
    - commission: earned on them, in typical commissions on a typical client's money,
    - fine: minus the number of contracts that did not suit the client.
    """

    DEEDS = ("click", "request", "sale")
    VALUE = "value"
    DEFAULT_WEIGHTS = {"click": 0.02, "request": 0.05, "sale": 0.1, "satisfaction": 0.05, "commission": 1.0, "fine": 1.0,
                       "diversity": 0.0, "potential": 0.0}  # fmt: skip

    def terms(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response
    ) -> dict[str, NDArray[np.float64]]:
        terms = super().terms(before, after, slates, response)
        if self.weights["commission"] != 0:
            terms["commission"] = _commission(self.items, before, slates, response)
        if self.weights["fine"] != 0:
            unsuitable = response.purchased & Suitability(self.items).forbids(before, slates)
            terms["fine"] = 0.0 - unsuitable.sum(axis=1)
        return terms

    def expected_terms(
        self, state: State, shown: NDArray[np.int64], funnel: Funnel
    ) -> dict[str, NDArray[np.float64]]:
        terms = {"commission": funnel.purchases * self.items.trait("paid")[shown] * state["assets"][:, None]}
        if self.weights["fine"] != 0:
            terms["fine"] = -funnel.purchases * Suitability(self.items).forbids(state, shown)
        return terms


@dataclass(frozen=True, eq=False)
class FinanceOutcome(Outcome):
    """What a page did to the client and the bank.

    - breaches: products shown that do not suit the client,
    - commission: earned, in typical commissions on a typical client's money,
    - gain: what markets have added to the client's money since the page before, negative for a loss,
    - assets: the client's money at the bank, both in units of a typical client's.
    """

    def of(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response
    ) -> dict[str, NDArray[np.float64]]:
        return {
            "breaches": Suitability(self.items).forbids(before, slates).sum(axis=1).astype(np.float64),
            "commission": _commission(self.items, before, slates, response),
            "gain": after["gain"].copy(),
            "assets": after["assets"].copy(),
        }


def _commission(
    items: Items, state: State, slates: NDArray[np.int64], response: Response
) -> NDArray[np.float64]:
    """(num_envs,) what the page's contracts pay the bank: a share of the client's money."""
    return np.where(response.purchased, items.trait("paid")[slates], 0.0).sum(axis=1) * state["assets"]


def _items(catalog: Catalog, embeddings: NDArray[np.float32], seed: int) -> Items:
    """Traits of the products: what the bank can look up, and their true quality."""
    columns, categories = catalog.attributes, catalog.categories
    log_commission = np.log(columns["commission"] + 1e-4)
    usual = np.bincount(categories, log_commission) / np.maximum(np.bincount(categories), 1)
    visible = {
        "rating": shrunk_rating(columns),
        "popularity": standardised(np.log1p(columns["popularity"])),
        "commission": standardised(log_commission),
        "push": np.clip((log_commission - usual[categories]) / 0.7, -2.0, 2.0),  # more commission, more advertising
        "risk": risk_of(columns["risk_class"]),
        "yield": standardised(columns["expected_return"]),
        "complexity": standardised(columns["complexity"]),
        "lockup": standardised(np.log1p(columns["lockup_months"])),
    }
    hidden = {"value": 1.0, "paid": columns["commission"] / max(float(columns["commission"].mean()), 1e-4)}
    return items_of(catalog, embeddings, visible, seed, hidden)


def _dynamics(
    catalog: Catalog, items: Items, query_rows: NDArray[np.int64], weights: NDArray[np.float64]
) -> tuple[Dynamics, ...]:
    longer = {"weekend": 0.2, "evening": 0.1, "phone": -0.2, "crashing": 0.2}
    coming = visits(words.WEEKDAY_KINDS, words.DAYTIMES, words.DEVICES, words.MARKETS, longer=longer)
    coming = dataclasses.replace(coming, gap_days=40.0, gap_trust=30.0)  # nobody sees the bank every week
    tiring = Satiation(items, purchase=2.0, recovery_days=60.0)
    risk = 1.0 - np.exp(-catalog.attributes["volatility"] / TYPICAL_VOLATILITY)
    return (
        *usual_dynamics(items, query_rows, weights, coming, tiring, "risk"),
        MARKET,
        Holdings(risk, MARKET, HAZARD, Suitability(items)),
    )


def _fit(catalog: Catalog, items: Items) -> Fit:
    return Temper(items, MARKET, MOOD, BOLDNESS, HORIZON)


def _facts(catalog: Catalog, row: int) -> Facts:
    """The risk class, what the bank earns, and how long the money is tied up."""
    columns = catalog.attributes
    months = columns["lockup_months"][row]
    tied = f"tied up for {months:.0f} months" if months else ""
    return Facts(f"risk {columns['risk_class'][row]:.0f} of 7", f"pays {columns['commission'][row]:.1%}", tied)


@dataclass(frozen=True)
class Finance(Settings):
    """Everything that can be set about the bank."""

    DOMAIN = Domain(
        name="finance",
        texts_of=words.texts_of,
        statements=("lives", "tolerances"),
        sensitivity=(1.3, 1.0, 0.8, 0.5),  # the anxious mind risk most
        items=_items,
        arrivals="-commission",  # in place of the latest arrivals: what pays the bank most
        parameters=HABITS,
        dynamics=_dynamics,
        reward=FinanceReward,
        facts=_facts,
        outcome=FinanceOutcome,
        fit=_fit,
        limits=lambda catalog, items: Suitability(items),
        personal=lambda catalog, items: KnownOfClient(items),
        hidden=("risk_held", "assets"),
        required=("risk_class", "commission", "volatility"),
        defaults={"expected_return": 0.0, "lockup_months": 0.0, "complexity": 0.5, "rating": 3.6, "num_ratings": 0.0,
                  "popularity": "num_ratings"},
    )  # fmt: skip

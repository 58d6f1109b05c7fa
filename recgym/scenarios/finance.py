"""RecGym-Finance-v0: a bank and its clients.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recgym.catalog import Catalog
from recgym.compiled import Flags, Floats, Ints, kernel
from recgym.dynamics import Dynamics, Holdings, Market, Satiation
from recgym.items import Items, standardised
from recgym.outcome import Outcome
from recgym.response import Funnel, Habits, Response, Shifts, no_shifts
from recgym.reward import Reward
from recgym.scenarios import finance_words as words
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
# The highest risk class that suits a client, by tolerance: what a rule such as MiFID II's asks a bank to know.
CEILINGS = np.array([2, 3, 5, 7])
# By market: calm, rising, falling, crashing, high inflation.
JUMPS = np.array([
    [0.0, 0.4, 0.25, 0.1, 0.25],
    [0.4, 0.0, 0.25, 0.2, 0.15],
    [0.35, 0.25, 0.0, 0.2, 0.2],
    [0.3, 0.4, 0.3, 0.0, 0.0],
    [0.4, 0.1, 0.4, 0.1, 0.0],
])  # fmt: skip
HAZARD = np.array([0.1, 0.05, 1.0, 3.0, 0.5])  # of a loss
MOOD = np.array([0.0, 1.0, -0.8, -1.6, 0.3])  # for risk
# By life: how far ahead it lets people plan.
HORIZON = np.array([-0.8, 0.2, 0.5, 0.4, -0.6])
BOLDNESS = np.array([-0.4, -0.2, 0.2, 0.6])
UNFIT = -2.5  # logit that the page of a product that does not suit does not disappoint


@dataclass(frozen=True, eq=False)
class Suitability:
    """A product's risk class must not be above what the client says they can bear; the rule, and how much is to spare."""

    risk_classes: NDArray[np.float64]  # (num_items,) 1 to 7
    names = ("suitable", "focus")
    categories: NDArray[np.int64] = None

    def forbids(self, state: State, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        return (rows >= 0) & (self.risk_classes[rows] > CEILINGS[state["tolerances"]][:, None])

    def of(self, state: State, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        return np.stack([~self.forbids(state, rows), self.categories[rows] == state["interest_category"][:, None]], axis=-1).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Temper:
    suitability: Suitability
    risk: NDArray[np.float64]
    lockup: NDArray[np.float64]

    def of(self, state: State, shown: NDArray[np.int64]) -> Shifts:
        shifts = no_shifts(shown.shape)
        market = state["context"] % len(MOOD)
        shifts.click[...] = (MOOD[market] + BOLDNESS[state['tolerances']])[:, None] * self.risk[shown] + HORIZON[state["lives"]][:, None] * self.lockup[shown]
        shifts.stay[...] = UNFIT * self.suitability.forbids(state, shown)
        return shifts


@dataclass(frozen=True, eq=False)
class FinanceReward(Reward):
    DEEDS = ("click", "request", "sale")
    VALUE = "value"
    DEFAULT_WEIGHTS = {"click": 0.02, "request": 0.05, "sale": 0.1, "satisfaction": 0.05, "commission": 0.5, "fine": 1.0,
                       "diversity": 0.0, "potential": 0.0}  # fmt: skip

    def terms(self, before, after, slates, response):
        terms = super().terms(before, after, slates, response)
        paid = self.items.trait("paid")[slates]
        terms["commission"] = (response.purchased * paid).sum(axis=1) * before["assets"]
        terms["fine"] = -(response.purchased & self.unsuitable(before, slates)).sum(axis=1).astype(np.float64)
        return terms

    def unsuitable(self, state, rows):
        return (rows >= 0) & (self.items.trait("risk_class")[rows] > CEILINGS[state["tolerances"]][:, None])

    def expected_terms(self, state, shown, funnel):
        return {
            "commission": funnel.purchases * self.items.trait("paid")[shown] * state["assets"][:, None],
            "fine": -funnel.purchases * self.unsuitable(state, shown),
        }


@dataclass(frozen=True, eq=False)
class FinanceOutcome(Outcome):
    """What a page did to the client and the bank.

    - breaches: products shown that do not suit the client,
    - commission: earned, in typical commissions,
    - gain: what markets added to the client's money since the page before, in a typical client's,
    - assets: the client's money at the bank, in a typical client's.
    """

    def of(self, before, after, slates, response):
        unsuitable = (slates >= 0) & (self.items.trait("risk_class")[slates] > CEILINGS[before["tolerances"]][:, None])
        return {
            "breaches": unsuitable.sum(axis=1).astype(np.float64),
            "commission": (response.purchased * self.items.trait("paid")[slates]).sum(axis=1) * before["assets"],
            "gain": after["gain"].copy(),
            "assets": after["assets"].copy(),
        }


def _items(catalog: Catalog, embeddings: NDArray[np.float32], seed: int) -> Items:
    """Traits of the products: what the bank can look up, and their true quality."""
    columns = catalog.attributes
    commission = np.log(columns["commission"] + 1e-4)
    totals = np.bincount(catalog.categories, commission) / np.bincount(catalog.categories)
    visible = {
        "rating": shrunk_rating(columns),
        "popularity": standardised(np.log(columns["popularity"])),
        "commission": standardised(commission),
        "push": np.clip((commission - totals[catalog.categories]) / 0.7, -2, 2),
        "risk": (columns["risk_class"] - 3.0) / 2,
        "yield": standardised(columns["expected_return"]),
        "complexity": standardised(columns["complexity"]),
        "lockup": standardised(np.log1p(columns["lockup_months"])),
    }
    hidden = {"value": 1.0, "paid": columns["commission"] / columns["commission"].mean(), "risk_class": columns["risk_class"]}
    return items_of(catalog, embeddings, visible, seed, hidden)


def _suitability(catalog: Catalog, items: Items) -> Suitability:
    return Suitability(catalog.attributes["risk_class"], catalog.categories)


def _dynamics(
    catalog: Catalog, items: Items, query_rows: NDArray[np.int64], weights: NDArray[np.float64]
) -> tuple[Dynamics, ...]:
    longer = {"weekend": 0.2, "evening": 0.1, "phone": -0.2, "crashing": 0.2}
    coming = visits(words.WEEKDAY_KINDS, words.DAYTIMES, words.DEVICES, words.MARKETS, longer=longer)
    coming = dataclasses.replace(coming, gap_days=40.0, gap_trust=30.0)
    usual = usual_dynamics(items, query_rows, weights, coming, Satiation(items, purchase=2.0, recovery_days=60.0), "risk")
    market = Market(JUMPS)
    risk = 1.0 - np.exp(-catalog.attributes["volatility"] / 0.2)
    return (*usual, market, Holdings(risk, market, HAZARD, _suitability(catalog, items)))


def _facts(catalog: Catalog, row: int) -> Facts:
    """The risk class, what the bank earns, and how long the money is tied up."""
    columns = catalog.attributes
    months = columns["lockup_months"][row]
    tied = f"tied {months:.0f} months" if months else ""
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
        arrivals="-commission",
        parameters=HABITS,
        dynamics=_dynamics,
        reward=FinanceReward,
        facts=_facts,
        outcome=FinanceOutcome,
        fit=lambda catalog, items: Temper(_suitability(catalog, items), items.trait("risk"), items.trait("lockup")),
        limits=_suitability,
        personal=_suitability,
        hidden=("risk_held", "assets"),
        required=("risk_class", "commission", "volatility"),
        defaults={"expected_return": 0.0, "lockup_months": 0.0, "complexity": 0.5, "rating": 3.6, "num_ratings": 0.0,
                  "popularity": "num_ratings"},
    )  # fmt: skip

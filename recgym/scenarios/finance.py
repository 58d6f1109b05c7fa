"""RecGym-Finance-v0: a bank and its clients.

Each session is one client over up to 60 pages of recommended products, in visits some weeks apart. A product that
pays the bank well sells well today; what becomes of it decides whether the client comes back, and with how much
money.

## Description

- **Slate.** The retrieval stage offers 20 products of 5 sources (similar to the one last looked at, best rated of the
  kind asked about, most sold, those that pay the bank most in place of the latest, anything), 4 each, always in this
  order. The agent shows 3.
- **Response.** Position k is examined with probability k^-0.9 (Craswell et al., WSDM 2008). Who looks around clicks
  what is simple, popular and advertised; who weighs up wants good ratings; who decides reads the small print of long
  and complex contracts, like the one just looked at. Some ask for an offer, some of these sign. Products that pay
  more than others of their kind are advertised more, and keep less of what they promise.
- **Suitability.** A product's risk class, 1 to 7, must not be above what the client says they can bear: a mask in the
  spirit of MiFID II, article 25. What is shown against it is counted, disappoints, and if sold costs trust and a
  fine.
- **Market.** Calm, rising, falling, crashing or with high inflation: a Markov chain that moves between visits and
  stands in the context. In a rising market people want risk, in a crash nobody does.
- **Holdings.** What clients buy moves the risk that they hold. At the end of a visit a loss comes with chance
  1 - exp(-hazard x risk held), the hazard being the market's. It takes two fifths of the trust, more from those who
  mind risk, and a share of the money; below a trust of 0.2 the client is gone.
- **Trust** also grows with pages and contracts that keep their promise and falls with those that do not. It moves
  clicks, contracts and whether the client comes back; money follows it, and commissions are shares of the money.
- **Lives.** Families and the established accept long and complex contracts, students and the retired do not.

With two products, no markets and chances known, this is the textbook trade-off of commission and trust: greed earns
6.5 of 19.8. At that size the environment is held against the exact plan.

## Observation space

Trust, need, readiness, the risk held, the money and true quality are hidden. Beside the traits of a product the bank
sees whether it is `suitable`, whether it is of the kind that the client asks about (`asked_about`: nobody buys a
mortgage without saying so, but how far they have got with it is not known), its risk times how the market stands
(`tailwind`), and how much it is like the product last looked at (`alike`).

Both statements of the profile are said and felt. Where clients are in life decides how they like long and complex
contracts; what risk they can bear decides what suits them, and how they like and mind risk. Of the circumstances the
market moves the wish for risk; a crash, weekends and evenings lengthen visits, phones shorten them.

Nobody searches at a bank, so there are no queries.

## Starting state

A new client: three favourite kinds of products (popular ones more often), of which two are named in the profile
beside where they are in life and what risk they can bear; trust within 0.03 of 0.55, and money in proportion; some
risk that they hold already; any of the five markets; with probability 0.4 a need.

## Realism

Popularity, pages per visit and both probes lie within the ranges of public logs, which are of shops and media; how many
ask for an offer or sign has no public counterpart.

## Version history

- v0: first version.
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
from recgym.scenarios.domain import Domain, Facts
from recgym.scenarios.people import usual_dynamics, visits
from recgym.scenarios.scenario import Settings
from recgym.scenarios.traits import items_of, shrunk_rating
from recgym.state import State

HABITS = Habits(
    STAGES=("looking around", "weighing up", "deciding"),
    EVENTS=("requested", "signed"),
    attracts={
        "rating": (-0.4, 0.8, 0.0),
        "popularity": (0.6, 0.4, 0.1),
        "commission": (0.8, 0.4, 0.1),
        "intricacy": (-1.2, -0.2, 2.0),
    },
    constant=(-2.0, -2.4, -6.6),
    cost="risk",
    cost_weight=(0.2, 0.2, 0.1),
    similarity=(-1.0, 0.0, 9.0),
    needed=2.0,
    not_needed=-2.6,
    stays={"bias": 1.8, "quality": 0.4, "commission": -1.8},
    satisfies={"bias": -0.4, "quality": 0.7, "commission": -0.7},
    saves={"bias": -3.0, "commission": 0.3},
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
HAZARD = np.array([0.1, 0.05, 1.0, 3.0, 0.5])  # of a loss
TREND = np.array([0.0, 1.0, -0.7, -1.5, 0.2])
MOOD = 1.8 * TREND  # for risk
BOLDNESS = np.array([-0.4, -0.2, 0.2, 0.6])  # the anxious to the bold
HORIZON = np.array([-0.8, 0.2, 0.5, 0.4, -0.6])  # students, starters, families, established, retired
TYPICAL_VOLATILITY = 0.2  # a year, as a share of the sum
MOST_PAID = 3.0  # typical commissions: beyond that a contract is rare enough to be all noise


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
    DEFAULT_WEIGHTS = {"click": 0.05, "request": 0.1, "sale": 0.3, "satisfaction": 0.08, "commission": 0.6, "fine": 1.0,
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

    def expected_terms(self, state: State, shown: NDArray[np.int64], funnel: Funnel) -> dict[str, NDArray[np.float64]]:
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


def _commission(items: Items, state: State, slates: NDArray[np.int64], response: Response) -> NDArray[np.float64]:
    """(num_envs,) what the page's contracts pay the bank: a share of the client's money."""
    return np.where(response.purchased, items.trait("paid")[slates], 0.0).sum(axis=1) * state["assets"]


def _items(catalog: Catalog, embeddings: NDArray[np.float32], seed: int) -> Items:
    """Traits of the products: what the bank can look up, and their true quality."""
    columns, categories = catalog.attributes, catalog.categories
    log_commission = np.log(columns["commission"] + 1e-4)
    usual = np.bincount(categories, log_commission) / np.maximum(np.bincount(categories), 1)
    long = standardised(np.log1p(columns["lockup_months"]))
    visible = {
        "rating": shrunk_rating(columns),
        "popularity": standardised(np.log1p(columns["popularity"])),
        "commission": np.clip((log_commission - usual[categories]) / 0.7, -2.0, 2.0),  # beside others of its kind
        "risk": risk_of(columns["risk_class"]),
        "intricacy": standardised(long + standardised(columns["complexity"])),
    }
    paid = columns["commission"] / max(float(columns["commission"].mean()), 1e-4)
    hidden = {"value": 1.0, "paid": np.minimum(paid, MOST_PAID)}
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
    """The risk class, whether the money is tied up for years, and what the bank earns."""
    columns = catalog.attributes
    tied = "tied" if columns["lockup_months"][row] >= 24 else ""
    return Facts(f"risk {columns['risk_class'][row]:.0f} of 7", tied, f"pays {columns['commission'][row]:.1%}")


@dataclass(frozen=True)
class Finance(Settings):
    """Everything that can be set about the bank."""

    DOMAIN = Domain(
        name="finance",
        texts_of=words.SENTENCES.texts_of,
        statements=("lives", "tolerances"),
        sensitivity=(1.3, 1.0, 0.8, 0.5),  # the anxious mind risk most
        items=_items,
        arrivals="-commission",  # in place of the latest arrivals: what pays the bank most
        parameters=HABITS,
        dynamics=_dynamics,
        reward=FinanceReward,
        facts=_facts,
        told=("asked for an offer of", "signed for"),
        outcome=FinanceOutcome,
        fit=_fit,
        limits=lambda catalog, items: Suitability(items),
        personal=lambda catalog, items: KnownOfClient(items, MARKET, TREND),
        hidden=("risk_held", "assets"),
        required=("risk_class", "commission", "volatility"),
        defaults={"lockup_months": 0.0, "complexity": 0.5, "popularity": "num_ratings"},
        ranges={"risk_class": (1, 7), "commission": (0, 1), "volatility": (0, np.inf), "lockup_months": (0, np.inf),
                "complexity": (0, 1)},
    )  # fmt: skip

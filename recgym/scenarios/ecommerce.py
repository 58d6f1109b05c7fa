"""RecGym-Ecommerce-v0: a shop and its customers.

Each session is one customer over up to 60 pages of recommendations, in many short visits. The shop wins by knowing what
the customer is up to, and by not spending their trust on flashy offers.

## Description

A customer browses, compares, or is about to buy, and each of the three wants something else: new things, well-rated
things, things like the one last considered. They never say which; the search query and the recent behaviour tell.

- **Slate.** The retrieval stage offers 20 candidates of 5 sources (similar to the item last looked at, best rated of
  the category, the shop's best sellers, its latest arrivals, anything), 4 each, always in this order. The agent
  shows 3.
- **Response.** Position k is examined with probability k^-0.9 (position-based model, Craswell et al., WSDM 2008); then
  click, add to cart, purchase and a rating (the stages multiply as in Ma et al., SIGIR 2018). What attracts is a
  mixture of text-derived interest, a taste that no text shows, popularity, discount, rating, newness and trust, less
  satiation; prices are felt against a remembered reference price (Popescu & Wu, 2007). A clicked page may disappoint:
  those of flashy offers (a deep discount, hidden low quality) mostly do.
- **Need.** Some visits begin with a need for a category, and pages that please inspire one. Well-rated pages of that
  category make the customer ready; who is ready buys. The need shows in the search query, in words.
- **Trust.** Kept promises build it slowly, disappointments cost much, and it moves everything: clicks, purchases and
  whether the customer comes back after a visit. This is why greed does not pay: the offers that are clicked most
  today cost the clicks of tomorrow.
- **Satiation** tires of a category until days away refresh it (Leqi et al., 2021); **interest** drifts toward what
  satisfied it (Dean & Morgenstern, 2022).

## Observation space

Nothing that is hidden from a real shop is observed: trust, need and readiness are in
`info["truth"]` only, satiation, taste and true quality show in the probabilities beside them.

The budget is said and felt: who is careful with money minds prices most. Age group, season and campaign are observed,
but no customer behaves otherwise because of them. They are distractors, and meant to be: many columns of a shop's log
do not matter, and which ones an agent has to find out. What else the context says does matter: weekends and evenings
lengthen visits, phones shorten them. Of the hidden segments the cost-conscious mind prices more; explorers and
researchers decide alike.

## Starting state

A new customer: three favourite categories (popular ones more often), of which two are named in the profile beside age
and budget; trust within 0.03 of 0.55; with probability 0.4 a need. Weekday, daytime, device, season and campaign are
drawn evenly.

## Realism

Popularity, pages per visit, purchases and both probes lie within the ranges of public logs. Of the clicks twice as many
lead to the cart as in the one public log that tells, RetailRocket's, and buyers give five stars more often than those
of public ratings.

## Version history

- v0: first version.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recgym.candidates import in_groups
from recgym.catalog import Catalog
from recgym.dynamics import Drift, Dynamics, Need, ReferencePrice, Satiation, Trust, Visits
from recgym.items import Items, standardised
from recgym.response import FunnelParameters
from recgym.reward import ShopReward
from recgym.scenarios import ecommerce_words as words
from recgym.scenarios.domain import Domain, Facts
from recgym.scenarios.scenario import Settings
from recgym.scenarios.traits import items_of, shrunk_rating


def _items(catalog: Catalog, embeddings: NDArray[np.float32], seed: int) -> Items:
    """Traits of the products: what the shop can look up, and their true quality."""
    columns = catalog.attributes
    price, categories = columns["price"], catalog.categories
    rating, popularity = shrunk_rating(columns), standardised(np.log1p(columns["num_ratings"]))
    newness = np.exp(-np.maximum(columns["days_online"] - 30, 0) / 40)
    off = columns["list_price"] - price  # a free item, of list price 0, has no discount
    discount = np.clip(off / np.where(columns["list_price"] > 0, columns["list_price"], 1.0) / 0.5, 0, 1.2)
    log_price = np.log(np.maximum(price, 0.01))
    medians = _medians(price, categories)
    relative_price = np.clip((log_price - np.log(np.maximum(medians, 0.01))[categories]) / 0.4, -2.5, 2.5)
    profit = np.minimum(columns["margin"] * price / np.maximum(medians, 0.01)[categories], 1.5)
    visible = {
        "rating": rating,
        "popularity": popularity,
        "newness": newness,
        "discount": discount,
        "relative_price": relative_price,
        "profit": profit,
    }
    return items_of(catalog, embeddings, visible, seed)


def _medians(values: NDArray[np.float64], groups: NDArray[np.int64]) -> NDArray[np.float64]:
    """(num_groups,) the median of each group 0, 1, ...; none is empty."""
    order, starts = in_groups(groups)
    return np.array([np.median(part) for part in np.split(values[order], starts[1:-1])])


def _dynamics(
    catalog: Catalog, items: Items, query_rows: NDArray[np.int64], weights: NDArray[np.float64]
) -> tuple[Dynamics, ...]:
    return (
        Trust(),
        Visits(_context_stay(), _context_shape()),
        Need(items, query_rows, weights),
        Satiation(items),
        ReferencePrice(items),
        Drift(items),
    )


def _facts(catalog: Catalog, row: int) -> Facts:
    """The price, and the list price it was cut from."""
    price, before = (float(catalog.attributes[name][row]) for name in ("price", "list_price"))
    discount = max(0, round(100 * (1 - price / before))) if before > 0 else 0
    if not discount:
        return Facts(f"{price:,.2f}")
    return Facts(f"{price:,.2f}", f"−{discount}%", f"was {before:,.2f}")


def _context_shape() -> tuple[int, ...]:
    return tuple(map(len, (words.WEEKDAYS, words.DAYTIMES, words.DEVICES, words.SEASONS, words.CAMPAIGNS)))


def _context_stay() -> NDArray[np.float64]:
    """(num_contexts,) how much a context lengthens visits: weekends and evenings do, phones shorten them."""
    weekday, daytime, device, _, _ = np.unravel_index(np.arange(np.prod(_context_shape())), _context_shape())
    return 0.2 * (weekday >= 5) + 0.1 * (daytime == 2) - 0.2 * (device == 0)


@dataclass(frozen=True)
class Ecommerce(Settings):
    """Everything that can be set about the shop."""

    DOMAIN = Domain(
        name="ecommerce",
        texts_of=words.SENTENCES.texts_of,
        statements=("age_group", "budget"),
        sensitivity=[1.2 - 0.2 * budget for budget in range(len(words.BUDGETS))],  # the thriftiest first
        items=_items,
        arrivals="days_online",
        parameters=FunnelParameters(),
        dynamics=_dynamics,
        reward=ShopReward,
        facts=_facts,
        told=("put in the cart", "bought"),
        required=("price",),
        defaults={"list_price": "price", "margin": 0.3, "days_online": 365.0},
    )

"""RecGym-Games-v0: a games store and its players.

Each session is one player over up to 60 pages of games, in many visits. The store lives on hours played and on games
bought; games that press for money are tried most and given up soonest, and a genre that is played too much bores.

## Description

- **Slate.** The retrieval stage offers 20 games of 5 sources (similar to the last one played, best rated of the genre
  of interest, most played, newest, anything), 4 each, always in this order. The agent shows 3.
- **Response.** Position k is examined with probability k^-0.9 (Craswell et al., WSDM 2008). Who looks around tries what
  is popular, short and free of charge at first; who wants a genre wants it well rated; who is hooked wants depth
  and company, in games like the one just played. A game may disappoint: those that press for money mostly do. Playing
  time is log-normal around a game's usual session. Some games go on the wish list, a few are bought.
- **Boredom.** Three tries of a genre within five pages bore of it for the next ten (the SARDINE family: Deffayet et
  al., TORS 2024). Who is bored leaves sooner, and who leaves bored comes back less: a store has to vary its genres in
  time.
- **Trust** in the store grows with games that keep their promise and falls with those that do not; players who lose it
  depart (Ben-Porat et al., AAAI 2022).

## Observation space

Trust, need, readiness, boredom and true quality are hidden.

How skilled they are is said and felt: unless they are hooked, players mind games more difficult than what they are used
to, newcomers most and experts least. What they spend is said and not felt: a distractor, as many columns of a real log
are; who never pays for a game buys as often as others, and tries as many that press for money. Of the circumstances
weekends, evenings and a whole evening free lengthen visits, phones and errands shorten them; other company is a
distractor.

## Starting state

A new player: three favourite genres (popular ones more often), of which two are named in the profile beside how skilled
they are and what they spend; trust within 0.03 of 0.55; with probability 0.4 a genre they look for.

## Realism

Popularity, pages per visit and both probes lie within the ranges of public logs. Playing times have no public
counterpart here.

## Version history

- v0: first version.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recgym.catalog import Catalog
from recgym.dynamics import Boredom, Dynamics
from recgym.items import Items, standardised
from recgym.outcome import Outcome
from recgym.response import Habits, Response
from recgym.reward import Reward
from recgym.scenarios import games_words as words
from recgym.scenarios.domain import Domain, Facts
from recgym.scenarios.people import usual_dynamics, visits
from recgym.scenarios.scenario import Settings
from recgym.scenarios.traits import items_of, log_scaled, shrunk_rating
from recgym.state import State

HABITS = Habits(
    STAGES=("looking around", "wanting a genre", "hooked"),
    EVENTS=("wished", "bought"),
    attracts={
        "rating": (-0.4, 0.4, -0.2),
        "popularity": (0.7, 0.4, 0.2),
        "newness": (1.0, 0.0, 0.0),
        "monetisation": (2.8, 1.8, 1.0),
        "depth": (-2.5, -1.0, 3.0),
        "coop": (0.0, 0.0, 2.5),
        "length": (-0.6, 0.0, 0.6),
    },
    constant=(-1.9, -1.8, -8.0),
    cost="difficulty",
    cost_weight=(0.4, 0.3, 0.0),
    similarity=(-0.5, 0.0, 12.0),
    satiation=2.0,
    needed=1.0,
    not_needed=-1.2,
    stays={"bias": 1.15, "quality": 0.6, "monetisation": -2.2},
    satisfies={"quality": 0.8, "monetisation": -0.9},
    saves={"bias": -5.0},
    seconds={"bias": 7.0, "length": 0.5},
    seconds_lost=4.5,
)


@dataclass(frozen=True, eq=False)
class GamesReward(Reward):
    """What a page was worth to the store.

    Terms, each (num_envs,) per page:

    - click: number of games tried,
    - wish: number of games put on the wish list,
    - sale: number of games bought.
    """

    DEEDS = ("click", "wish", "sale")
    VALUE = "value"
    DEFAULT_WEIGHTS = {"click": 0.05, "wish": 0.15, "sale": 0.8, "satisfaction": 0.1, "minutes": 0.012,
                       "diversity": 0.0, "potential": 0.0}  # fmt: skip


@dataclass(frozen=True, eq=False)
class GamesOutcome(Outcome):
    """What was played of a page.

    - hours: played,
    - pressed: games tried that press for money.
    """

    def of(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response
    ) -> dict[str, NDArray[np.float64]]:
        pressing = self.items.trait("monetisation")[slates] > 0.5
        return {
            "hours": response.seconds.sum(axis=1) / 3600,
            "pressed": (response.clicked & pressing).sum(axis=1).astype(np.float64),
        }


def _items(catalog: Catalog, embeddings: NDArray[np.float32], seed: int) -> Items:
    """Traits of the games: what the store can look up, and their true quality."""
    columns = catalog.attributes
    rating = shrunk_rating(columns)
    visible = {
        "rating": rating,
        "popularity": log_scaled(columns["popularity"]),
        "newness": np.exp(-columns["days_online"] / 120),
        "monetisation": columns["monetisation"],
        "depth": columns["depth"],
        "difficulty": standardised(columns["difficulty"]),
        "length": log_scaled(columns["session_minutes"]),
        "coop": columns["coop"],
    }
    return items_of(catalog, embeddings, visible, seed, {"value": 1.0})


def _dynamics(
    catalog: Catalog, items: Items, query_rows: NDArray[np.int64], weights: NDArray[np.float64]
) -> tuple[Dynamics, ...]:
    longer = {"weekend": 0.2, "evening": 0.1, "phone": -0.2, "with the whole evening free": 0.3,
              "between two errands": -0.3}  # fmt: skip
    coming = visits(words.WEEKDAY_KINDS, words.DAYTIMES, words.DEVICES, words.COMPANIES, longer=longer)
    coming = replace(coming, return_patience=2.0)  # who leaves bored comes back less
    return usual_dynamics(items, query_rows, weights, coming, Boredom(items, lasting=10, weariness=0.7), "difficulty")


def _facts(catalog: Catalog, row: int) -> Facts:
    """How long one plays at a time."""
    columns = catalog.attributes
    online = f"{columns['days_online'][row] / 365:.1f} years old"
    flag = "shop" if columns["monetisation"][row] > 0.5 else ""
    return Facts(f"{columns['session_minutes'][row]:.0f} min", flag, online)


@dataclass(frozen=True)
class Games(Settings):
    """Everything that can be set about the games store."""

    DOMAIN = Domain(
        name="games",
        texts_of=words.SENTENCES.texts_of,
        statements=("spendings", "skills"),
        sensitivity=(1.3, 1.1, 0.7, 0.3),  # newcomers mind difficulty most
        items=_items,
        arrivals="days_online",
        parameters=HABITS,
        dynamics=_dynamics,
        reward=GamesReward,
        facts=_facts,
        told=("put on the wish list", "bought"),
        outcome=GamesOutcome,
        hidden=("satiation", "bored_pages"),  # who is bored of what, and for how long
        required=("monetisation", "session_minutes", "depth"),
        defaults={"difficulty": 0.5, "coop": 0.0, "popularity": "num_ratings",
                  "days_online": 365.0},
        ranges={"session_minutes": (0, np.inf), "difficulty": (0, 1), "depth": (0, 1), "monetisation": (0, 1),
                "coop": (0, 1)},
    )  # fmt: skip

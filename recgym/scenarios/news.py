"""RecGym-News-v0: a newspaper and its readers.

Each session is one reader over up to 60 pages of headlines, in many short visits. The paper lives on time that is read and
on readers who come back; loud headlines are clicked most, disappoint, and are remembered.

## Description

- **Slate.** The retrieval stage offers 20 articles of 5 sources (similar to the last one read, best rated of the section
  of interest, most read, latest, anything), 4 each, always in this order. The agent shows 3.
- **Response.** Position k is examined with probability k^-0.9 (Craswell et al., WSDM 2008). A reader without a question
  browses: what is popular and loud attracts. One who follows a story wants the latest; one who has caught up wants the
  background: long pieces like the one just read. A clicked article may disappoint, clickbait mostly does, and then it is
  left within seconds; otherwise reading time is log-normal around the article's length (news logs: median 22 s, nine in
  ten below 93 s; here they are shorter, see Realism). Some articles are shared, a few make a subscriber.
- **Trust** in the paper grows slowly with articles that keep their promise and falls fast with those that do not; it
  moves clicks, subscriptions and whether the reader comes back.
- **Leaning.** Readers click what agrees with them, and what they like to read moves them: a reader who is fed one side
  leans ever more (Dean & Morgenstern, 2022), which the paper counts against itself. That is a cost, not the reason to look
  ahead: what looking ahead gains here is trust.
- **Fatigue** with a section until days away refresh it; the length one is used to adapts to what one reads.

## Observation space

Trust, need, readiness, leaning and true quality are hidden.

How they read is said and felt: unless they read up, readers mind articles longer than what they are used to, skimmers
most and the thorough least. How they vote is said and not felt: a distractor, as many columns of a real log are. The
leaning of a reader is drawn apart from it, and the other side's arguments are liked no more by those who say so.
Circumstances only lengthen or shorten visits: weekends, mornings and whatever is no quiet day lengthen them, phones
shorten them.

## Starting state

A new reader: three favourite sections (popular ones more often), of which two are named in the profile beside how they
read and how they vote; trust within 0.03 of 0.55; a slight leaning that the profile does not give away; with probability
0.4 a story to follow.

## Realism

Popularity, pages per visit and both probes lie within the ranges of public logs. Reading times are shorter than those of
the public log by a fifth to two fifths: half of the articles that are clicked disappoint, and are left after 7 s in the
median; those that please hold readers for 39 s (one in ten below 13 s, nine in ten below 119 s).

## Version history

- v0: first version.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recgym.catalog import Catalog
from recgym.dynamics import Dynamics, Leaning, Satiation
from recgym.items import Items
from recgym.outcome import Outcome
from recgym.response import Habits, Response
from recgym.reward import Reward
from recgym.scenarios import news_words as words
from recgym.scenarios.people import usual_dynamics, visits
from recgym.scenarios.domain import Domain, Facts
from recgym.scenarios.scenario import Settings
from recgym.scenarios.traits import items_of, log_scaled, shrunk_rating
from recgym.state import State

HABITS = Habits(
    STAGES=("browsing", "catching up", "reading up"),
    EVENTS=("shared", "subscribed"),
    attracts={
        "rating": (0.4, 0.4, 0.8),
        "popularity": (0.8, 0.4, 0.2),
        "newness": (0.5, 5.0, -1.5),
        "clickbait": (3.0, 2.4, 1.2),
        "depth": (-1.0, -2.5, 4.0),
    },
    constant=(-2.6, -4.0, -5.6),
    cost="length",
    cost_weight=(0.3, 0.2, 0.0),
    similarity=(-0.3, 0.0, 8.0),
    stays={"bias": 1.4, "quality": 0.8, "clickbait": -3.4},
    satisfies={"quality": 0.8, "clickbait": -0.9},
    saves={"bias": -5.0, "clickbait": 0.8},
    seconds={"bias": 3.6, "length": 0.5},
)


@dataclass(frozen=True, eq=False)
class NewsReward(Reward):
    """What a page was worth to the paper.

    Terms, each (num_envs,) per page:

    - click: number of clicks,
    - share: number of articles shared,
    - subscription: number of subscriptions begun,
    - balance: minus the square of the reader's leaning after the page.
    """

    DEEDS = ("click", "share", "subscription")
    VALUE = "value"
    DEFAULT_WEIGHTS = {"click": 0.05, "share": 0.15, "subscription": 0.8, "satisfaction": 0.1, "minutes": 0.15,
                       "balance": 0.2, "diversity": 0.0, "potential": 0.0}  # fmt: skip
    STRENGTH = Leaning.strength

    def terms(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response
    ) -> dict[str, NDArray[np.float64]]:
        terms = super().terms(before, after, slates, response)
        if self.weights["balance"] != 0:
            terms["balance"] = -((after["taste"][:, -1] / self.STRENGTH) ** 2)
        return terms


@dataclass(frozen=True, eq=False)
class NewsOutcome(Outcome):
    """What a page left of the reader.

    - minutes: read,
    - leaning: how far the reader leans to either side after it, 0 to 1.
    """

    def of(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response
    ) -> dict[str, NDArray[np.float64]]:
        return {
            "minutes": response.seconds.sum(axis=1) / 60,
            "leaning": np.abs(after["taste"][:, -1]) / Leaning.strength,
        }


def _items(catalog: Catalog, embeddings: NDArray[np.float32], seed: int) -> Items:
    """Traits of the articles: what the paper can look up, and their true quality."""
    columns = catalog.attributes
    rating = shrunk_rating(columns)
    visible = {
        "rating": rating,
        "popularity": log_scaled(columns["popularity"]),
        "newness": np.exp(-columns["age_hours"] / 24),
        "clickbait": columns["clickbait"],
        "depth": columns["depth"],
        "length": log_scaled(columns["num_words"]),
        "stance": columns["stance"],
    }
    items = items_of(catalog, embeddings, visible, seed, {"value": 1.0})
    items.taste[:, -1] = columns["stance"]
    return items


def _dynamics(
    catalog: Catalog, items: Items, query_rows: NDArray[np.int64], weights: NDArray[np.float64]
) -> tuple[Dynamics, ...]:
    longer = {"weekend": 0.2, "morning": 0.1, "phone": -0.2, **dict.fromkeys(words.OCCASIONS[1:], 0.2)}
    coming = visits(words.WEEKDAY_KINDS, words.DAYTIMES, words.DEVICES, words.OCCASIONS, longer=longer)
    usual = usual_dynamics(items, query_rows, weights, coming, Satiation(items), "length")
    return (*usual, Leaning(items, items.trait("stance")))


def _facts(catalog: Catalog, row: int) -> Facts:
    """Reading time, and how old the article is."""
    columns = catalog.attributes
    hours = columns["age_hours"][row]
    age = f"{hours:.0f} h old" if hours < 48 else f"{hours / 24:.0f} days old"
    return Facts(f"{max(round(columns['num_words'][row] / 230), 1)} min", "loud" if columns["clickbait"][row] > 0.5 else "", age)


@dataclass(frozen=True)
class News(Settings):
    """Everything that can be set about the newspaper."""

    DOMAIN = Domain(
        name="news",
        texts_of=words.SENTENCES.texts_of,
        statements=("stances", "depths"),
        sensitivity=(1.2, 0.9, 0.5, 0.7),  # skimmers mind long articles most
        items=_items,
        arrivals="age_hours",
        parameters=HABITS,
        dynamics=_dynamics,
        reward=NewsReward,
        facts=_facts,
        told=("shared", "subscribed after reading"),
        outcome=NewsOutcome,
        hidden=("taste",),  # its last element is the leaning
        required=("age_hours", "clickbait", "num_words", "depth"),
        defaults={"stance": 0.0, "rating": 3.6, "num_ratings": 0.0, "popularity": "num_ratings"},
        ranges={"age_hours": (0, np.inf), "clickbait": (0, 1), "num_words": (0, np.inf), "depth": (0, 1),
                "stance": (-1, 1)},
    )

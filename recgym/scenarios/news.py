"""RecGym-News-v0: a newspaper and its readers.

Each session is one reader over up to 60 pages of headlines, in many short visits, during which articles arrive and
expire. The paper lives on time that is read and on readers who come back; loud headlines and opinion are clicked most,
the one disappoints and is remembered, the other divides.

## Description

- **Wire.** Every day brings new articles. An article stays on the front pages for three days, the deeper it goes for
  up to fifteen; then it is in the archive. A reader comes back after about two days, and most of what was new is not
  any more.
- **Slate.** The retrieval stage offers 20 articles of 5 sources (similar to the last one read, the archive included;
  best rated of the section of interest, most read, latest and anything of what is on the front pages), 4 each, always
  in this order. The agent shows 3.
- **Response.** Position k is examined with probability k^-0.9 (Craswell et al., WSDM 2008). A reader without a question
  browses: what is popular, loud and opinionated attracts. One who follows a story wants what is of today; one who has
  caught up wants the background: long pieces like the one just read, which may be old. Hardly anything is clicked
  twice. A clicked article may disappoint, clickbait mostly does, and then it is left within seconds; otherwise reading
  time is log-normal around the article's length. Some articles are shared, a few make a subscriber.
- **Trust** in the paper grows slowly with articles that keep their promise and falls fast with those that do not; it
  moves clicks, subscriptions and whether the reader comes back.
- **Leaning.** Readers click what agrees with them, and opinion that pleases moves them to its side: a reader who is fed
  one side leans ever more (Dean & Morgenstern, 2022), which the paper counts against itself on every page from then on.
  Neutral pieces leave a leaning as it is; only the other side's takes it back.
- **Fatigue** with a section until days away refresh it; the length one is used to adapts to what one reads.

## Observation space

Trust, need, readiness, leaning and true quality are hidden. Of a candidate the desk knows how new it is, and whether
the reader has clicked it within the history.

How they read is said and felt: unless they read up, readers mind articles longer than what they are used to, skimmers
most and the thorough least. How they vote is said and not felt: a distractor, as many columns of a real log are. The
leaning of a reader is drawn apart from it, and the other side's arguments are liked no more by those who say so.
Circumstances only lengthen or shorten visits: weekends, mornings and whatever is no quiet day lengthen them, phones
shorten them.

## Starting state

A new reader on any of the 30 days that the wire takes to bring the whole catalogue: three favourite sections (popular
ones more often), of which two are named in the profile beside how they read and how they vote; trust within 0.03 of
0.55; a slight leaning that the profile does not give away; with probability 0.4 a story to follow.

## Realism

Popularity, pages per visit, reading times and both probes are those of public logs.

## Version history

- v0: first version.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recgym.catalog import Catalog
from recgym.dynamics import Calendar, Dynamics, Leaning, Satiation
from recgym.items import Items
from recgym.outcome import Outcome
from recgym.response import Habits, Response
from recgym.reward import Reward
from recgym.scenarios import news_words as words
from recgym.scenarios.domain import Domain, Facts
from recgym.scenarios.news_wire import MEMORY, NUM_DAYS, Readers, Recency, arrival_days, editions
from recgym.scenarios.people import usual_dynamics, visits
from recgym.scenarios.scenario import Settings
from recgym.scenarios.traits import items_of, log_scaled, shrunk_rating
from recgym.state import State

HABITS = Habits(
    STAGES=("browsing", "catching up", "reading up"),
    EVENTS=("shared", "subscribed"),
    attracts={
        "rating": (0.4, 0.4, 0.8),
        "popularity": (0.8, 0.4, 0.2),
        "clickbait": (3.0, 2.4, 1.2),
        "opinion": (3.5, 3.0, 2.0),
        "depth": (-1.0, -2.5, 4.0),
    },
    constant=(-2.6, -4.0, -5.6),
    cost="length",
    cost_weight=(0.3, 0.2, 0.0),
    similarity=(-0.3, 0.0, 8.0),
    stays={"bias": 1.4, "quality": 0.8, "clickbait": -3.4},
    satisfies={"quality": 0.8, "clickbait": -0.9},
    saves={"bias": -5.0, "clickbait": 0.8},
    seconds={"bias": 3.92, "length": 0.5},
    seconds_lost=2.6,
)
NEWNESS = (0.5, 5.0, -1.5)  # weight in a click, by stage


@dataclass(frozen=True, eq=False)
class NewsReward(Reward):
    """What a page was worth to the paper.

    Terms, each (num_envs,) per page:

    - click: number of clicks,
    - share: number of articles shared,
    - subscription: number of subscriptions begun,
    - balance: minus the square of the leaning that the page found the reader with.
    """

    DEEDS = ("click", "share", "subscription")
    VALUE = "value"
    DEFAULT_WEIGHTS = {"click": 0.05, "share": 0.15, "subscription": 0.8, "satisfaction": 0.1, "minutes": 0.15,
                       "balance": 0.25, "diversity": 0.0, "potential": 0.0}  # fmt: skip
    STRENGTH = Leaning.strength

    def terms(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response
    ) -> dict[str, NDArray[np.float64]]:
        terms = super().terms(before, after, slates, response)
        if self.weights["balance"] != 0:
            terms["balance"] = -((before["taste"][:, -1] / self.STRENGTH) ** 2)
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
        "clickbait": columns["clickbait"],
        "depth": columns["depth"],
        "length": log_scaled(columns["num_words"]),
        "stance": columns["stance"],
        "opinion": np.abs(columns["stance"]),
    }
    items = items_of(catalog, embeddings, visible, seed, {"value": 1.0})
    items.taste[:, -1] = columns["stance"]
    return items


def _dynamics(
    catalog: Catalog, items: Items, query_rows: NDArray[np.int64], weights: NDArray[np.float64]
) -> tuple[Dynamics, ...]:
    longer = {"weekend": 0.2, "morning": 0.1, "phone": -0.2, **dict.fromkeys(words.OCCASIONS[1:], 0.2)}
    coming = visits(words.WEEKDAY_KINDS, words.DAYTIMES, words.DEVICES, words.OCCASIONS, longer=longer)
    coming = replace(coming, gap_days=3.0, gap_trust=2.5)
    usual = usual_dynamics(items, query_rows, weights, coming, Satiation(items, recovery_days=4.0), "length")
    return (*usual, Leaning(items, items.trait("stance")), Calendar(NUM_DAYS))


def _facts(catalog: Catalog, row: int) -> Facts:
    """Reading time, and the day of the wire it is from."""
    columns = catalog.attributes
    minutes, loud = max(round(columns["num_words"][row] / 230), 1), columns["clickbait"][row] > 0.5
    return Facts(f"{minutes} min", "loud" if loud else "", f"of day {arrival_days(catalog)[row]}")


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
        fit=lambda catalog, items: Readers(Recency(arrival_days(catalog)), NEWNESS),
        personal=lambda catalog, items: Recency(arrival_days(catalog)),
        editions=editions,
        memory=MEMORY,
        hidden=("taste",),  # its last element is the leaning
        required=("age_hours", "clickbait", "num_words", "depth"),
        defaults={"stance": 0.0, "popularity": "num_ratings"},
        ranges={"age_hours": (0, np.inf), "clickbait": (0, 1), "num_words": (0, np.inf), "depth": (0, 1),
                "stance": (-1, 1)},
    )

"""RecGym-Video-v0: a video platform and its viewers.

Each session is one viewer over up to 60 pages of thumbnails, in many visits. The platform lives on minutes watched;
loud thumbnails are clicked most and quit soonest, and fast clips use up the attention that a long visit needs.

## Description

- **Slate.** The retrieval stage offers 20 videos of 5 sources (similar to the last one watched, best rated of the topic
  of interest, most watched, latest uploads, anything), 4 each, always in this order. The agent shows 3.
- **Response.** Position k is examined with probability k^-0.9 (Craswell et al., WSDM 2008). A viewer who scrolls clicks
  what is short, fast and loud; one who looks for something wants the topic, well rated; one who settles in wants long,
  well made videos like the last one. Watch time is a mixture: a video that disappoints is quit within seconds, one that
  does not is watched for a log-normal time, at most its duration (quick skips and completions).
- **Trust** in thumbnails grows slowly with videos that hold what they promise and falls fast with bait; it moves clicks
  and whether the viewer comes back (the trade-off of Choc and Kale: Mladenov et al., RecSim, 2019).
- **Attention.** Fast clips tire, calm ones hold; a tired viewer ends the visit, and comes back less than a rested one.
  A new visit begins rested.
- **Fatigue** with a topic until days away refresh it; the length one is used to adapts to what one watches.

## Observation space

Trust, need, readiness, attention and true quality are hidden.

How patiently they watch is said and felt, but only so: while scrolling, viewers mind videos longer than what they are
used to, the restless most and the patient least. The wary click on shocked faces like everybody else. When they watch
and what for is said and not felt: a distractor, as many columns of a real log are. Of the circumstances weekends and
evenings lengthen visits, phones shorten them; where and with whom one watches is a distractor too.

## Starting state

A new viewer: three favourite topics (popular ones more often), of which two are named in the profile beside when and
how patiently they watch; trust within 0.03 of 0.55; with probability 0.4 something they look for.

## Realism

Popularity, pages per visit and both probes lie within the ranges of public logs. Watch times have no public counterpart
here.

## Version history

- v0: first version.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recgym.catalog import Catalog
from recgym.dynamics import Attention, Dynamics, Satiation
from recgym.items import Items, standardised
from recgym.outcome import Outcome
from recgym.response import Habits, Response, weighed
from recgym.reward import Reward
from recgym.scenarios import video_words as words
from recgym.scenarios.domain import Domain, Facts
from recgym.scenarios.people import usual_dynamics, visits
from recgym.scenarios.scenario import Settings
from recgym.scenarios.traits import items_of, log_scaled, shrunk_rating
from recgym.state import State

WISHES = ("search", "more")

HABITS = Habits(
    STAGES=("scrolling", "looking for something", "settling in"),
    EVENTS=("liked", "subscribed"),
    attracts={
        "rating": (-0.6, 0.8, -0.5),
        "popularity": (0.7, 0.5, 0.3),
        "newness": (0.8, 0.0, 0.0),
        "bait": (2.8, 2.0, 1.2),
        "pace": (2.0, 0.0, -3.0),
        "length": (-1.4, 0.0, 1.4),
    },
    constant=(-3.2, -2.6, -5.4),
    cost="length",
    cost_weight=(0.3, 0.0, 0.0),
    similarity=(-0.3, 0.0, 9.0),
    stays={"bias": 1.2, "quality": 0.9, "bait": -3.0},
    satisfies={"quality": 0.8, "bait": -0.9},
    saves={"bias": -5.2, "production": 1.0},
    seconds={"bias": 4.6, "length": 0.5},
    seconds_lost=1.6,
    longest="log_seconds",
)
TIRING = {"pace": 1.0, "production": -0.5}


@dataclass(frozen=True, eq=False)
class VideoReward(Reward):
    """What a page was worth to the platform.

    Terms, each (num_envs,) per page:

    - click: number of clicks,
    - like: number of likes,
    - subscription: number of channels subscribed to.
    """

    DEEDS = ("click", "like", "subscription")
    VALUE = "value"
    DEFAULT_WEIGHTS = {"click": 0.05, "like": 0.15, "subscription": 0.6, "satisfaction": 0.1, "minutes": 0.12,
                       "diversity": 0.0, "potential": 0.0}  # fmt: skip


@dataclass(frozen=True, eq=False)
class VideoOutcome(Outcome):
    """What was watched on a page.

    - minutes: watched,
    - completion: share of the durations of the videos begun that was watched, 0 if none was.
    """

    def of(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response
    ) -> dict[str, NDArray[np.float64]]:
        watched = response.seconds.sum(axis=1)
        begun = (np.exp(self.items.trait("log_seconds")[slates]) * response.clicked).sum(axis=1)
        return {"minutes": watched / 60, "completion": watched / np.maximum(begun, 1.0)}


def _items(catalog: Catalog, embeddings: NDArray[np.float32], seed: int) -> Items:
    """Traits of the videos: what the platform can look up, and their true quality."""
    columns = catalog.attributes
    rating, log_seconds = shrunk_rating(columns), np.log(columns["duration_s"])
    visible = {
        "rating": rating,
        "popularity": log_scaled(columns["popularity"]),
        "newness": np.exp(-columns["days_online"] / 40),
        "bait": columns["bait"],
        "production": columns["production"],
        "pace": columns["pace"],
        "length": standardised(log_seconds),
    }
    return items_of(catalog, embeddings, visible, seed, {"value": 1.0, "log_seconds": log_seconds})


def _dynamics(
    catalog: Catalog, items: Items, query_rows: NDArray[np.int64], weights: NDArray[np.float64]
) -> tuple[Dynamics, ...]:
    longer = {"weekend": 0.2, "evening": 0.2, "phone": -0.2}
    coming = visits(words.WEEKDAY_KINDS, words.DAYTIMES, words.DEVICES, words.SITUATIONS, longer=longer)
    coming = replace(coming, return_patience=1.5)  # who leaves tired comes back less
    usual = usual_dynamics(items, query_rows, weights, coming, Satiation(items), "length")
    return (*usual, Attention(items, weighed(items, TIRING)))


def _facts(catalog: Catalog, row: int) -> Facts:
    """The duration."""
    columns = catalog.attributes
    minutes, seconds = divmod(int(columns["duration_s"][row]), 60)
    flag = "WOW" if columns["bait"][row] > 0.5 else ""
    return Facts(f"{minutes}:{seconds:02}", flag, f"{columns['popularity'][row]:,.0f} views")


def texts_of(catalog: Catalog) -> dict[str, Sequence[str]]:
    """All texts of the scenario by group, the items' first; of the queries those of a search and of a wish for more."""
    queries = [words.SENTENCES.queries(name) for name in catalog.category_names]
    chosen = [text for ways in queries for wish in WISHES for text in ways[wish]]
    return words.SENTENCES.texts_of(catalog) | {"queries": chosen}


@dataclass(frozen=True)
class Video(Settings):
    """Everything that can be set about the platform."""

    DOMAIN = Domain(
        name="video",
        texts_of=texts_of,
        statements=("habits", "patiences"),
        sensitivity=(1.2, 1.0, 0.5, 0.9),  # the restless mind long videos most, the wary about as the fair
        items=_items,
        arrivals="days_online",
        parameters=HABITS,
        dynamics=_dynamics,
        reward=VideoReward,
        facts=_facts,
        told=("gave a thumbs up to", "subscribed after watching"),
        outcome=VideoOutcome,
        hidden=("patience",),  # the attention that is left
        required=("duration_s", "bait"),
        defaults={"production": 0.5, "pace": 0.5, "popularity": "num_ratings",
                  "days_online": 365.0},
        ranges={"duration_s": (1, np.inf), "bait": (0, 1), "production": (0, 1), "pace": (0, 1)},
    )  # fmt: skip

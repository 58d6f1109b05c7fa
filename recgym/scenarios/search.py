"""RecGym-Search-v0: a search engine and its searchers.

Each session is one searcher over up to 60 pages of results, in many short visits. They type words of several meanings,
such as "jaguar", and have one in mind. The engine lives on questions that are solved and on searchers who come back;
the pages that are clicked most answer nothing, and those who give up trust it less.

## Description

- **Slate.** The retrieval stage offers 20 pages of 5 sources (similar to the last one read; the best rated, most
  visited and latest of what the query finds, in all its meanings; anything), 4 each, always in this order. The agent
  shows 3.
- **Meaning.** One of the three to five meanings of a query is meant: half of the time one of a favourite category,
  which the profile names in part, otherwise popular ones more often. Pages of the meaning attract, others hardly: a
  page of several meanings finds out which. Without an answer the searcher may type the query again with what is meant,
  "jaguar wild animals", or give up.
- **Response.** Position k is examined with probability k^-0.9 (Craswell et al., WSDM 2008). Who looks something up
  clicks what is short, fresh and loud; who reads up wants long pages with authority, and may find the question solved.
  Some look for sources they can trust at once, some want the latest. A page without authority mostly disappoints.
- **Search.** A page of the meaning that pleases answers the search. The more authority it has, the sooner the searcher
  reads up on the meaning, in this visit or the next, and types the refined query.
- **Trust** in the engine grows with pages that keep their promise; it falls with those that do not and with every
  search that is abandoned. It moves clicks and whether the searcher comes back: another engine is a click away.

## Observation space

The meaning, trust, readiness and true quality are hidden. The last feature of a candidate is the engine's own score of
what is meant: it knows what the query finds, what the clicks of this search say, and which categories the profile
names.

How they search is said and felt: who clicks on the first result minds long pages most and who reads to the end least,
the careful and the thorough are drawn by authority, who wants the latest by what is new. What they do for a living is
said and not felt: a distractor, as many columns of a real log are; what is meant rests on favourite categories, not on
trades. Of the circumstances evenings, school and work lengthen visits, hurry and phones shorten them; the weekday and
other occasions are distractors.

## Starting state

A new searcher: three favourite categories (popular ones more often), of which two are named in the profile beside what
they do and how they search; trust within 0.03 of 0.55; with probability 0.9 a search, nine in ten of them one word.

## Why look ahead

Both privileged policies know the meaning, so the gap between them is what lies beyond it: trust, reading up, and coming
back. Who does not know it has to find it out. In an instance of two meanings, planned exactly over beliefs
(`tests/test_small_instance_search.py`), the best policy's first page shows both and earns 5.09 clicks; the policy that
always shows what is likeliest to be clicked earns 4.57.

## Realism

Visits, popularity and both probes lie within the ranges of public logs, popularity near the lower end: what is visited
rests on forty words and their meanings. Ratings are rare: few questions are solved under random pages.

## Version history

- v0: first version.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recgym.catalog import Catalog
from recgym.compiled import sigmoids
from recgym.dynamics import Drift, Dynamics, Evidence, Intent, ReferencePrice, Satiation, Trust
from recgym.items import Items
from recgym.outcome import Outcome
from recgym.response import Habits, Response, Shifts, no_shifts
from recgym.reward import Reward
from recgym.scenarios import search_words as words
from recgym.scenarios.domain import Domain, Facts, Needs
from recgym.scenarios.people import visits
from recgym.scenarios.scenario import Settings
from recgym.scenarios.traits import items_of, log_scaled, shrunk_rating
from recgym.state import State

HABITS = Habits(
    STAGES=("looking around", "looking up", "reading up"),
    EVENTS=("saved", "solved"),
    attracts={
        "rating": (0.2, 0.2, 0.2),
        "popularity": (0.9, 0.7, 0.3),
        "newness": (1.0, 1.5, -1.0),
        "authority": (-2.0, -2.5, 4.0),
        "length": (-0.6, -0.8, 0.8),
    },
    constant=(-2.2, -1.6, -5.4),
    cost="length",
    cost_weight=(0.3, 0.4, 0.0),
    similarity=(-0.3, 0.0, 2.0),
    needed=1.5,
    not_needed=-3.0,
    stays={"bias": -1.2, "quality": 0.6, "authority": 4.0},
    satisfies={"quality": 0.6, "authority": 0.5},
    saves={"bias": -4.5},
)


@dataclass(frozen=True, eq=False)
class Styles:
    """A fit: who looks for sources to trust or for the latest clicks on these."""

    items: Items
    authority: tuple[float, ...] = (0.0, 1.5, 0.0, 0.5)  # by style: quick, careful, newest, thorough
    newness: tuple[float, ...] = (0.0, 0.0, 1.2, 0.0)

    def of(self, state: State, shown: NDArray[np.int64]) -> Shifts:
        shifts, style = no_shifts(shown.shape), state["styles"]
        for name, by_style in (("authority", self.authority), ("newness", self.newness)):
            shifts.click[...] += np.array(by_style)[style][:, None] * self.items.trait(name)[shown]
        return shifts


@dataclass(frozen=True, eq=False)
class Relevance:
    """The engine's own score of what is meant: -1 for pages that the query does not find; for the others what the
    clicks of this search say, and whether their category is named in the profile."""

    items: Items
    evidence: Evidence
    named: float = 0.5
    clicks: float = 2.0
    names = ("relevance",)

    def of(self, state: State, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        category, (first, second) = self.items.categories[rows], state["favourites"][:, :2].T[:, :, None]
        named = (category == first) | (category == second)
        score = self.named * named + self.clicks * self.evidence.clicks(state, rows)
        score[(state["query"] >= 0)[:, None] & ~self.evidence.finds(state, rows)] = -1.0
        return score[:, :, None].astype(np.float32)


@dataclass(frozen=True, eq=False)
class SearchReward(Reward):
    """What a page was worth to the engine.

    Terms, each (num_envs,) per page:

    - click: number of clicks,
    - save: number of pages saved,
    - solution: number of questions solved.
    """

    DEEDS = ("click", "save", "solution")
    VALUE = "value"
    DEFAULT_WEIGHTS = {"click": 0.05, "save": 0.15, "solution": 0.8, "satisfaction": 0.2, "diversity": 0.0,
                       "potential": 0.0}  # fmt: skip


@dataclass(frozen=True, eq=False)
class SearchOutcome(Outcome):
    """What became of the search.

    - answered: 1 on the page that answered it,
    - pages_to_answer: the pages it took to that answer, 0 on all others,
    - reformulated: 1 where the query was typed again with what is meant,
    - abandoned: 1 where the searcher gave up.
    """

    def of(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response
    ) -> dict[str, NDArray[np.float64]]:
        events = {name: Intent.led_to(after, name).astype(np.float64) for name in Intent.EVENTS[1:]}
        return {**events, "pages_to_answer": events["answered"] * (before["search_pages"] + 1)}


def _items(catalog: Catalog, embeddings: NDArray[np.float32], seed: int) -> Items:
    """Traits of the pages: what the engine can look up, and their true quality."""
    columns = catalog.attributes
    visible = {
        "rating": shrunk_rating(columns),
        "popularity": log_scaled(columns["popularity"]),
        "newness": np.exp(-columns["age_days"] / 30),
        "authority": columns["authority"],
        "length": log_scaled(columns["num_words"]),
    }
    items = items_of(catalog, embeddings, visible, seed, {"value": 1.0})
    return replace(items, meanings=columns["meaning"].astype(np.int64))


def _needs(catalog: Catalog) -> Needs:
    """The meanings, each with its ambiguous query and the refined one."""
    pairs = words.meanings(catalog)
    refined = len(words.QUERIES) + np.arange(len(pairs))
    rows = np.stack((np.array([query for query, _ in pairs]), refined), axis=1)
    return Needs(words.SENTENCES.refinements(catalog), rows[:, :, None])


def _intent(items: Items, query_rows: NDArray[np.int64]) -> Intent:
    meant = np.bincount(items.needs, weights=np.exp(1.2 * items.trait("popularity")))
    return Intent(items, query_rows, meant, informs=0.45 * sigmoids(5.0 * (items.trait("authority") - 0.5)))


def _dynamics(
    catalog: Catalog, items: Items, query_rows: NDArray[np.int64], weights: NDArray[np.float64]
) -> tuple[Dynamics, ...]:
    longer = {"in a hurry": -0.3, "for school": 0.2, "for work": 0.2, "phone": -0.2, "evening": 0.1}
    coming = visits(words.WEEKDAY_KINDS, words.DAYTIMES, words.DEVICES, words.OCCASIONS, longer=longer)
    # Another engine is a click away.
    coming = replace(coming, return_bias=3.2, return_trust=6.0)
    intent = _intent(items, query_rows)
    return (Trust(), coming, intent, Satiation(items), ReferencePrice(items, "length"), Drift(items))


def _facts(catalog: Catalog, row: int) -> Facts:
    """How long the page is, how old, and whether it looks like spam."""
    columns = catalog.attributes
    days = columns["age_days"][row]
    age = "of today" if days < 1 else f"{days:.0f} days old" if days < 100 else f"{days / 365:.1f} years old"
    return Facts(f"{columns['num_words'][row]:,.0f} words", "spam" if columns["authority"][row] <= 0.2 else "", age)


@dataclass(frozen=True)
class Search(Settings):
    """Everything that can be set about the search engine."""

    DOMAIN = Domain(
        name="search",
        texts_of=words.SENTENCES.texts_of,
        statements=("trades", "styles"),
        sensitivity=(1.4, 0.8, 0.9, 0.2),  # who clicks on the first result minds long pages most
        items=_items,
        arrivals="age_days",
        parameters=HABITS,
        dynamics=_dynamics,
        reward=SearchReward,
        facts=_facts,
        told=("saved", "found the answer on"),
        outcome=SearchOutcome,
        fit=lambda catalog, items: Styles(items),
        personal=lambda catalog, items: Relevance(items, Evidence(items.needs, _needs(catalog).query_rows)),
        needs=_needs,
        required=("query", "meaning", "authority", "num_words", "age_days"),
        defaults={"popularity": "num_ratings"},
        ranges={"query": (0, np.inf), "meaning": (0, np.inf), "authority": (0, 1), "num_words": (0, np.inf),
                "age_days": (0, np.inf)},
    )  # fmt: skip

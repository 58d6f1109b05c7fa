"""RecGym-Social-v0: a social network and its members.

Each session is one member over up to 60 pages of a feed in which posts, friends' posts and ads share a slate, in many
short visits. The network lives on members who comment and share and on ads. What a member passes on wakes friends,
and awake friends bring the member back: it is sown today and reaped in a week. Ads pay at once and outrage is clicked
at once; too many of the former annoy, and the latter heats the member up and drives friends away.

## Description

- **Slate.** The retrieval stage offers 20 posts of 5 sources (similar to the last one that pleased, best rated of the
  topic of the moment, most seen, latest, anything), 4 each, always in this order; friends' posts and ads are among
  them. The agent shows 3.
- **Response.** Position k is examined with probability k^-0.9 (Craswell et al., WSDM 2008). Who scrolls clicks what
  is popular, spreads and enrages. Who is in a conversation wants the latest of its topic, who catches up with friends
  wants friends' posts. A clicked post may disappoint: ads do so more often than calm posts, outrage mostly. Some posts
  are commented on, some of these shared; roles differ in how much they say and how much they care for friends.
- **Circle.** Sixteen friends form a small world (Watts & Strogatz, Nature 1998), each with a topic. What the member
  likes, comments on or shares is seen by them; a quiet friend becomes active the more easily the more active friends
  they see (contagion: on average x' = x + beta a x (1 - x) - delta x where all see each other), and tires after a
  while. Calm posts that spread wake friends; outrage makes friends weary, who stay away until that has passed. Active
  friends raise the clicks of every page, those on friends' posts most, lengthen visits and bring the member back.
- **Ads** pay their bid for a click and a fifth of it for being looked at. Their load fades from page to page and over
  days away; above a tolerance of the member's own it costs clicks and patience, and with it the member.
- **Heat** rises with every click on outrage and cools slowly. It makes outrage more attractive, costs patience, and
  the network counts its square against itself.
- **Trust** in the network grows with posts that please and falls with those that do not; topics tire; members get
  used to a level of outrage, which the calm mind most.

## Observation space

Trust, need, readiness, heat, tolerance of ads and true quality are hidden. The network knows the member's friends and
who is active, and which ads it showed: three features of a candidate say so (active friends who see it, friends it
would wake, recent ads). Nobody searches, so there is nothing of a query. With `action="proto"` only the candidates
can be ranked: no index holds what differs by member.

Both statements of the profile are said and felt. The role decides how much members comment and how they like friends'
posts; the temper how much they mind outrage beyond what they are used to, the calm most and the hot-headed least. More
of it is not felt: who wants to spend less time here stays as long as others. Of the circumstances weekends, evenings
and being bored lengthen visits, waiting for the bus shortens them; device and other moods are distractors, as many
columns of a real log are.

## Starting state

A new member: three favourite topics (popular ones more often), of which two are named in the profile beside a role
and a temper; trust within 0.03 of 0.55; a circle whose friends mostly follow the favourites, about one in seven of
them active; no ads seen and no heat; with probability 0.4 a conversation that goes on.

## Realism

Popularity, pages per visit and both probes lie within the ranges of public logs. Stars tell how pleased those were who
shared, with more twos than public ones.

## Version history

- v0: first version.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recgym.catalog import Catalog
from recgym.dynamics import WEARY, Circle, Dynamics, Patience, Satiation, Strain
from recgym.items import Items, standardised
from recgym.outcome import Outcome
from recgym.response import Funnel, Habits, Response
from recgym.reward import Reward
from recgym.scenarios import social_words as words
from recgym.scenarios.domain import Domain, Facts
from recgym.scenarios.people import usual_dynamics, visits
from recgym.scenarios.scenario import Settings
from recgym.scenarios.social_members import Company, SocialGraph
from recgym.scenarios.traits import items_of, log_scaled, shrunk_rating
from recgym.state import State

FRIEND, AD = 1, 2  # in the column `kind`; 0 is a post

HABITS = Habits(
    STAGES=("scrolling", "in a conversation", "catching up with friends"),
    EVENTS=("commented", "shared"),
    attracts={
        "rating": (0.1, 0.6, 0.2),
        "popularity": (0.6, 0.2, 0.0),
        "newness": (0.3, 1.5, -1.0),
        "virality": (1.6, -1.0, -1.5),
        "outrage": (2.4, 1.6, 0.6),
        "friend": (-1.2, -1.0, 2.6),
        "ad": (0.0, -0.6, -0.6),
    },
    constant=(-3.4, -3.4, -4.2),
    cost="outrage",
    cost_weight=(0.4, 0.4, 0.4),
    similarity=(-0.3, 4.0, 0.0),
    stays={"bias": 1.6, "quality": 0.6, "outrage": -2.0, "friend": 0.6, "ad": -1.0},
    trust=3.0,
    satisfies={"quality": 0.6, "outrage": -0.7},
    saves={"bias": -2.8, "virality": 1.6, "friend": 0.4, "outrage": 0.4, "ad": -3.0},
    save_needed=0.5,
    save_ready=1.5,
    commit_bias=-0.8,
    commit_ready=1.0,
)
VIEW_PAY = 0.2  # of an ad's bid, for being looked at; its click pays the bid
FRIENDLY = np.array((0.0, -0.2, -0.4, 0.8, 0.0))  # how much more members of each of ROLES click friends' posts
OUTSPOKEN = np.array((-0.8, 0.6, 0.4, 0.2, 0.8))  # how much more they comment
COOLING = 0.9  # of heat, from page to page


@dataclass(frozen=True, eq=False)
class SocialReward(Reward):
    """What a page was worth to the network.

    Terms, each (num_envs,) per page:

    - click: number of clicks,
    - comment: number of comments,
    - share: number of posts shared,
    - ads: what advertisers pay, in euros: an ad's bid for a click, a fifth of it for being looked at,
    - harmony: minus the square of the member's heat after the page.
    """

    DEEDS = ("click", "comment", "share")
    VALUE = "value"
    DEFAULT_WEIGHTS = {"click": 0.05, "comment": 0.15, "share": 0.3, "satisfaction": 0.1, "ads": 0.6, "harmony": 0.02,
                       "diversity": 0.0, "potential": 0.0}  # fmt: skip

    def terms(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response
    ) -> dict[str, NDArray[np.float64]]:
        terms = super().terms(before, after, slates, response)
        if self.weights["ads"] != 0:
            terms["ads"] = revenue(self.items, slates, response)
        if self.weights["harmony"] != 0:
            terms["harmony"] = -(after["heat"] ** 2)
        return terms

    def expected_terms(self, state: State, shown: NDArray[np.int64], funnel: Funnel) -> dict[str, NDArray[np.float64]]:
        heated = funnel.click * heating(self.items)[shown]
        return {
            "ads": self.items.trait("ad_bid")[shown] * (VIEW_PAY + funnel.click),
            "harmony": -heated * (2 * COOLING * state["heat"][:, None] + heating(self.items)[shown]),
        }


def revenue(items: Items, slates: NDArray[np.int64], response: Response) -> NDArray[np.float64]:
    """(num_envs,) what advertisers pay for a page."""
    return (items.trait("ad_bid")[slates] * (VIEW_PAY * response.examination + response.clicked)).sum(axis=1)


def heating(items: Items) -> NDArray[np.float64]:
    """(num_items,) what a click adds to a member's heat: outrage does, friends cool."""
    return items.trait("outrage") - 0.2 * items.trait("friend")


@dataclass(frozen=True, eq=False)
class SocialOutcome(Outcome):
    """What a page did to the member and their friends.

    - ads: shown,
    - revenue: from them, in euros,
    - active: share of the member's friends who take part after it,
    - weary: share of them who stay away,
    - heat: of the member's temper after it.
    """

    def of(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response
    ) -> dict[str, NDArray[np.float64]]:
        return {
            "ads": (self.items.trait("ad")[slates] * (slates >= 0)).sum(axis=1),
            "revenue": revenue(self.items, slates, response),
            "active": after["active"].copy(),
            "weary": (after["friends"] == WEARY).mean(axis=1),
            "heat": after["heat"].copy(),
        }


def _items(catalog: Catalog, embeddings: NDArray[np.float32], seed: int) -> Items:
    """Traits of the posts: what the network can look up, and their true quality."""
    columns = catalog.attributes
    rating = shrunk_rating(columns)
    for kind in np.unique(columns["kind"]):  # an ad with many stars has many for an ad
        same = columns["kind"] == kind
        rating[same] = standardised(rating[same])
    visible = {
        "rating": rating,
        "popularity": log_scaled(columns["popularity"]),
        "newness": np.exp(-columns["age_hours"] / 48),
        "virality": columns["virality"],
        "outrage": columns["outrage"],
        "friend": (columns["kind"] == FRIEND).astype(np.float64),
        "ad": (columns["kind"] == AD).astype(np.float64),
        "ad_bid": columns["ad_bid"],
    }
    return items_of(catalog, embeddings, visible, seed, {"value": 1.0})


def _circle(items: Items) -> Circle:
    """Calm posts that spread are carried on, the more the calmer; outrage drives friends away."""
    popularity, outrage = items.trait("popularity"), items.trait("outrage")
    followed = np.bincount(items.categories, weights=np.exp(0.8 * popularity), minlength=items.num_categories)
    spread = np.clip(2.5 * (items.trait("virality") - 0.25), 0, 1) * np.maximum(1 - 1.5 * outrage, 0)
    return Circle(items, followed, spread, 0.35 * np.maximum(outrage - 0.3, 0))


def _dynamics(
    catalog: Catalog, items: Items, query_rows: NDArray[np.int64], weights: NDArray[np.float64]
) -> tuple[Dynamics, ...]:
    longer = {"weekend": 0.2, "evening": 0.2, "bored": 0.2, "waiting for the bus": -0.2}
    coming = visits(words.WEEKDAY_KINDS, words.DAYTIMES, words.DEVICES, words.MOODS, longer=longer)
    coming = replace(
        coming, leave_bias=-0.62, leave_purchase=0.0, gap_days=4.0, gap_trust=2.0, return_bias=3.4, return_patience=1.0
    )
    return (
        *usual_dynamics(items, query_rows, weights, coming, Satiation(items), "outrage"),
        _circle(items),
        Strain(items, "ads", items.trait("ad"), tolerance=(0.5, 1.5)),
        Strain(items, "heat", heating(items), clicked=True, keep=COOLING),
        Patience({"active": 2.0, "ads_felt": -0.4, "heat": -0.3}),
    )


def _facts(catalog: Catalog, row: int) -> Facts:
    """Whose it is, and how old."""
    columns = catalog.attributes
    hours = columns["age_hours"][row]
    age = f"{hours:.0f} h old" if hours < 48 else f"{hours / 24:.0f} days old"
    kind = ("post", "friend", "ad")[int(columns["kind"][row])]
    return Facts(kind, "loud" if columns["outrage"][row] > 0.5 else "", age)


@dataclass(frozen=True)
class Social(Settings):
    """Everything that can be set about the social network."""

    DOMAIN = Domain(
        name="social",
        texts_of=words.SENTENCES.texts_of,
        statements=("roles", "tempers"),
        sensitivity=(1.6, 0.2, 0.8, 1.2),  # the calm mind outrage most
        items=_items,
        arrivals="age_hours",
        parameters=HABITS,
        dynamics=_dynamics,
        reward=SocialReward,
        facts=_facts,
        told=("commented on", "shared"),
        outcome=SocialOutcome,
        fit=lambda _, items: Company(items, _circle(items), FRIENDLY, OUTSPOKEN),
        personal=lambda _, items: SocialGraph(items, _circle(items)),
        hidden=("heat", "active", "ads_felt", "ads_tolerance"),
        required=("kind", "virality", "outrage", "ad_bid", "age_hours"),
        defaults={"popularity": "num_ratings"},
        ranges={"kind": (0, 2), "virality": (0, 1), "outrage": (0, 1), "ad_bid": (0, np.inf), "age_hours": (0, np.inf)},
    )

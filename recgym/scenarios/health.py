"""RecGym-Health-v0: a health coach and the people it advises.

Each session is one person over up to 60 pages of suggestions, in many short visits over some months. The coach lives
on what its suggestions do for the person's goal. What helps is a burden, and burdens add up: who is pushed gains less
and less, gives up, and stops coming. A coach has to know when to suggest next to nothing.

## Description

- **Slate.** The retrieval stage offers 20 suggestions of 5 sources (similar to the last one finished, best rated of
  the kind one means to take up, most popular, gentlest, anything), 4 each, always in this order. The agent shows 3.
- **Response.** Position k is examined with probability k^-0.9 (Craswell et al., WSDM 2008). As in the stages of change
  (Prochaska & DiClemente, 1983), who goes along takes up pastimes, pleasant and of little use; who means to take up a
  kind of activity wants it well rated; who is motivated wants demanding things, like the one last finished. What was
  taken up may be given up half-way, and pastimes seem not worth it afterwards. Some are planned again, a few become a
  habit.
- **Dose.** What is taken up adds its demand, a mixture of burden and intensity, to a dose of which 95 % are left after
  each page or day away. The higher the dose, the less an effect is worth (habituation), and it is a strain by itself
  (the model of HeartSteps: Liao et al., 2020, arXiv:1909.03539). A high dose also makes people turn down what is
  demanding, or give it up. A slate has no empty slots: a coach that holds back suggests what is gentle.
- **Fitness** is built by what is finished while the dose is low and falls by what is given up (impulse and response:
  Banister et al., 1975). Who is fit takes up and finishes more; so does who is rested, and not who is tired or in a
  hurry.
- **Safety.** The profile may name a bad knee, a weak heart or a pregnancy. What is contraindicated is told by
  `action_masks`, seen as the feature `unsafe`, and counted in `info["outcome"]["cost"]` where it is shown; who takes
  it up is hurt, gives it up and loses trust.
- **Trust** in the coach grows with what was worth it and falls with what was not; it moves what is taken up and
  whether the person comes back.

## Observation space

Trust, readiness, dose, fitness and true quality are hidden. Three features of a candidate depend on the user:
`unsafe`, 1 if it could harm them; `benefit`, what finishing it would do for the goal in their profile, its effect or,
where it does not serve that goal, 40 % of it; `intended`, 1 if it is of the kind they mean to take up, which they tell
their coach.

Both statements of the profile are said and felt. The condition decides what harms, the goal what benefits and how much
long activities are minded: most by who wants to sleep better, least by who wants to become fitter. Of the circumstances
the state of the day moves what is taken up; some states, weekends and the place lengthen or shorten visits, and the
daytime is a distractor, as many columns of a real log are.

## Starting state

A new person: three favourite kinds of activity (popular ones more often), of which two are named in the profile beside
their condition (with probability 0.25 none) and their goal; rested, with a fitness of 0.1 to 0.4; trust within 0.03 of
0.55; with probability 0.4 something they mean to take up.

## Realism

Popularity, pages per visit and both probes lie within the ranges of public logs, which are of shops and media; how many
plan a suggestion again or make it a habit has no public counterpart.

## Version history

- v0: first version.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.catalog import Catalog
from recgym.dynamics import Dose, Dynamics, Satiation
from recgym.items import Items
from recgym.outcome import Outcome
from recgym.response import Funnel, Habits, Response
from recgym.reward import Reward
from recgym.scenarios import health_words as words
from recgym.scenarios.domain import Domain, Facts
from recgym.scenarios.health_people import Capacity, CoachsEye, Contraindications, benefit, harms, serving
from recgym.scenarios.people import usual_dynamics, visits
from recgym.scenarios.scenario import Settings
from recgym.scenarios.traits import items_of, log_scaled, shrunk_rating
from recgym.state import State

HABITS = Habits(
    STAGES=("going along", "meaning to", "motivated"),
    EVENTS=("planned", "adopted"),
    attracts={
        "rating": (-0.1, 0.6, 0.0),
        "popularity": (0.7, 0.4, 0.1),
        "effect": (0.0, 0.4, 0.8),
        "demand": (-3.1, -1.6, 1.9),
        "pastime": (2.4, 1.4, -0.5),
    },
    constant=(-1.7, -1.7, -4.5),
    cost="length",
    cost_weight=(0.3, 0.2, 0.0),
    similarity=(-0.3, 0.0, 7.0),
    stays={"bias": 2.0, "quality": 0.6, "pastime": -2.2},
    satisfies={"bias": -0.5, "quality": 0.8, "pastime": -0.8},
    saves={"bias": -4.0},
)
INTENSE = 7.0  # metabolic equivalents from which on the intensity counts in full
PASTIME = 0.2  # effect below which a suggestion is a pastime, the more so the less it has


@dataclass(frozen=True, eq=False)
class HealthReward(Reward):
    """What a page was worth to the person, and to the coach.

    Terms, each (num_envs,) per page:

    - taken: number of suggestions taken up,
    - plan: number of suggestions planned again,
    - habit: number of suggestions that became a habit,
    - effect: benefit for the goal of what was finished, less 12 % of it per unit of the dose before the page,
    - strain: minus the dose before the page,
    - harm: minus the number of suggestions taken up against a contraindication.
    """

    DEEDS = ("taken", "plan", "habit")
    VALUE = "value"
    DEFAULT_WEIGHTS = {"taken": 0.05, "plan": 0.15, "habit": 0.8, "satisfaction": 0.05, "effect": 1.0, "strain": 0.04,
                       "harm": 1.0, "diversity": 0.0, "potential": 0.0}  # fmt: skip
    HABITUATION: ClassVar[float] = 0.12

    def terms(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response
    ) -> dict[str, NDArray[np.float64]]:
        own = {
            "effect": (response.stayed * self._gain(before, slates)).sum(axis=1),
            "strain": 0.0 - before["dose"],
            "harm": 0.0 - (response.clicked & harms(self.items, before, slates)).sum(axis=1),
        }
        kept = {name: values for name, values in own.items() if self.weights[name] != 0}
        return super().terms(before, after, slates, response) | kept

    def expected_terms(self, state: State, shown: NDArray[np.int64], funnel: Funnel) -> dict[str, NDArray[np.float64]]:
        return {
            "effect": funnel.stays * self._gain(state, shown),
            "harm": -funnel.click * harms(self.items, state, shown),
        }

    def _gain(self, state: State, shown: NDArray[np.int64]) -> NDArray[np.float64]:
        """(num_envs, num_shown) what finishing an item is worth at the dose there is."""
        left = np.maximum(1.0 - self.HABITUATION * state["dose"], 0.0)
        return benefit(self.items, state, shown) * left[:, None]


@dataclass(frozen=True, eq=False)
class HealthOutcome(Outcome):
    """What a page did.

    - adherence: share of its suggestions that were taken up and finished, 0 to 1,
    - cost: suggestions shown against a contraindication,
    - effect: benefit for the goal of what was finished, before habituation,
    - dose: after it.
    """

    def of(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response
    ) -> dict[str, NDArray[np.float64]]:
        return {
            "adherence": response.stayed.sum(axis=1) / np.maximum((slates >= 0).sum(axis=1), 1),
            "cost": harms(self.items, before, slates).sum(axis=1).astype(np.float64),
            "effect": (response.stayed * benefit(self.items, before, slates)).sum(axis=1),
            "dose": after["dose"].copy(),
        }


def _items(catalog: Catalog, embeddings: NDArray[np.float32], seed: int) -> Items:
    """Traits of the suggestions: what the coach can look up, and what shows in what people do with them."""
    columns = catalog.attributes
    effect, intensity = columns["effect"], np.clip((columns["mets"] - 1) / (INTENSE - 1), 0.0, 1.0)
    visible = {
        "rating": shrunk_rating(columns),
        "popularity": log_scaled(columns["popularity"]),
        "effect": effect,
        "demand": 0.7 * columns["burden"] + 0.3 * intensity,
        "length": log_scaled(columns["minutes"]),
    }
    hidden = {
        "value": 1.0,
        "pastime": np.clip(1.0 - effect / PASTIME, 0.0, 1.0),
        "contraindication": columns["contraindication"],
        **serving(effect, np.array(catalog.department_names)[catalog.departments]),
    }
    return items_of(catalog, embeddings, visible, seed, hidden)


def _dynamics(
    catalog: Catalog, items: Items, query_rows: NDArray[np.int64], weights: NDArray[np.float64]
) -> tuple[Dynamics, ...]:
    longer = {"weekend": 0.1, "at home": 0.2, "at work": -0.2, "in a hurry": -0.4, "bored": 0.2}
    coming = visits(words.WEEKDAY_KINDS, words.DAYTIMES, words.PLACES, words.STATES, longer=longer)
    coming = dataclasses.replace(coming, gap_days=4.0, gap_trust=3.0, campaign_days=1.0)  # the state of the day
    usual = usual_dynamics(items, query_rows, weights, coming, Satiation(items), "length")
    return (*usual, Dose(items.trait("demand")))


def _facts(catalog: Catalog, row: int) -> Facts:
    """How long it takes, and how intense it is."""
    columns = catalog.attributes
    demanding = "demanding" if columns["burden"][row] > 0.5 else ""
    return Facts(f"{columns['minutes'][row]:.0f} min", demanding, f"{columns['mets'][row]:.1f} MET")


@dataclass(frozen=True)
class Health(Settings):
    """Everything that can be set about the health coach."""

    DOMAIN = Domain(
        name="health",
        texts_of=words.SENTENCES.texts_of,
        statements=("conditions", "goals"),
        sensitivity=(0.5, 0.9, 1.0, 0.8, 0.6),  # who wants to sleep better minds long activities most
        items=_items,
        arrivals="burden",  # the gentlest: what a coach suggests that holds back
        parameters=HABITS,
        dynamics=_dynamics,
        reward=HealthReward,
        facts=_facts,
        told=("planned to repeat", "made a habit of"),
        outcome=HealthOutcome,
        fit=lambda catalog, items: Capacity(items),
        limits=lambda catalog, items: Contraindications(items),
        personal=lambda catalog, items: CoachsEye(items),
        hidden=("dose", "fitness"),
        required=("minutes", "burden", "mets", "effect"),
        defaults={"contraindication": 0.0, "popularity": "num_ratings"},
        ranges={"minutes": (0, np.inf), "burden": (0, 1), "mets": (0, np.inf), "effect": (0, 1),
                "contraindication": (0, 3)},
    )  # fmt: skip

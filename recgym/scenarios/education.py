"""RecGym-Education-v0: a learning platform and its learners.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recgym.catalog import Catalog
from recgym.compiled import Flags, Floats, Ints, Singles, kernel
from recgym.courses import Courses
from recgym.dynamics import Dynamics, Knowledge, Satiation, Tracing, Trust
from recgym.items import Items, standardised
from recgym.outcome import Outcome
from recgym.response import Funnel, Habits, ItemResponse, Response
from recgym.reward import Reward
from recgym.scenarios import education_words as words
from recgym.scenarios.people import usual_dynamics, visits
from recgym.scenarios.scenario import Domain, Facts, Settings
from recgym.scenarios.skills import builtin_skills
from recgym.scenarios.traits import items_of, shrunk_rating
from recgym.state import State

HABITS = Habits(
    STAGES=("exploring", "wanting an explanation", "wanting practice"),
    EVENTS=("tested", "passed"),
    attracts={
        "rating": (0.1, 0.5, 0.2),
        "popularity": (0.6, 0.4, 0.2),
        "catchy": (2.0, 1.2, -0.5),
        "exercise": (-1.0, -1.8, 2.5),
    },
    constant=(-2.0, -1.6, -3.0),
    cost="length",
    cost_weight=(0.3, 0.2, 0.0),
    similarity=(-0.3, 0.0, 4.0),
    stays={"quality": 0.5},
    satisfies={"quality": 0.6},
    saves={"bias": -4.5},
    save_ready=2.0,
    commit_bias=-0.5,
    commit_ready=0.8,
    trust=4.0,
    seconds={"bias": 6.0, "length": 0.6},
    seconds_lost=4.5,
)
REACH = np.array((1.8, 2.6, 3.4, 2.4, 2.2))  # by stage of life: up to which level skills are known

def knowledge_of(items: Courses) -> Knowledge:
    return Knowledge(items, REACH)

@dataclass(frozen=True, eq=False)
class EducationReward(Reward):
    """What a page was worth."""

    DEEDS = ("click", "test", "pass")
    VALUE = "value"
    DEFAULT_WEIGHTS = {"click": 0.05, "test": 0.1, "pass": 0.6, "satisfaction": 0.05, "knowledge": 1.0,
                       "diversity": 0.0, "potential": 0.0}  # fmt: skip

    def terms(self, before, after, slates, response):
        terms = super().terms(before, after, slates, response)
        if self.weights["knowledge"] != 0:
            terms["knowledge"] = goals_known(after)
        return terms

    def expected_terms(self, state, shown, funnel):
        k = knowledge_of(self.items)
        return {"knowledge": k.gain(state, shown, funnel)[0] * k.weights(state, shown)[0] / 3}


def goals_known(state: State) -> NDArray[np.float64]:
    known = np.empty(state.num_envs)
    _goals_known(state["favourites"], state["learned"], state["recall"], known)
    return known


@kernel
def _goals_known(favourites, learned, recall, known):
    for lane in range(len(known)):
        total = 0.0
        for i in range(favourites.shape[1]):
            skill = favourites[lane, i]
            total += np.float64(learned[lane, skill]) * recall[lane, skill]
        known[lane] = total / favourites.shape[1]


@dataclass(frozen=True, eq=False)
class EducationOutcome(Outcome):
    """What a page did.

    - known: of the goals
    """

    def of(self, before, after, slates, response):
        return {"known": goals_known(after), "solved": response.stayed.sum(axis=1).astype(float),
            "fun": (response.clicked & (self.items.trait("catchy")[slates] > .5)).sum(axis=1).astype(float),
            "learned": np.take_along_axis(after["learned"], after["favourites"], axis=1).mean(axis=1).astype(float)}


@dataclass(frozen=True, eq=False)
class Learner:
    items: Courses
    names = ("goal", "path", "traced", "grounded")

    def of(self, state, rows):
        seen = np.empty((*rows.shape, 4), dtype=np.float32)
        _learner(rows, state["favourites"], state["traced"], self.items.categories, self.items.leads, self.items.needs, seen)
        return seen


@kernel
def _learner(rows, favourites, traced, categories, leads, needs, seen):
    for lane in range(len(rows)):
        for position in range(rows.shape[1]):
            skill = categories[rows[lane, position]]
            goal, path = 0.0, 0.0
            for i in range(2):
                wanted = favourites[lane, i]
                if wanted == skill:
                    goal = 1.0
                else:
                    path += leads[wanted, skill]
            total, count = 0.0, 0
            for need in needs[skill]:
                if need >= 0:
                    total += traced[lane, need]
                    count += 1
            out = seen[lane, position]
            out[0], out[1], out[2], out[3] = goal, path, traced[lane, skill], total / count if count else 1.0


def _items(catalog: Catalog, embeddings: NDArray[np.float32], seed: int) -> Courses:
    columns = catalog.attributes
    exercise = columns["kind"]
    catchy = ((columns["minutes"] < 5) & (exercise == 0)).astype(float)
    skills = builtin_skills()
    index = np.array([skills.names.index(n) for n in catalog.category_names])
    requires = skills.requires[np.ix_(index, index)]
    visible = {
        "rating": shrunk_rating(columns),
        "popularity": standardised(np.log(columns["popularity"])),
        "exercise": exercise,
        "catchy": catchy,
        "length": standardised(np.log(columns["minutes"])),
        "level": (columns["level"] - 3) / 2,
    }
    centre = np.bincount(catalog.categories, weights=columns["difficulty"]) / np.bincount(catalog.categories)
    visible["difficulty"] = columns["difficulty"] - centre[catalog.categories]
    items = items_of(catalog, embeddings, visible, seed, {"value": 1.0})
    teaches = np.where(catchy > 0, 0.05, np.where(exercise > 0, 0.9, 0.7))
    guess = np.where(catchy > 0, 0.7, np.where(exercise > 0, 0.15, 0.4))
    return Courses(**vars(items), difficulty=columns["difficulty"], teaches=teaches, guess=guess,
                   levels=skills.levels[index].astype(float), requires=requires)


def _dynamics(catalog, items, query_rows, weights) -> tuple[Dynamics, ...]:
    longer = {"weekend": 0.1, "evening": 0.1, "phone": -0.2, "with a quiet hour": 0.3, "with ten minutes left": -0.3}
    coming = visits(words.WEEKDAY_KINDS, words.DAYTIMES, words.DEVICES, words.SITUATIONS, longer=longer)
    usual = usual_dynamics(items, query_rows, weights, coming, Satiation(items), "length", Trust(stay_gain=0.04, disappointment_loss=0.1))
    expected = np.clip(REACH[:, None] - items.levels[None, :] + 0.5, 0.05, 0.95)
    return (*usual, knowledge_of(items), Tracing(items, expected))


def _facts(catalog: Catalog, row: int) -> Facts:
    columns = catalog.attributes
    return Facts(f"{columns['minutes'][row]:.0f} min", "exercise" if columns["kind"][row] else "", f"level {columns['level'][row]:.0f}")


@dataclass(frozen=True)
class Education(Settings):
    """Everything that can be set about the learning platform."""

    DOMAIN = Domain(
        name="education",
        texts_of=words.texts_of,
        statements=("stages", "approaches"),
        sensitivity=(0.7, 1.0, 0.5, 1.4),
        items=_items,
        arrivals="num_ratings",
        parameters=HABITS,
        dynamics=_dynamics,
        reward=EducationReward,
        facts=_facts,
        outcome=EducationOutcome,
        fit=lambda catalog, items: ItemResponse(items),
        personal=lambda catalog, items: Learner(items),
        hidden=("learned", "recall", "half_life"),
        required=("difficulty", "minutes", "kind"),
        defaults={"level": 3.0, "rating": 3.6, "num_ratings": 0.0, "popularity": "num_ratings"},
    )  # fmt: skip

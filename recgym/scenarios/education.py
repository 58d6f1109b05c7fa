"""RecGym-Education-v0: a learning platform and its learners.

Each session is one learner over up to 60 pages of lessons and exercises, in many visits. The platform lives on what its
learners know of what they want to learn; amusing lessons are chosen most and understood by all, and teach next to
nothing.

## Description

- **Slate.** The retrieval stage offers 20 lessons and exercises of 5 sources (similar to the last one understood, best
  rated of the skill of interest, most chosen, newest, anything), 4 each, always in this order. The agent shows 3.
- **Response.** Position k is examined with probability k^-0.9 (Craswell et al., WSDM 2008). Who explores tries what is
  popular, short and amusing; who asks for an explanation, lessons that are well rated; who asks for practice,
  exercises. What looks too hard is feared, by those who are easily discouraged most, and what is far too easy bores. An
  exercise is solved, or a lesson understood, with the chance of the three-parameter model of item response theory
  (Birnbaum, 1968), where ability is what the learner knows of the skill. Some take the test of a skill; who knows it
  passes.
- **Learning.** Each of 40 skills is learned in steps, by Bayesian knowledge tracing (Corbett & Anderson, 1995), most
  where an item is somewhat harder than what one can do (the zone of proximal development), from exercises more than
  from lessons, and hardly at all without the skills that a skill requires: the way to a goal leads through its
  prerequisites.
- **Forgetting.** What was learned is recalled with probability 2^(-days / half-life) (Settles & Meeder, ACL 2016). What
  is practised comes back to mind, and lasts the longer the more of it had been forgotten: practice is best spaced.
- **Trust** in the platform grows with what is solved or understood and falls with what is not, less than in other
  domains, because to fail is part of learning; learners who lose it do not come back.

What pays is to look ahead: a goal that is known is paid for on every page to come, and what it requires is not paid
for at all.

## Observation space

What was learned, what is recalled, half-lives, trust, need, readiness and true quality are hidden. The features of a
candidate tell what a platform sees: whether the profile names its skill (`goal`), the platform's own belief that it is
known, by knowledge tracing from what was tried and solved (`traced`), whether it comes next, on the way to a named
goal, not known itself and everything it requires known (`fringe`), and how far the learner is with the named goals
(`progress`).

Both statements of the profile are said and felt. The stage of life decides how much is known at first; how they learn
decides how much learners mind what is long and what looks too hard, the easily discouraged most and tinkerers least.
More of it is not felt: tinkerers take as many exercises as others, and crammers do not come the night before a test.
Of the circumstances weekends, evenings and a quiet hour lengthen visits, phones and only ten minutes shorten them; the
other situations are distractors, as many columns of a real log are.

## Starting state

A new learner: three goals (popular skills more often) of which nothing is known yet, two of them named in the profile
beside a stage of life and how they learn; other skills are known up to about the level of the stage, with gaps; trust
within 0.03 of 0.55; with probability 0.4 something they want explained.

## Realism

Popularity, pages per visit and both probes lie within the ranges of public logs. Learning times have no public
counterpart here.

## Version history

- v0: first version.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recgym.catalog import Catalog
from recgym.compiled import sigmoids
from recgym.courses import Courses
from recgym.dynamics import Dynamics, Knowledge, Satiation, Tracing, Trust
from recgym.items import Items
from recgym.outcome import Outcome
from recgym.response import Funnel, Habits, ItemResponse, Response
from recgym.reward import Reward
from recgym.scenarios import education_words as words
from recgym.scenarios.domain import Domain, Facts
from recgym.scenarios.learners import LearnerFeatures
from recgym.scenarios.people import usual_dynamics, visits
from recgym.scenarios.scenario import Settings
from recgym.scenarios.skills import builtin_skills
from recgym.scenarios.traits import items_of, log_scaled, shrunk_rating
from recgym.state import State

HABITS = Habits(
    STAGES=("exploring", "wanting an explanation", "wanting practice"),
    EVENTS=("tested", "passed"),
    attracts={
        "rating": (0.1, 0.5, 0.2),
        "popularity": (0.6, 0.4, 0.2),
        "catchy": (3.0, 2.2, 0.0),
        "exercise": (-1.0, -1.8, 2.5),
    },
    constant=(-1.8, -1.4, -2.5),
    cost="length",
    cost_weight=(0.3, 0.2, 0.0),
    similarity=(-0.3, 0.0, 4.0),
    stays={"quality": 0.5},
    satisfies={"quality": 0.6},
    trust=4.0,
    saves={"bias": -4.5},
    save_ready=2.0,
    commit_bias=-0.5,
    commit_ready=0.8,
    seconds={"bias": 6.0, "length": 0.6},
    seconds_lost=4.5,
)
CATCHY_MINUTES = 5.0  # lessons shorter than that amuse
# Of amusing lessons, other lessons and exercises: chance to teach a step, and to solve or follow them knowing nothing.
TEACHES, GUESS = (0.02, 0.9, 1.0), (0.7, 0.4, 0.15)
REACH = (1.6, 2.4, 3.2, 2.2, 2.0)  # the level up to which learners know skills, by stage of life


def knowledge_of(items: Items) -> Knowledge:
    """How these learners learn."""
    assert isinstance(items, Courses)
    return Knowledge(items, np.array(REACH), "stages")


@dataclass(frozen=True, eq=False)
class EducationReward(Reward):
    """What a page was worth to the platform.

    Terms, each (num_envs,) per page:

    - click: number of lessons and exercises tried,
    - test: number of tests taken,
    - pass: number of tests passed,
    - knowledge: share of the three goals that the learner knows after the page.
    """

    DEEDS = ("click", "test", "pass")
    VALUE = "value"
    DEFAULT_WEIGHTS = {"click": 0.05, "test": 0.1, "pass": 0.6, "satisfaction": 0.05, "minutes": 0.0, "knowledge": 1.5,
                       "diversity": 0.0, "potential": 0.0}  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "_knowledge", knowledge_of(self.items))

    def terms(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response
    ) -> dict[str, NDArray[np.float64]]:
        terms = super().terms(before, after, slates, response)
        if self.weights["knowledge"] != 0:
            terms["knowledge"] = self._knowledge.goals_known(after)
        return terms

    def expected_terms(self, state: State, shown: NDArray[np.int64], funnel: Funnel) -> dict[str, NDArray[np.float64]]:
        """What the learner comes to know of the goals by the item, on this page."""
        return {"knowledge": self._knowledge.goal_gain(state, shown, funnel)}


@dataclass(frozen=True, eq=False)
class EducationOutcome(Outcome):
    """What a page did for the learner.

    - gained: what they came to know of all skills, in skills,
    - forgotten: what they forgot until they came back, in skills,
    - solved: exercises solved,
    - amused: lessons tried that only amuse.
    """

    def of(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response
    ) -> dict[str, NDArray[np.float64]]:
        change = (after["learned"] * after["recall"]).astype(np.float64) - before["learned"] * before["recall"]
        exercise, catchy = (self.items.trait(name)[slates] > 0.5 for name in ("exercise", "catchy"))
        return {
            "gained": np.maximum(change, 0.0).sum(axis=1),
            "forgotten": np.maximum(-change, 0.0).sum(axis=1),
            "solved": (response.stayed & exercise).sum(axis=1).astype(np.float64),
            "amused": (response.clicked & catchy).sum(axis=1).astype(np.float64),
        }


def _items(catalog: Catalog, embeddings: NDArray[np.float32], seed: int) -> Courses:
    """Traits of lessons and exercises, what they teach and how hard they are beside others of their skill."""
    columns = catalog.attributes
    exercise = columns["kind"]
    catchy = (1.0 - exercise) * sigmoids(2.0 * (CATCHY_MINUTES - columns["minutes"]))
    levels, typical = (_means(columns[name], catalog) for name in ("level", "difficulty"))
    difficulty = columns["difficulty"] - typical[catalog.categories]
    visible = {
        "rating": shrunk_rating(columns),
        "popularity": log_scaled(columns["popularity"]),
        "catchy": catchy,
        "exercise": exercise,
        "length": log_scaled(columns["minutes"]),
        "difficulty": difficulty,
    }
    kinds = np.stack((catchy, 1.0 - exercise - catchy, exercise), axis=1)
    return Courses(
        **vars(items_of(catalog, embeddings, visible, seed, {"value": 1.0})),
        difficulty=difficulty,
        teaches=kinds @ TEACHES,
        practises=exercise,
        guess=kinds @ GUESS,
        levels=levels,
        requires=builtin_skills().among(catalog.category_names),
    )


def _means(values: NDArray[np.float64], catalog: Catalog) -> NDArray[np.float64]:
    """(num_categories,) mean of each category."""
    return np.bincount(catalog.categories, weights=values) / np.bincount(catalog.categories)


def _dynamics(
    catalog: Catalog, items: Items, query_rows: NDArray[np.int64], weights: NDArray[np.float64]
) -> tuple[Dynamics, ...]:
    assert isinstance(items, Courses)
    longer = {"weekend": 0.1, "evening": 0.1, "phone": -0.2, "with a quiet hour": 0.3, "with ten minutes left": -0.3}
    coming = visits(words.WEEKDAY_KINDS, words.DAYTIMES, words.DEVICES, words.SITUATIONS, longer=longer)
    trust = Trust(stay_gain=0.04, disappointment_loss=0.1)  # to fail is part of learning
    usual = usual_dynamics(items, query_rows, weights, coming, Satiation(items), "length", trust)
    first = np.clip(np.array(REACH)[:, None] + 0.5 - items.levels, 0.05, 0.95)
    return (*usual, knowledge_of(items), Tracing(items, first, "stages"))


def _facts(catalog: Catalog, row: int) -> Facts:
    """How long it takes, whether it is for practice, and its level."""
    columns = catalog.attributes
    kind = "task" if columns["kind"][row] > 0.5 else ""
    return Facts(f"{columns['minutes'][row]:.0f} min", kind, f"level {columns['level'][row]:.0f}")


@dataclass(frozen=True)
class Education(Settings):
    """Everything that can be set about the learning platform."""

    DOMAIN = Domain(
        name="education",
        texts_of=words.SENTENCES.texts_of,
        statements=("stages", "approaches"),
        sensitivity=(0.7, 1.0, 0.5, 1.4),  # who is easily discouraged minds difficulty most
        items=_items,
        arrivals="num_ratings",  # what was rated least is new
        parameters=HABITS,
        dynamics=_dynamics,
        reward=EducationReward,
        facts=_facts,
        told=("took a test after", "passed a test after"),
        outcome=EducationOutcome,
        fit=lambda catalog, items: ItemResponse(items),
        personal=lambda catalog, items: LearnerFeatures(items),
        hidden=("learned", "recall"),
        required=("difficulty", "minutes", "kind"),
        defaults={"level": 3.0, "popularity": "num_ratings"},
        ranges={"difficulty": (-10, 10), "level": (1, 5), "minutes": (0, np.inf), "kind": (0, 1)},
    )  # fmt: skip

"""The people a health coach advises: what harms them, what serves their goal, what they can bear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Flags, Floats, Ints, kernel
from recgym.items import Items
from recgym.prefetch import AHEAD, prefetch, prefetch_ahead
from recgym.response import Shifts
from recgym.response.fit import no_shifts
from recgym.scenarios import health_words as words
from recgym.state import State

GOALS = tuple(words.GOALS)
OTHER_GOALS = 0.4  # of its effect counts for a goal that a suggestion does not serve
# How much energy the state of the day leaves for demanding suggestions.
VIGOUR = {"rested": 1.0, "tired": -1.0, "stressed": -0.5, "in a good mood": 0.6, "in a hurry": -0.6, "bored": 0.3}


def serving(effect: NDArray[np.float64], departments: NDArray[np.str_]) -> dict[str, NDArray[np.float64]]:
    """Goal -> (num_items,) what an item does for it, by its effect and its department's name."""
    served = {goal: np.isin(departments, words.HELPS[goal]) for goal in GOALS}
    return {goal: effect * np.where(serves, 1.0, OTHER_GOALS) for goal, serves in served.items()}


def benefit(items: Items, state: State, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """(num_envs, num_shown) what finishing these items does for the users' goals; of an empty slot it says nothing."""
    gained = np.empty(rows.shape)
    _benefit(rows, state["goals"] + items.hidden_names.index(GOALS[0]), items.hidden, gained)
    return gained


def harms(items: Items, state: State, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(num_envs, num_shown) which items could harm these users, in view of their condition; never an empty slot."""
    harmful = np.empty(rows.shape, dtype=bool)
    _harm(rows, state["conditions"], items.trait("contraindication"), harmful)
    return harmful


@kernel
def _benefit(rows: Ints, columns: Ints, hidden: Floats, gained: Floats) -> None:
    for lane in range(len(rows)):
        following = min(lane + AHEAD, len(rows) - 1)
        for row in rows[following]:
            prefetch(hidden[:, columns[following]], max(row, 0))
        for slot in range(rows.shape[1]):
            gained[lane, slot] = hidden[rows[lane, slot], columns[lane]]


@kernel
def _harm(rows: Ints, conditions: Ints, contraindication: Floats, harmful: Flags) -> None:
    for lane in range(len(rows)):
        prefetch_ahead(contraindication, rows, lane)
        for slot in range(rows.shape[1]):
            row, condition = rows[lane, slot], conditions[lane]
            harmful[lane, slot] = row >= 0 and condition > 0 and contraindication[row] == condition


@kernel
def _intend(rows: Ints, meant: Ints, categories: Ints, intended: Flags) -> None:
    for lane in range(len(rows)):
        prefetch_ahead(categories, rows, lane)
        for slot in range(rows.shape[1]):
            intended[lane, slot] = categories[rows[lane, slot]] == meant[lane]


@dataclass(frozen=True, eq=False)
class Contraindications:
    """Limits: nobody is to be shown what could harm them."""

    items: Items

    def forbids(self, state: State, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        return harms(self.items, state, rows)


@dataclass(frozen=True, eq=False)
class CoachsEye:
    """Features of a candidate that a coach reads off the profile.

    - unsafe: 1 if it could harm the user,
    - benefit: what finishing it would do for the user's goal, 0 to 1,
    - intended: 1 if it is of the kind that the user means to take up.
    """

    items: Items
    names: ClassVar[tuple[str, ...]] = ("unsafe", "benefit", "intended")

    def of(self, state: State, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        intended = np.empty(rows.shape, dtype=bool)
        _intend(rows, state["query_category"], self.items.categories, intended)
        seen = np.empty((*rows.shape, len(self.names)), dtype=np.float32)
        seen[..., 0], seen[..., 1] = harms(self.items, state, rows), benefit(self.items, state, rows)
        seen[..., 2] = intended
        return seen


@dataclass(frozen=True, eq=False)
class Capacity:
    """Fit: what one can bear of a demand depends on the dose so far, on fitness and on the state of the day.

    A high dose makes people turn down whatever is suggested, and demanding things most; the unfit and the overdosed
    give these up half-way. What harms hurts: it is hardly ever finished.
    """

    items: Items
    weariness: float = 0.15
    """Lowers the logit of taking up, per unit of the dose."""
    refusal: float = 0.35
    """The same, times the demand."""
    confidence: float = 2.0
    """Raises the logit of taking up by demand times fitness."""
    energy: float = 1.0
    """Raises it by demand times `VIGOUR`."""
    effort: float = 2.0
    """Lowers the logit of finishing by the demand."""
    endurance: float = 5.0
    """Raises it by demand times fitness."""
    exhaustion: float = 0.8
    """Lowers it by demand times dose."""
    hurt: float = 6.0
    """Lowers it for what harms."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_demand", self.items.trait("demand"))
        object.__setattr__(self, "_vigour", np.array([VIGOUR[state] for state in words.STATES]))
        weights = (-self.refusal, self.confidence, self.energy, -self.exhaustion, self.endurance, -self.effort)
        object.__setattr__(self, "_weights", np.array(weights))

    def of(self, state: State, shown: NDArray[np.int64]) -> Shifts:
        shifts = no_shifts(shown.shape)
        vigour = self._vigour[state["context"] % len(self._vigour)]  # the state of the day is a context's last part
        _bear(self._demand[shown], state["dose"], state["fitness"], vigour, harms(self.items, state, shown),
              self.weariness, self.hurt, self._weights, shifts.click, shifts.stay)  # fmt: skip
        return shifts


@kernel
def _bear(
    demand: Floats, dose: Floats, fitness: Floats, vigour: Floats, harmful: Flags, weariness: float, hurt: float,
    weights: Floats, click: Floats, stay: Floats,
) -> None:  # fmt: skip
    """`weights` per unit of demand: of dose, fitness and vigour to take up; of dose, fitness and 1 to finish."""
    for lane in range(len(demand)):
        takes = weights[0] * dose[lane] + weights[1] * fitness[lane] + weights[2] * vigour[lane]
        finishes = weights[3] * dose[lane] + weights[4] * fitness[lane] + weights[5]
        for slot in range(demand.shape[1]):
            click[lane, slot] = demand[lane, slot] * takes - weariness * dose[lane]
            stay[lane, slot] = demand[lane, slot] * finishes - hurt * harmful[lane, slot]

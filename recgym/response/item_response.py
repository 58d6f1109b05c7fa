"""Item response: whether a learner solves an exercise rests on their ability and on its difficulty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Floats, Ints, Singles, kernel
from recgym.courses import Courses
from recgym.response.fit import Shifts, no_shifts
from recgym.state import State


@dataclass(frozen=True, eq=False)
class ItemResponse:
    """The three-parameter logistic model (Birnbaum, 1968): c + (1 - c) sigmoid(a (ability - difficulty)).

    Ability in a skill is that of its mean item, plus `span` times what is known beyond one half of it. What is known is what was learned
    and is recalled. Learners shy away from what looks too hard, some more than others, and are bored by what is far too
    easy; who knows a skill takes its test and passes.

    Reads: learned, recall, price_sensitivity.
    """

    items: Courses
    span: float = 3.0
    """From knowing nothing of a skill to knowing it all, in units of difficulty."""
    discrimination: float = 1.5
    """The a of the model."""
    fear: float = 0.8
    """Weight in a click of difficulty above one's ability, for a sensitivity of 1."""
    boredom: float = 0.8
    """Weight in a click of difficulty more than `easy` below one's ability."""
    easy: float = 1.0
    tested: float = 2.0
    """Weight of what is known beyond one half in taking a test."""
    passed: float = 5.0
    """The same in passing it."""

    def of(self, state: State, shown: NDArray[np.int64]) -> Shifts:
        """Shifts of trying, solving or understanding, taking the test and passing it."""
        shifts = no_shifts(shown.shape)
        _item_response(shown, state["learned"], state["recall"], state["price_sensitivity"], self.items.categories,
                       self.items.relative_difficulty, self.items.guess, self._weights, *shifts)  # fmt: skip
        return shifts

    def __post_init__(self) -> None:
        weights = (self.span, self.discrimination, self.fear, self.boredom, self.easy, self.tested, self.passed)
        object.__setattr__(self, "_weights", np.array(weights))


@kernel
def _item_response(
    shown: Ints, learned: Singles, recall: Singles, sensitivity: Floats, categories: Ints, difficulty: Floats,
    guess: Floats, weights: Floats, click: Floats, stay: Floats, cart: Floats, purchase: Floats,
) -> None:  # fmt: skip
    span, discrimination, fear, boredom, easy, tested, passed = weights
    for lane in range(len(shown)):
        for slot in range(shown.shape[1]):
            item = shown[lane, slot]
            if item < 0:
                continue
            skill = categories[item]
            beyond = np.float64(learned[lane, skill]) * recall[lane, skill] - 0.5
            harder = difficulty[item] - span * beyond
            odds = np.exp(-discrimination * harder)
            # log((c + (1 - c) p) / ((1 - c) (1 - p))) with p = odds / (1 + odds)
            stay[lane, slot] = np.log((guess[item] + odds) / (1.0 - guess[item]))
            click[lane, slot] = -fear * sensitivity[lane] * max(harder, 0.0) - boredom * max(-harder - easy, 0.0)
            cart[lane, slot] = tested * beyond
            purchase[lane, slot] = passed * beyond

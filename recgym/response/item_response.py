"""Item response: whether a learner solves an exercise rests on their ability and on its difficulty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Floats, Ints, Singles, kernel
from recgym.courses import Courses, beyond_ability, solving_odds
from recgym.response.fit import Shifts, no_shifts
from recgym.state import State


@dataclass(frozen=True, eq=False)
class ItemResponse:
    """The three-parameter logistic model: c + (1 - c) sigmoid(a (ability - difficulty)) (Birnbaum, 1968).

    Its logit is what is added to that of staying: of solving an exercise or understanding a lesson. Learners shy away
    from what looks too hard, some more than others, and what is far too easy bores. Who knows a skill takes its test,
    and passes.

    Reads: learned, recall, price_sensitivity.
    """

    items: Courses
    fear: float = 0.4
    """Weight in a click of difficulty above one's ability, for a sensitivity of 1."""
    boredom: float = 0.8
    """Weight in a click of difficulty more than `easy` below one's ability."""
    easy: float = 1.0
    tested: float = 2.0
    """Weight of what is known beyond one half of a skill in taking its test."""
    passed: float = 5.0
    """The same in passing it."""

    def of(self, state: State, shown: NDArray[np.int64]) -> Shifts:
        """The shifts of trying, solving or understanding, taking a test and passing it."""
        shifts = no_shifts(shown.shape)
        _item_response(shown, state["learned"], state["recall"], state["price_sensitivity"], self.items.categories,
                       self.items.difficulty, self.items.guess, self._weights, *shifts)  # fmt: skip
        return shifts

    def __post_init__(self) -> None:
        weights = (self.fear, self.boredom, self.easy, self.tested, self.passed)
        object.__setattr__(self, "_weights", np.array(weights))


@kernel
def _item_response(
    shown: Ints, learned: Singles, recall: Singles, sensitivity: Floats, categories: Ints, difficulty: Floats,
    guess: Floats, weights: Floats, click: Floats, stay: Floats, cart: Floats, purchase: Floats,
) -> None:  # fmt: skip
    fear, boredom, easy, tested, passed = weights
    for lane in range(len(shown)):
        for slot in range(shown.shape[1]):
            item = shown[lane, slot]
            if item < 0:
                continue
            skill = categories[item]
            known = np.float64(learned[lane, skill]) * recall[lane, skill]
            above = beyond_ability(difficulty[item], known)
            click[lane, slot] = -fear * sensitivity[lane] * max(above, 0.0) - boredom * max(-above - easy, 0.0)
            # The logit of c + (1 - c) odds / (1 + odds).
            stay[lane, slot] = np.log((guess[item] + solving_odds(difficulty[item], known)) / (1.0 - guess[item]))
            cart[lane, slot] = tested * (known - 0.5)
            purchase[lane, slot] = passed * (known - 0.5)

"""Courses: what the simulator knows of lessons and exercises beside what it knows of any item."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import kernel
from recgym.items import Items

SPAN = 3.0  # of ability, from knowing nothing of a skill to knowing all of it, in units of difficulty
DISCRIMINATION = 1.5  # the a of item response theory


@kernel
def beyond_ability(difficulty: float, known: float) -> float:
    """How far an item lies above the ability of who knows this share of its skill; half is right for its mean item."""
    return difficulty - SPAN * (known - 0.5)


@kernel
def solving_odds(difficulty: float, known: float) -> float:
    """Odds of solving an item by what is known, without guessing: exp(a (ability - difficulty))."""
    return np.exp(-DISCRIMINATION * beyond_ability(difficulty, known))


@dataclass(frozen=True, eq=False, kw_only=True)
class Courses(Items):
    """Items that teach; a category is a skill."""

    difficulty: NDArray[np.float64]  # (num_items,) the b of item response theory, around 0 for the mean item of a skill
    teaches: NDArray[np.float64]  # (num_items,) chance to learn a step of the skill where everything fits
    practises: NDArray[np.float64]  # (num_items,) 1 where what is known is used, 0 where it is only looked at
    guess: NDArray[np.float64]  # (num_items,) chance to solve it, or to think it understood, knowing nothing
    levels: NDArray[np.float64]  # (num_skills,) 1 and up
    requires: NDArray[np.bool_]  # (num_skills, num_skills): [skill, other] if `other` comes before `skill`

    @property
    def num_skills(self) -> int:
        """Number of skills, which is that of categories."""
        return len(self.levels)

    @cached_property
    def before(self) -> NDArray[np.int64]:
        """(num_skills, most skills that one requires) the required skills of each, then -1."""
        counts = self.requires.sum(axis=1)
        before = np.full((self.num_skills, max(int(counts.max()), 1)), -1)
        for skill, count in enumerate(counts):
            before[skill, :count] = np.flatnonzero(self.requires[skill])
        return before

    @cached_property
    def leads(self) -> NDArray[np.float64]:
        """(num_skills, num_skills) how much [goal, other] matters on the way to a goal: 1 the goal itself, 1/2 each of
        two skills that it requires, and a share of that what these require."""
        share = self.requires / np.maximum(self.requires.sum(axis=1, keepdims=True), 1)
        leads, further = np.eye(self.num_skills), share
        while further.any():
            leads, further = leads + further, further @ share
        return leads

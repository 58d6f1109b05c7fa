"""Courses: what the simulator knows of lessons and exercises beside what it knows of any item."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recgym.items import Items


@dataclass(frozen=True, eq=False)
class Courses(Items):
    """Items that teach; a category is a skill."""

    difficulty: NDArray[np.float64]  # (num_items,) the b of item response theory
    teaches: NDArray[np.float64]  # (num_items,) chance to learn a step of the skill where everything fits
    guess: NDArray[np.float64]  # (num_items,) chance to solve it, or to think one has understood, without knowing
    levels: NDArray[np.float64]  # (num_skills,) 1 and up
    requires: NDArray[np.bool_]  # (num_skills, num_skills): [skill, other] if `other` comes before `skill`

    @cached_property
    def centres(self) -> NDArray[np.float64]:
        """(num_skills,) mean difficulty of a skill's items."""
        count = np.bincount(self.categories, minlength=self.num_categories)
        return np.bincount(self.categories, weights=self.difficulty, minlength=self.num_categories) / np.maximum(count, 1)

    @cached_property
    def relative_difficulty(self) -> NDArray[np.float64]:
        """(num_items,) above or below the mean of the skill."""
        return self.difficulty - self.centres[self.categories]

    @cached_property
    def needs(self) -> NDArray[np.int64]:
        """(num_skills, most requirements of a skill) the required skills, then -1."""
        counts = self.requires.sum(axis=1)
        needs = np.full((len(self.requires), max(int(counts.max()), 1)), -1)
        for skill, count in enumerate(counts):
            needs[skill, :count] = np.flatnonzero(self.requires[skill])
        return needs

    @cached_property
    def leads(self) -> NDArray[np.float64]:
        """(num_skills, num_skills) how much of the way to a skill another one is: 1 itself, 1/2 one of two it requires."""
        share = self.requires / np.maximum(self.requires.sum(axis=1, keepdims=True), 1)
        leads, further = np.eye(len(share)), share
        while further.any():
            leads, further = leads + further, further @ share
        return leads

"""What a learning platform sees of a course beside what it knows of the learner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Ints, Singles, kernel
from recgym.courses import Courses
from recgym.state import State


@dataclass(frozen=True, eq=False)
class LearnerFeatures:
    """Whether a course is on the learner's path, by the goals of their profile, and what was traced of their knowledge.

    - goal: the profile names the skill,
    - path: how much the named goals rest on the skill,
    - traced: belief that the skill is known,
    - grounded: the mean of that belief over what the skill requires, 1 if it requires nothing.

    Reads: favourites (the two that the profile names), traced.
    """

    items: Courses

    names: ClassVar[tuple[str, ...]] = ("goal", "path", "traced", "grounded")

    def of(self, state: State, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """(num_envs, num_shown, 4) float32."""
        seen = np.empty((*rows.shape, len(self.names)), dtype=np.float32)
        _see(rows, state["favourites"], state["traced"], self.items.categories, self._leads, self.items.before, seen)
        return seen

    def __post_init__(self) -> None:
        object.__setattr__(self, "_leads", self.items.leads.astype(np.float32))


@kernel
def _see(
    rows: Ints, favourites: Ints, traced: Singles, categories: Ints, leads: Singles, before: Ints, seen: Singles
) -> None:
    for lane in range(len(rows)):
        first, second = favourites[lane, 0], favourites[lane, 1]
        for position in range(rows.shape[1]):
            skill, features = categories[rows[lane, position]], seen[lane, position]
            features[0] = skill == first or skill == second
            features[1] = leads[first, skill] + leads[second, skill] - features[0]
            features[2] = traced[lane, skill]
            total, count = np.float32(0.0), 0
            for other in before[skill]:
                if other >= 0:
                    total += traced[lane, other]
                    count += 1
            features[3] = total / np.float32(count) if count > 0 else 1.0

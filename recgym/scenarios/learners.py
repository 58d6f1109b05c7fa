"""What a learning platform sees of a course beside what it knows of the learner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Ints, Singles, kernel
from recgym.courses import Courses
from recgym.prefetch import prefetch_ahead
from recgym.state import State


@dataclass(frozen=True, eq=False)
class LearnerFeatures:
    """Whether a course comes next for a learner, by the goals of their profile and what was traced of their knowledge.

    - goal: the profile names the skill,
    - traced: belief that the skill is known,
    - fringe: the skill is on the way to a goal, not known, and what it requires is: the product of the three, the first
      at most 1 (the outer fringe of a knowledge state: Doignon & Falmagne, 1985, with beliefs for yes and no),
    - progress: mean belief that the named goals are known, the same for all candidates of a page.

    Each times its `SCALE`, which brings it to about unit spread. Reads: favourites (the two that the profile names),
    traced.
    """

    items: Courses

    names: ClassVar[tuple[str, ...]] = ("goal", "traced", "fringe", "progress")
    SCALE: ClassVar[NDArray[np.float32]] = np.array((2.0, 2.0, 3.0, 2.0), dtype=np.float32)

    def of(self, state: State, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """(num_envs, num_shown, 4) float32."""
        seen = np.empty((*rows.shape, len(self.names)), dtype=np.float32)
        _see(rows, state["favourites"], state["traced"], self.items.categories, self._leads, self.items.before,
             self.SCALE, seen)  # fmt: skip
        return seen

    def __post_init__(self) -> None:
        object.__setattr__(self, "_leads", self.items.leads.astype(np.float32))


@kernel
def _see(
    rows: Ints, favourites: Ints, traced: Singles, categories: Ints, leads: Singles, before: Ints, scale: Singles,
    seen: Singles,
) -> None:  # fmt: skip
    one = np.float32(1.0)
    for lane in range(len(rows)):
        prefetch_ahead(categories, rows, lane)
        first, second = favourites[lane, 0], favourites[lane, 1]
        progress = np.float32(0.5) * (traced[lane, first] + traced[lane, second])
        for position in range(rows.shape[1]):
            skill, features = categories[rows[lane, position]], seen[lane, position]
            known, way = traced[lane, skill], min(leads[first, skill] + leads[second, skill], one)
            total, count = np.float32(0.0), 0
            for other in before[skill]:
                if other >= 0:
                    total += traced[lane, other]
                    count += 1
            grounded = total / np.float32(count) if count > 0 else one
            features[0] = scale[0] if skill == first or skill == second else np.float32(0.0)
            features[1] = scale[1] * known
            features[2] = scale[2] * way * (one - known) * grounded
            features[3] = scale[3] * progress

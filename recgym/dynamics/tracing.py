"""What a service can tell of its learners' knowledge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Flags, Floats, Ints, Singles, kernel, sigmoid
from recgym.courses import Courses
from recgym.response import Response
from recgym.state import State


@dataclass(frozen=True, eq=False)
class Tracing:
    """Bayesian knowledge tracing as a platform does it (Corbett & Anderson, 1995; with the item's difficulty: Pardos &
    Heffernan, UMAP 2011): it sees what was tried and solved, and forgets at one rate for all.

    Writes: traced (num_envs, num_skills) float32, the service's belief that a skill is known.
    """

    items: Courses
    expected: NDArray[np.float64]  # (number of stages of life, num_skills) what learners know at first
    span: float = 3.0
    discrimination: float = 1.5
    transit: float = 0.3
    half_life: float = 20.0
    num_uniforms: ClassVar[int] = 0

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        state["traced"] = self.expected[state["stages"]].astype(np.float32)
        np.put_along_axis(state["traced"], state["favourites"][:, :2], np.float32(0.05), axis=1)

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        after["traced"] = before["traced"].copy()
        _trace(after["traced"], after["days_away"], slates, response.clicked, response.stayed, self.items.categories,
               self.items.relative_difficulty, self.items.guess, self.items.teaches,
               np.array((self.span, self.discrimination, self.transit, self.half_life)))  # fmt: skip


@kernel
def _solves(ability: float, difficulty: float, guess: float, discrimination: float) -> float:
    return guess + (1.0 - guess) * sigmoid(discrimination * (ability - difficulty))


@kernel
def _trace(
    traced: Singles, days_away: Floats, slates: Ints, clicked: Flags, stayed: Flags, categories: Ints, difficulty: Floats,
    guess: Floats, teaches: Floats, constants: Floats,
) -> None:  # fmt: skip
    span, discrimination, transit, half_life = constants
    for lane in range(len(traced)):
        for slot in range(slates.shape[1]):
            if not clicked[lane, slot]:
                continue
            item = slates[lane, slot]
            skill = categories[item]
            known = np.float64(traced[lane, skill])
            able = _solves(span / 2, difficulty[item], guess[item], discrimination)
            unable = _solves(-span / 2, difficulty[item], guess[item], discrimination)
            if not stayed[lane, slot]:
                able, unable = 1.0 - able, 1.0 - unable
            known = known * able / (known * able + (1.0 - known) * unable)
            traced[lane, skill] = known + (1.0 - known) * transit * teaches[item]
        if days_away[lane] > 0:
            kept = np.float32(np.exp2(-days_away[lane] / half_life))
            for skill in range(traced.shape[1]):
                traced[lane, skill] *= kept

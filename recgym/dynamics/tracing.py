"""What a platform believes of its learners' knowledge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Flags, Floats, Ints, Singles, kernel
from recgym.courses import Courses, solving_odds
from recgym.response import Response
from recgym.state import State


@dataclass(frozen=True, eq=False)
class Tracing:
    """Bayesian knowledge tracing from the platform's own log (Corbett & Anderson, 1995), with the difficulty of items
    as in Pardos & Heffernan (UMAP 2011).

    The platform takes a skill for known or not, and all learners for equally forgetful. It sees what was tried and
    solved, and what learners say about themselves.

    Writes: traced (num_envs, num_skills) float32, belief in [0, 1] that a skill is known.
    """

    items: Courses
    first: NDArray[np.float64]  # (levels of the statement, num_skills) belief before anything was tried
    statement: str
    """State variable that indexes `first`."""
    transit: float = 0.3
    """Believed chance to learn a skill from the item that teaches it best."""
    half_life: float = 20.0
    """Believed, in days."""
    goal: float = 0.05
    """Belief that learners know already what they say they want to learn."""
    num_uniforms: ClassVar[int] = 0

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        traced = self.first[state[self.statement]].astype(np.float32)
        np.put_along_axis(traced, state["favourites"][:, :2], np.float32(self.goal), axis=1)  # named in the profile
        state["traced"] = traced

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        after["traced"] = before["traced"].copy()
        _trace(after["traced"], after["days_away"], slates, response.clicked, response.stayed, self.items.categories,
               self.items.difficulty, self.items.guess, self.items.teaches, self.transit, self.half_life)  # fmt: skip


@kernel
def _solves(difficulty: float, known: float, guess: float) -> float:
    odds = solving_odds(difficulty, known)
    return guess + (1.0 - guess) * odds / (1.0 + odds)


@kernel
def _trace(
    traced: Singles, days_away: Floats, slates: Ints, clicked: Flags, stayed: Flags, categories: Ints,
    difficulty: Floats, guess: Floats, teaches: Floats, transit: float, half_life: float,
) -> None:  # fmt: skip
    for lane in range(len(traced)):
        for slot in range(slates.shape[1]):
            if not clicked[lane, slot]:
                continue
            item = slates[lane, slot]
            skill = categories[item]
            able, unable = _solves(difficulty[item], 1.0, guess[item]), _solves(difficulty[item], 0.0, guess[item])
            if not stayed[lane, slot]:
                able, unable = 1.0 - able, 1.0 - unable
            known = np.float64(traced[lane, skill])
            known = known * able / (known * able + (1.0 - known) * unable)
            traced[lane, skill] = known + (1.0 - known) * transit * teaches[item]
        if days_away[lane] > 0:
            kept = np.float32(np.exp2(-days_away[lane] / half_life))
            for skill in range(traced.shape[1]):
                traced[lane, skill] *= kept

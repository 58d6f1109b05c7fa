"""Political leaning, moved by what is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Flags, Floats, Ints, kernel
from recgym.items import Items
from recgym.response import Funnel, Response
from recgym.state import State


@dataclass(frozen=True, eq=False)
class Leaning:
    """A leaning moves to the side of the articles that pleased, as far as these take a side.

    A reader at L who reads an article of stance s ends at L + rate |s| (sign(s) - L): in one dimension the drift of
    Dean & Morgenstern (EC 2022), which opinion moves and neutral pieces do not. Who leans clicks on what agrees with
    them, which makes them lean more: a filter bubble, unless they are shown the other side. Agreement is part of the
    taste: the last element of an item's taste vector is its stance, that of a user's their leaning.

    Writes: taste (num_envs, taste_dim), the last element, in [-strength, strength].
    """

    items: Items
    stances: NDArray[np.float64]  # (num_items,) -1 to 1
    rate: float = 0.35
    strength: float = 3.0
    """Of a full leaning, as a taste."""
    start: float = 0.3
    """First leanings are even between -start and start."""
    num_uniforms: ClassVar[int] = 1

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        state["taste"][:, -1] = self.strength * self.start * (2.0 * u[:, 0] - 1.0)

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        after["taste"] = before["taste"].copy()
        _lean(after["taste"], slates, response.stayed, self.stances, self.rate, self.strength)

    def leaning(self, state: State) -> NDArray[np.float64]:
        """(num_envs,) -1 to 1."""
        return state["taste"][:, -1] / self.strength

    def effects(self, state: State, shown: NDArray[np.int64], funnel: Funnel) -> dict[str, NDArray[np.float64]]:
        """polarised: change of the square of the leaning."""
        leaning, stance = self.leaning(state)[:, None], self.stances[shown]
        moved = leaning + self.rate * (stance - np.abs(stance) * leaning)
        return {"polarised": funnel.stays * (moved**2 - leaning**2)}


@kernel
def _lean(taste: Floats, slates: Ints, stayed: Flags, stances: Floats, rate: float, strength: float) -> None:
    last = taste.shape[1] - 1
    for lane in range(len(taste)):
        for slot in range(slates.shape[1]):
            if stayed[lane, slot]:
                stance = stances[slates[lane, slot]]
                taste[lane, last] += rate * (strength * stance - abs(stance) * taste[lane, last])

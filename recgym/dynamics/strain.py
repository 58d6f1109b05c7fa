"""Strain: what adds up from page to page until it is felt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Floats, Ints, kernel
from recgym.items import Items
from recgym.response import Funnel, Response
from recgym.state import State


@dataclass(frozen=True, eq=False)
class Strain:
    """Some items add to a strain, pages and days away relieve it, what is above a user's tolerance is felt.

    level' = keep x level + the doses of the page's items, never below 0; felt = level - tolerance where that is
    positive.

    Writes, under its own name: `name`, `name`_tolerance, `name`_felt, each (num_envs,), at least 0.
    """

    items: Items
    name: str
    dose: NDArray[np.float64]  # (num_items,)
    clicked: bool = False
    """Whether a dose is taken by a click; otherwise by looking, as far as the slot is examined."""
    keep: float = 0.85
    """Share of the level that is left a page later."""
    recovery_days: float = 2.0
    """In so many days away the level falls to 1 / e."""
    tolerance: tuple[float, float] = (0.0, 0.0)
    """Users' tolerances are even between these two."""
    num_uniforms: ClassVar[int] = 1

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        least, most = self.tolerance
        state[self.name], state[f"{self.name}_felt"] = np.zeros(state.num_envs), np.zeros(state.num_envs)
        state[f"{self.name}_tolerance"] = least + (most - least) * u[:, 0]

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        level, felt = before[self.name].copy(), np.empty(before.num_envs)
        taken = response.clicked.astype(np.float64) if self.clicked else response.examination
        _add_up(level, felt, before[f"{self.name}_tolerance"], after["days_away"], slates, taken, self.dose, self.keep,
                self.recovery_days)  # fmt: skip
        after[self.name], after[f"{self.name}_felt"] = level, felt

    def effects(self, state: State, shown: NDArray[np.int64], funnel: Funnel) -> dict[str, NDArray[np.float64]]:
        """name: the dose; name_high: that, weighed by the level there is."""
        dose = self.dose[shown] * (funnel.click if self.clicked else 1.0)
        return {self.name: dose, f"{self.name}_high": dose * state[self.name][:, None]}


@kernel
def _add_up(
    level: Floats, felt: Floats, tolerance: Floats, days_away: Floats, slates: Ints, taken: Floats, dose: Floats,
    keep: float, recovery: float,
) -> None:  # fmt: skip
    for lane in range(len(level)):
        total = keep * level[lane]
        for slot in range(slates.shape[1]):
            if slates[lane, slot] >= 0:
                total += taken[lane, slot] * dose[slates[lane, slot]]
        if days_away[lane] > 0:
            total *= np.exp(-days_away[lane] / recovery)
        level[lane] = max(total, 0.0)
        felt[lane] = max(level[lane] - tolerance[lane], 0.0)

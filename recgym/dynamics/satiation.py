"""Satiation by category."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Flags, Floats, Ints, Singles, kernel
from recgym.items import Items
from recgym.response import Response
from recgym.state import State


@dataclass(frozen=True, eq=False)
class Satiation:
    """Seeing a category tires of it; days away refresh (rebounding interest, Leqi et al., NeurIPS 2021).

    Writes: satiation (num_envs, num_categories) float32.
    """

    items: Items
    decay: float | Sequence[float] = 0.9
    """Kept from page to page; one number, or one per category."""
    strength: float | Sequence[float] = 1.0
    """How much a category tires beside others; one number, or one per category."""
    click: float = 0.5
    purchase: float = 1.0
    recovery_days: float = 10.0
    num_uniforms: ClassVar[int] = 0

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        state["satiation"] = np.zeros((state.num_envs, self.items.num_categories), dtype=np.float32)

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        after["satiation"] = np.empty_like(before["satiation"])
        _satiation(before["satiation"], after["satiation"], after["days_away"], slates, response.clicked,
                   response.purchased, self.items.categories, *self._by_category, self.recovery_days, self.click,
                   self.purchase)  # fmt: skip

    def __post_init__(self) -> None:
        by_category = (np.full(self.items.num_categories, values) for values in (self.decay, self.strength))
        object.__setattr__(self, "_by_category", tuple(by_category))


@kernel
def _satiation(
    before: Singles, satiation: Singles, days_away: Floats, slates: Ints, clicked: Flags, purchased: Flags,
    categories: Ints, decay: Floats, strength: Floats, recovery: float, click: float, purchase: float,
) -> None:  # fmt: skip
    for lane in range(len(satiation)):
        refreshed = np.exp(-days_away[lane] / recovery) if days_away[lane] > 0 else 1.0
        for category in range(satiation.shape[1]):
            satiation[lane, category] = before[lane, category] * np.float32(decay[category] * refreshed)
        for slot in range(slates.shape[1]):
            if clicked[lane, slot]:
                category = categories[slates[lane, slot]]
                amount = strength[category] * (click + purchase * purchased[lane, slot])
                satiation[lane, category] += np.float32(amount)

"""Boredom by category."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Flags, Ints, Singles, kernel
from recgym.items import Items
from recgym.response import Response
from recgym.state import State


@dataclass(frozen=True, eq=False)
class Boredom:
    """A category that is clicked too often within a few pages bores for the next few (SARDINE: Deffayet et al., TORS 2024).

    In place of `Satiation`, whose variable it writes: what bores has satiation 1, everything else 0.

    Writes: satiation (num_envs, num_categories) float32, 0 or 1; recent_clicks (num_envs, window, num_categories)
    float32, the clicks of the last pages; bored_pages (num_envs, num_categories) float32, pages still to go.
    """

    items: Items
    limit: int = 3
    """Clicks on a category within the window that bore."""
    window: int = 5
    """Pages that are looked back on."""
    lasting: int = 5
    """Pages that boredom lasts; a new visit ends it."""
    num_uniforms: ClassVar[int] = 0

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        shape = (state.num_envs, self.items.num_categories)
        state["satiation"] = np.zeros(shape, dtype=np.float32)
        state["bored_pages"] = np.zeros(shape, dtype=np.float32)
        state["recent_clicks"] = np.zeros((shape[0], self.window, shape[1]), dtype=np.float32)

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        for name in ("satiation", "bored_pages", "recent_clicks"):
            after[name] = np.empty(before[name].shape, np.float32)
        _bore(before["bored_pages"], before["recent_clicks"], after["satiation"], after["bored_pages"],
              after["recent_clicks"], after["left"], slates, response.clicked, self.items.categories, self.limit,
              self.lasting)  # fmt: skip


@kernel
def _bore(
    bored_before: Singles, clicks_before: Singles, satiation: Singles, bored: Singles, clicks: Singles, left: Flags,
    slates: Ints, clicked: Flags, categories: Ints, limit: int, lasting: int,
) -> None:  # fmt: skip
    window, num_categories = clicks.shape[1], clicks.shape[2]
    for lane in range(len(slates)):
        for page in range(window - 1):
            for category in range(num_categories):
                clicks[lane, page, category] = clicks_before[lane, page + 1, category]
        for category in range(num_categories):
            clicks[lane, window - 1, category] = 0.0
            bored[lane, category] = max(bored_before[lane, category] - np.float32(1.0), np.float32(0.0))
        for slot in range(slates.shape[1]):
            if clicked[lane, slot]:
                clicks[lane, window - 1, categories[slates[lane, slot]]] += np.float32(1.0)
        for category in range(num_categories):
            total = np.float32(0.0)
            for page in range(window):
                total += clicks[lane, page, category]
            if total >= limit and bored[lane, category] == 0.0:
                bored[lane, category] = lasting
            if left[lane]:
                bored[lane, category] = 0.0
            satiation[lane, category] = 1.0 if bored[lane, category] > 0.0 else 0.0
        if left[lane]:
            for page in range(window):
                for category in range(num_categories):
                    clicks[lane, page, category] = 0.0

"""Boredom by category."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Flags, Ints, Singles, kernel
from recgym.items import Items
from recgym.response import Funnel, Response
from recgym.state import State


@dataclass(frozen=True, eq=False)
class Boredom:
    """A category that is clicked too often within a few pages bores for the next few
    (SARDINE: Deffayet et al., TORS 2024).

    In place of `Satiation`, whose variable it writes: what bores has satiation 1, everything else 0. Who is bored has
    less patience, which `Visits` reads.

    Writes: satiation (num_envs, num_categories) float32, 0 or 1; recent_clicks (num_envs, window, num_categories)
    float32, the clicks of the last pages; bored_pages (num_envs, num_categories) float32, pages still to go; patience
    (num_envs,), at most the user's own; rested (num_envs,), the user's own.
    """

    items: Items
    limit: int = 3
    """Clicks on a category within the window that bore."""
    window: int = 5
    """Pages that are looked back on."""
    lasting: int = 5
    """Pages that boredom lasts, also into the next visit."""
    weariness: float = 0.0
    """Lowers patience, for each category that bores."""
    num_uniforms: ClassVar[int] = 0

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        shape = (state.num_envs, self.items.num_categories)
        state["satiation"] = np.zeros(shape, dtype=np.float32)
        state["bored_pages"] = np.zeros(shape, dtype=np.float32)
        state["recent_clicks"] = np.zeros((shape[0], self.window, shape[1]), dtype=np.float32)
        state["rested"] = state["patience"].copy()

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        for name in ("satiation", "bored_pages", "recent_clicks"):
            after[name] = np.empty(before[name].shape, np.float32)
        _bore(before["bored_pages"], before["recent_clicks"], after["satiation"], after["bored_pages"],
              after["recent_clicks"], slates, response.clicked, self.items.categories, self.limit,
              self.lasting)  # fmt: skip
        after["patience"] = before["rested"] - self.weariness * after["satiation"].sum(axis=1)

    def effects(self, state: State, shown: NDArray[np.int64], funnel: Funnel) -> dict[str, NDArray[np.float64]]:
        """wearing: how near a click brings a category that does not bore yet to boredom, squared: 1 where it bores."""
        lanes, categories = np.arange(len(shown))[:, None], self.items.categories[shown]
        clicks = state["recent_clicks"][:, 1:].sum(axis=1)[lanes, categories] + 1
        fresh = state["bored_pages"][lanes, categories] == 0
        return {"wearing": funnel.click * fresh * np.minimum(clicks / self.limit, 1.0) ** 2}


@kernel
def _bore(
    bored_before: Singles, clicks_before: Singles, satiation: Singles, bored: Singles, clicks: Singles,
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
            satiation[lane, category] = 1.0 if bored[lane, category] > 0.0 else 0.0

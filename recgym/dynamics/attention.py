"""Attention within a visit."""

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
class Attention:
    """What is consumed tires or holds: fast items use attention up, calm good ones keep it,
    and a new visit begins afresh.

    Attention is the patience that `Visits` reads: who has little of it leaves.

    Writes: patience (num_envs,), at most the user's own; rested (num_envs,), the user's own.
    """

    items: Items
    tiring: NDArray[np.float64]  # (num_items,) attention used by an item that was clicked
    num_uniforms: ClassVar[int] = 0

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        state["rested"] = state["patience"].copy()

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        after["patience"] = before["patience"].copy()
        _attend(after["patience"], before["rested"], after["left"], slates, response.clicked, self.tiring)

    def effects(self, state: State, shown: NDArray[np.int64], funnel: Funnel) -> dict[str, NDArray[np.float64]]:
        """attention: its change; at most what is missing is given back."""
        missing = state["rested"] - state["patience"]
        return {"attention": funnel.click * np.minimum(-self.tiring[shown], missing[:, None])}


@kernel
def _attend(
    patience: Floats, rested: Floats, left: Flags, slates: Ints, clicked: Flags, tiring: Floats
) -> None:
    for lane in range(len(patience)):
        if left[lane]:
            patience[lane] = rested[lane]
            continue
        for slot in range(slates.shape[1]):
            if clicked[lane, slot]:
                patience[lane] = min(patience[lane] - tiring[slates[lane, slot]], rested[lane])

"""The remembered reference price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Flags, Floats, Ints, kernel
from recgym.items import Items
from recgym.response import Response
from recgym.state import State


@dataclass(frozen=True, eq=False)
class ReferencePrice:
    """The level of a cost that a user expects follows what they look at: prices (Popescu & Wu, 2007), lengths.

    Writes: reference_price (num_envs,), in standard deviations of log price within a category.
    """

    items: Items
    trait: str = "relative_price"
    memory: float = 0.85
    num_uniforms: ClassVar[int] = 0

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        state["reference_price"] = np.zeros(state.num_envs)

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        after["reference_price"] = before["reference_price"].copy()
        _reference_price(after["reference_price"], slates, response.clicked, self._price, self.memory)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_price", self.items.trait(self.trait))


@kernel
def _reference_price(reference_price: Floats, slates: Ints, clicked: Flags, price: Floats, memory: float) -> None:
    for lane in range(len(reference_price)):
        looked, seen = 0, 0.0
        for slot in range(slates.shape[1]):
            if clicked[lane, slot]:
                looked += 1
                seen += price[slates[lane, slot]]
        if looked:
            reference_price[lane] += (1.0 - memory**looked) * (seen / looked - reference_price[lane])

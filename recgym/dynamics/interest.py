"""Drift of the interest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Flags, Ints, Singles, add, kernel
from recgym.items import Items
from recgym.response import Response
from recgym.state import State


@dataclass(frozen=True, eq=False)
class Drift:
    """Interest moves toward what satisfied it (Dean & Morgenstern, EC 2022, eq. 1, without repulsion).

    Writes: interest (num_envs, embedding_dim) float32, unit norm.
    """

    items: Items
    rate: float = 0.03
    num_uniforms: ClassVar[int] = 0

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        """`UserPopulation` draws the first interest."""

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        after["interest"] = before["interest"].copy()
        _drift(after["interest"], slates, response.stayed, self.items.embeddings, self.rate)


@kernel
def _drift(interest: Singles, slates: Ints, stayed: Flags, embeddings: Singles, rate: float) -> None:
    for lane in range(len(interest)):
        moves = False
        for slot in range(slates.shape[1]):
            if stayed[lane, slot]:
                moves = True
                add(interest[lane], embeddings[slates[lane, slot]], np.float32(rate))
        if not moves:
            continue
        length = np.float32(0.0)
        for i in range(interest.shape[1]):
            length += interest[lane, i] * interest[lane, i]
        scale = np.float32(1.0) / max(np.sqrt(length), np.float32(1e-12))
        for i in range(interest.shape[1]):
            interest[lane, i] *= scale

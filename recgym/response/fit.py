"""Fit: what of a response depends on the user and the item together, beyond weights of traits."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Floats, kernel
from recgym.state import State


class Shifts(NamedTuple):
    """What a fit adds to the logits of a funnel's stages, each (num_envs, num_shown) float64."""

    click: NDArray[np.float64]
    stay: NDArray[np.float64]
    cart: NDArray[np.float64]
    purchase: NDArray[np.float64]


class Fit(Protocol):
    """How well an item suits what a user knows, can bear or has in mind."""

    def of(self, state: State, shown: NDArray[np.int64]) -> Shifts:
        """The shifts for `shown` items ((num_envs, num_shown) catalogue rows, -1 for an empty slot)."""


def no_shifts(shape: tuple[int, ...]) -> Shifts:
    """Zeros, to be filled in."""
    return Shifts(np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape))


def shift(chances: NDArray[np.float64], logits: NDArray[np.float64]) -> None:
    """Add `logits` to those of `chances`, in place; chances of 0 and 1 stay."""
    _shift(chances, logits)


@kernel
def _shift(chances: Floats, logits: Floats) -> None:
    for lane in range(len(chances)):
        for slot in range(chances.shape[1]):
            if logits[lane, slot] != 0.0:
                chance, odds = chances[lane, slot], np.exp(logits[lane, slot])
                chances[lane, slot] = chance * odds / (1.0 - chance + chance * odds)

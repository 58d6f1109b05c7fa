"""Limits: items that must not be shown to some users, such as exercises that hurt a knee."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from recgym.state import State


class Limits(Protocol):
    """A rule of safety. It is told by `action_masks`, and what is shown against it is counted as a cost."""

    def forbids(self, state: State, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(num_envs, num_shown) bool: which catalogue rows these users must not be shown; never an empty slot (-1)."""


def allowed(limits: Limits, state: State, slate_size: int) -> NDArray[np.bool_]:
    """(num_envs, num_candidates) bool: the candidates that may be shown.

    Where they would not fill a slate all are told to be allowed, because an agent has to show something; what is shown
    against the limits is counted all the same.
    """
    within = ~limits.forbids(state, state["candidates"])
    return within | (within.sum(axis=1) < slate_size)[:, None]

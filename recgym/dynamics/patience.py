"""Patience, as other parts of a user raise and lower it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.response import Response
from recgym.state import State


@dataclass(frozen=True)
class Patience:
    """A user's patience is their own plus a weighted sum of other variables; `Visits` reads it when they might leave.

    To stand after the parts that write these variables. Writes: patience (num_envs,); rested (num_envs,), the user's
    own.
    """

    weights: Mapping[str, float]
    """State variable (num_envs,) -> weight."""
    num_uniforms: ClassVar[int] = 0

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        state["rested"] = state["patience"].copy()
        state["patience"] = self._patience(state)

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        after["patience"] = self._patience(after)

    def _patience(self, state: State) -> NDArray[np.float64]:
        patience = state["rested"].copy()
        for name, weight in self.weights.items():
            patience += weight * state[name]
        return patience

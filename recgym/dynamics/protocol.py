"""What a part of the dynamics is."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from recgym.response import Response
from recgym.state import State


class Dynamics(Protocol):
    """A part of the user that changes."""

    moves: ClassVar[tuple[str, ...]]  # the variables it owns: what `step` writes
    num_uniforms: ClassVar[int]  # random numbers per lane and step

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        """Add this part's variables to a new session; `u` is (num_envs, num_uniforms) in [0, 1)."""

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        """Move this part's variables in `after`, which the parts before it have already moved.

        The arrays in `after` that any part moves are copies, so a part writes into its own; `before` stays as it was.
        """

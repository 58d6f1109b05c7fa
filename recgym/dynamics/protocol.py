"""What a part of the dynamics is."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from recgym.response import Response
from recgym.state import State


class Dynamics(Protocol):
    """A part of the user that changes."""

    num_uniforms: ClassVar[int]  # random numbers per lane and step

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        """Add this part's variables to a new session; `u` is (num_envs, num_uniforms) in [0, 1)."""

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        """Put new arrays of this part's variables into `after`, where the parts before it have already put theirs.

        What nothing has moved is shared by `before` and `after`, so a part never writes into an array it finds.
        """

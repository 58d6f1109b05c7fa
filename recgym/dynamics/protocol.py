"""What a part of the dynamics is."""

from __future__ import annotations

from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from recgym.response import Funnel, Response
from recgym.state import State


class Dynamics(Protocol):
    """A part of the user that changes."""

    num_uniforms: ClassVar[int]  # random numbers per lane and step

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        """Add this part's variables to a new session; `u` is (num_envs, num_uniforms) in [0, 1), if it draws any."""

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        """Put new arrays of this part's variables into `after`, where the parts before it have already put theirs.

        What nothing has moved is shared by `before` and `after`, so a part never writes into an array it finds.
        """


@runtime_checkable
class Foreseeable(Protocol):
    """A part that can say what showing an item does to it: what a far-sighted planner puts prices on."""

    def effects(self, state: State, shown: NDArray[np.int64], funnel: Funnel) -> dict[str, NDArray[np.float64]]:
        """Expected effects of examining an item, of about unit scale, by a name of the part's own.

        Args:
            state: The users as they are.
            shown: (num_envs, num_shown) catalogue rows.
            funnel: The truth about these items.

        Returns:
            Name -> (num_envs, num_shown).
        """

"""Outcome: what a page did for the people and the service, in the domain's own measures. No agent is rewarded by it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recgym.items import Items
from recgym.response import Response
from recgym.state import State


@dataclass(frozen=True, eq=False)
class Outcome:
    """Measures of a page, which `info["outcome"]` shows under their names.

    A domain's class says in its docstring what they are, one bullet each.
    """

    items: Items

    def of(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response
    ) -> dict[str, NDArray[np.float64]]:
        """Name -> (num_envs,) of the page."""
        raise NotImplementedError

"""The calendar: which day it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.response import Response
from recgym.state import State


@dataclass(frozen=True)
class Calendar:
    """Days go by while the user is away; sessions begin on any day.

    Reads: days_away. Writes: day (num_envs,) int64, 0 .. num_days - 1.
    """

    num_days: int
    """After so many the calendar begins anew."""
    num_uniforms: ClassVar[int] = 1

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        state["day"] = (u[:, 0] * self.num_days).astype(np.int64)

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        after["day"] = (before["day"] + after["days_away"].astype(np.int64)) % self.num_days

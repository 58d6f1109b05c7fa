"""The market: what the circumstances of a visit say about prices everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Floats, Ints, drawn, kernel
from recgym.response import Response
from recgym.state import State


@dataclass(frozen=True, eq=False)
class Market:
    """The market changes between visits as a Markov chain in continuous time, and everybody can see it.

    It is the last part of the context, which `Visits` would draw anew; this part comes after it and lets it go on from
    where it was.

    Writes: context (num_envs,) int64, its last part.
    """

    jumps: NDArray[np.float64]  # (num_markets, num_markets) chances of the next market, rows sum to 1
    lasting: float = 90.0
    """Days after which a market has changed with a chance of 1 - 1/e; at most once during an absence."""
    num_uniforms: ClassVar[int] = 2

    def __post_init__(self) -> None:
        if self.jumps.ndim != 2 or not np.allclose(self.jumps.sum(axis=1), 1.0):
            raise ValueError(f"jumps: expected rows of chances that sum to 1, got {self.jumps.tolist()}")
        cumulative = np.cumsum(self.jumps, axis=1)
        object.__setattr__(self, "_cumulative", cumulative / cumulative[:, -1:])

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        """`Visits` draws the first market."""

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        after["context"] = after["context"].copy()
        _move(after["context"], before["context"], after["days_away"], u, self._cumulative, self.lasting)

    def of(self, state: State) -> NDArray[np.int64]:
        """(num_envs,) the market of the moment."""
        return state["context"] % len(self.jumps)


@kernel
def _move(context: Ints, before: Ints, days_away: Floats, u: Floats, cumulative: Floats, lasting: float) -> None:
    num_markets = len(cumulative)
    for lane in range(len(context)):
        market = before[lane] % num_markets
        if u[lane, 0] < 1.0 - np.exp(-days_away[lane] / lasting):  # never within a visit: 0 days
            market = drawn(cumulative[market], u[lane, 1])
        context[lane] += market - context[lane] % num_markets

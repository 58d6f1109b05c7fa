"""The user browsing model: where a user looks depends on where they last clicked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from recgym.choice.examination import attraction, table
from recgym.choice.protocol import ChoiceModel
from recgym.compiled import Flags, Floats, Ints, allocating_kernel

ULTRA_BROWSING = (
    (1.0,),
    (0.98, 1.0),
    (1.0, 0.62, 0.95),
    (1.0, 0.77, 0.42, 0.82),
    (1.0, 0.92, 0.55, 0.31, 0.69),
    (1.0, 0.96, 0.63, 0.4, 0.22, 0.54),
    (1.0, 0.99, 0.73, 0.46, 0.29, 0.17, 0.47),
    (1.0, 1.0, 0.89, 0.52, 0.35, 0.24, 0.14, 0.43),
    (1.0, 1.0, 0.95, 0.68, 0.4, 0.29, 0.19, 0.12, 0.41),
    (1.0, 1.0, 1.0, 0.96, 0.52, 0.36, 0.27, 0.18, 0.12, 0.43),
)
"""Chance of examination by rank (row) and distance to the last click; a row ends with "no click yet": ULTRA's
ubm_0.1_1_4_1.0.json."""


@dataclass(frozen=True)
class UserBrowsing(ChoiceModel):
    """P(click on k | last click) = gamma[k, distance]**eta * a_k: UBM (Dupret & Piwowarski, SIGIR 2008).

    The attraction a is sigmoid(utility), the distance that from k up to the last click.
    """

    examination: tuple[tuple[float, ...], ...] = ULTRA_BROWSING
    """gamma: row k has k entries, for a last click 1, 2, ..., k - 1 ranks above, and for none.

    As in ULTRA, the last row holds for all ranks after it; there a greater distance counts as its greatest.
    """
    eta: float = 1.0

    def __post_init__(self) -> None:
        rows = tuple(table(f"examination, row {row}", values) for row, values in enumerate(self.examination, 1))
        if not rows or any(len(values) != row for row, values in enumerate(rows, 1)):
            lengths = [len(values) for values in rows]
            raise ValueError(f"examination: expected rows of 1, 2, 3, ... probabilities, got rows of {lengths}")
        object.__setattr__(self, "examination", rows)
        if not 0 <= self.eta < math.inf:
            raise ValueError(f"eta: expected a finite number of at least 0, got {self.eta!r}")

    def num_uniforms(self, slate_size: int) -> int:
        """One per slot."""
        return slate_size

    def click(self, utility: Floats, shown: Flags, u: Floats) -> Flags:
        """(num_envs, slate_size) bool."""
        return _browse(attraction(utility, shown), _gamma(self.examination, self.eta, utility.shape[1]), u)

    def probabilities(self, utility: Floats, shown: Flags) -> Floats:
        """(num_envs, slate_size) float64."""
        found = attraction(utility, shown)
        return _looked(found, shown, _gamma(self.examination, self.eta, utility.shape[1])) * found

    def examined(self, utility: Floats, shown: Flags) -> Floats:
        """(num_envs, slate_size) float64: the mean of gamma**eta over where the last click may be."""
        return _looked(attraction(utility, shown), shown, _gamma(self.examination, self.eta, utility.shape[1]))

    def best_slate(self, utility: Floats, value: Floats, slate_size: int) -> Ints:
        """No routine.

        Raises:
            ValueError: Always. Dynamic programming over (rank, last click) would choose each item after having seen
                the clicks above it, but a slate is fixed before the first click.
        """
        raise ValueError(
            "user browsing: no exact routine for the best slate is known, because what a slot is worth depends on the "
            "clicks above it while the slate is fixed before the first; compare slates by their probabilities"
        )


@cache
def _gamma(rows: tuple[tuple[float, ...], ...], eta: float, slate_size: int) -> Floats:
    """(slate_size, slate_size) float64, read-only: [rank, number of ranks between it and the last click].

    Without a click that number is `rank`: as if the last click were just above the slate.
    """
    gamma = np.zeros((slate_size, slate_size))
    for rank in range(slate_size):
        row = rows[min(rank, len(rows) - 1)]
        for between in range(rank):
            gamma[rank, between] = row[min(between, len(row) - 2)]
        gamma[rank, rank] = row[-1]
    gamma **= eta
    gamma.flags.writeable = False
    return gamma


@allocating_kernel
def _browse(attraction: Floats, gamma: Floats, u: Floats) -> Flags:
    clicked = np.zeros(attraction.shape, dtype=np.bool_)
    for lane in range(len(attraction)):
        last = -1
        for rank in range(attraction.shape[1]):
            if u[lane, rank] < gamma[rank, rank - last - 1] * attraction[lane, rank]:
                clicked[lane, rank] = True
                last = rank
    return clicked


@allocating_kernel
def _looked(attraction: Floats, shown: Flags, gamma: Floats) -> Floats:
    """Forward over the ranks: the last click is at a rank if it was clicked there and nowhere since."""
    chance = np.zeros(attraction.shape)
    slate_size = attraction.shape[1]
    for lane in range(len(attraction)):
        last = np.zeros(slate_size + 1)  # chance that the last click so far is at rank - 1; [0]: there is none
        last[0] = 1.0
        for rank in range(slate_size):
            if not shown[lane, rank]:
                continue
            for place in range(rank + 1):
                looked = last[place] * gamma[rank, rank - place]
                last[place] -= looked * attraction[lane, rank]
                chance[lane, rank] += looked
            chance[lane, rank] = min(chance[lane, rank], 1.0)  # the parts of 1 may round to a little more
            last[rank + 1] = chance[lane, rank] * attraction[lane, rank]
    return chance

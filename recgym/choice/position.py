"""Slots examined independently of each other: the position-based model, and the one with trust bias."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from recgym.choice.examination import ULTRA_EXAMINATION, attraction, by_rank, probability, table
from recgym.choice.protocol import ChoiceModel
from recgym.choice.slates import best_assignment, best_matching
from recgym.compiled import Flags, Floats, Ints


@dataclass(frozen=True)
class PositionBased(ChoiceModel):
    """P(click on k) = theta_k**eta * a_k, with attraction a = sigmoid(utility) (Craswell et al., WSDM 2008).

    As in ULTRA, eta makes the position bias stronger (above 1) or weaker (0: none).
    """

    examination: tuple[float, ...] | None = ULTRA_EXAMINATION
    """theta by rank; the last one holds for all ranks after it. None: theta_k = 1 / k."""
    eta: float = 1.0

    def __post_init__(self) -> None:
        if self.examination is not None:
            object.__setattr__(self, "examination", table("examination", self.examination))
        if not 0 <= self.eta < math.inf:
            raise ValueError(f"eta: expected a finite number of at least 0, got {self.eta!r}")

    def theta(self, slate_size: int) -> Floats:
        """(slate_size,) float64: theta**eta, the chance that the slot is looked at."""
        values = tuple(1 / rank for rank in range(1, slate_size + 1)) if self.examination is None else self.examination
        return by_rank(values, slate_size, self.eta)

    def num_uniforms(self, slate_size: int) -> int:
        """One per slot."""
        return slate_size

    def click(self, utility: Floats, shown: Flags, u: Floats) -> Flags:
        """(num_envs, slate_size) bool."""
        return u < self.probabilities(utility, shown)

    def probabilities(self, utility: Floats, shown: Flags) -> Floats:
        """(num_envs, slate_size) float64."""
        return self.theta(utility.shape[1]) * attraction(utility, shown)

    def examined(self, utility: Floats, shown: Flags) -> Floats:
        """(num_envs, slate_size) float64: theta**eta, whatever the items."""
        return self.theta(utility.shape[1]) * shown

    def best_slate(self, utility: Floats, value: Floats, slate_size: int) -> Ints:
        """(num_envs, slate_size) int64 positions; exact: the larger attraction * value, the more examined the slot."""
        return best_matching(self.theta(slate_size), attraction(utility, np.ones(utility.shape, dtype=bool)) * value)


@dataclass(frozen=True)
class TrustBias(PositionBased):
    """P(click on k) = theta_k**eta * (plus_k a + minus_k (1 - a)): high ranks are clicked because they are high.

    plus_k = 1 - (min(k, 20) + 1) / 100 and minus_k = wrong_click / min(k, 10) are the chances of a click on an
    examined item that is relevant, or not (Vardasbi et al., CIKM 2021, eq. 10 and 11; ULTRA's trust_bias.json).
    """

    wrong_click: float = 0.65
    """minus_1: the chance that an irrelevant item is clicked at the first rank once examined."""

    def __post_init__(self) -> None:
        super().__post_init__()
        probability("wrong_click", self.wrong_click)

    @cache  # noqa: B019 settings, few and small: those that are equal share an entry
    def line(self, slate_size: int) -> tuple[Floats, Floats]:
        """Constant and slope, each (slate_size,) float64, read-only: P(click) = constant + slope * a."""
        rank, theta = np.arange(1, slate_size + 1), self.theta(slate_size)
        plus, minus = 1 - (np.minimum(rank, 20) + 1) / 100, self.wrong_click / np.minimum(rank, 10)
        constant, slope = theta * minus, theta * (plus - minus)
        constant.flags.writeable = slope.flags.writeable = False
        return constant, slope

    def probabilities(self, utility: Floats, shown: Flags) -> Floats:
        """(num_envs, slate_size) float64."""
        constant, slope = self.line(utility.shape[1])
        return np.where(shown, constant + slope * attraction(utility, shown), 0.0)

    def best_slate(self, utility: Floats, value: Floats, slate_size: int) -> Ints:
        """(num_envs, slate_size) int64 positions; exact, an assignment of items to slots.

        Sorting by a is enough only where all values are equal: otherwise constants and slopes pull apart.
        """
        constant, slope = (part[:, None] for part in self.line(slate_size))
        chance = constant + slope * attraction(utility, np.ones(utility.shape, dtype=bool))[:, None, :]
        return best_assignment(chance * value[:, None, :])

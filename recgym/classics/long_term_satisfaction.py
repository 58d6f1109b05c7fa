"""Long-term satisfaction: clickbait (chocolate) engages now and spoils the user for later; kale does the opposite.

RecSim's long_term_satisfaction, after the Choc-Kale user of Mladenov et al. (IJCAI 2019). As implemented, engagement is
the exponential of a normal number, so its mean is exp(loc + scale ** 2 / 2).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recgym.compiled import Floats, kernel, sigmoid


@dataclass(frozen=True)
class LongTermSatisfaction:
    """The constants, with RecSim's defaults: the sensitivity is so low that nothing but clickbait is optimal."""

    memory: float = 0.7
    """Share of the exposure that a step keeps."""
    sensitivity: float = 0.01
    """Of the satisfaction to the exposure; from `critical_sensitivity` on, short and long term differ."""
    innovation_sd: float = 0.05
    """Of the noise in the exposure."""
    choc_mean: float = 5.0
    choc_sd: float = 1.0
    kale_mean: float = 4.0
    kale_sd: float = 1.0
    num_steps: int = 60
    """Length of a session."""

    @property
    def critical_sensitivity(self) -> float:
        """Where nothing but clickbait and none of it engage equally in the long run: (1 - memory) ln(choc / kale)."""
        return (1.0 - self.memory) * math.log(self.choc_mean / self.kale_mean)


@kernel
def first_exposure(u: float, memory: float) -> float:
    """Net positive exposure at the start of a session."""
    return (u - 0.5) / (1.0 - memory)


@kernel
def exposure_after(exposure: float, clickbait: float, memory: float, noise: float) -> float:
    """Net positive exposure after an item whose clickbait is in [0, 1]; `noise` has the innovation's deviation."""
    return memory * exposure - 2.0 * (clickbait - 0.5) + noise


@kernel
def satisfaction_of(exposure: float, sensitivity: float) -> float:
    """Satisfaction in (0, 1)."""
    return sigmoid(sensitivity * exposure)


@kernel
def between(clickbait: float, choc: float, kale: float) -> float:
    """A constant of an item between chocolate and kale: the scale of log engagement is that of the two deviations."""
    return clickbait * choc + (1.0 - clickbait) * kale


@kernel
def log_engagement(clickbait: float, satisfaction: float, choc: float, kale: float) -> float:
    """The location of log engagement."""
    return between(clickbait, choc, kale) * satisfaction


Collapse = Callable[[NDArray[np.float64]], NDArray[np.float64]]


class SatisfactionPlanner:
    """Expected engagement by exact dynamic programming on a grid of exposures, which the planner is allowed to see.

    Noise is integrated by Gauss-Hermite quadrature, values between grid points are interpolated linearly. The default
    grid is fine enough for five significant digits.

    >>> planner = SatisfactionPlanner(LongTermSatisfaction(sensitivity=0.1), clickbaits=[0.0, 0.5, 1.0])
    >>> round(planner.start_value(planner.best())), round(planner.start_value(planner.constant([1.0], [1.0])))
    (1044, 818)

    Args:
        model: The constants.
        clickbaits: What can be shown, by default 0, 0.01, ..., 1.
        num_points: Grid points.
        num_noise: Quadrature points.
    """

    def __init__(
        self, model: LongTermSatisfaction, clickbaits: ArrayLike | None = None, num_points: int = 801,
        num_noise: int = 9,
    ) -> None:  # fmt: skip
        self.model = model
        self.clickbaits = np.linspace(0, 1, 101) if clickbaits is None else np.asarray(clickbaits, dtype=float)
        reach = (1.0 + 8.0 * model.innovation_sd) / (1.0 - model.memory)
        self.grid: NDArray[np.float64] = np.linspace(-reach, reach, num_points)
        nodes, weights = np.polynomial.hermite_e.hermegauss(num_noise)
        self.noise, self.noise_weights = model.innovation_sd * nodes, weights / weights.sum()

    def best(self, num_candidates: int | None = None) -> NDArray[np.float64]:
        """Values (num_steps + 1, num_points) of the optimal policy.

        It shows any of `clickbaits`; or, with `num_candidates`, the best of so many that are drawn anew at every step.
        """
        if num_candidates is None:
            return self._backward(self.clickbaits, lambda worth: worth.max(axis=1))
        rank = np.arange(len(self.clickbaits) + 1) / len(self.clickbaits)
        chances = np.diff(rank**num_candidates)  # of the worst, ..., the best being the best of the candidates
        return self._backward(self.clickbaits, lambda worth: np.sort(worth, axis=1) @ chances)

    def constant(self, clickbaits: ArrayLike, chances: ArrayLike) -> NDArray[np.float64]:
        """Values of the policy that shows `clickbaits` with fixed `chances`, whatever the exposure."""
        weights = np.asarray(chances, dtype=float)
        return self._backward(np.asarray(clickbaits, dtype=float), lambda worth: worth @ weights)

    def start_value(self, values: NDArray[np.float64]) -> float:
        """Expected engagement of a session, over the exposures it may start with."""
        u = (np.arange(2000) + 0.5) / 2000
        return float(np.interp(first_exposure(u, self.model.memory), self.grid, values[0]).mean())

    def clickbait(self, values: NDArray[np.float64], step: int, exposure: ArrayLike) -> NDArray[np.float64]:
        """What of `clickbaits` is best shown at a step, by exposure, if `values` is what is to be had from then on."""
        prospects = _Prospects(self, np.atleast_1d(np.asarray(exposure, dtype=float)), self.clickbaits)
        return self.clickbaits[prospects.worth(values[step + 1]).argmax(axis=1)]

    def _backward(self, clickbaits: NDArray[np.float64], collapse: Collapse) -> NDArray[np.float64]:
        values = np.zeros((self.model.num_steps + 1, len(self.grid)))
        prospects = _Prospects(self, self.grid, clickbaits)
        for step in reversed(range(self.model.num_steps)):
            values[step] = collapse(prospects.worth(values[step + 1]))
        return values


class _Prospects:
    """What each of `clickbaits` brings now at each of `exposures`, and where on the planner's grid it leads."""

    def __init__(self, planner: SatisfactionPlanner, exposures: Floats, clickbaits: Floats) -> None:
        model, column = planner.model, exposures[:, None]
        loc = log_engagement(clickbaits, satisfaction_of(column, model.sensitivity), model.choc_mean, model.kale_mean)
        self._now = np.exp(loc + between(clickbaits, model.choc_sd, model.kale_sd) ** 2 / 2)
        moved = exposure_after(column[..., None], clickbaits[:, None], model.memory, planner.noise)
        place = (moved - planner.grid[0]) / (planner.grid[1] - planner.grid[0])
        self._below = np.clip(place.astype(np.int64), 0, len(planner.grid) - 2)
        self._above_share = (place - self._below) * planner.noise_weights
        self._below_share = planner.noise_weights - self._above_share

    def worth(self, after: NDArray[np.float64]) -> NDArray[np.float64]:
        """Engagement now and later, (num_exposures, num_clickbaits), given the next step's values (num_points,)."""
        later = after[self._below] * self._below_share + after[self._below + 1] * self._above_share
        return self._now + later.sum(axis=2)

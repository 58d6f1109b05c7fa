"""RecGym-LongTermSatisfaction-v0: clickbait engages now and spoils the user for later; kale does the opposite.

RecSim's long_term_satisfaction, after the Choc-Kale user of Mladenov et al. (IJCAI 2019), who is always shown the
first item of a slate.

## Description

- Item: its clickbait c is uniform in [0, 1], from kale (0) to chocolate (1).
- Engagement: exp(N(loc, scale)) with loc = (5 c + 4 (1 - c)) x satisfaction and scale = 1, so that its mean is
  exp(loc + scale^2 / 2). RecSim's documentation calls it log-normal of mean loc; this is what its code does.
- Satisfaction: sigmoid(sensitivity x exposure). Net positive exposure: 0.7 x exposure - 2 (c - 0.5) + N(0, 0.05), as
  in RecSim's code (its documentation has the other sign); at first uniform in [-1.67, 1.67].

Looking ahead pays only above a sensitivity of (1 - memory) ln(choc / kale) = 0.067. RecSim's own is 0.01: nothing but
clickbait is optimal there. `variant="sensitive"` has 0.1, `variant="very_sensitive"` 0.2.

## Observation space

The user is hidden; exposure and satisfaction have to be inferred from what was shown, and how much it engaged.

## Why look ahead

The two privileged policies see the exposure. The myopic one shows what engages most at once. The reference is
optimal: dynamic programming on a grid of exposures, for the best of as many candidates (`SatisfactionPlanner`). Kale
is the lowest clickbait, whatever the exposure.

## Version history

- v0: RecSim's constants and equations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recgym.arguments import real_number, whole_number
from recgym.classics.classic import PUBLISHED, Classic, Responded
from recgym.compiled import Flags, Floats, Ints, Singles, allocating_kernel, kernel, sigmoid, sigmoids
from recgym.randomness import BatchRNG, Keys, Purpose, counter_of, normal_at
from recgym.state import State


@dataclass(frozen=True)
class LongTermSatisfaction(Classic):
    """The model under RecSim's constants or others."""

    slate_size: int = 2
    """Items shown at a time; users look at the first only."""
    num_candidates: int = 20
    history_length: int = 10
    """Items and engagements that are observed."""
    memory: float = 0.7
    """Share of the exposure that a step keeps."""
    sensitivity: float | None = None
    """Of the satisfaction to the exposure; by default the variant's, 0.01 as published."""
    innovation_sd: float = 0.05
    """Standard deviation of the noise in the exposure."""
    choc_mean: float = 5.0
    """Location of log engagement with chocolate, for full satisfaction."""
    choc_sd: float = 1.0
    """Scale of log engagement with chocolate."""
    kale_mean: float = 4.0
    """Location of log engagement with kale, for full satisfaction."""
    kale_sd: float = 1.0
    """Scale of log engagement with kale."""

    VARIANTS: ClassVar = {
        PUBLISHED: {"sensitivity": 0.01},
        "sensitive": {"sensitivity": 0.1},
        "very_sensitive": {"sensitivity": 0.2},
    }
    OBSERVED: ClassVar = {
        "candidates": ("candidate_features", "clickbait of each candidate"),
        "history": (
            "history",
            "the last items, the latest first: clickbait, log engagement; zeros before there were any",
        ),
    }
    ITEM = ("clickbait",)
    VISIBLE = ("clickbait",)
    HIDDEN = ("exposure", "satisfaction")
    CURVES = ("exposure", "satisfaction")
    REWARD = ("engagement", "engagement with the first item")

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "history_length", whole_number("history_length", self.history_length))
        for name in ("sensitivity", "innovation_sd", "choc_sd", "kale_sd"):
            real_number(name, getattr(self, name), 0.0)
        for name in ("choc_mean", "kale_mean"):
            real_number(name, getattr(self, name))
        real_number("memory", self.memory, 0.0, 0.999)

    @property
    def critical_sensitivity(self) -> float:
        """Where nothing but clickbait and none of it engage equally in the long run: (1 - memory) ln(choc / kale)."""
        return (1.0 - self.memory) * math.log(self.choc_mean / self.kale_mean)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """One: the clickbait."""
        return ("clickbait",)

    def expected_engagement(self, exposure: NDArray[np.float64], clickbait: NDArray[np.float64]) -> NDArray[np.float64]:
        """exp(loc + scale^2 / 2), of shapes that broadcast."""
        satisfaction = sigmoids(self.sensitivity * exposure)
        loc = log_engagement(clickbait, satisfaction, self.choc_mean, self.kale_mean)
        return np.exp(loc + between(clickbait, self.choc_sd, self.kale_sd) ** 2 / 2)

    def add_users(self, state: State, rng: BatchRNG) -> None:
        """Writes exposure and satisfaction, (num_envs,)."""
        state["exposure"] = first_exposure(rng.uniform(state["step"], Purpose.POPULATION, 1)[:, 0], self.memory)
        state["satisfaction"] = sigmoids(self.sensitivity * state["exposure"])
        state["history"] = np.zeros((state.num_envs, self.history_length, 2), dtype=np.float32)

    def add_candidates(self, state: State, rng: BatchRNG) -> None:
        """Writes clickbait."""
        state["clickbait"] = rng.uniform(state["step"], Purpose.CANDIDATES, self.num_candidates)
        state["candidate_features"] = state["clickbait"].astype(np.float32)[..., None]

    def respond(self, before: State, after: State, slates: NDArray[np.int64], rng: BatchRNG) -> Responded:
        """The first item is looked at and moves the exposure."""
        num_envs = len(slates)
        clicked, engagement = np.zeros(slates.shape, dtype=bool), np.zeros(slates.shape)
        for name in ("exposure", "satisfaction"):
            after[name] = before[name].copy()
        after["history"] = np.empty_like(before["history"])
        _engage(rng.keys, before["step"], slates, before["clickbait"], before["history"], self.memory, self.sensitivity,
                self.innovation_sd, self.choc_mean, self.choc_sd, self.kale_mean, self.kale_sd, clicked, engagement,
                after["exposure"], after["satisfaction"], after["history"])  # fmt: skip
        over = np.zeros(num_envs, dtype=bool)
        return Responded(clicked, engagement.sum(axis=1), over, clicked.astype(float), {"engagement": engagement})

    def item_words(self, item: Mapping[str, Any]) -> str:
        """Its clickbait."""
        return f"clickbait {item['clickbait']:.2f}"

    def profile(self, state: State) -> list[tuple[str, float]]:
        """Exposure, of the most there can be without noise, and satisfaction."""
        exposure = float(state["exposure"][0]) * (1.0 - self.memory)
        return [("exposure", exposure), ("satisfaction", float(state["satisfaction"][0]))]


@allocating_kernel
def _engage(
    keys: Keys, steps: Ints, slates: Ints, clickbait: Floats, seen: Singles, memory: float, sensitivity: float,
    innovation_sd: float, choc_mean: float, choc_sd: float, kale_mean: float, kale_sd: float, clicked: Flags,
    engagement: Floats, exposure: Floats, satisfaction: Floats, history: Singles,
) -> None:  # fmt: skip
    for lane in range(len(slates)):
        c, counter = clickbait[lane, slates[lane, 0]], counter_of(keys[lane], steps[lane], Purpose.RESPONSE)
        loc = log_engagement(c, satisfaction[lane], choc_mean, kale_mean)
        told = loc + between(c, choc_sd, kale_sd) * normal_at(counter, 0)
        clicked[lane, 0], engagement[lane, 0] = True, math.exp(told)
        noise = innovation_sd * normal_at(counter_of(keys[lane], steps[lane], Purpose.DYNAMICS), 0)
        exposure[lane] = exposure_after(exposure[lane], c, memory, noise)
        satisfaction[lane] = satisfaction_of(exposure[lane], sensitivity)
        history[lane, 0, 0], history[lane, 0, 1] = c, told
        history[lane, 1:] = seen[lane, :-1]


@allocating_kernel
def first_exposure(u: float, memory: float) -> float:
    """Net positive exposure at the start of a session."""
    return (u - 0.5) / (1.0 - memory)


@allocating_kernel
def exposure_after(exposure: float, clickbait: float, memory: float, noise: float) -> float:
    """Net positive exposure after an item whose clickbait is in [0, 1]; `noise` has the innovation's deviation."""
    return memory * exposure - 2.0 * (clickbait - 0.5) + noise


@kernel
def satisfaction_of(exposure: float, sensitivity: float) -> float:
    """Satisfaction in (0, 1)."""
    return sigmoid(sensitivity * exposure)


@allocating_kernel
def between(clickbait: float, choc: float, kale: float) -> float:
    """A constant of an item between chocolate and kale: the scale of log engagement is that of the two deviations."""
    return clickbait * choc + (1.0 - clickbait) * kale


@allocating_kernel
def log_engagement(clickbait: float, satisfaction: float, choc: float, kale: float) -> float:
    """The location of log engagement."""
    return between(clickbait, choc, kale) * satisfaction


Collapse = Callable[[NDArray[np.float64]], NDArray[np.float64]]


class SatisfactionPlanner:
    """Expected engagement by exact dynamic programming on a grid of exposures, which the planner is allowed to see.

    Noise is integrated by Gauss-Hermite quadrature, values between grid points are interpolated linearly. The default
    grid is fine enough for five significant digits.

    >>> planner = SatisfactionPlanner(LongTermSatisfaction(variant="sensitive"), clickbaits=[0.0, 0.5, 1.0])
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
        return self.clickbaits[prospects.worth(values, step + 1).argmax(axis=1)]

    def worth(
        self, values: NDArray[np.float64], steps: NDArray[np.int64], exposure: NDArray[np.float64],
        clickbait: NDArray[np.float64],
    ) -> NDArray[np.float64]:  # fmt: skip
        """(num_envs, num_candidates) engagement now and later, by `values`, of showing items of this `clickbait`.

        `steps` and `exposure` are (num_envs,).
        """
        after = np.minimum(steps + 1, len(values) - 1)[:, None, None]
        return _Prospects(self, exposure, clickbait).worth(values, after)

    def _backward(self, clickbaits: NDArray[np.float64], collapse: Collapse) -> NDArray[np.float64]:
        values = np.zeros((self.model.session_length + 1, len(self.grid)))
        prospects = _Prospects(self, self.grid, clickbaits)
        for step in reversed(range(self.model.session_length)):
            values[step] = collapse(prospects.worth(values, step + 1))
        return values


class _Prospects:
    """What each of `clickbaits` brings now at each of `exposures`, and where on the planner's grid it leads.

    `clickbaits` are the same at all exposures, (num_clickbaits,), or others at each, (num_exposures, num_clickbaits).
    """

    def __init__(self, planner: SatisfactionPlanner, exposures: Floats, clickbaits: Floats) -> None:
        model, column = planner.model, exposures[:, None]
        self._now = model.expected_engagement(column, clickbaits)
        moved = exposure_after(column[..., None], clickbaits[..., None], model.memory, planner.noise)
        place = (moved - planner.grid[0]) / (planner.grid[1] - planner.grid[0])
        self._below = np.clip(place.astype(np.int64), 0, len(planner.grid) - 2)
        self._above_share = (place - self._below) * planner.noise_weights
        self._below_share = planner.noise_weights - self._above_share

    def worth(self, values: NDArray[np.float64], after: int | NDArray[np.int64]) -> NDArray[np.float64]:
        """Engagement now and later, (num_exposures, num_clickbaits), if `values` of the step `after` follow.

        The step is the same at all exposures, or another at each, (num_exposures, 1, 1).
        """
        later = values[after, self._below] * self._below_share + values[after, self._below + 1] * self._above_share
        return self._now + later.sum(axis=2)

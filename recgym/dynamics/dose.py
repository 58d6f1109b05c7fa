"""Dose and fitness: what exercise adds up to, and what it builds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Flags, Floats, Ints, kernel
from recgym.response import Funnel, Response
from recgym.state import State


@dataclass(frozen=True, eq=False)
class Dose:
    """What is taken up adds to a dose that fades (HeartSteps: Liao et al., 2020, arXiv:1909.03539) and builds fitness.

    On every page x' = keep * x + a, where a is the demand of what was finished and a part of that of what was given up;
    a day away counts as a page on which nothing is taken up. Fitness is the slow companion of the impulse-response
    model (Banister et al., 1975): what is finished builds it, the less the fuller it is or the higher the dose, what is
    given up costs some, and days away wear it down.

    Writes: dose (num_envs,), at least 0; fitness (num_envs,) in [0, 1].
    """

    demand: NDArray[np.float64]  # (num_items,) 0 to 1
    keep: float = 0.95
    """Share of the dose that is left a page, or a day away, later."""
    given_up: float = 0.5
    """Share of its demand that an item adds which is taken up and not finished."""
    training: float = 0.15
    """Fitness that a finished item of full demand builds from nothing, without a dose."""
    too_much: float = 8.0
    """The dose at which nothing is built any more."""
    setback: float = 0.03
    """Fitness that giving up costs."""
    unused_days: float = 60.0
    """In so many days away fitness falls to 1 / e."""
    unfit: float = 0.1
    fit: float = 0.4
    """First fitnesses are even between these two."""
    num_uniforms: ClassVar[int] = 1

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        state["dose"] = np.zeros(state.num_envs)
        state["fitness"] = self.unfit + (self.fit - self.unfit) * u[:, 0]

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        after["dose"], after["fitness"] = before["dose"].copy(), before["fitness"].copy()
        _dose(after["dose"], after["fitness"], after["days_away"], slates, response.clicked, response.stayed,
              self.demand, self.keep, self.given_up, self.training, self.too_much, self.setback,
              self.unused_days)  # fmt: skip

    def added(self, shown: NDArray[np.int64], funnel: Funnel) -> NDArray[np.float64]:
        """(num_envs, num_shown) expected rise of the dose by examining an item."""
        return funnel.click * self.demand[shown] * (self.given_up + (1 - self.given_up) * funnel.stay)

    def effects(self, state: State, shown: NDArray[np.int64], funnel: Funnel) -> dict[str, NDArray[np.float64]]:
        """dose: its rise; dose_high: that, weighed by the dose there is; fitness: its change, tenfold."""
        rise, dose = self.added(shown, funnel), state["dose"][:, None]
        build = self.training * (1 - state["fitness"][:, None]) * np.maximum(1 - dose / self.too_much, 0.0)
        built = funnel.stays * self.demand[shown] * build - (funnel.click - funnel.stays) * self.setback
        return {"dose": rise, "dose_high": rise * dose / self.too_much, "fitness": 10 * built}


@kernel
def _dose(
    dose: Floats, fitness: Floats, days_away: Floats, slates: Ints, clicked: Flags, stayed: Flags, demand: Floats,
    keep: float, given_up: float, training: float, too_much: float, setback: float,
    unused_days: float,
) -> None:  # fmt: skip
    for lane in range(len(dose)):
        build = training * max(1.0 - dose[lane] / too_much, 0.0)
        dose[lane] *= keep
        for slot in range(slates.shape[1]):
            if stayed[lane, slot]:
                dose[lane] += demand[slates[lane, slot]]
                fitness[lane] += build * demand[slates[lane, slot]] * (1.0 - fitness[lane])
            elif clicked[lane, slot]:
                dose[lane] += given_up * demand[slates[lane, slot]]
                fitness[lane] = max(fitness[lane] - setback, 0.0)
        if days_away[lane] > 0:
            dose[lane] *= keep ** days_away[lane]
            fitness[lane] *= np.exp(-days_away[lane] / unused_days)

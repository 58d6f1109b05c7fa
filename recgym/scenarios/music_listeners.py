"""What listeners do because they know a track, and what the service knows of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Flags, Floats, Ints, Singles, kernel
from recgym.dynamics import acquaintance
from recgym.response import Shifts, no_shifts, stage
from recgym.state import State


class Weights(NamedTuple):
    """Of what is known, in logits."""

    click: tuple[float, float, float] = (4.0, 2.0, -1.0)  # by stage
    stay: float = 2.0
    worn: float = 3.0  # against hearing it to the end, for a unit of wear


@dataclass(frozen=True, eq=False)
class Familiar:
    """The fit of a track and a listener.

    Reads: known, worn, need, readiness.
    """

    weights: Weights = field(default_factory=Weights)

    def of(self, state: State, shown: NDArray[np.int64]) -> Shifts:
        shifts = no_shifts(shown.shape)
        _shift(*acquaintance(state, shown), stage(state), self.weights, shifts.click, shifts.stay, shifts.cart)
        return shifts


@dataclass(frozen=True, eq=False)
class PlayLog:
    """What the service's log knows of a listener and a track.

    - rested: of a track among those the listener plays again, 3 exp(-1.5 lately), otherwise 0,
    - lately: how often they played it lately, an older play counting less.
    """

    names: ClassVar[tuple[str, ...]] = ("rested", "lately")

    def of(self, state: State, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        seen = np.empty((*rows.shape, len(self.names)), dtype=np.float32)
        _tell(*acquaintance(state, rows, "lately"), seen)
        return seen


@kernel
def _tell(known: Flags, lately: Singles, seen: Singles) -> None:
    for lane in range(len(known)):
        for slot in range(known.shape[1]):
            if known[lane, slot]:
                seen[lane, slot, 0] = np.float32(3.0) * np.exp(np.float32(-1.5) * lately[lane, slot])
                seen[lane, slot, 1] = np.float32(2.0) * lately[lane, slot]
            else:
                seen[lane, slot, 0] = seen[lane, slot, 1] = np.float32(0.0)


@kernel
def _shift(
    known: Flags, worn: Singles, stages: Ints, weights: Weights, click: Floats, stay: Floats, save: Floats
) -> None:
    for lane in range(len(known)):
        for slot in range(known.shape[1]):
            if known[lane, slot]:
                click[lane, slot] = weights.click[stages[lane]]
                stay[lane, slot] = weights.stay - weights.worn * worn[lane, slot]
                save[lane, slot] = -np.inf  # it is saved already

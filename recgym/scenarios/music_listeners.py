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
    """Of knowing a track, in logits."""

    click: tuple[float, float, float] = (4.4, 2.5, -0.5)  # of a click, by stage
    stay: float = 2.0  # of hearing it to the end, as long as it is not worn
    worn: float = 3.0  # against that, for a unit of wear


@dataclass(frozen=True, eq=False)
class Familiar:
    """The fit of a track and a listener: who listens along plays what they know, who is in the mood for more does not.

    What is worn is played out of habit all the same, since how lately something was consumed predicts best that it is
    consumed again (Anderson et al., WWW 2014), and then skipped. What is known is saved already.

    Reads: known, worn, need, readiness.
    """

    weights: Weights = field(default_factory=Weights)

    def of(self, state: State, shown: NDArray[np.int64]) -> Shifts:
        shifts = no_shifts(shown.shape)
        _shift(*acquaintance(state, shown), stage(state), self.weights, shifts.click, shifts.stay, shifts.cart)
        return shifts


@dataclass(frozen=True, eq=False)
class PlayLog:
    """What the service's log knows of a listener and a track, 0 of a track that is not among those they play again.

    - rested: 3 if they did not play it lately, the less the more they did,
    - lately: 2 for every play, an older one counting less.
    """

    RESTED, TIRING, LATELY = np.float32(3.0), np.float32(1.5), np.float32(2.0)
    names: ClassVar[tuple[str, ...]] = ("rested", "lately")

    def of(self, state: State, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        known, lately = acquaintance(state, rows, "lately")
        seen = np.zeros((*rows.shape, len(self.names)), dtype=np.float32)
        _tell(known, lately, self.RESTED, self.TIRING, self.LATELY, seen)
        return seen


@kernel
def _tell(
    known: Flags, lately: Singles, full: np.float32, tiring: np.float32, play: np.float32, seen: Singles
) -> None:
    for lane in range(len(known)):
        for slot in range(known.shape[1]):
            if known[lane, slot]:
                seen[lane, slot, 0] = full * np.exp(-tiring * lately[lane, slot])
                seen[lane, slot, 1] = play * lately[lane, slot]


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

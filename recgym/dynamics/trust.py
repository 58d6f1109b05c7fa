"""Trust in the shop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Flags, Floats, kernel, purchase_change
from recgym.response import Funnel, Response
from recgym.state import State


@dataclass(frozen=True)
class Trust:
    """Trust in the shop: pages that keep their promise build it, those that disappoint cost more than that.

    After a purchase the rating moves it too. Writes: trust (num_envs,) in [0, 1].
    """

    start: float = 0.55
    spread: float = 0.06
    stay_gain: float = 0.042
    disappointment_loss: float = 0.22
    good_purchase: float = 0.06
    bad_purchase: float = 0.12
    forgetting: float = 0.02
    """Share of the way back to `neutral` per page."""
    neutral: float = 0.6
    num_uniforms: ClassVar[int] = 1

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        state["trust"] = self.start + self.spread * (u[:, 0] - 0.5)

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        after["trust"] = before["trust"].copy()
        _trust(after["trust"], response.clicked, response.stayed, response.purchased, response.rating,
               self.stay_gain, self.disappointment_loss, self.good_purchase, self.bad_purchase, self.forgetting,
               self.neutral)  # fmt: skip

    def purchase_change(self, surprise: NDArray[np.float64]) -> NDArray[np.float64]:
        """Change of trust after a purchase rated `surprise` stars above 3."""
        return purchase_change(surprise, self.good_purchase, self.bad_purchase)

    def effects(self, state: State, shown: NDArray[np.int64], funnel: Funnel) -> dict[str, NDArray[np.float64]]:
        """trust: its change; trust_low: its change for those who have little, weighed by 1 - trust."""
        change = funnel.click * (self.stay_gain * funnel.stay - self.disappointment_loss * (1 - funnel.stay))
        change += funnel.purchases * self.purchase_change(funnel.surprise)
        return {"trust": change, "trust_low": change * (1 - state["trust"][:, None])}


@kernel
def _trust(
    trust: Floats, clicked: Flags, stayed: Flags, purchased: Flags, rating: Floats, gain: float, loss: float,
    good: float, bad: float, forgetting: float, neutral: float,
) -> None:  # fmt: skip
    for lane in range(len(trust)):
        moved = trust[lane] + forgetting * (neutral - trust[lane])
        for slot in range(clicked.shape[1]):
            if stayed[lane, slot]:
                moved += gain
            elif clicked[lane, slot]:
                moved -= loss
            if purchased[lane, slot]:
                moved += purchase_change(rating[lane, slot] - 3.0, good, bad)
        trust[lane] = min(max(moved, 0.0), 1.0)

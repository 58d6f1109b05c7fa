"""Holdings: what clients have bought, what becomes of it, and what they think of the bank then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Flags, Floats, Ints, kernel
from recgym.dynamics.market import Market
from recgym.limits import Limits
from recgym.response import Funnel, Response
from recgym.state import State


@dataclass(frozen=True, eq=False)
class Holdings:
    """Clients hold what they bought. Bad markets hit those who hold risk, and who has lost money trusts the bank less.

    Every purchase draws the mean risk of what is held toward the product's. When a visit ends, the client hears what
    became of it: a loss with chance 1 - exp(-hazard x risk held), by the market of the time. A loss takes a share of
    the trust, more from those who mind risk, and of the money; without one the money grows. Trusting clients bring
    more money, others take it away. A product sold against the limits is complained about.

    Comes after `Visits` and `Market`. Reads: trust, context, left, churned, price_sensitivity. Writes: risk_held
    (num_envs,) in [0, 1]; assets (num_envs,), money at the bank in units of a typical client's; gain (num_envs,), what
    markets added to it since the last page; trust; and churned, for those whom a loss leaves with less than `walk_out`.
    """

    risk: NDArray[np.float64]  # (num_items,) 0 to 1
    market: Market
    hazard: NDArray[np.float64]  # (num_markets,) of a loss to those who hold nothing but risk 1, per absence
    limits: Limits
    start: float = 0.1
    """First risks held are even between 0 and twice that."""
    share: float = 0.35
    """Of what is held, that one purchase makes up."""
    kept: float = 0.95
    """Of the risk, that is left after a statement; the rest runs off."""
    hurt: float = 0.4
    """Share of trust that a loss takes from those who mind risk as 1."""
    complaint: float = 0.2
    """Trust that an unsuitable purchase costs."""
    fall: float = 0.3
    """Share of the money that a loss takes from those who hold nothing but risk 1."""
    rise: float = 0.04
    """Growth of the money of those who hold nothing but risk 1 and are spared a loss."""
    inflow: float = 0.15
    """Share of the way to twice the trust that the money moves at the end of a visit."""
    walk_out: float = 0.2
    """Trust below which whoever has lost money is gone."""
    num_uniforms: ClassVar[int] = 1

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        state["risk_held"] = 2.0 * self.start * u[:, 0]
        state["assets"], state["gain"] = 2.0 * state["trust"], np.zeros(state.num_envs)

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        for name in ("risk_held", "assets", "gain", "trust", "churned"):
            after[name] = (after if name in ("trust", "churned") else before)[name].copy()
        _hold(after["risk_held"], after["assets"], after["gain"], after["trust"], after["churned"], after["left"],
              self.market.of(after), before["price_sensitivity"], slates, response.purchased,
              self.limits.forbids(before, slates), u, self.risk, self.hazard, self.share, self.kept, self.hurt,
              self.complaint, self.fall, self.rise, self.inflow, self.walk_out)  # fmt: skip

    def effects(self, state: State, shown: NDArray[np.int64], funnel: Funnel) -> dict[str, NDArray[np.float64]]:
        """risk: change of the risk held, as much as the client minds it; risk_now: that, by the hazard of the market;
        complaint: loss of trust by complaints."""
        moved = funnel.purchases * self.share * (self.risk[shown] - state["risk_held"][:, None])
        minded = moved * state["price_sensitivity"][:, None]
        return {
            "risk": minded,
            "risk_now": minded * self.hazard[self.market.of(state)][:, None],
            "complaint": self.complaint * funnel.purchases * self.limits.forbids(state, shown),
        }


@kernel
def _hold(
    risk_held: Floats, assets: Floats, gain: Floats, trust: Floats, churned: Flags, left: Flags, market: Ints,
    minds: Floats, slates: Ints, purchased: Flags, forbidden: Flags, u: Floats, risk: Floats, hazard: Floats,
    share: float, kept: float, hurt: float, complaint: float, fall: float, rise: float, inflow: float, walk_out: float,
) -> None:  # fmt: skip
    for lane in range(len(slates)):
        held, trusts = risk_held[lane], trust[lane]
        for slot in range(slates.shape[1]):
            if purchased[lane, slot]:
                held += share * (risk[slates[lane, slot]] - held)
                if forbidden[lane, slot]:
                    trusts = max(trusts - complaint, 0.0)
        gain[lane] = 0.0
        if left[lane]:
            if u[lane, 0] < 1.0 - np.exp(-hazard[market[lane]] * held):
                gain[lane] = -fall * held * assets[lane]
                trusts *= max(1.0 - hurt * minds[lane], 0.0)
                churned[lane] |= trusts < walk_out
            else:
                gain[lane] = rise * held * assets[lane]
            assets[lane] += gain[lane]
            assets[lane] += inflow * (2.0 * trusts - assets[lane])
            held *= kept
        risk_held[lane], trust[lane] = held, trusts

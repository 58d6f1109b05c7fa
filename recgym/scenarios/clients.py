"""A bank's clients beside its products: which ones suit them, and how much they like risk and waiting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Flags, Floats, Ints, Singles, kernel
from recgym.dynamics import Market
from recgym.items import Items
from recgym.response import Shifts, no_shifts
from recgym.state import State


def risk_of(risk_class: NDArray[np.float64]) -> NDArray[np.float64]:
    """Risk classes 1 to 7 (as in the EU's key information documents) on about unit scale: class 4 is 0."""
    return (risk_class - 4.0) / 2.0


# By tolerance: the highest risk class that suits.
CEILINGS = risk_of(np.array([2.0, 3.0, 5.0, 7.0]))


@dataclass(frozen=True, eq=False)
class Suitability:
    """The rule of suitability (as in MiFID II, article 25): no product riskier than what a client says they can bear.

    Reads: tolerances.
    """

    items: Items

    def forbids(self, state: State, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(num_envs, num_shown) bool: which products do not suit these clients; never an empty slot."""
        forbidden = np.empty(rows.shape, dtype=bool)
        _forbid(rows, state["tolerances"], self.items.trait("risk"), CEILINGS, forbidden)
        return forbidden


@kernel
def _forbid(rows: Ints, tolerances: Ints, risk: Floats, ceilings: Floats, forbidden: Flags) -> None:
    for lane in range(len(rows)):
        for slot in range(rows.shape[1]):
            row = rows[lane, slot]
            forbidden[lane, slot] = row >= 0 and risk[row] > ceilings[tolerances[lane]]


@dataclass(frozen=True, eq=False)
class KnownOfClient:
    """Whether a product suits the client, whether it is of the kind they ask about, and its risk beside the market.

    The first two are 0 or 1, the third is the product's risk times how the market stands.

    Reads: tolerances, query_category, context.
    """

    items: Items
    market: Market
    trend: NDArray[np.float64]  # (num_markets,) how it stands: below 0 where prices fall
    names: ClassVar[tuple[str, ...]] = ("suitable", "asked_about", "tailwind")

    def of(self, state: State, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """(num_envs, num_shown, 3) float32 for any catalogue rows (num_envs, num_shown)."""
        known = np.empty((*rows.shape, 3), dtype=np.float32)
        _know(rows, state["tolerances"], state["query_category"], self.trend[self.market.of(state)],
              self.items.trait("risk"), self.items.categories, CEILINGS, known)  # fmt: skip
        return known


@kernel
def _know(
    rows: Ints, tolerances: Ints, asked_about: Ints, trend: Floats, risk: Floats, categories: Ints, ceilings: Floats,
    known: Singles,
) -> None:  # fmt: skip
    for lane in range(len(rows)):
        for slot in range(rows.shape[1]):
            row = rows[lane, slot]
            known[lane, slot, 0] = risk[row] <= ceilings[tolerances[lane]]
            known[lane, slot, 1] = categories[row] == asked_about[lane]
            known[lane, slot, 2] = trend[lane] * risk[row]


@dataclass(frozen=True, eq=False)
class Temper:
    """How clients like risk and long terms: by the market, what they can bear, and where they are in life.

    Reads: context, tolerances, lives.
    """

    items: Items
    market: Market
    mood: NDArray[np.float64]  # (num_markets,) for risk, in logits of a click
    boldness: NDArray[np.float64]  # (num_tolerances,) for risk
    horizon: NDArray[np.float64]  # (num_lives,) for money that is tied up
    unsuitable: float = -2.5
    """Logit that the page of a product that does not suit keeps its promise."""

    def of(self, state: State, shown: NDArray[np.int64]) -> Shifts:
        """The shifts for `shown` items ((num_envs, num_shown) catalogue rows, -1 for an empty slot)."""
        shifts = no_shifts(shown.shape)
        _temper(shown, self.market.of(state), state["tolerances"], state["lives"], self.items.trait("risk"),
                self.items.trait("lockup"), self.mood, self.boldness, self.horizon, CEILINGS, self.unsuitable,
                shifts.click, shifts.stay)  # fmt: skip
        return shifts


@kernel
def _temper(
    shown: Ints, market: Ints, tolerances: Ints, lives: Ints, risk: Floats, lockup: Floats, mood: Floats,
    boldness: Floats, horizon: Floats, ceilings: Floats, unsuitable: float, click: Floats, stay: Floats,
) -> None:  # fmt: skip
    for lane in range(len(shown)):
        tolerance, ahead = tolerances[lane], horizon[lives[lane]]
        likes = mood[market[lane]] + boldness[tolerance]
        for slot in range(shown.shape[1]):
            row = shown[lane, slot]
            if row >= 0:
                click[lane, slot] = likes * risk[row] + ahead * lockup[row]
                if risk[row] > ceilings[tolerance]:
                    stay[lane, slot] = unsuitable

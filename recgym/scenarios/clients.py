"""A bank's clients beside its products: which ones suit them, and how much they like risk and waiting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Flags, Floats, Ints, Singles, dot, kernel
from recgym.dynamics import Market
from recgym.items import Items
from recgym.prefetch import prefetch_ahead
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
        prefetch_ahead(risk, rows, lane)
        for slot in range(rows.shape[1]):
            row = rows[lane, slot]
            forbidden[lane, slot] = row >= 0 and risk[row] > ceilings[tolerances[lane]]


@dataclass(frozen=True, eq=False)
class KnownOfClient:
    """What a bank sees of a product beside a client, each about unit scale.

    - suitable: 1 if it suits them, else -1,
    - asked_about: 1 if it is of the kind they ask about, else -1,
    - tailwind: its risk times how the market stands,
    - alike: twice its cosine to the product they last looked at.

    Reads: tolerances, query_category, context, interest_item.
    """

    items: Items
    market: Market
    trend: NDArray[np.float64]  # (num_markets,) how it stands: below 0 where prices fall
    names: ClassVar[tuple[str, ...]] = ("suitable", "asked_about", "tailwind", "alike")

    def of(self, state: State, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """(num_envs, num_shown, 4) float32 for any catalogue rows (num_envs, num_shown)."""
        known = np.empty((*rows.shape, len(self.names)), dtype=np.float32)
        _know(rows, state["tolerances"], state["query_category"], self.trend[self.market.of(state)],
              state["interest_item"], self.items.trait("risk"), self.items.categories, self.items.embeddings, CEILINGS,
              known)  # fmt: skip
        return known


@kernel
def _know(
    rows: Ints, tolerances: Ints, asked_about: Ints, trend: Floats, looked_at: Ints, risk: Floats, categories: Ints,
    embeddings: Singles, ceilings: Floats, known: Singles,
) -> None:  # fmt: skip
    for lane in range(len(rows)):
        prefetch_ahead(risk, rows, lane)
        prefetch_ahead(categories, rows, lane)
        prefetch_ahead(embeddings, rows, lane)
        ceiling, last = ceilings[tolerances[lane]], embeddings[looked_at[lane]]
        for slot in range(rows.shape[1]):
            row = rows[lane, slot]
            known[lane, slot, 0] = 1.0 if risk[row] <= ceiling else -1.0
            known[lane, slot, 1] = 1.0 if categories[row] == asked_about[lane] else -1.0
            known[lane, slot, 2] = trend[lane] * risk[row]
            known[lane, slot, 3] = 2.0 * dot(embeddings[row], last)


@dataclass(frozen=True, eq=False)
class Temper:
    """How clients like risk and intricate contracts: by the market, what they can bear, and where they are in life.

    Reads: context, tolerances, lives.
    """

    items: Items
    market: Market
    mood: NDArray[np.float64]  # (num_markets,) for risk, in logits of a click
    boldness: NDArray[np.float64]  # (num_tolerances,) for risk
    horizon: NDArray[np.float64]  # (num_lives,) for long and complex contracts
    unsuitable: float = -2.0
    """Logit that the page of a product that does not suit keeps its promise."""

    def of(self, state: State, shown: NDArray[np.int64]) -> Shifts:
        """The shifts for `shown` items ((num_envs, num_shown) catalogue rows, -1 for an empty slot)."""
        shifts = no_shifts(shown.shape)
        _temper(shown, self.market.of(state), state["tolerances"], state["lives"], self.items.trait("risk"),
                self.items.trait("intricacy"), self.mood, self.boldness, self.horizon, CEILINGS, self.unsuitable,
                shifts.click, shifts.stay)  # fmt: skip
        return shifts


@kernel
def _temper(
    shown: Ints, market: Ints, tolerances: Ints, lives: Ints, risk: Floats, intricacy: Floats, mood: Floats,
    boldness: Floats, horizon: Floats, ceilings: Floats, unsuitable: float, click: Floats, stay: Floats,
) -> None:  # fmt: skip
    for lane in range(len(shown)):
        tolerance, ahead = tolerances[lane], horizon[lives[lane]]
        likes = mood[market[lane]] + boldness[tolerance]
        for slot in range(shown.shape[1]):
            row = shown[lane, slot]
            if row >= 0:
                click[lane, slot] = likes * risk[row] + ahead * intricacy[row]
                if risk[row] > ceilings[tolerance]:
                    stay[lane, slot] = unsuitable

"""Needs: what a customer is up to, and the search query that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Flags, Floats, Ints, drawn, kernel, sigmoids
from recgym.items import Items
from recgym.response import READY, Funnel, Response
from recgym.state import State


@dataclass(frozen=True, eq=False)
class Need:
    """A need arises, ripens and is met: the customer browses, compares, buys.

    A page that inspires a browsing user may start a need for its category; some visits begin with one, for a favourite
    category or for any other (a gift, something broken), popular ones more often. Well-rated pages of the needed
    category make the user ready to buy. A purchase in the category ends the need. The search query of the moment shows
    category and stage in words.

    Writes: need (num_envs,) int64 category or -1; readiness (num_envs,) in [0, 1]; query (num_envs,) int64 row of the
    query table or -1; query_category (num_envs,) int64; need_pages (num_envs,) pages looked at for this need.
    """

    items: Items
    query_rows: NDArray[np.int64]  # (num_categories, 2, num_paraphrases): comparing, buying
    category_weights: NDArray[np.float64]  # (num_categories,) how often any category is needed
    start: float = 0.4
    """Chance that a session begins with a need."""
    inspiration: float = 0.35
    """Chance that a satisfying page starts a need."""
    spontaneous: float = 0.12
    """Chance that a new visit begins with a need."""
    information: float = 0.5
    """Readiness gained on a page of the best-rated items; half of it at average rating."""
    lost: float = 0.06
    """Chance that a need is forgotten on a page without a click."""
    favourite: float = 0.5
    """Chance that a new need is for one of the favourites."""
    num_uniforms: ClassVar[int] = 7

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        num_envs = state.num_envs
        for name in ("need", "query", "query_category"):
            state[name] = np.empty(num_envs, dtype=np.int64)
        _first_need(state["favourites"], u, self.start, self.favourite, self._cumulative, self.query_rows,
                    state["need"], state["query"], state["query_category"])  # fmt: skip
        state["readiness"], state["need_pages"] = np.zeros(num_envs), np.zeros(num_envs)

    def gain(self, rating: NDArray[np.float64]) -> NDArray[np.float64]:
        """Readiness gained from a satisfying page of the needed category, by the item's standardised rating."""
        return self.information * sigmoids(1.2 * rating)

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        for name in ("need", "readiness", "need_pages", "query", "query_category"):
            after[name] = before[name].copy()
        _need(after["need"], after["readiness"], after["need_pages"], after["query"], after["query_category"],
              before["favourites"], after["left"], slates, response.clicked, response.stayed, response.purchased,
              response.funnel.needed, u, self._chances, self._gains, self.items.categories, self._cumulative,
              self.query_rows)  # fmt: skip

    def effects(self, state: State, shown: NDArray[np.int64], funnel: Funnel) -> dict[str, NDArray[np.float64]]:
        """readiness: its gain; readiness_high: that, weighed by the readiness there is; inspired: chance to start a
        need; met: chance to end one by a purchase."""
        gain = funnel.stays * funnel.needed * self.gain(self.items.trait("rating")[shown])
        return {
            "readiness": gain,
            "readiness_high": gain * state["readiness"][:, None],
            "inspired": funnel.stays * self.inspiration * (state["need"] < 0)[:, None],
            "met": funnel.purchases * funnel.needed,
        }

    def __post_init__(self) -> None:
        chances = (self.inspiration, self.spontaneous, self.lost, self.favourite)
        object.__setattr__(self, "_chances", np.array(chances))
        object.__setattr__(self, "_gains", self.gain(self.items.trait("rating")))
        cumulative = np.cumsum(self.category_weights, dtype=np.float64)
        object.__setattr__(self, "_cumulative", cumulative / cumulative[-1])


@kernel
def _need(
    need: Ints, readiness: Floats, need_pages: Floats, query: Ints, query_category: Ints, favourites: Ints,
    left: Flags, slates: Ints, clicked: Flags, stayed: Flags, purchased: Flags, needed: Flags, u: Floats,
    chances: Floats, gains: Floats, categories: Ints, cumulative: Floats, query_rows: Ints,
) -> None:  # fmt: skip
    inspiration, spontaneous, lost, favourite = chances
    for lane in range(len(u)):
        ready, pages = readiness[lane], need_pages[lane]
        any_click, met, not_inspired, first = False, False, 1.0, -1
        for slot in range(slates.shape[1]):
            any_click |= clicked[lane, slot]
            pages += clicked[lane, slot] and needed[lane, slot]
            met |= purchased[lane, slot] and needed[lane, slot]
            if stayed[lane, slot]:
                not_inspired *= 1.0 - inspiration
                first = slates[lane, slot] if first < 0 else first
                if needed[lane, slot]:
                    ready += gains[slates[lane, slot]]
        same = need[lane] >= 0
        if not same:
            if u[lane, 1] < 1.0 - not_inspired:
                need[lane] = categories[first]
        elif met or (not any_click and u[lane, 0] < lost):
            need[lane], same = -1, False
        if left[lane] and need[lane] < 0 and u[lane, 2] < spontaneous:
            need[lane] = _new_need(favourites[lane], u[lane, 3:6], cumulative, favourite)
        readiness[lane] = min(ready, 1.0) if same else 0.0
        need_pages[lane] = pages if same else 0.0
        query[lane] = _query(need[lane], readiness[lane], query_rows, u[lane, 6])
        query_category[lane] = need[lane]


@kernel
def _first_need(
    favourites: Ints, u: Floats, start: float, favourite: float, cumulative: Floats, query_rows: Ints, need: Ints,
    query: Ints, query_category: Ints,
) -> None:  # fmt: skip
    for lane in range(len(u)):
        need[lane] = _new_need(favourites[lane], u[lane, 3:6], cumulative, favourite) if u[lane, 0] < start else -1
        query[lane] = _query(need[lane], 0.0, query_rows, u[lane, 6])
        query_category[lane] = need[lane]


@kernel
def _new_need(favourites: Ints, u: Floats, cumulative: Floats, favourite: float) -> int:
    """A favourite category, or any."""
    if u[2] < favourite:
        return favourites[int(u[0] * len(favourites))]
    return drawn(cumulative, u[1])


@kernel
def _query(need: int, readiness: float, query_rows: Ints, u: float) -> int:
    """Row of a query that says the need, or -1."""
    if need < 0:
        return -1
    return query_rows[need, 1 if readiness >= READY else 0, int(u * query_rows.shape[2])]

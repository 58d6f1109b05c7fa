"""The repertoire: what a listener knows and plays again, and how worn each of it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recgym.candidates import in_groups
from recgym.compiled import Flags, Floats, Ints, Singles, drawn, kernel
from recgym.items import Items
from recgym.prefetch import prefetch_ahead
from recgym.response import Funnel, Response
from recgym.state import State


class Wear(NamedTuple):
    """How items wear out, each (num_items,)."""

    play: NDArray[np.float64]  # what a play adds
    keep: NDArray[np.float64]  # share that is left a page later
    days: NDArray[np.float64]  # in so many days away 1 / e of it is left


@dataclass(frozen=True, eq=False)
class Repertoire:
    """Much of what is played was played before (Anderson et al., "The dynamics of repeat consumption", WWW 2014).

    A user knows some items, at first popular ones of the favourite categories. Every play wears a known item, some much
    and others hardly, and rest makes it good again, at once or slowly: satiation that rebounds (Leqi et al., NeurIPS
    2021), of single items. On every page

        worn' = (keep worn + play x number of plays) exp(-days away / days).

    What is saved becomes known, with the wear of one play, in place of what is most worn. So liking rises with the
    first exposures and falls with the many, the inverted U that logs of music show (Sguerra et al., 2022,
    arXiv:2210.16226).

    Writes: known (num_envs, size) int64 catalogue rows, all different; worn (num_envs, size) float32, at least 0;
    lately (num_envs, size) float32, what a service's log knows of it: its plays of each, of which a share is forgotten
    a page or a day later.
    """

    items: Items
    popularity: NDArray[np.float64]  # (num_items,) logarithm of how often an item is known beside its category's others
    wear: Wear
    size: int = 16
    forgetting: float = 0.03
    """Of `lately`."""

    @property
    def num_uniforms(self) -> int:
        """One for every item that is known at first."""
        return self.size

    def __post_init__(self) -> None:
        order, starts = in_groups(self.items.categories)
        sums = np.concatenate(([0.0], np.cumsum(np.exp(self.popularity[order]))))
        firsts, stops = starts[:-1], starts[1:]
        # Chances within a category that rise to 1 at its last item.
        below, total = (np.repeat(values, stops - firsts) for values in (sums[firsts], sums[stops] - sums[firsts]))
        object.__setattr__(self, "_library", (order, starts, (sums[1:] - below) / total))
        # In single precision, as wear is kept: half as much for the caches to hold.
        wear = (self.wear.play.astype(np.float32), self.wear.keep.astype(np.float32), self.wear.days)
        object.__setattr__(self, "_wear", wear)
        object.__setattr__(self, "size", min(self.size, self.items.num_items))

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        shape = (state.num_envs, self.size)
        state["known"] = np.empty(shape, dtype=np.int64)
        state["worn"], state["lately"] = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
        _first(state["known"], state["favourites"], u, *self._library)

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        for name in ("known", "worn", "lately"):
            after[name] = before[name].copy()
        _play(after["known"], after["worn"], after["lately"], after["days_away"], slates, response.clicked,
              response.carted, *self._wear, np.float32(1.0 - self.forgetting))  # fmt: skip

    def effects(self, state: State, shown: NDArray[np.int64], funnel: Funnel) -> dict[str, NDArray[np.float64]]:
        """wear: of what is known; wear_high: that, weighed by the wear there is;
        discovered: chance to know one more."""
        known, worn = acquaintance(state, shown)
        wear = funnel.click * self.wear.play[shown] * known
        return {"wear": wear, "wear_high": wear * worn, "discovered": funnel.carts * ~known}


class Acquaintance(NamedTuple):
    """How well users know items, each (num_envs, num_shown); of an unknown one all is 0."""

    known: NDArray[np.bool_]
    worn: NDArray[np.float32]


def acquaintance(state: State, shown: NDArray[np.int64], how: str = "worn") -> Acquaintance:
    """What is known of `shown` items ((num_envs, num_shown) catalogue rows, -1 for an empty slot);
    `how` worn or lately."""
    known, much = np.zeros(shown.shape, dtype=bool), np.zeros(shown.shape, dtype=np.float32)
    _find(state["known"], state[how], shown, known, much)
    return Acquaintance(known, much)


@kernel
def _find(known: Ints, much: Singles, shown: Ints, found: Flags, how_much: Singles) -> None:
    for lane in range(len(shown)):
        for slot in range(shown.shape[1]):
            item, place = shown[lane, slot], -1
            for i in range(known.shape[1]):
                place = i if known[lane, i] == item else place
            if place >= 0:
                found[lane, slot], how_much[lane, slot] = True, much[lane, place]


@kernel
def _first(
    known: Ints, favourites: Ints, u: Floats, order: Ints, starts: Ints, cumulative: Floats
) -> None:
    size = known.shape[1]
    for lane in range(len(known)):
        for i in range(size):
            category = favourites[lane, i % favourites.shape[1]]
            first, stop = starts[category], starts[category + 1]
            place, clear = first + drawn(cumulative[first:stop], u[lane, i]), False
            while not clear:  # the next one where two are the same
                clear = True
                for j in range(i):
                    if known[lane, j] == order[place]:
                        place, clear = (place + 1) % len(order), False
            known[lane, i] = order[place]


@kernel
def _play(
    known: Ints, worn: Singles, lately: Singles, days_away: Floats, slates: Ints, clicked: Flags, saved: Flags,
    play: Singles, keep: Singles, days: Floats, remember: np.float32,
) -> None:  # fmt: skip
    size = known.shape[1]
    for lane in range(len(known)):
        prefetch_ahead(keep, known, lane)
        for i in range(size):
            worn[lane, i] *= keep[known[lane, i]]
            lately[lane, i] *= remember
        for slot in range(slates.shape[1]):
            if not clicked[lane, slot]:
                continue
            item, place, most = slates[lane, slot], -1, 0
            for i in range(size):
                place = i if known[lane, i] == item else place
                most = i if worn[lane, i] > worn[lane, most] else most
            if place >= 0:
                worn[lane, place] += play[item]
                lately[lane, place] += np.float32(1.0)
            elif saved[lane, slot]:
                known[lane, most] = item
                worn[lane, most], lately[lane, most] = play[item], np.float32(1.0)
        if days_away[lane] > 0:
            for i in range(size):
                worn[lane, i] *= np.float32(np.exp(-days_away[lane] / days[known[lane, i]]))
                lately[lane, i] *= np.float32(remember ** days_away[lane])

"""The retrieval stage: which items the agent may choose from at this step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Ints, Unrolled, kernel, unrolled
from recgym.prefetch import AHEAD, prefetch
from recgym.randomness import BatchRNG, Keys, Purpose, counter_of, uniform_at
from recgym.state import State

CANDIDATES = int(Purpose.CANDIDATES)
SEEN = 256  # a power of two: remainders of rows that are remembered to find repeats quickly
LANE_BITS = 40  # a row is below 2**40
# Keys that put a source's items in order: rank, place (below 2**7), row (below 2**32).
PLACE_BITS, RANK_BITS = 32, 39


@dataclass(frozen=True, eq=False)
class Retrieval:
    """Draws candidates from named sources, always in the same order, the best rated of each source first.

    - similar: the text neighbours of the item they last looked at,
    - rated: the best rated of the category they search for or, without a search, last looked at,
    - popular, new: the shop's best sellers and its latest arrivals, or in place of these the user's `own`,
    - explore: the whole catalogue, popular items more often.

    A source's list is cut into as many strata as it gives candidates and one item is drawn from each. An item that two
    sources name stays with the first; the other takes the next free row of the catalogue that is on offer. The cost of
    a step does not depend on the number of items.

    Where queries have lists of their own, rated, popular and new are those of what the query finds, and query_category
    is the number of its lists, past those of the categories.

    Where items come and go, every day has an edition: lists of what is on offer then, the first again after the last.
    What is similar is found in the archive too.

    Reads: query_category, interest_category, interest_item, where there are editions also day, `own`. Writes:
    candidates (num_envs, num_candidates) int64.
    """

    neighbours: NDArray[np.integer]  # (num_items, num_neighbours); int32 keeps a million items small
    rated: NDArray[np.int64]  # (num_editions, num_lists, any length): of categories, then of queries with their own
    popular: NDArray[np.int64]  # the same, or (num_editions, 1, any length): one list for all
    new: NDArray[np.int64]  # the same
    explore: NDArray[np.integer]  # (num_editions, any length) rising; all on offer, each as often as it is to be found
    rating: NDArray[np.float64]  # (num_items,) orders the candidates within their source
    per_source: int = 4
    own: str | None = None
    """State variable (num_envs, any length) int64: the user's own list, from which they are shown in place of `new`."""

    SOURCES = ("similar", "rated", "popular", "new", "explore")

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Names of the sources, in the order of the candidates: SOURCES, the user's own list by its name."""
        return tuple(self.own if self.own and name == "new" else name for name in self.SOURCES)

    @cached_property
    def num_candidates(self) -> int:
        """Number of candidates per step."""
        return self.per_source * len(self.SOURCES)

    @cached_property
    def rank(self) -> NDArray[np.int32]:
        """(num_items,) how many different ratings are better: what orders the candidates, in half the bytes."""
        return np.unique(-self.rating, return_inverse=True)[1].astype(np.int32)

    @cached_property
    def _strata(self) -> Unrolled:
        return unrolled(self.per_source)

    def draw(self, state: State, rng: BatchRNG) -> NDArray[np.int64]:
        """(num_envs, num_candidates) distinct catalogue rows."""
        drawn = np.empty((len(rng.keys), self.num_candidates), np.int64)
        step, own = state["step"], self.own is not None
        days = state["day"] if len(self.explore) > 1 else step  # to a single edition all days are one
        new = state[self.own][None] if own else self.new
        _draw(rng.keys, step, days, state["interest_item"], state["query_category"], state["interest_category"],
              self.neighbours, self.rated, self.popular, new, own, self.explore, self.rank, self._strata,
              np.empty(SEEN, np.int64), drawn)  # fmt: skip
        return drawn


@kernel
def _draw(
    keys: Keys, step: Ints, days: Ints, interest_item: Ints, query_category: Ints, interest_category: Ints,
    neighbours: Ints, rated: Ints, popular: Ints, new: Ints, own: bool, explore: Ints, rank: Ints, strata: Unrolled,
    seen: Ints, drawn: Ints,
) -> None:  # fmt: skip
    last = len(keys) - 1
    for lane in range(len(keys)):
        following = min(lane + AHEAD, last)
        prefetch(neighbours, interest_item[following])
        coming = counter_of(keys[following], step[following], CANDIDATES)
        _ask_for(coming, explore[days[following] % len(explore)], 4, strata)
        u = counter_of(keys[lane], step[lane], CANDIDATES)
        wanted = query_category[lane] if query_category[lane] >= 0 else interest_category[lane]
        edition = days[lane] % len(explore)
        _source(u, neighbours[interest_item[lane]], 0, strata, drawn[lane])
        _source(u, rated[edition, wanted], 1, strata, drawn[lane])
        _source(u, popular[edition, wanted if popular.shape[1] > 1 else 0], 2, strata, drawn[lane])
        _source(u, new[edition, lane if own else wanted if new.shape[1] > 1 else 0], 3, strata, drawn[lane])
        _source(u, explore[edition], 4, strata, drawn[lane])
    seen[:] = -1
    for lane in range(len(keys)):
        for row in drawn[min(lane + AHEAD, last)]:
            prefetch(rank, row)
        distinct(drawn[lane], len(rank), explore, days[lane] % len(explore), lane, seen)
        _best_first(drawn[lane], rank, strata)


@kernel
def _source(u: int, ranking: Ints, source: int, strata: Unrolled, drawn: Ints) -> None:
    """One item of each of the strata of a ranking."""
    each = len(strata)
    for i in range(each):
        position = source * each + i
        drawn[position] = ranking[_place(u, position, i, each, len(ranking))]


@kernel
def _ask_for(u: int, ranking: Ints, source: int, strata: Unrolled) -> None:
    """Ask for what `_source` will read of a long ranking."""
    each = len(strata)
    for i in range(each):
        prefetch(ranking, _place(u, source * each + i, i, each, len(ranking)))


@kernel
def _place(u: int, position: int, stratum: int, each: int, length: int) -> int:
    """Where in a ranking the item of a stratum is drawn."""
    # At the highest uniform, stratum + u rounds up to stratum + 1.
    return min(int((stratum + uniform_at(u, position)) / each * length), length - 1)


@kernel
def distinct(rows: Ints, num_items: int, explore: Ints, edition: int, lane: int, seen: Ints) -> None:
    """Replace repeats among a user's candidates by the next free row on offer (cyclically), first come first served.

    Args:
        rows: (num_candidates,) int64, changed in place; at most as many as are on offer.
        num_items: Size of the catalogue.
        explore: Of `Retrieval`: what is on offer in each edition. A single one offers all.
        edition: Of the day.
        lane: Of the user.
        seen: (SEEN,) int64, -1 at first and then kept from lane to lane: the last row of each remainder, with its lane.
    """
    here = lane << LANE_BITS
    for position in range(len(rows)):
        row = rows[position]
        while True:
            last = seen[row & (SEEN - 1)]
            if last >> LANE_BITS != lane:
                break
            repeat = last == here + row
            if not repeat:  # another row of this remainder: perhaps it hides this one
                for earlier in range(position):
                    repeat |= rows[earlier] == row
            if not repeat:
                break
            row = (row + 1) % num_items if len(explore) == 1 else _next_of(explore[edition], row)
        rows[position] = row
        seen[row & (SEEN - 1)] = here + row


@kernel
def _next_of(rising: Ints, row: int) -> int:
    """The first larger number of a rising list, after the last the first of all."""
    low, high = 0, len(rising)
    while low < high:
        middle = (low + high) // 2
        if rising[middle] <= row:
            low = middle + 1
        else:
            high = middle
    return rising[low if low < len(rising) else 0]


@kernel
def _best_first(rows: Ints, rank: Ints, strata: Unrolled) -> None:
    """Sort each source's items by rising rank, in place and stable."""
    each = len(strata)
    for first in range(0, len(rows), each):
        keys = rows[first : first + each]
        for i in range(each):
            row = keys[i]
            keys[i] = np.int64(rank[row]) << RANK_BITS | i << PLACE_BITS | row
        # Neighbours change places without a branch: the processor would guess wrong every other time.
        for last in range(each - 1, 0, -1):
            for i in range(last):
                keys[i], keys[i + 1] = min(keys[i], keys[i + 1]), max(keys[i], keys[i + 1])
        for i in range(each):
            keys[i] &= (1 << PLACE_BITS) - 1


def category_rankings(
    ranked: NDArray[np.int64],
    categories: NDArray[np.int64],
    departments: NDArray[np.int64],
    length: int,
) -> NDArray[np.int64]:
    """(num_categories, length) the best items of every category.

    A category with fewer items is filled from its department, then from all.

    Args:
        ranked: Rows of the items that there are, at least `length`, the best first.
        categories: (num_items,) of all items.
        departments: (num_items,) of all items.
        length: Of a list.
    """
    everything = ranked[:length]
    own, near = (_best_of_groups(groups, ranked, length) for groups in (categories, departments))
    rankings = np.empty((int(categories.max()) + 1, length), dtype=np.int64)
    homes = np.empty(len(rankings), dtype=np.int64)
    homes[categories[::-1]] = departments[::-1]  # the first item's, if a category has several
    for category, best in enumerate(own):
        if len(best) < length:  # what is left of each wider circle, the best first
            for wider in (near[homes[category]], everything):
                best = np.concatenate((best, wider[~np.isin(wider, best)]))[:length]
        rankings[category] = best
    return rankings


def stretched(lists: Sequence[Sequence[NDArray[np.integer]]]) -> NDArray[np.integer]:
    """(num_editions, num_lists, length) lists of any lengths above 0; in the shorter ones items stand several times."""
    length = max(len(ranking) for edition in lists for ranking in edition)
    return np.stack([[ranking[np.arange(length) * len(ranking) // length] for ranking in edition] for edition in lists])


def _best_of_groups(groups: NDArray[np.int64], rows: NDArray[np.int64], length: int) -> list[NDArray[np.int64]]:
    """The first `length` of `rows` in each group 0, 1, ... of all items (`groups`)."""
    order, starts = in_groups(groups[rows], int(groups.max()) + 1)
    return [rows[order[start : min(start + length, stop)]] for start, stop in zip(starts[:-1], starts[1:], strict=True)]


def in_groups(groups: NDArray[np.int64], at_least: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows of group 0, then those of group 1, ... ((num_rows,), rising within a group), and where each group begins
    and the last ends, (num_groups + 1,); there are `at_least` so many groups, the last of which may be empty."""
    # NumPy sorts integers of up to 16 bits by counting, several times faster.
    order = np.argsort(groups.astype(np.min_scalar_type(int(groups.max()))), kind="stable")
    return order, np.concatenate(([0], np.cumsum(np.bincount(groups, minlength=at_least))))

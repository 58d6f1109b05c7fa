"""The circle: a user's friends, who catch what the user passes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Codes, Floats, Ints, allocating_kernel, drawn, kernel
from recgym.items import Items
from recgym.prefetch import prefetch_ahead
from recgym.response import Funnel, Response
from recgym.state import State

QUIET, ACTIVE, WEARY = 0, 1, 2


class Sight(NamedTuple):
    """Who sees an item, each (num_envs, num_shown): shares of the friends, those of another topic counted in part."""

    active: NDArray[np.float64]
    fresh: NDArray[np.float64]  # not weary
    woken: NDArray[np.float64]  # whom it would wake, for each unit of how far it is passed on


@dataclass(frozen=True, eq=False)
class Circle:
    """Contagion among a user's friends, a small world of people who know each other (Watts & Strogatz, Nature 1998).

    A friend is quiet, active or weary. What pleases the user reaches the friends a little, what the user comments on
    more, what they share in full: with a = reach x spread of the item, a quiet friend becomes active with the chance,
    at most 1,

        a x (direct + beta x share of the active among those the friend sees),

    and an active one quiet with chance `tiring`. Where all know each other and `direct` is 0, the share x of active
    friends therefore moves by beta a x (1 - x) - tiring x on average, as in the mean-field model of contagion. A friend
    who sees what offends may become weary and takes no part until that has passed.

    Every friend follows a topic, and sees less of what is about another. Friends who sit together share a topic, mostly
    one of the user's favourites.

    Writes: friends (num_envs, num_friends) int8, one of QUIET, ACTIVE, WEARY; friend_topics (num_envs, num_friends)
    int64 categories; friend_links (num_envs, num_friends) int64, bit j set where the friend sees friend j; active
    (num_envs,), the share of active friends.
    """

    items: Items
    category_weights: NDArray[np.float64]  # (num_categories,) how often any category is followed
    spread: NDArray[np.float64]  # (num_items,) 0 to 1: how far an item is carried
    offence: NDArray[np.float64]  # (num_items,) chance that an item in full sight makes a friend weary
    num_friends: int = 16
    """At most 60."""
    near: int = 2
    """Neighbours on each side of the ring whom a friend sees, beside one anywhere."""
    liked: float = 0.2
    """How far an item reaches that only pleased."""
    commented: float = 0.5
    """How far an item reaches that was commented on, the domain's first event; one that was shared too, its second,
    reaches 1."""
    beta: float = 6.0
    """How contagious the active friends are."""
    direct: float = 0.7
    """How well the user wakes friends alone."""
    tiring: float = 0.09
    """Chance that an active friend is quiet again."""
    spontaneous: float = 0.01
    """Chance that a quiet friend becomes active without the user."""
    calming: float = 0.03
    """Chance that a weary friend is quiet again."""
    off_topic: float = 0.3
    """What a friend sees of an item about another topic than theirs."""
    start: float = 0.15
    """Chance that a friend is active at first."""
    favourite: float = 0.8
    """Chance that a friend follows one of the user's favourites."""

    @property
    def num_uniforms(self) -> int:
        """Three for every friend at first, one on every page."""
        return 3 * self.num_friends

    def __post_init__(self) -> None:
        if not 1 <= self.num_friends <= 60:
            raise ValueError(f"num_friends: expected 1 to 60, got {self.num_friends}")
        cumulative = np.cumsum(self.category_weights, dtype=np.float64)
        object.__setattr__(self, "_cumulative", cumulative / cumulative[-1])

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        shape = (state.num_envs, self.num_friends)
        state["friends"] = (u[:, : self.num_friends] < self.start).astype(np.int8)
        state["friend_topics"] = np.empty(shape, dtype=np.int64)
        state["friend_links"] = np.zeros(shape, dtype=np.int64)
        _meet(state["friend_topics"], state["friend_links"], state["favourites"], u[:, self.num_friends :],
              self._cumulative, self.favourite, self.near)  # fmt: skip
        state["active"] = (state["friends"] == ACTIVE).mean(axis=1)

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        after["friends"], after["active"] = np.empty(before["friends"].shape, np.int8), np.empty(before.num_envs)
        passed = self._passed(response.stayed, response.carted, response.purchased)
        _catch(before["friends"], after["friends"], after["active"], before["friend_topics"], before["friend_links"],
               slates, passed, u, self.items.categories, self.spread, self.offence, self.beta, self.direct, self.tiring,
               self.spontaneous, self.calming, self.off_topic)  # fmt: skip

    def sight(self, state: State, shown: NDArray[np.int64]) -> Sight:
        """Who sees `shown` items ((num_envs, num_shown) catalogue rows, -1 for an empty slot)."""
        sight = Sight(np.empty(shown.shape), np.empty(shown.shape), np.empty(shown.shape))
        _sight(state["friends"], state["friend_topics"], state["friend_links"], shown, self.items.categories,
               self.spread, self.beta, self.direct, self.off_topic, *sight)  # fmt: skip
        return sight

    def effects(self, state: State, shown: NDArray[np.int64], funnel: Funnel) -> dict[str, NDArray[np.float64]]:
        """woken: friends who become active; offended: friends who become weary."""
        friends = self.num_friends * self._passed(funnel.stays, funnel.carts, funnel.purchases)
        sight = self.sight(state, shown)
        return {"woken": friends * sight.woken, "offended": friends * self.offence[shown] * sight.fresh}

    def _passed(self, pleased: NDArray[Any], commented: NDArray[Any], shared: NDArray[Any]) -> NDArray[np.float64]:
        """How far items reach, from what the user did with them or from the chances of it."""
        return self.liked * pleased + (self.commented - self.liked) * commented + (1 - self.commented) * shared


@kernel
def _meet(
    topics: Ints, links: Ints, favourites: Ints, u: Floats, cumulative: Floats, favourite: float, near: int
) -> None:
    num_friends = topics.shape[1]
    for lane in range(len(topics)):
        for friend in range(num_friends):
            own = u[lane, friend]
            if own < favourite:
                topics[lane, friend] = favourites[lane, friend * favourites.shape[1] // num_friends]
            else:
                topics[lane, friend] = drawn(cumulative, (own - favourite) / (1.0 - favourite))
            links[lane, friend] |= 1 << friend
            for step in range(1, near + 1):
                links[lane, friend] |= 1 << (friend + step) % num_friends
                links[lane, friend] |= 1 << (friend - step) % num_friends
            far = int(u[lane, num_friends + friend] * num_friends)
            links[lane, friend] |= 1 << far
            links[lane, far] |= 1 << friend


@kernel
def _catch(
    before: Codes, friends: Codes, active: Floats, topics: Ints, links: Ints, slates: Ints, passed: Floats, u: Floats,
    categories: Ints, spread: Floats, offence: Floats, beta: float, direct: float, tiring: float, spontaneous: float,
    calming: float, off_topic: float,
) -> None:  # fmt: skip
    num_friends = before.shape[1]
    for lane in range(len(before)):
        talking, count = _who(before[lane], ACTIVE), 0
        for friend in range(num_friends):
            heard, offended = 0.0, 0.0
            for slot in range(slates.shape[1]):
                if passed[lane, slot] > 0.0:
                    item = slates[lane, slot]
                    seen = passed[lane, slot] * (1.0 if categories[item] == topics[lane, friend] else off_topic)
                    heard += seen * spread[item]
                    offended += seen * offence[item]
            now = before[lane, friend]
            if now == WEARY:
                moved, turns = calming, QUIET
            elif now == ACTIVE:
                moved, turns = tiring, QUIET
            else:
                moved = min(heard, 1.0) * (direct + beta * _share(links[lane, friend], talking)) + spontaneous
                turns = ACTIVE
            offended = 0.0 if now == WEARY else min(offended, 1.0)
            if u[lane, friend] < offended:
                now = WEARY
            elif u[lane, friend] < offended + (1.0 - offended) * moved:
                now = turns
            friends[lane, friend] = now
            count += now == ACTIVE
        active[lane] = count / num_friends


@allocating_kernel
def _sight(
    friends: Codes, topics: Ints, links: Ints, shown: Ints, categories: Ints, spread: Floats, beta: float,
    direct: float, off_topic: float, active_out: Floats, fresh_out: Floats, woken_out: Floats,
) -> None:  # fmt: skip
    num_friends = friends.shape[1]
    wakes = np.empty(num_friends)
    for lane in range(len(friends)):
        prefetch_ahead(categories, shown, lane)
        prefetch_ahead(spread, shown, lane)
        talking = _who(friends[lane], ACTIVE)
        for friend in range(num_friends):
            quiet = friends[lane, friend] == QUIET
            wakes[friend] = direct + beta * _share(links[lane, friend], talking) if quiet else 0.0
        for slot in range(shown.shape[1]):
            item = shown[lane, slot]
            active, fresh, woken = 0.0, 0.0, 0.0
            for friend in range(num_friends if item >= 0 else 0):
                seen = 1.0 if topics[lane, friend] == categories[item] else off_topic
                active += seen * (friends[lane, friend] == ACTIVE)
                fresh += seen * (friends[lane, friend] != WEARY)
                woken += seen * wakes[friend]
            active_out[lane, slot], fresh_out[lane, slot] = active / num_friends, fresh / num_friends
            woken_out[lane, slot] = woken * spread[max(item, 0)] / num_friends


@kernel
def _who(friends: Codes, state: int) -> int:
    """The friends in a state as bits."""
    bits = 0
    for friend in range(len(friends)):
        if friends[friend] == state:
            bits |= 1 << friend
    return bits


@kernel
def _share(links: int, bits: int) -> float:
    """Of those a friend sees, the share whose bit is set."""
    return _count(links & bits) / _count(links)


@kernel
def _count(bits: int) -> int:
    """How many bits are set, by taking away the lowest again and again (Kernighan)."""
    count = 0
    while bits:
        bits &= bits - 1
        count += 1
    return count

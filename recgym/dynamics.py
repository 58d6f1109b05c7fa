"""Dynamics: how a step moves the user. Each class owns a few state variables; the simulator runs them in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import drawn, kernel, purchase_change, sigmoid
from recgym.items import Items
from recgym.response import READY, Response
from recgym.state import State


class Dynamics(Protocol):
    """A part of the user that changes."""

    moves: ClassVar[tuple[str, ...]]  # the variables it owns: what `step` writes
    num_uniforms: ClassVar[int]  # random numbers per lane and step

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        """Add this part's variables to a new session; `u` is (num_envs, num_uniforms) in [0, 1)."""

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        """Move this part's variables in `after`, which the parts before it have already moved.

        The arrays in `after` that any part moves are copies, so a part writes into its own; `before` stays as it was.
        """


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
    moves: ClassVar[tuple[str, ...]] = ("trust",)
    num_uniforms: ClassVar[int] = 1

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        state["trust"] = self.start + self.spread * (u[:, 0] - 0.5)

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        _trust(after["trust"], response.clicked, response.stayed, response.purchased, response.rating,
               self.stay_gain, self.disappointment_loss, self.good_purchase, self.bad_purchase, self.forgetting,
               self.neutral)  # fmt: skip

    def purchase_change(self, surprise: NDArray[np.float64]) -> NDArray[np.float64]:
        """Change of trust after a purchase rated `surprise` stars above 3."""
        return purchase_change(surprise, self.good_purchase, self.bad_purchase)


@kernel
def _trust(trust, clicked, stayed, purchased, rating, gain, loss, good, bad, forgetting, neutral):
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


@dataclass(frozen=True, eq=False)
class Visits:
    """Visits end, and users come back or not.

    A visit ends after a page with a probability that clicks lower and disappointment raises; its length is roughly
    geometric, as in browsing logs. A user who leaves comes back after some days with a probability that rests on
    trust; otherwise the customer is lost and the session terminates.

    Writes: page, visit (num_envs,) int64; days_away (num_envs,), 0 within a visit; left, churned (num_envs,) bool;
    context (num_envs,) int64, row of the context sentence.
    """

    context_stay: NDArray[np.float64]  # (num_contexts,) lowers the logit of leaving
    context_shape: tuple[int, ...]  # weekdays, daytimes, devices, seasons, campaigns
    leave_bias: float = -0.75
    leave_click: float = -0.5
    leave_disappointment: float = 0.5
    leave_purchase: float = 0.8
    return_bias: float = 4.5
    return_trust: float = 3.0
    """Weight of trust - 0.5 in the logit of coming back."""
    return_click: float = 0.1
    gap_days: float = 8.0
    gap_trust: float = 6.0
    """Mean days away are 1 + gap_days - gap_trust x trust."""
    moves: ClassVar[tuple[str, ...]] = ("page", "visit", "context", "days_away", "left", "churned")
    num_uniforms: ClassVar[int] = 8

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        num_envs = state.num_envs
        state["page"] = np.zeros(num_envs, dtype=np.int64)
        state["visit"] = np.zeros(num_envs, dtype=np.int64)
        state["days_away"] = np.zeros(num_envs)
        state["left"] = np.zeros(num_envs, dtype=bool)
        state["churned"] = np.zeros(num_envs, dtype=bool)
        parts = (u[:, :5] * self.context_shape).astype(np.int64)
        state["context"] = np.ravel_multi_index(tuple(parts.T), self.context_shape)

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        _visits(after["page"], after["visit"], after["context"], after["days_away"], after["left"], after["churned"],
                before["patience"], after["trust"], response.clicked, response.stayed, response.purchased, u,
                self._leave, self._returns, self.context_stay, self._shape)  # fmt: skip

    def __post_init__(self) -> None:
        leave = (self.leave_bias, self.leave_click, self.leave_disappointment, self.leave_purchase)
        returns = (self.return_bias, self.return_trust, self.return_click, self.gap_days, self.gap_trust)
        object.__setattr__(self, "_leave", np.array(leave))
        object.__setattr__(self, "_returns", np.array(returns))
        object.__setattr__(self, "_shape", np.array(self.context_shape))


@kernel
def _visits(
    page, visit, context, days_away, left, churned, patience, trust, clicked, stayed, purchased, u, leave, returns,
    context_stay, context_shape,
):  # fmt: skip
    for lane in range(len(u)):
        clicks, disappointed, bought = 0, 0, False
        for slot in range(clicked.shape[1]):
            clicks += clicked[lane, slot]
            disappointed += clicked[lane, slot] and not stayed[lane, slot]
            bought |= purchased[lane, slot]
        logit = leave[0] + leave[1] * clicks + leave[2] * disappointed + leave[3] * bought
        logit -= patience[lane] + context_stay[context[lane]]
        left[lane] = u[lane, 0] < sigmoid(logit)
        if not left[lane]:
            page[lane], days_away[lane], churned[lane] = page[lane] + 1, 0.0, False
            continue
        churned[lane] = u[lane, 1] > sigmoid(returns[0] + returns[1] * (trust[lane] - 0.5) + returns[2] * clicks)
        page[lane], visit[lane] = 0, visit[lane] + 1
        days_away[lane] = np.floor(1.0 - np.log1p(-u[lane, 2]) * (returns[3] - returns[4] * trust[lane]))
        context[lane] = _next_context(context[lane], days_away[lane], u[lane, 3:], context_shape)


@kernel
def _next_context(context, days, u, shape):
    """The weekday moves on by the days away, the season rarely; daytime and campaign are drawn, the device stays."""
    weekdays, daytimes, devices, seasons, campaigns = shape
    campaign, context = context % campaigns, context // campaigns
    season, context = context % seasons, context // seasons
    device, weekday = context % devices, context // devices // daytimes
    weekday = (weekday + int(days)) % weekdays
    if u[1] < days / 91:
        season = (season + 1) % seasons
    if u[2] < days / 14:
        campaign = int(u[3] * campaigns)
    return (((weekday * daytimes + int(u[0] * daytimes)) * devices + device) * seasons + season) * campaigns + campaign


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
    moves: ClassVar[tuple[str, ...]] = ("need", "readiness", "need_pages", "query", "query_category")
    num_uniforms: ClassVar[int] = 7

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        num_envs = state.num_envs
        for name in ("need", "query", "query_category"):
            state[name] = np.empty(num_envs, dtype=np.int64)
        _first_need(state["favourites"], u, self.start, self.favourite, self._cumulative, self.query_rows, state["need"],
                    state["query"], state["query_category"])  # fmt: skip
        state["readiness"], state["need_pages"] = np.zeros(num_envs), np.zeros(num_envs)

    def gain(self, rating: NDArray[np.float64]) -> NDArray[np.float64]:
        """Readiness gained from a satisfying page of the needed category, by the item's standardised rating."""
        return self.information * sigmoid(1.2 * rating)

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        _need(after["need"], after["readiness"], after["need_pages"], after["query"], after["query_category"],
              before["favourites"], after["left"], slates, response.clicked, response.stayed, response.purchased,
              response.funnel.needed, u, self._chances, self._gains, self.items.categories, self._cumulative,
              self.query_rows)  # fmt: skip

    def __post_init__(self) -> None:
        chances = (self.inspiration, self.spontaneous, self.lost, self.favourite)
        object.__setattr__(self, "_chances", np.array(chances))
        object.__setattr__(self, "_gains", self.gain(self.items.trait("rating")))
        cumulative = np.cumsum(self.category_weights, dtype=np.float64)
        object.__setattr__(self, "_cumulative", cumulative / cumulative[-1])


@kernel
def _need(
    need, readiness, need_pages, query, query_category, favourites, left, slates, clicked, stayed, purchased, needed, u,
    chances, gains, categories, cumulative, query_rows,
):  # fmt: skip
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
def _first_need(favourites, u, start, favourite, cumulative, query_rows, need, query, query_category):
    for lane in range(len(u)):
        need[lane] = _new_need(favourites[lane], u[lane, 3:6], cumulative, favourite) if u[lane, 0] < start else -1
        query[lane] = _query(need[lane], 0.0, query_rows, u[lane, 6])
        query_category[lane] = need[lane]


@kernel
def _new_need(favourites, u, cumulative, favourite):
    """A favourite category, or any."""
    if u[2] < favourite:
        return favourites[int(u[0] * len(favourites))]
    return drawn(cumulative, u[1])


@kernel
def _query(need, readiness, query_rows, u):
    """Row of a query that says the need, or -1."""
    if need < 0:
        return -1
    return query_rows[need, 1 if readiness >= READY else 0, int(u * query_rows.shape[2])]


@dataclass(frozen=True, eq=False)
class Satiation:
    """Seeing a category tires of it; days away refresh (rebounding interest, Leqi et al., NeurIPS 2021).

    Writes: satiation (num_envs, num_categories) float32.
    """

    items: Items
    decay: float = 0.9
    click: float = 0.5
    purchase: float = 1.0
    recovery_days: float = 10.0
    moves: ClassVar[tuple[str, ...]] = ("satiation",)
    num_uniforms: ClassVar[int] = 0

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        state["satiation"] = np.zeros((state.num_envs, self.items.num_categories), dtype=np.float32)

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        _satiation(after["satiation"], after["days_away"], slates, response.clicked, response.purchased,
                   self.items.categories, self.decay, self.recovery_days, self.click, self.purchase)  # fmt: skip


@kernel
def _satiation(satiation, days_away, slates, clicked, purchased, categories, decay, recovery, click, purchase):
    for lane in range(len(satiation)):
        kept = np.float32(decay * np.exp(-days_away[lane] / recovery)) if days_away[lane] > 0 else np.float32(decay)
        for category in range(satiation.shape[1]):
            satiation[lane, category] *= kept
        for slot in range(slates.shape[1]):
            if clicked[lane, slot]:
                amount = click + purchase * purchased[lane, slot]
                satiation[lane, categories[slates[lane, slot]]] += np.float32(amount)


@dataclass(frozen=True, eq=False)
class ReferencePrice:
    """The price level a user expects follows the prices of the pages they look at (Popescu & Wu, 2007).

    Writes: reference_price (num_envs,), in standard deviations of log price within a category.
    """

    items: Items
    memory: float = 0.85
    moves: ClassVar[tuple[str, ...]] = ("reference_price",)
    num_uniforms: ClassVar[int] = 0

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        state["reference_price"] = np.zeros(state.num_envs)

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        _reference_price(after["reference_price"], slates, response.clicked, self._price, self.memory)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_price", np.ascontiguousarray(self.items.trait("relative_price")))


@kernel
def _reference_price(reference_price, slates, clicked, price, memory):
    for lane in range(len(reference_price)):
        looked, seen = 0, 0.0
        for slot in range(slates.shape[1]):
            if clicked[lane, slot]:
                looked += 1
                seen += price[slates[lane, slot]]
        if looked:
            reference_price[lane] += (1.0 - memory**looked) * (seen / looked - reference_price[lane])


@dataclass(frozen=True, eq=False)
class Drift:
    """Interest moves toward what satisfied it (Dean & Morgenstern, EC 2022, eq. 1, without repulsion).

    Writes: interest (num_envs, embedding_dim) float32, unit norm.
    """

    items: Items
    rate: float = 0.03
    moves: ClassVar[tuple[str, ...]] = ("interest",)
    num_uniforms: ClassVar[int] = 0

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        """`UserPopulation` draws the first interest."""

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        _drift(after["interest"], slates, response.stayed, self.items.embeddings, np.float32(self.rate))


@kernel
def _drift(interest, slates, stayed, embeddings, rate):
    for lane in range(len(interest)):
        moves = False
        for slot in range(slates.shape[1]):
            if stayed[lane, slot]:
                moves = True
                _add(interest[lane], embeddings[slates[lane, slot]], rate)
        if not moves:
            continue
        length = np.float32(0.0)
        for i in range(interest.shape[1]):
            length += interest[lane, i] * interest[lane, i]
        scale = np.float32(1.0) / max(np.sqrt(length), np.float32(1e-12))
        for i in range(interest.shape[1]):
            interest[lane, i] *= scale


@kernel
def _add(total, vector, weight):
    """total += weight * vector, in place."""
    for i in range(len(total)):
        total[i] += weight * vector[i]


@dataclass(frozen=True, eq=False)
class History:
    """What the shop's log knows of the session: every page, and recency-weighted pools of embeddings.

    Writes: liked, skipped, exposed (num_envs, embedding_dim) float32; history_items (num_envs, history_length,
    slate_size) int64, -1 where empty, the latest page last; history_events of the same shape, int8 codes of EVENTS;
    interest_item, interest_category (num_envs,) int64, what was last looked at; recent (num_envs, len(RECENT)) running
    sums of what can be seen of the user.
    """

    items: Items
    slate_size: int
    history_length: int
    entry_items: NDArray[np.int64]  # (num_categories,) item that stands for a category before the first click
    pool_decay: float = 0.85
    moves: ClassVar[tuple[str, ...]] = (
        "liked", "skipped", "exposed", "history_items", "history_events", "recent", "interest_item", "interest_category",
    )  # fmt: skip
    num_uniforms: ClassVar[int] = 1

    EVENTS: ClassVar[tuple[str, ...]] = ("skipped", "disappointed", "clicked", "carted", "purchased")
    RECENT: ClassVar[tuple[str, ...]] = ("clicks", "contentment", "rating", "carts")
    RECENT_DECAY: ClassVar[NDArray[np.float64]] = np.array([0.7, 0.9, 0.9, 0.8])

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        num_envs = state.num_envs
        for pool in ("liked", "skipped", "exposed"):
            state[pool] = np.zeros((num_envs, self.items.embedding_dim), dtype=np.float32)
        pages = (num_envs, self.history_length, self.slate_size)
        state["history_items"] = np.full(pages, -1, dtype=np.int64)
        state["history_events"] = np.zeros(pages, dtype=np.int8)
        # Before the first click the shop goes by one of the two favourites the profile names.
        named = (u[:, 0] * 2).astype(np.int64)
        state["interest_category"] = np.take_along_axis(state["favourites"], named[:, None], axis=1)[:, 0]
        state["interest_item"] = self.entry_items[state["interest_category"]]
        state["recent"] = np.zeros((num_envs, len(self.RECENT)))

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        _pools(after["liked"], after["skipped"], after["exposed"], slates, response.clicked, response.stayed,
               self.items.embeddings, np.float32(self.pool_decay))  # fmt: skip
        _log(after["history_items"], after["history_events"], after["recent"], slates, response.clicked, response.stayed,
             response.carted, response.purchased, response.rating, self.RECENT_DECAY)  # fmt: skip
        _last_looked_at(after["interest_item"], after["interest_category"], before["favourites"], after["left"], slates,
                        response.stayed, u, self.items.categories)  # fmt: skip


@kernel
def _pools(liked, skipped, exposed, slates, clicked, stayed, embeddings, decay):
    weight = np.float32(0.3)
    for lane in range(len(slates)):
        for i in range(liked.shape[1]):
            liked[lane, i] *= decay
            skipped[lane, i] *= decay
            exposed[lane, i] *= decay
        for slot in range(slates.shape[1]):
            if slates[lane, slot] < 0:
                continue
            vector = embeddings[slates[lane, slot]]
            _add(exposed[lane], vector, weight)
            if stayed[lane, slot]:
                _add(liked[lane], vector, weight)
            elif not clicked[lane, slot]:
                _add(skipped[lane], vector, weight)


@kernel
def _log(items, events, recent, slates, clicked, stayed, carted, purchased, rating, recent_decay):
    last = items.shape[1] - 1
    for lane in range(len(slates)):
        for page in range(last):
            for slot in range(slates.shape[1]):
                items[lane, page, slot] = items[lane, page + 1, slot]
                events[lane, page, slot] = events[lane, page + 1, slot]
        clicks, stays, stars, carts = 0, 0, 0.0, 0
        for slot in range(slates.shape[1]):
            items[lane, last, slot] = slates[lane, slot]
            code = 0
            if clicked[lane, slot]:
                code = 4 if purchased[lane, slot] else 3 if carted[lane, slot] else 2 if stayed[lane, slot] else 1
            events[lane, last, slot] = code
            clicks += clicked[lane, slot]
            stays += stayed[lane, slot]
            carts += carted[lane, slot]
            if purchased[lane, slot]:
                stars += rating[lane, slot] - 3.0
        news = (0.3 * clicks, 0.65 * stays - 0.5 * clicks, stars, 0.5 * carts)
        for i in range(4):
            recent[lane, i] = recent[lane, i] * recent_decay[i] + news[i]


@kernel
def _last_looked_at(item, category, favourites, left, slates, stayed, u, categories):
    for lane in range(len(slates)):
        for slot in range(slates.shape[1]):
            if stayed[lane, slot]:
                item[lane] = slates[lane, slot]
                category[lane] = categories[slates[lane, slot]]
                break
        if left[lane]:  # a new visit starts from the profile again
            category[lane] = favourites[lane, int(u[lane, 0] * 2)]

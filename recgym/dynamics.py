"""Dynamics: how a step moves the user. Each class owns a few state variables; the simulator runs them in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from recgym.items import Items
from recgym.response import READY, Response, sigmoid
from recgym.state import State


class Dynamics(Protocol):
    """A part of the user that changes."""

    num_uniforms: ClassVar[int]  # random numbers per lane and step

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        """Add this part's variables to a new session; `u` is (num_envs, num_uniforms) in [0, 1)."""

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        """Replace this part's variables in `after`, which the parts before it have already moved."""


@dataclass(frozen=True)
class Trust:
    """Trust in the shop: pages that keep their promise build it, those that disappoint cost more than that.

    After a purchase the rating moves it too. Writes: trust (num_envs,) in [0, 1].
    """

    start: float = 0.55
    spread: float = 0.06
    stay_gain: float = 0.035
    disappointment_loss: float = 0.14
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
        stayed = response.stayed.sum(axis=1)
        disappointed = response.clicked.sum(axis=1) - stayed
        trust = before["trust"]
        trust = trust + self.stay_gain * stayed - self.disappointment_loss * disappointed
        trust += (self.purchase_change(response.rating - 3.0) * response.purchased).sum(axis=1)
        trust += self.forgetting * (self.neutral - before["trust"])
        after["trust"] = np.minimum(np.maximum(trust, 0.0), 1.0)

    def purchase_change(self, surprise: NDArray[np.float64]) -> NDArray[np.float64]:
        """Change of trust after a purchase rated `surprise` stars above 3."""
        return np.where(surprise > 0, self.good_purchase, self.bad_purchase) * np.tanh(surprise)


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
        clicks = response.clicked.sum(axis=1)
        disappointed = clicks - response.stayed.sum(axis=1)
        bought = response.purchased.any(axis=1)
        leave = sigmoid(
            self.leave_bias + self.leave_click * clicks + self.leave_disappointment * disappointed
            + self.leave_purchase * bought - before["patience"] - self.context_stay[before["context"]]
        )  # fmt: skip
        returns = sigmoid(self.return_bias + self.return_trust * (after["trust"] - 0.5) + self.return_click * clicks)
        left = u[:, 0] < leave
        after["left"] = left
        after["churned"] = left & (u[:, 1] > returns)
        after["page"] = np.where(left, 0, before["page"] + 1)
        after["visit"] = before["visit"] + left
        mean_days = self.gap_days - self.gap_trust * after["trust"]
        days = np.where(left, np.floor(1.0 - np.log1p(-u[:, 2]) * mean_days), 0.0)
        after["days_away"] = days
        if left.any():
            after["context"] = np.where(left, self._next_context(before["context"], days, u[:, 3:]), before["context"])

    def _next_context(
        self, context: NDArray[np.int64], days: NDArray[np.float64], u: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """The weekday moves on by the days away, the season rarely; daytime and campaign are drawn, the device stays."""
        weekday, daytime, device, season, campaign = np.unravel_index(context, self.context_shape)
        weekdays, daytimes, _, seasons, campaigns = self.context_shape
        parts = (
            (weekday + days.astype(np.int64)) % weekdays,
            (u[:, 0] * daytimes).astype(np.int64),
            device,
            np.where(u[:, 1] < days / 91, (season + 1) % seasons, season),
            np.where(u[:, 2] < days / 14, (u[:, 3] * campaigns).astype(np.int64), campaign),
        )
        return np.ravel_multi_index(parts, self.context_shape)


@dataclass(frozen=True, eq=False)
class Need:
    """A need arises, ripens and is met: the customer browses, compares, buys.

    A page that inspires a browsing user may start a need for its category; some visits begin with one. Well-rated
    pages of the needed category make the user ready to buy. A purchase in the category ends the need. The search
    query of the moment shows category and stage in words.

    Writes: need (num_envs,) int64 category or -1; readiness (num_envs,) in [0, 1]; query (num_envs,) int64 row of the
    query table or -1; query_category (num_envs,) int64; need_pages (num_envs,) pages looked at for this need.
    """

    items: Items
    query_rows: NDArray[np.int64]  # (num_categories, 2, num_paraphrases): comparing, buying
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
    num_uniforms: ClassVar[int] = 6

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        num_envs = state.num_envs
        state["need"] = np.where(u[:, 0] < self.start, state["favourites"][:, 0], -1)
        state["readiness"] = np.zeros(num_envs)
        state["need_pages"] = np.zeros(num_envs)
        self._search(state, u[:, 5])

    def gain(self, rating: NDArray[np.float64]) -> NDArray[np.float64]:
        """Readiness gained from a satisfying page of the needed category, by the item's standardised rating."""
        return self.information * sigmoid(1.2 * rating)

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        need, needed = before["need"], response.funnel.needed
        has_need = need >= 0
        gain = self.gain(self.items.trait("rating")[slates]) * (response.stayed & needed)
        readiness = np.minimum(before["readiness"] + gain.sum(axis=1), 1.0) * has_need

        met = (response.purchased & needed).any(axis=1)
        forgotten = has_need & ~response.clicked.any(axis=1) & (u[:, 0] < self.lost)
        stays = response.stayed.sum(axis=1)
        first = np.take_along_axis(slates, response.stayed.argmax(axis=1)[:, None], axis=1)[:, 0]
        inspired = ~has_need & (u[:, 1] < 1 - (1 - self.inspiration) ** stays)
        need = np.where(met | forgotten, -1, np.where(inspired, self.items.categories[first], need))
        fresh = after["left"] & (need < 0) & (u[:, 2] < self.spontaneous)
        favourite = (u[:, 3] * before["favourites"].shape[1]).astype(np.int64)[:, None]
        need = np.where(fresh, np.take_along_axis(before["favourites"], favourite, axis=1)[:, 0], need)

        same = (need == before["need"]) & has_need
        after["need"] = need
        after["readiness"] = np.where(same, readiness, 0.0)
        looked = (response.clicked & needed).sum(axis=1)
        after["need_pages"] = np.where(same, before["need_pages"] + looked, 0.0)
        self._search(after, u[:, 5])

    def _search(self, state: State, u: NDArray[np.float64]) -> None:
        need = state["need"]
        wording = (u * self.query_rows.shape[2]).astype(np.int64)
        rows = self.query_rows[need, (state["readiness"] >= READY).astype(np.int64), wording]
        state["query"] = np.where(need >= 0, rows, -1)
        state["query_category"] = need


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
    num_uniforms: ClassVar[int] = 0

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        state["satiation"] = np.zeros((state.num_envs, self.items.num_categories), dtype=np.float32)

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        kept = self.decay * np.exp(after["days_away"] / -self.recovery_days)
        satiation = before["satiation"] * kept.astype(np.float32)[:, None]
        lanes, slots = np.nonzero(response.clicked)
        amount = self.click + self.purchase * response.purchased[lanes, slots]
        np.add.at(satiation, (lanes, self.items.categories[slates[lanes, slots]]), amount.astype(np.float32))
        after["satiation"] = satiation


@dataclass(frozen=True, eq=False)
class ReferencePrice:
    """The price level a user expects follows the prices of the pages they look at (Popescu & Wu, 2007).

    Writes: reference_price (num_envs,), in standard deviations of log price within a category.
    """

    items: Items
    memory: float = 0.85
    num_uniforms: ClassVar[int] = 0

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        state["reference_price"] = np.zeros(state.num_envs)

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        remembered = before["reference_price"]
        looked = response.clicked.sum(axis=1)
        seen = (self.items.trait("relative_price")[slates] * response.clicked).sum(axis=1)
        weight = 1 - self.memory**looked
        after["reference_price"] = remembered + weight * (seen / np.maximum(looked, 1) - remembered)


@dataclass(frozen=True, eq=False)
class Drift:
    """Interest moves toward what satisfied it (Dean & Morgenstern, EC 2022, eq. 1, without repulsion).

    Writes: interest (num_envs, embedding_dim) float32, unit norm.
    """

    items: Items
    rate: float = 0.03
    num_uniforms: ClassVar[int] = 0

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        """`UserPopulation` draws the first interest."""

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        seen = self.items.embeddings[slates]
        weights = response.stayed.astype(np.float32) * np.float32(self.rate)
        moved = before["interest"] + np.einsum("nk,nkd->nd", weights, seen)
        norm = np.sqrt(np.einsum("nd,nd->n", moved, moved))
        after["interest"] = moved / np.maximum(norm, np.float32(1e-12))[:, None]


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
        clicked, stayed, carted = response.clicked, response.stayed, response.carted
        shown = slates >= 0
        embeddings = self.items.embeddings[slates]
        for pool, events in (("liked", stayed), ("skipped", shown & ~clicked), ("exposed", shown)):
            weights = events.astype(np.float32) * np.float32(0.3)
            seen = np.einsum("nk,nkd->nd", weights, embeddings)
            after[pool] = before[pool] * np.float32(self.pool_decay) + seen

        codes = clicked.astype(np.int8) + stayed + carted * (2 - stayed) + response.purchased
        after["history_items"] = np.concatenate((before["history_items"][:, 1:], slates[:, None]), axis=1)
        after["history_events"] = np.concatenate((before["history_events"][:, 1:], codes[:, None]), axis=1)

        liked = stayed.any(axis=1)
        first = np.take_along_axis(slates, stayed.argmax(axis=1)[:, None], axis=1)[:, 0]
        item = np.where(liked, first, before["interest_item"])
        category = np.where(liked, self.items.categories[first], before["interest_category"])
        # A new visit without a click starts from the profile again.
        restart = after["left"] & ~liked
        named = (u[:, 0] * 2).astype(np.int64)[:, None]
        favourite = np.take_along_axis(before["favourites"], named, axis=1)[:, 0]
        after["interest_item"] = item
        after["interest_category"] = np.where(restart, favourite, category)

        clicks, stays = clicked.sum(axis=1), stayed.sum(axis=1)
        news = np.stack((0.3 * clicks, 0.65 * stays - 0.5 * clicks,
                         ((response.rating - 3.0) * response.purchased).sum(axis=1), 0.5 * carted.sum(axis=1)), axis=1)  # fmt: skip
        after["recent"] = before["recent"] * self.RECENT_DECAY + news

"""The history a shop's log keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Codes, Flags, Floats, Ints, Singles, add, kernel, scaled
from recgym.items import Items
from recgym.prefetch import prefetch_ahead
from recgym.response import Response
from recgym.state import State


@dataclass(frozen=True, eq=False)
class History:
    """What the shop's log knows of the session: every page, and recency-weighted pools of embeddings.

    Writes: liked, skipped, exposed (num_envs, embedding_dim) float32; history_items (num_envs, history_length,
    slate_size) int64, -1 where empty, the latest page last; history_events of the same shape, int8 codes of EVENTS;
    interest_item, interest_category (num_envs,) int64, what was last looked at; recent (num_envs, len(RECENT)) running
    sums of what can be seen of the user. A visit that ends puts interest_category back to a category of the profile;
    interest_item stays: the shop still shows what is similar to it.
    """

    items: Items
    slate_size: int
    history_length: int
    entry_items: NDArray[np.int64]  # (num_categories,) item that stands for a category before the first click
    pool_decay: float = 0.85
    num_uniforms: ClassVar[int] = 1

    EVENTS: ClassVar[tuple[str, ...]] = ("skipped", "disappointed", "clicked", "carted", "purchased")
    RECENT: ClassVar[tuple[str, ...]] = ("clicks", "contentment", "rating", "first event")
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
        state["interest_category"] = state["favourites"][np.arange(num_envs), named]
        state["interest_item"] = self.entry_items[state["interest_category"]]
        state["recent"] = np.zeros((num_envs, len(self.RECENT)))

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        for name in ("liked", "skipped", "exposed"):
            after[name] = np.empty(before[name].shape, np.float32)
        for name in ("history_items", "history_events", "recent", "interest_item", "interest_category"):
            after[name] = before[name].copy()
        _pools(before["liked"], before["skipped"], before["exposed"], after["liked"], after["skipped"],
               after["exposed"], slates, response.clicked, response.stayed, self.items.embeddings,
               self.pool_decay)  # fmt: skip
        _log(after["history_items"], after["history_events"], after["recent"], after["interest_item"],
             after["interest_category"], before["favourites"], after["left"], slates, response.clicked, response.stayed,
             response.carted, response.purchased, response.rating, u, self.items.categories,
             self.RECENT_DECAY)  # fmt: skip


@kernel
def _pools(
    liked_before: Singles, skipped_before: Singles, exposed_before: Singles, liked: Singles, skipped: Singles,
    exposed: Singles, slates: Ints, clicked: Flags, stayed: Flags, embeddings: Singles, decay: float,
) -> None:  # fmt: skip
    keep, weight = np.float32(decay), np.float32(0.3)
    for lane in range(len(slates)):
        prefetch_ahead(embeddings, slates, lane)
        scaled(liked[lane], liked_before[lane], keep)
        scaled(skipped[lane], skipped_before[lane], keep)
        scaled(exposed[lane], exposed_before[lane], keep)
        for slot in range(slates.shape[1]):
            if slates[lane, slot] < 0:
                continue
            vector = embeddings[slates[lane, slot]]
            add(exposed[lane], vector, weight)
            if stayed[lane, slot]:
                add(liked[lane], vector, weight)
            elif not clicked[lane, slot]:
                add(skipped[lane], vector, weight)


@kernel
def _log(
    items: Ints, events: Codes, recent: Floats, interest_item: Ints, interest_category: Ints, favourites: Ints,
    left: Flags, slates: Ints, clicked: Flags, stayed: Flags, carted: Flags, purchased: Flags, rating: Floats,
    u: Floats, categories: Ints, recent_decay: Floats,
) -> None:  # fmt: skip
    last = items.shape[1] - 1
    for lane in range(len(slates)):
        for page in range(last):
            for slot in range(slates.shape[1]):
                items[lane, page, slot] = items[lane, page + 1, slot]
                events[lane, page, slot] = events[lane, page + 1, slot]
        clicks, stays, stars, carts = 0, 0, 0.0, 0
        for slot in range(slates.shape[1]):
            item, code = slates[lane, slot], 0
            if clicked[lane, slot]:
                code = 4 if purchased[lane, slot] else 3 if carted[lane, slot] else 2 if stayed[lane, slot] else 1
            items[lane, last, slot], events[lane, last, slot] = item, code
            if stayed[lane, slot] and not stays:
                interest_item[lane], interest_category[lane] = item, categories[item]
            clicks += clicked[lane, slot]
            stays += stayed[lane, slot]
            carts += carted[lane, slot]
            if purchased[lane, slot]:
                stars += rating[lane, slot] - 3.0
        if left[lane]:  # a new visit starts from the profile again
            interest_category[lane] = favourites[lane, int(u[lane, 0] * 2)]
        news = (0.3 * clicks, 0.65 * stays - 0.5 * clicks, stars, 0.5 * carts)
        for i in range(4):
            recent[lane, i] = recent[lane, i] * recent_decay[i] + news[i]

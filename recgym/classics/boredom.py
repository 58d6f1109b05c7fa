"""RecGym-Boredom-v0: too many clicks on one topic, and the user wants nothing for a while.

The family of SARDINE (Deffayet et al., TORS 2024): position-based clicks by relevance, boredom by main topic, and
clicked items that draw the user's taste towards them. Where SARDINE averages the clicked items over all topics into
one number, here each topic has its own mean; nor does a random slate use up the first step.

## Description

- Items: unit vectors over 10 topics, of which 2 or 3 are not zero; the largest is the main topic. A catalogue of
  1,000 is drawn once, from `seed`, and of it the candidates of every step.
- Users: unit vectors with 3 to 5 topics. Relevance of an item: sigmoid(100 (item . taste - 0.65)).
- A click on slot k (from 0) has probability 0.85^k times the relevance.
- Boredom: 5 clicks on one main topic within the last 5 steps, counting the 10 latest clicks, and for 5 steps the user
  wants nothing at all (churn and return); with `bores="topic"` only nothing of that topic.

`variant="influence"`: clicked items move the taste, u <- 0.95 u + 0.05 x their mean. `variant="uncertain"`: slope 10
instead of 100. By default 100 items are offered; SARDINE chooses the slate from all, `num_candidates=1000`.

## Observation space

Taste and boredom are hidden; what was clicked of late is seen, by main topic, as in SARDINE.

## Why look ahead

The two privileged policies see the taste and the boredom. The myopic one shows the most relevant items. The reference
spares the topics: it shows relevant items of those least clicked of late, as long as the clicks to be expected do not
bore. It is a rule, not an optimum.

What it gains rests on how much there is to choose from. With SARDINE's `num_candidates=1000` every topic has enough
relevant items: in 500 sessions random, myopic and reference get 43.5, 141.7 and 464.6 clicks, a gap of 70 %.

## Version history

- v0: the constants of SARDINE's SlateTopK-Bored.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from recgym.arguments import one_of, real_number, whole_number
from recgym.classics.boredom_equations import alike, influence, recent_counts, relevance, remember, tire, wanted
from recgym.classics.classic import PUBLISHED, Classic, Responded, shown
from recgym.compiled import Flags, Floats, Ints, Singles, allocating_kernel, drawn
from recgym.randomness import BatchRNG, Keys, Purpose, counter_of, uniform_at
from recgym.state import State

BORES = ("everything", "topic")
FEWEST, MOST = 3, 5  # topics of a user
TOPIC_SHARE = 0.4  # a user has each of ten topics so often, before those with too few or too many are left out


@dataclass(frozen=True)
class Boredom(Classic):
    """The model under the constants of SARDINE's SlateTopK-Bored or others."""

    slate_size: int = 10
    num_candidates: int = 100
    session_length: int = 100
    num_items: int = 1000
    """Items of the catalogue."""
    seed: int = 0
    """Draws the catalogue."""
    num_topics: int = 10
    """Topics of items and users, at least 5."""
    relevance_offset: float = 0.65
    """Similarity at which an item is relevant with probability 1/2."""
    relevance_slope: float | None = None
    """How sharp that is; by default the variant's, 100 as published."""
    examination: float = 0.85
    """Slot i is looked at with probability examination ** i."""
    threshold: int = 5
    """So many clicks on a main topic bore."""
    window: int = 5
    """Clicks of so many last steps count."""
    recent_clicks: int = 10
    """And of them only so many of the latest."""
    timeout: int = 5
    """Steps that boredom lasts."""
    bores: Literal["everything", "topic"] = "everything"
    """What a bored user does not want: anything (churn and return), or the topic (temporary loss of interest)."""
    memory: float | None = None
    """Weight of the taste so far when clicked items influence it; by default the variant's, 1 as published."""
    alike_threshold: int = 4
    """So many items of a main topic make a slate monotonous."""
    alike_penalty: float = 1.0
    """Relevance is divided by it on a monotonous slate."""

    VARIANTS: ClassVar = {
        PUBLISHED: {"relevance_slope": 100.0, "memory": 1.0},
        "influence": {"relevance_slope": 100.0, "memory": 0.95},
        "uncertain": {"relevance_slope": 10.0, "memory": 1.0},
    }
    OBSERVED: ClassVar = {
        "candidates": ("candidate_features", "the topics of each candidate"),
        "response": ("response", "of the last slate, slot by slot: click, topics; zeros at first"),
        "recent": ("recent", "by main topic: clicks that count, of the threshold, at most 1"),
    }
    ITEM = ("item", "topic")
    VISIBLE = ("item", "topic")
    HIDDEN = ("taste", "bored_for", "wants")
    CURVES = ("wants",)
    REWARD = ("click", "number of clicks")

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("bores", self.bores, BORES)
        for name, least in (("num_items", self.num_candidates), ("seed", 0), ("num_topics", MOST), ("threshold", 1),
                            ("window", 1), ("recent_clicks", 1), ("timeout", 1), ("alike_threshold", 1)):  # fmt: skip
            object.__setattr__(self, name, whole_number(name, getattr(self, name), least))
        for name in ("relevance_offset", "examination", "memory"):
            real_number(name, getattr(self, name), 0.0, 1.0)
        real_number("relevance_slope", self.relevance_slope, 0.0)
        real_number("alike_penalty", self.alike_penalty, 1.0)

    @cached_property
    def items(self) -> NDArray[np.float64]:
        """(num_items, num_topics) unit vectors."""
        rng = np.random.default_rng(self.seed)
        ranks = rng.random((self.num_items, self.num_topics)).argsort(axis=1).argsort(axis=1)
        vectors = rng.random(ranks.shape) * (ranks < rng.integers(2, 4, self.num_items)[:, None])
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    @cached_property
    def main_topics(self) -> NDArray[np.int64]:
        """(num_items,) the topic an item has most of."""
        return self.items.argmax(axis=1)

    @cached_property
    def _topic_counts(self) -> NDArray[np.float64]:
        """Cumulative chances that a user has FEWEST, ..., MOST topics."""
        counts = np.arange(FEWEST, MOST + 1)
        odds = [math.comb(10, k) * TOPIC_SHARE**k * (1 - TOPIC_SHARE) ** (10 - k) for k in counts.tolist()]
        return np.cumsum(odds) / np.sum(odds)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The topics."""
        return tuple(f"topic {topic}" for topic in range(1, self.num_topics + 1))

    def relevance(self, state: State) -> NDArray[np.float64]:
        """(num_envs, num_candidates) as the users are now, bored or not."""
        found = np.empty(state["item"].shape)
        _relevance(state["taste"], state["bored_for"], self.items, state["item"], self.bores == "everything",
                   self.relevance_offset, self.relevance_slope, found)  # fmt: skip
        return found

    def add_users(self, state: State, rng: BatchRNG) -> None:
        """Writes taste (num_envs, num_topics); bored_for int64 of the same shape; wants (num_envs,) 0 or 1;
        clicked_topics, clicked_steps (num_envs, recent_clicks) int64, -1 for none."""
        num_envs = state.num_envs
        state["taste"] = np.zeros((num_envs, self.num_topics))
        _meet(rng.keys, state["step"], self._topic_counts, state["taste"])
        state["bored_for"], state["wants"] = np.zeros((num_envs, self.num_topics), dtype=np.int64), np.ones(num_envs)
        for name in ("clicked_topics", "clicked_steps"):
            state[name] = np.full((num_envs, self.recent_clicks), -1)
        state["recent"] = np.zeros((num_envs, self.num_topics), dtype=np.float32)
        state["response"] = np.zeros((num_envs, self.slate_size, 1 + self.num_topics), dtype=np.float32)

    def add_candidates(self, state: State, rng: BatchRNG) -> None:
        """Writes item and topic int64: rows of `items`, and their main topics."""
        shape = (state.num_envs, self.num_candidates)
        state["item"], state["topic"] = np.empty(shape, dtype=np.int64), np.empty(shape, dtype=np.int64)
        state["candidate_features"] = np.empty((*shape, self.num_topics), dtype=np.float32)
        _draw(rng.keys, state["step"], self._vectors, self.main_topics, state["item"], state["topic"],
              state["candidate_features"])  # fmt: skip

    def respond(self, before: State, after: State, slates: NDArray[np.int64], rng: BatchRNG) -> Responded:
        """Any number of clicks; boredom comes and goes, and taste moves."""
        items, visible = shown(before["item"], slates), slates >= 0
        chance = np.empty(slates.shape)
        everything = self.bores == "everything"
        _relevance(before["taste"], before["bored_for"], self.items, items, everything, self.relevance_offset,
                   self.relevance_slope, chance)  # fmt: skip
        _examine(visible, shown(before["topic"], slates), self.num_topics, self.examination, self.alike_threshold,
                 self.alike_penalty, chance)  # fmt: skip
        clicked = rng.uniform(before["step"], Purpose.RESPONSE, self.slate_size) < chance
        for name in ("taste", "bored_for", "clicked_topics", "clicked_steps", "wants"):
            after[name] = before[name].copy()
        after["recent"], after["response"] = np.empty_like(before["recent"]), np.zeros_like(before["response"])
        _change(before["step"], items, visible, clicked, self.items, self.main_topics, self.memory, self.threshold,
                self.window, self.timeout, after["taste"], after["bored_for"], after["clicked_topics"],
                after["clicked_steps"], after["wants"], after["recent"], after["response"])  # fmt: skip
        return Responded(clicked, clicked.sum(axis=1).astype(float), np.zeros(len(slates), dtype=bool), chance, {})

    @cached_property
    def _vectors(self) -> NDArray[np.float32]:
        return self.items.astype(np.float32)

    def item_words(self, item: Mapping[str, Any]) -> str:
        """Its topics, the main one first."""
        vector = self.items[int(item["item"])]
        topics = [row for row in np.argsort(-vector, kind="stable").tolist() if vector[row] > 0]
        return ", ".join(f"topic {row + 1} {vector[row]:.2f}" for row in topics)

    def profile(self, state: State) -> list[tuple[str, float]]:
        """Taste by topic, below 0 while it bores."""
        sign = np.where(state["bored_for"][0] > 0, -1.0, 1.0)
        return list(zip(self.feature_names, (state["taste"][0] * sign).tolist(), strict=True))


@allocating_kernel
def _meet(keys: Keys, steps: Ints, counts: Floats, taste: Floats) -> None:
    num_topics = taste.shape[1]
    order = np.empty(num_topics)
    for lane in range(len(keys)):
        counter = counter_of(keys[lane], steps[lane], Purpose.POPULATION)
        number = FEWEST + drawn(counts, uniform_at(counter, 0))
        for topic in range(num_topics):
            order[topic] = uniform_at(counter, 1 + topic)
        least, length = np.sort(order)[num_topics - number], 0.0
        for topic in range(num_topics):
            taste[lane, topic] = 0.0
            if order[topic] >= least:
                taste[lane, topic] = uniform_at(counter, 1 + num_topics + topic)
                length += taste[lane, topic] ** 2
        for topic in range(num_topics):
            taste[lane, topic] /= math.sqrt(length)


@allocating_kernel
def _draw(
    keys: Keys, steps: Ints, vectors: Singles, mains: Ints, item: Ints, topic: Ints, features: Singles
) -> None:
    num_items, num_candidates = len(vectors), item.shape[1]
    rows = np.arange(num_items)  # shuffled and put in order again for every lane
    swapped = np.empty(num_candidates, dtype=np.int64)
    for lane in range(len(keys)):
        counter = counter_of(keys[lane], steps[lane], Purpose.CANDIDATES)
        for i in range(num_candidates):
            swapped[i] = i
            if num_candidates < num_items:
                swapped[i] += int(uniform_at(counter, i) * (num_items - i))
            rows[i], rows[swapped[i]] = rows[swapped[i]], rows[i]
        for i in range(num_candidates):
            row = rows[i]
            item[lane, i], topic[lane, i] = row, mains[row]
            for about in range(vectors.shape[1]):
                features[lane, i, about] = vectors[row, about]
        for i in range(num_candidates - 1, -1, -1):
            rows[i], rows[swapped[i]] = rows[swapped[i]], rows[i]


@allocating_kernel
def _relevance(
    taste: Floats, bored_for: Ints, vectors: Floats, items: Ints, everything: bool, offset: float, slope: float,
    found: Floats,
) -> None:  # fmt: skip
    current = np.empty(taste.shape[1])
    for lane in range(len(items)):
        wanted(taste[lane], bored_for[lane], everything, current)
        for i in range(items.shape[1]):
            found[lane, i] = relevance(current, vectors[items[lane, i]], offset, slope)


@allocating_kernel
def _examine(
    visible: Flags, topics: Ints, num_topics: int, examination: float, alike_threshold: int, penalty: float,
    chance: Floats,
) -> None:  # fmt: skip
    for lane in range(len(visible)):
        looked = 1.0
        if penalty != 1.0 and alike(topics[lane][visible[lane]], num_topics) >= alike_threshold:
            looked /= penalty
        for slot in range(visible.shape[1]):
            chance[lane, slot] *= looked if visible[lane, slot] else 0.0
            looked *= examination


@allocating_kernel
def _change(
    steps: Ints, items: Ints, visible: Flags, clicked: Flags, vectors: Floats, mains: Ints, memory: float,
    threshold: int, window: int, timeout: int, taste: Floats, bored_for: Ints, topics: Ints, when: Ints, wants: Floats,
    recent: Singles, response: Singles,
) -> None:  # fmt: skip
    counts = np.empty(recent.shape[1], dtype=np.int64)
    for lane in range(len(items)):
        step = steps[lane] + 1
        for slot in range(items.shape[1]):
            if visible[lane, slot]:
                response[lane, slot, 0] = clicked[lane, slot]
                for topic in range(len(counts)):
                    response[lane, slot, 1 + topic] = vectors[items[lane, slot], topic]
            if clicked[lane, slot]:
                remember(topics[lane], when[lane], mains[items[lane, slot]], step)
        if memory < 1.0:
            influence(taste[lane], vectors, items[lane], clicked[lane], memory)
        recent_counts(topics[lane], when[lane], step, window, counts)
        tire(bored_for[lane], counts, threshold, timeout)
        bored = False
        for topic in range(len(counts)):
            bored |= bored_for[lane, topic] > 0
            recent[lane, topic] = min(counts[topic] / threshold, 1.0)
        wants[lane] = 0.0 if bored else 1.0

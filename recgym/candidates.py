"""The retrieval stage: which items the agent may choose from at this step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recgym.randomness import BatchRNG, Purpose
from recgym.state import State


@dataclass(frozen=True, eq=False)
class Retrieval:
    """Draws candidates from named sources, always in the same order, the best rated of each source first.

    The sources look up the category the user searches for or, without a search, the category they last looked at:

    - similar: the text neighbours of the item they last looked at,
    - popular, rated, new: three rankings of that category,
    - explore: the whole catalogue.

    A source's list is cut into as many strata as it gives candidates and one item is drawn from each. An item that two
    sources name stays with the first; the other takes the next free row of the catalogue. The cost of a step does
    not depend on the number of items.

    Reads: query_category, interest_category, interest_item. Writes: candidates (num_envs, num_candidates) int64.
    """

    neighbours: NDArray[np.int64]  # (num_items, num_neighbours)
    rankings: NDArray[np.int64]  # (3, num_categories, list_length): popular, rated, new
    rating: NDArray[np.float64]  # (num_items,) orders the candidates within their source
    per_source: int = 4

    SOURCES = ("similar", "popular", "rated", "new", "explore")

    @property
    def num_candidates(self) -> int:
        """Number of candidates per step."""
        return self.per_source * len(self.SOURCES)

    def draw(self, state: State, rng: BatchRNG) -> NDArray[np.int64]:
        """(num_envs, num_candidates) distinct catalogue rows."""
        num_envs, each = state.num_envs, self.per_source
        u = rng.uniform(state["step"], Purpose.CANDIDATES, self.num_candidates).reshape(num_envs, -1, each)
        strata = (np.arange(each) + u) / each  # in [0, 1), increasing within a source
        anchor = np.where(state["query_category"] >= 0, state["query_category"], state["interest_category"])
        drawn = np.empty((num_envs, len(self.SOURCES), each), dtype=np.int64)
        lanes = np.arange(num_envs)[:, None]
        drawn[:, 0] = self.neighbours[state["interest_item"][:, None], self._index(strata[:, 0], self.neighbours)]
        ranked = self.rankings[:, anchor]  # (3, num_envs, list_length)
        sources = np.arange(len(self.rankings))[:, None, None]
        drawn[:, 1:4] = ranked[sources, lanes, self._index(strata[:, 1:4].swapaxes(0, 1), ranked)].swapaxes(0, 1)
        drawn[:, 4] = (strata[:, 4] * len(self.rating)).astype(np.int64)
        drawn = distinct(drawn.reshape(num_envs, -1), len(self.rating)).reshape(drawn.shape)
        order = np.argsort(-self.rating[drawn], axis=2, kind="stable")
        return np.take_along_axis(drawn, order, axis=2).reshape(num_envs, -1)

    @staticmethod
    def _index(strata: NDArray[np.float64], ranked: NDArray[np.int64]) -> NDArray[np.int64]:
        return (strata * ranked.shape[-1]).astype(np.int64)


def distinct(rows: NDArray[np.int64], num_items: int) -> NDArray[np.int64]:
    """Replace repeats within each line by the next free catalogue row (cyclically), first come first served.

    Args:
        rows: (num_envs, num_candidates) int64, num_candidates <= num_items.
        num_items: Size of the catalogue.
    """
    while True:
        in_order = np.sort(rows, axis=1)
        lanes = np.flatnonzero((in_order[:, 1:] == in_order[:, :-1]).any(axis=1))
        if not len(lanes):
            return rows
        line = rows[lanes]
        repeats = np.tril(line[:, :, None] == line[:, None, :], -1).any(axis=2)
        rows[lanes] = np.where(repeats, (line + 1) % num_items, line)


def category_rankings(
    score: NDArray[np.float64],
    categories: NDArray[np.int64],
    departments: NDArray[np.int64],
    length: int,
) -> NDArray[np.int64]:
    """(num_categories, length) the items of every category by falling score.

    A category with fewer items is filled from its department, then from the whole catalogue.
    """
    num_categories = int(categories.max()) + 1
    by_score = np.argsort(-score, kind="stable")
    rankings = np.empty((num_categories, length), dtype=np.int64)
    for category in range(num_categories):
        own = categories[by_score] == category
        near = departments[by_score] == departments[np.argmax(categories == category)]
        closeness = np.where(own, 0, np.where(near, 1, 2))
        rankings[category] = by_score[np.argsort(closeness, kind="stable")[:length]]
    return rankings


@dataclass(frozen=True, eq=False)
class CandidateFeatures:
    """What can be seen of every candidate: how it relates to the user's history and search, and its own traits.

    All features are of about unit scale. Their names: `names`. Reads: candidates, liked, exposed, query. Writes:
    candidate_features (num_envs, num_candidates, len(names)) float32.
    """

    embeddings: NDArray[np.float32]  # (num_items, embedding_dim)
    visible: NDArray[np.float64]  # (num_items, num_visible) traits
    visible_names: tuple[str, ...]
    query_vectors: NDArray[np.float32]  # (num_queries + 1, embedding_dim), the last row all zero: no query

    RELATIONS = ("liked", "exposed", "query")

    def __post_init__(self) -> None:
        object.__setattr__(self, "_visible", self.visible.astype(np.float32))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features: cosine-like similarities to the pools and the query, then the visible traits."""
        return self.RELATIONS + self.visible_names

    def of(self, state: State, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """(num_envs, num_shown, num_features) float32 for any catalogue rows (num_envs, num_shown)."""
        related_to = np.stack((state["liked"], state["exposed"] * np.float32(0.5),
                               self.query_vectors[state["query"]] * np.float32(1.5)), axis=1)  # fmt: skip
        relations = np.einsum("nmd,nrd->nmr", self.embeddings[rows], related_to)
        return np.concatenate((relations, self._visible[rows]), axis=2)

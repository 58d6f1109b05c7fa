"""What is seen of a candidate: how near it is to what its user liked, saw and searches for, and its own traits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Ints, Singles, Unrolled, dots, kernel, unrolled
from recgym.prefetch import AHEAD, prefetch, whole_lines
from recgym.state import State


class PersonalFeatures(Protocol):
    """What can be seen of an item beside what the service knows about its user, where no product of vectors says it."""

    names: tuple[str, ...]

    def of(self, state: State, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """(num_envs, num_shown, len(names)) float32 for any catalogue rows (num_envs, num_shown), about unit scale."""


@dataclass(frozen=True, eq=False)
class CandidateFeatures:
    """What can be seen of every candidate: how it relates to the user's history and search, and its own traits.

    All features are of about unit scale. Their names: `names`. Reads: candidates, liked, exposed, query. Writes:
    candidate_features (num_envs, num_candidates, len(names)) float32.
    """

    embeddings: NDArray[np.float32]  # (num_items, embedding_dim)
    visible: NDArray[np.float64]  # (num_items, num_visible) traits
    visible_names: tuple[str, ...]
    query_vectors: NDArray[np.float32]
    """(num_queries + 1, embedding_dim), the last row all zero: no query. One row: nobody searches."""
    personal: PersonalFeatures | None = None

    RELATIONS = ("liked", "exposed", "query")

    @cached_property
    def relations(self) -> tuple[str, ...]:
        """Those of RELATIONS that there are: where nobody searches, none to a query."""
        return self.RELATIONS if len(self.query_vectors) > 1 else self.RELATIONS[:2]

    @cached_property
    def traits(self) -> NDArray[np.float32]:
        """(num_items, num_visible) `visible` as it is seen."""
        return np.ascontiguousarray(self.visible, dtype=np.float32)

    @cached_property
    def _columns(self) -> tuple[NDArray[np.float32], Unrolled]:
        """The traits as they are gathered, and how many."""
        return whole_lines(self.traits), unrolled(self.visible.shape[1])

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the features: cosine-like similarities to the pools and the query, visible traits, personal ones."""
        return self.relations + self.visible_names + (self.personal.names if self.personal else ())

    def of(self, state: State, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """(num_envs, num_shown, num_features) float32 for any catalogue rows (num_envs, num_shown)."""
        seen = np.empty((*rows.shape, len(self.names)), dtype=np.float32)
        _features(rows, state["liked"], state["exposed"], state["query"], self.embeddings, self.query_vectors,
                  *self._columns, len(self.relations), seen)  # fmt: skip
        if self.personal is not None:
            seen[..., -len(self.personal.names) :] = self.personal.of(state, rows)
        return seen

    def as_query(self, state: State, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """The vectors whose product with (embedding, traits) of any item is `weights` times its features.

        The first features are products with the embedding, so their weights gather in one direction.

        Args:
            state: Reads liked, exposed, query.
            weights: (num_envs, num_features).

        Returns:
            (num_envs, embedding_dim + num_visible) float32.
        """
        queries = np.empty((len(weights), self.embeddings.shape[1] + self.visible.shape[1]), dtype=np.float32)
        _gather(np.ascontiguousarray(weights, dtype=np.float32), state["liked"], state["exposed"], state["query"],
                self.query_vectors, len(self.relations), queries)  # fmt: skip
        return queries


_EXPOSED, _QUERY, _NOTHING = np.float32(0.5), np.float32(1.5), np.float32(0.0)  # scales of relations


@kernel
def _gather(
    weights: Singles, liked: Singles, exposed: Singles, query: Ints, query_vectors: Singles, num_relations: int,
    queries: Singles,
) -> None:  # fmt: skip
    dim = liked.shape[1]
    for lane in range(len(weights)):
        likes, shows = weights[lane, 0], _EXPOSED * weights[lane, 1]
        finds = _QUERY * weights[lane, 2] if num_relations > 2 else _NOTHING
        search = query_vectors[query[lane]]
        for i in range(dim):
            queries[lane, i] = likes * liked[lane, i] + shows * exposed[lane, i] + finds * search[i]
        for trait in range(weights.shape[1] - num_relations):
            queries[lane, dim + trait] = weights[lane, num_relations + trait]


@kernel
def _features(
    rows: Ints, liked: Singles, exposed: Singles, query: Ints, embeddings: Singles, query_vectors: Singles,
    traits: Singles, columns: Unrolled, num_relations: int, seen: Singles,
) -> None:  # fmt: skip
    for lane in range(len(rows)):
        search, following = query_vectors[query[lane]], min(lane + AHEAD, len(rows) - 1)
        for position in range(rows.shape[1]):
            # One by one: the processor makes a kernel wait that asks for much at once.
            prefetch(embeddings, rows[following, position])
            prefetch(traits, rows[following, position])
            row, features = rows[lane, position], seen[lane, position]
            likes, shows, finds = dots(embeddings[row], liked[lane], exposed[lane], search)
            features[0], features[1] = likes, _EXPOSED * shows
            if num_relations > 2:
                features[2] = _QUERY * finds
            for trait in range(len(columns)):
                features[num_relations + trait] = traits[row, trait]

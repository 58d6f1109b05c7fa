"""Nearest neighbours among sessions and among items, by the cosine of who liked what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from baselines.collaborative import Arrays, FromLogs, folded_in, matrix_of, pack, picked_from, unpack
from baselines.logs import SessionLog

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True, eq=False)
class ItemSimilarities:
    """The score of an item is the sum of its similarities to the liked ones (Sarwar et al., WWW 2001)."""

    similarity: csr_matrix  # (num_items, num_items), the nearest of every item, 0 to itself

    def scores(self, liked: NDArray[np.int64], candidates: NDArray[np.int64]) -> NDArray[np.float64]:
        return picked_from(folded_in(liked, self.similarity.shape[0]) @ self.similarity, candidates)

    def arrays(self) -> Arrays:
        return pack(self.similarity)


@dataclass(frozen=True, eq=False)
class LoggedSessions:
    """The score of an item is the summed similarity of the nearest sessions that liked it (GroupLens, CSCW 1994)."""

    likes: csr_matrix  # (num_sessions, num_items)
    num_neighbours: int

    def scores(self, liked: NDArray[np.int64], candidates: NDArray[np.int64]) -> NDArray[np.float64]:
        from scipy.sparse import csr_matrix

        sizes = np.sqrt(np.maximum(np.asarray(self.likes.sum(axis=1)).ravel(), 1.0))
        # A user's own length scales all of their scores alike.
        nearness = (folded_in(liked, self.likes.shape[1]) @ self.likes.T).toarray() / sizes
        kept = min(self.num_neighbours, nearness.shape[1])
        nearest = np.argpartition(-nearness, kept - 1, axis=1)[:, :kept]
        weights = np.take_along_axis(nearness, nearest, axis=1)
        starts = np.arange(len(liked) + 1) * kept
        neighbours = csr_matrix((weights.ravel(), nearest.ravel(), starts), shape=nearness.shape)
        return picked_from(neighbours @ self.likes, candidates)

    def arrays(self) -> Arrays:
        return pack(self.likes) | {"num_neighbours": np.array(self.num_neighbours)}


@dataclass(frozen=True)
class ItemNeighbours(FromLogs):
    """The method of ItemSimilarities, which `implicit` finds."""

    name = "item-knn"
    num_neighbours: int = 50

    def fit(self, log: SessionLog, embeddings: NDArray[np.float32], seed: int) -> ItemSimilarities:
        from implicit.nearest_neighbours import ItemItemRecommender
        from scipy.sparse import diags_array

        likes = matrix_of(log)
        lengths = np.sqrt(np.maximum(np.asarray(likes.sum(axis=0), dtype=np.float64).ravel(), 1.0))
        found = ItemItemRecommender(K=self.num_neighbours + 1, num_threads=1)  # the nearest of each is itself
        found.fit((likes @ diags_array(1 / lengths)).tocsr(), show_progress=False)
        similarity = found.similarity.tocsr()
        similarity.setdiag(0.0)
        similarity.eliminate_zeros()
        return ItemSimilarities(similarity)

    def restored(self, arrays: Arrays, embeddings: NDArray[np.float32]) -> ItemSimilarities:
        return ItemSimilarities(unpack(arrays))


@dataclass(frozen=True)
class UserNeighbours(FromLogs):
    """The method of LoggedSessions."""

    name = "user-knn"
    num_neighbours: int = 100

    def fit(self, log: SessionLog, embeddings: NDArray[np.float32], seed: int) -> LoggedSessions:
        return LoggedSessions(matrix_of(log), self.num_neighbours)

    def restored(self, arrays: Arrays, embeddings: NDArray[np.float32]) -> LoggedSessions:
        return LoggedSessions(unpack(arrays), int(arrays["num_neighbours"]))

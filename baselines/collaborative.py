"""Collaborative filtering: who liked this also liked that, learned from logged sessions.

Users are new: a session is all there is of them. So every model is asked by what the session shows so far: the items
that were liked on its last pages (`baselines.logs.liked_items`) are folded in as one more row of the matrix of
sessions and items. Before the first like there is nothing to fold in, and popularity decides, as it does between
equal scores.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from baselines.files import read_arrays, read_json, write_arrays, write_json
from baselines.heuristics import ARRAYS, SAVED, actions_from_scores
from baselines.logs import SessionLog, liked_items, record_for
from baselines.task import Task, Unsuitable
from recgym.env import RecVectorEnv

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Arrays = dict[str, NDArray[Any]]


class Affinity(Protocol):
    """What a model of likes has learned."""

    def scores(self, liked: NDArray[np.int64], candidates: NDArray[np.int64]) -> NDArray[np.floating[Any]]:
        """(num_users, num_candidates) how much who liked `liked` will like `candidates`; 0 where nothing is known.

        Args:
            liked: (num_users, any length) catalogue rows, the oldest first, -1 to be skipped.
            candidates: (num_users, num_candidates) catalogue rows.
        """

    def arrays(self) -> Arrays:
        """All that has been learned, by name."""


@dataclass(frozen=True, eq=False)
class AffinityRecommender:
    """Ranks the candidates by a model of likes, new users' by popularity."""

    name: str
    model: Affinity
    popularity: NDArray[np.float64]  # (num_items,) share of an item's showings that were liked
    privileged: bool = False

    def act(self, env: RecVectorEnv, observations: Any) -> NDArray[Any]:
        """The same ranking in every action view."""
        return actions_from_scores(env, self.scores(liked_items(env.state), env.state["candidates"]))

    def scores(self, liked: NDArray[np.int64], candidates: NDArray[np.int64]) -> NDArray[np.float64]:
        """(num_users, num_candidates): the model's, scaled to at most 1, plus a little popularity.

        Raises:
            Unsuitable: There are items that the catalogue of the log did not have.
        """
        for items in (candidates, liked):
            if items.max(initial=-1) >= len(self.popularity):
                raise Unsuitable(f"{self.name}: knows items by their rows in the catalogue that it has learned from, "
                                 f"which are {len(self.popularity)}; got row {items.max()}. "
                                 "Train it anew with this catalogue")  # fmt: skip
        known = (liked >= 0).any(axis=1, keepdims=True)
        scores = np.where(known, self.model.scores(liked, candidates), 0.0)
        scores = scores / np.maximum(np.abs(scores).max(axis=1, keepdims=True), 1e-12)
        return scores + 1e-6 * self.popularity[candidates]

    def save(self, folder: Path) -> None:
        """Write everything that was learned."""
        write_json(folder / SAVED, {"name": self.name})
        write_arrays(folder / ARRAYS, {**self.model.arrays(), "popularity": self.popularity})


@dataclass(frozen=True)
class FromLogs(ABC):
    """A method that records a log with the task's steps and learns from it.

    Args:
        epsilon: Share of pages on which the logging policy shows random candidates.
        shows: The heuristic it follows on the others.
    """

    name = ""
    epsilon: float = 0.5
    shows: str = "popular"

    def train(self, task: Task) -> AffinityRecommender:
        """Record and fit."""
        log = record_for(task, self.name, self.epsilon, self.shows)
        recommender = self.recommender(log, task.lanes(1).simulator.features.embeddings, task.seed)
        task.progress(task.steps, recommender)
        return recommender

    def recommender(self, log: SessionLog, embeddings: NDArray[np.float32], seed: int) -> AffinityRecommender:
        """What a log teaches, also one that comes from elsewhere; `embeddings` are (num_items, embedding_dim)."""
        if not log.stayed.any():
            raise Unsuitable(
                f"{self.name}: nothing was liked on the {len(log.page)} pages of the log; record more steps"
            )
        return AffinityRecommender(self.name, self.fit(log, embeddings, seed), log.popularity())

    def load(self, folder: Path, env: RecVectorEnv) -> AffinityRecommender:
        """What was saved."""
        arrays = read_arrays(folder / ARRAYS)
        popularity = arrays.pop("popularity")
        model = self.restored(arrays, env.simulator.features.embeddings)
        return AffinityRecommender(read_json(folder / SAVED)["name"], model, popularity)

    @abstractmethod
    def fit(self, log: SessionLog, embeddings: NDArray[np.float32], seed: int) -> Affinity:
        """Learn."""

    @abstractmethod
    def restored(self, arrays: Arrays, embeddings: NDArray[np.float32]) -> Affinity:
        """The model of these `Affinity.arrays`."""


def likes_matrix(users: NDArray[np.int64], items: NDArray[np.int64], shape: tuple[int, int]) -> csr_matrix:
    """(num_users, num_items) float32, 1 for every pair, however often it comes."""
    from scipy.sparse import csr_matrix

    likes = csr_matrix((np.ones(len(users), dtype=np.float32), (users, items)), shape=shape)
    likes.sum_duplicates()
    likes.data[:] = 1.0
    return likes


def matrix_of(log: SessionLog) -> csr_matrix:
    """(num_sessions, num_items) what was liked in a log."""
    return likes_matrix(*log.likes(), (int(log.session.max()) + 1, log.num_items))


def folded_in(liked: NDArray[np.int64], num_items: int) -> csr_matrix:
    """(num_users, num_items) rows for the users of `Affinity.scores`."""
    users, places = np.nonzero(liked >= 0)
    return likes_matrix(users, liked[users, places], (len(liked), num_items))


def picked_from(products: csr_matrix, candidates: NDArray[np.int64]) -> NDArray[np.float64]:
    """(num_users, num_candidates) entries of sparse (num_users, num_items)."""
    rows = np.repeat(np.arange(len(candidates)), candidates.shape[1])
    return np.asarray(products[rows, candidates.ravel()], dtype=np.float64).reshape(candidates.shape)


def pack(matrix: csr_matrix) -> Arrays:
    """A sparse matrix as arrays."""
    return {"data": matrix.data, "indices": matrix.indices, "indptr": matrix.indptr, "shape": np.array(matrix.shape)}


def unpack(arrays: Arrays) -> csr_matrix:
    """The matrix of `pack`."""
    from scipy.sparse import csr_matrix

    return csr_matrix((arrays["data"], arrays["indices"], arrays["indptr"]), shape=tuple(arrays["shape"]))

"""Re-ranking for diversity: maximal marginal relevance."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.files import read_json, write_json
from baselines.heuristics import SAVED
from baselines.task import Task, Unsuitable, require_domain
from recgym.actions import SequentialAction, allowed_positions
from recgym.env import RecVectorEnv

RELEVANCE = "rating"


@dataclass(frozen=True)
class MarginalRelevance:
    """Fills a slate item by item, each the best rated that is least like those before it.

    Carbonell & Goldstein (SIGIR 1998): with w = `relevance_weight`, the next item maximises w x relevance - (1 - w) x
    the highest similarity to an item of the slate. Relevance is the rating, similarity the cosine of embeddings.
    """

    relevance_weight: float
    name: str = "mmr"
    privileged: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.relevance_weight <= 1:
            raise ValueError(f"relevance_weight: expected 0 to 1, got {self.relevance_weight}")

    def act(self, env: RecVectorEnv, observations: Any) -> NDArray[np.int64]:
        """Slates, or the next item of each."""
        state, simulator = env.state, env.simulator
        relevance = state["candidate_features"][..., simulator.features.names.index(RELEVANCE)]
        vectors = simulator.features.embeddings[state["candidates"]]
        slates = self.slates(relevance, vectors, allowed_positions(state), simulator.slate_size)
        if isinstance(env.sessions.view, SequentialAction):
            slot = (state["picked"] >= 0).sum(axis=1)
            return np.take_along_axis(slates, slot[:, None], axis=1)[:, 0]
        return slates

    def slates(
        self, relevance: NDArray[np.float32], vectors: NDArray[np.float32], free: NDArray[np.bool_], slate_size: int
    ) -> NDArray[np.int64]:
        """(num_envs, slate_size) positions.

        Args:
            relevance: (num_envs, num_candidates).
            vectors: (num_envs, num_candidates, embedding_dim), unit.
            free: (num_envs, num_candidates) what may be shown, at least a slate full.
            slate_size: How many.
        """
        lanes = np.arange(len(relevance))
        slates = np.empty((len(relevance), slate_size), dtype=np.int64)
        nearest = np.full(relevance.shape, -1.0)  # cosine to the nearest item of the slate, the same for all at first
        free = free.copy()
        for slot in range(slate_size):
            marginal = self.relevance_weight * relevance - (1 - self.relevance_weight) * nearest
            slates[:, slot] = chosen = np.where(free, marginal, -np.inf).argmax(axis=1)
            free[lanes, chosen] = False
            nearest = np.maximum(nearest, np.einsum("nmd,nd->nm", vectors, vectors[lanes, chosen]))
        return slates

    def save(self, folder: Path) -> None:
        """Write the weight."""
        write_json(folder / SAVED, {"relevance_weight": self.relevance_weight})


@dataclass(frozen=True)
class Diversity:
    """The method of MarginalRelevance."""

    relevance_weight: float = 0.7

    def train(self, task: Task) -> MarginalRelevance:
        """There is nothing to learn."""
        env = task.lanes(1)
        require_domain(env, "mmr")
        if RELEVANCE not in env.simulator.features.names:
            raise Unsuitable(f"mmr: {task.env_id} shows no {RELEVANCE} of its candidates")
        return MarginalRelevance(self.relevance_weight)

    def load(self, folder: Path, env: RecVectorEnv) -> MarginalRelevance:
        """With the weight that was saved."""
        return MarginalRelevance(read_json(folder / SAVED)["relevance_weight"])

"""Recommenders that learn nothing: random ones, and fixed rankings of what can be seen of the candidates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recgym.actions import ItemAction, ProtoAction, SequentialAction
from recgym.env import RecVectorEnv


@dataclass
class RandomRecommender:
    """Draws actions uniformly from the action space."""

    seed: int = 0
    name: str = "random"
    privileged: bool = False
    _rng: np.random.Generator = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng(self.seed)

    def act(self, env: RecVectorEnv, observations: Any) -> NDArray[Any]:
        """Uniform actions."""
        space = env.action_space
        if isinstance(env.sessions.view, ProtoAction):
            return self._rng.uniform(-1, 1, space.shape).astype(np.float32)
        return self._rng.integers(0, env.simulator.num_candidates, space.shape)


@dataclass(frozen=True)
class LinearRanker:
    """Ranks the candidates by a fixed weighted sum of their features, whatever the user's state."""

    weights: NDArray[np.float64]  # (num_features,)
    name: str = "linear ranker"
    privileged: bool = False

    def act(self, env: RecVectorEnv, observations: Any) -> NDArray[Any]:
        """The same ranking in every action view."""
        scores = env.state["candidate_features"] @ self.weights.astype(np.float32)
        if isinstance(env.sessions.view, ProtoAction):
            weights = (self.weights / np.abs(self.weights).max()).astype(np.float32)
            return np.broadcast_to(weights, env.action_space.shape)
        return actions_from_scores(env, scores)


HEURISTICS = {
    "popular": {"popularity": 1.0},
    "best rated": {"rating": 1.0},
    "cheapest": {"relative_price": -1.0},
    "newest": {"newness": 1.0},
    "content": {"liked": 1.0},
}


def heuristic(name: str, env: RecVectorEnv) -> LinearRanker:
    """One of HEURISTICS, by the feature it goes by: "content" is nearest neighbour to what the user liked."""
    features = env.simulator.features.names
    weights = np.array([HEURISTICS[name].get(feature, 0.0) for feature in features])
    return LinearRanker(weights, name)


def actions_from_scores(env: RecVectorEnv, scores: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
    """Actions that show the candidates of the highest scores ((num_envs, num_candidates)); not for "proto"."""
    view, slate_size = env.sessions.view, env.simulator.slate_size
    if isinstance(view, ItemAction):
        return scores.argmax(axis=1)
    if isinstance(view, SequentialAction):
        return np.where(view.masks(env.state), scores, -np.inf).argmax(axis=1)
    return np.argsort(-scores, axis=1, kind="stable")[:, :slate_size]

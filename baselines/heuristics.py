"""Recommenders that learn nothing: random ones, and fixed rankings of what can be seen of the candidates."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines import tuned
from baselines.files import read_arrays, read_json, write_arrays, write_json
from baselines.task import Task, Unsuitable, require_domain
from recgym.actions import ItemAction, ProtoAction, SequentialAction, allowed_positions
from recgym.arguments import did_you_mean
from recgym.env import RecVectorEnv

SAVED, ARRAYS = "recommender.json", "recommender.npz"  # what a recommender writes into its folder


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

    def save(self, folder: Path) -> None:
        """Write the seed: it begins anew when it is loaded."""
        write_json(folder / SAVED, {"seed": self.seed})


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
            weights = (self.weights / max(np.abs(self.weights).max(), 1e-9)).astype(np.float32)
            return np.broadcast_to(weights, env.action_space.shape)
        return actions_from_scores(env, scores)

    def save(self, folder: Path) -> None:
        """Write the weights."""
        write_json(folder / SAVED, {"name": self.name})
        write_arrays(folder / ARRAYS, {"weights": self.weights})

    @classmethod
    def load(cls, folder: Path) -> LinearRanker:
        """What `save` wrote."""
        return cls(read_arrays(folder / ARRAYS)["weights"], read_json(folder / SAVED)["name"])


HEURISTICS = {
    "popular": {"popularity": 1.0},
    "best rated": {"rating": 1.0},
    "cheapest": {"relative_price": -1.0},
    "newest": {"newness": 1.0},
    "content": {"liked": 1.0},
}


LINEAR_TUNED = "linear ranker (tuned)"


def heuristic(name: str, env: RecVectorEnv) -> LinearRanker:
    """One of HEURISTICS, by the feature it goes by: "content" is nearest neighbour to what the user liked."""
    if name not in HEURISTICS:
        hint = did_you_mean(name, HEURISTICS)
        raise ValueError(f"unknown heuristic {name!r}; there are {', '.join(HEURISTICS)}.{hint}")
    features = env.simulator.features.names
    weights = np.array([HEURISTICS[name].get(feature, 0.0) for feature in features])
    return LinearRanker(weights, name)


def heuristics(env: RecVectorEnv) -> list[LinearRanker]:
    """All of HEURISTICS whose features the environment has."""
    features = set(env.simulator.features.names)
    return [heuristic(name, env) for name, weights in HEURISTICS.items() if set(weights) <= features]


def tuned_linear_ranker(env: RecVectorEnv) -> LinearRanker:
    """The fixed ranking whose weights were found by search for this environment and action view.

    Raises:
        baselines.tuned.NotTuned: Nobody has searched yet.
    """
    if env.spec is None:
        raise ValueError("tuned_linear_ranker: expected an environment from gymnasium.make_vec, whose id is known")
    features = env.simulator.features.names
    weights = tuned.load(env.spec.id, env.spec.kwargs.get("action", "slate"), "linear", features)
    return LinearRanker(np.array([weights[feature] for feature in features]), LINEAR_TUNED)


class Uniform:
    """The method of RandomRecommender."""

    def train(self, task: Task) -> RandomRecommender:
        """Its seed is the task's."""
        return RandomRecommender(task.seed)

    def load(self, folder: Path, env: RecVectorEnv) -> RandomRecommender:
        """With the seed that was saved."""
        return RandomRecommender(read_json(folder / SAVED)["seed"])


@dataclass(frozen=True)
class Rule:
    """The method of HEURISTICS."""

    name: str

    def train(self, task: Task) -> LinearRanker:
        """There is nothing to learn."""
        env = task.lanes(1)
        require_domain(env, self.name)
        lacking = HEURISTICS.get(self.name, {}).keys() - set(env.simulator.features.names)
        if lacking:
            raise Unsuitable(f"{self.name}: {task.env_id} shows no {' and no '.join(lacking)} of its candidates")
        return heuristic(self.name, env)

    def load(self, folder: Path, env: RecVectorEnv) -> LinearRanker:
        """The same ranking."""
        return LinearRanker.load(folder)


class TunedRanking:
    """The method of the fixed ranking that `python -m baselines tune` found."""

    def train(self, task: Task) -> LinearRanker:
        """There is nothing left to learn."""
        env = task.lanes(1)
        require_domain(env, "linear")
        return tuned_linear_ranker(env)

    def load(self, folder: Path, env: RecVectorEnv) -> LinearRanker:
        """The same ranking."""
        return LinearRanker.load(folder)


def actions_from_scores(env: RecVectorEnv, scores: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
    """Actions that show the allowed candidates of the highest scores ((num_envs, num_candidates)); not for "proto"."""
    view, slate_size = env.sessions.view, env.simulator.slate_size
    scores = np.where(allowed_positions(env.state), scores, -np.inf)
    if isinstance(view, ItemAction):
        return scores.argmax(axis=1)
    if isinstance(view, SequentialAction):
        return np.where(view.masks(env.state), scores, -np.inf).argmax(axis=1)
    return np.argsort(-scores, axis=1, kind="stable")[:, :slate_size]

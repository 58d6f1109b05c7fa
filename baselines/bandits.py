"""Contextual bandits: they learn while they act what a page brings at once, and explore in three ways.

The payoff of a shown item is 1 if it was liked (clicked, and the click did not disappoint), else 0; every item of a
slate is one observation. It is linear in the candidate's features, some of them similarities in the language model's
space, times the session's counters (Chu et al., AISTATS 2011; Li et al., WWW 2010, with one model for all items):
what makes an item liked may depend on the state of the user. What the page does to later pages counts for nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.files import read_arrays, read_json, write_arrays, write_json
from baselines.heuristics import ARRAYS, SAVED, actions_from_scores
from baselines.interaction import interact
from baselines.task import Task
from recgym.actions import ProtoAction
from recgym.env import RecVectorEnv

Floats = NDArray[np.float64]


def with_constant(values: NDArray[np.floating[Any]]) -> Floats:
    """(..., n + 1): a 1 behind the last value."""
    return np.concatenate((values, np.ones((*values.shape[:-1], 1))), axis=-1, dtype=np.float64)


def counters(env: RecVectorEnv) -> Floats:
    """(num_envs, num_counters + 1) the session's counters and a constant; classics count nothing."""
    setting = env.sessions.setting
    counted = setting.counters.of(env.state) if hasattr(setting, "counters") else np.zeros((env.num_envs, 0))
    return with_constant(counted)


def contexts(env: RecVectorEnv) -> Floats:
    """(num_envs, num_candidates, dim) what a candidate's payoff is linear in: its features times the counters."""
    features = with_constant(env.state["candidate_features"])
    return np.einsum("nmf,nc->nmfc", features, counters(env)).reshape(*features.shape[:2], -1)


@dataclass
class Posterior:
    """Ridge regression of payoffs, which is the posterior mean under a Gaussian prior."""

    gram: Floats  # (dim, dim) ridge I + sum of x x'
    moment: Floats  # (dim,) sum of payoff times x
    inverse: Floats = field(init=False)  # (dim, dim) of the gram matrix
    mean: Floats = field(init=False)  # (dim,) inverse times moment

    def __post_init__(self) -> None:
        self._solve()

    @classmethod
    def prior(cls, dim: int, ridge: float) -> Posterior:
        """Before the first observation."""
        return cls(ridge * np.eye(dim), np.zeros(dim))

    def update(self, rows: Floats, payoffs: Floats) -> None:
        """Take in observations: rows (num_rows, dim), payoffs (num_rows,). Many at once are the same as one by one."""
        self.gram += rows.T @ rows
        self.moment += payoffs @ rows
        self._solve()

    def _solve(self) -> None:
        self.inverse = np.linalg.inv(self.gram)
        self.mean = self.inverse @ self.moment


@dataclass(frozen=True, eq=False)
class BanditRecommender:
    """What a bandit has learned, without exploring: ranks by the expected payoff."""

    name: str
    weights: Floats  # (num_features + 1, num_counters + 1), the last of both belonging to the constants
    privileged: bool = False

    def act(self, env: RecVectorEnv, observations: Any) -> NDArray[Any]:
        """The same ranking in every action view: for a given user it is linear in the candidates' features."""
        weights = np.einsum("fc,nc->nf", self.weights, counters(env))[:, :-1]
        if isinstance(env.sessions.view, ProtoAction):
            return (weights / np.maximum(np.abs(weights).max(axis=1, keepdims=True), 1e-9)).astype(np.float32)
        return actions_from_scores(env, np.einsum("nmf,nf->nm", env.state["candidate_features"], weights))

    def save(self, folder: Path) -> None:
        """Write the weights."""
        write_json(folder / SAVED, {"name": self.name})
        write_arrays(folder / ARRAYS, {"weights": self.weights})


@dataclass(frozen=True)
class Bandit(ABC):
    """A method that explores in its own way.

    Args:
        ridge: Of the regression.
        num_envs: Lanes that learn one posterior together.
    """

    name = ""
    ridge: float = 1.0
    num_envs: int = 16

    @abstractmethod
    def scores(self, rows: Floats, posterior: Posterior, rng: np.random.Generator) -> Floats:
        """(num_envs, num_candidates) by which to rank while learning; `rows` (num_envs, num_candidates, dim)."""

    def train(self, task: Task) -> BanditRecommender:
        """Learn from the slates of the task's steps."""
        env, rng = task.slates(self.num_envs), np.random.default_rng(task.seed)
        env.reset(seed=task.first_session)
        shape = (len(env.simulator.features.names) + 1, counters(env).shape[1])
        posterior = Posterior.prior(shape[0] * shape[1], self.ridge)
        rows = np.empty(0)

        def act(observations: Any) -> NDArray[np.int64]:
            nonlocal rows
            rows = contexts(env)
            return actions_from_scores(env, self.scores(rows, posterior, rng))

        recommender = BanditRecommender(self.name, posterior.mean.reshape(shape))
        for step in interact(env, act, task.steps, task.first_session, task.session):
            liked = step.info["clicked"] & ~step.info.get("disappointed", False)
            seen = np.take_along_axis(rows, step.actions[..., None], axis=1)[step.shown]
            posterior.update(seen.reshape(-1, seen.shape[-1]), liked[step.shown].reshape(-1).astype(np.float64))
            recommender = BanditRecommender(self.name, posterior.mean.reshape(shape))
            task.progress(step.steps, recommender)
        return recommender

    def load(self, folder: Path, env: RecVectorEnv) -> BanditRecommender:
        """What was saved."""
        return BanditRecommender(read_json(folder / SAVED)["name"], read_arrays(folder / ARRAYS)["weights"])


@dataclass(frozen=True)
class EpsilonGreedy(Bandit):
    """Ranks by the expected payoff, and with chance `epsilon` at random."""

    name = "epsilon-greedy"
    epsilon: float = 0.1

    def scores(self, rows: Floats, posterior: Posterior, rng: np.random.Generator) -> Floats:
        explores = rng.uniform(size=(len(rows), 1)) < self.epsilon
        return np.where(explores, rng.uniform(size=rows.shape[:2]), rows @ posterior.mean)


@dataclass(frozen=True)
class LinUCB(Bandit):
    """Ranks by an upper confidence bound: the expected payoff and `alpha` standard deviations (Li et al., WWW 2010)."""

    name = "linucb"
    alpha: float = 1.0

    def scores(self, rows: Floats, posterior: Posterior, rng: np.random.Generator) -> Floats:
        variance = np.einsum("nmd,nmd->nm", rows @ posterior.inverse, rows)
        return rows @ posterior.mean + self.alpha * np.sqrt(np.maximum(variance, 0.0))


@dataclass(frozen=True)
class ThompsonSampling(Bandit):
    """Ranks by weights drawn from the posterior, anew for every page (Agrawal & Goyal, ICML 2013).

    `spread` is the standard deviation of a payoff, v in the paper.
    """

    name = "thompson"
    spread: float = 0.3

    def scores(self, rows: Floats, posterior: Posterior, rng: np.random.Generator) -> Floats:
        # A draw of variance inverse(L L') is inverse(L') times standard normal numbers.
        noise = rng.normal(size=(len(rows), len(posterior.mean)))
        lower = np.linalg.cholesky(posterior.gram)
        drawn = posterior.mean + self.spread * np.linalg.solve(lower.T, noise.T).T
        return np.einsum("nmd,nd->nm", rows, drawn)

"""Policies that the playground offers: rules of its own, and what installed packages bring.

A package offers more by two groups of entry points in its pyproject.toml:

- "recgym.policies": a function (env: RecVectorEnv) -> list[Offer], of what works in this environment;
- "recgym.models": a function (path: Path) -> (environment's id, Offer), for files that hold a trained policy. It raises
  ValueError where it cannot open one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol

import gymnasium
import numpy as np
from numpy.typing import NDArray

from recgym.actions import allowed_positions
from recgym.env import RecVectorEnv
from recgym.extras import install

POLICIES, MODELS = "recgym.policies", "recgym.models"
RULES, RANKINGS = "Chance", "Rank by one feature"


class Policy(Protocol):
    """Acts on a batch of sessions."""

    def act(self, env: RecVectorEnv, observations: Any) -> NDArray[Any]:
        """A batch of actions for the sessions of `env`, whose last observations are given."""


Opened = tuple[RecVectorEnv, Policy]


@dataclass(frozen=True)
class Offer:
    """A policy that can be chosen."""

    name: str
    kind: str  # heading under which it stands
    summary: str
    open: Callable[[int], Opened]
    """For so many lanes: the environment in the policy's action view, and the policy, which starts anew."""
    privileged: bool = False  # looks at the truth about the user


@dataclass(frozen=True)
class Chance:
    """Shows candidates drawn uniformly."""

    rng: np.random.Generator

    def act(self, env: RecVectorEnv, observations: Any) -> NDArray[np.int64]:
        """(num_envs, slate_size) positions."""
        return best_slates(env, self.rng.random(env.state["candidates"].shape))


@dataclass(frozen=True)
class ByFeature:
    """Shows the candidates in which one visible feature is highest."""

    column: int  # of candidate_features

    def act(self, env: RecVectorEnv, observations: Any) -> NDArray[np.int64]:
        """(num_envs, slate_size) positions."""
        return best_slates(env, env.state["candidate_features"][:, :, self.column])


def best_slates(env: RecVectorEnv, scores: NDArray[Any]) -> NDArray[np.int64]:
    """(num_envs, slate_size) positions of the highest scores ((num_envs, num_candidates)) among what may be shown."""
    scores = np.where(allowed_positions(env.state), scores, -np.inf)
    return np.argsort(-scores, axis=1, kind="stable")[:, : env.simulator.slate_size]


def own_offers(env: RecVectorEnv) -> list[Offer]:
    """Chance, and a ranking by every visible feature."""

    def lanes(num_envs: int) -> RecVectorEnv:
        return gymnasium.make_vec(env.spec.id, num_envs=num_envs)

    def ranking(column: int, name: str) -> Offer:
        words = name.replace("_", " ")
        return Offer(f"by {words}", RANKINGS, f"highest {words} first", lambda num: (lanes(num), ByFeature(column)))

    chance = Offer("random", RULES, "any of the candidates", lambda num: (lanes(num), Chance(np.random.default_rng(0))))
    return [chance, *(ranking(column, name) for column, name in enumerate(env.simulator.features.names))]


def all_offers(env: RecVectorEnv) -> list[Offer]:
    """What installed packages bring for an environment made by its id with action="slate",
    then the playground's own."""
    brought = [offer for entry in entry_points(group=POLICIES) for offer in entry.load()(env)]
    return [*brought, *own_offers(env)]


def open_model(path: Path) -> tuple[str, Offer]:
    """The environment's id and the offer of a file with a trained policy.

    Raises:
        ValueError: No installed package can open it; the message has what each of them said.
    """
    entries = entry_points(group=MODELS)
    if not entries:
        raise ValueError(f"{path}: no installed package opens models; try: {install('baselines')}")
    problems = []
    for entry in entries:
        try:
            return entry.load()(path)
        except ValueError as problem:
            problems.append(str(problem))
    raise ValueError("; ".join(problems))

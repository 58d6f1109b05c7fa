"""Recommender: what every baseline is, and how well it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import gymnasium
import numpy as np
from numpy.typing import NDArray

import recgym  # noqa: F401 - registers the environments
from baselines.intervals import mean_of
from recgym.env import RecVectorEnv
from recgym.state import State

Watch = Callable[[State, NDArray[np.bool_], dict[str, Any]], None]


class Recommender(Protocol):
    """Acts on a batch of sessions; a single one is a batch of one.

    What a lane is shown depends on that lane alone. Only a privileged recommender reads more of `env.state` than a
    service's own log knows: the candidates and their features, the history of pages, what is searched for.
    """

    name: str
    privileged: bool  # looks at the truth about the user, which no real recommender sees

    def act(self, env: RecVectorEnv, observations: Any) -> NDArray[Any]:
        """A batch of actions for the sessions of `env`, whose last observations are given."""

    def save(self, folder: Path) -> None:
        """Write everything but the name of its baseline into an existing folder (`baselines.registry.save`)."""


EVALUATION_SEED = 1_000_000  # of the first held-out session; tuning and training use smaller seeds only
SEED_STRIDE = 1000  # seed k trains on sessions from 1000 k on, so that no two seeds share a lane's sessions


@dataclass(frozen=True)
class Evaluation:
    """What a recommender reached in a number of sessions, one entry each."""

    returns: NDArray[np.float64]  # sum of rewards
    lengths: NDArray[np.int64]  # slates
    impressions: NDArray[np.int64]
    clicks: NDArray[np.int64]
    saved: NDArray[np.int64]  # the domain's first event, such as carted or shared
    committed: NDArray[np.int64]  # its second, such as purchased or subscribed

    @property
    def mean(self) -> float:
        """Mean return."""
        return float(self.returns.mean())

    @property
    def half_width(self) -> float:
        """Half of the 95 % confidence interval of the mean return (Student's)."""
        return mean_of(self.returns).half_width


def make_lanes(env_id: str, num_envs: int, **settings: Any) -> RecVectorEnv:
    """A vector environment with one session per lane for `evaluate`.

    It keeps Gymnasium's default autoreset, NEXT_STEP: SAME_STEP would put what came of a session's last page under
    "final_info", where `evaluate` does not look.
    """
    env = gymnasium.make_vec(env_id, num_envs=num_envs, **settings)
    assert isinstance(env, RecVectorEnv)
    return env


def evaluate(recommender: Recommender, env: RecVectorEnv, seed: int, watch: Watch | None = None) -> Evaluation:
    """Run one session in every lane of `env`. Lane i has the seed `seed + i`: recommenders are compared in pairs.

    Args:
        recommender: Acts.
        env: As `make_lanes` makes it.
        seed: Of the first lane.
        watch: Called after every step with the state before it, (num_envs,) whether a slate of the session was shown,
            and the info; for whoever wants to know more than an `Evaluation` tells.
    """
    observations, _ = env.reset(seed=seed)
    going = np.ones(env.num_envs, dtype=bool)
    returns = np.zeros(env.num_envs)
    counts = {
        name: np.zeros(env.num_envs, dtype=np.int64)
        for name in ("lengths", "impressions", "clicks", "saved", "committed")
    }
    keys = dict(zip(("clicks", "saved", "committed"), env.simulator.events, strict=False))  # classics have clicks only
    while going.any():
        before = env.state
        observations, reward, terminated, truncated, info = env.step(recommender.act(env, observations))
        returns += reward * going
        if "slate" in info:
            shown = going & info["_slate"]
            counts["lengths"] += shown
            counts["impressions"] += (info["slate"] >= 0).sum(axis=1) * shown
            for name, key in keys.items():
                counts[name] += info[key].sum(axis=1) * shown
            if watch is not None:
                watch(before, shown, info)
        going &= ~(terminated | truncated)
    return Evaluation(returns, **counts)

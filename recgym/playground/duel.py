"""Who wins over twenty sessions: two policies meet the same users."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recgym.env import RecVectorEnv
from recgym.playground.game import FIRST_USER
from recgym.playground.policies import Offer, Policy
from recgym.playground.telling import Told

NUM_SESSIONS = 20
STUDENT_T = 2.093024  # 97.5 % quantile with NUM_SESSIONS - 1 degrees of freedom


@dataclass(frozen=True)
class Duel:
    """Returns of the same users under two policies."""

    first: NDArray[np.float64]  # (NUM_SESSIONS,)
    second: NDArray[np.float64]

    @property
    def mean(self) -> float:
        """Mean of the first's returns less the second's."""
        return float((self.first - self.second).mean())

    @property
    def half_width(self) -> float:
        """Half of the 95 % confidence interval of `mean`: paired, by Student's t."""
        return float(STUDENT_T * (self.first - self.second).std(ddof=1) / math.sqrt(NUM_SESSIONS))

    def told(self) -> Told:
        """The numbers for the page."""
        return {
            "first": self.first.tolist(),
            "second": self.second.tolist(),
            "wins": int((self.first > self.second).sum()),
            "losses": int((self.first < self.second).sum()),
            "mean": self.mean,
            "half_width": self.half_width,
        }


def fight(first: Offer, second: Offer, user: int) -> Duel:
    """The users from `user` on under both."""
    returns = [session_returns(*offer.open(NUM_SESSIONS), FIRST_USER + user) for offer in (first, second)]
    return Duel(*returns)


def session_returns(env: RecVectorEnv, policy: Policy, seed: int) -> NDArray[np.float64]:
    """(num_envs,) return of one session in every lane; lane i has the seed `seed + i`."""
    observations, _ = env.reset(seed=seed)
    going, returns = np.ones(env.num_envs, dtype=bool), np.zeros(env.num_envs)
    while going.any():
        observations, reward, terminated, truncated, _ = env.step(policy.act(env, observations))
        returns += np.where(going, reward, 0.0)
        going &= ~(terminated | truncated)
    return returns

"""The loop of every agent that acts while it learns, and of every logging policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from baselines.task import Session
from recgym.env import RecVectorEnv
from recgym.state import State


@dataclass(frozen=True)
class Experience:
    """One step of all lanes; every array has a leading (num_envs,) axis. Copy what is to outlive the next one."""

    before: State
    observations: Any
    actions: NDArray[Any]
    reward: NDArray[np.float64]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    info: dict[str, Any]
    after: State
    next_observations: Any  # also where the session ended: its last one
    real: NDArray[np.bool_]  # False where the lane spent the step on its reset: nothing to learn there
    steps: int  # real ones so far, this one's included

    @property
    def shown(self) -> NDArray[np.bool_]:
        """Lanes in which a whole slate was shown, so that `info` tells what came of it."""
        return self.real & self.info.get("_slate", False)


def interact(
    env: RecVectorEnv,
    act: Callable[[Any], NDArray[Any]],
    steps: int,
    seed: int,
    session: Session = lambda steps, session_return, length: None,
) -> Iterator[Experience]:
    """Act in `env` until all lanes together have taken `steps` real steps, one session after the other.

    Args:
        env: With Gymnasium's default autoreset, NEXT_STEP; `env.state` is what the actions are chosen in.
        act: Actions for observations.
        steps: How many are wanted; up to num_envs - 1 more may come.
        seed: Of the first session; lane i begins with seed + i.
        session: Told of every finished session; see `baselines.task.Task`.
    """
    if env.autoreset_mode != AutoresetMode.NEXT_STEP:
        raise ValueError(f"interact: expected an environment with NEXT_STEP autoreset, got {env.autoreset_mode}")
    observations, _ = env.reset(seed=seed)
    real, done = np.ones(env.num_envs, dtype=bool), 0
    returns, lengths = np.zeros(env.num_envs), np.zeros(env.num_envs, dtype=np.int64)
    while done < steps:
        before, actions = env.state, act(observations)
        following, reward, terminated, truncated, info = env.step(actions)
        done += int(real.sum())
        returns += reward
        lengths += real
        for lane in np.flatnonzero(terminated | truncated):
            session(done, float(returns[lane]), int(lengths[lane]))
            returns[lane], lengths[lane] = 0.0, 0
        yield Experience(
            before, observations, actions, reward, terminated, truncated, info, env.state, following, real, done
        )
        observations, real = following, ~(terminated | truncated)

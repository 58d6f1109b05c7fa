"""Seen: what an agent knows of users and of candidates, as two arrays, in every environment."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recgym.actions import allowed_positions
from recgym.classics import Classic
from recgym.env import RecVectorEnv
from recgym.fusion import Fusion
from recgym.observation import EMBEDDING_SCALE, ONE_LANE
from recgym.randomness import BatchRNG
from recgym.state import State

CANDIDATES, RESPONSE = "candidates", "response"  # parts of a classic's observation


class Seen(NamedTuple):
    """What the agent knows of every lane."""

    user: NDArray[np.float32]  # (num_envs, num_user_values)
    items: NDArray[np.float32]  # (num_envs, num_candidates, num_features)
    allowed: NDArray[np.bool_]  # (num_envs, num_candidates) within the environment's limits


def seen(env: RecVectorEnv) -> Seen:
    """What is observed of the users and candidates of `env` now.

    Of a domain's users: the counters, and history, preferences and context as embeddings. Of a classic's: what its
    observation has, but for the response to the last slate: it says little of what is still to come, and values that
    are learned by bootstrapping follow its noise. SlateQ reaches less on interest evolution where it is seen.
    """
    return _of(env, env.state)


def example(env: RecVectorEnv) -> Seen:
    """The same of one session that only tells shapes; `env` stays as it is."""
    return _of(env, env.sessions.reset(BatchRNG(ONE_LANE)))


def _of(env: RecVectorEnv, state: State) -> Seen:
    return Seen(_users(env, state), state["candidate_features"].copy(), allowed_positions(state))


def _users(env: RecVectorEnv, state: State) -> NDArray[np.float32]:
    setting = env.sessions.setting
    if not isinstance(setting, Classic):
        fusion = Fusion(setting.query_vectors, setting.context_vectors)
        return np.concatenate((setting.counters.of(state), fusion.fuse(state) * EMBEDDING_SCALE), axis=1)
    parts = [variable for part, (variable, _) in setting.OBSERVED.items() if part not in (CANDIDATES, RESPONSE)]
    values = [state[variable].reshape(state.num_envs, -1) for variable in parts]
    return np.concatenate(values, axis=1, dtype=np.float32, casting="unsafe")

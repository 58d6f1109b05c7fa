"""The work of a step, counted instead of timed: a change that makes steps slower shows here on any machine.

The limits are what was counted when they were set, and a tenth more. Who needs more work raises them, and says why.
"""

from __future__ import annotations

import sys
import tracemalloc

import gymnasium
import numpy as np
import pytest

import recgym  # noqa: F401  registers the environments
from recgym.testing import HashingEncoder, small_catalog

ECOMMERCE = "RecGym-Ecommerce-v0"
VIEWS = ("slate", "item", "sequential", "proto")
CALLS = {"slate": 247, "item": 253, "sequential": 311, "proto": 256}
BYTES_PER_LANE = 3000


def calls_of_a_step(env: gymnasium.vector.VectorEnv) -> int:
    """Calls of Python and C functions in one step of the environment."""
    env.reset(seed=0)
    env.action_space.seed(0)
    actions = [env.action_space.sample() for _ in range(9)]
    for action in actions[:8]:  # what is made once is made
        env.step(action)
    count = 0

    def counting(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counting)
    env.step(actions[8])  # with which the third slate of the sequential view is full
    sys.setprofile(None)
    return count


@pytest.mark.parametrize("view", VIEWS)
def test_calls_of_a_step(view):
    calls = calls_of_a_step(gymnasium.make_vec(ECOMMERCE, num_envs=4, action=view))
    assert calls <= CALLS[view]


def test_the_calls_do_not_grow_with_lanes_or_items():
    counted = {calls_of_a_step(gymnasium.make_vec(ECOMMERCE, num_envs=num_envs, **small(num_items)))
               for num_envs, num_items in ((200, 40), (200, 400), (2000, 40))}  # fmt: skip
    assert len(counted) == 1  # in all of them some lanes begin a new session


def test_bytes_of_a_step():
    """Memory that a step takes at its peak beside what the state and the observation before it hold."""
    num_envs = 256
    env = gymnasium.make_vec(ECOMMERCE, num_envs=num_envs)
    env.reset(seed=0)
    actions = np.zeros(env.action_space.shape, dtype=np.int64)
    for _ in range(3):
        env.step(actions)
    tracemalloc.start()
    env.step(actions)
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    env.step(actions)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (peak - before) / num_envs <= BYTES_PER_LANE


def small(num_items: int) -> dict[str, object]:
    """Settings of a small shop with so many items."""
    return {"catalog": small_catalog(num_items), "encoder": HashingEncoder(16), "embedding_dim": 16}

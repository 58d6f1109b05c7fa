"""Vector environments: a thousand users in one step, and bit for bit the same as single ones.

    python examples/08_vector_environments.py
"""

from __future__ import annotations

import argparse
import time

import gymnasium
import numpy as np

import recgym  # noqa: F401 - registers the environments


def main(env_id: str, num_envs: int, steps: int) -> float:
    envs = gymnasium.make_vec(env_id, num_envs=num_envs, autoreset_mode="SameStep")
    observations, _ = envs.reset(seed=0)
    alone, _ = gymnasium.make(env_id).reset(seed=num_envs - 1)
    assert np.array_equal(alone, observations[-1])  # lane i is the single environment with seed 0 + i

    envs.action_space.seed(0)
    actions = [envs.action_space.sample() for _ in range(8)]
    envs.step(actions[0])  # the first step compiles, once per installation
    sessions, start = 0, time.perf_counter()
    for step in range(steps):
        observations, rewards, terminated, truncated, info = envs.step(actions[step % 8])
        over = terminated | truncated
        sessions += int(over.sum())
        if over.any():  # the last observation of the sessions that ended; the lanes have begun anew
            assert info["_final_obs"].sum() == over.sum()
    speed = steps * num_envs / (time.perf_counter() - start)
    print(f"{num_envs:,} environments: {speed:,.0f} user-steps/s, {sessions:,} sessions ended")
    return speed


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--env", default="RecGym-Ecommerce-v0")
    parser.add_argument("--num-envs", type=int, default=1024)
    parser.add_argument("--steps", type=int, default=300)
    options = parser.parse_args()
    main(options.env, options.num_envs, options.steps)

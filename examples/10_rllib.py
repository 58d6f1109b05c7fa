"""RLlib's PPO on RecGym, in single environments or in the native vector environment.

Ray pins Gymnasium 1.2.2, so it wants a virtual environment of its own: pip install -e ".[ray]". Then:

    python examples/10_rllib.py              # eight single environments, stepped one after the other
    python examples/10_rllib.py --vector     # eight lanes of one RecGym vector environment
    python examples/10_rllib.py --runners 2  # the same in two processes
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

import gymnasium
import ray
from ray.rllib.algorithms.ppo import PPOConfig
from ray.tune.registry import register_env

import recgym  # noqa: F401 - registers the environments

ENV_ID = "RecGym-Ecommerce-v0"


def make(context: Mapping[str, Any]) -> gymnasium.Env[Any, Any] | gymnasium.vector.VectorEnv[Any, Any, Any]:
    """What RLlib calls in every process: with "num_envs" where it wants a vector environment."""
    import recgym  # noqa: F401, F811 - a process of Ray's own has not imported it

    if "num_envs" in context:
        return gymnasium.make_vec(ENV_ID, num_envs=context["num_envs"], action="item")
    return gymnasium.make(ENV_ID, action="item")


def config(vector: bool, runners: int, num_envs: int = 8, batch_size: int = 2000) -> PPOConfig:
    """PPO with RLlib's own network; `runners` processes collect, 0 is this one."""
    register_env(ENV_ID, make)
    return (
        PPOConfig()
        .environment(ENV_ID, disable_env_checking=True)
        .env_runners(
            num_env_runners=runners,
            num_envs_per_env_runner=num_envs,
            gym_env_vectorize_mode="vector_entry_point" if vector else "sync",
        )
        .training(train_batch_size_per_learner=batch_size, gamma=0.95)
        .debugging(seed=0)
    )


def train(iterations: int, vector: bool, runners: int = 0) -> list[float]:
    """The mean return of the sessions that ended in each iteration."""
    algorithm = config(vector, runners).build_algo()
    returns = []
    for iteration in range(1, iterations + 1):
        collected = algorithm.train()["env_runners"]
        returns.append(collected["episode_return_mean"])
        print(f"iteration {iteration}: return {returns[-1]:.2f}, length {collected['episode_len_mean']:.1f}")
    algorithm.stop()
    return returns


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train RLlib's PPO on RecGym.")
    parser.add_argument("--vector", action="store_true", help="use the native vector environment")
    parser.add_argument("--iterations", type=int, default=10)
    parser.add_argument("--runners", type=int, default=0, help="processes that collect sessions")
    options = parser.parse_args()
    ray.init(num_cpus=max(options.runners + 1, 1), include_dashboard=False, log_to_driver=False)
    train(options.iterations, options.vector, options.runners)
    ray.shutdown()

"""What a study varies, per algorithm: only data, and how it becomes keyword arguments and comes back from them."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from baselines.algorithms import DEFAULTS, TUNED

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

Parameters = dict[str, Any]  # name -> value, plain JSON


class Between(NamedTuple):
    """Any number of an interval, equally likely on a logarithmic scale, with two significant digits."""

    low: float
    high: float


Space = Mapping[str, Between | tuple[Any, ...]]  # name -> interval or choices

# Keyword arguments of Stable-Baselines3, but "rollout", which is num_envs x n_steps, "width", that of both hidden
# layers, and "log_std_init", which like the width is one of policy_kwargs. What is not here stays as committed.
COMMON: Space = {"learning_rate": Between(1e-4, 1e-3), "gamma": (0.9, 0.95, 0.98, 0.99), "width": (64, 128, 256)}
ON_POLICY: Space = {**COMMON, "num_envs": (16, 32, 64), "gae_lambda": (0.8, 0.9, 0.95)}
# A Gaussian policy's width at the start, as a logarithm; of views with discrete actions it is no matter.
SPREAD: Space = {"log_std_init": (-2.0, -1.0, 0.0)}
CLIPPED: Space = {**ON_POLICY, "rollout": (1024, 2048, 4096, 8192), "batch_size": (128, 256, 512), "n_epochs": (5, 10),
                  "ent_coef": (0.0, 0.001, 0.01)}  # fmt: skip
VALUES: Space = {**COMMON, "num_envs": (8, 16), "batch_size": (64, 128, 256), "gradient_steps": (1, 2, 4),
                 "learning_starts": (1000, 5000)}  # fmt: skip
DISCRETE: Space = {**VALUES, "exploration_fraction": (0.1, 0.3, 0.5), "exploration_final_eps": (0.02, 0.05, 0.1),
                   "target_update_interval": (500, 1000, 2000)}  # fmt: skip
ACTOR_CRITIC: Space = {**VALUES, "tau": (0.005, 0.01, 0.02)}
SPACES: Mapping[str, Space] = {
    "PPO": {**CLIPPED, **SPREAD},
    "A2C": {**ON_POLICY, **SPREAD, "rollout": (128, 512, 2048), "ent_coef": (0.0, 0.001, 0.01)},
    "TRPO": {**ON_POLICY, "rollout": (1024, 2048, 4096), "target_kl": (0.005, 0.01, 0.02)},
    "RecurrentPPO": CLIPPED,
    "MaskablePPO": CLIPPED,
    "DQN": DISCRETE,
    "QRDQN": DISCRETE,
    "SAC": ACTOR_CRITIC,
    "TD3": {**ACTOR_CRITIC, "action_noise": (0.1, 0.2, 0.3)},
    "DDPG": {**ACTOR_CRITIC, "action_noise": (0.1, 0.2, 0.3)},
    "TQC": ACTOR_CRITIC,
    "CrossQ": VALUES,  # no target networks, so no tau
}
NETWORK = ("log_std_init",)  # of policy_kwargs, under the same name
WIDTH, SPREAD_OF_SB3 = 64, 0.0  # of Stable-Baselines3, where the committed settings leave them open


def committed(algorithm: str) -> Mapping[str, Any]:
    """The settings a study starts from and has to beat."""
    return TUNED.get(algorithm, DEFAULTS)


def start(algorithm: str) -> Parameters:
    """The committed settings as a point of the space; Stable-Baselines3's own values where they say nothing."""
    from baselines.sb3 import algorithm_class

    signature = inspect.signature(algorithm_class(algorithm)).parameters
    given = dict(committed(algorithm))
    network = given.pop("policy_kwargs", {})
    point = {name: parameter.default for name, parameter in signature.items()} | given
    point |= {"log_std_init": SPREAD_OF_SB3, **network, "width": network.get("net_arch", [WIDTH])[0]}
    point["rollout"] = point["num_envs"] * point.get("n_steps", 1)
    return {name: point[name] for name in SPACES[algorithm]}


def settings(algorithm: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A point of the space as "num_envs" and keyword arguments (see `baselines.sb3.make_model`)."""
    found = {**committed(algorithm), **parameters}
    if "rollout" in found:
        found["n_steps"] = max(found.pop("rollout") // found["num_envs"], 1)
    network = {name: found.pop(name) for name in NETWORK if name in found}
    if "width" in found:
        network["net_arch"] = [found.pop("width")] * 2
    if network:
        found["policy_kwargs"] = {**found.get("policy_kwargs", {}), **network}
    return found


def distributions(algorithm: str) -> dict[str, BaseDistribution]:
    """The space as Optuna takes it, widened to hold the point that a study starts from."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    first = start(algorithm)
    return {
        name: FloatDistribution(min(values.low, first[name]), max(values.high, first[name]), log=True)
        if isinstance(values, Between)
        else CategoricalDistribution(sorted({*values, first[name]}))
        for name, values in SPACES[algorithm].items()
    }


def rounded(algorithm: str, parameters: Mapping[str, Any]) -> Parameters:
    """Numbers of intervals with two significant digits, as they are used and written."""
    space = SPACES[algorithm]
    return {name: float(f"{value:.1e}") if isinstance(space[name], Between) else value
            for name, value in parameters.items()}  # fmt: skip

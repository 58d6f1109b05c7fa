"""The Stable-Baselines3 algorithms, the action views they take, and the settings we recommend: only data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SLATE_AND_DISCRETE = ("slate", "item", "sequential")
DISCRETE = ("item", "sequential")
# algorithm -> the action views it can take, the best first
VIEWS: Mapping[str, tuple[str, ...]] = {
    "PPO": ("proto", *SLATE_AND_DISCRETE),
    "A2C": ("proto", *SLATE_AND_DISCRETE),
    "TRPO": ("slate", "proto", *DISCRETE),
    "RecurrentPPO": ("slate", "proto", *DISCRETE),
    "MaskablePPO": SLATE_AND_DISCRETE,
    "DQN": DISCRETE,
    "QRDQN": DISCRETE,
    "ARS": ("proto", *DISCRETE),
    "SAC": ("proto",),
    "TD3": ("proto",),
    "DDPG": ("proto",),
    "TQC": ("proto",),
    "CrossQ": ("proto",),
}

# Stable-Baselines3's own defaults: one environment, and no keyword arguments.
DEFAULTS: Mapping[str, Any] = {"num_envs": 1}
# What the algorithms that learn on policy have in common, beside PPO. With SB3's one environment they need several
# times the minutes for as many steps, and learn less from them.
ON_POLICY: Mapping[str, Any] = {
    "num_envs": 32,
    "gamma": 0.95,
    "gae_lambda": 0.9,
    "policy_kwargs": {"net_arch": [128, 128]},
}
CLIPPED: Mapping[str, Any] = {**ON_POLICY, "n_steps": 32, "batch_size": 256, "learning_rate": 5e-4}
# What the algorithms that learn off policy on queries have in common.
OFF_POLICY: Mapping[str, Any] = {
    "num_envs": 8,
    "train_freq": 1,
    "gradient_steps": 2,
    "learning_starts": 2000,
    "batch_size": 128,
    "gamma": 0.95,
    "policy_kwargs": {"net_arch": [128, 128]},
}
# With SB3's own rate of 1e-3 and no noise their actors are pressed into a corner of the box and stay there.
DETERMINISTIC: Mapping[str, Any] = {**OFF_POLICY, "learning_rate": 1e-4, "action_noise": 0.3}
# What the algorithms that learn the values of a few actions have in common.
VALUES: Mapping[str, Any] = {
    "num_envs": 8,
    "train_freq": 1,
    "gradient_steps": 2,
    "learning_rate": 3e-4,
    "buffer_size": 100_000,
    "exploration_fraction": 0.3,
    "target_update_interval": 2000,
    "batch_size": 128,
    "gamma": 0.95,
    "learning_starts": 5000,
}
# algorithm -> number of environments and keyword arguments, plain JSON (see `baselines.sb3.make_model`)
TUNED: Mapping[str, Mapping[str, Any]] = {
    "PPO": {
        "num_envs": 16,
        "n_steps": 256,
        "batch_size": 512,
        "learning_rate": 5e-4,
        "gamma": 0.95,
        "gae_lambda": 0.9,
        # A narrower start for Gaussian policies: at SB3's own width most elements of a query are clipped at its ends.
        "policy_kwargs": {"net_arch": [128, 128], "log_std_init": -1.0},
    },
    # Few steps before each update, and a little entropy: its one gradient step must not end exploration.
    "A2C": {
        **ON_POLICY,
        "n_steps": 8,
        "learning_rate": 5e-4,
        "ent_coef": 0.01,
        "policy_kwargs": {"net_arch": [128, 128], "log_std_init": -1.0},
    },
    "TRPO": {**ON_POLICY, "n_steps": 32, "target_kl": 0.02},
    # Its LSTM walks through every step of a batch one by one: SB3's own 256 units cost several times the minutes.
    "RecurrentPPO": {**CLIPPED, "policy_kwargs": {"net_arch": [128, 128], "lstm_hidden_size": 64}},
    "MaskablePPO": CLIPPED,
    "DQN": VALUES,
    # Its loss compares every quantile with every other: SB3's own 200 cost sixteen times as much.
    "QRDQN": {**VALUES, "policy_kwargs": {"n_quantiles": 50}},
    "SAC": OFF_POLICY,
    "TQC": OFF_POLICY,
    "TD3": DETERMINISTIC,
    "DDPG": DETERMINISTIC,
    # SB3's own critics are 1,024 wide, which no laptop wants to wait for.
    "CrossQ": {**OFF_POLICY, "policy_kwargs": {"net_arch": [256, 256]}},
}

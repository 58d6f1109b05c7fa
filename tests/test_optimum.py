"""Every algorithm of Stable-Baselines3, and the tables, reach the known optimum of a tiny environment."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from baselines.algorithms import VIEWS
from baselines.heuristics import LinearRanker, RandomRecommender, actions_from_scores
from baselines.recommender import EVALUATION_SEED, evaluate, make_lanes
from baselines.registry import BASELINES, find
from baselines.sb3 import Trained
from baselines.task import Task
from tests.compass import ENV_ID, Compass
from tests.small_worlds import held_against

torch.set_num_threads(1)
# Small networks, few steps, and rates that suit so small a world: no recommendation.
ROLLOUTS = {"num_envs": 16, "n_steps": 25, "gamma": 0.7, "gae_lambda": 0.9, "learning_rate": 5e-3,
            "policy_kwargs": {"net_arch": [32]}}  # fmt: skip
CLIPPED = {**ROLLOUTS, "batch_size": 100, "n_epochs": 8}
REPLAY = {"num_envs": 4, "train_freq": 1, "gradient_steps": 1, "gamma": 0.7, "learning_rate": 2e-3,
          "learning_starts": 200, "batch_size": 64, "buffer_size": 6000,
          "policy_kwargs": {"net_arch": [32, 32]}}  # fmt: skip
VALUES = {**REPLAY, "exploration_fraction": 0.5, "target_update_interval": 40}
SOFT = {**REPLAY, "tau": 0.05}
# A small actor: a large one follows a critic that has learned nothing yet into a corner of the box.
DETERMINISTIC = {**SOFT, "action_noise": 0.5, "policy_kwargs": {"net_arch": {"pi": [8], "qf": [32, 32]}}}
LSTM = {**CLIPPED, "batch_size": 200, "policy_kwargs": {"net_arch": [32], "lstm_hidden_size": 16}}
# algorithm -> steps and settings
LEARNERS = {
    "PPO": (8_000, CLIPPED),
    "A2C": (24_000, {**ROLLOUTS, "n_steps": 5, "gae_lambda": 1.0, "learning_rate": 3e-3, "normalize_advantage": True}),
    "TRPO": (12_000, {**ROLLOUTS, "batch_size": 100, "target_kl": 0.05}),
    "RecurrentPPO": (6_000, LSTM),
    "MaskablePPO": (8_000, CLIPPED),
    "DQN": (4_000, VALUES),
    "QRDQN": (4_000, {**VALUES, "policy_kwargs": {"net_arch": [32, 32], "n_quantiles": 8}}),
    "ARS": (160_000, {"num_envs": 8, "n_delta": 8, "n_eval_episodes": 8, "delta_std": 0.1, "learning_rate": 0.05,
                      "policy_kwargs": {"net_arch": []}}),
    "SAC": (2_400, SOFT),
    "TQC": (2_400, {**SOFT, "policy_kwargs": {"net_arch": [32, 32], "n_quantiles": 8}}),
    "CrossQ": (4_000, {**REPLAY, "learning_rate": 4e-3}),
    "TD3": (8_000, DETERMINISTIC),
    "DDPG": (8_000, DETERMINISTIC),
}  # fmt: skip
# Both kinds of actions where both are taken: one of two items, and a query of two numbers. A2C and ARS need far more
# steps to find that the better item is a product of the wish and of what the items are; a query is the wish itself.
CASES = [(name, view) for name in LEARNERS for view in ("item", "proto")
         if view in VIEWS[name] and (name, view) not in (("A2C", "item"), ("ARS", "item"))]  # fmt: skip


class Compliant:
    """Shows what is nearer to the wish."""

    name, privileged = "compliant", True

    def act(self, env, observations):
        return actions_from_scores(env, np.einsum("nmf,nf->nm", env.state["candidate_features"], env.state["wish"]))


def share(recommender, task: Task) -> float:
    """Of what the best policy earns in the same sessions; that of random items is 0."""
    best = evaluate(Compliant(), task.slates(500), EVALUATION_SEED).mean
    return evaluate(recommender, task.lanes(500), EVALUATION_SEED).mean / best


def test_the_optimum_is_what_the_best_policy_earns():
    env = make_lanes(ENV_ID, 40_000)
    held_against(Compass().optimum, evaluate(Compliant(), env, EVALUATION_SEED).returns)
    for blind in (RandomRecommender(), LinearRanker(np.array([1.0, 0.5]))):
        assert abs(evaluate(blind, env, EVALUATION_SEED).mean) < 0.02


def test_no_algorithm_is_left_out():
    assert set(LEARNERS) == set(VIEWS) == {name for name, _ in CASES}


@pytest.mark.parametrize(("algorithm", "view"), CASES)
def test_every_algorithm_finds_the_optimum(algorithm, view):
    steps, settings = LEARNERS[algorithm]
    task = Task(ENV_ID, view, steps)
    assert share(Trained(algorithm, **settings).train(task), task) > 0.9


def test_who_does_not_look_ahead_finds_nothing():
    """What a page brings is told by the next one, so that the reward at hand says nothing of it."""
    steps, settings = LEARNERS["DQN"]
    task = Task(ENV_ID, "item", steps)
    assert abs(share(Trained("DQN", **{**settings, "gamma": 0.0}).train(task), task)) < 0.3


@pytest.mark.parametrize("name", [name for name, baseline in BASELINES.items() if baseline.kind == "tabular"])
def test_every_table_finds_the_optimum(name):
    """Where the wish is for one of its rules: the one feature or the other."""
    task = Task(ENV_ID, "slate", 100_000, env_settings={"num_wishes": 2})
    assert share(find(name).train(task), task) > 0.9

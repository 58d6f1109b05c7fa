"""Offline data: record sessions of a logging policy with Minari, then imitate what paid.

Needs pip install -e ".[minari]".

    python examples/12_minari.py --sessions 300
"""

from __future__ import annotations

import argparse
import warnings

import gymnasium
import minari
import numpy as np
import torch
from minari.data_collector import EpisodeBuffer
from torch import nn

import recgym  # noqa: F401 - registers the environments


def record(env_id: str, sessions: int, dataset_id: str) -> minari.MinariDataset:
    """Sessions of a policy that shows a random item in one of two pages, else the best rated."""
    env = gymnasium.make(env_id, action="item")
    simulator = env.unwrapped.simulator
    rating, rng = simulator.features.names.index("rating"), np.random.default_rng(0)
    episodes = []
    for seed in range(sessions):
        log = EpisodeBuffer(id=seed, seed=seed, observations=[env.reset(seed=seed)[0]], actions=[])
        over = False
        while not over:
            best = int(env.unwrapped.state["candidate_features"][0, :, rating].argmax())
            log.actions.append(int(rng.integers(simulator.num_candidates)) if rng.random() < 0.5 else best)
            observation, reward, terminated, truncated, _ = env.step(log.actions[-1])
            log.observations.append(observation)
            log.rewards.append(float(reward))
            log.terminations.append(terminated)
            log.truncations.append(truncated)
            over = terminated or truncated
        episodes.append(log)
    if dataset_id in minari.list_local_datasets():
        minari.delete_dataset(dataset_id)
    warnings.filterwarnings("ignore", module="minari")  # an example has no author to write to
    return minari.create_dataset_from_buffers(dataset_id, episodes, env=env, data_format="arrow")


def imitate(dataset: minari.MinariDataset, epochs: int) -> nn.Linear:
    """Behaviour cloning, each action weighted by the reward that followed within three pages."""
    observations, actions, weights = [], [], []
    for episode in dataset.iterate_episodes():
        followed = np.convolve(episode.rewards, [1.0, 0.5, 0.25])[: len(episode.rewards)]
        observations.append(episode.observations[:-1])
        actions.append(episode.actions)
        weights.append(np.maximum(followed, 0.0))
    x, a, w = (torch.as_tensor(np.concatenate(parts)) for parts in (observations, actions, weights))
    policy = nn.Linear(x.shape[1], int(dataset.action_space.n))
    optimizer = torch.optim.Adam(policy.parameters(), lr=3e-3)
    for _ in range(epochs):
        loss = (nn.functional.cross_entropy(policy(x), a, reduction="none") * w).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return policy


def main(env_id: str, sessions: int, epochs: int, dataset_id: str = "recgym/example-v0") -> float:
    torch.manual_seed(0)
    dataset = record(env_id, sessions, dataset_id)
    policy = imitate(dataset, epochs)
    env = dataset.recover_environment()  # the same id and arguments
    total, held_out = 0.0, 20
    for seed in range(held_out):
        observation, _ = env.reset(seed=1_000_000 + seed)
        over = False
        while not over:
            action = int(policy(torch.as_tensor(observation)).argmax())
            observation, reward, terminated, truncated, _ = env.step(action)
            total, over = total + float(reward), terminated or truncated
    mean = total / held_out
    print(f"{dataset.total_episodes} sessions, {dataset.total_steps:,} pages; the imitator's mean return: {mean:.2f}")
    return mean


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--env", default="RecGym-Ecommerce-v0")
    parser.add_argument("--sessions", type=int, default=300)
    options = parser.parse_args()
    main(options.env, options.sessions, epochs=200)

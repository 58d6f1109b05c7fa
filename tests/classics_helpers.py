"""Sessions of the classics under policies, as RecSim's were recorded, and RecSim's own."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from baselines.classics import REFERENCE, Planned, Scored, policies
from baselines.heuristics import RandomRecommender
from baselines.oracles import MYOPIC
from baselines.recommender import Recommender, make_lanes

IDS = {"interest_evolution": "RecGym-InterestEvolution-v0", "interest_exploration": "RecGym-InterestExploration-v0",
       "long_term_satisfaction": "RecGym-LongTermSatisfaction-v0", "boredom": "RecGym-Boredom-v0"}  # fmt: skip
POLICIES = ("random", "greedy", "quality")


class Sessions(NamedTuple):
    """One number per session."""

    total: np.ndarray
    length: np.ndarray
    clicks: np.ndarray
    quality: np.ndarray  # mean of what was clicked


def recsim(name: str) -> dict[str, Any]:
    """What RecSim did and gave, from tests/reference/recsim_reference.py."""
    stored = Path(__file__).parent / "reference" / "recsim.json.gz"
    return json.loads(gzip.decompress(stored.read_bytes()))[name]


def policy(name: str, model: Any) -> Recommender:
    """The policies that RecSim was run with: it scored items by the user's own utility, in interest exploration too."""
    if name == "random":
        return RandomRecommender()
    if hasattr(model, "utilities"):
        return Scored(name, model.utilities if name == "greedy" else lambda state: state["quality"])
    return Scored(name, lambda state: state["clickbait"] if name == "greedy" else -state["clickbait"])


def named(model: Any, name: str) -> Recommender:
    """One of the policies of `baselines.classics`: "myopic" or "reference"."""
    wanted = {"myopic": MYOPIC.name, "reference": REFERENCE}[name]
    [found] = [one for one in policies(model) if one.name == wanted]
    return found


def slates(choose: Any) -> Planned:
    return Planned("slates", choose)


def sessions(env: Any, recommender: Recommender, seed: int = 0) -> Sessions:
    """One session in every lane of the environment itself."""
    observations, _ = env.reset(seed=seed)
    going = np.ones(env.num_envs, dtype=bool)
    total, length, clicks, quality = np.zeros((4, env.num_envs))
    while going.any():
        observations, reward, terminated, truncated, info = env.step(recommender.act(env, observations))
        total += reward * going
        length += going
        clicked = info["clicked"] & going[:, None]
        clicks += clicked.sum(axis=1)
        worth = info["quality"] if "quality" in info else 1.0 - info.get("clickbait", np.zeros(clicked.shape))
        quality += (worth * clicked).sum(axis=1)
        going &= ~(terminated | truncated)
    return Sessions(total, length, clicks, quality / np.maximum(clicks, 1))


def run(name: str, policy_name: str, num_sessions: int, seed: int = 0, **settings: Any) -> Sessions:
    """Sessions of one of IDS under one of POLICIES."""
    env = make_lanes(IDS[name], num_sessions, **settings)
    return sessions(env, policy(policy_name, env.simulator), seed)

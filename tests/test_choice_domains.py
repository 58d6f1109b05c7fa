"""Every choice model in every domain, by its name: all numbers are finite, and what is not looked at is not clicked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

import gymnasium
import numpy as np
import pytest

import recgym  # noqa: F401  registers the environments
from recgym.choice import CHOICE_MODELS
from recgym.registration import CLASSICS, DOMAINS

NUM_ENVS, NUM_STEPS = 16, 40
CHANCES = ("examination", "appeal", "click", "stay", "cart", "purchase")


def arrays(info: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, np.ndarray]]:
    """All numbers of an `info`, by name."""
    for name, value in info.items():
        if isinstance(value, Mapping):
            yield from arrays(value, f"{within}{name}.")
        elif isinstance(value, np.ndarray) and value.dtype != object:
            yield within + name, value


@pytest.mark.parametrize("action", [{"action": "slate"}, {"action": "item", "fill": "none"}], ids=["full", "one item"])
@pytest.mark.parametrize("model", CHOICE_MODELS)
@pytest.mark.parametrize("env_id", DOMAINS)
def test_every_choice_model_works_in_every_domain(env_id, model, action):
    """Through the ends of sessions too, which are short here."""
    env = gymnasium.make_vec(env_id, num_envs=NUM_ENVS, response=model, session_length=25, **action)
    with closing(env):
        env.action_space.seed(3)
        env.reset(seed=0)
        clicks = 0
        for _ in range(NUM_STEPS):
            observation, reward, _, _, info = env.step(env.action_space.sample())
            for name, values in (("observation", observation), ("reward", reward), *arrays(info)):
                assert np.isfinite(values).all(), f"{name} is not finite"
            truth, shown = info["truth"], info["slate"] >= 0
            for name in CHANCES:
                assert (truth[name] >= 0).all() and (truth[name] <= 1).all(), f"{name} is no chance"
            assert (truth["appeal"] <= truth["examination"] + 1e-12).all()
            assert not truth["examination"][~shown].any() and not info["clicked"][~shown].any()
            clicks += info["clicked"].sum()
        assert clicks > 0


@pytest.mark.parametrize("env_id", CLASSICS)
def test_the_classics_bring_their_own(env_id):
    with pytest.raises(TypeError, match="unknown argument 'response'"):
        gymnasium.make(env_id, response="mnl")

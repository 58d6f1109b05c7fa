"""What users say about themselves: which of it moves them, and that the pages say which does not."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest

from recgym.described import config_class, docstring_sections, scenario_module
from recgym.registration import DOMAINS
from recgym.users import UserPopulation

STEPS, LANES = 8, 64
# A distractor -> how the page of its domain says so.
NOT_FELT = {
    "age_group": "Age group, season and campaign are observed, but no customer behaves otherwise because of them.",
    "stances": "How they vote is said and not felt",
    "habits": "When they watch and what for is said and not felt",
    "eras": "The era they come from is said and not felt",
    "spendings": "What they spend is said and not felt",
    "trades": "What they do for a living is said and not felt",
}
STATEMENTS = [(env_id, name) for env_id in DOMAINS for name in config_class(env_id).DOMAIN.statements]


def rewards(env_id: str) -> np.ndarray:
    """(STEPS, LANES) under random pages, the same at every call."""
    envs = gymnasium.make_vec(env_id, num_envs=LANES)
    envs.reset(seed=0)
    envs.action_space.seed(0)
    return np.stack([envs.step(envs.action_space.sample())[1] for _ in range(STEPS)])


@pytest.mark.parametrize(("env_id", "name"), STATEMENTS)
def test_what_is_felt_moves_users_and_the_page_says_what_is_not(env_id, name, monkeypatch):
    """The same users, but everybody says the next sentence instead of their own."""
    original, sample = rewards(env_id), UserPopulation.sample

    def others(self, rng):
        users = sample(self, rng)
        place = self.statement_names.index(name)
        said = users[name]
        users[name] = (said + 1) % len(self.statements[place])
        if place == 1:  # only the second statement says how much a cost is minded
            users["price_sensitivity"] += self.sensitivity[users[name]] - self.sensitivity[said]
        return users

    monkeypatch.setattr(UserPopulation, "sample", others)
    assert np.array_equal(rewards(env_id), original) == (name in NOT_FELT)
    if name in NOT_FELT:
        section = docstring_sections(scenario_module(env_id))[2]["Observation space"]
        assert NOT_FELT[name] in " ".join(section.split())

"""The single environment, and the whole contract for every registered id."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys

import gymnasium
import numpy as np
import pytest

import recgym
from recgym.actions import VIEWS
from recgym.observation import KINDS
from recgym.registration import CLASSICS, DOMAINS, ENVIRONMENTS, register_all
from recgym.testing import CHECKS, HashingEncoder, check_environment, small_catalog

SMALL = {"catalog": small_catalog(), "encoder": HashingEncoder(16), "embedding_dim": 16, "slate_size": 3,
         "candidates_per_source": 2, "history_length": 4}  # fmt: skip
ECOMMERCE = "RecGym-Ecommerce-v0"
VECTOR_CHECKS = [check for check in CHECKS if "vector" in check.__name__]
VIEWS_AND_KINDS = list(itertools.product(VIEWS, KINDS))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("env_id", ENVIRONMENTS)
def test_every_environment_keeps_the_contract(env_id, check):
    check(env_id)


@pytest.mark.parametrize(("action", "observation"), VIEWS_AND_KINDS)
def test_every_view_and_observation_keeps_the_contract(action, observation):
    for check in CHECKS:  # parity of the vector environment: see test_vector_env.py
        if check not in VECTOR_CHECKS:
            check(ECOMMERCE, action=action, observation=observation, **SMALL)


@pytest.mark.parametrize(("action", "observation"), [("item", "dict"), ("sequential", "flat"), ("proto", "latent")])
@pytest.mark.parametrize("env_id", CLASSICS)
def test_every_view_and_observation_of_a_classic_keeps_the_contract(env_id, action, observation):
    for check in CHECKS:
        check(env_id, action=action, observation=observation)


@pytest.mark.parametrize("settings", [
    {"fusion": "linear", "fused_dim": 8},
    {"live": True},
    {"whiten": "relaxed", "session_length": 4},
    {"reward": {"click": 1.0, "diversity": 0.5, "potential": 1.0}},
    {"action": "item", "fill": "none", "observation": "sequence"},
    {"slate_size": 1},
])  # fmt: skip
def test_other_settings_keep_the_contract(settings):
    check_environment(ECOMMERCE, **{**SMALL, **settings})


def test_registration_builds_and_reads_nothing():
    """Importing registers; the ids come from the module string too; registering twice changes nothing."""
    code = (
        "import sys, gymnasium, recgym\n"
        "assert 'recgym.env' not in sys.modules and 'recgym.scenarios' not in sys.modules, 'import built something'\n"
        "assert 'numba' not in sys.modules, 'import brought the compiler'\n"
        f"assert {ECOMMERCE!r} in gymnasium.registry\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    by_module = f"import gymnasium; gymnasium.make('recgym:{ECOMMERCE}').reset(seed=0)"
    subprocess.run([sys.executable, "-c", by_module], check=True, timeout=60)
    before = dict(gymnasium.registry)
    register_all()
    assert dict(gymnasium.registry) == before
    assert set(ENVIRONMENTS) == {env_id for env_id in gymnasium.registry if env_id.startswith("RecGym-")}
    assert set(recgym.ENVIRONMENTS) == set(ENVIRONMENTS) == {*DOMAINS, *CLASSICS}


def test_reset_comes_first():
    env = gymnasium.make(ECOMMERCE, **SMALL).unwrapped
    for call in (lambda: env.step(env.action_space.sample()), env.action_masks):
        with pytest.raises(gymnasium.error.ResetNeeded, match="reset"):
            call()


def test_info_names_the_items_and_keeps_the_truth_apart():
    env = gymnasium.make(ECOMMERCE, **SMALL)
    env.reset(seed=0)
    _, _, _, _, info = env.step(np.array([0, 3, 5]))
    catalog = env.unwrapped.simulator.catalog
    assert info["item_ids"].tolist() == [catalog.item_ids[row] for row in info["slate"]]
    assert {"clicked", "disappointed", "carted", "purchased", "rating", "left", "reward_terms", "truth"} <= set(info)
    for name in ("clicked", "disappointed", "carted", "purchased", "rating"):
        assert info[name].shape == (3,)
    hidden = {"click", "stay", "cart", "purchase", "trust", "need", "readiness", "appeal"}
    assert hidden <= set(info["truth"]) and not hidden & set(info)


def test_empty_slots_name_no_item():
    env = gymnasium.make(ECOMMERCE, action="item", fill="none", **SMALL)
    env.reset(seed=0)
    _, _, _, _, info = env.step(2)
    assert info["slate"][1:].tolist() == [-1, -1]
    ids = set(env.unwrapped.simulator.catalog.item_ids)
    assert info["item_ids"][0] in ids
    assert not ids & set(info["item_ids"][1:])
    assert not info["clicked"][1:].any()


def test_a_session_without_reward():
    """All weights zero is a legitimate control."""
    names = ("click", "cart", "purchase", "satisfaction", "diversity", "potential")
    no_reward = {**SMALL, "reward": dict.fromkeys(names, 0.0)}
    env = gymnasium.make(ECOMMERCE, **no_reward)
    env.reset(seed=0)
    assert env.step(env.action_space.sample())[1] == 0.0
    batch = gymnasium.make_vec(ECOMMERCE, num_envs=3, **no_reward)
    batch.reset(seed=0)
    assert np.array_equal(batch.step(batch.action_space.sample())[1], np.zeros(3))


def test_the_setting_seed_draws_other_items_and_the_same_users():
    one, two = (gymnasium.make(ECOMMERCE, **SMALL, **{"seed": seed}).unwrapped for seed in (0, 1))
    again = gymnasium.make(ECOMMERCE, **SMALL).unwrapped
    assert not np.array_equal(one.simulator.items.hidden, two.simulator.items.hidden)
    assert not np.array_equal(one.simulator.items.taste, two.simulator.items.taste)
    assert np.array_equal(one.simulator.items.visible, two.simulator.items.visible)
    assert np.array_equal(one.simulator.items.hidden, again.simulator.items.hidden)
    for env in (one, two):
        env.reset(seed=5)
    assert np.array_equal(one.state["interest"], two.state["interest"])


def test_a_catalogue_from_a_file_is_the_catalogue(tmp_path):
    path = tmp_path / "shop.csv"
    small_catalog().save(path)
    envs = [gymnasium.make(ECOMMERCE, **{**SMALL, "catalog": source}) for source in (small_catalog(), path, str(path))]
    observations = [env.reset(seed=0)[0] for env in envs]
    assert np.array_equal(observations[0], observations[1]) and np.array_equal(observations[0], observations[2])


def test_a_made_environment_can_be_made_again_from_its_json():
    env = gymnasium.make(ECOMMERCE, action="item", session_length=3, reward={"click": 1.0})
    spec = gymnasium.envs.registration.EnvSpec.from_json(env.spec.to_json())
    assert json.loads(env.spec.to_json())["kwargs"]["action"] == "item"
    again = gymnasium.make(spec)
    assert np.array_equal(env.reset(seed=1)[0], again.reset(seed=1)[0])
    assert env.step(3)[1] == again.step(3)[1]


@pytest.mark.parametrize(("action", "observation"), VIEWS_AND_KINDS)
def test_stable_baselines3_accepts_it(action, observation):
    from stable_baselines3.common.env_checker import check_env

    env = gymnasium.make(ECOMMERCE, action=action, observation=observation, **SMALL)
    check_env(env, warn=False, skip_render_check=True)

"""The vector environment equals Gymnasium's SyncVectorEnv of single ones, bit for bit, whatever happens."""

from __future__ import annotations

import dataclasses
import itertools

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

import recgym  # noqa: F401  registers the environments
from recgym.actions import VIEWS
from recgym.dynamics import Visits
from recgym.observation import KINDS
from recgym.scenarios.ecommerce import Ecommerce
from recgym.testing import (
    HashingEncoder,
    check_vector_disabled,
    check_vector_next_step,
    check_vector_same_step,
    small_catalog,
)

SMALL = {"catalog": small_catalog(), "encoder": HashingEncoder(16), "embedding_dim": 16, "slate_size": 3,
         "candidates_per_source": 2, "history_length": 4}  # fmt: skip
ECOMMERCE = "RecGym-Ecommerce-v0"
RESTLESS = "Test-Restless-v0"
CHECKS_BY_MODE = {"next_step": check_vector_next_step, "same_step": check_vector_same_step,
                  "disabled": check_vector_disabled}  # fmt: skip


def restless(*arguments):
    """Visitors leave, and are lost, often: sessions end both ways, at different times in every lane."""
    return tuple(
        dataclasses.replace(part, leave_bias=0.0, return_bias=1.0) if isinstance(part, Visits) else part
        for part in Ecommerce.DOMAIN.dynamics(*arguments)
    )


class Restless(Ecommerce):
    """A shop with such visitors."""

    DOMAIN = dataclasses.replace(Ecommerce.DOMAIN, dynamics=restless)


@pytest.fixture(autouse=True)
def restless_shop(monkeypatch):
    monkeypatch.setitem(gymnasium.registry, RESTLESS, dataclasses.replace(
        gymnasium.spec(ECOMMERCE), id=RESTLESS, kwargs={"scenario": f"{__name__}:Restless"}))  # fmt: skip


def batch(num_envs: int = 5, mode: str = "next_step", **settings: object) -> gymnasium.vector.VectorEnv:
    chosen = AutoresetMode[mode.upper()]
    return gymnasium.make_vec(RESTLESS, num_envs=num_envs, autoreset_mode=chosen, **{**SMALL, **settings})


def single(**settings: object) -> gymnasium.Env:
    return gymnasium.make(RESTLESS, disable_env_checker=True, **{**SMALL, **settings})


@pytest.mark.parametrize("mode", CHECKS_BY_MODE)
@pytest.mark.parametrize(("action", "observation"), itertools.product(VIEWS, KINDS))
def test_a_batch_is_its_single_environments(action, observation, mode):
    CHECKS_BY_MODE[mode](RESTLESS, action=action, observation=observation, **SMALL)


@pytest.mark.parametrize("settings", [
    {"fusion": "linear", "fused_dim": 8},
    {"live": True},
    {"action": "item", "fill": "none"},
    {"session_length": 1},
    {"slate_size": 1, "action": "sequential"},
])  # fmt: skip
def test_other_settings_too(settings):
    check_vector_next_step(RESTLESS, **{**SMALL, **settings})


def test_those_sessions_end_both_ways():
    """Otherwise the tests above would prove little."""
    env = batch(num_envs=8, session_length=6)
    env.reset(seed=0)
    env.action_space.seed(0)
    ends = np.zeros(2, dtype=int)
    together = 0
    for _ in range(60):
        _, _, terminated, truncated, _ = env.step(env.action_space.sample())
        ends += terminated.sum(), truncated.sum()
        together += len({bool(over) for over in terminated | truncated}) == 2
    assert ends.min() > 10 and together > 10


def test_a_lane_does_not_depend_on_its_neighbours():
    small, large = batch(2), batch(7)
    first, second = small.reset(seed=4)[0], large.reset(seed=4)[0]
    assert np.array_equal(first, second[:2])
    large.action_space.seed(0)
    for _ in range(30):
        actions = large.action_space.sample()
        first, second = small.step(actions[:2])[:4], large.step(actions)[:4]
        assert all(np.array_equal(one, two[:2]) for one, two in zip(first, second, strict=True))


def test_a_list_of_seeds_and_a_seed():
    env = batch(3)
    by_int = env.reset(seed=10)[0]
    by_list = env.reset(seed=[10, 11, 12])[0]
    assert np.array_equal(by_int, by_list)
    swapped = env.reset(seed=[12, 10, 11])[0]
    assert np.array_equal(swapped, by_int[[2, 0, 1]])
    for i, seed in enumerate((10, 11, 12)):
        assert np.array_equal(single().reset(seed=seed)[0], by_int[i])


def test_a_lane_without_a_seed_goes_on():
    env = batch(3)
    env.reset(seed=10)
    going_on = env.reset()[0]
    env.reset(seed=10)
    mixed = env.reset(seed=[None, 77, None])[0]
    assert np.array_equal(mixed[[0, 2]], going_on[[0, 2]])
    assert np.array_equal(mixed[1], single().reset(seed=77)[0])


def test_an_array_of_seeds_is_a_list_of_seeds():
    listed, given = (batch(3).reset(seed=seeds)[0] for seeds in ([4, 9, 2], np.array([4, 9, 2])))
    assert np.array_equal(listed, given)


def test_without_seeds_lanes_differ():
    first = batch(4).reset()[0]
    assert len({observation.tobytes() for observation in first}) == 4


def test_reset_mask_resets_only_its_lanes():
    env = batch(3, "disabled")
    env.reset(seed=10)
    before = env.step(env.action_space.sample())[0]
    mask = np.array([False, True, False])
    after = env.reset(seed=[1, 2, 3], options={"reset_mask": mask})[0]
    assert np.array_equal(after[~mask], before[~mask])
    assert np.array_equal(after[1], single().reset(seed=2)[0])
    assert mask.tolist() == [False, True, False]


def test_disabled_waits_for_the_reset():
    env = batch(4, "disabled", session_length=1)
    env.reset(seed=0)
    actions = env.action_space.sample()
    _, _, terminated, truncated, _ = env.step(actions)
    assert (terminated | truncated).all()
    with pytest.raises(ValueError, match="reset_mask"):
        env.step(actions)
    env.reset(options={"reset_mask": np.ones(4, dtype=bool)})
    env.step(actions)


def test_next_step_spends_a_step_on_the_reset():
    env = batch(2, session_length=1)
    env.reset(seed=0)
    actions = env.action_space.sample()
    last = env.step(actions)
    assert (last[2] | last[3]).all()
    observation, reward, terminated, truncated, info = env.step(actions)
    assert not reward.any() and not terminated.any() and not truncated.any()
    assert not any(mask.any() for name, mask in info.items() if name.startswith("_"))
    assert not np.array_equal(observation, last[0])


def test_same_step_gives_the_last_observation_beside_the_first():
    env, lane = batch(2, "same_step", session_length=2), single(session_length=2)
    env.reset(seed=0)
    lane.reset(seed=1)
    env.action_space.seed(0)
    for _ in range(2):
        actions = env.action_space.sample()
        observation, _, terminated, truncated, info = env.step(actions)
        last, _, over, cut, last_info = lane.step(actions[1])
        if over or cut:
            break
    assert (terminated | truncated)[1] and info["_final_obs"][1] and info["_final_info"][1]
    assert np.array_equal(info["final_obs"][1], last)
    assert np.array_equal(info["final_info"]["clicked"][1], last_info["clicked"])
    assert np.array_equal(observation[1], lane.reset()[0])


def test_max_episode_steps_truncates_like_the_wrapper():
    env = gymnasium.make_vec(ECOMMERCE, num_envs=3, max_episode_steps=4, **SMALL)
    lane = gymnasium.make(ECOMMERCE, max_episode_steps=4, **SMALL)
    env.reset(seed=0)
    lane.reset(seed=0)
    env.action_space.seed(0)
    for step in range(1, 5):
        actions = env.action_space.sample()
        _, _, terminated, truncated, _ = env.step(actions)
        _, _, over, cut, _ = lane.step(actions[0])
        assert (terminated[0], truncated[0]) == (over, cut)
        assert truncated.tolist() == [step == 4] * 3
        if over:
            break


def test_action_masks_of_a_batch_are_those_of_its_lanes():
    env = batch(3, action="sequential")
    env.reset(seed=0)
    env.step(np.array([0, 4, 9]))
    masks = env.action_masks()
    assert masks.shape == (3, 10) and [np.flatnonzero(~mask).tolist() for mask in masks] == [[0], [4], [9]]


def test_spaces_metadata_and_reset_order():
    env = batch(3, "same_step")
    assert env.metadata["autoreset_mode"] == AutoresetMode.SAME_STEP
    assert type(env.unwrapped).metadata["autoreset_mode"] == AutoresetMode.NEXT_STEP  # the class is not changed
    assert env.action_space.shape == (3, 3) and env.observation_space.shape == (3, *env.single_observation_space.shape)
    with pytest.raises(gymnasium.error.ResetNeeded, match="reset"):
        env.step(env.action_space.sample())
    assert env.observation_space.contains(env.reset(seed=0)[0])

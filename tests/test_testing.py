"""The checks can fail: each catches an environment that was broken on purpose, and says what to do about it."""

from __future__ import annotations

import dataclasses
import inspect

import gymnasium
import numpy as np
import pytest

import recgym  # noqa: F401  registers the environments
from recgym import testing
from recgym.catalog import Catalog
from recgym.encoders import as_encoder
from recgym.encoders.protocol import checked_embeddings
from recgym.env import RecEnv, RecVectorEnv
from recgym.testing import CHECKS, HashingEncoder, check_environment, random_items, small_catalog

SMALL = {"catalog": small_catalog(), "encoder": HashingEncoder(16), "embedding_dim": 16, "slate_size": 3,
         "candidates_per_source": 2, "history_length": 4}  # fmt: skip


class NoisyReward(RecEnv):
    """Draws from a generator that no seed reaches."""

    def step(self, action):
        observation, reward, *rest = super().step(action)
        return observation, reward + float(np.random.default_rng().random()), *rest


class Buffered(RecEnv):
    """Returns the same array at every step."""

    def reset(self, **kwargs):
        observation, info = super().reset(**kwargs)
        self.buffer = observation.copy()
        return self.buffer, info

    def step(self, action):
        observation, *rest = super().step(action)
        self.buffer[:] = observation
        return self.buffer, *rest


class ViewOfState(RecEnv):
    """Hands out an array of the state itself."""

    def step(self, action):
        *rest, info = super().step(action)
        return *rest, {**info, "satiation": self.state["satiation"][0]}


class WrongDtype(RecEnv):
    def step(self, action):
        observation, *rest = super().step(action)
        return observation.astype(np.float64), *rest


class NotFinite(RecEnv):
    def step(self, action):
        observation, *rest = super().step(action)
        observation[5] = np.nan
        return observation, *rest


class IgnoresSeed(RecEnv):
    def reset(self, *, seed=None, options=None):
        return super().reset(seed=None if seed is None else 0, options=options)


class Repeats(RecEnv):
    """Without a seed it plays the same session again."""

    last = None

    def reset(self, *, seed=None, options=None):
        self.last = self.last if seed is None else seed
        return super().reset(seed=self.last, options=options)


class Remembers(RecEnv):
    """Rewards grow with the steps of earlier sessions."""

    steps = 0

    def step(self, action):
        observation, reward, *rest = super().step(action)
        self.steps += 1
        return observation, reward + self.steps, *rest


class ArrayReward(RecEnv):
    def step(self, action):
        observation, reward, *rest = super().step(action)
        return observation, np.array([reward]), *rest


class BothEndings(RecEnv):
    def step(self, action):
        observation, reward, terminated, truncated, info = super().step(action)
        return observation, reward, terminated or truncated, truncated, info


class LateEnding(RecEnv):
    def __init__(self, *args, session_length=60, **kwargs):
        super().__init__(*args, session_length=session_length + 1, **kwargs)


class DropsArguments(RecEnv):
    def __init__(self, scenario, action="slate", **kwargs):
        super().__init__(scenario, **kwargs)


class SwallowsArguments(RecEnv):
    def __init__(self, scenario, sesion_lenght=None, **kwargs):
        super().__init__(scenario, **kwargs)


class ShortMask(RecEnv):
    def action_masks(self):
        return super().action_masks()[:-1]


class OutsideTheSpace(RecEnv):
    """Its action space is larger than what it takes."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.action_space = gymnasium.spaces.MultiDiscrete(self.action_space.nvec)

    def reset(self, *, seed=None, options=None):
        return super().reset(seed=seed)[0]  # no info


class ConstantColumn(RecVectorEnv):
    def step(self, actions):
        observation, *rest = super().step(actions)
        observation[:, 7] = 0
        return observation, *rest

    def reset(self, **kwargs):
        observation, info = super().reset(**kwargs)
        observation[:, 7] = 0
        return observation, info


class CoupledLanes(RecVectorEnv):
    def step(self, actions):
        observation, reward, *rest = super().step(actions)
        return observation, reward + 1e-12 * reward.sum(), *rest


class ForgetsFinal(RecVectorEnv):
    def step(self, actions):
        *rest, info = super().step(actions)
        return *rest, {name: value for name, value in info.items() if "final_obs" not in name}


class ResetsEveryLane(RecVectorEnv):
    def reset(self, *, seed=None, options=None):
        return super().reset(seed=seed)


BROKEN = [
    (NoisyReward, "check_determinism"),
    (Buffered, "check_fresh_arrays"),
    (ViewOfState, "check_fresh_arrays"),
    (WrongDtype, "check_observations"),
    (NotFinite, "check_observations"),
    (IgnoresSeed, "check_seeds_differ"),
    (IgnoresSeed, "check_random_start"),
    (Repeats, "check_reset_continues"),
    (Remembers, "check_seed_after_use"),
    (ArrayReward, "check_rewards"),
    (BothEndings, "check_endings"),
    (LateEnding, "check_endings"),
    (DropsArguments, "check_keywords"),
    (SwallowsArguments, "check_unknown_keyword"),
    (ShortMask, "check_action_masks"),
    (OutsideTheSpace, "check_gymnasium"),
    (ConstantColumn, "check_observation_varies"),
    (CoupledLanes, "check_vector_next_step"),
    (ForgetsFinal, "check_vector_same_step"),
    (ResetsEveryLane, "check_vector_disabled"),
]


@pytest.fixture
def register(monkeypatch):
    def add(broken: type, **changes: object) -> str:
        entry = f"{__name__}:{broken.__name__}"
        shells = {"entry_point": entry} if issubclass(broken, RecEnv) else {"vector_entry_point": entry}
        spec = dataclasses.replace(gymnasium.spec("RecGym-Ecommerce-v0"), id="Test-Broken-v0", **{**shells, **changes})
        monkeypatch.setitem(gymnasium.registry, "Test-Broken-v0", spec)
        return "Test-Broken-v0"

    return add


@pytest.mark.parametrize(("broken", "check"), BROKEN, ids=lambda value: getattr(value, "__name__", value))
def test_a_check_catches_what_it_is_for(broken, check, register):
    env_id = register(broken)
    with pytest.raises(AssertionError) as caught:
        getattr(testing, check)(env_id, **SMALL)
    if check != "check_gymnasium":
        assert env_id in str(caught.value) and len(str(caught.value)) > 60


def test_a_spec_that_is_not_json(register):
    with pytest.raises(AssertionError, match="JSON"):
        testing.check_spec(register(RecEnv, kwargs={"scenario": "ecommerce", "encoder": HashingEncoder(4)}))
    with pytest.raises(AssertionError, match="module:Class"):
        testing.check_spec(register(RecEnv, entry_point=RecEnv))


def test_every_check_is_run_and_has_one_sentence_of_documentation():
    named = {check for name, check in vars(testing).items() if name.startswith("check_") and inspect.isfunction(check)
             and check.__module__ == testing.checks.__name__}  # fmt: skip
    assert named == {*CHECKS, check_environment}
    assert all(inspect.getdoc(check).splitlines()[0].endswith(".") for check in named)
    assert {check.__name__ for check in CHECKS} == {check for _, check in BROKEN} | {"check_spec"}


def test_check_environment_stops_at_the_first_failure(register):
    with pytest.raises(AssertionError, match="finite float"):
        check_environment(register(ArrayReward), **SMALL)


@pytest.mark.parametrize("embedding_dim", [1, 7, 384, 1000])
def test_the_hashing_encoder_is_an_encoder(embedding_dim):
    encoder = HashingEncoder(embedding_dim)
    assert as_encoder(encoder) is encoder
    texts = ["red shoe", "blue dress", "", "schöne Schuhe", "red shoe"]
    rows = checked_embeddings(encoder.encode(texts), len(texts), encoder)
    assert rows.dtype == np.float32
    assert np.array_equal(rows[0], rows[4])
    assert np.array_equal(encoder.encode(["shoe RED"])[0], rows[0])  # a bag of words
    assert np.array_equal(encoder.encode(texts[3:4])[0], rows[3])  # alone as in a batch
    assert encoder.fingerprint != HashingEncoder(embedding_dim + 1).fingerprint
    assert encoder.encode([]).shape == (0, embedding_dim)
    with pytest.raises(TypeError, match="single text"):
        encoder.encode("red shoe")


def test_texts_that_share_words_are_alike():
    one, two, other = HashingEncoder(384).encode(["red running shoe", "blue running shoe", "garden table"])
    assert one @ two > 0.5 and abs(one @ other) < 0.2
    by_hand = np.array([0xB3, 0xE0, 0xA2]) - 127.5  # SHAKE-128 of "red"
    assert HashingEncoder(3).encode(["red"])[0] == pytest.approx(by_hand / np.linalg.norm(by_hand))


def test_the_small_catalogue_is_a_shop(tmp_path):
    catalog = small_catalog(30, 5)
    assert (catalog.num_items, catalog.num_categories) == (30, 5)
    assert catalog.fingerprint == small_catalog(30, 5).fingerprint
    assert len(set(catalog.texts)) == 30
    catalog.save(tmp_path / "shop.csv")  # and a valid one: saved, checked and read back, it is the same
    assert Catalog.load(tmp_path / "shop.csv", required=tuple(catalog.attributes)).fingerprint == catalog.fingerprint


def test_random_items():
    items = random_items(10, 4, 3)
    assert (items.num_items, items.num_categories, items.embedding_dim) == (10, 4, 3)
    assert np.array_equal(items.visible, random_items(10, 4, 3).visible)
    assert not np.array_equal(items.visible, random_items(10, 4, 3, seed=1).visible)
    assert np.isfinite(items.trait("quality")).all()

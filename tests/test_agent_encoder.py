"""What the agent sees may be embedded by another encoder than the users: the world stays the same, bit for bit."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest

from baselines.interaction import interact
from baselines.recommender import make_lanes
from recgym.encoders import IDS, IdEncoder, as_encoder
from recgym.registration import DOMAINS
from recgym.testing import HashingEncoder, small_catalog

SMALL = {"catalog": small_catalog(), "encoder": HashingEncoder(16), "embedding_dim": 8, "candidates_per_source": 2}


def flattened(tree: dict, prefix: str = "") -> dict[str, np.ndarray]:
    found = {}
    for name, value in tree.items():
        found |= flattened(value, f"{prefix}{name}/") if isinstance(value, dict) else {prefix + name: value}
    return found


@pytest.mark.parametrize("env_id", DOMAINS)
def test_users_candidates_and_rewards_are_those_of_the_language_model(env_id):
    """The same random slates, hundreds of pages and several sessions of each lane: only the observations differ."""
    both = []
    for agent_encoder in (None, IDS):
        env, rng = make_lanes(env_id, 8, agent_encoder=agent_encoder, session_length=30), np.random.default_rng(0)

        def act(observations, rng=rng):
            return rng.integers(20, size=(8, 3))

        both.append(list(interact(env, act, 600, 7)))
    assert len(both[0]) == len(both[1])
    for language, ids in zip(*both, strict=True):
        for name in ("reward", "terminated", "truncated"):
            assert np.array_equal(getattr(language, name), getattr(ids, name))
        for name in ("candidates", "interest", "satiation", "trust", "need", "query", "history_items"):
            assert np.array_equal(language.before[name], ids.before[name]), name
        told, again = flattened(language.info), flattened(ids.info)
        assert told.keys() == again.keys()
        for name in told.keys() - {"final_obs", "_final_obs"}:
            assert np.array_equal(told[name], again[name]), name
        assert language.observations.shape == ids.observations.shape
        assert not np.array_equal(language.observations, ids.observations)


def test_everything_embedded_that_is_seen_is_the_agents():
    """Naming the same encoder twice changes no bit; another one changes every embedded part, and nothing else."""
    seen = {}
    for name, agent_encoder in (("one", None), ("same", HashingEncoder(16)), ("ids", IDS)):
        env = gymnasium.make("RecGym-Ecommerce-v0", observation="dict", agent_encoder=agent_encoder, **SMALL)
        env.reset(seed=3)
        for _ in range(12):
            seen[name], *_ = env.step([0, 1, 2])
    for part, values in seen["one"].items():
        assert np.array_equal(seen["same"][part], values), part
    for part in ("history", "profile", "context"):
        assert not np.isclose(seen["ids"][part], seen["one"][part]).any() or not seen["one"][part].any(), part
    names = env.unwrapped.simulator.features.names
    relations = [position for position, name in enumerate(names) if name in ("liked", "exposed", "query")]
    differ = (seen["ids"]["candidates"] != seen["one"]["candidates"]).any(axis=0)
    assert set(np.flatnonzero(differ)) <= set(relations) and differ.any()


def test_a_sequence_shows_the_agents_vectors_and_live_histories_too():
    env = gymnasium.make("RecGym-Ecommerce-v0", observation="sequence", agent_encoder=IDS, **SMALL)
    env.reset(seed=0)
    observation, *_, info = env.step([0, 1, 2])
    vectors = env.unwrapped.simulator.features.embeddings[info["slate"]]
    assert np.array_equal(observation["sequence"][-3:, :8], vectors)
    assert not np.array_equal(vectors, env.unwrapped.simulator.items.embeddings[info["slate"]])
    env = gymnasium.make("RecGym-Ecommerce-v0", observation="dict", live=True, agent_encoder=IDS, **SMALL)
    history = env.reset(seed=0)[0]["history"]
    expected = env.unwrapped.sessions.setting.projection.apply(IdEncoder().encode(["A new user."]))[0]
    assert np.allclose(history, expected, atol=1e-6)


def test_ids_tell_texts_apart_and_nothing_else():
    encoder = as_encoder(IDS)
    vectors = encoder.encode(["red shoe", "red shoes", "tax law", "red shoe"])
    assert vectors.dtype == np.float32 and np.allclose(np.linalg.norm(vectors, axis=1), 1.0)
    assert np.array_equal(vectors[0], vectors[3])
    many = encoder.encode([f"text {number}" for number in range(400)])
    cosines = (many @ many.T)[np.triu_indices(400, 1)]
    # Of random directions: mean 0, standard deviation 1 / sqrt(384).
    assert abs(cosines.mean()) < 0.001 and cosines.std() == pytest.approx(384**-0.5, rel=0.02)
    assert encoder.encode([]).shape == (0, 384) and encoder.fingerprint == IdEncoder().fingerprint == "ids-384"
    assert IdEncoder(5).encode(["a"]).shape == (1, 5)


def test_every_item_of_the_shipped_catalogues_has_an_id_of_its_own():
    for env_id in DOMAINS:
        items = make_lanes(env_id, 1, agent_encoder=IDS).simulator.features.embeddings
        assert len(np.unique(items, axis=0)) == len(items), env_id


def test_an_encoder_that_is_too_small_is_told():
    with pytest.raises(ValueError, match="embedding_dim: the encoder gives 4 dimensions, so 8 cannot be kept"):
        gymnasium.make("RecGym-Ecommerce-v0", agent_encoder=IdEncoder(4), **SMALL)

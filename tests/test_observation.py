"""Observations: their layout, their fusion, the history as text and as a sequence."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium import spaces

from recgym.counters import Counters
from recgym.dynamics import History
from recgym.encoders import SentenceTransformerEncoder
from recgym.fusion import Fusion, history_texts
from recgym.observation import CANDIDATE_SCALE, EMBEDDING_SCALE, KINDS, LatentObservation
from recgym.randomness import BatchRNG
from recgym.registration import DOMAINS
from recgym.sessions import Sessions
from recgym.state import State
from recgym.testing import HashingEncoder, small_catalog

DIM, SLATE_SIZE, HISTORY, CANDIDATES = 12, 3, 4, 10
SETTINGS = {"catalog": small_catalog(), "encoder": HashingEncoder(24), "embedding_dim": DIM, "slate_size": SLATE_SIZE,
            "candidates_per_source": 2, "history_length": HISTORY}  # fmt: skip
FUSIONS = {"concat": {"fusion": "concat"}, "linear": {"fusion": "linear", "fused_dim": 9}}
PARTS = {"counters": (len(Counters.NAMES),), "history": (3 * DIM,), "profile": (DIM,), "context": (DIM,)}


def sessions(**settings: object) -> Sessions:
    return Sessions("ecommerce", **{**SETTINGS, **settings})


def played(made: Sessions, num_envs: int = 6, steps: int = 5) -> State:
    """The state of some sessions after a few random actions."""
    rng = BatchRNG(np.random.default_rng(0).integers(2**64, size=num_envs, dtype=np.uint64))
    made.view.space.seed(0)
    state = made.reset(rng)
    for _ in range(steps):
        state = made.step(state, np.array([made.view.space.sample() for _ in range(num_envs)]), rng)[0]
    return state


def assert_in_space(space: spaces.Space, observed: object, num_envs: int) -> None:
    for i in range(num_envs):
        one = {name: values[i] for name, values in observed.items()} if isinstance(observed, dict) else observed[i]
        assert space.contains(one)


@pytest.mark.parametrize("action", ["slate", "sequential"])
@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("kind", ["flat", "dict", "sequence"])
def test_observations_lie_in_spaces_of_the_documented_shapes(kind, fusion, action):
    made = sessions(observation=kind, action=action, **FUSIONS[fusion])
    num_features = len(made.simulator.features.names)
    extra = CANDIDATES + SLATE_SIZE if action == "sequential" else 0
    fused = 9 if fusion == "linear" else 5 * DIM
    flat = len(Counters.NAMES) + CANDIDATES * num_features + fused + extra
    space = made.observation.space
    if kind == "flat":
        assert space == spaces.Box(-np.inf, np.inf, (flat,), np.float32)
    elif kind == "sequence":
        events = HISTORY * SLATE_SIZE
        shapes = {"features": (flat,), "mask": (events,), "sequence": (events, DIM + len(History.EVENTS))}
        assert {name: box.shape for name, box in space.items()} == shapes
    else:
        shapes = {"counters": PARTS["counters"], "candidates": (CANDIDATES, num_features)}
        shapes |= {"fused": (9,)} if fusion == "linear" else {n: PARTS[n] for n in ("history", "profile", "context")}
        shapes |= {"slate": (extra,)} if extra else {}
        assert {name: box.shape for name, box in space.items()} == shapes
    state = played(made)
    assert_in_space(space, made.observe(state), state.num_envs)


@pytest.mark.parametrize("action", ["slate", "sequential"])
def test_the_latent_vector_holds_the_truth_and_no_embedding(action):
    made = sessions(observation="latent", action=action)
    state = played(made)
    seen, simulator = made.observe(state), made.simulator
    assert_in_space(made.observation.space, seen, state.num_envs)
    counted, listed = len(Counters.NAMES), CANDIDATES * len(simulator.features.names)
    hidden = np.stack((state["trust"], state["need"] >= 0, state["readiness"]), axis=1)
    np.testing.assert_allclose(seen[:, counted + listed : counted + listed + 3], hidden, rtol=1e-6)
    funnel = simulator.response.funnel(state, state["candidates"])
    chances = seen[:, counted + listed + 3 : counted + listed + 3 + 5 * CANDIDATES].reshape(-1, CANDIDATES, 5)
    for i, name in enumerate(LatentObservation.CHANCES):
        np.testing.assert_allclose(chances[..., i], getattr(funnel, name), rtol=1e-6)
    flat = sessions(action=action).observe(state)
    np.testing.assert_array_equal(seen[:, : counted + listed], flat[:, : counted + listed])


@pytest.mark.parametrize("settings", [{"fusion": "linear"}, {"live": True, "encoder": SETTINGS["encoder"]}])
def test_the_latent_vector_is_not_fused(settings):
    with pytest.raises(ValueError, match="embeds nothing"):
        sessions(observation="latent", **settings)


@pytest.mark.parametrize("fusion", FUSIONS)
def test_the_flat_vector_is_the_parts_side_by_side(fusion):
    flat, parts = (sessions(observation=kind, action="sequential", **FUSIONS[fusion]) for kind in ("flat", "dict"))
    state = played(flat)
    seen = parts.observe(state)
    embedded = [seen["fused"]] if fusion == "linear" else [seen["history"], seen["profile"], seen["context"]]
    joined = np.concatenate(
        (seen["counters"], seen["candidates"].reshape(6, -1) * CANDIDATE_SCALE,
         *[part * EMBEDDING_SCALE for part in embedded], seen["slate"]), axis=1,
    )  # fmt: skip
    assert np.array_equal(flat.observe(state), joined)


def test_x_y_and_z_are_what_the_state_says():
    made = sessions(observation="dict")
    state = played(made)
    seen = made.observe(state)
    assert np.array_equal(seen["history"], np.concatenate([state[n] for n in ("liked", "skipped", "exposed")], axis=1))
    assert np.array_equal(seen["profile"], state["profile"])
    shop = made.setting
    context = shop.context_vectors[state["context"]]
    queries = np.where((state["query"] >= 0)[:, None], shop.query_vectors[state["query"]], 0)
    assert np.array_equal(seen["context"], context + queries)
    assert not shop.query_vectors[-1].any()
    texts = [shop.texts["contexts"][c] for c in state["context"]]
    encoded = made.setting.projection.apply(SETTINGS["encoder"].encode(texts))
    assert np.allclose(context, encoded, atol=1e-6)


def test_counters_by_hand():
    intent = np.array([0.25, -1.5, 0.0])
    state = State(
        step=np.zeros(3, dtype=np.int64),
        query=np.array([1, -1, 0]),
        page=np.array([0, 3, 40]),
        visit=np.array([0, 1, 7]),
        days_away=np.array([0.0, 4.0, 0.0]),
        need_pages=np.array([0.0, 2.0, 50.0]),
        recent=np.arange(12.0).reshape(3, 4),
    )
    expected = [
        [1, -1.5, 0, 0, 0, 0, 0, 1, 2, 3],
        [0, 0, 1, np.log(2) / 2, np.log(5), 1, 4, 5, 6, 7],
        [1, 0.25, 10 / 3, np.log(8) / 2, 0, 3, 8, 9, 10, 11],
    ]
    assert np.allclose(Counters(intent, "carted").of(state), expected)


@pytest.mark.parametrize("whiten", ["none", "center", "pca", "zca", "relaxed"])
def test_every_whitening_gives_unit_embeddings(whiten):
    made = sessions(whiten=whiten)
    items = made.simulator.items.embeddings
    assert items.shape == (48, DIM) and items.dtype == np.float32
    assert np.allclose(np.linalg.norm(items, axis=1), 1, atol=1e-5)
    state = played(made)
    assert_in_space(made.observation.space, made.observe(state), state.num_envs)


def test_whole_embeddings_of_the_language_model():
    made = Sessions("ecommerce", embedding_dim=384, whiten="none", observation="dict")
    assert made.simulator.items.embeddings.shape == (3840, 384)
    raw = made.setting.encoder.encode(made.simulator.catalog.texts[:50])
    assert np.allclose(made.simulator.items.embeddings[:50], raw, atol=1e-5)
    state = played(made, num_envs=2)
    assert_in_space(made.observation.space, made.observe(state), 2)


def test_the_linear_map_is_orthogonal_and_keeps_expected_lengths():
    """Fused unit vectors are the rows of W; its columns are orthogonal, of squared length (parts' size / fused_dim)."""
    size = 5 * 8
    basis = np.eye(size, dtype=np.float32)
    contexts = np.eye(9, 8, k=-1, dtype=np.float32)  # none, then one for each axis
    fusion = Fusion(np.zeros((1, 8), dtype=np.float32), contexts, "linear", 10)
    state = State(
        liked=basis[:, :8], skipped=basis[:, 8:16], exposed=basis[:, 16:24], profile=basis[:, 24:32],
        context=np.maximum(np.arange(size) - 31, 0), query=np.full(size, -1),
    )  # fmt: skip
    assert np.array_equal(np.concatenate([*fusion.parts(state).values()], axis=1), basis)
    rows = fusion.fuse(state)
    assert rows.shape == (size, 10) and rows.dtype == np.float32
    assert np.allclose(rows.T @ rows, size / 10 * np.eye(10), atol=1e-5)
    doubled = State({name: values * 2 if values.dtype == np.float32 else values for name, values in state.items()})
    assert np.allclose(fusion.fuse(doubled)[:32], 2 * rows[:32])


@pytest.mark.parametrize("settings", [
    {"fusion": "linear", "fused_dim": 16, "embedding_dim": 24},
    {"fusion": "linear", "fused_dim": 7, "live": True},
    {"live": True, "encoder": HashingEncoder(384), "embedding_dim": 32},
    {"observation": "dict"},
    {"observation": "sequence", "action": "sequential"},
])  # fmt: skip
def test_an_observation_has_the_same_bits_in_any_batch(settings):
    made = sessions(**settings)
    state = played(made, num_envs=33, steps=6)
    together = made.observe(state)
    for lanes in (np.array([0]), np.array([7]), np.array([3, 20, 4]), np.arange(16)):
        part = made.observe(state.take(lanes))
        if isinstance(together, dict):
            assert all(np.array_equal(part[name], together[name][lanes]) for name in together)
        else:
            assert np.array_equal(part, together[lanes])


def test_live_history_is_the_embedded_text():
    encoder = HashingEncoder(384)
    made = sessions(live=True, encoder=encoder, embedding_dim=32, observation="dict")
    state = played(made, steps=12)
    seen = made.observe(state)
    assert made.observation.space["history"].shape == (32,)
    texts = made.setting.histories(state)
    assert len(set(texts)) > 1
    assert np.allclose(seen["history"], made.setting.projection.apply(encoder.encode(texts)), atol=1e-6)
    assert_in_space(made.observation.space, seen, state.num_envs)


def test_live_histories_are_embedded_once_and_never_on_disk(tmp_path, monkeypatch):
    """A language model's cache on disk holds the shop's texts before and after a session."""
    encoder = SentenceTransformerEncoder(tmp_path / "model", cache_dir=tmp_path / "cache", progress=False)
    asked: list[tuple[str, ...]] = []

    def encode(texts, *, on_disk=True):
        if not on_disk:
            asked.extend(texts)
        return HashingEncoder(24).encode(texts)

    monkeypatch.setattr(encoder, "encode", encode)
    encoder.__dict__ |= {"embedding_dim": 24, "fingerprint": "words"}  # no model is loaded
    made = sessions(live=True, encoder=encoder)
    state = played(made, steps=6)
    assert np.array_equal(made.observe(state), made.observe(state))
    texts = made.setting.histories(state)
    assert sorted(asked) == sorted(set(texts))


def test_history_in_words():
    titles = ("Lamp", "Chair", "Desk", "Rug")
    items = np.array([[[0, 1], [2, 3]], [[0, 1], [2, 3]], [[-1, -1], [-1, -1]]])
    code = {name: index for index, name in enumerate(History.EVENTS)}
    events = np.array([
        [[code["clicked"], code["skipped"]], [code["carted"], code["purchased"]]],
        [[code["skipped"], code["skipped"]], [code["skipped"], code["disappointed"]]],
        [[0, 0], [0, 0]],
    ])  # fmt: skip
    state = State(history_items=items, history_events=events)
    assert history_texts(state, titles, ("saved", "signed for")) == [
        "The user signed for Rug; saved Desk; liked Lamp.",
        "The user was disappointed by Rug.",
        "A new user.",
    ]
    assert history_texts(state, titles, ("saved", "signed for"), last=1)[0] == "The user signed for Rug."


@pytest.mark.parametrize("name", DOMAINS.values())
def test_a_history_speaks_as_its_domain_does(name):
    """Each event has words of its own, which no other level of the history has, and only shops have carts."""
    setting = Sessions(name).setting
    codes = np.arange(len(History.EVENTS), dtype=np.int8)
    state = State(history_items=codes[None, None].astype(np.int64), history_events=codes[None, None])
    [text] = setting.histories(state)
    saved, committed = setting.domain.told
    titles = setting.simulator.catalog.titles
    assert text == (
        f"The user {committed} {titles[4]}; {saved} {titles[3]}; liked {titles[2]}; was disappointed by {titles[1]}."
    )
    assert ("cart" in saved) == (setting.simulator.response.parameters.EVENTS[0] == "carted")


def test_the_last_counter_is_of_the_domains_first_event():
    """Where nobody searches as where they do."""
    assert Sessions("news").setting.counters.names[-2:] == ("recent_rating", "recent_shared")
    assert Sessions("health").setting.counters.names[-1] == "recent_planned"
    assert Sessions("news").setting.counters.meanings["recent_shared"].startswith("0.5 for each item shared;")


def test_the_sequence_and_its_mask():
    made = sessions(observation="sequence", action="item", fill="none")
    state = played(made, steps=2)
    seen = made.observe(state)
    mask = seen["mask"].reshape(6, HISTORY, SLATE_SIZE)
    expected = np.zeros((HISTORY, SLATE_SIZE))
    expected[-2:, 0] = 1  # two pages so far, the latest last; only the lead of each was shown
    assert (mask == expected).all()
    sequence = seen["sequence"]
    assert not sequence[seen["mask"] == 0].any()
    shown = state["history_items"].reshape(6, -1)
    did = state["history_events"].reshape(6, -1)
    rows = np.nonzero(seen["mask"])
    assert np.array_equal(sequence[rows][:, :DIM], made.simulator.items.embeddings[shown[rows]])
    assert np.array_equal(sequence[rows][:, DIM:], np.eye(len(History.EVENTS), dtype=np.float32)[did[rows]])
    assert np.array_equal(seen["features"], sessions(action="item", fill="none").observe(state))


@pytest.mark.parametrize("kind", KINDS)
def test_an_observation_shares_no_memory_with_the_state(kind):
    for settings in ({}, {"action": "sequential"}, *[{"fusion": "linear"}] * (kind != "latent")):
        made = sessions(observation=kind, **settings)
        state = played(made, steps=1)
        seen = made.observe(state)
        for array in seen.values() if isinstance(seen, dict) else [seen]:
            assert array.dtype == np.float32 and array.flags.writeable
            assert not any(np.shares_memory(array, values) for values in state.values())

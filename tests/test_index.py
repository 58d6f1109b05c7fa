"""Search over the whole catalogue: brute force, batches, ties, and action="proto" that ranks every item."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import gymnasium
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import recgym  # noqa: F401  registers the environments
from recgym.actions import ProtoAction
from recgym.features import CandidateFeatures
from recgym.index import CatalogSearch, ExactIndex, FaissIndex, make_search
from recgym.state import State
from recgym.testing import (
    HashingEncoder,
    check_determinism,
    check_vector_next_step,
    check_vector_same_step,
    random_items,
    small_catalog,
)

ID = "RecGym-Ecommerce-v0"
SMALL = {"catalog": small_catalog(num_items=400), "encoder": HashingEncoder(16), "embedding_dim": 16}
needs_faiss = pytest.mark.skipif(find_spec("faiss") is None, reason='faiss is not installed: pip install -e ".[faiss]"')


@given(st.integers(0, 2**32 - 1))
def test_exact_search_is_brute_force_with_ties_to_the_lower_row(seed):
    rng = np.random.default_rng(seed)
    num_items, dim, num_traits, num_queries = (int(rng.integers(1, high)) for high in (700, 6, 4, 5))
    # Small whole numbers: products are exact and ties common.
    embeddings, traits, queries = (rng.integers(-2, 3, size=shape).astype(np.float32) for shape in (
        (num_items, dim), (num_items, num_traits), (num_queries, dim + num_traits)))  # fmt: skip
    count = int(rng.integers(1, num_items + 1))
    found = ExactIndex(embeddings, traits).search(queries, count)
    scores = queries @ np.concatenate((embeddings, traits), axis=1).T
    assert np.array_equal(found, np.argsort(-scores, axis=1, kind="stable")[:, :count])


def large() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return tuple(rng.normal(size=shape).astype(np.float32) for shape in ((5000, 24), (5000, 6), (64, 30)))


@pytest.mark.parametrize("kind", [ExactIndex, pytest.param(FaissIndex, marks=needs_faiss)])
def test_an_answer_does_not_depend_on_the_batch(kind):
    embeddings, traits, queries = large()
    index = kind(embeddings, traits)
    together = index.search(queries, 7)
    assert np.array_equal(together, np.concatenate([index.search(query[None], 7) for query in queries]))
    assert np.array_equal(together[::-1][:40], index.search(queries[::-1][:40], 7))


@needs_faiss
def test_faiss_finds_most_of_what_exact_search_finds():
    embeddings, traits, queries = large()
    exact, found = (kind(embeddings, traits).search(queries, 10) for kind in (ExactIndex, FaissIndex))
    assert (np.sort(found, axis=1)[:, 1:] != np.sort(found, axis=1)[:, :-1]).all() and found.dtype == np.int64
    share = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(exact.tolist(), found.tolist(), strict=True)])
    assert share > 0.4, f"recall {share:.2f}"  # random directions: the hardest case for cells


@needs_faiss
def test_faiss_looks_everywhere_where_its_cells_hold_too_little():
    embeddings, traits, queries = large()
    exact, found = (kind(embeddings[:300], traits[:300]).search(queries, 300) for kind in (ExactIndex, FaissIndex))
    assert (np.sort(found, axis=1) == np.arange(300)).all() and np.array_equal(exact, found)


def test_without_faiss_the_error_names_the_cure(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(ImportError, match=r'pip install -e "\.\[faiss\]"'):
        gymnasium.make(ID, action="proto", search="faiss", **SMALL)


@given(st.integers(0, 2**32 - 1))
def test_a_search_of_the_candidates_alone_gives_the_slate_of_the_candidates(seed):
    rng = np.random.default_rng(seed)
    items = random_items(num_items=30, embedding_dim=4, seed=seed)
    queries = np.concatenate((rng.normal(size=(3, 4)), np.zeros((1, 4)))).astype(np.float32)
    features = CandidateFeatures(items.embeddings, items.visible, items.visible_names, queries)
    state = State(step=np.zeros(1, dtype=np.int64), query=rng.integers(-1, 3, size=1),
                  candidates=rng.permutation(30)[None, :8])  # fmt: skip
    for name in ("liked", "exposed"):
        state[name] = rng.normal(size=(1, 4)).astype(np.float32)
    state["candidate_features"] = features.of(state, state["candidates"])
    action = rng.uniform(-1, 1, size=(1, len(features.names))).astype(np.float32)
    [rows] = state["candidates"]
    restricted = ExactIndex(items.embeddings[rows], features.traits[rows])
    searched = ProtoAction(len(features.names), 3, CatalogSearch(features, restricted)).decode(state, action)
    ranked = ProtoAction(len(features.names), 3).decode(state, action)
    assert rows[searched.slates].tolist() == ranked.slates.tolist()
    everything = ProtoAction(len(features.names), 3, make_search("exact", features)).decode(state, action)
    scores = features.of(state, np.arange(30)[None])[0] @ action[0]
    assert everything.slates[0].tolist() == np.argsort(-scores, kind="stable")[:3].tolist()


@pytest.mark.parametrize("search", ["exact", pytest.param("faiss", marks=needs_faiss)])
@pytest.mark.parametrize("check", [check_determinism, check_vector_next_step, check_vector_same_step])
def test_vector_and_single_environments_agree(check, search):
    check(ID, action="proto", search=search, **SMALL)


def test_slates_go_beyond_the_candidates():
    env = gymnasium.make(ID, action="proto", search="exact", **SMALL)
    env.reset(seed=0)
    outside = 0
    for _ in range(30):
        candidates = set(env.unwrapped.state["candidates"][0].tolist())
        *_, terminated, truncated, info = env.step(env.action_space.sample())
        assert len(set(info["slate"].tolist())) == 3
        outside += len(set(info["slate"].tolist()) - candidates)
        if terminated or truncated:
            env.reset()
    assert outside > 40


def test_other_searches_and_views_are_refused():
    with pytest.raises(ValueError, match="search: expected one of 'candidates', 'exact', 'faiss', got 'annoy'"):
        gymnasium.make(ID, action="proto", search="annoy", **SMALL)
    told = "search: only action=\"proto\" searches, got search='exact' with action='slate'"
    with pytest.raises(ValueError, match=told):
        gymnasium.make(ID, search="exact", **SMALL)

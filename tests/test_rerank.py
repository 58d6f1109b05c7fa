"""Maximal marginal relevance against its definition, and its two ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.heuristics import heuristic
from baselines.recommender import evaluate, make_lanes
from baselines.rerank import MarginalRelevance
from recgym.testing import HashingEncoder, small_catalog

ENV_ID = "RecGym-Ecommerce-v0"
SMALL = {"catalog": small_catalog(), "encoder": HashingEncoder(), "embedding_dim": 8}


@given(seed=st.integers(0, 10_000), weight=st.floats(0, 1))
def test_each_item_maximises_the_marginal_relevance(seed, weight):
    rng = np.random.default_rng(seed)
    relevance, vectors = rng.normal(size=(2, 9)), rng.normal(size=(2, 9, 4))
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    free = rng.uniform(size=(2, 9)) < 0.7
    free[:, :4] = True
    slates = MarginalRelevance(weight).slates(relevance, vectors, free, 4)
    for lane in range(2):
        shown: list[int] = []
        for item in slates[lane].tolist():
            left = [i for i in np.flatnonzero(free[lane]).tolist() if i not in shown]
            similarity = {i: max((vectors[lane, i] @ vectors[lane, j] for j in shown), default=-1.0) for i in left}
            worth = {i: weight * relevance[lane, i] - (1 - weight) * similarity[i] for i in left}
            assert item in left and worth[item] == pytest.approx(max(worth.values()), abs=1e-9)
            shown.append(item)


def test_relevance_alone_is_the_ranking_itself():
    env = make_lanes(ENV_ID, 20, **SMALL)
    env.reset(seed=0)
    np.testing.assert_array_equal(MarginalRelevance(1.0).act(env, None), heuristic("best rated", env).act(env, None))


def test_less_relevance_is_more_variety():
    env = make_lanes(ENV_ID, 200, **SMALL)
    env.reset(seed=0)
    vectors = env.simulator.items.embeddings[env.state["candidates"]]

    def likeness(weight):
        shown = np.take_along_axis(vectors, MarginalRelevance(weight).act(env, None)[..., None], axis=1)
        return np.einsum("nid,njd->nij", shown, shown)[:, [0, 0, 1], [1, 2, 2]].mean()

    assert likeness(0.0) < likeness(0.5) < likeness(1.0)


def test_slot_by_slot_is_the_same_slate():
    found = [evaluate(MarginalRelevance(0.6), make_lanes(ENV_ID, 12, action=view, session_length=6, **SMALL), 7).returns
             for view in ("slate", "sequential")]  # fmt: skip
    np.testing.assert_array_equal(*found)


def test_the_weight_is_a_share():
    with pytest.raises(ValueError, match="relevance_weight: expected 0 to 1, got 1.5"):
        MarginalRelevance(1.5)

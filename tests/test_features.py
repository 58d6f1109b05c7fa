"""Candidates' features: similarities, and what is visible of an item."""

from __future__ import annotations

import numpy as np

from recgym.features import CandidateFeatures
from recgym.state import State
from recgym.testing import random_items


def test_features_are_similarities_and_visible_traits():
    items = random_items(embedding_dim=2)
    embeddings = np.array([[1.0, 0.0], [0.6, 0.8]] + [[0.0, 1.0]] * 10, dtype=np.float32)
    queries = np.array([[0.0, 2.0], [0.0, 0.0]], dtype=np.float32)
    features = CandidateFeatures(embeddings, items.visible, items.visible_names, queries)
    state = State(
        step=np.zeros(2, dtype=np.int64),
        liked=np.array([[1.0, 1.0], [0.0, 0.0]], dtype=np.float32),
        exposed=np.array([[4.0, 0.0], [0.0, 2.0]], dtype=np.float32),
        query=np.array([0, -1]),
    )
    seen = features.of(state, np.array([[0, 1], [2, 1]]))
    assert features.names == ("liked", "exposed", "query", *items.visible_names)
    assert seen.shape == (2, 2, len(features.names)) and seen.dtype == np.float32
    # Lane 0: liked (1, 1), half of exposed (4, 0), one and a half of the query (0, 2).
    # Lane 1: exposed (0, 2), no query.
    assert np.allclose(seen[0, :, :3], [[1.0, 2.0, 0.0], [1.4, 1.2, 2.4]])
    assert np.allclose(seen[1, :, :3], [[0.0, 1.0, 0.0], [0.0, 0.8, 0.0]])
    assert np.allclose(seen[:, :, 3:], items.visible[[[0, 1], [2, 1]]], atol=1e-6)

"""Satiation, reference price and drift against their formulas, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from dynamics_helpers import ITEMS, lane, moved, page
from hypothesis import given
from hypothesis import strategies as st

from recgym.dynamics import Drift, ReferencePrice, Satiation


def test_satiation_by_hand():
    part = Satiation(ITEMS, decay=0.5, click=0.25, purchase=1.0, recovery_days=4.0)
    before = lane(satiation=np.array([0.8, 0.4, 0.0], dtype=np.float32))
    done = page([0, 3, 1], clicked=[0, 1], purchased=[2])  # two clicks in category 0, a purchase in category 1
    assert np.allclose(moved(part, before, done, days_away=0.0)["satiation"], [[0.9, 0.2 + 1.25, 0.0]])
    away = moved(part, before, page([0]), days_away=4.0)["satiation"]
    assert np.allclose(away, np.array([[0.8, 0.4, 0.0]]) * 0.5 / math.e)


def test_the_reference_price_follows_what_was_looked_at():
    part = ReferencePrice(ITEMS, memory=0.8)
    price = ITEMS.trait("relative_price")
    before = lane(reference_price=0.5)
    assert moved(part, before, page([2, 3, 4]))["reference_price"][0] == 0.5
    one = moved(part, before, page([2, 3, 4], clicked=[1]))["reference_price"][0]
    assert one == pytest.approx(0.8 * 0.5 + 0.2 * price[3])
    two = moved(part, before, page([2, 3, 4], clicked=[0, 2]))["reference_price"][0]
    assert two == pytest.approx(0.64 * 0.5 + 0.36 * (price[2] + price[4]) / 2)


@given(st.floats(-3, 3), st.sets(st.integers(0, 3)), st.floats(0, 1))
def test_the_reference_price_stays_between_memory_and_what_was_seen(reference, clicked, memory):
    slate = [1, 5, 6, 9]
    after = moved(ReferencePrice(ITEMS, memory=memory), lane(reference_price=reference), page(slate, clicked=clicked))
    seen = [reference, *ITEMS.trait("relative_price")[[slate[slot] for slot in clicked]]]
    assert min(seen) - 1e-9 <= after["reference_price"][0] <= max(seen) + 1e-9


def test_drift_moves_toward_what_satisfied():
    part = Drift(ITEMS, rate=0.3)
    start = np.array([0.0, 0.6, 0.8, 0.0], dtype=np.float32)
    before = lane(interest=start)
    expected = start + 0.3 * (ITEMS.embeddings[2] + ITEMS.embeddings[6])
    after = moved(part, before, page([2, 6, 1], stayed=[0, 1], clicked=[2]))["interest"]
    assert np.allclose(after[0], expected / np.linalg.norm(expected), atol=1e-6)
    assert np.allclose(moved(part, before, page([2, 6, 1], clicked=[0, 1, 2]))["interest"][0], start, atol=1e-6)
    toward = before
    for _ in range(60):
        toward = moved(part, toward, page([2], stayed=[0]))
    assert np.allclose(toward["interest"][0], ITEMS.embeddings[2], atol=1e-3)

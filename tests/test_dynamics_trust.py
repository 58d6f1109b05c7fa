"""Trust: its formula on cases worked out by hand, and its bounds."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from dynamics_helpers import lane, moved, page
from hypothesis import given
from hypothesis import strategies as st

from recgym.dynamics import Trust
from recgym.state import State

TRUST = Trust(stay_gain=0.05, disappointment_loss=0.2, good_purchase=0.1, bad_purchase=0.3, forgetting=0.0, neutral=0.6)


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        (page([0, 1, 2]), 0.5),
        (page([0, 1, 2], stayed=[0, 2]), 0.6),
        (page([0, 1, 2], clicked=[1]), 0.3),
        (page([0, 1, 2], clicked=[1], stayed=[0]), 0.35),
        (page([0, 1, 2], stayed=[0], purchased=[0], stars=5.0), 0.55 + 0.1 * math.tanh(2)),
        (page([0, 1, 2], stayed=[0], purchased=[0], stars=1.0), 0.55 - 0.3 * math.tanh(2)),
        (page([0, 1, 2], stayed=[0], purchased=[0], stars=3.0), 0.55),
        (page([0, 1, 2], clicked=[0, 1, 2]), 0.0),
    ],
)
def test_trust_by_hand(done, expected):
    assert moved(TRUST, lane(trust=0.5), done)["trust"][0] == pytest.approx(expected, abs=1e-12)


def test_trust_is_forgotten_toward_neutral():
    part = dataclasses.replace(TRUST, forgetting=0.25, neutral=0.6)
    assert moved(part, lane(trust=0.2), page([0]))["trust"][0] == pytest.approx(0.3)
    assert moved(part, lane(trust=1.0), page([0]))["trust"][0] == pytest.approx(0.9)


def test_trust_begins_within_its_spread():
    state = State(step=np.zeros(3, dtype=np.int64))
    Trust(start=0.5, spread=0.2).reset(state, np.array([[0.0], [0.5], [1.0]]))
    assert np.allclose(state["trust"], [0.4, 0.5, 0.6])


@given(st.floats(0, 1), st.lists(st.sampled_from(["", "c", "s", "b1", "b5"]), min_size=3, max_size=3),
       st.floats(0, 3), st.floats(0, 3), st.floats(0, 1))  # fmt: skip
def test_trust_stays_within_its_bounds(trust, acts, gain, loss, forgetting):
    done = page([0, 1, 2], clicked=[i for i, act in enumerate(acts) if act == "c"],
                stayed=[i for i, act in enumerate(acts) if act == "s"],
                purchased=[i for i, act in enumerate(acts) if act[:1] == "b"],
                stars=5.0 if "b5" in acts else 1.0)  # fmt: skip
    part = Trust(stay_gain=gain, disappointment_loss=loss, good_purchase=gain, bad_purchase=loss, forgetting=forgetting)
    assert 0 <= moved(part, lane(trust=trust), done)["trust"][0] <= 1

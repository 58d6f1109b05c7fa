"""Holdings: purchases, statements and what they do to trust and money, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from dynamics_helpers import lane, moved, page
from hypothesis import given
from hypothesis import strategies as st

from recgym.dynamics import Holdings, Market
from recgym.response import Funnel
from recgym.state import State

HAZARD = np.array([0.2, 2.0])


class ForbidsLast:
    """Item 2 suits nobody."""

    def forbids(self, state, rows):
        return rows == 2


HOLDINGS = Holdings(
    np.array([0.0, 0.5, 1.0]), Market(np.array([[0.5, 0.5], [0.5, 0.5]])), HAZARD, ForbidsLast(), share=0.4, kept=0.9,
    hurt=0.5, complaint=0.1, fall=0.3, rise=0.05, inflow=0.2, walk_out=0.2,
)  # fmt: skip


def client(risk_held=0.5, assets=1.0, minds=1.0) -> State:
    return lane(risk_held=risk_held, assets=assets, gain=0.0, trust=0.6, price_sensitivity=minds, context=0, left=False,
                churned=False)  # fmt: skip


def then(before: State, done=None, u=0.999, **already) -> dict[str, float]:
    """The client after a page; `u` decides about a loss."""
    already = {"trust": 0.6, "left": False, "context": 0, "churned": False} | already
    after = moved(HOLDINGS, before, done or page([0, 1, 2]), [u], **already)
    return {name: after[name][0] for name in ("risk_held", "assets", "gain", "trust", "churned")}


def test_nothing_happens_within_a_visit_unless_something_is_bought():
    assert then(client(), u=0.0) == {"risk_held": 0.5, "assets": 1.0, "gain": 0.0, "trust": 0.6, "churned": False}


def test_purchases_draw_the_risk_held_toward_theirs_slot_by_slot():
    assert then(client(), page([1, 0], purchased=[0, 1]))["risk_held"] == pytest.approx(0.5 * 0.6)
    assert then(client(risk_held=0.0), page([1, 1], purchased=[0]))["risk_held"] == pytest.approx(0.2)


def test_what_does_not_suit_is_complained_about():
    found = then(client(), page([2, 0], purchased=[0]))
    assert found["trust"] == pytest.approx(0.5) and found["risk_held"] == pytest.approx(0.7)


def test_a_loss_hits_when_its_chance_comes_up():
    chance = 1 - math.exp(-2.0 * 0.5)
    assert then(client(), u=chance - 1e-9, left=True, context=1)["gain"] < 0
    assert then(client(), u=chance + 1e-9, left=True, context=1)["gain"] > 0
    assert then(client(), u=1 - math.exp(-0.2 * 0.5) + 1e-9, left=True, context=0)["gain"] > 0


def test_a_loss_by_hand():
    found = then(client(minds=1.2), u=0.0, left=True, context=1)
    assert found["gain"] == pytest.approx(-0.15) and found["trust"] == pytest.approx(0.6 * 0.4)
    assert found["assets"] == pytest.approx(0.85 + 0.2 * (2 * 0.24 - 0.85)) and found["risk_held"] == pytest.approx(
        0.45
    )
    assert not found["churned"]


def test_whom_a_loss_leaves_without_trust_is_gone():
    assert then(client(minds=1.4), u=0.0, left=True, context=1)["churned"]
    assert not then(client(), left=True, context=1, trust=0.1)["churned"]  # no loss: `Visits` alone decides


def test_who_is_spared_a_loss_grows_richer_and_brings_money():
    found = then(client(), left=True)
    assert found["gain"] == pytest.approx(0.025) and found["trust"] == 0.6
    assert found["assets"] == pytest.approx(1.025 + 0.2 * (1.2 - 1.025))


@given(
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 3),
    st.lists(st.integers(0, 2), max_size=3, unique=True),
)
def test_variables_stay_within_their_ranges(held, trust, u, minds, bought):
    found = then(client(risk_held=held, minds=minds), page([0, 1, 2], purchased=bought), u, left=True, trust=trust)
    assert 0 <= found["risk_held"] <= 1 and 0 <= found["trust"] <= trust and found["assets"] >= 0


def test_effects_are_the_mean_changes():
    """risk: beside what purchases did above; the others follow from it."""
    before = client(minds=0.5) | {"context": np.array([1])}
    chances = np.array([[0.2, 0.3, 0.4]])
    sure, none = np.ones((1, 3)), np.zeros((1, 3), dtype=bool)
    effects = HOLDINGS.effects(State(before), np.array([[0, 1, 2]]), Funnel(chances, sure, sure, sure, sure, none))
    for slot in range(3):
        change = then(client(), page([slot], purchased=[0]))["risk_held"] - 0.5
        assert effects["risk"][0, slot] == pytest.approx(0.5 * chances[0, slot] * change)
    np.testing.assert_allclose(effects["risk_now"], 2.0 * effects["risk"])
    np.testing.assert_allclose(effects["complaint"], [[0.0, 0.0, 0.1 * 0.4]])

"""Dose and fitness: their formulas on cases worked out by hand, and their bounds."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from dynamics_helpers import lane, moved, page
from hypothesis import given
from hypothesis import strategies as st

from recgym.dynamics import Dose
from recgym.response import Funnel

DEMAND = np.array([1.0, 0.5, 0.0, 0.8])
DOSE = Dose(DEMAND, keep=0.9, given_up=0.5, training=0.1, too_much=4.0, setback=0.02, unused_days=50.0)


def after_page(done, dose=2.0, fitness=0.3, days_away=0.0, part=DOSE):
    after = moved(part, lane(dose=dose, fitness=fitness), done, days_away=days_away)
    return after["dose"][0], after["fitness"][0]


@pytest.mark.parametrize(
    ("done", "dose", "fitness"),
    [
        (page([0, 1, 2]), 1.8, 0.3),
        (page([0, 1, 2], stayed=[0]), 2.8, 0.3 + 0.05 * 0.7),  # at half of too_much half is built
        (page([0, 1, 2], clicked=[0]), 2.3, 0.28),
        (page([0, 1, 2], stayed=[2]), 1.8, 0.3),  # what is gentle neither strains nor builds
        (page([0, 1, 2], stayed=[1], clicked=[0]), 2.8, 0.28 + 0.025 * 0.72),  # slot by slot
    ],
)
def test_a_page_by_hand(done, dose, fitness):
    assert after_page(done) == pytest.approx((dose, fitness), abs=1e-12)


def test_a_day_away_counts_as_a_page_without_anything():
    nothing = page([0, 1, 2])
    dose, fitness = after_page(nothing, days_away=3.0)
    assert dose == pytest.approx(2.0 * 0.9**4)
    assert fitness == pytest.approx(0.3 * np.exp(-3 / 50))


def test_too_much_builds_nothing():
    assert after_page(page([0], stayed=[0]), dose=5.0)[1] == 0.3


def test_nobody_is_less_than_unfit():
    assert after_page(page([0, 1, 3], clicked=[0, 1, 2]), fitness=0.01)[1] == 0.0


@given(dose=st.floats(0, 30), fitness=st.floats(0, 1), days=st.integers(0, 20),
       slots=st.lists(st.sampled_from(("clicked", "stayed", "skipped")), min_size=3, max_size=3))  # fmt: skip
def test_fitness_stays_between_0_and_1_and_the_dose_below_its_bound(dose, fitness, days, slots):
    did = {name: [slot for slot, what in enumerate(slots) if what == name] for name in ("clicked", "stayed")}
    moved_dose, moved_fitness = after_page(page([0, 1, 3], **did), dose, fitness, float(days))
    assert 0.0 <= moved_fitness <= 1.0
    assert 0.0 <= moved_dose <= 0.9 * dose + 2.3 + 1e-9


def test_first_fitnesses_are_even_between_two_levels():
    state = lane()
    state["step"] = np.zeros(2, dtype=np.int64)
    dataclasses.replace(DOSE, unfit=0.1, fit=0.5).reset(state, np.array([[0.0], [0.75]]))
    np.testing.assert_allclose(state["fitness"], [0.1, 0.4])
    np.testing.assert_array_equal(state["dose"], 0.0)


def test_effects_are_the_mean_of_what_a_page_of_one_item_does():
    """Enumerated: not taken up, given up, finished."""
    click, stay = 0.6, 0.7
    outcomes = {
        1 - click: page([0]), click * (1 - stay): page([0], clicked=[0]), click * stay: page([0], stayed=[0])
    }  # fmt: skip
    dose, fitness = np.sum([chance * np.array(after_page(done)) for chance, done in outcomes.items()], axis=0)
    shown, one = np.array([[0]]), np.ones((1, 1))
    funnel = Funnel(click * one, stay * one, 0 * one, 0 * one, 0 * one, one > 2)
    effects = DOSE.effects(lane(dose=2.0, fitness=0.3), shown, funnel)
    assert effects["dose"][0, 0] == pytest.approx(dose - 1.8)
    assert effects["dose_high"][0, 0] == pytest.approx((dose - 1.8) * 0.5)
    assert effects["fitness"][0, 0] == pytest.approx(10 * (fitness - 0.3))

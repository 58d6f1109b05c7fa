"""Visits: the chances of leaving and of coming back, the days away, and the calendar."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from dynamics_helpers import lane, logistic, moved, page
from hypothesis import given
from hypothesis import strategies as st

from recgym.dynamics import Visits
from recgym.randomness import BatchRNG, Purpose
from recgym.response import Response
from recgym.state import State

SHAPE = (7, 4, 3, 4, 4)
VISITS = Visits(
    np.zeros(math.prod(SHAPE)), SHAPE, leave_bias=-0.5, leave_click=-0.4, leave_disappointment=0.9, leave_purchase=0.7,
    return_bias=0.3, return_trust=2.0, return_click=0.2, gap_days=8.0, gap_trust=6.0,
)  # fmt: skip
AT_FIRST = {"page": 2, "visit": 1, "patience": 0.1, "context": 5, "days_away": 0.0, "left": False, "churned": False}


def visitor(**values: object) -> State:
    return lane(**AT_FIRST | values)


def test_the_chance_of_leaving_is_its_formula():
    """Just below the chance the user leaves, just above it they stay."""
    cases = {
        -0.5 - 0.1: page([0, 1]),
        -0.5 - 0.4 - 0.1: page([0, 1], stayed=[0]),
        -0.5 - 0.8 + 0.9 - 0.1: page([0, 1], clicked=[1], stayed=[0]),
        -0.5 - 0.4 + 0.7 - 0.1: page([0, 1], stayed=[0], purchased=[0]),
    }
    for logit, done in cases.items():
        for offset, leaves in ((-1e-9, True), (1e-9, False)):
            u = [logistic(logit) + offset, 0.0, 0.5, 0, 0, 0, 0, 0]
            after = moved(VISITS, visitor(), done, u, trust=0.5)
            assert after["left"][0] == leaves
            assert not after["churned"][0]
            assert (after["page"][0], after["visit"][0]) == ((0, 2) if leaves else (3, 1))
            assert (after["days_away"][0] >= 1) == leaves and (after["days_away"][0] == 0) != leaves


def test_a_context_can_lengthen_visits():
    stay = np.zeros(math.prod(SHAPE))
    stay[5] = 2.0
    part = dataclasses.replace(VISITS, context_stay=stay)
    for context, leaves in ((4, True), (5, False)):
        u = [logistic(-0.6) - 1e-9, 0.0, 0.5, 0, 0, 0, 0, 0]
        assert moved(part, visitor(context=context), page([0]), u, trust=0.5)["left"][0] == leaves


def test_the_chance_of_coming_back_is_its_formula():
    for trust, clicks in ((0.5, 0), (0.9, 1), (0.1, 2)):
        done = page([0, 1], stayed=range(clicks))
        chance = logistic(0.3 + 2.0 * (trust - 0.5) + 0.2 * clicks)
        for offset, churns in ((-1e-9, False), (1e-9, True)):
            u = [0.0, chance + offset, 0.5, 0, 0, 0, 0, 0]
            after = moved(VISITS, visitor(), done, u, trust=trust)
            assert after["left"][0] and after["churned"][0] == churns


def test_who_stays_is_not_lost():
    after = moved(VISITS, visitor(), page([0]), [1 - 2**-53, 1 - 2**-53, 0.5, 0, 0, 0, 0, 0], trust=0.0)
    assert not after["left"][0] and not after["churned"][0]


def test_leaving_returning_and_days_away_as_frequencies():
    num_envs = 100_000
    rng = BatchRNG(np.random.default_rng(2).integers(2**64, size=num_envs, dtype=np.uint64))
    before = visitor().take(np.zeros(num_envs, dtype=np.int64))
    after = before.take(np.arange(num_envs))
    after["trust"] = np.full(num_envs, 0.75)
    slates, one = page([0, 1], stayed=[0])
    many = Response(*[np.repeat(values, num_envs, axis=0) for values in one[:-1]], funnel=one.funnel)
    VISITS.step(before, after, np.repeat(slates, num_envs, axis=0), many,
                rng.uniform(np.zeros(num_envs, dtype=np.int64), Purpose.DYNAMICS, 8))  # fmt: skip
    leave, back = logistic(-0.5 - 0.4 - 0.1), logistic(0.3 + 0.5 + 0.2)
    assert abs(after["left"].mean() - leave) < 4 * math.sqrt(leave * (1 - leave) / num_envs)
    gone = int(after["left"].sum())
    assert abs(after["churned"][after["left"]].mean() - (1 - back)) < 4 * math.sqrt(back * (1 - back) / gone)
    assert not after["churned"][~after["left"]].any()
    # Whole days, 1 + a geometric number: floor(1 + x), x exponential of mean m, so P(days > k) = exp(-k / m).
    days, mean = after["days_away"][after["left"]], 8 - 6 * 0.75
    assert days.min() == 1 and (days == np.floor(days)).all() and not after["days_away"][~after["left"]].any()
    assert days.mean() == pytest.approx(1 + 1 / (math.exp(1 / mean) - 1), rel=0.02)
    for k in (1, 3, 7, 12):
        chance = math.exp(-k / mean)
        assert abs((days > k).mean() - chance) < 4 * math.sqrt(chance * (1 - chance) / gone)


@given(st.integers(0, math.prod(SHAPE) - 1), st.lists(st.floats(0, 1, exclude_max=True), min_size=6, max_size=6))
def test_the_calendar_of_the_next_visit(context, u):
    after = moved(VISITS, visitor(context=context), page([0]), [0.0, 0.0, *u], trust=0.5)
    days = int(after["days_away"][0])
    weekday, _, device, season, campaign = np.unravel_index(context, SHAPE)
    new_weekday, _, new_device, new_season, new_campaign = np.unravel_index(after["context"][0], SHAPE)
    assert new_weekday == (weekday + days) % 7
    assert new_device == device
    assert new_season in (season, (season + 1) % 4)
    if u[2] >= days / 91:
        assert new_season == season
    if u[3] >= days / 14:
        assert new_campaign == campaign


def test_within_a_visit_the_context_stays():
    after = moved(VISITS, visitor(context=77), page([0]), [0.999, 0.5, 0.5, 0.9, 0.9, 0.9, 0.9, 0.9], trust=0.5)
    assert not after["left"][0] and after["context"][0] == 77


def test_the_first_context_covers_all_contexts():
    u = np.random.default_rng(0).uniform(size=(40_000, 8))
    state = State(step=np.zeros(len(u), dtype=np.int64))
    VISITS.reset(state, u)
    counts = np.bincount(state["context"], minlength=math.prod(SHAPE))
    freedom = counts.size - 1
    statistic = ((counts - counts.mean()) ** 2 / counts.mean()).sum()
    assert abs(statistic - freedom) < 4.5 * math.sqrt(2 * freedom)
    assert not state["left"].any() and not state["page"].any() and not state["visit"].any()

"""Limits and fits in any world: what masks say, what a named item costs, and how shifts move a funnel."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recgym.actions import ItemAction, SequentialAction, SlateAction
from recgym.limits import allowed
from recgym.response import FunnelResponse, Shifts
from recgym.response.fit import shift
from recgym.state import State
from tests.small_worlds import BothItems, SameUser, logistic, plain_habits, staying, two_items


class Odd:
    """Forbids odd rows to users of an odd number."""

    def forbids(self, state, rows):
        return (rows % 2 == 1) & (state["step"] % 2 == 1)[:, None] & (rows >= 0)


def users(*numbers, candidates=(0, 1, 2, 3, 5, 7)):
    state = State(step=np.array(numbers), candidates=np.tile(candidates, (len(numbers), 1)))
    state["allowed"] = allowed(Odd(), state, 2)
    state["candidate_features"] = np.zeros((len(numbers), len(candidates), 1), dtype=np.float32)
    state["candidate_features"][:, :, 0] = candidates
    return state


def test_what_is_allowed_differs_by_user():
    np.testing.assert_array_equal(users(0, 1)["allowed"], [[True] * 6, [True, False, True, False, False, False]])


def test_where_too_few_are_left_all_are_told_to_be_allowed():
    assert users(1, candidates=(0, 1, 3, 5))["allowed"].all()


def test_masks_of_every_view_leave_out_what_is_forbidden():
    state = users(1)
    within = [True, False, True, False, False, False]
    np.testing.assert_array_equal(SlateAction(6, 2).masks(state)[0], within * 2)
    np.testing.assert_array_equal(ItemAction(6, 2).masks(state)[0], within)
    view = SequentialAction(6, 2)
    view.reset(state)
    np.testing.assert_array_equal(view.masks(state)[0], within)
    state = view.decode(state, np.array([0])).state
    np.testing.assert_array_equal(view.masks(state)[0], [False, False, True, False, False, False])


def test_who_used_up_what_is_allowed_may_take_anything_left():
    """A mask never forbids everything: samplers cannot draw from nothing."""
    state = users(1)
    view = SequentialAction(6, 3)
    view.reset(state)
    for action in (0, 2):
        state = view.decode(state, np.array([action])).state
    np.testing.assert_array_equal(view.masks(state)[0], [False, True, False, True, True, True])


def test_a_named_item_is_shown_even_if_forbidden_and_what_is_filled_in_is_not():
    """Nearness alone would fill the slate of lead 1 with 0, 2 or 3."""
    state = users(1, 0)
    np.testing.assert_array_equal(SlateAction(6, 2).decode(state, np.array([[1, 3], [1, 3]])).slates, [[1, 3], [1, 3]])
    filled = ItemAction(6, 3).decode(state, np.array([5, 5])).slates
    assert filled[0, 0] == 7 and set(filled[0, 1:]) == {0, 2}
    assert set(filled[1]) == {7, 5, 3}


def test_what_takes_the_place_of_a_repeat_is_within_the_limits():
    """Position 1 is forbidden to the first user: both of its repeats move on past it and past 3."""
    state = users(1, 0, candidates=(0, 1, 2, 3, 5, 4))
    slates = SlateAction(6, 3).decode(state, np.zeros((2, 3), dtype=np.int64)).slates
    np.testing.assert_array_equal(slates, [[0, 2, 4], [0, 1, 2]])
    named = SlateAction(6, 3).decode(state, np.array([[3, 3, 3]] * 2)).slates
    np.testing.assert_array_equal(named, [[3, 4, 0], [3, 5, 4]])


@given(chance=st.floats(0.001, 0.999), logit=st.floats(-8, 8))
def test_a_shift_adds_to_the_logit(chance, logit):
    chances = np.array([[chance]])
    shift(chances, np.array([[logit]]))
    assert chances[0, 0] == pytest.approx(logistic(np.log(chance / (1 - chance)) + logit))


def test_certainty_cannot_be_shifted():
    chances = np.array([[0.0, 1.0]])
    shift(chances, np.array([[5.0, -5.0]]))
    np.testing.assert_array_equal(chances, [[0.0, 1.0]])


class Taught:
    """Users find the first item easier to take up, the second to finish."""

    def of(self, state, shown):
        first = (shown == 0).astype(np.float64)
        return Shifts(first, 1.0 - first, np.zeros(shown.shape), np.zeros(shown.shape))


def test_a_fit_moves_the_stages_it_names():
    items = two_items(pull=(0.3, 0.3))
    state = State(SameUser().sample(_Keys(3)))
    staying().reset(state, np.zeros((3, 8)))
    habits = dataclasses.replace(plain_habits(), stays={"bias": -0.5})
    shown = BothItems().draw(state, None)
    plain, fitted = (FunnelResponse(items, 2, habits, fit=fit).funnel(state, shown) for fit in (None, Taught()))
    np.testing.assert_allclose(fitted.click[0], [logistic(1.3), logistic(0.3)])
    np.testing.assert_allclose(fitted.stay[0], [logistic(-0.5), logistic(0.5)])
    np.testing.assert_array_equal(fitted.cart, plain.cart)


class _Keys:
    def __init__(self, num_envs: int) -> None:
        self.keys = np.zeros(num_envs, dtype=np.uint64)



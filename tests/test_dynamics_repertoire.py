"""What listeners know: the formula of its wear on cases worked out by hand, its bounds, and what it does to a play."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from dynamics_helpers import ITEMS, lane, moved, page
from hypothesis import given
from hypothesis import strategies as st

from recgym.dynamics import Repertoire, Wear, acquaintance
from recgym.response import Funnel
from recgym.scenarios.music_listeners import Familiar, PlayLog, Weights
from recgym.state import State

NUM_ITEMS = ITEMS.num_items
ROWS = np.arange(NUM_ITEMS)
WEAR = Wear(play=0.5 + 0.25 * (ROWS % 4), keep=np.where(ROWS % 2, 0.5, 0.75), days=np.where(ROWS % 2, 4.0, 8.0))
REPERTOIRE = Repertoire(ITEMS, np.zeros(NUM_ITEMS), WEAR, size=4, forgetting=0.5)


def listener(known=(3, 4, 5, 6), worn=(0.0, 1.0, 2.0, 0.5), lately=(0.0, 1.0, 2.0, 4.0), **values) -> State:
    worn, lately = (np.array(plays, dtype=np.float32) for plays in (worn, lately))
    return lane(known=np.array(known), worn=worn, lately=lately, **values)


def after(done, days_away=0.0) -> State:
    return moved(REPERTOIRE, listener(), done, np.zeros(4), days_away=days_away)


def test_rest_makes_what_is_known_good_again_each_at_its_own_pace():
    state = after(page([0, 1, 2]))
    np.testing.assert_allclose(state["worn"], [[0.0, 0.75, 1.0, 0.375]])
    np.testing.assert_allclose(state["lately"], [[0.0, 0.5, 1.0, 2.0]])
    state = after(page([0, 1, 2]), days_away=2.0)
    worn = [[0.0, 0.75 * np.exp(-0.25), np.exp(-0.5), 0.375 * np.exp(-0.25)]]
    np.testing.assert_allclose(state["worn"], worn, rtol=1e-6)
    np.testing.assert_allclose(state["lately"], [[0.0, 0.125, 0.25, 0.5]])
    assert state["known"].tolist() == [[3, 4, 5, 6]]


def test_a_play_wears_what_is_known_whether_it_is_heard_to_the_end_or_not():
    for done in (page([3, 5, 9], clicked=[0, 1]), page([3, 5, 9], stayed=[0, 1])):
        state = after(done)
        np.testing.assert_allclose(state["worn"], [[1.25, 0.75, 1.0 + 0.75, 0.375]])
        np.testing.assert_allclose(state["lately"], [[1.0, 0.5, 2.0, 2.0]])


def test_what_is_saved_becomes_known_in_place_of_what_is_most_worn():
    state = after(page([0, 9, 2], carted=[1], stayed=[0]))
    assert state["known"].tolist() == [[3, 4, 9, 6]]
    np.testing.assert_allclose(state["worn"], [[0.0, 0.75, WEAR.play[9], 0.375]])
    assert state["lately"].tolist() == [[0.0, 0.5, 1.0, 2.0]]


def test_what_is_seen_and_not_played_wears_nothing():
    seen, unseen = after(page([3, 4, 5])), after(page([0, 1, 2]))
    assert all(np.array_equal(seen[name], unseen[name]) for name in ("known", "worn", "lately"))


@given(st.data())
def test_all_that_is_known_is_different_and_no_wear_below_zero(data):
    state = listener(days_away=0.0)
    for _ in range(data.draw(st.integers(1, 6))):
        slots = st.sets(st.integers(0, 2))
        done = page(data.draw(st.lists(st.integers(0, NUM_ITEMS - 1), min_size=3, max_size=3, unique=True)),
                    clicked=data.draw(slots), stayed=data.draw(slots), carted=data.draw(slots))  # fmt: skip
        before, days = state, data.draw(st.sampled_from([0.0, 0.0, 3.0]))
        kept = {name: before[name].copy() for name in before}
        state = moved(REPERTOIRE, before, done, np.zeros(4), days_away=days)
        assert all(np.array_equal(before[name], kept[name]) for name in kept)
        assert len(set(state["known"][0])) == 4
        assert (state["worn"] >= 0).all() and (state["lately"] >= 0).all()


def library(repertoire: Repertoire, favourites, u) -> np.ndarray:
    state = State(step=np.zeros(len(u), dtype=np.int64), favourites=np.array(favourites))
    repertoire.reset(state, u)
    assert not state["worn"].any() and not state["lately"].any()
    return state["known"]


def test_a_library_holds_the_favourites_in_turn_popular_items_more_often():
    popularity = np.where(ROWS < 3, np.log(3.0), 0.0)  # one of each category
    repertoire = dataclasses.replace(REPERTOIRE, popularity=popularity, size=3)
    num_lanes = 20_000
    u = np.random.default_rng(0).random((num_lanes, 3))
    known = library(repertoire, [[0, 1, 2]] * num_lanes, u)
    assert np.array_equal(ITEMS.categories[known], [[0, 1, 2]] * num_lanes)
    weight = np.bincount(ITEMS.categories) + 2
    assert np.allclose((known == [0, 1, 2]).mean(axis=0), 3 / weight, atol=0.015)


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=NUM_ITEMS, max_size=NUM_ITEMS))
def test_a_library_may_hold_the_whole_catalogue(u):
    everything = dataclasses.replace(REPERTOIRE, size=2 * NUM_ITEMS)
    assert everything.num_uniforms == everything.size == NUM_ITEMS
    assert sorted(library(everything, [[0, 1, 2]], np.array([u]))[0]) == ROWS.tolist()


def test_what_can_be_foreseen_of_a_play():
    chances = np.full((1, 3), 0.5)
    funnel = Funnel(chances, chances, 0.5 * chances, chances, chances, chances > 1)
    effects = REPERTOIRE.effects(listener(), np.array([[5, 3, 9]]), funnel)
    np.testing.assert_allclose(effects["wear"], [[0.5 * WEAR.play[5], 0.5 * WEAR.play[3], 0.0]])
    np.testing.assert_allclose(effects["wear_high"], [[0.5 * WEAR.play[5] * 2.0, 0.0, 0.0]])
    np.testing.assert_allclose(effects["discovered"], [[0.0, 0.0, funnel.carts[0, 2]]])


def test_who_knows_what():
    known, worn = acquaintance(listener(), np.array([[5, 9, -1, 6]]))
    assert known.tolist() == [[True, False, False, True]] and worn.tolist() == [[2.0, 0.0, 0.0, 0.5]]
    assert acquaintance(listener(), np.array([[6, 3]]), "lately")[1].tolist() == [[4.0, 0.0]]


@pytest.mark.parametrize(("need", "readiness", "now"), [(-1, 0.0, 0), (2, 0.0, 1), (2, 0.9, 2)])
def test_knowing_a_track_moves_its_play_by_the_mood_and_its_end_by_its_wear(need, readiness, now):
    weights = Weights(click=(4.0, 2.0, -1.0), stay=1.5, worn=3.0)
    shifts = Familiar(weights).of(listener(need=need, readiness=readiness), np.array([[5, 9, -1, 3]]))
    assert shifts.click.tolist() == [[weights.click[now], 0.0, 0.0, weights.click[now]]]
    assert shifts.stay.tolist() == [[1.5 - 6.0, 0.0, 0.0, 1.5]]
    assert shifts.cart.tolist() == [[-np.inf, 0.0, 0.0, -np.inf]] and not shifts.purchase.any()


def test_the_log_tells_what_has_rested():
    seen = PlayLog().of(listener(), np.array([[3, 5, 9]]))
    assert seen.dtype == np.float32
    np.testing.assert_allclose(seen, [[[3.0, 0.0], [3 * np.exp(-3.0), 4.0], [0.0, 0.0]]], rtol=1e-6)

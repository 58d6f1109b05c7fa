"""The circle of friends, strains and patience: their formulas on cases worked out by hand, and their bounds."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from dynamics_helpers import ITEMS, lane, moved, page
from hypothesis import given
from hypothesis import strategies as st

from recgym.dynamics import WEARY, Circle, Patience, Strain
from recgym.dynamics.circle import ACTIVE, QUIET
from recgym.response import Funnel
from recgym.state import State

NUM_ITEMS = ITEMS.num_items
HALF_OFFENDS = np.where(np.arange(NUM_ITEMS) == 1, 0.5, 0.0)
CIRCLE = Circle(ITEMS, np.ones(ITEMS.num_categories), np.ones(NUM_ITEMS), HALF_OFFENDS, num_friends=4, near=1,
                liked=0.2, commented=0.5, beta=0.8, direct=0.1, tiring=0.25, spontaneous=0.02, calming=0.3,
                off_topic=0.5)  # fmt: skip
RING = np.array([0b1011, 0b0111, 0b1110, 0b1101])  # who sees whom, themselves among them: two neighbours each


def circle_state(friends, topics=(0, 0, 0, 0)) -> State:
    return lane(friends=np.array(friends, dtype=np.int8), friend_topics=np.array(topics), friend_links=RING, active=0.0)


def after(friends, done, u, topics=(0, 0, 0, 0)) -> list[int]:
    return moved(CIRCLE, circle_state(friends, topics), done, u)["friends"][0].tolist()


@pytest.mark.parametrize(
    ("done", "reach"), [
        (page([0, 1, 2]), 0.0),
        (page([0, 1, 2], clicked=[0]), 0.0),
        (page([0, 1, 2], stayed=[0]), 0.2),
        (page([0, 1, 2], stayed=[0], carted=[0]), 0.5),
        (page([0, 1, 2], stayed=[0], purchased=[0]), 1.0),
        (page([0, 3, 2], stayed=[0, 1]), 0.4),
    ],
)  # fmt: skip
def test_a_quiet_friend_wakes_with_the_chance_of_the_formula(done, reach):
    """Friend 1 sees friends 0, 1 and 2, of whom friend 0 is active."""
    chance = reach * (0.1 + 0.8 / 3) + 0.02
    for u, state in ((chance - 1e-9, ACTIVE), (chance + 1e-9, QUIET)):
        assert after([ACTIVE, QUIET, QUIET, QUIET], done, [0.99, u, 0.99, 0.99])[1] == state


def test_what_is_about_another_topic_is_seen_less():
    chance = 0.5 * 0.2 * 0.1 + 0.02
    for u, state in ((chance - 1e-9, ACTIVE), (chance + 1e-9, QUIET)):
        assert after([QUIET] * 4, page([0, 1, 2], stayed=[0]), [0.99, u, 0.99, 0.99], topics=(0, 1, 0, 0))[1] == state


def test_active_friends_tire_and_weary_ones_calm_down():
    friends = [ACTIVE, ACTIVE, WEARY, WEARY]
    assert after(friends, page([0, 1, 2]), [0.249, 0.251, 0.299, 0.301]) == [QUIET, ACTIVE, QUIET, WEARY]


def test_who_is_offended_is_weary_whatever_they_were_and_at_most_with_the_chance():
    """Item 1, commented on, is in sight by half and offends half of those who see it."""
    done = page([1, 0, 2], stayed=[0], carted=[0])
    friends = after([ACTIVE, QUIET, ACTIVE, QUIET], done, [0.249, 0.249, 0.99, 0.99], topics=(1, 1, 1, 1))
    assert friends == [WEARY, WEARY, ACTIVE, QUIET]
    # Between 0.25 and 0.25 + 0.75 x 0.25 an active friend tires instead.
    assert after([ACTIVE] * 4, done, [0.43, 0.44, 0.99, 0.99], topics=(1, 1, 1, 1))[:2] == [QUIET, ACTIVE]


def test_the_share_of_active_friends_is_counted():
    assert moved(CIRCLE, circle_state([ACTIVE, ACTIVE, WEARY, QUIET]), page([0]), [0.99] * 4)["active"][0] == 0.5


def test_talk_and_reach_by_hand():
    """Item 0 is about topic 0, item 1 about topic 1; of friends 2 and 3 the former sees no active one but 1."""
    state = circle_state([WEARY, ACTIVE, QUIET, QUIET], topics=(0, 0, 1, 0))
    sight = CIRCLE.sight(state, np.array([[0, 1, -1]]))
    np.testing.assert_allclose(sight.active, [[0.25, 0.125, 0.0]])
    np.testing.assert_allclose(sight.fresh, [[0.625, 0.5, 0.0]])
    wakes = {2: 0.1 + 0.8 / 3, 3: 0.1}
    np.testing.assert_allclose(sight.woken, [[(0.5 * wakes[2] + wakes[3]) / 4, (wakes[2] + 0.5 * wakes[3]) / 4, 0.0]])


@pytest.mark.parametrize(("item", "effect", "turned"), [(0, "woken", ACTIVE), (1, "offended", WEARY)])
def test_effects_are_the_mean_of_what_happens(item, effect, turned):
    """Many lanes with the deeds drawn from the chances: as many friends turn as foreseen. Item 0 offends nobody,
    item 1 does before it wakes anyone."""
    lanes, rng = 100_000, np.random.default_rng(3)
    part = dataclasses.replace(CIRCLE, spontaneous=0.0, tiring=0.0, calming=0.0)
    one = circle_state([ACTIVE, QUIET, QUIET, WEARY], topics=(0, 1, 0, 0))
    chances = {"click": 0.6, "stay": 0.8, "cart": 0.5, "purchase": 0.4}
    funnel = Funnel(**{name: np.array([[value]]) for name, value in chances.items()}, satisfaction=np.zeros((1, 1)),
                    needed=np.zeros((1, 1), dtype=bool))  # fmt: skip
    foreseen = part.effects(one, np.array([[item]]), funnel)[effect][0, 0]
    clicked, stay, cart, purchase = (rng.random((lanes, 1)) < chances[name] for name in chances)
    stayed = clicked & stay
    carted = clicked & cart & (stay | (rng.random((lanes, 1)) < 1 / 3))
    response = page([item])[1]._replace(stayed=stayed, carted=carted, purchased=carted & purchase)
    state = one.take(np.zeros(lanes, dtype=np.int64))
    then = State(state)
    part.step(state, then, np.full((lanes, 1), item), response, rng.random((lanes, part.num_uniforms)))
    turned_now = ((then["friends"] == turned) & (state["friends"] != turned)).sum(axis=1)
    assert abs(turned_now.mean() - foreseen) < 4 * turned_now.std() / np.sqrt(lanes)


def test_friends_are_met_once_and_know_their_neighbours():
    part = dataclasses.replace(CIRCLE, num_friends=16, near=2, favourite=0.75, start=0.5)
    state = State(step=np.zeros(500, dtype=np.int64), favourites=np.tile([2, 0, 1], (500, 1)))
    u = np.random.default_rng(0).random((500, part.num_uniforms))
    part.reset(state, u)
    seen = (state["friend_links"][:, :, None] >> np.arange(16)) & 1
    assert (seen == seen.transpose(0, 2, 1)).all() and (seen[:, range(16), range(16)] == 1).all()
    for step in (1, 2):
        assert (seen[:, range(16), (np.arange(16) + step) % 16] == 1).all()
    assert 5.5 < seen.sum(axis=2).mean() < 7 + 1e-9
    first = np.repeat([2, 0, 1], [6, 5, 5])
    assert (state["friend_topics"] == first).mean() == pytest.approx(0.75 + 0.25 / 3, abs=0.02)
    assert (state["friends"] == ACTIVE).mean() == pytest.approx(0.5, abs=0.02)
    np.testing.assert_array_equal(state["active"], (state["friends"] == ACTIVE).mean(axis=1))


def test_a_circle_is_of_a_size():
    for num_friends in (0, 61):
        with pytest.raises(ValueError, match=f"num_friends: expected 1 to 60, got {num_friends}"):
            dataclasses.replace(CIRCLE, num_friends=num_friends)


ADS = Strain(ITEMS, "ads", np.arange(NUM_ITEMS) / 2.0, keep=0.5, recovery_days=2.0)


def strained(**values: float) -> State:
    return lane(**({"ads": 1.0, "ads_tolerance": 0.4, "ads_felt": 0.6} | values))


def test_a_strain_by_hand():
    slates, response = page([2, 1, -1], clicked=[1])
    response = response._replace(examination=np.array([[1.0, 0.5, 0.25]]))
    seen = moved(ADS, strained(), (slates, response), days_away=0.0)
    assert (seen["ads"][0], seen["ads_felt"][0]) == (0.5 + 1.0 + 0.25, pytest.approx(1.35))
    clicks = moved(dataclasses.replace(ADS, clicked=True), strained(), (slates, response), days_away=0.0)
    assert (clicks["ads"][0], clicks["ads_felt"][0]) == (1.0, pytest.approx(0.6))


def test_days_away_relieve():
    assert moved(ADS, strained(), page([0]), days_away=2.0)["ads"][0] == pytest.approx(0.5 / np.e)


def test_tolerances_are_even_between_two():
    state = State(step=np.zeros(3, dtype=np.int64))
    dataclasses.replace(ADS, tolerance=(1.0, 3.0)).reset(state, np.array([[0.0], [0.5], [1.0]]))
    assert state["ads_tolerance"].tolist() == [1.0, 2.0, 3.0] and not state["ads"].any()


@given(st.floats(0, 5), st.floats(-3, 3), st.booleans(), st.floats(0, 30))
def test_a_strain_is_never_negative(level, dose, clicked, days):
    part = dataclasses.replace(ADS, dose=np.full(NUM_ITEMS, dose), clicked=clicked)
    then = moved(part, strained(ads=level), page([0, 1, 2], clicked=[0, 1]), days_away=days)
    assert then["ads"][0] >= 0 and 0 <= then["ads_felt"][0] <= then["ads"][0]


def test_patience_is_a_weighted_sum_that_does_not_add_up():
    part = Patience({"active": 2.0, "heat": -0.5})
    state = lane(patience=0.25, active=0.5, heat=1.0)
    part.reset(state, np.zeros((1, 0)))
    assert state["patience"][0] == 0.75
    for _ in range(2):
        state = moved(part, state, page([0]), active=0.0, heat=0.5)
        assert state["patience"][0] == 0.0

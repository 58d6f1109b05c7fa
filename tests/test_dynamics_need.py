"""Need: how it begins, what the query shows, what makes ready, and how it ends."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from dynamics_helpers import ITEMS, lane, logistic, moved, page
from hypothesis import given
from hypothesis import strategies as st

from recgym.dynamics import Need
from recgym.randomness import BatchRNG, Purpose
from recgym.response import READY, Funnel, Response
from recgym.state import State
from recgym.testing import random_items

QUERIES = np.arange(3 * 2 * 4).reshape(3, 2, 4)
WEIGHTS = np.array([1.0, 2.0, 5.0])  # any category up to 1/8, 3/8 and 1
NEED = Need(ITEMS, QUERIES, WEIGHTS, start=0.5, inspiration=0.4, spontaneous=0.3, information=0.4, lost=0.2,
            favourite=0.6)  # fmt: skip
LATE = 0.999
# What each uniform decides, in their order, and values so high that nothing happens. Of a need that arises, `liked`
# says whether it is for a favourite, then `favourite` or `any` for which category.
UNIFORMS = {"forget": LATE, "inspire": LATE, "spontaneous": LATE, "favourite": 0.0, "any": 0.0, "liked": 0.0,
            "wording": 0.0}  # fmt: skip


def shopper(need: int, readiness: float = 0.0, pages: float = 0.0) -> State:
    return lane(need=need, readiness=readiness, need_pages=pages, query=-1, query_category=need, favourites=[2, 1, 0])


def after_page(before: State, done: tuple[np.ndarray, Response], left: bool = False, **chances: float) -> State:
    """One step of `NEED`; `chances` sets some of `UNIFORMS`."""
    assert chances.keys() <= UNIFORMS.keys()
    return moved(NEED, before, done, list((UNIFORMS | chances).values()), left=left)


def first_needs(favourites: list[list[int]], u: np.ndarray) -> State:
    """The state at the start of a session for each row of `u`, whose users like these categories."""
    state = State(step=np.zeros(len(u), dtype=np.int64), favourites=np.array(favourites))
    NEED.reset(state, u)
    return state


def chi_square_z(counts: np.ndarray, chances: np.ndarray) -> float:
    """How many standard deviations Pearson's statistic lies above its mean."""
    expected = counts.sum() * chances
    assert expected.min() > 10
    freedom = counts.size - 1
    return float((((counts - expected) ** 2 / expected).sum() - freedom) / math.sqrt(2 * freedom))


def test_a_need_at_the_start():
    u = np.zeros((3, 7))
    u[:, 0], u[:, 6] = (0.49, 0.51, 0.49), (0.0, 0.0, 0.99)
    state = first_needs([[2, 1, 0]] * 3, u)
    assert state["need"].tolist() == state["query_category"].tolist() == [2, -1, 2]
    assert state["query"].tolist() == [QUERIES[2, 0, 0], -1, QUERIES[2, 0, 3]]
    assert not state["readiness"].any() and not state["need_pages"].any()


# (liked, favourite, any) and the category of the need of a user who likes 2, then 1, then 0.
NEW_NEEDS = [
    (0.599, 0.1, 0.99, 2),
    (0.599, 0.5, 0.0, 1),
    (0.599, 0.9, 0.99, 0),
    (0.601, 0.1, 0.124, 0),
    (0.601, 0.1, 0.126, 1),
    (0.601, 0.9, 0.374, 1),
    (0.601, 0.9, 0.376, 2),
    (LATE, 0.9, 1 - 2**-53, 2),
]


@pytest.mark.parametrize(("liked", "favourite", "any_category", "category"), NEW_NEEDS)
def test_a_new_need_is_for_a_favourite_or_for_any_category_by_weight(liked, favourite, any_category, category):
    which = {"liked": liked, "favourite": favourite, "any": any_category}
    assert after_page(shopper(-1), page([0]), left=True, spontaneous=0.0, **which)["need"][0] == category
    u = np.array([[0.0, LATE, LATE, favourite, any_category, liked, 0.0]])
    assert first_needs([[2, 1, 0]], u)["need"][0] == category


def test_the_categories_of_new_needs_as_frequencies():
    """Of every new need, `favourite` is spread over the three favourites, and the rest over all by their weights."""
    num_envs, weights = 60_000, np.array([1.0, 2.0, 0.0, 4.0, 9.0, 4.0])
    need = Need(random_items(num_categories=6), np.zeros((6, 2, 4), dtype=np.int64), weights, start=0.5,
                spontaneous=0.8, favourite=0.6)  # fmt: skip
    expected = 0.4 * weights / 20
    expected[[5, 0, 2]] += 0.6 / 3
    favourites = np.tile([5, 0, 2], (num_envs, 1))

    rng = BatchRNG(np.random.default_rng(7).integers(2**64, size=num_envs, dtype=np.uint64))
    before = State(step=np.zeros(num_envs, dtype=np.int64), favourites=favourites)
    first, later = rng.uniforms(before["step"], Purpose.DYNAMICS, (7, 7))
    need.reset(before, first)
    nobody = shopper(-1).take(np.zeros(num_envs, dtype=np.int64)) | {"favourites": favourites}
    after = State(nobody, left=np.ones(num_envs, dtype=bool))
    slates, one = page([0])
    idle = Response(*[np.repeat(values, num_envs, axis=0) for values in one[:-1]],
                    funnel=Funnel(*[np.repeat(values, num_envs, axis=0) for values in one.funnel]))  # fmt: skip
    need.step(State(nobody), after, np.repeat(slates, num_envs, axis=0), idle, later)

    for state, chance in ((before, 0.5), (after, 0.8)):
        begins = state["need"] >= 0
        assert abs(begins.mean() - chance) < 4.5 * math.sqrt(chance * (1 - chance) / num_envs)
        assert abs(chi_square_z(np.bincount(state["need"][begins], minlength=6), expected)) < 4.5


@pytest.mark.parametrize(("favourite", "categories"), [(1.0, {2, 1, 0}), (0.0, {1})])
def test_needs_can_be_for_favourites_only_or_never_by_liking(favourite, categories):
    """A category without weight is needed only where it is liked, also at the ends of the unit interval."""
    part = dataclasses.replace(NEED, category_weights=np.array([0.0, 3.0, 0.0]), favourite=favourite)
    ends = (0.0, 0.4, 0.7, 1 - 2**-53)
    u = np.array([[0.0, 0.0, 0.0, which, which, liked, 0.0] for which in ends for liked in ends])
    state = State(step=np.zeros(len(u), dtype=np.int64), favourites=np.array([[2, 1, 0]] * len(u)))
    part.reset(state, u)
    assert set(state["need"].tolist()) == categories


def test_a_satisfying_page_inspires():
    done = page([0, 1, 2], stayed=[1, 2])  # the first of them is in category 1
    chance = 1 - 0.6**2
    assert after_page(shopper(-1), done, inspire=chance - 1e-9)["need"][0] == 1
    assert after_page(shopper(-1), done, inspire=chance + 1e-9)["need"][0] == -1
    assert after_page(shopper(-1), page([0, 1, 2], clicked=[1]), inspire=0.0)["need"][0] == -1
    assert after_page(shopper(2), done, inspire=0.0)["need"][0] == 2  # one need at a time


def test_pages_of_the_needed_category_make_ready():
    before = shopper(1, readiness=0.1, pages=2.0)
    done = page([1, 4, 2], stayed=[0, 1, 2], need=1)
    rating = ITEMS.trait("rating")
    after = after_page(before, done)
    gain = sum(0.4 * logistic(1.2 * rating[item]) for item in (1, 4))
    assert after["readiness"][0] == pytest.approx(min(0.1 + gain, 1.0))
    assert after["need_pages"][0] == 4.0
    assert NEED.gain(np.array([0.0]))[0] == pytest.approx(0.2)  # half of it at average rating
    disappointed = after_page(before, page([1, 4, 2], clicked=[0, 1, 2], need=1))
    assert disappointed["readiness"][0] == pytest.approx(0.1) and disappointed["need_pages"][0] == 4.0


def test_the_query_shows_category_and_stage():
    quiet = page([0], clicked=[0], need=1)
    for readiness, stage in ((READY - 0.01, 0), (READY, 1)):
        after = after_page(shopper(1, readiness), quiet, wording=0.5)
        assert after["query"][0] == QUERIES[1, stage, 2] and after["query_category"][0] == 1
    assert after_page(shopper(-1), quiet)["query"][0] == -1


def test_a_purchase_in_the_category_ends_the_need():
    ended = after_page(shopper(1, 0.8, 3.0), page([1, 2], stayed=[0], purchased=[0], need=1))
    assert (ended["need"][0], ended["readiness"][0], ended["need_pages"][0], ended["query"][0]) == (-1, 0, 0, -1)
    elsewhere = after_page(shopper(1, 0.8, 3.0), page([1, 2], stayed=[1], purchased=[1], need=1))
    assert (elsewhere["need"][0], elsewhere["readiness"][0]) == (1, pytest.approx(0.8))


def test_a_need_is_forgotten_on_pages_without_a_click():
    nothing, click = page([1, 2], need=1), page([1, 2], clicked=[1], need=1)
    assert after_page(shopper(1, 0.8, 3.0), nothing, forget=0.199)["need"][0] == -1
    assert after_page(shopper(1, 0.8, 3.0), nothing, forget=0.201)["need"][0] == 1
    assert after_page(shopper(1, 0.8, 3.0), click, forget=0.0)["need"][0] == 1


def test_a_visit_can_begin_with_a_need():
    for left, spontaneous, need in ((True, 0.299, 2), (True, 0.301, -1), (False, 0.0, -1)):
        after = after_page(shopper(-1), page([0]), left=left, spontaneous=spontaneous)
        assert after["need"][0] == after["query_category"][0] == need
    running = after_page(shopper(1, 0.3, 2.0), page([0]), left=True, spontaneous=0.0)  # one need at a time
    assert (running["need"][0], running["readiness"][0], running["need_pages"][0]) == (1, 0.3, 2.0)


def test_a_new_need_of_the_same_category_begins_from_nothing():
    """The need is met, the visit ends, and the next visit happens to begin with a need for the same category."""
    again = {"spontaneous": 0.0, "favourite": 0.5}  # the favourite is category 1
    for done in (page([1, 2], stayed=[0], purchased=[0], need=1), page([1, 2], need=1)):
        after = after_page(shopper(1, 0.8, 3.0), done, left=True, forget=0.0, **again)
        assert after["need"][0] == 1
        assert (after["readiness"][0], after["need_pages"][0]) == (0.0, 0.0)
        assert after["query"][0] == QUERIES[1, 0, 0]  # comparing again


@given(st.integers(-1, 2), st.floats(0, 1), st.sets(st.integers(0, 3)), st.sets(st.integers(0, 3)), st.booleans(),
       st.lists(st.floats(0, 1, exclude_max=True), min_size=7, max_size=7))  # fmt: skip
def test_readiness_stays_within_its_bounds(need, readiness, stayed, bought, left, u):
    done = page([0, 1, 4, 7], stayed=stayed, purchased=bought, need=need)
    after = moved(NEED, shopper(need, readiness if need >= 0 else 0.0), done, u, left=left)
    assert 0 <= after["readiness"][0] <= 1
    assert -1 <= after["need"][0] < 3
    if after["need"][0] < 0:
        assert after["readiness"][0] == 0 and after["query"][0] == -1 and after["need_pages"][0] == 0

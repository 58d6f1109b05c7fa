"""Dynamics: each part against its formula on cases worked out by hand, bounds, frequencies, and untouched states."""

from __future__ import annotations

import dataclasses
import hashlib
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recgym.dynamics import Drift, History, Need, ReferencePrice, Satiation, Trust, Visits
from recgym.randomness import BatchRNG, Purpose
from recgym.response import READY, Funnel, Response
from recgym.scenarios import ecommerce
from recgym.scenarios import ecommerce_words as words
from recgym.state import State
from recgym.testing import HashingEncoder, random_items, small_catalog

ITEMS = random_items()  # categories 0, 1, 2, 0, 1, 2, ...
NO_UNIFORMS = np.zeros((1, 0))
FLAGS = ("clicked", "stayed", "carted", "purchased")


def page(slate, *, clicked=(), stayed=(), carted=(), purchased=(), stars=3.0, need=-1) -> tuple[np.ndarray, Response]:
    """One lane's slate and what was done with the slots named; later stages imply a click."""
    slates = np.array([slate])
    slots = {"clicked": {*clicked, *stayed, *carted, *purchased}, "stayed": {*stayed},
             "carted": {*carted, *purchased}, "purchased": {*purchased}}  # fmt: skip
    flags = {name: np.isin(np.arange(len(slate)), list(slots[name]))[None] for name in FLAGS}
    rating = np.where(flags["purchased"], stars, 0.0)
    nothing = np.zeros(slates.shape)
    needed = (ITEMS.categories[slates] == need) & (need >= 0)
    return slates, Response(**flags, rating=rating, examination=nothing, appeal=nothing, funnel=Funnel(*[nothing] * 5, needed))


def lane(**values: object) -> State:
    """The state of one lane."""
    return State({name: np.array([value]) for name, value in ({"step": 0} | values).items()})


def moved(part, before: State, done: tuple[np.ndarray, Response], u=NO_UNIFORMS, **already: object) -> State:
    """The state after one page; `already` is what the parts before this one have written."""
    after = State({name: values.copy() for name, values in before.items()})
    after.update({name: np.array([value]) for name, value in already.items()})
    part.step(before, after, *done, np.asarray(u, dtype=float).reshape(1, -1))
    return after


# --- Trust

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


# --- Visits

SHAPE = (7, 4, 3, 4, 4)
VISITS = Visits(
    np.zeros(math.prod(SHAPE)), SHAPE, leave_bias=-0.5, leave_click=-0.4, leave_disappointment=0.9, leave_purchase=0.7,
    return_bias=0.3, return_trust=2.0, return_click=0.2, gap_days=8.0, gap_trust=6.0,
)  # fmt: skip
AT_FIRST = {"page": 2, "visit": 1, "patience": 0.1, "context": 5, "days_away": 0.0, "left": False, "churned": False}


def visitor(**values: object) -> State:
    return lane(**AT_FIRST | values)


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


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


# --- Need

QUERIES = np.arange(3 * 2 * 4).reshape(3, 2, 4)
WEIGHTS = np.array([1.0, 2.0, 5.0])  # any category up to 1/8, 3/8 and 1
NEED = Need(ITEMS, QUERIES, WEIGHTS, start=0.5, inspiration=0.4, spontaneous=0.3, information=0.4, lost=0.2,
            favourite=0.6)  # fmt: skip
LATE = 0.999
# What each uniform decides, in their order, and values so high that nothing happens. Of a need that arises, `liked` says
# whether it is for a favourite, then `favourite` or `any` for which category.
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
    need.reset(before, rng.uniform(before["step"], Purpose.DYNAMICS, 7))
    nobody = shopper(-1).take(np.zeros(num_envs, dtype=np.int64)) | {"favourites": favourites}
    after = State(nobody, left=np.ones(num_envs, dtype=bool))
    slates, one = page([0])
    idle = Response(*[np.repeat(values, num_envs, axis=0) for values in one[:-1]],
                    funnel=Funnel(*[np.repeat(values, num_envs, axis=0) for values in one.funnel]))  # fmt: skip
    need.step(State(nobody), after, np.repeat(slates, num_envs, axis=0), idle,
              rng.uniform(before["step"], Purpose.DYNAMICS, 7, first=7))  # fmt: skip

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


# --- Satiation, reference price, drift

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
    after = moved(ReferencePrice(ITEMS, memory), lane(reference_price=reference), page(slate, clicked=clicked))
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


# --- History

HISTORY = History(ITEMS, slate_size=3, history_length=2, entry_items=np.array([9, 10, 11]), pool_decay=0.5)


def history_of(
    pages: list[tuple[np.ndarray, Response]], u: float = 0.0, left: bool = False, then: float = 0.9
) -> State:
    """After these pages, for a user who likes 2, then 1, then 0; `left` says whether each of them ends a visit."""
    state = lane(favourites=[2, 1, 0])
    HISTORY.reset(state, np.array([[u]]))
    for done in pages:
        state = moved(HISTORY, state, done, [then], left=left)
    return state


def test_history_before_the_first_page():
    state = history_of([])
    assert (state["history_items"] == -1).all() and state["history_items"].shape == (1, 2, 3)
    assert not any(state[name].any() for name in ("liked", "skipped", "exposed", "recent"))


@pytest.mark.parametrize(("u", "category"), [(0.0, 2), (0.499, 2), (0.5, 1), (1 - 2**-53, 1)])
def test_interest_begins_with_one_of_the_two_favourites_that_the_profile_names(u, category):
    state = history_of([], u)
    assert (state["interest_category"][0], state["interest_item"][0]) == (category, (9, 10, 11)[category])


@pytest.mark.parametrize(("u", "category"), [(0.0, 2), (0.499, 2), (0.5, 1), (1 - 2**-53, 1)])
def test_a_new_visit_begins_with_one_of_them_again_whatever_was_looked_at(u, category):
    liked, disliked = page([0, 1, 5], stayed=[0]), page([3, 4, 2], clicked=[0])  # item 0 is in category 0
    assert history_of([liked], then=u)["interest_category"][0] == 0
    for pages, item in (([disliked], 11), ([liked], 0), ([liked, disliked], 0)):
        state = history_of(pages, left=True, then=u)
        assert state["interest_category"][0] == category
        assert state["interest_item"][0] == item  # what was looked at last is not forgotten


def test_history_keeps_the_last_pages_and_what_was_done():
    pages = [
        page([0, 1, 2], clicked=[0]),
        page([3, 4, -1], clicked=[0], stayed=[1]),
        page([6, 7, 8], carted=[0], stayed=[1], purchased=[1]),
    ]
    state = history_of(pages)
    assert state["history_items"].tolist() == [[[3, 4, -1], [6, 7, 8]]]
    names = np.array(History.EVENTS)[state["history_events"]].tolist()
    assert names == [[["disappointed", "clicked", "skipped"], ["carted", "purchased", "skipped"]]]
    stayed_and_carted = history_of([page([6, 7, 8], stayed=[0], carted=[0])])
    assert History.EVENTS[stayed_and_carted["history_events"][0, -1, 0]] == "carted"


def test_history_pools_are_recency_weighted_sums():
    state = history_of([page([0, 1, 2], stayed=[0], clicked=[1]), page([3, 4, -1], stayed=[1])])
    e = ITEMS.embeddings
    assert np.allclose(state["liked"][0], 0.3 * (0.5 * e[0] + e[4]), atol=1e-6)
    assert np.allclose(state["skipped"][0], 0.3 * (0.5 * e[2] + e[3]), atol=1e-6)
    assert np.allclose(state["exposed"][0], 0.3 * (0.5 * (e[0] + e[1] + e[2]) + e[3] + e[4]), atol=1e-6)


def test_history_remembers_what_was_last_looked_at():
    liked = page([0, 1, 5], stayed=[1, 2])
    state = history_of([liked])
    assert (state["interest_category"][0], state["interest_item"][0]) == (1, 1)
    state = history_of([liked, page([3, 4, 2], clicked=[0])])
    assert (state["interest_category"][0], state["interest_item"][0]) == (1, 1)
    state = history_of([liked, page([6, 4, 5], stayed=[2])])
    assert (state["interest_category"][0], state["interest_item"][0]) == (2, 5)


def test_recent_sums_are_of_the_last_pages():
    state = history_of([page([0, 1, 2], stayed=[0], clicked=[1]), page([0, 1, 2], stayed=[0], purchased=[0], stars=5.0)])
    first = np.array([0.3 * 2, 0.65 - 0.5 * 2, 0.0, 0.0])
    second = np.array([0.3 * 1, 0.65 - 0.5 * 1, 5.0 - 3.0, 0.5])
    assert np.allclose(state["recent"][0], first * History.RECENT_DECAY + second)


# --- All together

@pytest.fixture(scope="module")
def simulator():
    config = ecommerce.Ecommerce(small_catalog(), HashingEncoder(16), embedding_dim=16, slate_size=3, candidates_per_source=2)
    return ecommerce.build(config).simulator


def digest(state: State) -> dict[str, str]:
    return {name: hashlib.sha256(values.tobytes()).hexdigest() for name, values in state.items()}


def sessions(simulator, steps: int = 25):
    """(state before, transition) of 40 users under random slates, every state frozen as soon as it is known."""
    rng = BatchRNG(np.random.default_rng(0).integers(2**64, size=40, dtype=np.uint64))
    draw = np.random.default_rng(1)
    state = simulator.reset(rng)
    for _ in range(steps):
        for values in state.values():
            values.flags.writeable = False  # who writes into it raises
        slots = draw.permuted(np.tile(np.arange(simulator.num_candidates), (40, 1)), axis=1)[:, :3]
        slates = np.take_along_axis(state["candidates"], slots, axis=1)
        slates[::7, 2] = -1
        before = digest(state)
        transition = simulator.step(state, slates, rng)
        assert digest(state) == before
        yield state, transition
        state = transition.state


def test_a_step_never_writes_into_the_state_before_it(simulator):
    assert len(list(sessions(simulator))) == 25


def test_parts_own_different_variables(simulator):
    owned = [name for part in simulator.dynamics for name in part.moves]
    assert len(set(owned)) == len(owned)
    state = simulator.reset(BatchRNG(np.arange(3, dtype=np.uint64)))
    assert set(owned) < set(state)


def test_a_step_keeps_every_variable_its_type_and_shape(simulator):
    for before, transition in sessions(simulator, steps=3):
        described = [{name: (values.dtype, values.shape) for name, values in state.items()}
                     for state in (before, transition.state)]  # fmt: skip
        assert described[0] == described[1]


def test_a_step_is_a_function_of_state_slates_and_stream(simulator):
    one = [digest(transition.state) for _, transition in sessions(simulator, steps=5)]
    two = [digest(transition.state) for _, transition in sessions(simulator, steps=5)]
    assert one == two and len({str(one_step) for one_step in one}) == 5


def test_distractors_change_nothing(simulator):
    """Another age group, season, campaign, or a researcher instead of an explorer: everything else goes the same way."""
    shape = tuple(map(len, (words.WEEKDAYS, words.DAYTIMES, words.DEVICES, words.SEASONS, words.CAMPAIGNS)))
    rng = BatchRNG(np.random.default_rng(4).integers(2**64, size=60, dtype=np.uint64))
    state = simulator.reset(rng)
    assert {"age_group", "segment", "context"} < set(state)
    other = State({name: values.copy() for name, values in state.items()})
    for _ in range(20):
        weekday, daytime, device, season, campaign = np.unravel_index(state["context"], shape)
        other["context"] = np.ravel_multi_index((weekday, daytime, device, (season + 1) % 4, (campaign + 1) % 4), shape)
        other["age_group"] = (state["age_group"] + 1) % len(words.AGE_GROUPS)
        other["segment"] = np.where(state["segment"] == 2, 2, 1 - state["segment"])
        slates = state["candidates"][:, :3]
        one, two = simulator.step(state, slates, rng), simulator.step(other, slates, rng)
        state, other = one.state, two.state
        assert np.array_equal(one.reward, two.reward) and np.array_equal(one.terminated, two.terminated)
        same = set(state) - {"age_group", "segment", "context"}
        assert all(np.array_equal(state[name], other[name]) for name in same)


def test_invariants_over_sessions(simulator):
    for before, transition in sessions(simulator):
        after = transition.state
        assert (after["step"] == before["step"] + 1).all()
        assert ((after["trust"] >= 0) & (after["trust"] <= 1)).all()
        assert ((after["readiness"] >= 0) & (after["readiness"] <= 1)).all()
        assert (after["satiation"] >= 0).all()
        assert np.allclose(np.linalg.norm(after["interest"], axis=1), 1, atol=1e-5)
        assert np.array_equal(after["visit"], before["visit"] + after["left"])
        assert np.array_equal(transition.terminated, after["churned"])
        assert all(np.isfinite(values).all() for values in after.values())

"""FunnelResponse: the documented formula recomputed one number at a time, frequencies by chi-square, monotonicity."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recgym.choice import CHOICE_MODELS, choice_model
from recgym.compiled import sigmoids
from recgym.items import Items
from recgym.randomness import BatchRNG
from recgym.response import READY, FunnelParameters, FunnelResponse, stage
from recgym.state import State
from recgym.testing import random_items

ITEMS = random_items()


def random_users(num_envs: int, seed: int = 0, items: Items = ITEMS) -> State:
    """Users in all stages of a need, with everything that a choice depends on drawn at random."""
    rng = np.random.default_rng(seed)
    return State(
        step=np.zeros(num_envs, dtype=np.int64),
        interest=rng.normal(size=(num_envs, items.embedding_dim)).astype(np.float32),
        taste=rng.normal(size=(num_envs, items.taste.shape[1])),
        trust=rng.uniform(size=num_envs),
        need=rng.integers(-1, items.num_categories, num_envs),
        readiness=rng.uniform(size=num_envs),
        satiation=rng.uniform(0, 2, (num_envs, items.num_categories)).astype(np.float32),
        reference_price=rng.normal(size=num_envs),
        price_sensitivity=rng.uniform(0.5, 1.5, num_envs),
        interest_item=rng.integers(items.num_items, size=num_envs),
    )


def random_parameters(seed: int) -> FunnelParameters:
    """Every parameter at random, so that none can be left out of a formula unnoticed."""
    rng = np.random.default_rng(seed)
    drawn = {}
    for field in dataclasses.fields(FunnelParameters):
        per_stage = isinstance(field.default, tuple)
        drawn[field.name] = tuple(rng.normal(size=3).tolist()) if per_stage else float(rng.normal())
    return FunnelParameters(**{**drawn, "examination_decay": 0.8, "rating_noise": 1.0})


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def by_hand(p: FunnelParameters, items: Items, state: State, lane: int, item: int) -> dict[str, float]:
    """The truth about one item for one user, written out from the documentation."""
    trait = {name: float(items.trait(name)[item]) for name in (*FunnelParameters.TRAITS, "relative_price", "quality")}
    category = int(items.categories[item])
    need, readiness = int(state["need"][lane]), float(state["readiness"][lane])
    now = 0 if need < 0 else 2 if readiness >= READY else 1
    needed = need == category
    trust = float(state["trust"][lane]) - 0.5
    cosine = sum(float(a) * float(b) for a, b in zip(state["interest"][lane], items.embeddings[item], strict=True))
    taste = sum(float(a) * float(b) for a, b in zip(state["taste"][lane], items.taste[item], strict=True))
    considered = items.embeddings[int(state["interest_item"][lane])]
    similarity = sum(float(a) * float(b) for a, b in zip(considered, items.embeddings[item], strict=True))
    reference_price = float(state["reference_price"][lane])
    cheaper = float(state["price_sensitivity"][lane]) * (reference_price - trait["relative_price"])
    utility = p.click_bias
    utility += p.text_interest * cosine + p.taste * taste
    utility += p.popularity * trait["popularity"] + p.flash * trait["discount"]
    utility += p.rating[now] * trait["rating"]
    utility += p.newness[now] * (trait["newness"] - p.newness_offset[now])
    utility += p.similarity[now] * (similarity - p.similarity_offset[now])
    utility += p.price[now] * cheaper
    utility += p.trust * trust
    utility -= p.satiation * float(state["satiation"][lane, category])
    if need >= 0:
        utility += p.needed if needed else p.not_needed
    ready = readiness if needed else 0.0
    cart = p.cart_bias + p.cart_flash * trait["discount"] + p.cart_needed * needed + p.cart_ready * ready
    purchase = p.purchase_bias + p.purchase_ready * ready
    return {
        "click": logistic(utility),
        "stay": logistic(p.stay_bias + p.stay_quality * trait["quality"] + p.stay_flash * trait["discount"]),
        "cart": logistic(cart + p.cart_trust * trust + p.cart_price * cheaper),
        "purchase": logistic(purchase + p.purchase_trust * trust + p.purchase_price * cheaper),
        "satisfaction": p.satisfaction_quality * trait["quality"] + p.satisfaction_flash * trait["discount"]
        + p.satisfaction_ready * ready,
        "needed": float(needed),
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_the_funnel_is_its_formula(seed):
    state = random_users(40, seed)
    shown = np.random.default_rng(seed).integers(ITEMS.num_items, size=(40, 5))
    parameters = random_parameters(seed)
    funnel = FunnelResponse(ITEMS, 5, parameters).funnel(state, shown)
    assert set(np.unique(stage(state))) == {0, 1, 2}
    assert 0 < funnel.needed.mean() < 1
    for lane in range(40):
        for slot in range(5):
            expected = by_hand(parameters, ITEMS, state, lane, int(shown[lane, slot]))
            got = {name: float(values[lane, slot]) for name, values in funnel._asdict().items()}
            assert got == pytest.approx(expected, abs=2e-6)


def test_stages():
    state = State(need=np.array([-1, -1, 0, 3, 3]), readiness=np.array([0.0, 1.0, 0.0, READY - 1e-9, READY]))
    stages = [FunnelParameters.STAGES[i] for i in stage(state)]
    assert stages == ["browsing", "browsing", "comparing", "comparing", "buying"]


def test_sigmoids():
    x = np.array([-800.0, -2.0, 0.0, math.log(3), 40.0])
    with np.errstate(over="ignore"):
        assert np.allclose(sigmoids(x), [0.0, 1 / (1 + math.e**2), 0.5, 0.75, 1.0], atol=1e-15)


@given(st.lists(st.lists(st.integers(-1, ITEMS.num_items - 1), min_size=4, max_size=4), min_size=1, max_size=6),
       st.integers(0, 2**64 - 1))  # fmt: skip
def test_the_funnel_is_a_funnel_and_empty_slots_stay_empty(slates, key):
    slates = np.array(slates)
    state = random_users(len(slates))
    rng = BatchRNG(np.arange(len(slates), dtype=np.uint64) * np.uint64(977) + np.uint64(key))
    eager = FunnelParameters(click_bias=4.0, cart_bias=3.0, purchase_bias=2.0, stay_bias=1.0)
    response = FunnelResponse(ITEMS, 4, eager).respond(state, slates, rng)
    assert not response.clicked[slates < 0].any() and not response.appeal[slates < 0].any()
    assert not (response.stayed & ~response.clicked).any()
    assert not (response.carted & ~response.clicked).any()
    assert not (response.purchased & ~response.carted).any()
    assert np.isin(response.rating[response.purchased], [1, 2, 3, 4, 5]).all()
    assert not response.rating[~response.purchased].any()


@pytest.fixture(scope="module")
def many():
    """One user 60,000 times, with probabilities that make every branch common."""
    num_envs, slate_size = 60_000, 4
    items = random_items(seed=3)
    one = random_users(1, 8, items)
    one["need"], one["readiness"] = np.array([1]), np.array([0.7])
    slates = np.array([[1, 2, 4, 7]])
    assert len(set(items.categories[slates[0]].tolist())) > 1
    parameters = dataclasses.replace(
        random_parameters(2), examination_decay=0.7, click_bias=1.0, cart_bias=0.5, purchase_bias=0.5, stay_bias=0.3,
        satiation=0.1, trust=0.5, rating_noise=1.4,
    )  # fmt: skip
    model = FunnelResponse(items, slate_size, parameters)
    state = one.take(np.zeros(num_envs, dtype=np.int64))
    keys = np.random.default_rng(1).integers(2**64, size=num_envs, dtype=np.uint64)
    response = model.respond(state, np.repeat(slates, num_envs, axis=0), BatchRNG(keys))
    truth = [by_hand(parameters, items, one, 0, int(item)) for item in slates[0]]
    return response, truth, parameters


def assert_frequency(events: np.ndarray, among: np.ndarray, expected: float) -> None:
    """A chi-square test with one degree of freedom, as a number of standard errors."""
    count = int(among.sum())
    assert count * min(expected, 1 - expected) > 30, "too few cases to tell anything"
    error = math.sqrt(expected * (1 - expected) / count)
    assert abs((events & among).sum() / count - expected) < 4 * error


def test_clicks_by_position(many):
    response, truth, parameters = many
    everywhere = np.ones(len(response.clicked), dtype=bool)
    for slot, item in enumerate(truth):
        expected = (slot + 1) ** -parameters.examination_decay * item["click"]
        assert_frequency(response.clicked[:, slot], everywhere, expected)
        assert np.allclose(response.appeal[:, slot], expected, atol=1e-6)
    both = response.clicked[:, 0] & response.clicked[:, 1]  # slots are independent given the user
    assert_frequency(both, everywhere, truth[0]["click"] * truth[1]["click"] * 2**-parameters.examination_decay)


def test_what_follows_a_click(many):
    response, truth, _ = many
    for slot, item in enumerate(truth):
        clicked, stayed, carted = (part[:, slot] for part in (response.clicked, response.stayed, response.carted))
        assert_frequency(stayed, clicked, item["stay"])
        assert_frequency(carted, stayed, item["cart"])
        assert_frequency(carted, clicked & ~stayed, item["cart"] / 3)
        assert_frequency(response.purchased[:, slot], carted, item["purchase"])


def test_the_distribution_of_stars(many):
    """Stars are 3.5 + satisfaction + U(-w, w), rounded and kept within 1 to 5: lengths of intervals over 2 w."""
    response, truth, parameters = many
    width, statistic, freedom = parameters.rating_noise, 0.0, 0
    for slot, item in enumerate(truth):
        stars = response.rating[response.purchased[:, slot], slot]
        middle = 3.5 + item["satisfaction"]
        edges = np.clip([-np.inf, 1.5, 2.5, 3.5, 4.5, np.inf], middle - width, middle + width)
        expected = np.diff(edges) / (2 * width) * len(stars)
        counts = np.bincount(stars.astype(int), minlength=6)[1:]
        assert not counts[expected < 1e-9].any()
        cells = expected > 10
        assert cells.sum() >= 2
        statistic += float(((counts - expected)[cells] ** 2 / expected[cells]).sum())
        freedom += int(cells.sum()) - 1
    assert abs(statistic - freedom) < 4 * math.sqrt(2 * freedom)


@pytest.mark.parametrize(
    ("variable", "sign", "stages_of_the_funnel"),
    [
        ("trust", 1, ("click", "cart", "purchase")),
        ("satiation", -1, ("click",)),
        ("reference_price", 1, ("click", "cart", "purchase")),
        ("readiness", 1, ("cart", "purchase")),
    ],
)
def test_what_a_user_feels_moves_the_funnel_its_way(variable, sign, stages_of_the_funnel):
    parameters = FunnelParameters(trust=2.0, cart_trust=1.0, purchase_trust=1.0, satiation=0.5, price=(0.2, 0.3, 0.4),
                                  cart_price=0.2, purchase_price=0.2, cart_ready=1.0, purchase_ready=1.0)  # fmt: skip
    model = FunnelResponse(ITEMS, 3, parameters)
    state = random_users(200)
    state["need"][:] = 1  # readiness counts for items of the needed category
    shown = np.tile([1, 4, 7], (200, 1))
    more = State(state)
    state[variable] = state[variable] * 0.4  # readiness stays below READY: stages do not change
    more[variable] = state[variable] + 0.05
    low, high = model.funnel(state, shown), model.funnel(more, shown)
    same_stage = (stage(state) == stage(more))[:, None]
    for name in stages_of_the_funnel:
        assert ((getattr(high, name) - getattr(low, name)) * sign > 0)[same_stage[:, 0]].all(), name
    for name in {"click", "stay", "cart", "purchase"} - set(stages_of_the_funnel):
        assert np.array_equal(getattr(high, name)[same_stage[:, 0]], getattr(low, name)[same_stage[:, 0]]), name


def test_flash_attracts_and_disappoints():
    """Items alike but for the discount: a deeper one is clicked more, stayed with less, and rated worse."""
    discount = ITEMS.visible_names.index("discount")
    visible = np.tile(ITEMS.visible[:1], (3, 1))
    visible[:, discount] = [0.0, 0.5, 1.0]
    items = dataclasses.replace(
        ITEMS, embeddings=np.tile(ITEMS.embeddings[:1], (3, 1)), categories=np.zeros(3, dtype=np.int64),
        visible=visible, hidden=np.zeros((3, 1)), taste=np.tile(ITEMS.taste[:1], (3, 1)),
    )  # fmt: skip
    parameters = FunnelParameters(flash=1.0, stay_flash=-1.5, satisfaction_flash=-1.0)
    users = random_users(50, items=dataclasses.replace(items, categories=np.zeros(3, dtype=np.int64)))
    funnel = FunnelResponse(items, 3, parameters).funnel(users, np.tile([0, 1, 2], (50, 1)))
    assert (np.diff(funnel.click, axis=1) > 0).all()
    assert (np.diff(funnel.stay, axis=1) < 0).all()
    assert np.allclose(np.diff(funnel.satisfaction, axis=1), -0.5)


def test_an_empty_slot_has_no_truth():
    response = FunnelResponse(ITEMS, slate_size=3)
    slates = np.array([[4, -1, 2], [-1, -1, -1]])
    done = response.respond(random_users(2), slates, BatchRNG(np.array([1, 2], dtype=np.uint64)))
    for name, values in (*done.funnel._asdict().items(), ("examination", done.examination), ("appeal", done.appeal)):
        assert not values[slates < 0].any(), name
    assert (done.examination[slates >= 0] == response.examination[[0, 2]]).all()
    assert done.funnel.click[0, [0, 2]].all()


@pytest.mark.parametrize("name", CHOICE_MODELS)
def test_another_choice_model_takes_the_place_of_the_first_stage(name):
    """Clicks come at its chances, at most one where it says so, and the rest of the funnel follows."""
    plain, num_envs = FunnelResponse(ITEMS, slate_size=3), 4000
    response = FunnelResponse(ITEMS, slate_size=3, choice=choice_model(name))
    one = random_users(1, seed=5)
    users = one.take(np.zeros(num_envs, dtype=np.int64))
    slates = np.tile([7, 2, -1], (num_envs, 1))
    rng = BatchRNG(np.random.default_rng(6).integers(2**64, size=num_envs, dtype=np.uint64))
    done = response.respond(users, slates, rng)
    assert not done.clicked[:, 2].any()
    chance = done.appeal[0, :2]
    error = 4.5 * np.sqrt(chance * (1 - chance) / num_envs)
    assert (np.abs(done.clicked[:, :2].mean(axis=0) - chance) < error).all()
    assert np.array_equal(done.funnel.click, plain.funnel(users, slates).click)
    assert (done.stayed <= done.clicked).all() and (done.carted <= done.clicked).all() and done.stayed.any()
    utility = response.choice.utility(done.funnel.click)
    assert np.array_equal(done.examination, response.choice.examined(utility, slates >= 0))
    assert (done.appeal <= done.examination).all() and not done.examination[:, 2].any()
    if name in ("position", "cascade", "dependent_click", "user_browsing"):
        assert np.allclose(done.examination * done.funnel.click, done.appeal)

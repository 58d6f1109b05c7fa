"""Choice models: chances against an enumeration of all outcomes, clicks by chi-square, lanes bit for bit, what they
take in a domain, errors."""

from __future__ import annotations

import dataclasses
import json
import math
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
from choice_helpers import HIGHEST, LOWEST, MODELS, ONE_CLICK, WITHOUT, examinations, marginals, outcomes
from hypothesis import given
from hypothesis import strategies as st

from recgym.choice import (
    CHOICE_MODELS,
    ULTRA_BROWSING,
    ULTRA_EXAMINATION,
    Cascade,
    ChoiceModel,
    DependentClick,
    ExponentialCascade,
    MultinomialLogit,
    MultinomialProportional,
    PositionBased,
    TrustBias,
    UserBrowsing,
    choice_model,
)
from recgym.compiled import sigmoids
from recgym.randomness import BatchRNG, Purpose

every_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
slots = st.lists(st.tuples(st.floats(LOWEST, HIGHEST), st.booleans()), min_size=1, max_size=6)


def one(slate: list[tuple[float, bool]]) -> tuple[np.ndarray, np.ndarray]:
    """Utility and shown of a batch of one."""
    utility, shown = zip(*slate, strict=True)
    return np.array([utility]), np.array([shown])


def random_slates(num_envs: int, slate_size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.uniform(LOWEST, HIGHEST, (num_envs, slate_size)), rng.random((num_envs, slate_size)) < 0.8


def uniforms(model: ChoiceModel, num_envs: int, slate_size: int, seed: int = 0) -> np.ndarray:
    keys = np.random.default_rng(seed).integers(2**64, size=num_envs, dtype=np.uint64)
    return BatchRNG(keys).uniform(np.zeros(num_envs, dtype=np.int64), Purpose.RESPONSE, model.num_uniforms(slate_size))


@every_model
@given(slate=slots)
def test_probabilities_are_those_of_all_outcomes(model, slate):
    utility, shown = one(slate)
    found = model.probabilities(utility, shown)
    assert found.shape == utility.shape and found.dtype == np.float64
    assert found[0].tolist() == pytest.approx(marginals(model, utility[0].tolist(), shown[0].tolist()), abs=1e-12)


@every_model
@given(slate=slots)
def test_examination_is_that_of_all_outcomes(model, slate):
    utility, shown = one(slate)
    found, clicks = model.examined(utility, shown), model.probabilities(utility, shown)
    assert found.shape == utility.shape and found.dtype == np.float64
    assert found[0].tolist() == pytest.approx(examinations(model, utility[0].tolist(), shown[0].tolist()), abs=1e-12)
    assert (found <= 1).all() and (clicks <= found + 1e-12).all()


def test_examination_in_numbers():
    """Three items of attraction 1/2; in the exponential cascade one half of the 65 % that look at what they reach."""
    even, sure, shown = np.zeros((1, 3)), np.full((1, 3), 800.0), np.ones((1, 3), dtype=bool)
    half = np.full((1, 3), math.log(0.5 / 0.05))
    expectations = {
        "mnl": (1, 1, 1), "proportional": (1, 1, 1), "position": (0.68, 0.61, 0.48), "trust_bias": (0.68, 0.61, 0.48),
        "cascade": (1, 1 / 2, 1 / 4), "exponential_cascade": (0.65, 0.65 * 0.675, 0.65 * 0.675**2),
        "dependent_click": (1, 3 / 4, 9 / 16),
        # The last click was on the second, on the first (and then, examined with .98, not on the second), on none.
        "user_browsing": (1, 0.99, 0.495 * 1.0 + 0.5 * 0.51 * 0.62 + 0.25 * 0.95),
    }  # fmt: skip
    assert set(expectations) == set(CHOICE_MODELS)
    for name, expected in expectations.items():
        utility = half if name == "exponential_cascade" else even
        assert np.allclose(choice_model(name).examined(utility, shown), [expected], atol=1e-12), name
    # Whoever clicks the first for certain sees no second, unless they go on.
    assert np.allclose(Cascade().examined(sure, shown), [[1, 0, 0]])
    assert np.allclose(DependentClick((0.4,)).examined(sure, shown), [[1, 0.4, 0.16]])


@every_model
def test_every_attraction_has_a_utility_that_the_model_takes(model):
    attraction = np.array([[0.0, 1e-320, 1e-9, 0.1, 0.5, 0.9, 1 - 1e-12, 1.0]])
    utility, shown = model.utility(attraction), np.ones(attraction.shape, dtype=bool)
    assert utility.shape == attraction.shape and utility.dtype == np.float64
    assert np.isfinite(utility).all() and (np.diff(utility[0]) >= 0).all() and (np.diff(utility[0, 2:6]) > 0).all()
    for chances in (model.probabilities(utility, shown), model.examined(utility, shown)):
        assert (chances >= 0).all() and (chances <= 1).all()
    assert (model.probabilities(utility, shown) <= model.examined(utility, shown)).all()
    clicked = model.click(utility, shown, uniforms(model, 1, attraction.shape[1]))
    assert clicked.shape == attraction.shape and clicked.dtype == bool


def test_utilities_of_attractions():
    attraction, both = np.array([[0.2, 0.75]]), np.ones((1, 2), dtype=bool)
    for name in set(CHOICE_MODELS) - {"proportional", "exponential_cascade"}:
        assert np.allclose(sigmoids(choice_model(name).utility(attraction)), attraction), name
    # RecSim's range of interests, -1 to 1; no click weighs 2, these items 0.4 and 1.5.
    assert np.allclose(MultinomialProportional().utility(attraction), [[-0.6, 0.5]])
    assert np.allclose(MultinomialProportional().probabilities(np.array([[-0.6, 0.5]]), both), [[0.4 / 3.9, 1.5 / 3.9]])
    assert np.allclose(MultinomialProportional(-4.0, -4.0).utility(attraction), [[-3.6, -2.5]])
    # Odds of 1/4 and of 3; of 20 and more the scaled score is 1.
    scaled = ExponentialCascade(attention_prob=1.0)
    assert np.allclose(np.exp(scaled.utility(attraction)), [[0.25, 3.0]])
    for sure in (20 / 21, 0.99, 1.0):
        assert np.allclose(scaled.probabilities(scaled.utility(np.full((1, 1), sure)), both[:, :1]), 1.0)


@pytest.mark.parametrize("name", ["user browsing", "user browsing, short", "trust bias", "position"])
def test_ranks_beyond_a_table(name):
    utility, shown = random_slates(1, 13, 4)
    for found, known in ((MODELS[name].probabilities, marginals), (MODELS[name].examined, examinations)):
        expected = known(MODELS[name], utility[0].tolist(), shown[0].tolist())
        assert found(utility, shown)[0].tolist() == pytest.approx(expected, abs=1e-12)


@every_model
def test_frequencies_of_all_outcomes(model):
    """Joint, not slot by slot: chi-square over the outcomes, the rare ones together."""
    num_envs, utility, shown = 60_000, [0.3, -0.6, 1.1, -0.2, 0.8], [True, True, False, True, True]
    clicked = model.click(np.tile(utility, (num_envs, 1)), np.tile(shown, (num_envs, 1)), uniforms(model, num_envs, 5))
    counts = Counter(map(tuple, clicked.astype(int).tolist()))
    expected = {outcome: chance * num_envs for outcome, chance in outcomes(model, utility, shown).items()}
    assert set(counts) <= {outcome for outcome, number in expected.items() if number > 0}
    common = [outcome for outcome, number in expected.items() if number > 10]
    assert len(common) >= 4
    rest = num_envs - sum(expected[outcome] for outcome in common)
    cells = [(counts[outcome], expected[outcome]) for outcome in common]
    if rest > 10:
        cells.append((num_envs - sum(count for count, _ in cells), rest))
    statistic = sum((count - number) ** 2 / number for count, number in cells)
    freedom = len(cells) - 1
    assert statistic < freedom + 4 * math.sqrt(2 * freedom) + 4


@every_model
@given(slate=slots, seed=st.integers(0, 2**32 - 1))
def test_an_empty_slot_is_never_clicked_whatever_its_utility(model, slate, seed):
    utility, shown = one(slate)
    u = np.random.default_rng(seed).choice([0.0, 0.4, 1 - 2.0**-53], (1, model.num_uniforms(len(slate))))
    clicked = model.click(utility, shown, u)
    assert clicked.shape == shown.shape and clicked.dtype == bool
    assert not clicked[~shown].any() and not model.probabilities(utility, shown)[~shown].any()
    assert not model.examined(utility, shown)[~shown].any()
    for anything in (math.nan, -1e9, 1e9):
        other = np.where(shown, utility, anything)
        assert np.array_equal(model.click(other, shown, u), clicked)
        assert np.array_equal(model.probabilities(other, shown), model.probabilities(utility, shown))
        assert np.array_equal(model.examined(other, shown), model.examined(utility, shown))


@pytest.mark.parametrize("name", ONE_CLICK)
def test_at_most_one_click(name):
    utility, shown = random_slates(3000, 5, 1)
    clicks = MODELS[name].click(utility, shown, uniforms(MODELS[name], 3000, 5)).sum(axis=1)
    assert clicks.max() == 1
    if name == "mnl, always":
        assert (clicks == shown.any(axis=1)).all()


@pytest.mark.parametrize("name", MODELS)
def test_a_lane_is_the_same_alone(name):
    model = MODELS[name]
    num_envs, slate_size = 37, 7
    utility, shown = random_slates(num_envs, slate_size, 2)
    u, value = uniforms(model, num_envs, slate_size), np.random.default_rng(3).normal(size=(num_envs, slate_size))
    clicked, chance = model.click(utility, shown, u), model.probabilities(utility, shown)
    examined = model.examined(utility, shown)
    for lane in range(num_envs):
        alone = slice(lane, lane + 1)
        assert np.array_equal(model.click(utility[alone], shown[alone], u[alone])[0], clicked[lane])
        assert np.array_equal(model.probabilities(utility[alone], shown[alone])[0], chance[lane])
        assert np.array_equal(model.examined(utility[alone], shown[alone])[0], examined[lane])
    if name in WITHOUT:
        return
    slates = model.best_slate(utility, value, 3)
    for lane in range(num_envs):
        assert np.array_equal(model.best_slate(utility[lane : lane + 1], value[lane : lane + 1], 3)[0], slates[lane])


def test_published_numbers():
    sure, shown = np.full((1, 10), 800.0), np.ones((1, 10), dtype=bool)  # attraction 1
    assert np.allclose(PositionBased().probabilities(sure, shown), ULTRA_EXAMINATION)
    assert np.allclose(PositionBased(None, 0.9).probabilities(sure, shown), np.arange(1, 11) ** -0.9)
    rank, theta = np.arange(1, 11), np.array(ULTRA_EXAMINATION)
    assert np.allclose(TrustBias().probabilities(sure, shown), theta * (1 - (rank + 1) / 100))
    assert np.allclose(TrustBias().probabilities(-sure / 20, shown), theta * 0.65 / rank)
    # Certain clicks: the first is examined with chance 1, the second just after a click, at distance 1.
    assert np.allclose(UserBrowsing().probabilities(sure, shown)[0, :2], [ULTRA_BROWSING[0][0], ULTRA_BROWSING[1][0]])
    # RecSim's null item weighs 2; an item of utility 1 weighs 2, and one of -1 nothing.
    both = np.ones((1, 2), dtype=bool)
    assert MultinomialProportional().probabilities(np.array([[1.0, -1.0]]), both).tolist() == [[0.5, 0.0]]
    assert np.allclose(ExponentialCascade().probabilities(np.zeros((1, 2)), both), [[0.0325, 0.9675 * 0.0325]])


def test_one_item_is_clicked_alike_by_the_logit_and_the_cascade():
    utility, shown = np.array([[-2.0], [0.0], [1.5]]), np.ones((3, 1), dtype=bool)
    assert np.allclose(MultinomialLogit().probabilities(utility, shown), Cascade().probabilities(utility, shown))


def test_a_cascade_is_a_dependent_click_without_continuation():
    utility, shown = random_slates(200, 6, 5)
    u, never = uniforms(Cascade(), 200, 6), DependentClick((0.0,))
    assert np.array_equal(Cascade().click(utility, shown, u), never.click(utility, shown, u))
    assert np.array_equal(Cascade().probabilities(utility, shown), never.probabilities(utility, shown))


@pytest.mark.parametrize("name", [name for name in MODELS if not name.startswith(("proportional", "exponential"))])
def test_extreme_utilities(name):
    utility, shown = np.array([[-800.0, 800.0, 799.0, 0.0]]), np.ones((1, 4), dtype=bool)
    chance = MODELS[name].probabilities(utility, shown)
    assert np.isfinite(chance).all() and (chance >= 0).all() and (chance <= 1).all()
    nothing = np.zeros((1, 4), dtype=bool)
    assert not MODELS[name].probabilities(utility, nothing).any()


def test_every_model_has_a_name_and_settings_that_survive_json():
    assert {type(model) for model in MODELS.values()} == set(CHOICE_MODELS.values())
    for name, kind in CHOICE_MODELS.items():
        assert isinstance(choice_model(name), kind) and isinstance(choice_model(name), ChoiceModel)
    for model in MODELS.values():
        assert choice_model(model) is model
        assert type(model)(**json.loads(json.dumps(dataclasses.asdict(model)))) == model


@pytest.mark.parametrize(("given", "error", "words"), [
    ("cascde", ValueError, "there are mnl, .*Did you mean 'cascade'"),
    ("Trust_Bias", ValueError, "Did you mean 'trust_bias'"),
    ("zzz", ValueError, "no choice model 'zzz'; there are mnl, [a-z_, ]*[.]$"),
    (3, TypeError, "name of a choice model .* got 3"),
    (Cascade, TypeError, "or an instance of one, got <class"),
    (SimpleNamespace(click=None), TypeError,
     "got namespace.*, which lacks utility, num_uniforms, probabilities, examined, b"),
])  # fmt: skip
def test_errors_of_choice_model(given, error, words):
    with pytest.raises(error, match=words):
        choice_model(given)


@pytest.mark.parametrize(("make", "words"), [
    (lambda: MultinomialLogit(math.inf), "no_click: expected a finite logit"),
    (lambda: MultinomialLogit(math.nan), "no_click"),
    (lambda: MultinomialProportional(no_click_mass=-2.0), "at least min_normalizer = -1.0, got -2.0"),
    (lambda: PositionBased((0.5, 1.2)), "examination, rank 2: expected a probability from 0 to 1, got 1.2"),
    (lambda: PositionBased(()), "examination: expected at least one"),
    (lambda: PositionBased(eta=-1), "eta"),
    (lambda: TrustBias(wrong_click=2), "wrong_click: expected a probability"),
    (lambda: TrustBias(eta=math.inf), "eta"),
    (lambda: ExponentialCascade(attention_prob=-0.1), "attention_prob: expected a probability"),
    (lambda: ExponentialCascade(score_scaling=0), "score_scaling: expected a finite number above 0, got 0"),
    (lambda: DependentClick((0.5, -1)), "continuation, rank 2"),
    (lambda: UserBrowsing(((0.5,), (0.5,))), r"rows of 1, 2, 3, ... probabilities, got rows of \[1, 1\]"),
    (lambda: UserBrowsing(()), "got rows of"),
    (lambda: UserBrowsing(((math.nan,),)), "examination, row 1, rank 1: expected a probability"),
    (lambda: UserBrowsing(eta=math.nan), "eta"),
])  # fmt: skip
def test_errors_of_settings(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_errors_of_utilities():
    shown = np.ones((1, 2), dtype=bool)
    with pytest.raises(ValueError, match="must not be below min_normalizer = -1.0, got -1.5; lower min_normalizer"):
        MultinomialProportional().probabilities(np.array([[0.0, -1.5]]), shown)
    with pytest.raises(ValueError, match="no utility above 2.99573, got 3.1; lower score_scaling"):
        ExponentialCascade().click(np.array([[0.0, 3.1]]), shown, np.zeros((1, 2)))
    limit = np.full((1, 2), -math.log(0.05))
    assert np.allclose(ExponentialCascade(1.0).probabilities(limit, shown), [[1.0, 0.0]], atol=1e-15)

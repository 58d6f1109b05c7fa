"""Best slates of the choice models against all ordered slates, and against what is known in closed form."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from choice_helpers import HIGHEST, LOWEST, MODELS, WITHOUT
from hypothesis import given
from hypothesis import strategies as st

from recgym.choice import (
    Cascade,
    ChoiceModel,
    DependentClick,
    MultinomialLogit,
    MultinomialProportional,
    PositionBased,
    TrustBias,
    UserBrowsing,
)

EXACT = {name: model for name, model in MODELS.items() if name not in WITHOUT}

# Whole numbers among the values make ties, zeros and repeated values common.
values = st.one_of(st.integers(-2, 3).map(float), st.floats(-3, 3))
choices = st.lists(st.tuples(st.floats(LOWEST, HIGHEST), values), min_size=1, max_size=6)


def every_slate(num_items: int, slate_size: int) -> np.ndarray:
    """(number of ordered slates, slate_size) int64."""
    return np.array(list(itertools.permutations(range(num_items), slate_size)))


def expected_value(model: ChoiceModel, utility: np.ndarray, value: np.ndarray, slates: np.ndarray) -> np.ndarray:
    """Of each row of `slates`, for items of `utility` and `value`, (num_items,)."""
    return (model.probabilities(utility[slates], np.ones(slates.shape, dtype=bool)) * value[slates]).sum(axis=1)


@pytest.mark.parametrize("model", EXACT.values(), ids=EXACT)
@given(items=choices, data=st.data())
def test_no_ordered_slate_is_better(model, items, data):
    utility, value = (np.array(part) for part in zip(*items, strict=True))
    slate_size = data.draw(st.integers(1, min(4, len(items))))
    slates = model.best_slate(utility[None], value[None], slate_size)
    assert slates.shape == (1, slate_size) and slates.dtype == np.int64
    assert len(set(slates[0].tolist())) == slate_size and slates.min() >= 0
    best = expected_value(model, utility, value, every_slate(len(items), slate_size)).max()
    assert expected_value(model, utility, value, slates)[0] == pytest.approx(best, abs=1e-9)


@given(items=choices, continuation=st.lists(st.floats(0, 1), min_size=1, max_size=4), data=st.data())
def test_no_ordered_slate_satisfies_more(items, continuation, data):
    utility = np.array([utility for utility, _ in items])
    slate_size = data.draw(st.integers(1, min(4, len(items))))
    model = DependentClick(tuple(continuation))

    def unsatisfied(slate: tuple[int, ...]) -> float:
        chance = 1.0
        for rank, item in enumerate(slate):
            chance *= 1 - (1 - continuation[min(rank, len(continuation) - 1)]) / (1 + math.exp(-utility[item]))
        return chance

    [slate] = model.satisfying_slate(utility[None], slate_size).tolist()
    assert len(set(slate)) == slate_size
    least = min(map(unsatisfied, itertools.permutations(range(len(items)), slate_size)))
    assert unsatisfied(slate) == pytest.approx(least, abs=1e-12)


@pytest.mark.parametrize("model", EXACT.values(), ids=EXACT)
def test_many_items_and_lanes(model):
    """Nothing that a lane leaves behind reaches the next; with many items no exchange of one item helps."""
    rng = np.random.default_rng(5)
    utility, value = rng.uniform(LOWEST, HIGHEST, (3, 40)), rng.normal(1, 1, (3, 40))
    for lane, slate in enumerate(model.best_slate(utility, value, 5)):
        others = set(range(40)) - set(slate.tolist())
        exchanged = [np.where(np.arange(5) == slot, item, slate) for slot in range(5) for item in others]
        slates = np.vstack((exchanged, slate[every_slate(5, 5)]))
        neighbours = expected_value(model, utility[lane], value[lane], slates)
        assert expected_value(model, utility[lane], value[lane], slate[None])[0] >= neighbours.max() - 1e-12


def test_trust_bias_needs_an_assignment():
    """The item that sorting by attraction puts first belongs second: its clicks do not come from the first rank."""
    rng = np.random.default_rng(0)
    utility, value = rng.normal(0, 2, (200, 6)), rng.uniform(0, 1, (200, 6))
    slates = TrustBias().best_slate(utility, value, 3)
    sort = np.argsort(-value / (1 + np.exp(-utility)), axis=1)[:, :3]
    gains = [expected_value(TrustBias(), utility[i], value[i], np.stack((slates[i], sort[i]))) for i in range(200)]
    assert all(best >= sorted_ - 1e-12 for best, sorted_ in gains)
    assert sum(best > sorted_ + 1e-6 for best, sorted_ in gains) > 100


def test_the_most_valuable_items_are_not_the_best_assortment():
    """Weights 1, 1, 8 beside a no click of weight 1: the popular cheap item would take the dear ones' clicks."""
    utility, value = np.log([[1.0, 1.0, 8.0]]), np.array([[4.0, 3.0, 1.0]])
    best = MultinomialLogit().best_slate(utility, value, 2)
    assert sorted(best[0].tolist()) == [0, 1]
    assert expected_value(MultinomialLogit(), utility[0], value[0], best)[0] == pytest.approx(7 / 3)


def test_all_slots_are_filled_even_at_a_loss():
    """As in SlateQ, whose values are Q(item) - Q(no click)."""
    utility, value = np.zeros((1, 4)), np.array([[-3.0, -1.0, -2.0, -4.0]])
    models = (MultinomialLogit(), MultinomialProportional(), Cascade(), PositionBased(), TrustBias(), DependentClick())
    for model in models:
        assert sorted(model.best_slate(utility, value, 2)[0].tolist()) == [1, 2]


def test_a_cascade_shows_the_dear_item_first():
    """Chances .5 and .9 with values 3 and 1: 1.5 + .5 x .9 in this order, .9 + .1 x 1.5 in the other."""
    utility = np.array([[math.log(9), 0.0]])
    slate = Cascade().best_slate(utility, np.array([[1.0, 3.0]]), 2)
    assert slate.tolist() == [[1, 0]]
    assert expected_value(Cascade(), utility[0], np.array([1.0, 3.0]), slate)[0] == pytest.approx(1.95)


def test_a_continuation_that_ends_with_the_slate_is_constant():
    utility, value = np.zeros((1, 3)), np.array([[1.0, 3.0, 2.0]])
    assert DependentClick((0.4, 0.9)).best_slate(utility, value, 2).tolist() == [[1, 2]]
    with pytest.raises(ValueError, match="depends on the rank; .*satisfying_slate"):
        DependentClick((0.4, 0.9)).best_slate(utility, value, 3)


def test_where_no_exact_slate_is_known():
    with pytest.raises(ValueError, match="no exact routine for the best slate is known, because"):
        UserBrowsing().best_slate(np.zeros((1, 3)), np.ones((1, 3)), 2)


@pytest.mark.parametrize("model", EXACT.values(), ids=EXACT)
@pytest.mark.parametrize("slate_size", [0, 4])
def test_a_slate_of_impossible_size(model, slate_size):
    with pytest.raises(ValueError, match=f"slate_size: expected 1 to 3, .* got {slate_size}"):
        model.best_slate(np.zeros((1, 3)), np.ones((1, 3)), slate_size)

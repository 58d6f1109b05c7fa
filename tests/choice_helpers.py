"""The choice models written out a second time: every outcome of a slate, one number at a time."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterator

from recgym.choice import (
    Cascade,
    ChoiceModel,
    DependentClick,
    ExponentialCascade,
    MultinomialLogit,
    MultinomialProportional,
    PositionBased,
    TrustBias,
    UserBrowsing,
)

Outcome = tuple[int, ...]  # 0 or 1 per slot

# Each model with its defaults, and with settings that reach what the defaults do not.
MODELS: dict[str, ChoiceModel] = {
    "mnl": MultinomialLogit(),
    "mnl, always": MultinomialLogit(no_click=-math.inf),
    "mnl, RecSim": MultinomialLogit(no_click=5.0),
    "proportional": MultinomialProportional(),
    "proportional, no mass": MultinomialProportional(min_normalizer=-4.0, no_click_mass=-4.0),
    "position": PositionBased(),
    "position, by rank": PositionBased(examination=None, eta=0.9),
    "position, short": PositionBased(examination=(0.3, 0.9), eta=2.0),
    "trust bias": TrustBias(),
    "trust bias, strong": TrustBias(examination=(0.5, 1.0), wrong_click=1.0),
    "cascade": Cascade(),
    "exponential cascade": ExponentialCascade(),
    "exponential cascade, eager": ExponentialCascade(attention_prob=1.0, score_scaling=0.3),
    "dependent click": DependentClick(),
    "dependent click, by rank": DependentClick((0.9, 0.1, 0.6)),
    "dependent click, no end": DependentClick((1.0,)),
    "user browsing": UserBrowsing(),
    "user browsing, short": UserBrowsing(((0.5,), (0.9, 0.4), (0.8, 0.3, 0.6)), eta=0.5),
}
ONE_CLICK = tuple(name for name, model in MODELS.items()
                  if isinstance(model, MultinomialLogit | MultinomialProportional) or "cascade" in name)  # fmt: skip
WITHOUT = ("dependent click, by rank", "user browsing", "user browsing, short")  # an exact best slate
HIGHEST = 1.2  # ln(1 / 0.3): the largest utility that all of MODELS take
LOWEST = -1.0


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def last_known(values: tuple[float, ...], rank: int) -> float:
    """Ranks count from 1."""
    return values[min(rank, len(values)) - 1]


def outcomes(model: ChoiceModel, utility: list[float], shown: list[bool]) -> dict[Outcome, float]:
    """Every possible outcome with its chance, from the model's definition."""
    found: dict[Outcome, float] = defaultdict(float)
    for outcome, chance in _paths(model, utility, shown):
        found[outcome] += chance
    assert math.isclose(sum(found.values()), 1.0, abs_tol=1e-9) or not any(shown)
    return found


def _paths(model: ChoiceModel, utility: list[float], shown: list[bool]) -> Iterator[tuple[Outcome, float]]:
    size = len(utility)
    if isinstance(model, MultinomialLogit | MultinomialProportional):
        if isinstance(model, MultinomialLogit):
            weights = [math.exp(v) for v in utility]
            none = math.exp(model.no_click)
        else:
            weights = [x - model.min_normalizer for x in utility]
            none = model.no_click_mass - model.min_normalizer
        total = none + sum(w for w, s in zip(weights, shown, strict=True) if s)
        for slot in range(size):
            if shown[slot] and weights[slot] > 0:
                yield tuple(int(other == slot) for other in range(size)), weights[slot] / total
        if none > 0:
            yield (0,) * size, none / total
    elif isinstance(model, Cascade):  # and its kin: a walk down the slate
        yield from _walk(model, utility, shown, ())
    else:
        for outcome in itertools.product((0, 1), repeat=size):
            chance = 1.0
            for slot in range(size):
                click = _click_after(model, utility[slot], outcome[:slot]) if shown[slot] else 0.0
                chance *= click if outcome[slot] else 1 - click
            yield outcome, chance


def _walk(model: Cascade, utility: list[float], shown: list[bool], so_far: Outcome) -> Iterator[tuple[Outcome, float]]:
    slot, size = len(so_far), len(utility)
    if slot == size:
        yield so_far, 1.0
        return
    attraction, staying = _reached(model, utility[slot], shown[slot], slot + 1)
    yield (*so_far, 1, *(0,) * (size - slot - 1)), attraction * (1 - staying)
    for click, chance in ((1, attraction * staying), (0, 1 - attraction)):
        for outcome, rest in _walk(model, utility, shown, (*so_far, click)):
            yield outcome, chance * rest


def _reached(model: Cascade, utility: float, shown: bool, rank: int) -> tuple[float, float]:
    """The chance of a click on a slot that is reached, and of going on after it."""
    if not shown:
        return 0.0, 1.0
    if isinstance(model, ExponentialCascade):
        return model.attention_prob * model.score_scaling * math.exp(utility), 0.0
    return logistic(utility), last_known(model.continuation, rank) if isinstance(model, DependentClick) else 0.0


def _click_after(model: ChoiceModel, utility: float, so_far: Outcome) -> float:
    """The chance of a click on the next slot."""
    rank, examined = len(so_far) + 1, _look_after(model, so_far)
    if isinstance(model, TrustBias):
        right, wrong = 1 - (min(rank, 20) + 1) / 100, model.wrong_click / min(rank, 10)
        return examined * (right * logistic(utility) + wrong * (1 - logistic(utility)))
    return examined * logistic(utility)


def _look_after(model: ChoiceModel, so_far: Outcome) -> float:
    """The chance that the next slot is looked at, of a model that looks by rank or by the clicks so far."""
    rank = len(so_far) + 1
    if isinstance(model, UserBrowsing):
        row = last_known(model.examination, rank)
        if 1 in so_far:
            distance = rank - (max(i for i, click in enumerate(so_far) if click) + 1)
            return row[:-1][min(distance, len(row) - 1) - 1] ** model.eta
        return row[-1] ** model.eta
    assert isinstance(model, PositionBased)
    return (1 / rank if model.examination is None else last_known(model.examination, rank)) ** model.eta


def marginals(model: ChoiceModel, utility: list[float], shown: list[bool]) -> list[float]:
    """The chance of a click on each slot, summed over all outcomes."""
    chances = outcomes(model, utility, shown)
    return [sum(chance for outcome, chance in chances.items() if outcome[slot]) for slot in range(len(utility))]


def examinations(model: ChoiceModel, utility: list[float], shown: list[bool]) -> list[float]:
    """The chance that each slot is looked at, summed over all that may happen above it."""
    return [_examination(model, utility[:slot], shown[:slot]) if shown[slot] else 0.0 for slot in range(len(utility))]


def _examination(model: ChoiceModel, utility: list[float], shown: list[bool]) -> float:
    """Of the slot below a part of a slate."""
    if isinstance(model, MultinomialLogit | MultinomialProportional):
        return 1.0
    if not isinstance(model, Cascade):
        return sum(chance * _look_after(model, outcome) for outcome, chance in _paths(model, utility, shown))
    reached = 0.0
    above = [_reached(model, v, s, rank) for rank, (v, s) in enumerate(zip(utility, shown, strict=True), 1)]
    for clicks in itertools.product((0, 1), repeat=len(above)):  # of a user who goes on after each of them
        reached += math.prod(a * stays if click else 1 - a for click, (a, stays) in zip(clicks, above, strict=True))
    return reached * model.attention_prob if isinstance(model, ExponentialCascade) else reached

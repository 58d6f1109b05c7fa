"""RecGym-InterestExploration-v0: mass appeal hides what a minority of users would rather have.

RecSim's interest_exploration (Ie et al., 2019). Users never change: what there is to learn is who they are.

## Description

A user is of one of two types, which nobody is told, and clicks at most one item of a slate by a multinomial logit.

- Type: the first with probability 0.3. Affinity to each topic: log-normal, by type and topic.
- Item: of the first topic with probability 0.2 and of better quality than those of the second; quality is log-normal
  and seen beforehand. Utility: affinity to the topic plus quality; that of no click is 5.

With RecSim's constants it is hardly worth finding out who the user is: the items of best quality get 98 % of the
clicks that knowing the user would, and asking on purpose adds nothing. With `variant="mass_appeal"` the first topic
pleases everyone alike and so tells nothing about the user; the second is loved by the few. There it pays to ask.

`env.unwrapped.simulator.choice` is the choice model and `no_click_utility` the utility of no click.

## Why look ahead

All three know the constants. The myopic policy and the reference know a user only by what they clicked, and hold a
belief about the type (Bayes). The myopic one shows what is most likely to be clicked at once; the reference also
counts what the response will tell (`BeliefPlanner`, dynamic programming on the belief). The third is told the user's
affinities, so that nothing is left to find out.

## Version history

- v0: RecSim's constants and equations; users and items drawn as in RecSim.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.arguments import real_number
from recgym.choice import MultinomialLogit
from recgym.classics.classic import PUBLISHED, Classic, Responded, shown
from recgym.compiled import Flags, Floats, Ints, Singles, drawn, kernel
from recgym.randomness import BatchRNG, Keys, Purpose, counter_of, normal_at, uniform_at
from recgym.state import State

Rows = tuple[tuple[float, ...], ...]
TEN = 10.0  # what has been shown and clicked is observed in tens


@dataclass(frozen=True)
class InterestExploration(Classic):
    """The model under RecSim's constants or others. Affinities and qualities are log-normal."""

    slate_size: int = 2
    session_length: int = 50
    """Slates after which a session is truncated; RecSim's never ends."""
    type_chances: tuple[float, ...] = (0.3, 0.7)
    """How frequent the types of users are."""
    affinity_log_mean: Rows | None = None
    """By type and topic; by default the variant's, ((0.1, 0.7), (0.7, 0.1)) as published."""
    affinity_log_sd: float = 0.1
    """Standard deviation of log affinity."""
    topic_chances: tuple[float, ...] | None = None
    """How frequent the topics are among items; by default the variant's, (0.2, 0.8) as published."""
    quality_log_mean: tuple[float, ...] | None = None
    """By topic; by default the variant's, (0.8, 0.2) as published."""
    quality_log_sd: float = 0.1
    """Standard deviation of log quality."""
    no_click_utility: float = 5.0
    """Utility of clicking nothing."""

    VARIANTS: ClassVar = {
        PUBLISHED: {"affinity_log_mean": ((0.1, 0.7), (0.7, 0.1)), "topic_chances": (0.2, 0.8),
                    "quality_log_mean": (0.8, 0.2)},
        "mass_appeal": {"affinity_log_mean": ((0.7, 1.25), (0.7, -1.0)), "topic_chances": (0.6, 0.4),
                        "quality_log_mean": (0.5, 0.2)},
    }  # fmt: skip
    OBSERVED: ClassVar = {
        "candidates": ("candidate_features", "quality of each candidate, and its topic one-hot"),
        "response": ("response", "of the last slate, slot by slot: click, quality, topic one-hot; zeros at first"),
        "counts": ("counts", "in this session, by topic: items shown and clicks, in tens"),
    }
    ITEM = ("topic", "quality")
    VISIBLE = ("topic", "quality")
    HIDDEN = ("affinity", "type")
    CURVES = ()
    REWARD = ("click", "number of clicks")

    def __post_init__(self) -> None:
        super().__post_init__()
        num_types = len(_row("type_chances", self.type_chances, total=1.0))
        num_topics = len(_row("topic_chances", self.topic_chances, total=1.0))
        _row("quality_log_mean", self.quality_log_mean, num_topics)
        if not isinstance(self.affinity_log_mean, Sequence) or len(self.affinity_log_mean) != num_types:
            raise ValueError(
                f"affinity_log_mean: expected {num_types} rows, one per type in type_chances, got "
                f"{self.affinity_log_mean!r}"
            )
        for row in self.affinity_log_mean:
            _row("affinity_log_mean", row, num_topics)
        for name in ("affinity_log_sd", "quality_log_sd"):
            real_number(name, getattr(self, name), 0.0)
        real_number("no_click_utility", self.no_click_utility)
        # As JSON has it, from a registered specification.
        for name in ("type_chances", "topic_chances", "quality_log_mean"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "affinity_log_mean", tuple(map(tuple, self.affinity_log_mean)))

    @property
    def num_topics(self) -> int:
        """Topics of items."""
        return len(self.topic_chances)

    @cached_property
    def choice(self) -> MultinomialLogit:
        """Who clicks what."""
        return MultinomialLogit(self.no_click_utility)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Quality, and the topics."""
        return ("quality", *(f"topic {topic}" for topic in range(1, self.num_topics + 1)))

    def utilities(self, state: State) -> NDArray[np.float64]:
        """(num_envs, num_candidates) for `choice`: affinity to the topic plus quality."""
        return np.take_along_axis(state["affinity"], state["topic"], axis=1) + state["quality"]

    def add_users(self, state: State, rng: BatchRNG) -> None:
        """Writes type (num_envs,) int64, affinity (num_envs, num_topics)."""
        num_envs = state.num_envs
        state["type"], state["affinity"] = np.empty(num_envs, np.int64), np.empty((num_envs, self.num_topics))
        _meet(rng.keys, state["step"], np.cumsum(self.type_chances), np.array(self.affinity_log_mean),
              self.affinity_log_sd, state["type"], state["affinity"])  # fmt: skip
        state["response"] = np.zeros((num_envs, self.slate_size, 2 + self.num_topics), dtype=np.float32)
        state["counts"] = np.zeros((num_envs, 2, self.num_topics), dtype=np.float32)

    def add_candidates(self, state: State, rng: BatchRNG) -> None:
        """Writes topic int64, quality."""
        shape = (state.num_envs, self.num_candidates)
        state["topic"], state["quality"] = np.empty(shape, dtype=np.int64), np.empty(shape)
        state["candidate_features"] = np.zeros((*shape, 1 + self.num_topics), dtype=np.float32)
        _draw(rng.keys, state["step"], np.cumsum(self.topic_chances), np.array(self.quality_log_mean),
              self.quality_log_sd, state["topic"], state["quality"], state["candidate_features"])  # fmt: skip

    def respond(self, before: State, after: State, slates: NDArray[np.int64], rng: BatchRNG) -> Responded:
        """At most one click; users stay as they are."""
        utility, visible = shown(self.utilities(before), slates), slates >= 0
        clicked = self.choice.click(utility, visible, rng.uniform(before["step"], Purpose.RESPONSE, 1))
        after["response"], after["counts"] = np.zeros_like(before["response"]), before["counts"].copy()
        _tell(slates, clicked, before["topic"], before["quality"], after["response"], after["counts"])
        probability, over = self.choice.probabilities(utility, visible), np.zeros(len(slates), dtype=bool)
        return Responded(clicked, clicked.sum(axis=1).astype(float), over, probability, {})

    def item_words(self, item: Mapping[str, Any]) -> str:
        """Its topic and quality."""
        return f"topic {int(item['topic']) + 1}, quality {item['quality']:.2f}"

    def profile(self, state: State) -> list[tuple[str, float]]:
        """Affinity to each topic, as a share of the highest."""
        affinity = state["affinity"][0]
        return list(zip(self.feature_names[1:], (affinity / affinity.max()).tolist(), strict=True))


def _row(name: str, values: object, count: int | None = None, total: float | None = None) -> Sequence[float]:
    """`values`, if it is a row of `count` numbers, from 0 up to the sum `total` where there is one."""
    row = isinstance(values, Sequence) and not isinstance(values, str) and len(values) > 0
    if not row or len(values) != (count or len(values)):
        raise ValueError(f"{name}: expected a row of {count or 'some'} numbers, got {values!r}")
    for value in values:
        real_number(name, value, *((0.0, total) if total is not None else ()))
    if total is not None and not math.isclose(sum(values), total, rel_tol=1e-9):
        raise ValueError(f"{name}: expected chances that sum to {total:g}, got {values!r}, of sum {sum(values):g}")
    return values


@kernel
def _meet(
    keys: Keys, steps: Ints, cumulative: Floats, log_mean: Floats, log_sd: float, kind: Ints, affinity: Floats
) -> None:
    for lane in range(len(keys)):
        counter = counter_of(keys[lane], steps[lane], Purpose.POPULATION)
        kind[lane] = drawn(cumulative, uniform_at(counter, 0))
        for topic in range(affinity.shape[1]):
            affinity[lane, topic] = log_normal(log_mean[kind[lane], topic], log_sd, normal_at(counter, 1 + 2 * topic))


@kernel
def _draw(
    keys: Keys, steps: Ints, cumulative: Floats, log_mean: Floats, log_sd: float, topic: Ints, quality: Floats,
    features: Singles,
) -> None:  # fmt: skip
    for lane in range(len(keys)):
        counter = counter_of(keys[lane], steps[lane], Purpose.CANDIDATES)
        for i in range(topic.shape[1]):
            about = drawn(cumulative, uniform_at(counter, 3 * i))
            topic[lane, i] = about
            quality[lane, i] = log_normal(log_mean[about], log_sd, normal_at(counter, 3 * i + 1))
            features[lane, i, 0], features[lane, i, 1 + about] = quality[lane, i], 1.0


@kernel
def _tell(slates: Ints, clicked: Flags, topic: Ints, quality: Floats, response: Singles, counts: Singles) -> None:
    for lane in range(len(slates)):
        for slot in range(slates.shape[1]):
            item = slates[lane, slot]
            if item >= 0:
                about, click = topic[lane, item], clicked[lane, slot]
                response[lane, slot, 0], response[lane, slot, 1] = click, quality[lane, item]
                response[lane, slot, 2 + about] = 1.0
                counts[lane, 0, about] += 1.0 / TEN
                counts[lane, 1, about] += click / TEN


@kernel
def log_normal(log_mean: float, log_sd: float, normal: float) -> float:
    """An affinity or a quality."""
    return math.exp(log_mean + log_sd * normal)

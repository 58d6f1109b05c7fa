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
from recgym.choice.multinomial import exponentials, shares
from recgym.classics.classic import PUBLISHED, Classic, Responded, shown
from recgym.compiled import Flags, Floats, Ints, Singles, allocating_kernel, drawn, kernel
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


@kernel
def belief_after(belief: float, chance_first: float, chance_second: float) -> float:
    """Probability of the first type after an observation that has these chances under the two types (Bayes)."""
    first = belief * chance_first
    return first / (first + (1.0 - belief) * chance_second)


@kernel
def value_at(values: Floats, belief: float) -> float:
    """`values` (num_points,) on equally spaced beliefs from 0 to 1, interpolated linearly."""
    place = belief * (len(values) - 1)
    below = min(int(place), len(values) - 2)
    return values[below] + (place - below) * (values[below + 1] - values[below])


@allocating_kernel
def outcome_chances(
    affinity: Floats, topics: Ints, quality: Floats, slate: Ints, no_click: float, chances: Floats
) -> None:
    """Fill `chances` (slate_size + 1,): of a click on each slot of `slate`, rows of the candidates, and of none."""
    slate_size = len(slate)
    utility, weight = np.empty(slate_size), np.empty(slate_size)
    for slot in range(slate_size):
        utility[slot] = affinity[topics[slate[slot]]] + quality[slate[slot]]
    none = exponentials(utility, np.ones(slate_size, dtype=np.bool_), no_click, weight)
    shares(weight, none, chances[:slate_size])
    chances[slate_size] = 1.0
    for slot in range(slate_size):
        chances[slate_size] -= chances[slot]


@allocating_kernel
def best_slate(
    belief: float, affinity: Floats, topics: Ints, quality: Floats, order: Ints, no_click: float, after: Floats,
    slate: Ints,
) -> float:  # fmt: skip
    """Fill `slate` with the candidates best for clicks now plus `after` by belief; give that value.

    `affinity` (2, 2) is what is expected by type and topic. Of each topic the best qualities come first, so that only
    how many slots each topic gets is to be decided; `order` are the candidates from the best quality down. `after` all
    zero gives the slate that is best at once.
    """
    slate_size, best = len(slate), -1.0
    first, second, tried = np.empty(slate_size + 1), np.empty(slate_size + 1), np.empty(slate_size, np.int64)
    for num_first in range(slate_size + 1):
        taken_first, taken_second = 0, 0
        for i in order:
            if topics[i] == 0 and taken_first < num_first:
                tried[taken_first] = i
                taken_first += 1
            elif topics[i] == 1 and taken_second < slate_size - num_first:
                tried[num_first + taken_second] = i
                taken_second += 1
        if taken_first + taken_second < slate_size:
            continue
        outcome_chances(affinity[0], topics, quality, tried, no_click, first)
        outcome_chances(affinity[1], topics, quality, tried, no_click, second)
        value = 0.0
        for outcome in range(slate_size + 1):
            chance = belief * first[outcome] + (1.0 - belief) * second[outcome]
            now = 1.0 if outcome < slate_size else 0.0
            value += chance * (now + value_at(after, belief_after(belief, first[outcome], second[outcome])))
        if value > best:
            best = value
            slate[:] = tried
    return best


@allocating_kernel
def _plan(
    affinity: Floats, topics: Ints, quality: Floats, no_click: float, slate_size: int, farsighted: bool, values: Floats
) -> None:
    """Fill `values` (num_steps + 1, num_points) from the last row, all 0, to the first."""
    slate = np.empty(slate_size, np.int64)
    first, second = np.empty(slate_size + 1), np.empty(slate_size + 1)
    num_steps, num_points = values.shape[0] - 1, values.shape[1]
    order, nothing = np.empty(topics.shape, np.int64), np.zeros(num_points)
    for i in range(len(topics)):
        order[i] = np.argsort(-quality[i])
    for step in range(num_steps - 1, -1, -1):
        after = values[step + 1]
        for point in range(num_points):
            belief, total = point / (num_points - 1), 0.0
            for i in range(len(topics)):
                aim = after if farsighted else nothing
                value = best_slate(belief, affinity, topics[i], quality[i], order[i], no_click, aim, slate)
                if not farsighted:
                    outcome_chances(affinity[0], topics[i], quality[i], slate, no_click, first)
                    outcome_chances(affinity[1], topics[i], quality[i], slate, no_click, second)
                    for outcome in range(slate_size + 1):
                        chance = belief * first[outcome] + (1.0 - belief) * second[outcome]
                        value += chance * value_at(after, belief_after(belief, first[outcome], second[outcome]))
                total += value
            values[step, point] = total / len(topics)


@allocating_kernel
def _show(
    belief: Floats, steps: Ints, affinity: Floats, topics: Ints, quality: Floats, no_click: float, values: Floats,
    slates: Ints,
) -> None:  # fmt: skip
    for lane in range(len(slates)):
        order, after = np.argsort(-quality[lane]), values[min(steps[lane] + 1, len(values) - 1)]
        best_slate(belief[lane], affinity, topics[lane], quality[lane], order, no_click, after, slates[lane])


@allocating_kernel
def _learn(
    affinity: Floats, topics: Ints, quality: Floats, clicked: Flags, no_click: float, belief: Floats
) -> None:
    slate_size = topics.shape[1]
    slate, first, second = np.arange(slate_size), np.empty(slate_size + 1), np.empty(slate_size + 1)
    for lane in range(len(topics)):
        outcome = slate_size
        for slot in range(slate_size):
            if clicked[lane, slot]:
                outcome = slot
        outcome_chances(affinity[0], topics[lane], quality[lane], slate, no_click, first)
        outcome_chances(affinity[1], topics[lane], quality[lane], slate, no_click, second)
        belief[lane] = belief_after(belief[lane], first[outcome], second[outcome])


class BeliefPlanner:
    """Expected clicks by dynamic programming on the belief about a user who is of one of two types.

    Users are taken to have exactly the affinities expected of their type, and candidate sets to be those of a sample.

    >>> model = InterestExploration(variant="mass_appeal", session_length=20)
    >>> planner = BeliefPlanner(model, num_sets=20, num_points=21)
    >>> myopic, farsighted = (planner.start_value(planner.values(flag)) for flag in (False, True))
    >>> myopic < 0.95 * farsighted < 0.95 * planner.start_value_of_knowing(planner.values(True))
    True

    Args:
        model: The environment, of two types and two topics.
        num_sets: Candidate sets in the sample.
        num_points: Beliefs on the grid from 0 to 1.
        seed: Of the sample.
    """

    def __init__(self, model: InterestExploration, num_sets: int = 200, num_points: int = 51, seed: int = 0) -> None:
        if len(model.type_chances) != 2 or model.num_topics != 2:
            raise ValueError(f"BeliefPlanner: expected two types and two topics, got {model!r}")
        self.model = model
        rng = np.random.default_rng(seed)
        self._topics = (rng.random((num_sets, model.num_candidates)) >= model.topic_chances[0]).astype(np.int64)
        log_mean = np.array(model.quality_log_mean)[self._topics]
        self._quality = np.exp(log_mean + model.quality_log_sd * rng.standard_normal(log_mean.shape))
        self._shape = (model.session_length + 1, num_points)
        self.affinity: NDArray[np.float64] = np.exp(np.array(model.affinity_log_mean) + model.affinity_log_sd**2 / 2)

    def values(self, farsighted: bool) -> NDArray[np.float64]:
        """Clicks to come (session_length + 1, num_points), by belief in the first type: of the best policy or the myopic.

        The myopic policy learns from what it sees, but shows what is best at once.
        """
        values = np.zeros(self._shape)
        no_click = self.model.no_click_utility
        _plan(self.affinity, self._topics, self._quality, no_click, self.model.slate_size, farsighted, values)
        return values

    def start_value(self, values: NDArray[np.float64]) -> float:
        """Expected clicks of a session that starts with the belief that type_chances give."""
        return float(value_at(values[0], self.model.type_chances[0]))

    def start_value_of_knowing(self, values: NDArray[np.float64]) -> float:
        """The same for an agent that is told the type."""
        return float(np.dot(self.model.type_chances, (values[0, -1], values[0, 0])))

    def slates(
        self, values: NDArray[np.float64], belief: NDArray[np.float64], state: State
    ) -> NDArray[np.int64]:
        """(num_envs, slate_size) positions: the best of `state`'s candidates for clicks now and later.

        `belief` (num_envs,) is the probability of the first type. Values that are all 0 give what is best at once.
        """
        found = np.empty((len(belief), self.model.slate_size), dtype=np.int64)
        _show(belief, state["step"], self.affinity, state["topic"], state["quality"], self.model.no_click_utility,
              values, found)  # fmt: skip
        return found

    def belief_after(self, belief: NDArray[np.float64], response: NDArray[np.float32]) -> NDArray[np.float64]:
        """(num_envs,) beliefs after the observed `response` (num_envs, slate_size, 4) to a slate."""
        after, quality = belief.copy(), response[..., 1].astype(float)
        topics, clicked = response[..., 2:].argmax(axis=2), response[..., 0] > 0
        _learn(self.affinity, topics, quality, clicked, self.model.no_click_utility, after)
        return after

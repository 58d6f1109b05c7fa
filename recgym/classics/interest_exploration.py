"""Interest exploration: topics of high production value hide what a minority of users would rather have.

RecSim's interest_exploration (Ie et al., 2019). Users never change: what there is to learn is who they are. With
RecSim's constants that is hardly worth anything: the items of best quality get 98 % of the clicks that knowing the
user would, and asking on purpose adds nothing. `MASS_APPEAL` has constants with which it pays to ask.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recgym.classics.choice import logit_weights, probabilities
from recgym.compiled import Floats, Ints, kernel

Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class InterestExploration:
    """The constants, with RecSim's defaults. Affinities and qualities are log-normal."""

    type_chances: tuple[float, ...] = (0.3, 0.7)
    """How frequent the types of users are."""
    affinity_log_mean: Rows = ((0.1, 0.7), (0.7, 0.1))
    """By type and topic."""
    affinity_log_sd: float = 0.1
    topic_chances: tuple[float, ...] = (0.2, 0.8)
    """How frequent the topics are among items."""
    quality_log_mean: tuple[float, ...] = (0.8, 0.2)
    """By topic."""
    quality_log_sd: float = 0.1
    no_click_utility: float = 5.0


MASS_APPEAL = InterestExploration(
    affinity_log_mean=((0.7, 1.25), (0.7, -1.0)), topic_chances=(0.6, 0.4), quality_log_mean=(0.5, 0.2)
)
"""The first topic pleases everyone alike and so tells nothing about the user; the second is loved by the few."""


@kernel
def log_normal(log_mean: float, log_sd: float, normal: float) -> float:
    """An affinity or a quality."""
    return math.exp(log_mean + log_sd * normal)


@kernel
def utilities_of(affinity: Floats, topics: Ints, quality: Floats, utilities: Floats) -> None:
    """Fill `utilities` for a slate of these topics and qualities, for `choice.logit_weights`."""
    for slot in range(len(topics)):
        utilities[slot] = affinity[topics[slot]] + quality[slot]


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


@kernel
def outcome_chances(
    affinity: Floats, topics: Ints, quality: Floats, slate: Ints, no_click: float, chances: Floats
) -> None:
    """Fill `chances` (slate_size + 1,): of a click on each slot of `slate`, rows of the candidates, and of none."""
    utilities = np.empty(len(slate))
    utilities_of(affinity, topics[slate], quality[slate], utilities)
    none = logit_weights(utilities, no_click, utilities)
    probabilities(utilities, none, chances)


@kernel
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


@kernel
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


class BeliefPlanner:
    """Expected clicks by dynamic programming on the belief about a user who is of one of two types.

    Users are taken to have exactly the affinities expected of their type, and candidate sets to be those of a sample.

    >>> planner = BeliefPlanner(MASS_APPEAL, num_steps=20, num_sets=20, num_points=21)
    >>> myopic, farsighted = (planner.start_value(planner.values(flag)) for flag in (False, True))
    >>> myopic < 0.95 * farsighted < 0.95 * planner.start_value_of_knowing(planner.values(True))
    True

    Args:
        model: Constants of two types and two topics.
        slate_size: Slots of a slate.
        num_candidates: Candidates, drawn anew at every step.
        num_steps: Length of a session.
        num_sets: Candidate sets in the sample.
        num_points: Beliefs on the grid from 0 to 1.
        seed: Of the sample.
    """

    def __init__(
        self, model: InterestExploration, slate_size: int = 2, num_candidates: int = 10, num_steps: int = 50,
        num_sets: int = 200, num_points: int = 51, seed: int = 0,
    ) -> None:  # fmt: skip
        self.model, self.slate_size = model, slate_size
        rng = np.random.default_rng(seed)
        self._topics = (rng.random((num_sets, num_candidates)) >= model.topic_chances[0]).astype(np.int64)
        log_mean = np.array(model.quality_log_mean)[self._topics]
        self._quality = np.exp(log_mean + model.quality_log_sd * rng.standard_normal(log_mean.shape))
        self._shape = (num_steps + 1, num_points)
        self.affinity: NDArray[np.float64] = np.exp(np.array(model.affinity_log_mean) + model.affinity_log_sd**2 / 2)

    def values(self, farsighted: bool) -> NDArray[np.float64]:
        """Clicks to come (num_steps + 1, num_points), by belief in the first type, of the best policy or the myopic one.

        The myopic policy learns from what it sees, but shows what is best at once.
        """
        values = np.zeros(self._shape)
        no_click = self.model.no_click_utility
        _plan(self.affinity, self._topics, self._quality, no_click, self.slate_size, farsighted, values)
        return values

    def start_value(self, values: NDArray[np.float64]) -> float:
        """Expected clicks of a session that starts with the belief that type_chances give."""
        return float(value_at(values[0], self.model.type_chances[0]))

    def start_value_of_knowing(self, values: NDArray[np.float64]) -> float:
        """The same for an agent that is told the type."""
        return float(np.dot(self.model.type_chances, (values[0, -1], values[0, 0])))

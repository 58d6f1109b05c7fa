"""The planner of interest exploration: what a response tells about a user is worth clicks to come."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recgym.choice.multinomial import exponentials, shares
from recgym.classics.interest_exploration import InterestExploration
from recgym.compiled import Flags, Floats, Ints, allocating_kernel, kernel
from recgym.state import State


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
        """Clicks to come (session_length + 1, num_points), by belief in the first type:
        of the best policy or the myopic.

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

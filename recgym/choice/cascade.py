"""Users who read down the slate and may leave after a click: cascade, RecSim's exponential cascade, dependent click."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from recgym.choice.examination import attraction, by_rank, probability, table
from recgym.choice.protocol import ChoiceModel
from recgym.choice.slates import best_cascade, best_matching
from recgym.compiled import Flags, Floats, Ints, allocating_kernel


@dataclass(frozen=True)
class Cascade(ChoiceModel):
    """P(click on k) = a_k * product over j < k of (1 - a_j) (Craswell et al., WSDM 2008).

    The user stops at the first click. The attraction a is sigmoid(utility).
    """

    def attraction(self, utility: Floats, shown: Flags) -> Floats:
        """(num_envs, slate_size) float64: the chance of a click once the slot is reached, 0 for an empty one."""
        return attraction(utility, shown)

    def leaving(self, slate_size: int) -> Floats:
        """(slate_size,) float64: the chance that a click on the slot is the last."""
        return by_rank((1.0,), slate_size)

    def num_uniforms(self, slate_size: int) -> int:
        """One per slot decides between a last click, a click, and none."""
        return slate_size

    def click(self, utility: Floats, shown: Flags, u: Floats) -> Flags:
        """(num_envs, slate_size) bool."""
        return _read_down(self.attraction(utility, shown), self.leaving(utility.shape[1]), u)

    def probabilities(self, utility: Floats, shown: Flags) -> Floats:
        """(num_envs, slate_size) float64."""
        found = self.attraction(utility, shown)
        return _reached(found, shown, self.leaving(utility.shape[1])) * found

    def examined(self, utility: Floats, shown: Flags) -> Floats:
        """(num_envs, slate_size) float64: the chance that the slot is reached."""
        return _reached(self.attraction(utility, shown), shown, self.leaving(utility.shape[1]))

    def best_slate(self, utility: Floats, value: Floats, slate_size: int) -> Ints:
        """(num_envs, slate_size) int64 positions; exact where leaving is as likely at every rank.

        Raises:
            ValueError: It is not; the last rank does not matter, because nothing follows it.
        """
        # After the last slot there is nothing left to leave.
        leaving = set(self.leaving(slate_size)[:-1].tolist()) or {1.0}
        if len(leaving) > 1:
            raise ValueError(
                "no exact routine for the best slate is known where the continuation depends on the rank; use one "
                "number for all ranks, or satisfying_slate if any satisfied user is worth the same"
            )
        attraction = self.attraction(utility, np.ones(utility.shape, dtype=bool))
        return best_cascade(attraction, leaving.pop(), value, slate_size)


@dataclass(frozen=True)
class ExponentialCascade(Cascade):
    """The cascade with attraction attention_prob * score_scaling * exp(utility), attention_prob alike at all ranks.

    RecSim's ExponentialCascadeChoiceModel; the defaults are those of its interest evolution.
    """

    attention_prob: float = 0.65
    score_scaling: float = 0.05
    """s: score_scaling * exp(utility), the chance of a click once examined, may not exceed 1, so no utility -ln(s), by
    default 3.0."""

    def __post_init__(self) -> None:
        probability("attention_prob", self.attention_prob)
        if not 0 < self.score_scaling < math.inf:
            raise ValueError(f"score_scaling: expected a finite number above 0, got {self.score_scaling!r}")

    def utility(self, attraction: Floats) -> Floats:
        """The logit, up to the largest score that RecSim converts, -ln(s): such an item is clicked once examined."""
        return np.minimum(super().utility(attraction), -math.log(self.score_scaling))

    def examined(self, utility: Floats, shown: Flags) -> Floats:
        """(num_envs, slate_size) float64: the chance that the slot is reached, and then gets attention."""
        return self.attention_prob * super().examined(utility, shown)

    def attraction(self, utility: Floats, shown: Flags) -> Floats:
        """(num_envs, slate_size) float64.

        Raises:
            ValueError: A shown item's utility is too large to be scaled to a probability.
        """
        found, largest = _scaled(utility, shown, self.attention_prob, self.score_scaling)
        limit = -math.log(self.score_scaling)
        if largest > limit:
            raise ValueError(
                f"exponential cascade: score_scaling * exp(utility) must be at most 1, so with score_scaling = "
                f"{self.score_scaling} no utility above {limit:.6g}, got {largest:.6g}; lower score_scaling"
            )
        return found


@dataclass(frozen=True)
class DependentClick(Cascade):
    """A cascade that goes on after a click at rank k with chance continuation[k]: DCM (Guo, Liu & Wang, WSDM 2009).

    P(click on k) = a_k * product over j < k of (1 - a_j (1 - continuation_j)). A user who does not go on leaves
    satisfied. From logs: continuation_k = 1 - number of sessions whose last click is at k / number with a click at k.
    """

    continuation: tuple[float, ...] = (0.5,)
    """By rank; the last one holds for all ranks after it. The default is an assumption, not a published number."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "continuation", table("continuation", self.continuation))

    def leaving(self, slate_size: int) -> Floats:
        """(slate_size,) float64: 1 - continuation."""
        return 1.0 - by_rank(self.continuation, slate_size)

    def satisfying_slate(self, utility: Floats, slate_size: int) -> Ints:
        """The slate that most likely satisfies, 1 - product of (1 - (1 - continuation_k) a_k); exact in all cases.

        The more attractive the item, the likelier leaving at its rank (Katariya et al., DCM Bandits, ICML 2016).
        `utility` is (num_envs, num_items) float64; returns (num_envs, slate_size) int64 positions.
        """
        return best_matching(self.leaving(slate_size), self.attraction(utility, np.ones(utility.shape, dtype=bool)))


@allocating_kernel
def _scaled(utility: Floats, shown: Flags, attention: float, scaling: float) -> tuple[Floats, float]:
    """The attraction, and the largest utility that is shown."""
    found, largest = np.zeros(utility.shape), -np.inf
    for lane in range(len(utility)):
        for slot in range(utility.shape[1]):
            if shown[lane, slot]:
                largest = max(largest, utility[lane, slot])
                # At the limit the product may round to a little more than 1.
                found[lane, slot] = attention * min(scaling * math.exp(utility[lane, slot]), 1.0)
    return found, largest


@allocating_kernel
def _reached(attraction: Floats, shown: Flags, leaving: Floats) -> Floats:
    chance = np.zeros(attraction.shape)
    for lane in range(len(attraction)):
        reached = 1.0
        for slot in range(attraction.shape[1]):
            if shown[lane, slot]:
                chance[lane, slot] = reached
            reached *= 1.0 - attraction[lane, slot] * leaving[slot]
    return chance


@allocating_kernel
def _read_down(attraction: Floats, leaving: Floats, u: Floats) -> Flags:
    clicked = np.zeros(attraction.shape, dtype=np.bool_)
    for lane in range(len(attraction)):
        for slot in range(attraction.shape[1]):
            clicked[lane, slot] = u[lane, slot] < attraction[lane, slot]
            if u[lane, slot] < attraction[lane, slot] * leaving[slot]:
                break
    return clicked

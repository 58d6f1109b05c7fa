"""At most one click, in proportion to weights: the multinomial logit and RecSim's proportional choice."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from recgym.choice.protocol import ChoiceModel
from recgym.choice.slates import best_assortment
from recgym.compiled import Flags, Floats, Ints, allocating_kernel, kernel


class _Multinomial(ChoiceModel):
    """P(click on i) = w_i / (w_none + sum of w_j over the slate): the whole slate is looked at, and compared."""

    @abstractmethod
    def weights(self, utility: Floats, shown: Flags) -> tuple[Floats, Floats]:
        """The weights of the items, (num_envs, slate_size), 0 for an empty slot, and of no click, (num_envs,)."""

    def num_uniforms(self, slate_size: int) -> int:
        """One: a single choice among the slots and no click."""
        return 1

    def click(self, utility: Floats, shown: Flags, u: Floats) -> Flags:
        """(num_envs, slate_size) bool, at most one True per lane."""
        return _choose(self.probabilities(utility, shown), u)

    def probabilities(self, utility: Floats, shown: Flags) -> Floats:
        """(num_envs, slate_size) float64."""
        return _shares(*self.weights(utility, shown))

    def examined(self, utility: Floats, shown: Flags) -> Floats:
        """(num_envs, slate_size) float64: 1 for all that is shown, as who chooses compares it all (McFadden, 1974)."""
        return shown.astype(np.float64)

    def best_slate(self, utility: Floats, value: Floats, slate_size: int) -> Ints:
        """(num_envs, slate_size) int64 positions; exact.

        With value = Q(item) - Q(no click) it is the exact argmax of SlateQ (Ie et al., IJCAI 2019).
        """
        return best_assortment(*self.weights(utility, np.ones(utility.shape, dtype=bool)), value, slate_size)


@dataclass(frozen=True)
class MultinomialLogit(_Multinomial):
    """P(click on i) = exp(v_i) / (exp(v_0) + sum of exp(v_j)): McFadden (1974), RecSim's MultinomialLogitChoiceModel.

    RecSim's "no_click_mass" is v_0 too, a logit: 5 in its interest exploration, -inf (somebody always clicks) where
    nothing is said.
    """

    no_click: float = 0.0
    """Utility v_0 of no click; at 0 a single item is clicked with chance sigmoid(utility), as if it were examined."""

    def __post_init__(self) -> None:
        if not self.no_click < math.inf:
            raise ValueError(f"no_click: expected a finite logit, or -inf for who always clicks, got {self.no_click!r}")

    def weights(self, utility: Floats, shown: Flags) -> tuple[Floats, Floats]:
        """exp(v - the largest v of the lane), so that nothing overflows."""
        return _exponentials(utility, shown, self.no_click)


@dataclass(frozen=True)
class MultinomialProportional(_Multinomial):
    """P(click on i) = (x_i - m) / (n - m + sum of (x_j - m)): RecSim's MultinomialProportionalChoiceModel.

    The defaults are those of its interest evolution: no click weighs 2.
    """

    min_normalizer: float = -1.0
    """m: no utility may be below it."""
    no_click_mass: float = 1.0
    """n, on the scale of the utilities."""

    def __post_init__(self) -> None:
        if not -math.inf < self.min_normalizer <= self.no_click_mass < math.inf:
            raise ValueError(
                f"no_click_mass: expected a finite number of at least min_normalizer = {self.min_normalizer!r}, "
                f"got {self.no_click_mass!r}"
            )

    def utility(self, attraction: Floats) -> Floats:
        """x = m + 2 a, so that items weigh as they attract: P(click on i) = 2 a_i / (n - m + sum of 2 a_j).

        A logit may lie below any m. This has the range of RecSim's interest evolution, where m = -1 and users'
        interests, which are the scores there, lie between -1 and 1.
        """
        return self.min_normalizer + 2.0 * attraction

    def weights(self, utility: Floats, shown: Flags) -> tuple[Floats, Floats]:
        """x - m.

        Raises:
            ValueError: A shown item's utility is below `min_normalizer`.
        """
        weight, least = _above(utility, shown, self.min_normalizer)
        if least < self.min_normalizer:
            raise ValueError(
                f"proportional choice: utilities must not be below min_normalizer = {self.min_normalizer}, got "
                f"{least:.6g}; lower min_normalizer, or use the multinomial logit"
            )
        return weight, np.full(len(utility), self.no_click_mass - self.min_normalizer)


@kernel
def exponentials(utility: Floats, shown: Flags, no_click: float, weight: Floats) -> float:
    """For one lane: fill `weight` (slate_size,) with exp(v - the largest v), 0 for an empty slot; that of no click."""
    largest = no_click
    for slot in range(len(utility)):
        weight[slot] = 0.0
        if shown[slot]:
            largest = max(largest, utility[slot])
    if largest == -np.inf:  # nothing is shown, and no click weighs nothing
        return 0.0
    for slot in range(len(utility)):
        if shown[slot]:
            weight[slot] = math.exp(utility[slot] - largest)
    return math.exp(no_click - largest)


@allocating_kernel
def _exponentials(utility: Floats, shown: Flags, no_click: float) -> tuple[Floats, Floats]:
    weight, none = np.empty(utility.shape), np.empty(len(utility))
    for lane in range(len(utility)):
        none[lane] = exponentials(utility[lane], shown[lane], no_click, weight[lane])
    return weight, none


@allocating_kernel
def _above(utility: Floats, shown: Flags, bound: float) -> tuple[Floats, float]:
    """How far the utilities are above `bound`, 0 for an empty slot; and the least utility that is shown."""
    weight, least = np.zeros(utility.shape), np.inf
    for lane in range(len(utility)):
        for slot in range(utility.shape[1]):
            if shown[lane, slot]:
                weight[lane, slot] = utility[lane, slot] - bound
                least = min(least, utility[lane, slot])
    return weight, least


@kernel
def shares(weight: Floats, none: float, share: Floats) -> None:
    """For one lane: fill `share` (slate_size,) with weight / (none + sum of the weights), 0 where that sum is 0."""
    total = none
    for slot in range(len(weight)):
        total += weight[slot]
    for slot in range(len(weight)):
        share[slot] = weight[slot] / total if total > 0 else 0.0


@allocating_kernel
def _shares(weight: Floats, none: Floats) -> Floats:
    share = np.empty(weight.shape)
    for lane in range(len(weight)):
        shares(weight[lane], none[lane], share[lane])
    return share


@allocating_kernel
def _choose(chances: Floats, u: Floats) -> Flags:
    """The slot in whose part of the unit interval u[lane, 0] falls; what the chances leave over is no click."""
    clicked = np.zeros(chances.shape, dtype=np.bool_)
    for lane in range(len(chances)):
        passed = 0.0
        for slot in range(chances.shape[1]):
            passed += chances[lane, slot]
            if u[lane, 0] < passed:
                clicked[lane, slot] = True
                break
    return clicked

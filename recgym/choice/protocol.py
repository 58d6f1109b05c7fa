"""What a choice model is."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol, runtime_checkable

from recgym.choice.examination import logit
from recgym.compiled import Flags, Floats, Ints


@runtime_checkable
class ChoiceModel(Protocol):
    """How a user clicks on a slate, given what each item is worth to them.

    `utility` is (num_envs, slate_size) float64, a logit but for models that say otherwise; `shown` is bool of the same
    shape, False for an empty slot. An empty slot is looked over: it keeps its rank, is never examined or clicked, and
    its utility may be anything. A lane's results do not depend on the other lanes, bit for bit.
    """

    def utility(self, attraction: Floats) -> Floats:
        """What items are worth that are clicked with chance `attraction` once examined: the logit of that.

        A model that does not take every logit says here what it takes instead: so it works in every domain. Both are
        (num_envs, slate_size) float64, the attraction from 0 to 1, both included, the utility finite.
        """
        return logit(attraction)

    @abstractmethod
    def num_uniforms(self, slate_size: int) -> int:
        """How many uniforms per lane `click` takes."""

    @abstractmethod
    def click(self, utility: Floats, shown: Flags, u: Floats) -> Flags:
        """(num_envs, slate_size) bool, drawn by `u`: (num_envs, num_uniforms) float64 in [0, 1)."""

    @abstractmethod
    def probabilities(self, utility: Floats, shown: Flags) -> Floats:
        """(num_envs, slate_size) float64: the exact chance of a click on each slot, whatever happens on the others."""

    @abstractmethod
    def examined(self, utility: Floats, shown: Flags) -> Floats:
        """(num_envs, slate_size) float64: the exact chance that each slot is looked at (its propensity).

        Nothing is clicked that is not examined, so it is never below `probabilities`.
        """

    @abstractmethod
    def best_slate(self, utility: Floats, value: Floats, slate_size: int) -> Ints:
        """The slate with the largest expected sum of `value` over its clicks: exact, not a heuristic.

        Args:
            utility: (num_envs, num_items) float64, of every item on offer.
            value: (num_envs, num_items) float64, what a click on the item brings; of any sign.
            slate_size: All slots are filled, with different items.

        Returns:
            (num_envs, slate_size) int64 positions in `utility`, the first slot first.

        Raises:
            ValueError: There are fewer items than slots, or no exact routine is known, with the reason.
        """

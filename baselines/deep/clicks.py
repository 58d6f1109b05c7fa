"""Clicks as an own agent expects them: by the choice model where it is known, otherwise by what was learned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from baselines.deep.seen import Seen
from recgym.choice import ChoiceModel
from recgym.choice.slates import best_assignment
from recgym.compiled import Flags, Floats, Ints
from recgym.env import RecVectorEnv

SEARCHES = ("exact", "greedy", "top")
FORBIDDEN = -1e6  # worth of what is outside the environment's limits


@dataclass(frozen=True, eq=False)
class LearnedPositions:
    """A choice model for users of whom nothing is known: every slot is clicked on its own, more often where it is seen.

    The chance is the sigmoid of the item's utility and the slot's `prominence`, both logits, as in the position-based
    models of `recgym.choice` but for the sum of logits in place of the product of chances.
    """

    prominence: NDArray[np.float64]  # (slate_size,)

    def probabilities(self, utility: Floats, shown: Flags) -> Floats:
        """(num_envs, slate_size) float64."""
        return np.where(shown, sigmoid(utility + self.prominence), 0.0)

    def best_slate(self, utility: Floats, value: Floats, slate_size: int) -> Ints:
        """(num_envs, slate_size) int64 positions; exact, by the Hungarian method."""
        chances = sigmoid(utility[:, None] + self.prominence[:slate_size, None])
        return best_assignment(chances * value[:, None])


def sigmoid(logits: Floats) -> Floats:
    """Chances from logits, which are cut at -50 and 50."""
    return 1.0 / (1.0 + np.exp(-np.clip(logits, -50.0, 50.0)))


def known_choice(env: RecVectorEnv) -> ChoiceModel | None:
    """Who clicks what, where a service may know: the environment has a choice model whose utilities are observed."""
    simulator = env.simulator
    observed = getattr(simulator, "PROFILE_SEEN", False) and hasattr(simulator, "utilities")
    return simulator.choice if observed else None


def expected(choice: ChoiceModel | LearnedPositions, utility: Floats, value: Floats, slates: Ints) -> Floats:
    """(num_envs,) the sum of `value` over the clicks on `slates` ((num_envs, slate_size) positions, -1 for none)."""
    shown, at = slates >= 0, np.maximum(slates, 0)
    chances = choice.probabilities(np.take_along_axis(utility, at, axis=1), shown)
    return (chances * np.take_along_axis(value, at, axis=1)).sum(axis=1)


def slates_for(
    search: str, choice: ChoiceModel | LearnedPositions, utility: Floats, value: Floats, view: Seen, slate_size: int
) -> Ints:
    """The slate with a large expected sum of `value` over its clicks, (num_envs, slate_size) positions.

    Args:
        search: "exact"; "greedy", slot by slot what adds most; or "top", the items that are worth most if shown alone.
        choice: Who clicks what.
        utility: (num_envs, num_candidates) for `choice`.
        value: (num_envs, num_candidates) of a click, of any sign.
        view: Says which candidates are allowed.
        slate_size: All slots are filled.
    """
    value = np.where(view.allowed, value, FORBIDDEN)
    if search == "exact":
        return choice.best_slate(utility, value, slate_size)
    slates = np.full((len(value), slate_size), -1, dtype=np.int64)
    alone = _with_each(choice, utility, value, slates, 0)
    if search == "top":
        return np.argsort(-alone, axis=1, kind="stable")[:, :slate_size]
    for slot in range(slate_size):
        slates[:, slot] = _with_each(choice, utility, value, slates, slot).argmax(axis=1)
    return slates


def _with_each(
    choice: ChoiceModel | LearnedPositions, utility: Floats, value: Floats, slates: Ints, slot: int
) -> Floats:
    """(num_envs, num_candidates) what `slates` are worth with each candidate in `slot`; -inf for a repetition."""
    num_envs, num_candidates = value.shape
    tried = np.repeat(slates, num_candidates, axis=0)
    tried[:, slot] = np.tile(np.arange(num_candidates), num_envs)
    worth = expected(choice, *(np.repeat(part, num_candidates, axis=0) for part in (utility, value)), tried)
    repeated = (tried[:, :slot] == tried[:, slot : slot + 1]).any(axis=1)
    return np.where(repeated, -np.inf, worth).reshape(num_envs, num_candidates)

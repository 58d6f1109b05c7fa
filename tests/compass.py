"""A tiny environment whose optimum is a formula: users wish for a direction, and are shown one of two."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

import recgym
from recgym.classics import Classic
from recgym.classics.classic import Responded
from recgym.randomness import BatchRNG, Purpose
from recgym.state import State

ENV_ID = "RecGymTest-Compass-v0"
BEST = 4 / math.pi**2  # the greater of the cosines of two directions, on average: 1 / 2 E|cos a - cos b|


class Wishes:
    """The counter that `baselines.tabular` goes by: whether the user wishes for the second direction."""

    names = ("has_query",)

    def of(self, state: State) -> NDArray[np.float64]:
        return np.rint(state["wish"][:, 1:]).astype(np.float64)


@dataclass(frozen=True)
class Compass(Classic):
    """All session long a user wishes for one of the first `num_wishes` of east, north, west and south.

    Two random directions are there to be shown. What the shown one was worth, the cosine of its angle to the wish, is
    paid on the next page: who counts nothing but the page at hand has nothing to go by. So a session of n pages is
    worth n - 1 times BEST to who shows what is nearer to the wish, and nothing to who shows anything, or looks at no
    wish.
    """

    slate_size: int = 1
    num_candidates: int = 2
    session_length: int = 5
    num_wishes: int = 4
    """At most 4."""

    OBSERVED: ClassVar = {"wish": ("wish", ""), "candidates": ("candidate_features", ""), "owed": ("owed", "")}
    ITEM = VISIBLE = ("east", "north")
    HIDDEN = CURVES = ()
    REWARD = ("paid", "")

    counters: ClassVar = Wishes()

    @property
    def feature_names(self) -> tuple[str, ...]:
        return self.ITEM

    @property
    def optimum(self) -> float:
        """The greatest expected return."""
        return (self.session_length - 1) * BEST

    def add_users(self, state: State, rng: BatchRNG) -> None:
        angle = np.floor(rng.uniform(state["step"], Purpose.POPULATION, 1) * self.num_wishes) * (math.pi / 2)
        state["wish"] = np.concatenate((np.cos(angle), np.sin(angle)), axis=1).astype(np.float32)
        state["owed"] = np.zeros((state.num_envs, 1), dtype=np.float32)

    def add_candidates(self, state: State, rng: BatchRNG) -> None:
        angle = rng.uniform(state["step"], Purpose.CANDIDATES, self.num_candidates) * (2 * math.pi)
        state["east"], state["north"] = np.cos(angle), np.sin(angle)
        state["candidate_features"] = np.stack((state["east"], state["north"]), axis=2).astype(np.float32)

    def respond(self, before: State, after: State, slates: NDArray[np.int64], rng: BatchRNG) -> Responded:
        shown = np.take_along_axis(before["candidate_features"], slates[..., None], axis=1)[:, 0]
        after["owed"] = (shown * before["wish"]).sum(axis=1, keepdims=True)
        nothing = np.zeros(slates.shape, dtype=bool)
        return Responded(nothing, before["owed"][:, 0].astype(np.float64), nothing[:, 0], nothing.astype(float), {})

    def item_words(self, item: Mapping[str, Any]) -> str:
        return f"{item['east']:+.2f}, {item['north']:+.2f}"

    def profile(self, state: State) -> list[tuple[str, float]]:
        return [("east", float(state["wish"][0, 0])), ("north", float(state["wish"][0, 1]))]


recgym.register(ENV_ID, "compass:Compass")

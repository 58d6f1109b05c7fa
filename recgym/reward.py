"""Reward: a weighted sum of named terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.arguments import did_you_mean, real_number
from recgym.compiled import Flags, Floats, Ints, kernel
from recgym.items import Items
from recgym.response import Funnel, Response
from recgym.state import State


@dataclass(frozen=True, eq=False)
class Reward:
    """What a page was worth to the service: a weighted sum of terms, each (num_envs,) per page.

    A domain's class names the terms and gives their default weights; its docstring says what its own ones are. Three
    count what users did (`DEEDS`: clicks, the domain's first and second event, the last in units of the trait `VALUE`).
    Common to all:

    - satisfaction: how well the page met the wish of the moment (the expected number of clicks) plus stars above 3 of
      what users committed to, times 0.15,
    - minutes: time spent, where the domain keeps it,
    - diversity: 1 - mean cosine between the page's items,
    - potential: the difference form p(s') - p(s) with p = trust + readiness (Ng, Harada & Russell, ICML 1999).
    """

    items: Items
    weights: Mapping[str, float] = field(default_factory=dict)

    DEFAULT_WEIGHTS: ClassVar[Mapping[str, float]]
    DEEDS: ClassVar[tuple[str, str, str]]
    VALUE: ClassVar[str]
    RATING_WEIGHT: ClassVar[float] = 0.15

    def __post_init__(self) -> None:
        object.__setattr__(self, "_profit", self.items.trait(self.VALUE))
        object.__setattr__(self, "weights", self.all_weights(self.weights))
        object.__setattr__(self, "_counted", (*self.DEEDS, "satisfaction"))
        object.__setattr__(self, "_weightless", tuple(name for name, weight in self.weights.items() if weight == 0))

    @classmethod
    def all_weights(cls, given: Mapping[str, float]) -> dict[str, float]:
        """The weights of all terms, those that are not given by default.

        Raises:
            TypeError: No mapping.
            ValueError: An unknown term, or a weight that is no finite number.
        """
        if not isinstance(given, Mapping):
            raise TypeError(f"reward: expected a mapping from terms to weights, got {given!r}")
        for name, weight in given.items():
            if name not in cls.DEFAULT_WEIGHTS:
                hint = did_you_mean(str(name), cls.DEFAULT_WEIGHTS)
                raise ValueError(f"reward: no term {name!r}; the terms are {', '.join(cls.DEFAULT_WEIGHTS)}.{hint}")
            real_number(f"reward, weight of {name!r}", weight)
        return {name: float(weight) for name, weight in {**cls.DEFAULT_WEIGHTS, **given}.items()}

    def terms(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response
    ) -> dict[str, NDArray[np.float64]]:
        """The unweighted terms whose weight is not zero, name -> (num_envs,)."""
        num_envs = len(slates)
        terms = {name: np.zeros(num_envs) for name in self._counted}
        _count_up(slates, response.clicked, response.carted, response.purchased, response.rating, response.appeal,
                  self._profit, self.RATING_WEIGHT, *terms.values())  # fmt: skip
        if self.weights.get("minutes", 0.0) != 0:
            terms["minutes"] = response.seconds.sum(axis=1) / 60.0
        if self.weights["diversity"] != 0:
            terms["diversity"] = self._diversity(slates)
        if self.weights["potential"] != 0:
            terms["potential"] = after["trust"] + after["readiness"] - before["trust"] - before["readiness"]
        for name in self._weightless:
            terms.pop(name, None)
        return terms

    def expected_terms(
        self, state: State, shown: NDArray[np.int64], funnel: Funnel
    ) -> dict[str, NDArray[np.float64]]:
        """What an item that is examined gains on this page in a domain's own terms, name -> (num_envs, num_shown)."""
        return {}

    def total(self, terms: Mapping[str, NDArray[np.float64]], num_envs: int) -> NDArray[np.float64]:
        """(num_envs,) the weighted sum of `terms`."""
        total = np.zeros(num_envs)
        if terms:
            _add_weighted(total, tuple([self.weights[name] for name in terms]), tuple(terms.values()))
        return total

    def _diversity(self, slates: NDArray[np.int64]) -> NDArray[np.float64]:
        shown = (slates >= 0).astype(np.float32)
        total = np.einsum("nk,nkd->nd", shown, self.items.embeddings[slates])
        count = shown.sum(axis=1).astype(np.float64)
        pairs = np.maximum(count * (count - 1), 1.0)
        cosines = (np.einsum("nd,nd->n", total, total).astype(np.float64) - count) / pairs
        return np.where(count > 1, 1.0 - cosines, 0.0)


@dataclass(frozen=True, eq=False)
class ShopReward(Reward):
    """What a page was worth to the shop.

    Terms, each (num_envs,) per page:

    - click: number of clicks,
    - cart: number of add-to-carts,
    - purchase: margin earned, in typical prices of the item's category.
    """

    DEEDS = ("click", "cart", "purchase")
    VALUE = "profit"
    DEFAULT_WEIGHTS = {"click": 0.05, "cart": 0.15, "purchase": 0.8, "satisfaction": 0.2, "diversity": 0.0,
                       "potential": 0.0}  # fmt: skip


@kernel
def _count_up(
    slates: Ints, clicked: Flags, carted: Flags, purchased: Flags, rating: Floats, appeal: Floats, profit: Floats,
    rating_weight: float, clicks: Floats, carts: Floats, margins: Floats, satisfaction: Floats,
) -> None:  # fmt: skip
    """Add every slot to its page's terms, which come in as zeros."""
    for lane in range(len(slates)):
        for slot in range(slates.shape[1]):
            clicks[lane] += clicked[lane, slot]
            carts[lane] += carted[lane, slot]
            satisfaction[lane] += appeal[lane, slot]
            if purchased[lane, slot]:
                margins[lane] += profit[slates[lane, slot]]
                satisfaction[lane] += rating_weight * (rating[lane, slot] - 3.0)


@kernel
def _add_weighted(total: Floats, weights: tuple[float, ...], terms: tuple[Floats, ...]) -> None:
    for lane in range(len(total)):
        for weight, values in zip(weights, terms):  # noqa: B905 compiled code knows no strict
            total[lane] += weight * values[lane]

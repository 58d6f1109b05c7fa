"""Reward: a weighted sum of named terms."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from recgym.items import Items
from recgym.response import Response
from recgym.state import State


@dataclass(frozen=True, eq=False)
class ShopReward:
    """What a page was worth to the shop.

    Terms, each (num_envs,) per page:

    - click: number of clicks,
    - cart: number of add-to-carts,
    - purchase: margin earned, in typical prices of the item's category,
    - satisfaction: how well the page met the wish of the moment (sum over the slots of examination x attraction) plus
      stars above 3 of what was bought, times 0.15,
    - diversity: 1 - mean cosine between the page's items,
    - potential: the difference form p(s') - p(s) with p = trust + readiness (Ng, Harada & Russell, ICML 1999).
    """

    items: Items
    weights: Mapping[str, float] = field(default_factory=dict)

    DEFAULT_WEIGHTS = {"click": 0.05, "cart": 0.15, "purchase": 0.7, "satisfaction": 0.2, "diversity": 0.0, "potential": 0.0}
    RATING_WEIGHT = 0.15

    def __post_init__(self) -> None:
        for name, weight in self.weights.items():
            if name not in self.DEFAULT_WEIGHTS:
                near = difflib.get_close_matches(name, self.DEFAULT_WEIGHTS, n=1)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                raise ValueError(f"reward: no term {name!r}; the terms are {', '.join(self.DEFAULT_WEIGHTS)}.{hint}")
            if not np.isfinite(weight):
                raise ValueError(f"reward: the weight of {name!r} must be a finite number, got {weight!r}")
        object.__setattr__(self, "weights", {**self.DEFAULT_WEIGHTS, **self.weights})

    def terms(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response
    ) -> dict[str, NDArray[np.float64]]:
        """The unweighted terms whose weight is not zero, name -> (num_envs,)."""
        compute = {
            "click": lambda: response.clicked.sum(axis=1).astype(np.float64),
            "cart": lambda: response.carted.sum(axis=1).astype(np.float64),
            "purchase": lambda: (self.items.trait("profit")[slates] * response.purchased).sum(axis=1),
            "satisfaction": lambda: (
                response.appeal + self.RATING_WEIGHT * (response.rating - 3.0) * response.purchased
            ).sum(axis=1),
            "diversity": lambda: self._diversity(slates),
            "potential": lambda: after["trust"] + after["readiness"] - before["trust"] - before["readiness"],
        }
        return {name: compute[name]() for name, weight in self.weights.items() if weight != 0}

    def total(self, terms: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        """(num_envs,) the weighted sum of `terms`."""
        return sum(self.weights[name] * values for name, values in terms.items())

    def _diversity(self, slates: NDArray[np.int64]) -> NDArray[np.float64]:
        shown = (slates >= 0).astype(np.float32)
        total = np.einsum("nk,nkd->nd", shown, self.items.embeddings[slates])
        count = shown.sum(axis=1).astype(np.float64)
        pairs = np.maximum(count * (count - 1), 1.0)
        cosines = (np.einsum("nd,nd->n", total, total).astype(np.float64) - count) / pairs
        return np.where(count > 1, 1.0 - cosines, 0.0)

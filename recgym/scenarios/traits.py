"""What the items of several domains have in common."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from recgym.catalog import Catalog
from recgym.items import Items, standardised
from recgym.users import UserPopulation

# Bayesian shrinkage of star ratings: an item is worth what its raters say once there are more than a few of them.
PRIOR_RATINGS = 5.0


def shrunk_rating(columns: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """(num_items,) the mean stars of every item, shrunk to the catalogue's mean and standardised."""
    count = columns["num_ratings"]
    mean_rating = float(np.average(columns["rating"], weights=count + 1.0))
    return standardised((columns["rating"] * count + mean_rating * PRIOR_RATINGS) / (count + PRIOR_RATINGS))


def log_scaled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(num_items,) logarithms of counts or lengths, standardised;
    a 0, where nothing is known, counts as the least there is."""
    known = values[values > 0]
    return standardised(np.log(np.maximum(values, known.min()))) if known.size else np.zeros_like(values)


def items_of(
    catalog: Catalog, embeddings: NDArray[np.float32], visible: Mapping[str, NDArray[np.float64]], seed: int,
    hidden: Mapping[str, NDArray[np.float64] | float] = MappingProxyType({}),
) -> Items:  # fmt: skip
    """Items with these traits, of which `rating` is one, with a true quality near it, and with a taste."""
    rng = np.random.default_rng(seed)
    quality = standardised(visible["rating"] + 0.5 * rng.normal(size=catalog.num_items))
    unseen = {"quality": quality, **hidden}
    return Items(
        embeddings=embeddings,
        categories=catalog.categories,
        visible=np.stack(tuple(visible.values())).T,
        visible_names=tuple(visible),
        hidden=np.stack([np.broadcast_to(values, quality.shape) for values in unseen.values()]).T,
        hidden_names=tuple(unseen),
        taste=taste_vectors(catalog, rng, UserPopulation.taste_dim),
    )


def taste_vectors(catalog: Catalog, rng: np.random.Generator, taste_dim: int) -> NDArray[np.float64]:
    """(num_items, taste_dim) what no text shows: a part that a category shares, and a part of the item's own."""
    shared = rng.normal(size=(catalog.num_categories, taste_dim))[catalog.categories]
    own = rng.normal(size=(catalog.num_items, taste_dim))
    return (0.6 * shared + 0.8 * own) / np.sqrt(taste_dim)

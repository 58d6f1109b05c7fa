"""What the items of several domains have in common."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from recgym.catalog import Catalog
from recgym.items import standardised

# Bayesian shrinkage of star ratings: an item is worth what its raters say once there are more than a few of them.
PRIOR_RATINGS = 5.0


def shrunk_rating(columns: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """(num_items,) the mean stars of every item, shrunk to the catalogue's mean and standardised."""
    count = columns["num_ratings"]
    mean_rating = float(np.average(columns["rating"], weights=count + 1.0))
    return standardised((columns["rating"] * count + mean_rating * PRIOR_RATINGS) / (count + PRIOR_RATINGS))


def taste_vectors(catalog: Catalog, rng: np.random.Generator, taste_dim: int) -> NDArray[np.float64]:
    """(num_items, taste_dim) what no text shows: a part that a category shares, and a part of the item's own."""
    shared = rng.normal(size=(catalog.num_categories, taste_dim))[catalog.categories]
    own = rng.normal(size=(catalog.num_items, taste_dim))
    return (0.6 * shared + 0.8 * own) / np.sqrt(taste_dim)

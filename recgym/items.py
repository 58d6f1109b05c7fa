"""Items: what the simulator knows of every item, as arrays one can gather rows from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recgym.prefetch import aligned


@dataclass(frozen=True, eq=False)
class Items:
    """The numeric side of a catalogue.

    `visible` traits are what a shop's own recommender could look up; `hidden` traits are the truth about an item that
    only shows in what people do with it.
    """

    embeddings: NDArray[np.float32]  # (num_items, embedding_dim), unit rows: whitened and projected text embeddings
    categories: NDArray[np.int64]  # (num_items,)
    visible: NDArray[np.float64]  # (num_items, len(visible_names)), about unit scale
    visible_names: tuple[str, ...]
    hidden: NDArray[np.float64]  # (num_items, len(hidden_names))
    hidden_names: tuple[str, ...]
    taste: NDArray[np.float64]  # (num_items, taste_dim): independent of all texts, about unit norm
    meanings: NDArray[np.int64] | None = None  # (num_items,) which need an item meets, where that is not its category

    def __post_init__(self) -> None:
        object.__setattr__(self, "embeddings", aligned(self.embeddings))
        for traits in ("visible", "hidden"):  # one trait of all items lies together: `trait` gives it without a copy
            object.__setattr__(self, traits, np.asfortranarray(getattr(self, traits)))

    @property
    def num_items(self) -> int:
        """Number of items."""
        return len(self.categories)

    @cached_property
    def num_categories(self) -> int:
        """Number of categories."""
        return int(self.categories.max()) + 1

    @property
    def needs(self) -> NDArray[np.int64]:
        """(num_items,) which need an item meets."""
        return self.categories if self.meanings is None else self.meanings

    @property
    def embedding_dim(self) -> int:
        """Length of an item's embedding."""
        return self.embeddings.shape[1]

    def trait(self, name: str) -> NDArray[np.float64]:
        """(num_items,) one trait by its name."""
        if name in self.visible_names:
            return self.visible[:, self.visible_names.index(name)]
        if name in self.hidden_names:
            return self.hidden[:, self.hidden_names.index(name)]
        raise KeyError(f"no trait {name!r}; there are {', '.join(self.visible_names + self.hidden_names)}")


def standardised(values: NDArray[np.float64], limit: float = 2.5) -> NDArray[np.float64]:
    """Zero mean and unit variance, cut at `limit` standard deviations; all zeros if the values are all equal."""
    spread = values.std()
    if spread == 0:
        return np.zeros_like(values)
    return np.clip((values - values.mean()) / spread, -limit, limit)

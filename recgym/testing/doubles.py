"""Doubles that make tests of components and scenarios fast:
an encoder without a model, a small catalogue, random items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import shake_128

import numpy as np
from numpy.typing import NDArray

from recgym.catalog import Catalog
from recgym.encoders.protocol import text_keys, unit_rows
from recgym.items import Items


@dataclass(frozen=True)
class HashingEncoder:
    """An `Encoder` without a model: every word has its own direction, a text is the sum of its words.

    Texts that share words are alike, which is all that a test needs of a language.
    """

    embedding_dim: int = 384

    @property
    def fingerprint(self) -> str:
        """Names the encoder and its size."""
        return f"hashing-{self.embedding_dim}"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(len(texts), embedding_dim) float32 rows of length 1; order and case of the words do not matter."""
        text_keys(texts)  # the complaints about what is not a text are every encoder's
        sums = np.zeros((len(texts), self.embedding_dim))
        for row, text in enumerate(texts):
            for word in text.lower().split() or [""]:
                sums[row] += _direction(word, self.embedding_dim)
        return unit_rows(sums)


@lru_cache(maxsize=10_000)
def _direction(word: str, length: int) -> NDArray[np.float64]:
    return np.frombuffer(shake_128(word.encode()).digest(length), dtype=np.uint8) - 127.5


def small_catalog(num_items: int = 48, num_categories: int = 6) -> Catalog:
    """A catalogue of a few items, the same every time: two departments, all the attributes of a shop."""
    rng = np.random.default_rng(0)
    words = np.array(["red", "blue", "soft", "light", "strong", "small", "classic", "warm"])
    categories = np.arange(num_items) % num_categories
    departments = categories % 2
    category_names = tuple(f"Kind {i}" for i in range(num_categories))
    titles = tuple(
        " ".join((*rng.choice(words, 2, replace=False), category_names[category], str(row)))
        for row, category in enumerate(categories)
    )
    price = np.round(np.exp(rng.normal(3.0, 0.5, num_items)), 2)
    return Catalog(
        item_ids=tuple(f"item-{row}" for row in range(num_items)),
        titles=titles,
        texts=titles,
        departments=departments,
        categories=categories,
        department_names=("Home", "Garden"),
        category_names=category_names,
        attributes={
            "price": price,
            "list_price": price * rng.choice([1.0, 1.2, 1.8], num_items),
            "margin": rng.uniform(0.1, 0.5, num_items),
            "rating": rng.uniform(2.5, 5.0, num_items),
            "num_ratings": rng.integers(0, 500, num_items).astype(np.float64),
            "days_online": rng.integers(0, 400, num_items).astype(np.float64),
        },
    )


def random_items(num_items: int = 12, num_categories: int = 3, embedding_dim: int = 4, seed: int = 0) -> Items:
    """Items with random embeddings, taste and traits of about unit scale; `dataclasses.replace` sets what matters."""
    rng = np.random.default_rng(seed)
    visible_names = ("rating", "popularity", "newness", "discount", "relative_price", "profit")
    visible = rng.normal(size=(num_items, len(visible_names)))
    for name in ("newness", "discount", "profit"):
        visible[:, visible_names.index(name)] = rng.uniform(size=num_items)
    return Items(
        embeddings=unit_rows(rng.normal(size=(num_items, embedding_dim))),
        categories=np.arange(num_items) % num_categories,
        visible=visible,
        visible_names=visible_names,
        hidden=rng.normal(size=(num_items, 1)),
        hidden_names=("quality",),
        taste=rng.normal(size=(num_items, 3)),
    )

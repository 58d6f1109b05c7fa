"""An encoder without language: every text is only itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recgym.encoders.protocol import text_keys, unit_rows


class IdEncoder:
    """A fixed random direction for every text, whatever it says.

    Texts that are equal have one vector, all others are as unlike as chance has it: what an agent can tell from such
    vectors is which text it was, as from an id, and never what it means. The control of any experiment on what a
    language model adds.

    Args:
        embedding_dim: Length of the vectors; that of all-MiniLM-L6-v2 by default.
    """

    def __init__(self, embedding_dim: int = 384) -> None:
        self.embedding_dim = embedding_dim

    @property
    def fingerprint(self) -> str:
        """Names the length, all that can differ."""
        return f"ids-{self.embedding_dim}"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Draw from the texts' own seeds: (len(texts), embedding_dim) float32, every row of length 1."""
        seeds = (int.from_bytes(key, "little") for key in text_keys(texts))
        rows = [np.random.default_rng(seed).normal(size=self.embedding_dim) for seed in seeds]
        return unit_rows(np.array(rows).reshape(-1, self.embedding_dim))

    def __repr__(self) -> str:
        return f"IdEncoder({self.embedding_dim})"

"""Vectors of the texts that were needed lately, in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray


class RecentTexts:
    """Embeds texts and keeps the vectors of the `size` that were used last.

    For texts that are made while sessions run: they repeat across users and steps, but there is no end of them, so a
    cache on disk would only grow.

    Args:
        embed: Texts to (len(texts), dim) float32.
        size: How many vectors are kept.
    """

    def __init__(self, embed: Callable[[Sequence[str]], NDArray[np.float32]], size: int = 10_000) -> None:
        self._embed = embed
        self._size = size
        self._vectors: dict[str, NDArray[np.float32]] = {}  # those used last stand last

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(len(texts), dim) float32."""
        distinct = list(dict.fromkeys(texts))
        missing = [text for text in distinct if text not in self._vectors]
        # Copies of the rows: a view would keep its whole batch alive.
        new = {text: row.copy() for text, row in zip(missing, self._embed(missing), strict=True)} if missing else {}
        used = {text: new[text] if text in new else self._vectors.pop(text) for text in distinct}
        self._vectors |= used
        for oldest in list(self._vectors)[: max(len(self._vectors) - self._size, 0)]:
            del self._vectors[oldest]
        return np.stack([used[text] for text in texts])

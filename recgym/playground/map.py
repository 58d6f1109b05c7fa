"""A flat map of an embedding space: its first two principal axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DIGITS = 4
SHOWN_ITEMS = 400


@dataclass(frozen=True, eq=False)
class Map:
    """The plane in which the items' embeddings spread most.

    Each axis points to where the item with the largest coordinate lies, so that equal embeddings give equal maps.
    """

    mean: NDArray[np.float64]  # (embedding_dim,)
    axes: NDArray[np.float64]  # (embedding_dim, 2), orthonormal columns
    share: float  # of the items' variance, 0 to 1
    points: NDArray[np.float64]  # (num_items, 2)

    @classmethod
    def of_items(cls, embeddings: NDArray[np.float32]) -> Map:
        """Fit it to (num_items, embedding_dim) embeddings."""
        rows = embeddings.astype(np.float64)
        mean = rows.mean(axis=0)
        variances, vectors = np.linalg.eigh((rows - mean).T @ (rows - mean))
        axes = vectors[:, :-3:-1]
        points = (rows - mean) @ axes
        furthest = points[np.abs(points).argmax(axis=0), (0, 1)]
        signs = np.where(furthest < 0, -1.0, 1.0)
        return cls(mean, axes * signs, float(variances[-2:].sum() / max(variances.sum(), 1e-12)), points * signs)

    def at(self, vector: NDArray[np.floating]) -> list[float] | None:
        """[x, y] of the direction of an (embedding_dim,) vector; None if it is all zero."""
        length = float(np.linalg.norm(vector))
        if length == 0:
            return None
        return _rounded((vector / length - self.mean) @ self.axes)

    def item(self, row: int) -> list[float]:
        """[x, y] of an item."""
        return _rounded(self.points[row])

    def sample(self) -> NDArray[np.int64]:
        """Rows of at most SHOWN_ITEMS items, evenly spread over the catalogue."""
        num_items = len(self.points)
        return np.unique(np.linspace(0, num_items - 1, min(SHOWN_ITEMS, num_items)).astype(np.int64))


def _rounded(point: NDArray[np.floating]) -> list[float]:
    return [round(float(value), DIGITS) for value in point]

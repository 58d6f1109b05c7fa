"""Linear maps that make language-model embeddings rounder and smaller.

Pretrained text embeddings crowd into a narrow cone: most pairs have a high cosine, and little of it tells items apart.
Centring takes away the direction they share; whitening also evens out the spread along the axes that are left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

WhiteningMethod = Literal["none", "center", "pca", "zca", "relaxed"]

# Axes with less than this share of the largest variance are rounding noise: whitening would blow it up.
_NO_VARIANCE = 1e-10


@dataclass(frozen=True, eq=False)
class Projection:
    """The map x -> (x - mean) @ matrix, scaled to length 1. Made by `fit_whitening`."""

    mean: NDArray[np.float64]  # (d,)
    matrix: NDArray[np.float64]  # (d, embedding_dim)

    def apply(self, embeddings: NDArray[np.floating]) -> NDArray[np.float32]:
        """Project embeddings (..., d) to (..., embedding_dim) float32, every row of length 1.

        A row that projects to zero (the mean itself) stays zero. Computed in float64; still, a row's last bit may
        depend on the batch it came in, so apply this to a whole table once and not inside a step.

        Raises:
            ValueError: the last axis is not of length d.
        """
        x = np.asarray(embeddings, dtype=np.float64)
        if x.ndim == 0 or x.shape[-1] != self.mean.shape[0]:
            raise ValueError(f"this projection takes embeddings (..., {self.mean.shape[0]}), but got shape {x.shape}")
        projected = (x - self.mean) @ self.matrix
        norms = np.linalg.norm(projected, axis=-1, keepdims=True)
        return (projected / np.where(norms > 0, norms, 1)).astype(np.float32)


class Moments(NamedTuple):
    """What a whitening has to know of embeddings (n, d). Made by `moments`."""

    count: int
    mean: NDArray[np.float64]  # (d,), zeros where the method does not centre
    covariance: NDArray[np.float64]  # (d, d) about that mean
    constant: bool  # all rows are equal


def moments(blocks: Callable[[], Iterable[NDArray[np.floating]]], method: WhiteningMethod) -> Moments:
    """The moments of embeddings that come in blocks of rows (rows, d), finite: two passes, a block in memory at a time.

    Raises:
        ValueError: an unknown method, wrong shape, too few rows, NaN or infinity.
    """
    if method not in get_args(WhiteningMethod):
        raise ValueError(f"unknown whitening method {method!r}; choose from {', '.join(get_args(WhiteningMethod))}")
    count, total, first, constant = 0, np.zeros(1), None, True
    for block in blocks():
        x = _checked(block, at_least=1)
        first = x[0] if first is None else first
        count, total, constant = count + len(x), total + x.sum(axis=0), constant and bool((x == first).all())
    at_least = 1 if method == "none" else 2
    if count < at_least:
        raise ValueError(f"expected embeddings (n, d) with n at least {at_least}, but got {count} rows")
    mean = np.zeros(len(total)) if method == "none" else total / count
    products = np.zeros((len(total), len(total)))
    for block in blocks():
        centred = np.asarray(block, dtype=np.float64) - mean
        products += centred.T @ centred
    return Moments(count, mean, products / count, constant)


def fit_whitening(
    embeddings: NDArray[np.floating] | Moments, method: WhiteningMethod, embedding_dim: int | None = None
) -> Projection:
    """Fit the map of one method to embeddings.

    | method | centred | axes | scale of an axis with variance v |
    |---|---|---|---|
    | none | no | as given, or the top principal axes of the second moment | 1 |
    | center | yes | as given, or the top principal axes of the covariance | 1 |
    | pca | yes | the top principal axes | v^(-1/2) |
    | zca | yes | pca's, rotated back to the given axes | v^(-1/2) |
    | relaxed | yes | the top principal axes | v^(-1/4), half way to whitening |

    `none` and `center` keep the given axes when `embedding_dim` is d and drop to principal axes when it is smaller: the
    orthogonal projection that loses the least, while the first columns are no better than any others. `zca` equals
    `pca` when `embedding_dim` is smaller than d: there are no given axes to rotate back to. `relaxed` follows the
    finding that full whitening can hurt (WhitenRec+, https://arxiv.org/abs/2402.10602), with a softer exponent of its
    own in place of the paper's relaxed form. Axes without variance (fewer rows than dimensions) get scale 0 in the last
    three.

    Args:
        embeddings: (n, d) float, finite; n at least 1, at least 2 where the method centres. Or their `moments` for this
            method, where they are too many for the memory.
        method: one of none, center, pca, zca, relaxed.
        embedding_dim: output size, 1 to d; d if None.

    Raises:
        ValueError: an unknown method, wrong shape or size, NaN or infinity, nothing but equal rows to whiten.
    """
    if isinstance(embeddings, Moments):
        known = embeddings
    else:
        x = _checked(embeddings, at_least=1 if method == "none" else 2)
        known = moments(lambda: (x,), method)
    d = len(known.mean)
    size = d if embedding_dim is None else embedding_dim
    if not 1 <= size <= d:
        raise ValueError(f"embedding_dim must be between 1 and the embeddings' {d}, but got {size}")
    if method in ("none", "center") and size == d:
        return Projection(known.mean, np.eye(d))

    eigenvalues, axes = np.linalg.eigh(known.covariance)
    eigenvalues, axes = eigenvalues[::-1][:size], axes[:, ::-1][:, :size]
    # An eigenvector's sign is arbitrary and differs between LAPACK builds: make its largest entry positive.
    axes = axes * np.where(axes[np.abs(axes).argmax(axis=0), np.arange(size)] < 0, -1.0, 1.0)
    rotation_back = axes.T if method == "zca" and size == d else np.eye(size)
    exponent = {"none": 0.0, "center": 0.0, "pca": -0.5, "zca": -0.5, "relaxed": -0.25}[method]
    if exponent:
        if known.constant:
            raise ValueError(f"all {known.count} rows are equal: there is no variance to whiten")
        has_variance = eigenvalues > _NO_VARIANCE * eigenvalues[0]
        axes = axes * np.where(has_variance, np.where(has_variance, eigenvalues, 1.0) ** exponent, 0.0)
    return Projection(known.mean, axes @ rotation_back)


def anisotropy(embeddings: NDArray[np.floating]) -> tuple[float, float]:
    """Measure how narrow the cone of embeddings is: (mean pairwise cosine, effective rank).

    The mean is over all pairs of different rows, exactly: (|sum of unit rows|^2 - n) / (n (n - 1)). The effective rank
    (Roy & Vetterli, 2007) is exp(entropy of the unit rows' singular values scaled to sum 1): 1 when all rows point one
    way, min(n, d) when they fill all directions evenly.

    Args:
        embeddings: (n, d) float, n at least 2, no row of zeros.

    Raises:
        ValueError: wrong shape, fewer than two rows, a row of zeros, NaN or infinity.
    """
    x = _checked(embeddings, at_least=2)
    n = x.shape[0]
    norms = np.linalg.norm(x, axis=1, keepdims=True)
    if not norms.all():
        raise ValueError(f"row {int(norms.argmin())} is all zeros: it has no direction")
    x = x / norms
    total = x.sum(axis=0)
    singular = np.linalg.svd(x, compute_uv=False)
    share = singular[singular > 0] / singular.sum()
    return float((total @ total - n) / (n * (n - 1))), float(np.exp(-(share * np.log(share)).sum()))


def _checked(embeddings: NDArray[np.floating], at_least: int) -> NDArray[np.float64]:
    x = np.asarray(embeddings, dtype=np.float64)
    if x.ndim != 2 or x.shape[0] < at_least or x.shape[1] < 1:
        raise ValueError(f"expected embeddings (n, d) with n at least {at_least}, but got shape {x.shape}")
    if not np.isfinite(x).all():
        raise ValueError(f"row {int(np.flatnonzero(~np.isfinite(x).all(axis=1))[0])} holds NaN or infinity")
    return x

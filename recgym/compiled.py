"""Compiled loops: how the components' arithmetic is made fast, in one place.

A `kernel` runs over the lanes of a batch in machine code. Compiling happens when a kernel is first called and is kept
on disk, so it costs a few seconds once per installation. Arithmetic is IEEE's, in the order it is written, so that a
lane has the same bits in any batch; only `dot` may sum in another order, which depends on the length alone.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

kernel = numba.njit(cache=True, error_model="numpy")


@numba.njit(cache=True, error_model="numpy", fastmath={"reassoc", "nsz"})
def dot(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Sum of products of two rows of equal length, in their own precision."""
    total = a[0] * b[0]
    for i in range(1, len(a)):
        total += a[i] * b[i]
    return total


@numba.vectorize(["float64(float64)"], cache=True)
def sigmoid(x: float) -> float:
    """1 / (1 + exp(-x)); for numbers inside a kernel and for arrays outside."""
    return 1.0 / (1.0 + math.exp(-x))


@numba.vectorize(["float64(float64, float64, float64)"], cache=True)
def purchase_change(surprise: float, good: float, bad: float) -> float:
    """What a purchase rated `surprise` stars above 3 changes: at most `good` or `bad` times its tanh."""
    return (good if surprise > 0 else bad) * math.tanh(surprise)


@kernel
def top(scores: NDArray[Any], chosen: NDArray[np.int64]) -> None:
    """Fill `chosen` with the positions of the highest scores, the best first; ties go to the earlier position."""
    for slot in range(len(chosen)):
        best = -1
        for position in range(len(scores)):
            taken = False
            for earlier in range(slot):
                taken |= chosen[earlier] == position
            if not taken and (best < 0 or scores[position] > scores[best]):
                best = position
        chosen[slot] = best

"""BatchRNG: one independent random stream per lane, without a loop over lanes."""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

# SplitMix64 (Steele, Lea & Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014):
# a Weyl counter followed by this finaliser passes BigCrush.
_GOLDEN = 0x9E3779B97F4A7C15
_STEP = 0xD1342543DE82EF95
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = (np.uint64(bits) for bits in (30, 27, 31, 11))
_MASK = (1 << 64) - 1


class Purpose(IntEnum):
    """What a uniform is drawn for: each purpose has its own part of every lane's stream."""

    POPULATION = 0
    RESPONSE = 1
    DYNAMICS = 2
    CONTEXT = 3
    CANDIDATES = 4


def _finalise(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's output function, in place."""
    x ^= x >> _S30
    x *= _MIX1
    x ^= x >> _S27
    x *= _MIX2
    x ^= x >> _S31
    return x


@lru_cache(maxsize=256)
def _offsets(purpose: int, size: int) -> NDArray[np.uint64]:
    """(size,) uint64 counters of one purpose; purposes are 2**32 counters apart."""
    first = purpose << 32
    return np.array([(first + index) * _GOLDEN & _MASK for index in range(size)], dtype=np.uint64)


class BatchRNG:
    """Uniform numbers as a pure function of (lane key, step, purpose, index).

    A lane's numbers depend on nothing but its own key, so a batch of one draws exactly what lane 0 of a
    larger batch draws.

    Args:
        keys: (num_envs,) uint64, one per lane, well mixed (drawn from a generator or `next_episode`).
    """

    __slots__ = ("keys",)

    def __init__(self, keys: NDArray[np.uint64]) -> None:
        self.keys = keys

    def uniform(self, step: NDArray[np.int64], purpose: Purpose, size: int) -> NDArray[np.float64]:
        """(num_envs, size) float64 in [0, 1) for these lanes at these steps ((num_envs,) int64)."""
        counter = self.keys + step.view(np.uint64) * np.uint64(_STEP)
        bits = _finalise(counter[:, None] + _offsets(purpose, size))
        bits >>= _S11
        return bits * 2.0**-53

    def take(self, lanes: NDArray[np.int64]) -> BatchRNG:
        """The streams of some lanes only."""
        return BatchRNG(self.keys[lanes])

    def next_episode(self, lanes: NDArray[np.int64]) -> BatchRNG:
        """All streams, those of `lanes` moved on to their next episode."""
        keys = self.keys.copy()
        keys[lanes] = _finalise(keys[lanes] + np.uint64(_GOLDEN))
        return BatchRNG(keys)


def normal(u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard normals (..., n) from uniforms (..., n), n even: Box & Muller (1958), all columns used."""
    half = u.shape[-1] // 2
    radius = np.sqrt(-2.0 * np.log1p(-u[..., :half]))
    angle = 2.0 * np.pi * u[..., half:]
    return np.concatenate((radius * np.cos(angle), radius * np.sin(angle)), axis=-1)

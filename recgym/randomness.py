"""BatchRNG: one independent random stream per lane, without a loop over lanes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Floats, kernel

# SplitMix64 (Steele, Lea & Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014):
# a Weyl counter followed by this finaliser passes BigCrush.
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_STEP = np.uint64(0xD1342543DE82EF95)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11, _S32 = (np.uint64(bits) for bits in (30, 27, 31, 11, 32))

_NOTHING = np.empty((0, 0))

Keys = NDArray[np.uint64]


class Purpose(IntEnum):
    """What a uniform is drawn for: each purpose has its own part of every lane's stream.

    The numbers are part of every seed's meaning: another number is another stream.
    """

    POPULATION = 0
    RESPONSE = 1
    DYNAMICS = 2
    CHOICE = 3
    CANDIDATES = 4


@kernel
def _finalise(x: int) -> int:
    """SplitMix64's output function of a uint64."""
    x ^= x >> _S30
    x *= _MIX1
    x ^= x >> _S27
    x *= _MIX2
    return x ^ (x >> _S31)


@kernel
def counter_of(key: int, step: int, purpose: int) -> int:
    """Where the uniforms of a lane for a purpose begin; purposes are 2**32 counters apart."""
    return key + np.uint64(step) * _STEP + (np.uint64(purpose) << _S32) * _GOLDEN


@kernel
def uniform_at(counter: int, index: int) -> float:
    """The uniform of an index, inside a kernel: the same that `BatchRNG.uniform` gives."""
    return np.float64(_finalise(counter + np.uint64(index) * _GOLDEN) >> _S11) * 2.0**-53


@kernel
def normal_at(counter: int, index: int) -> float:
    """A standard normal from the uniforms of an index and the next, inside a kernel: Box & Muller (1958)."""
    radius = math.sqrt(-2.0 * math.log1p(-uniform_at(counter, index)))
    return radius * math.cos(2.0 * math.pi * uniform_at(counter, index + 1))


@kernel
def _fill(keys: NDArray[np.uint64], step: NDArray[np.int64], purpose: int, parts: Sequence[Floats]) -> None:
    """Fill each of `parts`, (num_envs, size), with the uniforms that follow those of the parts before it."""
    for lane in range(len(keys)):
        counter = counter_of(keys[lane], step[lane], purpose)
        for drawn in parts:
            for index in range(drawn.shape[1]):
                drawn[lane, index] = uniform_at(counter, index)
            counter += np.uint64(drawn.shape[1]) * _GOLDEN


@kernel
def _next_keys(keys: NDArray[np.uint64], lanes: NDArray[np.int64]) -> None:
    """Move the keys of some lanes on to their next episode, in place."""
    for lane in lanes:
        keys[lane] = _finalise(keys[lane] + _GOLDEN)


class BatchRNG:
    """Uniform numbers as a pure function of (lane key, step, purpose, index).

    A lane's numbers depend on nothing but its own key, so a batch of one draws exactly what lane 0 of a
    larger batch draws:

    >>> step = np.zeros(2, dtype=np.int64)
    >>> both = BatchRNG(np.array([11, 22], dtype=np.uint64)).uniform(step, Purpose.RESPONSE, 3)
    >>> alone = BatchRNG(np.array([11], dtype=np.uint64)).uniform(step[:1], Purpose.RESPONSE, 3)
    >>> bool((both[0] == alone[0]).all()), bool((both[0] == both[1]).any())
    (True, False)

    Args:
        keys: (num_envs,) uint64, one per lane, well mixed (drawn from a generator or `next_episode`).
    """

    __slots__ = ("keys",)

    def __init__(self, keys: NDArray[np.uint64]) -> None:
        self.keys = keys

    def uniform(self, step: NDArray[np.int64], purpose: Purpose, size: int) -> NDArray[np.float64]:
        """(num_envs, size) float64 in [0, 1) for these lanes at these steps ((num_envs,) int64)."""
        return self.uniforms(step, purpose, (size,))[0]

    def uniforms(
        self, step: NDArray[np.int64], purpose: Purpose, sizes: Sequence[int]
    ) -> tuple[NDArray[np.float64], ...]:
        """One array (num_envs, size) for each of `sizes`: together the numbers of one `uniform` of their sum.

        Where a size is 0 the array has no rows: all share one.
        """
        num_envs = len(self.keys)
        parts = tuple([np.empty((num_envs, size)) if size else _NOTHING for size in sizes])
        _fill(self.keys, step, int(purpose), parts)
        return parts

    def take(self, lanes: NDArray[np.int64]) -> BatchRNG:
        """The streams of some lanes only."""
        return BatchRNG(self.keys[lanes])

    def next_episode(self, lanes: NDArray[np.int64]) -> BatchRNG:
        """All streams, those of `lanes` moved on to their next episode."""
        keys = self.keys.copy()
        _next_keys(keys, lanes)
        return BatchRNG(keys)


def normal(u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard normals (..., n) from uniforms (..., n), n even: Box & Muller (1958), all columns used."""
    half = u.shape[-1] // 2
    radius = np.sqrt(-2.0 * np.log1p(-u[..., :half]))
    angle = 2.0 * np.pi * u[..., half:]
    return np.concatenate((radius * np.cos(angle), radius * np.sin(angle)), axis=-1)

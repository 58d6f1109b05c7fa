"""BatchRNG: one independent random stream per lane, without a loop over lanes."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import kernel

# SplitMix64 (Steele, Lea & Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014):
# a Weyl counter followed by this finaliser passes BigCrush.
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_STEP = np.uint64(0xD1342543DE82EF95)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = (np.uint64(bits) for bits in (30, 27, 31, 11))


class Purpose(IntEnum):
    """What a uniform is drawn for: each purpose has its own part of every lane's stream.

    The numbers are part of every seed's meaning: another number is another stream.
    """

    POPULATION = 0
    RESPONSE = 1
    DYNAMICS = 2
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
def _uniform(keys: NDArray[np.uint64], step: NDArray[np.int64], first: int, drawn: NDArray[np.float64]) -> None:
    """Fill `drawn` from the counters `first`, first + 1, ... of every lane."""
    for lane in range(len(keys)):
        counter = keys[lane] + np.uint64(step[lane]) * _STEP + np.uint64(first) * _GOLDEN
        for index in range(drawn.shape[1]):
            drawn[lane, index] = np.float64(_finalise(counter) >> _S11) * 2.0**-53
            counter += _GOLDEN


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

    def uniform(
        self, step: NDArray[np.int64], purpose: Purpose, size: int, first: int = 0
    ) -> NDArray[np.float64]:
        """(num_envs, size) float64 in [0, 1) for these lanes at these steps ((num_envs,) int64), from index `first`."""
        drawn = np.empty((len(self.keys), size))
        if size:
            _uniform(self.keys, step, (int(purpose) << 32) + first, drawn)  # purposes are 2**32 counters apart
        return drawn

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

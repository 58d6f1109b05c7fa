"""What the models that examine slots one by one share: attraction, its logit, and tables by rank."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache

import numpy as np

from recgym.compiled import Flags, Floats, allocating_kernel, sigmoid

ULTRA_EXAMINATION = (0.68, 0.61, 0.48, 0.34, 0.28, 0.20, 0.11, 0.10, 0.08, 0.06)
"""Chance that ranks 1 to 10 are examined: ULTRA's pbm_0.1_1.0_4_1.0.json and trust_bias.json."""
LEAST, MOST = float(np.finfo(np.float64).tiny), 1.0 - 2.0**-53  # the chances nearest to 0 and 1 with a finite logit


def probability(name: str, value: float) -> float:
    """`value` as a float.

    Raises:
        ValueError: It is not within 0 and 1.
    """
    if not 0 <= value <= 1:
        raise ValueError(f"{name}: expected a probability from 0 to 1, got {value!r}")
    return float(value)


def table(name: str, values: Iterable[float]) -> tuple[float, ...]:
    """`values` as a tuple of probabilities, one per rank.

    Raises:
        ValueError: It is empty, or a value is not within 0 and 1.
    """
    found = tuple(probability(f"{name}, rank {rank}", value) for rank, value in enumerate(values, 1))
    if not found:
        raise ValueError(f"{name}: expected at least one probability, got none")
    return found


@cache
def by_rank(values: tuple[float, ...], slate_size: int, eta: float = 1.0) -> Floats:
    """(slate_size,) float64, read-only: values**eta, the last also for all ranks after it, as in ULTRA."""
    found = np.array([values[min(rank, len(values) - 1)] for rank in range(slate_size)]) ** eta
    found.flags.writeable = False
    return found


@allocating_kernel
def attraction(utility: Floats, shown: Flags) -> Floats:
    """(num_envs, slate_size) float64: the chance of a click once examined, sigmoid(utility), 0 for an empty slot."""
    found = np.zeros(utility.shape)
    for lane in range(len(utility)):
        for slot in range(utility.shape[1]):
            if shown[lane, slot]:
                found[lane, slot] = sigmoid(utility[lane, slot])
    return found


@allocating_kernel
def logit(chance: Floats) -> Floats:
    """(num_envs, slate_size) float64: the inverse of sigmoid, of chances from LEAST to MOST; others count as these."""
    found = np.empty(chance.shape)
    for lane in range(len(chance)):
        for slot in range(chance.shape[1]):
            inside = min(max(chance[lane, slot], LEAST), MOST)
            found[lane, slot] = math.log(inside) - math.log1p(-inside)
    return found

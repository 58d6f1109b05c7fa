"""A user clicks one item of a slate, or none, in proportion to weights: for one lane, inside kernels.

Environments take the batch models of `recgym.choice`; a test holds both against RecSim.
"""

from __future__ import annotations

import math

from recgym.compiled import Floats, kernel


@kernel
def logit_weights(utilities: Floats, no_click: float, weights: Floats) -> float:
    """Multinomial logit: fill `weights` from `utilities`, give the weight of no click, whose utility is `no_click`."""
    highest = no_click
    for slot in range(len(utilities)):
        highest = max(highest, utilities[slot])
    for slot in range(len(utilities)):
        weights[slot] = math.exp(utilities[slot] - highest)
    return math.exp(no_click - highest)


@kernel
def probabilities(weights: Floats, no_click: float, chances: Floats) -> None:
    """Fill `chances` (num_slots + 1,) with the probability of each slot and, last, of no click."""
    total = no_click
    for slot in range(len(weights)):
        total += weights[slot]
    for slot in range(len(weights)):
        chances[slot] = weights[slot] / total
    chances[len(weights)] = no_click / total


@kernel
def chosen(weights: Floats, no_click: float, u: float) -> int:
    """The slot that the uniform `u` draws, or -1 for no click."""
    total = no_click
    for slot in range(len(weights)):
        total += weights[slot]
    left = u * total
    for slot in range(len(weights)):
        left -= weights[slot]
        if left < 0.0:
            return slot
    return -1

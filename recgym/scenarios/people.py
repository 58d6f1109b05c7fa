"""What the users of several domains have in common."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from recgym.dynamics import Drift, Dynamics, Need, ReferencePrice, Trust, Visits
from recgym.items import Items


def visits(*choices: Sequence[str], longer: Mapping[str, float]) -> Visits:
    """Visits whose circumstances are a weekday kind, a daytime, a device and one more thing,
    as a domain's words say them.

    Args:
        choices: The words of the four, in the order of the domain's context sentences.
        longer: How much a word lengthens visits (or shortens them, below 0).
    """
    weekdays, daytimes, devices, others = choices
    stay = [sum(longer.get(word, 0.0) for word in words) for words in itertools.product(*choices)]
    return Visits(np.array(stay), (len(weekdays), len(daytimes), len(devices), 1, len(others)))


def usual_dynamics(
    items: Items, query_rows: NDArray[np.int64], weights: NDArray[np.float64], coming: Visits, satiation: Dynamics,
    cost: str, trust: Trust | None = None, need: Need | None = None,
) -> tuple[Dynamics, ...]:  # fmt: skip
    """Trust, visits, needs (the usual ones unless others are given), satiation, getting used to a cost, and drift."""
    needs = need or Need(items, query_rows, weights)
    return (trust or Trust(), coming, needs, satiation, ReferencePrice(items, cost), Drift(items))

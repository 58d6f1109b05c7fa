"""Lab 6: the myopic trap."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from checks.telling import NotYet, array, called, close, number, well_done

Floats = NDArray[np.floating]


def check_gap(gap: Callable[[Floats, Floats], float]) -> None:
    """What looking ahead is worth."""
    far, near = np.array([10.0, 14.0]), np.array([6.0, 6.0])
    found = number(called(gap, far, near), "gap")
    if np.isclose(found, 6.0):
        raise NotYet("That is the difference of the returns. The gap is a share of the far-sighted return.")
    if np.isclose(found, 1.0):
        raise NotYet("Divide by the mean return of the far-sighted policy, not of the myopic one.")
    close(found, 0.5, "(mean far - mean near) / mean far.")
    well_done("the gap is a share of what can be had")


def check_trust(after: Callable[[Floats, NDArray[np.int64], NDArray[np.int64]], Floats]) -> None:
    """One page's change of trust."""
    trust, pleased, disappointed = np.array([0.5, 0.02, 0.99]), np.array([1, 0, 3]), np.array([1, 2, 0])
    expected = np.clip(trust + 0.02 * (0.6 - trust) + 0.042 * pleased - 0.22 * disappointed, 0, 1)
    found = array(called(after, trust, pleased, disappointed), "trust_after", (3,))
    if found.min() < 0 or found.max() > 1:
        raise NotYet("Trust stays between 0 and 1.")
    close(found, expected, "T + .02 (.6 - T) + .042 pleased - .22 disappointed, cut to [0, 1].")
    well_done("hard to win, easy to lose")


def check_prices(scores: Callable[[dict[str, Floats], dict[str, float]], Floats]) -> None:
    """A far-sighted score."""
    effects = {"reward": np.array([[1.0, 2.0]]), "trust": np.array([[0.1, -0.5]]), "click": np.array([[0.2, 0.6]])}
    found = array(called(scores, effects, {"trust": 3.0}), "scores", (1, 2))
    if np.allclose(found, effects["reward"]):
        raise NotYet("That is the myopic score: add price times effect for every effect that has a price.")
    close(found, [[1.3, 0.5]], "reward + sum of price * effect, over the effects that have a price.")
    well_done("the future has a price")


def check_entropy(entropy: Callable[[NDArray[np.int64]], float]) -> None:
    """Of what was consumed."""
    close(number(called(entropy, np.array([5, 5, 0, 0])), "entropy"), np.log(2),
          "-sum p ln p over the shares; 0 ln 0 is 0.")  # fmt: skip
    close(number(called(entropy, np.array([7, 0, 0])), "entropy"), 0.0, "One topic alone has no entropy: mind 0 ln 0.")
    well_done("variety in one number")

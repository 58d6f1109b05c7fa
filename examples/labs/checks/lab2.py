"""Lab 2: exploration."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from checks.telling import NotYet, array, called, close, well_done

Floats = NDArray[np.floating]


def check_regret(regret: Callable[[Floats, NDArray[np.int64]], Floats]) -> None:
    """What was missed, added up."""
    means = np.array([[0.1, 0.5, 0.3], [0.2, 0.1, 0.0], [0.6, 0.6, 0.9]])
    found = array(called(regret, means, np.array([2, 0, 1])), "regret", (3,))
    if np.allclose(found, [0.2, 0.0, 0.3]):
        raise NotYet("That is the regret of every step. The curve is what has been missed up to a step: add up.")
    close(found, [0.2, 0.2, 0.5],
          "Regret of a step: the best mean payoff there was minus the mean payoff of the one chosen.")  # fmt: skip
    well_done("regret only grows where something better was there")


def check_epsilon(choose: Callable[[Floats, float, np.random.Generator], NDArray[np.int64]]) -> None:
    """Mostly the best, sometimes any."""
    scores = np.tile(np.arange(5.0), (20_000, 1))
    rng = np.random.default_rng(0)
    if not (array(called(choose, scores, 0.0, rng), "choose", (20_000,)) == 4).all():
        raise NotYet("With epsilon 0 the choice is always the best score of the row.")
    counts = np.bincount(called(choose, scores, 0.5, rng), minlength=5) / 20_000
    if abs(counts[4] - 0.5) < 0.03:
        raise NotYet("To explore is to take any of the five, the best too: it should be chosen with 1 - epsilon + "
                     "epsilon / 5.")  # fmt: skip
    close(counts, [0.1, 0.1, 0.1, 0.1, 0.6], "Explore row by row with chance epsilon, evenly over all columns.", 0.02)
    well_done("epsilon-greedy")


def check_update(update: Callable[[Floats, Floats, Floats, Floats], tuple[Floats, Floats]]) -> None:
    """Sufficient statistics of ridge regression."""
    rng = np.random.default_rng(1)
    rows, payoffs = rng.normal(size=(7, 3)), rng.normal(size=7)
    gram, moment = np.eye(3), np.ones(3)
    found = called(update, gram.copy(), moment.copy(), rows, payoffs)
    if not isinstance(found, tuple) or len(found) != 2:
        raise NotYet("Return both: gram, moment.")
    close(array(found[0], "gram", (3, 3)), gram + rows.T @ rows, "gram gains the sum of x x' over the rows: X'X.")
    close(array(found[1], "moment", (3,)), moment + payoffs @ rows,
          "moment gains the sum of payoff times x over the rows.")  # fmt: skip
    well_done("the same posterior, one by one or many at once")


def check_ucb(ucb: Callable[[Floats, Floats, Floats, float], Floats]) -> None:
    """Mean plus width."""
    rng = np.random.default_rng(2)
    rows, root, moment = rng.normal(size=(4, 6, 3)), rng.normal(size=(3, 3)), rng.normal(size=3)
    gram = root @ root.T + np.eye(3)
    inverse = np.linalg.inv(gram)
    mean = rows @ inverse @ moment
    width = np.sqrt(np.einsum("nmi,ij,nmj->nm", rows, inverse, rows))
    found = array(called(ucb, rows, gram, moment, 0.7), "ucb", (4, 6))
    if np.allclose(found, mean):
        raise NotYet("That is the mean alone: it never explores. Add alpha times the width.")
    if np.allclose(found, mean + 0.7 * width**2):
        raise NotYet("The width is a standard deviation: the square root of x' A^-1 x.")
    close(found, mean + 0.7 * width, "x'theta + alpha sqrt(x' A^-1 x), with theta = A^-1 b.")
    well_done("optimism in the face of uncertainty")

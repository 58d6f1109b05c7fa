"""Lab 5: slates."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from checks.telling import NotYet, array, called, close, number, well_done

Floats = NDArray[np.floating]


def check_examination(estimate: Callable[[Floats, Floats], Floats]) -> None:
    """Click rates of one set of items in random order."""
    clicks, shown = np.array([50.0, 30.0, 10.0]), np.array([100.0, 120.0, 100.0])
    found = array(called(estimate, clicks, shown), "examination", (3,))
    if np.allclose(found, clicks / clicks[0]):
        raise NotYet("Slots were not shown equally often: compare click rates, not clicks.")
    close(found, [1.0, 0.5, 0.2], "Relative to the first slot: rate of slot k divided by rate of slot 1.")
    well_done("position bias from shuffled slates")


def check_choice(chances: Callable[[Floats, float], Floats]) -> None:
    """Multinomial choice with a way out."""
    weights = np.array([1.0, 3.0])
    found = array(called(chances, weights, 2.0), "choice", (2,))
    if np.isclose(found.sum(), 1.0):
        raise NotYet("The user may choose nothing: the weight of no click belongs into the sum below the line.")
    close(found, [1 / 6, 1 / 2], "P(i | slate) = w_i / (w_0 + sum of the slate's weights).")
    well_done("nobody has to click")


def check_value(value: Callable[[Floats, Floats, float, float], float]) -> None:
    """The value of a slate, no click included."""
    weights, long_term = np.array([1.0, 3.0]), np.array([10.0, 4.0])
    found = number(called(value, weights, long_term, 2.0, 3.0), "slate_value")
    if np.isclose(found, (10 + 12) / 6):
        raise NotYet("What if nothing is clicked? That has probability w_0 / (w_0 + sum) and its own value.")
    close(found, (10 + 12 + 6) / 6, "Sum over items of P(i | slate) Q(i), plus P(no click) Q(no click).")
    well_done("a slate is worth what its outcomes are worth, no click too")


def check_best(best: Callable[[Floats, Floats, float, float, int], NDArray[np.int64]]) -> None:
    """The exact best slate against all slates."""

    def worth(slate: tuple[int, ...], weights: Floats, long_term: Floats, no_click: float, nothing: float) -> float:
        w, q = weights[list(slate)], long_term[list(slate)]
        return float((w @ q + no_click * nothing) / (w.sum() + no_click))

    rng = np.random.default_rng(0)
    for _ in range(20):
        user = rng.uniform(0.1, 2, 7), rng.normal(5, 3, 7), rng.uniform(0.5, 3), rng.normal(4, 1)
        top = max(worth(slate, *user) for slate in itertools.combinations(range(7), 3))
        found = array(called(best, *user, 3), "best_slate", (3,))
        if len(set(found.tolist())) < 3:
            raise NotYet("A slate shows different items.")
        if worth(tuple(found), *user) < top - 1e-9:
            raise NotYet("There is a better slate. Try all itertools.combinations, or top items by w (Q - z) with z "
                         "raised until no slate beats it.")  # fmt: skip
    well_done("the best slate, though not always the best items")

"""Lab 1: a recommender is an environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import gymnasium
import numpy as np
from numpy.typing import NDArray

from checks.telling import NotYet, array, called, close, number, well_done

Floats = NDArray[np.floating]


def check_return(answer: float, rewards: list[float]) -> None:
    """The return of a session is the sum of its rewards."""
    close(number(answer, "session_return"), sum(rewards),
          "The return of a session is the sum of the rewards of all its pages.")  # fmt: skip
    well_done(f"the session returned {sum(rewards):.2f}")


def check_reward(rebuild: Callable[[Mapping[str, float], Mapping[str, float]], float]) -> None:
    """A reward is the weighted sum of its terms."""
    env = gymnasium.make("RecGym-News-v0")
    weights = env.unwrapped.simulator.reward.weights
    env.reset(seed=3)
    env.action_space.seed(3)
    for _ in range(5):
        _, reward, _, _, info = env.step(env.action_space.sample())
        close(called(rebuild, info["reward_terms"], weights), reward,
              "Multiply every term by its weight and add up. Terms of weight 0 are left out of reward_terms, so go by "
              "the terms that are there.")  # fmt: skip
    well_done("five rewards rebuilt from their terms")


def check_nearest(nearest: Callable[[Floats, int, int], NDArray[np.int64]]) -> None:
    """Nearest neighbours by cosine."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(50, 8)) * rng.uniform(0.2, 5, size=(50, 1))
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    for row in (0, 7):
        expected = np.argsort(-(unit @ unit[row]))[1:4]
        found = array(called(nearest, vectors, row, 3), "nearest", (3,))
        if row in found:
            raise NotYet("An item is always its own nearest neighbour: leave it out.")
        if set(found) == set(np.argsort(-(vectors @ vectors[row]))[:4]) - {row}:
            raise NotYet("Long vectors win a dot product. The cosine divides by both lengths.")
        close(found, expected, "Sort by falling cosine, and return rows, the nearest first.")
    well_done("neighbours are right, whatever the lengths of the vectors")


def check_pool(pool: Callable[[Floats, float], Floats]) -> None:
    """A recency-weighted mean."""
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(6, 4))
    weights = 0.8 ** np.arange(5, -1, -1.0)
    found = array(called(pool, vectors, 0.8), "pool", (4,))
    if np.allclose(found, weights[::-1] @ vectors / weights.sum()):
        raise NotYet("The last row is the latest: it weighs 1, the one before it decay, then decay squared.")
    if np.allclose(found, weights @ vectors):
        raise NotYet("Divide by the sum of the weights: otherwise the vector grows with the length of the history.")
    close(found, weights @ vectors / weights.sum(),
          "Weigh row t of T by decay ** (T - 1 - t) and divide by the sum of weights.")  # fmt: skip
    well_done("your pool does not grow with the history")


def check_probe(fit: Callable[[Floats, Floats, float], Floats]) -> None:
    """Ridge regression."""
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(80, 5)), rng.normal(size=80)
    for ridge in (0.1, 10.0):
        expected = np.linalg.solve(x.T @ x + ridge * np.eye(5), x.T @ y)
        close(array(called(fit, x, y, ridge), "fit_ridge", (5,)), expected,
              "The minimum of |Xw - y|^2 + ridge |w|^2 solves (X'X + ridge I) w = X'y.")  # fmt: skip
    well_done("ridge regression by its normal equations")

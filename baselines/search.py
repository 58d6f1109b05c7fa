"""The cross-entropy method: tunes a policy's few numbers on simulated sessions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from baselines.recommender import Recommender, evaluate
from recgym.env import RecVectorEnv

SESSION_STRIDE = 10_000  # between the seeds of two generations


def cross_entropy(
    make: Callable[[NDArray[np.float64]], Recommender],
    env: RecVectorEnv,
    mean: NDArray[np.float64],
    spread: NDArray[np.float64],
    *,
    generations: int,
    population: int,
    seed: int,
    report: Callable[[int, float], None] = lambda generation, mean_return: None,
) -> NDArray[np.float64]:
    """Numbers with a high mean return of `make(numbers)` (Rubinstein & Kroese, 2004).

    All candidates of a generation meet the same sessions, those from seed + SESSION_STRIDE x generation on.

    Args:
        make: The recommender of some numbers ((num_numbers,)).
        env: Its lanes are the sessions of one evaluation.
        mean: (num_numbers,) where the search starts; always among the candidates.
        spread: (num_numbers,) standard deviations of the first generation.
        generations: How often the distribution moves to its best fifth.
        population: Candidates of a generation.
        seed: Of the candidates and of their sessions.
        report: Called after every candidate with the generation, from 1, and the mean return.
    """
    rng = np.random.default_rng(seed)
    mean, spread = mean.astype(float), spread.astype(float)
    for generation in range(1, generations + 1):
        tried = mean + spread * rng.normal(size=(population, len(mean)))
        tried[0] = mean
        returns = []
        for numbers in tried:
            returns.append(evaluate(make(numbers), env, seed + SESSION_STRIDE * generation).mean)
            report(generation, returns[-1])
        elite = tried[np.argsort(returns)[::-1][: max(population // 5, 2)]]
        mean, spread = elite.mean(axis=0), elite.std(axis=0) + 0.03  # the floor keeps the search from freezing early
    return mean

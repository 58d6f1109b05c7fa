"""The cross-entropy method: tunes a policy's few numbers on simulated sessions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from baselines.recommender import Recommender, evaluate
from recgym.env import RecVectorEnv


def cross_entropy(
    make: Callable[[NDArray[np.float64]], Recommender],
    env: RecVectorEnv,
    mean: NDArray[np.float64],
    spread: NDArray[np.float64],
    *,
    generations: int,
    population: int,
    seed: int,
    report: Callable[[str], None] = lambda line: None,
) -> NDArray[np.float64]:
    """Numbers with a high mean return of `make(numbers)` (Rubinstein & Kroese, 2004).

    All candidates of a generation meet the same sessions; every generation new ones.
    """
    rng = np.random.default_rng(seed)
    mean, spread = mean.astype(float), spread.astype(float)
    for generation in range(generations):
        tried = mean + spread * rng.normal(size=(population, len(mean)))
        tried[0] = mean
        returns = [evaluate(make(numbers), env, seed + 10_000 * (generation + 1)).mean for numbers in tried]
        elite = tried[np.argsort(returns)[::-1][: max(population // 5, 2)]]
        mean, spread = elite.mean(axis=0), elite.std(axis=0) + 0.03
        report(f"generation {generation + 1}: best {max(returns):.3f}, mean {np.mean(returns):.3f}")
    return mean

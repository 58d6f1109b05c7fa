"""Statistics over environments and seeds that hold with few runs (Agarwal et al., NeurIPS 2021, arXiv:2108.13264).

A baseline's scores are strata: one array per environment, in the same order for all baselines, each of as many runs as
there are. A stratum may have leading axes, by which whole bootstrap samples are worked on at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from baselines.intervals import LEVEL

Floats = NDArray[np.float64]
Strata = Sequence[Floats]  # per environment (..., num_runs)

REPLICATIONS = 2000  # bootstrap samples


class Interval(NamedTuple):
    """A statistic and where the middle `LEVEL` of its bootstrap distribution lies."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:z.2f} ({self.low:z.2f} to {self.high:z.2f})"


def mean(strata: Strata) -> Floats:
    """(...) mean of all runs."""
    return np.concatenate(strata, axis=-1).mean(axis=-1)


def median(strata: Strata) -> Floats:
    """(...) median over the environments of the mean over the runs."""
    return np.median(np.stack([runs.mean(axis=-1) for runs in strata], axis=-1), axis=-1)


def iqm(strata: Strata) -> Floats:
    """(...) interquartile mean: of all runs without the lowest and the highest quarter, each rounded down."""
    runs = np.sort(np.concatenate(strata, axis=-1), axis=-1)
    cut = runs.shape[-1] // 4
    return runs[..., cut : runs.shape[-1] - cut].mean(axis=-1)


def iqm_lead(ours: Strata, theirs: Strata) -> Floats:
    """(...) how much higher our interquartile mean is than theirs."""
    return iqm(ours) - iqm(theirs)


def optimality_gap(strata: Strata, target: float = 1.0) -> Floats:
    """(...) how far runs stay below `target` on average; what lies above it makes up for nothing."""
    return target - np.minimum(np.concatenate(strata, axis=-1), target).mean(axis=-1)


def probability_of_improvement(ours: Strata, theirs: Strata) -> Floats:
    """(...) chance that a run of ours beats one of theirs in the same environment, ties counting half.

    The mean over environments of the Mann-Whitney statistic divided by its maximum.
    """
    chances = []
    for one, other in zip(ours, theirs, strict=True):
        one, other = one[..., :, None], other[..., None, :]
        chances.append(((one > other) + 0.5 * (one == other)).mean(axis=(-2, -1)))
    return np.mean(chances, axis=0)


def environment_mean(strata: Strata) -> Floats:
    """(...) mean over the environments of the mean over the runs."""
    return np.mean([runs.mean(axis=-1) for runs in strata], axis=0)


def performance_profile(strata: Strata, thresholds: Floats) -> Floats:
    """(..., num_thresholds) share of all runs above each threshold."""
    runs = np.sort(np.concatenate(strata, axis=-1), axis=-1)
    return (runs[..., None] > thresholds).mean(axis=-2)


def resampled(strata: Strata, replications: int, rng: np.random.Generator) -> list[Floats]:
    """Per environment (replications, num_runs) runs drawn with replacement: the stratified bootstrap."""
    return [runs[rng.integers(len(runs), size=(replications, len(runs)))] for runs in strata]


def interval(
    statistic: Callable[..., Floats], *samples: Strata, replications: int = REPLICATIONS, seed: int = 0
) -> Interval:
    """A statistic of one baseline's strata, or of several baselines', with its percentile bootstrap interval."""
    rng = np.random.default_rng(seed)
    found = statistic(*(resampled(strata, replications, rng) for strata in samples))
    low, high = np.percentile(found, (50 * (1 - LEVEL), 50 * (1 + LEVEL)))
    return Interval(float(statistic(*samples)), float(low), float(high))


def profile_band(
    strata: Strata, thresholds: Floats, replications: int = REPLICATIONS, seed: int = 0
) -> tuple[Floats, Floats]:
    """Lower and upper ends, both (num_thresholds,), of the profile's bootstrap intervals, threshold by threshold."""
    found = performance_profile(resampled(strata, replications, np.random.default_rng(seed)), thresholds)
    low, high = np.percentile(found, (50 * (1 - LEVEL), 50 * (1 + LEVEL)), axis=0)
    return low, high


class Difference(NamedTuple):
    """How much more the second sample has, and half of the interval."""

    value: float
    half_width: float  # NaN where single runs tell no spread


def mean_difference(before: Strata, after: Strata, paired: bool, level: float = LEVEL) -> Difference:
    """Mean over environments of the difference between two means, with Student's interval.

    Paired runs stand in the same order. The degrees of freedom of a sum of independent means are those of Welch and
    Satterthwaite, so that strata may differ in spread and size.

    Args:
        before, after: Strata of the same environments; of the same sizes if paired.
        paired: Whether run i of both has the same seed.
        level: Of the interval.
    """
    from scipy import stats

    if paired:
        parts = [after_runs - before_runs for before_runs, after_runs in zip(before, after, strict=True)]
    else:
        parts = [*before, *after]
    value = np.mean([after_runs.mean() for after_runs in after]) - np.mean([runs.mean() for runs in before])
    sizes = np.array([len(runs) for runs in parts])
    if (sizes < 2).any():
        return Difference(float(value), float("nan"))
    variances = np.array([runs.var(ddof=1) for runs in parts]) / sizes
    if not variances.any():
        return Difference(float(value), 0.0)
    freedom = variances.sum() ** 2 / (variances**2 / (sizes - 1)).sum()
    error = np.sqrt(variances.sum()) / len(before)
    return Difference(float(value), float(stats.t.ppf(0.5 + level / 2, freedom) * error))

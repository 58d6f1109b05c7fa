"""Estimates with their 95 % confidence intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean, or a ratio of means, and half of its confidence interval; NaN where one number tells no spread."""

    value: float
    half_width: float

    def __str__(self) -> str:
        if np.isnan(self.half_width):
            return f"{self.value:.2f}"
        digits = 3 if self.half_width < 0.05 else 2
        return f"{self.value:.{digits}f} ±{self.half_width:.{digits}f}"


def mean_of(values: NDArray[Any]) -> Estimate:
    """The mean of independent `values` (count,), with Student's interval."""
    return Estimate(float(values.mean()), _half_width(values))


def ratio_of(numerators: NDArray[Any], denominators: NDArray[Any]) -> Estimate:
    """mean(numerators) / mean(denominators) of pairs, both (count,), by the delta method (Cochran, 1977, section 6.4).

    What the two have in common cancels, so that shares of paired sessions get the short interval they deserve.
    """
    value = numerators.mean() / denominators.mean()
    return Estimate(float(value), _half_width((numerators - value * denominators) / abs(denominators.mean())))


def paired_p_value(one: NDArray[Any], two: NDArray[Any]) -> float:
    """Of the paired t-test that both have the same mean; 1 if every pair is equal."""
    from scipy import stats

    if np.array_equal(one, two):
        return 1.0
    return float(stats.ttest_rel(one, two).pvalue)


def _half_width(values: NDArray[Any]) -> float:
    from scipy import stats

    count = len(values)
    if count < 2:
        return float("nan")
    return float(stats.t.ppf(0.5 + LEVEL / 2, count - 1) * values.std(ddof=1) / np.sqrt(count))

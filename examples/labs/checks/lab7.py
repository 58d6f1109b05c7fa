"""Lab 7: honest comparison."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from checks.telling import NotYet, array, called, close, number, well_done

Floats = NDArray[np.floating]
Statistic = Callable[[Floats], float]


def _two(answer: Any, names: str) -> tuple[Any, Any]:
    """The answer, if it is two things."""
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise NotYet(f"Return both: {names}.")
    return answer


def check_score(score: Callable[[Floats, Floats, Floats], float]) -> None:
    """Where a return lies between two yardsticks."""
    floor, top = np.array([2.0, 4.0]), np.array([10.0, 16.0])
    found = number(called(score, np.array([7.0, 9.0]), floor, top), "score")
    if np.isclose(found, 8.0 / 13.0):
        raise NotYet("That is a share of the reference's return. Random pages earn something too: take their mean "
                     "off, above and below the line.")  # fmt: skip
    if np.isclose(found, (5 / 8 + 5 / 12) / 2):
        raise NotYet("Average over the users first: a single user's reference may be near their random pages.")
    close(found, 0.5, "(mean return - mean random) / (mean reference - mean random).")
    well_done("0 is random, 1 the reference")


def check_difference(difference: Callable[[Floats, Floats], tuple[float, float]]) -> None:
    """Two algorithms by their runs."""
    users = np.linspace(-8, 8, 50)
    ours, theirs = (np.array(means)[:, None] + users for means in ([1.0, 2.0, 3.0], [4.0, 4.0, 7.0]))
    value, width = _two(called(difference, ours, theirs), "difference, half width")
    if np.isclose(number(value, "difference"), -3.0):
        raise NotYet("The difference is that of theirs (b) minus ours (a).")
    close(value, 3.0, "The difference of the means over all runs.")
    width = number(width, "half width")
    error = np.sqrt((1.0 + 3.0) / 3)
    if width < 2.0 and not np.isclose(width, 1.96 * error) and not np.isclose(width, 2.776445 * error * np.sqrt(2 / 3)):
        raise NotYet("Too narrow: are the users counted as if each were a training? Average each run over its users "
                     "first (axis 1).")  # fmt: skip
    if np.isclose(width, 1.96 * error):
        raise NotYet("1.96 is for many runs. With few of them the variance is a guess too: take Student's t with 2n "
                     "- 2 degrees of freedom.")  # fmt: skip
    if np.isclose(width, 2.776445 * error * np.sqrt(2 / 3), rtol=1e-4):
        raise NotYet("Divide the squares by n - 1 (ddof=1): the mean was estimated from the same runs.")
    close(width, 2.776445 * error,
          "t(.975, 2n - 2) * sqrt((variance of a + variance of b) / n), of the runs' means.", 1e-4)  # fmt: skip
    well_done("the unit is the run")


def check_iqm(iqm: Callable[[Floats], float]) -> None:
    """The mean of the middle half."""
    scores = np.array([9.0, 1.0, 2.0, -50.0, 3.0, 4.0, 100.0, 5.0])
    found = number(called(iqm, scores), "iqm")
    if np.isclose(found, scores[2:6].mean()):
        raise NotYet("Sort the runs first: the quarters are those of the lowest and the highest scores.")
    if np.isclose(found, scores.mean()):
        raise NotYet("That is the mean of all runs. Leave out the lowest and the highest quarter.")
    close(found, 3.5, "Sort, leave out len(runs) // 4 at either end, and average the rest.")
    close(number(called(iqm, np.array([1.0, 2.0, 6.0])), "iqm"), 3.0, "A quarter of three runs, rounded down, is none.")
    well_done("one lucky run moves nothing")


def check_bootstrap(bootstrap: Callable[[Floats, Statistic, int, np.random.Generator], tuple[float, float]]) -> None:
    """Percentile intervals."""
    scores = np.random.default_rng(1).normal(size=60)
    seen: list[Floats] = []

    def statistic(sample: Floats) -> float:
        seen.append(np.asarray(sample))
        return float(np.mean(sample))

    low, high = _two(called(bootstrap, scores, statistic, 3000, np.random.default_rng(0)), "low, high")
    if len(seen) != 3000 or any(sample.shape != (60,) for sample in seen):
        raise NotYet("Expected 3000 samples of 60 runs each, as many as there are; the statistic was asked "
                     f"{len(seen)} times, first of {seen[0].shape if seen else 'nothing'}.")  # fmt: skip
    if all(len(np.unique(sample)) == 60 for sample in seen[:10]):
        raise NotYet("Every run is in every sample exactly once. Draw with replacement: some come twice, some not at "
                     "all.")  # fmt: skip
    found = array(np.array([low, high]), "interval", (2,))
    if np.isclose(found[0], scores.mean() - 1.645 * scores.std() / np.sqrt(60), atol=0.012):
        raise NotYet("The middle 95 % lies between the percentiles 2.5 and 97.5; yours is the middle 90 %.")
    close(found, scores.mean() + np.array([-1.96, 1.96]) * scores.std() / np.sqrt(60),
          "The percentiles 2.5 and 97.5 of the statistic over the samples.", 0.02)  # fmt: skip
    well_done("an interval for any statistic")


def check_habits(habits: Callable[[], Any]) -> None:
    """A temptation: what attracts and does not please."""
    from recgym.response import Habits

    found = called(habits)
    if not isinstance(found, Habits):
        raise NotYet(f"Return Habits, as dataclasses.replace(tea.HABITS, ...) gives them; got {type(found).__name__}.")
    original = importlib.import_module("13_own_domain").HABITS  # the lab has put its folder on the path
    if (found.attracts, found.stays) == (original.attracts, original.stays):
        raise NotYet("Those are the tea house's own habits. Change what attracts or what pleases.")
    attractive = [trait for trait, weights in found.attracts.items() if max(weights) > 0]
    tempting = [trait for trait in attractive if found.stays.get(trait, 0.0) < 0]
    if not tempting:
        raise NotYet("Nothing both attracts (a weight above 0 in some stage) and disappoints (below 0 in stays): "
                     "greed meets no temptation, and the best page now is the best for later.")  # fmt: skip
    well_done(f"guests are tempted by {', '.join(tempting)}")


def check_defence(defend: Callable[[Floats, Floats], tuple[float, float]]) -> None:
    """A gap with the p-value of the paired test."""
    from scipy import stats

    rng = np.random.default_rng(0)
    users = rng.normal(scale=5.0, size=60)
    near, far = 10 + users, 12 + users + rng.normal(size=60)
    gap, p_value = _two(called(defend, near, far), "gap, p_value")
    gap, p_value = number(gap, "gap"), number(p_value, "p_value")
    if np.isclose(gap, (far.mean() - near.mean()) / near.mean()):
        raise NotYet("The gap is a share of the far-sighted return, not of the myopic one.")
    close(gap, (far.mean() - near.mean()) / far.mean(), "(mean far - mean near) / mean far.")
    if np.isclose(p_value, stats.ttest_ind(far, near).pvalue):
        raise NotYet("That test takes the two for different guests. They met the same ones: test the differences.")
    expected = stats.ttest_rel(far, near).pvalue
    if np.isclose(p_value, expected / 2, rtol=1e-3, atol=0):
        raise NotYet("The claim could have gone either way: the p-value is two-sided.")
    if not np.isclose(p_value, expected, rtol=1e-3, atol=0):
        raise NotYet(f"Expected the p-value of the paired t-test of far against near, {expected:.2g}; got "
                     f"{p_value:.2g}.")  # fmt: skip
    well_done("a gap, and how sure it is")


def check_bounds(random: Floats, near: Floats, far: Floats) -> None:
    """There is something to learn, and it is neither chance nor greed."""
    from scipy import stats

    gap, p_value = (far.mean() - near.mean()) / far.mean(), stats.ttest_rel(far, near).pvalue
    if far.mean() <= random.mean():
        raise NotYet(f"The far-sighted policy earns {far.mean():.2f}, random pages {random.mean():.2f}: there is "
                     "nothing to be had here. Let something please.")  # fmt: skip
    if p_value > 0.001:
        raise NotYet(f"p = {p_value:.2g}: a gap of {gap:.0%} may be chance. More guests in the test, or a stronger "
                     "temptation.")  # fmt: skip
    if gap < 0.2:
        raise NotYet(f"The gap is {gap:.0%}; defend one of at least 20 %. Let the temptation attract more, or please "
                     "less: trust lost on the first pages is missed for the rest of the session.")  # fmt: skip
    well_done(f"looking ahead is worth {gap:.0%} here (p = {p_value:.1g})")

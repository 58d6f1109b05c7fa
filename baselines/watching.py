"""What is watched while a baseline learns: pass these as `progress` and `session` of its task."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from baselines.recommender import Recommender


class LearningCurve:
    """Measures the recommender at equal distances before the end of its training: a `Task.progress`.

    Args:
        measure: Mean return of the recommender as it is.
        steps: Length of the training.
        points: Of the whole curve. The last is not measured here, because some algorithms still learn after their last
            step: append it when the training is over.
    """

    def __init__(self, measure: Callable[[Recommender], float], steps: int, points: int) -> None:
        self.measure, self.steps, self.points = measure, steps, points
        self.at: list[int] = []  # steps
        self.returns: list[float] = []

    def __call__(self, steps: int, recommender: Recommender | None) -> None:
        """Measure, if it is time and there is something to measure."""
        measured = len(self.returns)
        if recommender and measured < self.points - 1 and steps >= self.steps * (measured + 1) / self.points:
            self.at.append(steps)
            self.returns.append(self.measure(recommender))


class EpisodeLog:
    """Keeps the return and the length of every finished session, and tells of some: a `Task.session`.

    Args:
        tell: Called with one line for every `every`-th finished session.
    """

    RECENT = 50  # sessions whose mean is told

    def __init__(self, tell: Callable[[str], None], every: int = 1) -> None:
        self.tell, self.every = tell, every
        self.ends: list[int] = []  # steps at which the sessions ended
        self.returns: list[float] = []
        self.lengths: list[int] = []

    def __call__(self, steps: int, session_return: float, length: int) -> None:
        """One session more, which ended after so many steps of the training."""
        self.ends.append(steps)
        self.returns.append(session_return)
        self.lengths.append(length)
        count = len(self.returns)
        if count % self.every == 0:
            recent = self.returns[-self.RECENT :]
            self.tell(f"episode {count:6,}   reward {session_return:7.2f}   length {length:3}   "
                      f"mean reward of the last {len(recent)}: {np.mean(recent):6.2f}")  # fmt: skip

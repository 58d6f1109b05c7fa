"""What is watched while a Stable-Baselines3 model learns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback


class LearningCurve(BaseCallback):
    """Measures the model at equal distances before the end of its training.

    Args:
        measure: Mean return of the model as it is.
        steps: Length of the training.
        points: Of the whole curve. The last is not measured here, because some algorithms still learn after their last
            step: append it when `learn` is done.
    """

    def __init__(self, measure: Callable[[BaseAlgorithm], float], steps: int, points: int) -> None:
        super().__init__()
        self.measure, self.steps, self.points = measure, steps, points
        self.returns: list[float] = []

    def _on_step(self) -> bool:
        measured = len(self.returns)
        if measured < self.points - 1 and self.num_timesteps >= self.steps * (measured + 1) / self.points:
            self.returns.append(self.measure(self.model))
        return True


class SessionLog(BaseCallback):
    """Keeps the return and the length of every finished session, and tells of some.

    Args:
        tell: Called with one line for every `every`-th finished session.
        advance: Called at every step with the number of steps so far.
    """

    def __init__(
        self, tell: Callable[[str], None], every: int = 50, advance: Callable[[int], None] = lambda steps: None
    ) -> None:
        super().__init__()
        self.tell, self.every, self.advance = tell, every, advance
        self.ends: list[int] = []  # steps at which the sessions ended
        self.returns: list[float] = []
        self.lengths: list[int] = []

    def _on_step(self) -> bool:
        for info in self.locals["infos"]:
            if "episode" in info:
                self._note(info["episode"]["r"], info["episode"]["l"])
        self.advance(self.num_timesteps)
        return True

    def _note(self, session_return: float, length: int) -> None:
        self.ends.append(self.num_timesteps)
        self.returns.append(session_return)
        self.lengths.append(length)
        count = len(self.returns)
        if count % self.every == 0:
            recent = np.mean(self.returns[-self.every :])
            self.tell(f"episode {count:6,}   reward {session_return:7.2f}   length {length:3}   "
                      f"mean reward of the last {self.every}: {recent:6.2f}")  # fmt: skip

"""Finite dynamic programming: what the best and the myopic policy of a small instance earn. Calls no component."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Memory = TypeVar("Memory")
GONE = math.nan  # the state of who is lost


class Instance(Protocol[Memory]):
    """What can be done, and what comes of it."""

    num_actions: int

    def outcomes(self, state: Memory, action: int) -> list[tuple[Any, Any, Memory]]:
        """(probability, reward, next state), GONE where nothing comes next.

        `on_grid` asks for (num_states,) states at a time, and takes numbers or (num_states,) of each.
        """


def by_tree(instance: Instance[Memory], far_sighted: bool) -> Callable[[Memory, int], tuple[float, int]]:
    """(value, action) of a state with so many pages to go, exactly; states have to be keys."""

    @cache
    def best(state: Memory, pages: int) -> tuple[float, int]:
        if not pages:
            return 0.0, 0
        now, total = np.zeros(instance.num_actions), np.zeros(instance.num_actions)
        for action in range(instance.num_actions):
            for chance, reward, after in instance.outcomes(state, action):
                now[action] += chance * reward
                total[action] += chance * (reward + (0.0 if after is GONE else best(after, pages - 1)[0]))
        action = int((total if far_sighted else now).argmax())
        return float(total[action]), action

    return best


def on_grid(
    instance: Instance[Any], grid: NDArray[np.float64], horizon: int, far_sighted: bool
) -> Callable[[Any, int], tuple[NDArray[np.float64], NDArray[np.int64]]]:
    """(values, actions) of one state or of an array of them, with 1 to `horizon` pages to go; states are numbers.

    What comes later is looked up on the grid, between whose points values are taken to be straight lines.
    """
    later = [np.zeros(len(grid))]

    def best(states: Any, pages: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        now, total = np.zeros((2, instance.num_actions, *np.shape(states)))
        for action in range(instance.num_actions):
            for chance, reward, after in instance.outcomes(states, action):
                now[action] += chance * reward
                ahead = np.where(np.isnan(after), 0.0, np.interp(after, grid, later[pages - 1]))
                total[action] += chance * (reward + ahead)
        actions = (total if far_sighted else now).argmax(axis=0)
        return np.take_along_axis(total, actions[None], axis=0)[0], actions

    for pages in range(1, horizon + 1):
        later.append(best(grid, pages)[0])
    return best


def followed(
    instance: Instance[float], best: Callable[[float, int], tuple[Any, Any]], state: float, horizon: int
) -> float:
    """What a plan earns where all but one of the outcomes are GONE: along its one path, without the error of a grid."""
    total, there = 0.0, 1.0
    for pages in range(horizon, 0, -1):
        outcomes = instance.outcomes(state, int(best(state, pages)[1]))
        total += there * sum(chance * reward for chance, reward, _ in outcomes)
        [(stays, state)] = [(chance, after) for chance, _, after in outcomes if not math.isnan(after)]
        there *= stays
    return float(total)

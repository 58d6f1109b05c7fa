"""Lab 3: Q-learning and SARSA."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from checks.telling import NotYet, array, called, close, well_done

Floats = NDArray[np.floating]


def _world() -> tuple[Floats, Floats]:
    rng = np.random.default_rng(0)
    chances = rng.dirichlet(np.ones(4), size=(4, 2))
    return chances, rng.normal(size=(4, 2))


def check_bellman(backup: Callable[[Floats, Floats, Floats, float], Floats]) -> None:
    """One backup of the values of all pairs."""
    chances, rewards = _world()
    values = np.array([1.0, -2.0, 0.5, 3.0])
    found = array(called(backup, chances, rewards, values, 0.9), "backup", (4, 2))
    if np.allclose(found, rewards + chances @ values):
        raise NotYet("The future is discounted: multiply the expected next value by the discount.")
    if np.allclose(found, 0.9 * chances @ values):
        raise NotYet("The reward of the step itself is missing.")
    close(found, rewards + 0.9 * chances @ values, "Q(s, a) = r(s, a) + discount * sum over s' of P(s'|s, a) V(s').")
    well_done("a Bellman backup")


def check_value_iteration(solve: Callable[[Floats, Floats, float], Floats]) -> None:
    """The fixed point."""
    chances, rewards = _world()
    found = array(called(solve, chances, rewards, 0.9), "solve", (4, 2))
    again = rewards + 0.9 * chances @ found.max(axis=1)
    close(found, again, "Not a fixed point yet: V(s) is the best of Q(s, .), and it takes some hundred backups.", 1e-5)
    well_done("the optimum, exactly")


def check_q_learning(update: Callable[..., Floats]) -> None:
    """Off policy: the best next action."""
    values = np.array([[1.0, 2.0], [5.0, 3.0]])
    found = array(called(update, values.copy(), 0, 1, 0.5, 1, False, 0.1, 0.9), "q_learning", (2, 2))
    expected = values.copy()
    expected[0, 1] += 0.1 * (0.5 + 0.9 * 5.0 - 2.0)
    close(found, expected, "Move Q(s, a) by rate * (reward + discount * max Q(s', .) - Q(s, a)), and nothing else.")
    ended = array(called(update, values.copy(), 0, 1, 0.5, 1, True, 0.1, 0.9), "q_learning", (2, 2))
    if not np.isclose(ended[0, 1], 2.0 + 0.1 * (0.5 - 2.0)):
        raise NotYet("After the end of a session there is no next value: the target is the reward alone.")
    well_done("Q-learning")


def check_sarsa(update: Callable[..., Floats]) -> None:
    """On policy: the next action that is taken."""
    values = np.array([[1.0, 2.0], [5.0, 3.0]])
    found = array(called(update, values.copy(), 0, 1, 0.5, 1, 1, False, 0.1, 0.9), "sarsa", (2, 2))
    if np.isclose(found[0, 1], 2.0 + 0.1 * (0.5 + 0.9 * 5.0 - 2.0)):
        raise NotYet("That is Q-learning: SARSA takes the value of the action that is taken next, not of the best.")
    close(found[0, 1], 2.0 + 0.1 * (0.5 + 0.9 * 3.0 - 2.0), "The target is reward + discount * Q(s', a').")
    well_done("SARSA")


def check_exposure(exposure: Callable[[Floats], Floats]) -> None:
    """What the history tells of the hidden state."""
    history = np.array([[1.0, 0.0, 0.5], [0.0, 0.0, 0.0]])
    expected = [-1.0 + 0.7 * 1.0, 1.0 + 0.7 + 0.49]
    found = array(called(exposure, history), "exposure", (2,))
    if np.allclose(found, [-e for e in expected]):
        raise NotYet("Clickbait (c = 1) lowers the exposure to what is good for the user: each item adds -2 (c - 1/2).")
    close(found, expected, "Sum over the last items, the latest first: 0.7 ** age times -2 (c - 1/2).")
    well_done("a hidden state, rebuilt from what was shown")

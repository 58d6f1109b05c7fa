"""Lab 4: deep reinforcement learning."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from checks.telling import NotYet, array, called, close, number, well_done

Floats = NDArray[np.floating]


def check_target(target: Callable[[Floats, Floats, Floats, float], Floats]) -> None:
    """What DQN regresses on."""
    rewards, terminated = np.array([1.0, 0.0, 2.0]), np.array([0, 0, 1])
    after = np.array([[3.0, 5.0], [-1.0, -4.0], [7.0, 6.0]])
    expected = np.array([1.0 + 0.9 * 5.0, 0.9 * -1.0, 2.0])
    found = array(called(target, rewards, after, terminated, 0.9), "td_target", (3,))
    if np.allclose(found, [5.5, -0.9, 2.0 + 0.9 * 7.0]):
        raise NotYet("A session that terminated has no next value: its target is the reward alone.")
    if np.allclose(found, [1.0 + 5.0, -1.0, 2.0]):
        raise NotYet("The future is discounted: multiply the best next value by the discount.")
    close(found, expected,
          "reward + discount * max over actions of the next values, and the reward alone after the end.")  # fmt: skip
    close(called(target, rewards, after, terminated.astype(float), 0.9), expected,
          "terminated may come as 0.0 and 1.0 too.")  # fmt: skip
    well_done("the target of DQN")


def check_advantages(advantages: Callable[[Floats, Floats, Floats, float, float], Floats]) -> None:
    """Generalised advantage estimation."""
    rewards, values = np.array([1.0, 2.0, 0.5, 1.0]), np.array([0.5, 1.0, 2.0, 1.5, 4.0])
    ended, discount, decay = np.array([0.0, 1.0, 0.0, 0.0]), 0.9, 0.8
    delta = np.array([1.0 + 0.9 * 1.0 - 0.5, 2.0 - 1.0, 0.5 + 0.9 * 1.5 - 2.0, 1.0 + 0.9 * 4.0 - 1.5])
    expected = np.array([delta[0] + 0.72 * delta[1], delta[1], delta[2] + 0.72 * delta[3], delta[3]])
    found = array(called(advantages, rewards, values, ended, discount, decay), "advantages", (4,))
    if np.allclose(found, delta):
        raise NotYet("Those are the differences delta of one step: add discount * decay * the advantage of the next "
                     "step.")  # fmt: skip
    if np.isclose(found[3], delta[3]) and not np.isclose(found[1], delta[1]):
        raise NotYet("Step 1 ends a session. What follows belongs to another one: neither its value nor its "
                     "advantage counts.")  # fmt: skip
    close(found, expected,
          "From the last step backwards: A = delta + discount * decay * A of the next step, "
          "0 past an end.")  # fmt: skip
    well_done("generalised advantage estimation")


def check_clipped(clipped: Callable[[Floats, Floats, float], Floats]) -> None:
    """PPO's objective."""
    ratios, advantages = np.array([1.5, 0.5, 1.5, 0.5, 1.1]), np.array([1.0, 1.0, -1.0, -1.0, 2.0])
    found = array(called(clipped, ratios, advantages, 0.2), "clipped", (5,))
    if np.allclose(found, ratios * advantages):
        raise NotYet("Nothing is clipped yet: ratios outside [1 - clip, 1 + clip] should bring no more.")
    if np.allclose(found, np.clip(ratios, 0.8, 1.2) * advantages):
        raise NotYet("Take the smaller of the clipped and the unclipped: a step in the wrong direction has to be "
                     "paid in full.")  # fmt: skip
    close(found, [1.2, 0.5, -1.5, -0.8, 2.2], "min(ratio * A, clip(ratio, 1 - clip, 1 + clip) * A), step by step.")
    well_done("a gain is capped, a loss is not")


def check_ids(encode: Callable[[Sequence[str]], Floats]) -> None:
    """An encoder that tells texts apart and knows no language."""
    texts = ["tax", "taxes", "tennis", "A weekday morning on a phone.", "I love tennis."]
    found = array(called(encode, texts), "encode", (5, 384))
    if not np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-3):
        raise NotYet("Every vector has length 1: divide each row by its norm.")
    again = array(called(encode, [*texts[::-1], "tax"]), "encode", (6, 384))
    if not np.allclose(again, found[[4, 3, 2, 1, 0, 0]], atol=1e-6):
        raise NotYet("A text has one vector, alone or in any batch and order: seed a generator from the text itself.")
    cosines = np.abs(found.astype(float) @ found.T.astype(float) - np.eye(5)).max()
    if cosines > 0.3:
        raise NotYet(f"Two different texts have a cosine of {cosines:.2f}. Directions drawn at random have nearly "
                     "none: every text needs a seed of its own.")  # fmt: skip
    well_done("an encoder for which nothing is alike")


def check_added(added: Callable[[Floats, Floats], tuple[float, float]]) -> None:
    """A paired difference with its interval."""
    one, two = np.array([10.0, 20.0, 33.0, 41.0]), np.array([9.0, 18.0, 30.0, 35.0])
    found = called(added, one, two)
    if not isinstance(found, tuple) or len(found) != 2:
        raise NotYet("Return both: the mean difference and half of its interval.")
    close(number(found[0], "mean difference"), 3.0, "The mean of with_language - without.")
    width = number(found[1], "half width")
    if width > 10:
        raise NotYet("That is the spread between users. Take the differences first: the pairs share what makes users "
                     "differ.")  # fmt: skip
    if np.isclose(width, 1.96 * np.std(one - two) / 2):
        raise NotYet("Divide the squares by n - 1: the mean was estimated from the same differences (ddof=1).")
    close(width, 1.96 * np.std(one - two, ddof=1) / 2, "1.96 * standard deviation of the differences / sqrt(n).")
    well_done("a difference, and how sure it is")

"""Rollouts: what many lanes lived through side by side, and the returns that follow. Shared by own agents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.deep.seen import Seen, seen
from baselines.interaction import interact
from baselines.task import Task
from recgym.env import RecVectorEnv

Kept = dict[str, NDArray[Any]]
Act = Callable[[Seen, float], tuple[NDArray[Any], Kept]]
VALUE = "value"


@dataclass(frozen=True, eq=False)
class Rollout:
    """A number of steps in all lanes; every array of the steps has the leading axes (length, num_envs)."""

    steps: dict[str, NDArray[Any]]
    """What `Seen` has; action, reward, terminated, truncated, real; clicked (length, num_envs, slate_size) and slate,
    positions among the candidates, -1 for an empty slot; and what the agent kept."""
    value: NDArray[np.float64]
    """(length + 1, num_envs) what the agent expected before every step, and after the last."""
    taken: int
    """Steps of the training so far."""
    done: float
    """Share of the training that is over."""

    def returns(self, discount: float, trace: float) -> NDArray[np.float64]:
        """(length, num_envs) lambda-returns: with `trace` 0 one step's reward and a value, with 1 all rewards.

        Sutton & Barto (2018), equation 12.18, with the value of a state as the agent's policy has it; so does the
        parallelised Q-network (Gallici et al., ICLR 2025).
        """
        reward, terminated, truncated = (self.steps[name] for name in ("reward", "terminated", "truncated"))
        returns = np.empty(reward.shape)
        later = self.value[-1]
        for step in reversed(range(len(reward))):
            value = self.value[step + 1]
            later = np.where(truncated[step], value, (1 - trace) * value + trace * later)
            returns[step] = later = reward[step] + discount * np.where(terminated[step], 0.0, later)
        return returns

    def rows(self, **more: NDArray[Any]) -> Mapping[str, NDArray[Any]]:
        """All steps in which a slate was shown, in one row each; `more` is as the arrays of the steps."""
        return {name: values[self.steps["real"]] for name, values in (self.steps | more).items()}


def rollouts(env: RecVectorEnv, act: Act, task: Task, length: int) -> Iterator[Rollout]:
    """The task's steps in pieces of `length` steps of all lanes, the last one shorter.

    Args:
        env: With whole slates at every step.
        act: Gives actions for what is seen when a share of the training is over, and what to keep of the step: "value"
            (num_envs,), and whatever else the agent learns from.
        task: Says how many steps, from which session on, and whom to tell.
        length: Steps. A session should fit in, so that a piece is no single phase of all lanes' sessions.
    """
    done, kept, pieces = 0.0, Kept(), []

    def choose(observations: Any) -> NDArray[Any]:
        nonlocal kept
        view = seen(env)
        actions, kept = act(view, done)
        kept |= view._asdict()
        return actions

    for step in interact(env, choose, task.steps, task.first_session, task.session):
        taken, done = step.steps, min(step.steps / task.steps, 1.0)
        pieces.append(kept | {
            "action": step.actions, "reward": step.reward, "terminated": step.terminated, "truncated": step.truncated,
            "real": step.shown, "clicked": step.info["clicked"],
            "slate": positions(step.before["candidates"], step.info["slate"]),
        })  # fmt: skip
        if len(pieces) == length or done == 1.0:
            steps = {name: np.stack([piece[name] for piece in pieces]) for name in pieces[0]}
            last = act(seen(env), done)[1][VALUE]
            yield Rollout(steps, np.concatenate((steps.pop(VALUE), last[None])).astype(np.float64), taken, done)
            pieces = []


def positions(candidates: NDArray[np.int64], slates: NDArray[np.int64]) -> NDArray[np.int64]:
    """(num_envs, slate_size) where the items of `slates` stand among the candidates; -1 where they do not."""
    found = candidates[:, None] == slates[..., None]
    return np.where(found.any(axis=2), found.argmax(axis=2), -1)

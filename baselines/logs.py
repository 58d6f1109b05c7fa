"""Logs of sessions: what collaborative filtering learns from, recorded by a policy whose propensities are known."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from baselines.files import read_arrays, write_arrays
from baselines.heuristics import actions_from_scores, heuristic
from baselines.interaction import interact
from baselines.recommender import Recommender
from baselines.task import Task, require_domain
from recgym.actions import allowed_positions
from recgym.dynamics import History
from recgym.env import RecVectorEnv
from recgym.state import State

LIKED = History.EVENTS.index("clicked")  # a click that did not disappoint, or more


@dataclass(frozen=True, eq=False)
class SessionLog:
    """Pages that were shown, session by session, each session in its order.

    Items are catalogue rows; -1 is an empty slot.
    """

    num_items: int  # of the catalogue
    session: NDArray[np.int64]  # (num_pages,) from 0, rising
    page: NDArray[np.int64]  # (num_pages,) from 0 in every session
    candidates: NDArray[np.int64]  # (num_pages, num_candidates)
    slate: NDArray[np.int64]  # (num_pages, slate_size)
    propensity: NDArray[np.float64]  # (num_pages,) chance of this very slate
    reward: NDArray[np.float64]  # (num_pages,)
    clicked: NDArray[np.bool_]  # (num_pages, slate_size), as what follows
    stayed: NDArray[np.bool_]  # clicked, and not disappointed: what counts as liked
    saved: NDArray[np.bool_]  # the domain's first event, such as carted or shared
    committed: NDArray[np.bool_]  # its second, such as purchased or subscribed

    def likes(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Sessions and items of what was liked, both (num_likes,), in order."""
        pages, slots = np.nonzero(self.stayed & (self.slate >= 0))
        return self.session[pages], self.slate[pages, slots]

    def popularity(self, prior: float = 20.0) -> NDArray[np.float64]:
        """(num_items,) share of an item's showings that were liked, drawn to the mean by so many showings more."""
        shown = np.bincount(self.slate[self.slate >= 0], minlength=self.num_items)
        liked = np.bincount(self.likes()[1], minlength=self.num_items)
        return (liked + prior * liked.sum() / max(shown.sum(), 1)) / (shown + prior)

    def save(self, path: Path) -> None:
        """Write it as NPZ."""
        write_arrays(path, {field.name: np.asarray(getattr(self, field.name)) for field in fields(self)})

    @classmethod
    def load(cls, path: Path) -> SessionLog:
        """What `save` wrote."""
        arrays = read_arrays(path)
        return cls(int(arrays.pop("num_items")), **arrays)


class LoggingPolicy(Protocol):
    """Says what to show, and how probable that was."""

    def act(self, env: RecVectorEnv, observations: Any) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Slates as positions (num_envs, slate_size), and their propensities (num_envs,)."""


class EpsilonMixed:
    """Shows what another recommender would, or with chance `epsilon` any allowed slate, all alike.

    GeMS too learns from logs of a policy that is random half of the time (Deffayet et al., WSDM 2023).
    """

    def __init__(self, recommender: Recommender, epsilon: float, seed: int) -> None:
        if not 0 <= epsilon <= 1:
            raise ValueError(f"epsilon: expected 0 to 1, got {epsilon}")
        self.recommender, self.epsilon = recommender, epsilon
        self._rng = np.random.default_rng(seed)

    def act(self, env: RecVectorEnv, observations: Any) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        preferred = self.recommender.act(env, observations)
        allowed = allowed_positions(env.state)
        drawn = actions_from_scores(env, self._rng.uniform(size=allowed.shape))
        explores = self._rng.uniform(size=len(allowed)) < self.epsilon
        slates = np.where(explores[:, None], drawn, preferred)
        num_slates = np.array([math.perm(count, preferred.shape[1]) for count in allowed.sum(axis=1).tolist()])
        return slates, self.epsilon / num_slates + (1 - self.epsilon) * (slates == preferred).all(axis=1)


def record(env: RecVectorEnv, policy: LoggingPolicy, steps: int, seed: int) -> SessionLog:
    """The log of so many pages, or a few more, in `env` with action="slate"; sessions that were cut short included."""
    propensity = np.zeros(env.num_envs)

    def act(observations: Any) -> NDArray[np.int64]:
        nonlocal propensity
        slates, propensity = policy.act(env, observations)
        return slates

    saved, committed = env.simulator.response.parameters.EVENTS
    session, number = np.arange(env.num_envs), env.num_envs
    pages: list[dict[str, NDArray[Any]]] = []
    for step in interact(env, act, steps, seed):
        info, clicked = step.info, step.info["clicked"]
        columns = {
            "session": session, "page": step.before["step"], "candidates": step.before["candidates"],
            "slate": info["slate"], "propensity": propensity, "reward": step.reward, "clicked": clicked,
            "stayed": clicked & ~info["disappointed"], "saved": info[saved], "committed": info[committed],
        }  # fmt: skip
        pages.append({name: values[step.shown] for name, values in columns.items()})
        over = np.flatnonzero(step.terminated | step.truncated)
        session = session.copy()
        session[over] = number + np.arange(len(over))
        number += len(over)
    joined = {name: np.concatenate([page[name] for page in pages]) for name in pages[0]}
    order = np.lexsort((joined["page"], joined["session"]))
    return SessionLog(env.simulator.items.num_items, **{name: values[order] for name, values in joined.items()})


def record_for(task: Task, name: str, epsilon: float, shows: str, num_envs: int = 64) -> SessionLog:
    """The log that a task's steps buy for the baseline `name`: of the heuristic `shows`, mixed with random slates."""
    env = task.slates(num_envs)
    require_domain(env, name)
    policy = EpsilonMixed(heuristic(shows, env), epsilon, task.seed)
    log = record(env, policy, task.steps, task.first_session)
    task.progress(task.steps, None)
    return log


def liked_items(state: State) -> NDArray[np.int64]:
    """(num_envs, history_length * slate_size) what users liked of the last pages, the oldest first, -1 elsewhere."""
    liked = np.where(state["history_events"] >= LIKED, state["history_items"], -1)
    return liked.reshape(state.num_envs, -1)

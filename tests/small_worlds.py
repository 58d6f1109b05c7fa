"""Worlds of two items and equal users, put together from the real components: small enough for exact planning."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from recgym.items import Items
from recgym.randomness import BatchRNG
from recgym.simulator import Simulator
from recgym.state import State
from recgym.testing import random_items


class SameUser:
    """A population of one: nobody has a need, nothing satiates, all that differs is what the dynamics move."""

    def sample(self, rng: BatchRNG) -> State:
        num_envs = len(rng.keys)
        state = State(step=np.zeros(num_envs, dtype=np.int64), interest_item=np.zeros(num_envs, dtype=np.int64))
        state["need"] = np.full(num_envs, -1)
        state["price_sensitivity"] = np.ones(num_envs)
        for name in ("readiness", "reference_price", "patience"):
            state[name] = np.zeros(num_envs)
        state["interest"] = np.zeros((num_envs, 4), dtype=np.float32)
        state["taste"] = np.zeros((num_envs, 3))
        state["satiation"] = np.zeros((num_envs, 2), dtype=np.float32)
        state["trust"] = np.full(num_envs, 0.5)
        return state


class BothItems:
    """Retrieval and features of a world with two items."""

    num_candidates = 2
    names = ("nothing",)

    def draw(self, state: State, rng: BatchRNG) -> np.ndarray:
        return np.tile([0, 1], (state.num_envs, 1))

    def of(self, state: State, rows: np.ndarray) -> np.ndarray:
        return np.zeros((*rows.shape, 1), dtype=np.float32)


def two_items(**traits: tuple[float, float]) -> Items:
    """Two items with these visible traits and no others; quality and value 0."""
    items = random_items(num_items=2, num_categories=2)
    return dataclasses.replace(
        items,
        visible=np.array(list(traits.values())).T.copy(), visible_names=tuple(traits),
        hidden=np.zeros((2, 2)), hidden_names=("quality", "value"), taste=np.zeros((2, 3)),
    )  # fmt: skip


def play(
    world: Simulator, choose: Callable[[State, int], np.ndarray], horizon: int, num_sessions: int, seed: int
) -> np.ndarray:
    """(num_sessions,) returns of `horizon` pages with the one item that `choose` names for every lane."""
    rng = BatchRNG(np.random.default_rng(seed).integers(2**64, size=num_sessions, dtype=np.uint64))
    state = world.reset(rng)
    returns, there = np.zeros(num_sessions), np.ones(num_sessions, dtype=bool)
    for step in range(horizon):
        transition = world.step(state, choose(state, step)[:, None], rng)
        returns += transition.reward * there
        there &= ~transition.terminated
        state = transition.state
    return returns

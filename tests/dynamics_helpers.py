"""States, and pages with their responses: what the tests of the dynamics put together by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from recgym.dynamics import Dynamics
from recgym.response import Funnel, Response
from recgym.state import State
from recgym.testing import random_items

ITEMS = random_items()  # categories 0, 1, 2, 0, 1, 2, ...
NO_UNIFORMS = np.zeros((1, 0))
FLAGS = ("clicked", "stayed", "carted", "purchased")


def page(slate, *, clicked=(), stayed=(), carted=(), purchased=(), stars=3.0, need=-1) -> tuple[np.ndarray, Response]:
    """One lane's slate and what was done with the slots named; later stages imply a click."""
    slates = np.array([slate])
    slots = {"clicked": {*clicked, *stayed, *carted, *purchased}, "stayed": {*stayed},
             "carted": {*carted, *purchased}, "purchased": {*purchased}}  # fmt: skip
    flags = {name: np.isin(np.arange(len(slate)), list(slots[name]))[None] for name in FLAGS}
    rating = np.where(flags["purchased"], stars, 0.0)
    nothing = np.zeros(slates.shape)
    needed = (ITEMS.categories[slates] == need) & (need >= 0)
    return slates, Response(**flags, rating=rating, examination=nothing, seconds=nothing, appeal=nothing,
                            funnel=Funnel(*[nothing] * 5, needed))


def lane(**values: object) -> State:
    """The state of one lane."""
    return State({name: np.array([value]) for name, value in ({"step": 0} | values).items()})


def moved(part, before: State, done: tuple[np.ndarray, Response], u=NO_UNIFORMS, **already: object) -> State:
    """The state after one page; `already` is what the parts before this one have written."""
    after = State({name: values.copy() for name, values in before.items()})
    after.update({name: np.array([value]) for name, value in already.items()})
    part.step(before, after, *done, np.asarray(u, dtype=float).reshape(1, -1))
    return after


def one_slot(
    rows: np.ndarray, clicked: np.ndarray | None = None, stayed: np.ndarray | None = None
) -> tuple[np.ndarray, Response]:
    """Pages of one item, and the lanes that clicked on it and were pleased, all (num_envs,).

    All lanes click unless `clicked` says which, and a click pleases unless `stayed` says whom.
    """
    clicks = (np.ones(len(rows), dtype=bool) if clicked is None else clicked)[:, None]
    no, nothing = np.zeros_like(clicks), np.zeros(clicks.shape)
    return rows[:, None], Response(
        clicked=clicks, stayed=clicks if stayed is None else stayed[:, None], carted=no, purchased=no, rating=nothing,
        examination=nothing, seconds=nothing, appeal=nothing, funnel=Funnel(*[nothing] * 5, no),
    )  # fmt: skip


def all_moved(
    parts: Sequence[Dynamics], before: State, done: tuple[np.ndarray, Response], rng: np.random.Generator
) -> State:
    """The states of all lanes after a page, as the parts leave them one after the other."""
    after = State(before)
    for part in parts:
        part.step(before, after, *done, rng.random((before.num_envs, part.num_uniforms)))
    return after


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))

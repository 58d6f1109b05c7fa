"""What learners know, and how they learn and forget it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Flags, Floats, Ints, Singles, kernel
from recgym.courses import Courses
from recgym.response import Funnel, Response
from recgym.state import State


@dataclass(frozen=True, eq=False)
class Knowledge:
    """Knowledge tracing on a graph of skills, with a zone of proximal development and forgetting.

    An item that is tried teaches a step of its skill with the chance
    teaches x exp(-(difficulty - ability - stretch)^2 / (2 width^2)) x (alone + (1 - alone) x grounded),
    where `grounded` is how much is known on average of what the skill requires; with one step this is
    Bayesian knowledge tracing's learned or not (Corbett & Anderson, 1995). What was learned is recalled with probability
    2^(-days / half-life) (half-life regression, Settles & Meeder, ACL 2016); what is solved is recalled again, and the more it
    had been forgotten, the longer it will last: practice is worth most when it is spaced.

    Writes: learned (num_envs, num_skills) float32, multiples of 1 / steps in [0, 1]; recall (num_envs, num_skills) float32
    in (0, 1]; half_life (num_envs, num_skills) float32, days.
    """

    items: Courses
    reach: NDArray[np.float64]  # (number of stages of life,) up to which level a learner knows the skills
    steps: int = 3
    """In which a skill is learned."""
    span: float = 3.0
    stretch: float = 0.5
    """How far above one's ability one learns most."""
    width: float = 1.0
    alone: float = 0.15
    """Share of the chance to learn that is left without what the skill requires."""
    failed: float = 0.25
    """Share of it that is left where the item is not solved or understood."""
    growth: float = 3.0
    """Of the half-life by practice of what was forgotten."""
    first_half_life: float = 15.0
    old_half_life: float = 80.0
    """Of what a learner knows from before."""
    longest: float = 300.0
    num_uniforms: ClassVar[int] = 16

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        shape = (state.num_envs, len(self.items.levels))
        for name in ("learned", "recall", "half_life"):
            state[name] = np.ones(shape, dtype=np.float32)
        _start(state["learned"], state["half_life"], state["favourites"], self.reach[state["stages"]], u, self.items.levels,
               self.items.needs, self._order, self._departments, self.steps, self.first_half_life, self.old_half_life)  # fmt: skip

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        for name in ("learned", "recall", "half_life"):
            after[name] = before[name].copy()
        _learn(after["learned"], after["recall"], after["half_life"], after["days_away"], slates, response.clicked,
               response.stayed, u, self.items.categories, self.items.relative_difficulty, self.items.teaches,
               self._practice, self.items.needs, self._constants)  # fmt: skip

    def gain(self, state: State, shown: NDArray[np.int64], funnel: Funnel) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Expected gain in what is known of an item's skill, and of its half-life, by examining the item."""
        gain, lasting = np.zeros(shown.shape), np.zeros(shown.shape)
        _gain(shown, state["learned"], state["recall"], funnel.click, funnel.stay, self.items.categories,
              self.items.relative_difficulty, self.items.teaches, self._practice, self.items.needs, self._constants,
              gain, lasting)
        return gain, lasting

    def effects(self, state: State, shown: NDArray[np.int64], funnel: Funnel) -> dict[str, NDArray[np.float64]]:
        gain, lasting = self.gain(state, shown, funnel)
        goal, ground = self.weights(state, shown)
        return {"goal": self.steps * goal * gain, "groundwork": self.steps * ground * gain, "lasting": goal * lasting}

    def weights(self, state, shown):
        skill = self.items.categories[shown]
        fav = state["favourites"]
        goal = (skill[:, :, None] == fav[:, None, :]).sum(axis=2).astype(float)
        missing = 1 - np.take_along_axis(state["learned"], fav, axis=1).astype(float)
        ground = (self.items.leads[fav[:, None, :], skill[:, :, None]] * missing[:, None, :]).sum(axis=2) * (goal == 0)
        return goal, ground

    def __post_init__(self) -> None:
        object.__setattr__(self, "_constants", np.array((self.steps, self.span, self.stretch, self.width, self.alone, self.failed, self.growth, self.longest)))
        object.__setattr__(self, "_practice", self.items.trait("exercise"))
        requires = self.items.requires
        order, done = [], np.zeros(len(requires), bool)
        while not done.all():
            ready = ~done & ~(requires & ~done).any(axis=1)
            order += np.flatnonzero(ready).tolist()
            done |= ready
        object.__setattr__(self, "_order", np.array(order))
        object.__setattr__(self, "_departments", np.arange(len(requires)) % 16)


@kernel
def _start(learned, half_life, favourites, reach, u, levels, needs, order, departments, steps, first, old):
    for lane in range(len(learned)):
        for skill in order:
            known = reach[lane] + 2.0 * u[lane, departments[skill]] - 1.0 - levels[skill] + 1.0
            known = min(max(known, 0.0), 1.0)
            for goal in favourites[lane]:
                if goal == skill:
                    known = 0.0
            known = min(known, _grounded(learned[lane], learned[lane], needs[skill]))
            learned[lane, skill] = np.floor(known * steps) / steps
            half_life[lane, skill] = old if learned[lane, skill] > 0 else first


@kernel
def _grounded(learned, recall, needs):
    total, count = 0.0, 0
    for need in needs:
        if need >= 0:
            total += learned[need] * recall[need]
            count += 1
    return total / count if count else 1.0


@kernel
def _chance(learned, recall, skill, difficulty, teaches, needs, constants):
    _, span, stretch, width, alone, failed, growth, longest = constants
    if learned[skill] >= 1.0:
        return 0.0
    harder = difficulty - span * (np.float64(learned[skill]) * recall[skill] - 0.5)
    zone = np.exp(-((harder - stretch) ** 2) / (2 * width**2))
    return teaches * zone * (alone + (1 - alone) * _grounded(learned, recall, needs[skill]))


@kernel
def _learn(learned, recall, half_life, days_away, slates, clicked, stayed, u, categories, difficulty, teaches, practice, needs, constants):
    steps, failed, growth, longest = constants[0], constants[5], constants[6], constants[7]
    for lane in range(len(learned)):
        for slot in range(slates.shape[1]):
            if not clicked[lane, slot]:
                continue
            item = slates[lane, slot]
            skill = categories[item]
            chance = _chance(learned[lane], recall[lane], skill, difficulty[item], teaches[item], needs, constants)
            if not stayed[lane, slot]:
                chance *= failed
            if u[lane, slot] < chance:
                learned[lane, skill] = min(learned[lane, skill] + 1 / steps, 1.0)
            if stayed[lane, slot]:
                forgotten = 1.0 - recall[lane, skill]
                half_life[lane, skill] = min(half_life[lane, skill] * (1 + growth * practice[item] * forgotten), longest)
                recall[lane, skill] += min(2*teaches[item],1) * forgotten
        if days_away[lane] > 0:
            for skill in range(learned.shape[1]):
                if learned[lane, skill] > 0:
                    recall[lane, skill] *= np.exp2(-days_away[lane] / half_life[lane, skill])


@kernel
def _gain(shown, learned, recall, click, stay, categories, difficulty, teaches, practice, needs, constants, gain, lasting):
    steps, failed, growth, longest = constants[0], constants[5], constants[6], constants[7]
    for lane in range(len(learned)):
        for slot in range(shown.shape[1]):
            item = shown[lane, slot]
            skill = categories[item]
            chance = _chance(learned[lane], recall[lane], skill, difficulty[item], teaches[item], needs, constants)
            stays = stay[lane, slot]
            forgotten = 1.0 - recall[lane, skill]
            gain[lane, slot] = click[lane, slot] * (chance * (stays + (1 - stays) * failed) / steps * recall[lane, skill]
                + stays * learned[lane, skill] * min(2*teaches[item],1) * forgotten)
            lasting[lane, slot] = click[lane, slot] * stays * practice[item] * forgotten * learned[lane, skill]

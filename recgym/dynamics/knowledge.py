"""What learners know, how they learn it and how they forget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Flags, Floats, Ints, Singles, kernel
from recgym.courses import Courses, beyond_ability
from recgym.response import Funnel, Response
from recgym.state import State


class Gains(NamedTuple):
    """What examining an item is expected to change, each (num_envs, num_shown)."""

    known: NDArray[np.float64]  # what is known of its skill: learned x recall
    learned: NDArray[np.float64]  # what was learned of it
    lasting: NDArray[np.float64]  # its half-life: relative growth, times what was learned


@dataclass(frozen=True, eq=False)
class Knowledge:
    """Knowledge tracing on a graph of skills, with a zone of proximal development, forgetting and spaced practice.

    A skill is learned in steps. An item that is tried teaches one with the chance
    teaches x exp(-(difficulty - ability - stretch)^2 / (2 width^2)) x (alone + (1 - alone) x grounded),
    where `grounded` is how much was learned of what the skill requires; with one step a skill is learned or not, as in
    Bayesian knowledge tracing (Corbett & Anderson, 1995). After some days it is recalled with the chance
    2^(-days / half-life) (half-life regression: Settles & Meeder, ACL 2016). What teaches brings it back to mind, and
    what practises makes it last the longer the more had been forgotten.

    Writes: learned (num_envs, num_skills) float32 in [0, 1], recall (num_envs, num_skills) float32 in (0, 1]: their
    product is what is known; half_life (num_envs, num_skills) float32, days.
    """

    items: Courses
    reach: NDArray[np.float64]  # (number of stages of life,) the level at which a skill is half known at first
    statement: str
    """State variable that indexes `reach`: what learners say about their stage of life."""
    gaps: float = 3.0
    """Levels between those who know most and least at first, drawn for each skill."""
    steps: int = 4
    """In which a skill is learned."""
    stretch: float = 0.5
    """How far above one's ability one learns most."""
    width: float = 1.6
    """Of the zone in which one learns."""
    alone: float = 0.05
    """Share of the chance to learn that is left where nothing was learned of what the skill requires."""
    failed: float = 0.6
    """Share of it that is left where the item is not solved or understood."""
    growth: float = 4.0
    """Of a half-life by practice of what was all but forgotten."""
    new_half_life: float = 12.0
    old_half_life: float = 80.0
    """Of what learners know at first."""
    longest: float = 300.0
    """Half-life in days."""
    num_uniforms: ClassVar[int] = 16  # a page teaches the first 16 items that are tried

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        for name in ("learned", "recall", "half_life"):
            state[name] = np.ones((state.num_envs, self.items.num_skills), dtype=np.float32)
        _start(state["learned"], state["half_life"], state["favourites"], self.reach[state[self.statement]], u,
               self.items.levels, self.gaps, self.steps, self.new_half_life, self.old_half_life)  # fmt: skip

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        for name in ("learned", "recall", "half_life"):
            after[name] = before[name].copy()
        _learn(after["learned"], after["recall"], after["half_life"], after["days_away"], slates, response.clicked,
               response.stayed, u, *self._courses, self._constants)  # fmt: skip

    def gains(self, state: State, shown: NDArray[np.int64], funnel: Funnel) -> Gains:
        """What examining `shown` items is expected to change on this page, before days away."""
        gains = Gains(np.zeros(shown.shape), np.zeros(shown.shape), np.zeros(shown.shape))
        _gain(shown, state["learned"], state["recall"], funnel.click, funnel.stay, *self._courses, self._constants,
              *gains)  # fmt: skip
        return gains

    def effects(self, state: State, shown: NDArray[np.int64], funnel: Funnel) -> dict[str, NDArray[np.float64]]:
        """goal: steps learned of goals; groundwork: of what these require and lack; refreshed: what is known again of
        goals; lasting: growth of their half-lives."""
        gains, goals, skills = self.gains(state, shown, funnel), state["favourites"], self.items.categories[shown]
        is_goal = _is_goal(skills, goals)
        leads = np.take_along_axis(self._missing_on_the_way(state), skills, axis=1)
        return {
            "goal": self.steps * gains.learned * is_goal,
            "groundwork": self.steps * gains.learned * leads * ~is_goal,
            "refreshed": (gains.known - gains.learned) * is_goal,
            "lasting": gains.lasting * is_goal,
        }

    def _missing_on_the_way(self, state: State) -> NDArray[np.float64]:
        """(num_envs, num_skills) how much a skill helps with goals: 1/2 each of two that a goal requires which is not
        learned at all, and a share of that what these require and lack."""
        share = self.items.requires / np.maximum(self.items.requires.sum(axis=1, keepdims=True), 1)
        missing = 1.0 - state["learned"].astype(np.float64)
        helps, on = np.zeros(missing.shape), np.zeros(missing.shape)
        np.put_along_axis(on, state["favourites"], 1.0, axis=1)
        while on.any():
            on = np.einsum("ns,so->no", on * missing, share)
            helps += on
        return helps

    def goal_gain(self, state: State, shown: NDArray[np.int64], funnel: Funnel) -> NDArray[np.float64]:
        """(num_envs, num_shown) what examining an item is expected to add to `goals_known`."""
        goals = state["favourites"]
        return self.gains(state, shown, funnel).known * _is_goal(self.items.categories[shown], goals) / goals.shape[1]

    def goals_known(self, state: State) -> NDArray[np.float64]:
        """(num_envs,) share of the favourites that is known."""
        known = np.empty(state.num_envs)
        _goals_known(state["favourites"], state["learned"], state["recall"], known)
        return known

    def __post_init__(self) -> None:
        constants = (self.steps, self.stretch, self.width, self.alone, self.failed, self.growth, self.longest)
        object.__setattr__(self, "_constants", np.array(constants))
        items = self.items
        courses = (items.categories, items.difficulty, items.teaches, items.practises, items.before)
        object.__setattr__(self, "_courses", courses)


def _is_goal(skills: NDArray[np.int64], goals: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(num_envs, num_shown) which of the `skills` of that shape are among the `goals` (num_envs, num_goals)."""
    return (skills[:, :, None] == goals[:, None, :]).any(axis=2)


@kernel
def _start(
    learned: Singles, half_life: Singles, favourites: Ints, reach: Floats, u: Floats, levels: Floats, gaps: float,
    steps: int, new: float, old: float,
) -> None:  # fmt: skip
    """Skills of a level below the reach are known, in whole steps and with gaps; goals are what is not known yet."""
    for lane in range(len(learned)):
        for skill in range(learned.shape[1]):
            known = 0.5 + reach[lane] - levels[skill] + gaps * (u[lane, skill % u.shape[1]] - 0.5)
            learned[lane, skill] = np.floor(min(max(known, 0.0), 1.0) * steps) / steps
        for goal in favourites[lane]:
            learned[lane, goal] = 0.0
        for skill in range(learned.shape[1]):
            half_life[lane, skill] = old if learned[lane, skill] > 0 else new


@kernel
def _grounded(learned: Singles, before: Ints) -> float:
    """Mean of what was learned of the skills `before` ((any length,), -1 where there are no more)."""
    total, count = 0.0, 0
    for skill in before:
        if skill >= 0:
            total += learned[skill]
            count += 1
    return total / count if count > 0 else 1.0


@kernel
def _chance(
    learned: Singles, recall: Singles, skill: int, difficulty: float, teaches: float, before: Ints, constants: Floats
) -> float:  # fmt: skip
    """To learn a step from an item that is solved or understood."""
    if learned[skill] >= 1.0:
        return 0.0
    stretch, width, alone = constants[1], constants[2], constants[3]
    off = beyond_ability(difficulty, np.float64(learned[skill]) * recall[skill]) - stretch
    zone = np.exp(-off * off / (2.0 * width * width))
    return teaches * zone * (alone + (1.0 - alone) * _grounded(learned, before[skill]))


@kernel
def _learn(
    learned: Singles, recall: Singles, half_life: Singles, days_away: Floats, slates: Ints, clicked: Flags,
    stayed: Flags, u: Floats, categories: Ints, difficulty: Floats, teaches: Floats, practises: Floats, before: Ints,
    constants: Floats,
) -> None:  # fmt: skip
    steps, failed, growth, longest = constants[0], constants[4], constants[5], constants[6]
    for lane in range(len(learned)):
        tried = 0
        for slot in range(slates.shape[1]):
            if not clicked[lane, slot] or tried == u.shape[1]:
                continue
            item = slates[lane, slot]
            skill = categories[item]
            chance = _chance(learned[lane], recall[lane], skill, difficulty[item], teaches[item], before, constants)
            if u[lane, tried] < chance * (1.0 if stayed[lane, slot] else failed):
                learned[lane, skill] = np.rint(learned[lane, skill] * steps + 1.0) / steps
            tried += 1
            if stayed[lane, slot]:
                forgotten = 1.0 - np.float64(recall[lane, skill])
                lasts = half_life[lane, skill] * (1.0 + growth * practises[item] * forgotten)
                half_life[lane, skill] = min(lasts, longest)
                recall[lane, skill] += teaches[item] * forgotten
        if days_away[lane] > 0:
            for skill in range(learned.shape[1]):
                if learned[lane, skill] > 0:
                    recall[lane, skill] *= np.exp2(-days_away[lane] / half_life[lane, skill])


@kernel
def _gain(
    shown: Ints, learned: Singles, recall: Singles, click: Floats, stay: Floats, categories: Ints, difficulty: Floats,
    teaches: Floats, practises: Floats, before: Ints, constants: Floats, known: Floats, more: Floats,
    lasting: Floats,
) -> None:  # fmt: skip
    steps, failed, growth = constants[0], constants[4], constants[5]
    for lane in range(len(learned)):
        for slot in range(shown.shape[1]):
            item = shown[lane, slot]
            if item < 0:
                continue
            skill, stays = categories[item], stay[lane, slot]
            chance = _chance(learned[lane], recall[lane], skill, difficulty[item], teaches[item], before, constants)
            has, recalled = np.float64(learned[lane, skill]), np.float64(recall[lane, skill])
            back = teaches[item] * (1.0 - recalled)
            # Solved: (has + chance / steps) x (recalled + back); failed: only a step may be gained.
            solved = (has + chance / steps) * (recalled + back) - has * recalled
            unsolved = failed * chance / steps * recalled
            known[lane, slot] = click[lane, slot] * (stays * solved + (1.0 - stays) * unsolved)
            more[lane, slot] = click[lane, slot] * (stays + (1.0 - stays) * failed) * chance / steps
            lasting[lane, slot] = click[lane, slot] * stays * growth * practises[item] * (1.0 - recalled) * has


@kernel
def _goals_known(goals: Ints, learned: Singles, recall: Singles, known: Floats) -> None:
    for lane in range(len(known)):
        total = 0.0
        for goal in goals[lane]:
            total += np.float64(learned[lane, goal]) * recall[lane, goal]
        known[lane] = total / goals.shape[1]

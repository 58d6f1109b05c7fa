"""The policies of the classics that need no learning: from the simplest one to a planner that knows the model.

They speak in slates, or fill one slot by slot: in the slate and the sequential view. Planners know the model's
constants, the others say what they look at in their names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from baselines.files import write_json
from baselines.heuristics import SAVED, actions_from_scores
from baselines.oracles import MYOPIC, REFERENCE
from baselines.recommender import Recommender
from baselines.task import Unsuitable
from recgym.actions import SequentialAction, SlateAction
from recgym.classics import Boredom, Classic, InterestEvolution, InterestExploration, LongTermSatisfaction
from recgym.classics.boredom_sparing import sparing_slates
from recgym.classics.exploration_planner import BeliefPlanner
from recgym.classics.long_term_satisfaction import SatisfactionPlanner
from recgym.env import RecVectorEnv
from recgym.sessions import settings_class
from recgym.state import State

QUALITY = "highest quality (privileged)"
MINUTE_VALUE = 1.39  # reward of a minute of budget in interest evolution, found by search


class _ByName:
    """What all have in common: the model's constants make them anew, so their name is all there is to keep."""

    name: str

    def save(self, folder: Path) -> None:
        """Write the name."""
        write_json(folder / SAVED, {"name": self.name})


@dataclass(frozen=True)
class Scored(_ByName):
    """Shows the candidates of the highest scores."""

    name: str
    score: Callable[[State], NDArray[np.float64]]  # (num_envs, num_candidates)
    privileged: bool = True

    def act(self, env: RecVectorEnv, observations: Any) -> NDArray[Any]:
        """The best slate, in every view that can say it."""
        checked_view(env)
        return actions_from_scores(env, self.score(env.state))


@dataclass(frozen=True)
class Planned(_ByName):
    """Shows slates that were chosen as a whole."""

    name: str
    slates: Callable[[State], NDArray[np.int64]]  # (num_envs, slate_size) positions
    privileged: bool = True

    def act(self, env: RecVectorEnv, observations: Any) -> NDArray[Any]:
        """The slates, or what comes next of them."""
        return actions_from_slates(env, self.slates(env.state))


class Believing(_ByName):
    """Interest exploration by what users did: a belief about their type, and the best slates for clicks now and later.

    It has to see every slate of a session, from the first.
    """

    privileged = True  # it knows the types that there are

    def __init__(self, name: str, planner: BeliefPlanner, values: NDArray[np.float64]) -> None:
        self.name, self.planner, self.values = name, planner, values
        self._belief: NDArray[np.float64] = np.empty(0)
        self._seen: NDArray[np.int64] = np.empty(0, dtype=np.int64)  # steps whose response is in the belief

    def act(self, env: RecVectorEnv, observations: Any) -> NDArray[Any]:
        """The slates, or what comes next of them."""
        state = env.state
        if len(self._belief) != state.num_envs:
            self._belief, self._seen = np.empty(state.num_envs), np.zeros(state.num_envs, dtype=np.int64)
        after = self.planner.belief_after(self._belief, state["response"])
        self._belief = np.where(state["step"] > self._seen, after, self._belief)
        self._belief[state["step"] == 0] = self.planner.model.type_chances[0]
        self._seen = state["step"].copy()
        return actions_from_slates(env, self.planner.slates(self.values, self._belief, state))


def policies(classic: Classic) -> list[Recommender]:
    """All of a classic but the random one, in the order of a table; the last is the far-sighted reference."""
    return _POLICIES[type(classic)](classic)


def named(name: str, env: RecVectorEnv) -> Recommender:
    """One of the policies of a classic by its name, to act on `env`.

    Raises:
        Unsuitable: The action view cannot say every slate.
    """
    checked_view(env)
    [found] = [policy for policy in policies(env.simulator) if policy.name == name]
    return found


def variants(env_id: str) -> tuple[str, ...]:
    """The sets of constants of a classic."""
    return tuple(settings_class(gymnasium.spec(env_id).kwargs["scenario"]).VARIANTS)


def budget_slates(
    model: InterestEvolution, state: State, minute_value: float = MINUTE_VALUE, none_counts: bool = True
) -> NDArray[np.int64]:
    """The exact best slates of interest evolution, if what is left of the budget is worth `minute_value` a minute.

    Without `none_counts` no click is worth nothing, not even the rest of the session, as in RecSim's SlateQ.
    """
    watched = np.minimum(state["budget"], model.video_length)[:, None]
    value = watched + minute_value * watched * (model.extension * state["quality"] - 1.0)
    left = state["budget"][:, None]
    value += minute_value * (model.no_click_cost if none_counts else left)
    return model.choice.best_slate(model.utilities(state), value, model.slate_size)


def checked_view(env: RecVectorEnv) -> None:
    """Refuse the views that cannot say every slate.

    Raises:
        Unsuitable: It is one of them.
    """
    if not isinstance(env.sessions.view, SlateAction | SequentialAction):
        raise Unsuitable('the policies of the classics speak in slates: make the environment with action="slate"')


def actions_from_slates(env: RecVectorEnv, slates: NDArray[np.int64]) -> NDArray[np.int64]:
    """Actions that show `slates` ((num_envs, slate_size) positions)."""
    checked_view(env)
    if isinstance(env.sessions.view, SlateAction):
        return slates
    slot = (env.state["picked"] >= 0).sum(axis=1)
    return slates[np.arange(len(slates)), slot]


def _interest_evolution(model: InterestEvolution) -> list[Recommender]:
    return [
        Scored(QUALITY, lambda state: state["quality"]),
        Scored(MYOPIC.name, model.utilities),
        Planned(REFERENCE, lambda state: budget_slates(model, state)),
    ]


def _interest_exploration(model: InterestExploration) -> list[Recommender]:
    planner = BeliefPlanner(model)
    values = planner.values(True)
    return [
        Scored("highest quality", lambda state: state["quality"], privileged=False),
        Scored("told the user (privileged)", model.utilities),
        Believing(MYOPIC.name, planner, np.zeros_like(values)),
        Believing(REFERENCE, planner, values),
    ]


def _long_term_satisfaction(model: LongTermSatisfaction) -> list[Recommender]:
    planner = SatisfactionPlanner(model)
    values = planner.best(model.num_candidates)
    return [
        Scored("kale", lambda state: -state["clickbait"], privileged=False),
        Scored(MYOPIC.name, lambda state: model.expected_engagement(state["exposure"][:, None], state["clickbait"])),
        Scored(REFERENCE, lambda state: planner.worth(values, state["step"], state["exposure"], state["clickbait"])),
    ]


def _boredom(model: Boredom) -> list[Recommender]:
    return [Scored(MYOPIC.name, model.relevance), Planned(REFERENCE, lambda state: sparing_slates(model, state))]


_POLICIES: dict[type[Classic], Callable[[Any], list[Recommender]]] = {
    InterestEvolution: _interest_evolution,
    InterestExploration: _interest_exploration,
    LongTermSatisfaction: _long_term_satisfaction,
    Boredom: _boredom,
}

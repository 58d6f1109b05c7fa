"""Q-learning and SARSA with a table: few states, few actions, the long-term value of each.

A state is what a handful of the session's counters say, each cut into two or three ranges (`CUTS`). An action is a
rule by which to rank the candidates: one of their features, or the sum of two, such as similarity to the query plus
rating. So the table learns when to follow which rule. The learning itself, `Table`, knows nothing of recommendation.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.files import read_arrays, read_json, write_arrays, write_json
from baselines.heuristics import ARRAYS, SAVED, actions_from_scores
from baselines.interaction import interact
from baselines.task import Task, require_domain
from recgym.actions import ProtoAction
from recgym.compiled import Floats, Ints, kernel
from recgym.env import RecVectorEnv

# counter -> where its ranges meet
CUTS: Mapping[str, tuple[float, ...]] = {
    "has_query": (0.5,),
    "query_intent": (0.0,),
    "need_pages": (0.75,),
    "recent_clicks": (0.5,),
    "recent_contentment": (-0.2, 0.4),
}
NUM_STATES = int(np.prod([len(cuts) + 1 for cuts in CUTS.values()]))


@dataclass
class Table:
    """Values of actions in states, learned from transitions (Sutton & Barto, 2018, sections 6.4 and 6.5).

    A visit moves a value by the share visits ** -decay towards its target: with a decay above 1/2 and at most 1 the
    values converge (Even-Dar & Mansour, JMLR 2003).
    """

    values: NDArray[np.float64]  # (num_states, num_actions)
    visits: NDArray[np.int64]  # (num_states, num_actions)
    discount: float
    decay: float

    @classmethod
    def empty(cls, num_states: int, num_actions: int, discount: float, decay: float) -> Table:
        """All values 0."""
        shape = (num_states, num_actions)
        return cls(np.zeros(shape), np.zeros(shape, dtype=np.int64), discount, decay)

    def choose(self, states: NDArray[np.int64], epsilon: float, rng: np.random.Generator) -> NDArray[np.int64]:
        """(num_envs,) the best actions in `states` ((num_envs,)), and with chance `epsilon` any."""
        anything = rng.integers(self.values.shape[1], size=len(states))
        return np.where(rng.uniform(size=len(states)) < epsilon, anything, self.values[states].argmax(axis=1))

    def update(
        self, states: NDArray[np.int64], actions: NDArray[np.int64], reward: NDArray[np.float64],
        after: NDArray[np.int64], ended: NDArray[np.bool_], following: NDArray[np.int64] | None = None,
    ) -> None:  # fmt: skip
        """Learn from transitions, all arrays (num_transitions,).

        Args:
            states: Where it was.
            actions: What was done.
            reward: What that brought.
            after: Where it led.
            ended: Nothing comes after.
            following: What is done there, for SARSA; without it the best is assumed, for Q-learning.
        """
        later = self.values[after].max(axis=1) if following is None else self.values[after, following]
        targets = reward + self.discount * np.where(ended, 0.0, later)
        _move(self.values, self.visits, states, actions, targets, self.decay)


@kernel
def _move(values: Floats, visits: Ints, states: Ints, actions: Ints, targets: Floats, decay: float) -> None:
    """One after the other, because a pair may come twice."""
    for i in range(len(states)):
        state, action = states[i], actions[i]
        visits[state, action] += 1
        values[state, action] += (targets[i] - values[state, action]) * visits[state, action] ** -decay


def states_of(env: RecVectorEnv) -> NDArray[np.int64]:
    """(num_envs,) the number of each lane's state, below NUM_STATES."""
    counters = env.sessions.setting.counters
    counted = dict(zip(counters.names, counters.of(env.state).T, strict=True))
    nothing = np.zeros(env.num_envs)  # where nobody searches, nothing is counted of a query
    states = np.zeros(env.num_envs, dtype=np.int64)
    for name, cuts in CUTS.items():
        states = states * (len(cuts) + 1) + np.digitize(counted.get(name, nothing), cuts)
    return states


def rules(num_features: int) -> NDArray[np.float64]:
    """(num_rules, num_features) weights of the features: each alone, then each two together."""
    alone = np.eye(num_features)
    pairs = [alone[i] + alone[j] for i, j in itertools.combinations(range(num_features), 2)]
    return np.stack((*alone, *pairs))


def ranked_by(env: RecVectorEnv, weights: NDArray[np.float64]) -> NDArray[Any]:
    """Actions of `env` that rank the candidates by weights of their features, (num_envs, num_features) in [-1, 1]."""
    if isinstance(env.sessions.view, ProtoAction):
        return weights.astype(np.float32)
    return actions_from_scores(env, np.einsum("nmf,nf->nm", env.state["candidate_features"], weights))


@dataclass(frozen=True, eq=False)
class TabularRecommender:
    """Follows the best rule of every state."""

    name: str
    values: NDArray[np.float64]  # (NUM_STATES, num_rules)
    privileged: bool = False

    def act(self, env: RecVectorEnv, observations: Any) -> NDArray[Any]:
        """The rule with the highest value."""
        best = self.values[states_of(env)].argmax(axis=1)
        return ranked_by(env, rules(len(env.simulator.features.names))[best])

    def save(self, folder: Path) -> None:
        """Write the values."""
        write_json(folder / SAVED, {"name": self.name})
        write_arrays(folder / ARRAYS, {"values": self.values})


@dataclass(frozen=True)
class TabularControl:
    """The method of both.

    Args:
        name: Of the recommender.
        on_policy: SARSA; otherwise Q-learning.
        discount: Of the next step.
        decay: Of the learning rate; see `Table`.
        last_epsilon: Share of random actions at the end; it falls from 1 to this in the first half of the training.
        num_envs: Lanes that learn one table together.
    """

    name: str
    on_policy: bool
    discount: float = 0.95
    decay: float = 0.6
    last_epsilon: float = 0.05
    num_envs: int = 16

    def train(self, task: Task) -> TabularRecommender:
        """Learn in the task's action view."""
        env, rng = task.lanes(self.num_envs), np.random.default_rng(task.seed)
        require_domain(env, self.name)
        weights = rules(len(env.simulator.features.names))
        table = Table.empty(NUM_STATES, len(weights), self.discount, self.decay)
        recommender = TabularRecommender(self.name, table.values)
        chosen = rng.integers(len(weights), size=self.num_envs)
        states = np.zeros(0, dtype=np.int64)

        def act(observations: Any) -> NDArray[Any]:
            nonlocal states
            states = states_of(env)
            return ranked_by(env, weights[chosen])

        for step in interact(env, act, task.steps, task.first_session, task.session):
            after = states_of(env)
            following = table.choose(after, self.epsilon(step.steps / task.steps), rng)
            learned = (states, chosen, step.reward, after, step.terminated, following)
            table.update(*(values[step.real] for values in (learned if self.on_policy else learned[:-1])))
            chosen = following
            task.progress(step.steps, recommender)
        return recommender

    def epsilon(self, done: float) -> float:
        """Share of random actions when `done` of the training is."""
        return max(1.0 - 2.0 * done * (1.0 - self.last_epsilon), self.last_epsilon)

    def load(self, folder: Path, env: RecVectorEnv) -> TabularRecommender:
        """What was saved."""
        return TabularRecommender(read_json(folder / SAVED)["name"], read_arrays(folder / ARRAYS)["values"])

"""Agent: what all own agents have in common, from the training loop to the folder they come back from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.deep.networks import Descent, batches, weights_of, with_weights
from baselines.deep.rollouts import Kept, Rollout, rollouts
from baselines.deep.seen import Seen, example, seen
from baselines.files import read_arrays, write_arrays, write_json
from baselines.heuristics import ARRAYS, SAVED
from baselines.task import Task, Unsuitable
from recgym.env import RecVectorEnv

SCALE = 10.0  # of values, in a network's own units


@dataclass(frozen=True, eq=False)
class DeepRecommender:
    """Acts by what a network has learned."""

    name: str
    agent: Agent
    network: Any
    privileged: bool = False

    def act(self, env: RecVectorEnv, observations: Any) -> NDArray[Any]:
        """The agent's best actions, without exploring."""
        return self.agent.act(env, seen(env), self.network)

    def save(self, folder: Path) -> None:
        """Write the network."""
        write_json(folder / SAVED, {"name": self.name})
        write_arrays(folder / ARRAYS, weights_of(self.network))


@dataclass(frozen=True)
class Agent(ABC):
    """A method that learns a network from rollouts.

    Args:
        discount: Of the next page. At 1 nothing that keeps the user is worth less for coming late.
        trace: See `Rollout.returns`.
        hidden: Units of each of a network's two hidden layers.
        learning_rate: Of Adam at the start.
        num_envs: Lanes that learn together.
        length: Pages of a lane between two rounds of learning.
        epochs: How often a page is learned from in its round.
        batch_size: Pages.
    """

    discount: float = 1.0
    trace: float = 0.7
    hidden: int = 64
    learning_rate: float = 1e-3
    num_envs: int = 64
    length: int = 128
    epochs: int = 1
    batch_size: int = 512

    name: ClassVar[str]

    @abstractmethod
    def network(self, env: RecVectorEnv, view: Seen, seed: int) -> nn.Module:
        """An untrained network for what is seen in `env`, of which `view` tells the shapes; its numbers follow from the
        seed."""

    @abstractmethod
    def act(self, env: RecVectorEnv, view: Seen, network: Any) -> NDArray[np.int64]:
        """The best actions in `env`, of which `view` is seen."""

    @abstractmethod
    def explore(
        self, env: RecVectorEnv, view: Seen, network: Any, done: float, rng: np.random.Generator
    ) -> tuple[NDArray[np.int64], Kept]:
        """What to do when a share of the training is over, and what to keep of it; see `rollouts`."""

    @abstractmethod
    def loss(self, network: Any, batch: dict[str, Tensor]) -> Tensor:
        """What to make small; the batch has what a `Rollout` has, and "target", the returns in units of SCALE."""

    def rows(self, rollout: Rollout) -> Mapping[str, NDArray[Any]]:
        """What to learn from: all pages of a rollout."""
        return rollout.rows(target=rollout.returns(self.discount, self.trace) / SCALE)

    def train(self, task: Task) -> DeepRecommender:
        """Learn from the pages of the task's steps: whole slates, or the lead items of slates."""
        rng = np.random.default_rng(task.seed)
        env = task.lanes(self.num_envs) if task.view == "item" else task.slates(self.num_envs)
        network = self.network(env, example(env), task.seed)
        recommender, descent = DeepRecommender(self.name, self, network), Descent(network, self.learning_rate)

        def act(view: Seen, done: float) -> tuple[NDArray[np.int64], Kept]:
            return self.explore(env, view, network, done, rng)

        for rollout in rollouts(env, act, task, self.length):
            found = batches(self.rows(rollout), self.batch_size, self.epochs, rng)
            descent.learn(lambda batch: self.loss(network, batch), found, rollout.done)
            task.progress(rollout.taken, recommender)
        return recommender

    def load(self, folder: Path, env: RecVectorEnv) -> DeepRecommender:
        """What was saved.

        Raises:
            Unsuitable: What is seen in `env` is of another size.
        """
        network = self.network(env, example(env), 0)
        try:
            with_weights(network, read_arrays(folder / ARRAYS))
        except RuntimeError as problem:
            raise Unsuitable(f"{folder}: trained with other features or another slate size: {problem}") from problem
        return DeepRecommender(self.name, self, network)

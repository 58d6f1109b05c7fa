"""Wolpertinger: an actor that says where in the space of items to look, and a critic that picks among what is near.

Dulac-Arnold et al. (2015, arXiv:1512.07679): the actor gives a point in the space of the items' features, the
candidates nearest to it are taken, and the critic chooses the one that is worth most. The critic learns from rollouts
what shown items are worth; the actor follows the critic's gradient (Silver et al., ICML 2014).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.deep.agent import Agent
from baselines.deep.networks import ItemNetwork, at, layers, make_network
from baselines.deep.rollouts import VALUE, Kept
from baselines.deep.seen import Seen
from baselines.deep.softmax_q import values
from recgym.env import RecVectorEnv

Floats = NDArray[np.float64]


class ActorCritic(nn.Module):
    """A point in the space of items for every user, and values of items."""

    def __init__(self, critic: ItemNetwork, num_user_values: int, num_features: int, hidden: int) -> None:
        super().__init__()
        self.critic = critic
        self.actor = nn.Sequential(layers(num_user_values, hidden, num_features), nn.Tanh())


@dataclass(frozen=True)
class Wolpertinger(Agent):
    """The method.

    Args:
        num_nearest: Candidates among which the critic chooses.
        noise: Standard deviation of the actor's points while it learns, on every feature.
    """

    num_nearest: int = 5
    noise: float = 0.3

    name = "wolpertinger"

    def network(self, env: RecVectorEnv, view: Seen, seed: int) -> ActorCritic:
        critic = make_network(view, self.hidden, per_item=1, per_user=1, seed=seed)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return ActorCritic(critic, view.user.shape[1], view.items.shape[2], self.hidden)

    def act(self, env: RecVectorEnv, view: Seen, network: ActorCritic) -> NDArray[np.int64]:
        """(num_envs,) the best of the candidates near the actor's points."""
        return self.choose(view, network, self.points(view, network))[0]

    def explore(
        self, env: RecVectorEnv, view: Seen, network: ActorCritic, done: float, rng: np.random.Generator
    ) -> tuple[NDArray[np.int64], Kept]:
        points = self.points(view, network)
        expected = self.choose(view, network, points)[1]
        lead = self.choose(view, network, points + rng.normal(scale=self.noise, size=points.shape))[0]
        return lead, {VALUE: expected, "lead": lead}

    def points(self, view: Seen, network: ActorCritic) -> Floats:
        """(num_envs, num_features) where the actor looks, each feature from -1 to 1."""
        with torch.no_grad():
            return network.actor(torch.from_numpy(view.user)).numpy().astype(np.float64)

    def choose(self, view: Seen, network: ActorCritic, points: Floats) -> tuple[NDArray[np.int64], Floats]:
        """The best of the allowed candidates nearest to `points`, and what it is worth; both (num_envs,)."""
        distance = ((view.items - points[:, None]) ** 2).sum(axis=2)
        order = np.argsort(np.where(view.allowed, distance, np.inf), axis=1, kind="stable")
        near = order[:, : self.num_nearest]
        worth = np.take_along_axis(values(network.critic, view), near, axis=1)
        best = worth.argmax(axis=1)[:, None]
        return np.take_along_axis(near, best, axis=1)[:, 0], np.take_along_axis(worth, best, axis=1)[:, 0]

    def loss(self, network: ActorCritic, batch: dict[str, Tensor]) -> Tensor:
        """The critic's squared error; and for the actor minus what its points are worth to the critic as it is."""
        advantage, value = network.critic(batch["user"], at(batch["items"], batch["lead"][:, None]))
        error = nn.functional.mse_loss(advantage[:, 0, 0] + value[:, 0], batch["target"])
        frozen = {name: numbers.detach() for name, numbers in network.critic.named_parameters()}
        points = network.actor(batch["user"])[:, None]
        hoped, _ = torch.func.functional_call(network.critic, frozen, (batch["user"], points))
        return error - hoped.mean()

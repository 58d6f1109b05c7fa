"""Values of single items, Q(s, a) over what is seen of the user and of the item side by side, and a softmax policy.

An item's place among the candidates means nothing to the network, so that it can judge items it has never been shown.
While it learns, the lead items of slates are drawn from a softmax of their values, in units of how much those differ;
its values are those of that policy (expected SARSA; Sutton & Barto, 2018, section 6.6). Evaluated, it shows what is
worth most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.deep.agent import SCALE, Agent
from baselines.deep.networks import ItemNetwork, at, make_network, outputs
from baselines.deep.rollouts import VALUE, Kept
from baselines.deep.seen import Seen
from recgym.env import RecVectorEnv

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SoftmaxQ(Agent):
    """The method.

    Args:
        last_temperature: Of the softmax in the end, in standard deviations of a page's values; it falls to this from 2.
    """

    last_temperature: float = 0.2

    name = "softmax-q"

    def network(self, env: RecVectorEnv, view: Seen, seed: int) -> ItemNetwork:
        return make_network(view, self.hidden, per_item=1, per_user=1, seed=seed)

    def act(self, env: RecVectorEnv, view: Seen, network: ItemNetwork) -> NDArray[np.int64]:
        """(num_envs,) the items that are worth most."""
        return values(network, view).argmax(axis=1)

    def explore(
        self, env: RecVectorEnv, view: Seen, network: ItemNetwork, done: float, rng: np.random.Generator
    ) -> tuple[NDArray[np.int64], Kept]:
        worth = values(network, view)
        chances = softmax(worth, view.allowed, 2.0 * (1.0 - done) + self.last_temperature * done)
        lead = (chances.cumsum(axis=1) < rng.uniform(size=(len(chances), 1))).sum(axis=1)
        lead = np.minimum(lead, chances.shape[1] - 1)
        return lead, {VALUE: (chances * np.where(view.allowed, worth, 0.0)).sum(axis=1), "lead": lead}

    def loss(self, network: ItemNetwork, batch: dict[str, Tensor]) -> Tensor:
        """Squared error of the values of the items that were shown."""
        advantage, value = network(batch["user"], at(batch["items"], batch["lead"][:, None]))
        return nn.functional.mse_loss(advantage[:, 0, 0] + value[:, 0], batch["target"])


def values(network: Any, view: Seen) -> Floats:
    """(num_envs, num_candidates) what the items are worth, -inf outside the environment's limits."""
    advantage, value = outputs(network, view)
    return np.where(view.allowed, (advantage[..., 0] + value) * SCALE, -np.inf)


def softmax(worth: Floats, allowed: NDArray[np.bool_], temperature: float) -> Floats:
    """(num_envs, num_candidates) chances by `worth`; the temperature is in standard deviations of a lane's values."""
    known = np.ma.masked_array(worth, ~allowed)
    spread = np.maximum(known.std(axis=1, keepdims=True).filled(1.0), 1e-6)
    weights = np.exp((worth - worth.max(axis=1, keepdims=True)) / (spread * temperature))
    chances: Floats = weights / weights.sum(axis=1, keepdims=True)
    return chances

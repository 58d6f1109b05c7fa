"""REINFORCE with the top-K off-policy correction (Chen et al., WSDM 2019, arXiv:1812.02353).

A policy draws items one by one, and a slate shows K different ones. Learned from are pages that an earlier policy has
shown. Two factors make up for that: the weight pi / beta of an item, cut at `weight_cap`, and

    lambda_K = K (1 - pi)^(K - 1),

by which the chance to be in a slate of K draws, 1 - (1 - pi)^K, rises faster than pi where pi is small, and not at
all where the item is in the slate anyway. All items of a slate answer for what the page brought, beyond what was
expected.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.classics import actions_from_slates
from baselines.deep.agent import SCALE, Agent
from baselines.deep.networks import ItemNetwork, at, make_network, outputs
from baselines.deep.rollouts import VALUE, Kept
from baselines.deep.seen import Seen
from recgym.env import RecVectorEnv

PROPENSITY = "propensity"


@dataclass(frozen=True)
class TopKReinforce(Agent):
    """The method.

    Args:
        correction: Whether lambda_K counts; without it the policy is that of a single item.
        weight_cap: Largest weight pi / beta.
        entropy: Share of the policy's entropy in what is made large, so that it keeps exploring.
    """

    epochs: int = 4
    trace: float = 0.9
    correction: bool = True
    weight_cap: float = float(np.e**3)
    entropy: float = 0.01

    name = "reinforce"

    def network(self, env: RecVectorEnv, view: Seen, seed: int) -> ItemNetwork:
        return make_network(view, self.hidden, per_item=1, per_user=1, seed=seed)

    def act(self, env: RecVectorEnv, view: Seen, network: ItemNetwork) -> NDArray[np.int64]:
        """The most probable items, or what comes next of them."""
        logits = np.where(view.allowed, outputs(network, view)[0][..., 0], -np.inf)
        return actions_from_slates(env, _first(logits, env.simulator.slate_size))

    def explore(
        self, env: RecVectorEnv, view: Seen, network: ItemNetwork, done: float, rng: np.random.Generator
    ) -> tuple[NDArray[np.int64], Kept]:
        """Draws without repetition, by the Gumbel-max trick."""
        logits, value = outputs(network, view)
        logits = np.where(view.allowed, logits[..., 0], -np.inf)
        slates = _first(logits + rng.gumbel(size=logits.shape), env.simulator.slate_size)
        chances = np.exp(logits - logits.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        return slates, {VALUE: value[:, 0] * SCALE, PROPENSITY: np.take_along_axis(chances, slates, axis=1)}

    def loss(self, network: ItemNetwork, batch: dict[str, Tensor]) -> Tensor:
        """Minus the corrected policy gradient's objective, and the squared error of what was expected."""
        logits, value = network(batch["user"], batch["items"])
        logs = logits[..., 0].masked_fill(~batch["allowed"], -1e9).log_softmax(dim=1)
        of_slate = at(logs, batch["slate"])
        chances = of_slate.detach().exp()
        factor = (chances / batch[PROPENSITY].clamp(min=1e-9)).clamp(max=self.weight_cap)
        if self.correction:
            factor = factor * top_k_factor(chances, batch["slate"].shape[1])
        surprise = batch["target"] - value[:, 0].detach()
        surprise = (surprise / surprise.std(correction=0).clamp(min=1e-6))[:, None]
        gain = (factor * surprise * of_slate * (batch["slate"] >= 0)).mean()
        entropy = -(logs.exp() * logs).sum(dim=1).mean()
        return nn.functional.mse_loss(value[:, 0], batch["target"]) - gain - self.entropy * entropy


def top_k_factor(chances: Tensor, slate_size: int) -> Tensor:
    """lambda_K of items that are drawn with these chances; of the same shape."""
    return slate_size * (1.0 - chances) ** (slate_size - 1)


def _first(scores: NDArray[np.float64], slate_size: int) -> NDArray[np.int64]:
    return np.argsort(-scores, axis=1, kind="stable")[:, :slate_size]

"""SlateQ: the long-term value of a slate, put together from values of its items (Ie et al., IJCAI 2019).

Q(s, slate) = Q(s, no click) + sum over the slots of P(click) (Q(s, item) - Q(s, no click)): with users who click at
most once this is the paper's decomposition, and with others it adds up what several clicks are worth. The network
learns Q(s, no click) and what a click on an item adds to it; the best slate maximises the sum, exactly or by one of
the paper's two heuristics.

The value of no click matters. Without it, as in RecSim's implementation, an item that costs the user a lot of time
looks as good as any other, because no click is taken to end the session.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.classics import actions_from_slates
from baselines.deep.agent import SCALE, Agent
from baselines.deep.clicks import SEARCHES, LearnedPositions, expected, known_choice, slates_for
from baselines.deep.networks import ItemNetwork, at, make_network, outputs
from baselines.deep.rollouts import VALUE, Kept, Rollout
from baselines.deep.seen import Seen
from recgym.arguments import did_you_mean
from recgym.choice import ChoiceModel
from recgym.env import RecVectorEnv

GAIN, UTILITY = 0, 1  # what the network says of an item: what a click adds, and its logit


class SlateNetwork(nn.Module):
    """What a click on each item adds, its utility as a logit, the value of no click, and the slots' prominence."""

    def __init__(self, items: ItemNetwork, slate_size: int) -> None:
        super().__init__()
        self.items = items
        self.slots = nn.Parameter(torch.zeros(slate_size))

    @property
    def prominence(self) -> Tensor:
        """(slate_size,) logits; scaled, because there is one number per slot to learn, and not a layer of them."""
        return self.slots * SCALE

    def forward(self, user: Tensor, items: Tensor) -> tuple[Tensor, Tensor]:
        """(rows, num_items, 2) and (rows, 1)."""
        return self.items(user, items)


@dataclass(frozen=True)
class SlateQ(Agent):
    """The method.

    Args:
        search: How slates are made: "exact", "greedy" or "top"; see `baselines.deep.clicks.slates_for`.
        no_click: Whether the value of no click is learned; without it only pages with a click are learned from, and no
            click is worth nothing, as in RecSim's implementation.
        last_epsilon: Share of random slates in the end; it falls from 1 to this in the first quarter of the training.
    """

    search: str = "exact"
    no_click: bool = True
    last_epsilon: float = 0.1

    name = "slateq"

    def __post_init__(self) -> None:
        if self.search not in SEARCHES:
            hint = did_you_mean(self.search, SEARCHES)
            raise ValueError(f"search: expected one of {', '.join(SEARCHES)}, got {self.search!r}.{hint}")

    def network(self, env: RecVectorEnv, view: Seen, seed: int) -> SlateNetwork:
        items = make_network(view, self.hidden, per_item=2, per_user=1, seed=seed)
        return SlateNetwork(items, env.simulator.slate_size)

    def act(self, env: RecVectorEnv, view: Seen, network: SlateNetwork) -> NDArray[np.int64]:
        """The best slates, or what comes next of them."""
        return actions_from_slates(env, self.plan(env, view, network)[0])

    def explore(
        self, env: RecVectorEnv, view: Seen, network: SlateNetwork, done: float, rng: np.random.Generator
    ) -> tuple[NDArray[np.int64], Kept]:
        slates, value = self.plan(env, view, network)
        anything = np.where(view.allowed, rng.uniform(size=view.allowed.shape), -1.0)
        explores = rng.uniform(size=(len(slates), 1)) < max(1.0 - 4.0 * done, self.last_epsilon)
        return np.where(explores, np.argsort(-anything, axis=1)[:, : slates.shape[1]], slates), {VALUE: value}

    def plan(
        self, env: RecVectorEnv, view: Seen, network: SlateNetwork
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The best slates (num_envs, slate_size), and what they are worth from here on (num_envs,)."""
        items, users = outputs(network, view)
        choice: ChoiceModel | LearnedPositions | None = known_choice(env)
        if choice is None:
            utility, choice = items[..., UTILITY], LearnedPositions(network.prominence.detach().double().numpy())
        else:
            utility = env.simulator.utilities(env.state)
        gain = items[..., GAIN] * SCALE
        slates = slates_for(self.search, choice, utility, gain, view, env.simulator.slate_size)
        return slates, expected(choice, utility, gain, slates) + users[:, 0] * SCALE * self.no_click

    def rows(self, rollout: Rollout) -> Mapping[str, NDArray[Any]]:
        """All pages; without the value of no click those with a click."""
        rows = super().rows(rollout)
        if self.no_click:
            return rows
        some = rows["clicked"].any(axis=1)
        return {name: values[some] for name, values in rows.items()}

    def loss(self, network: SlateNetwork, batch: dict[str, Tensor]) -> Tensor:
        """Squared error of the value of what was clicked, or of no click; and the logistic error of the clicks."""
        clicked = batch["clicked"].float()
        said, none = network(batch["user"], at(batch["items"], batch["slate"]))
        value = (said[..., GAIN] * clicked).sum(dim=1) + none[:, 0] * self.no_click
        logits = said[..., UTILITY] + network.prominence
        errors = nn.functional.binary_cross_entropy_with_logits(logits, clicked, reduction="none")
        return nn.functional.mse_loss(value, batch["target"]) + errors[batch["slate"] >= 0].mean()

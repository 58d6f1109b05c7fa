"""The network of all own agents: some numbers for every candidate, and some for the user as such."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.deep.seen import Seen

Arrays = dict[str, NDArray[Any]]


def layers(num_inputs: int, hidden: int, num_outputs: int) -> nn.Sequential:
    """Two hidden layers, normalised, so that values may grow large while the network learns."""
    return nn.Sequential(nn.Linear(num_inputs, hidden), nn.LayerNorm(hidden), nn.ReLU(), nn.Linear(hidden, hidden),
                         nn.LayerNorm(hidden), nn.ReLU(), nn.Linear(hidden, num_outputs))  # fmt: skip


class ItemNetwork(nn.Module):
    """Numbers for pairs of a user and an item, from both side by side; and numbers for the user alone.

    Args:
        num_user_values: Length of what is seen of a user.
        num_features: Length of what is seen of an item.
        hidden: Units of each of the two hidden layers.
        per_item: Numbers for every pair.
        per_user: Numbers for every user.
    """

    def __init__(self, num_user_values: int, num_features: int, hidden: int, per_item: int, per_user: int) -> None:
        super().__init__()
        self.pairs = layers(num_user_values + num_features, hidden, per_item)
        self.users = layers(num_user_values, hidden, per_user)

    def forward(self, user: Tensor, items: Tensor) -> tuple[Tensor, Tensor]:
        """(rows, num_items, per_item) and (rows, per_user), of (rows, ...) and (rows, num_items, num_features)."""
        repeated = user[:, None].expand(-1, items.shape[1], -1)
        return self.pairs(torch.cat((repeated, items), dim=2)), self.users(user)


def make_network(view: Seen, hidden: int, per_item: int, per_user: int, seed: int) -> ItemNetwork:
    """An untrained network for what is seen, whose numbers at the start follow from the seed."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return ItemNetwork(view.user.shape[1], view.items.shape[2], hidden, per_item, per_user)


def weights_of(network: nn.Module) -> Arrays:
    """A copy of its numbers by name."""
    return {name: values.numpy().copy() for name, values in network.state_dict().items()}


def with_weights(network: nn.Module, weights: Mapping[str, NDArray[Any]]) -> None:
    """Give it the numbers of `weights_of`.

    Raises:
        RuntimeError: They are of another network.
    """
    network.load_state_dict({name: torch.from_numpy(np.array(values)) for name, values in weights.items()})


def outputs(network: nn.Module, view: Seen) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What an `ItemNetwork` says of what is seen, as arrays."""
    with torch.no_grad():
        items, users = network(torch.from_numpy(view.user), torch.from_numpy(view.items))
    return items.numpy().astype(np.float64), users.numpy().astype(np.float64)


def at(items: Tensor, slates: Tensor) -> Tensor:
    """(rows, slate_size, ...) of (rows, num_items, ...), the items at positions (rows, slate_size); -1 gives any."""
    index = slates.clamp(min=0).reshape(*slates.shape, *[1] * (items.ndim - 2))
    return items.gather(1, index.expand(*slates.shape, *items.shape[2:]))


def batches(
    rows: Mapping[str, NDArray[Any]], size: int, epochs: int, rng: np.random.Generator
) -> Iterator[dict[str, Tensor]]:
    """The rows in random batches of about `size`, so many times over."""
    count = len(next(iter(rows.values())))
    for _ in range(epochs if count else 0):
        for some in np.array_split(rng.permutation(count), max(count // size, 1)):
            yield {name: tensor(values[some]) for name, values in rows.items()}


def tensor(values: NDArray[Any]) -> Tensor:
    """The same numbers; floats in single precision."""
    return torch.from_numpy(values.astype(np.float32) if values.dtype == np.float64 else values)


class Descent:
    """Adam on a loss, with a rate that falls to a twentieth by the end of the training."""

    def __init__(self, network: nn.Module, rate: float, longest: float = 10.0) -> None:
        self.network, self.rate, self.longest = network, rate, longest
        self._adam = torch.optim.Adam(network.parameters(), rate)

    def learn(
        self, loss_of: Callable[[dict[str, Tensor]], Tensor], found: Iterator[dict[str, Tensor]], done: float
    ) -> None:
        """One step per batch, gradients cut at `longest`; `done` is the share of the training that is over."""
        for group in self._adam.param_groups:
            group["lr"] = self.rate * max(1.0 - done, 0.05)
        for batch in found:
            loss = loss_of(batch)
            self._adam.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.network.parameters(), self.longest)
            self._adam.step()

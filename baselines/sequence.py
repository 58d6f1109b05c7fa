"""An LSTM that predicts what is liked next, from what was liked so far (after Hidasi et al., ICLR 2016).

Items go in and come out as their language-model embeddings, so that a short log suffices and a catalogue may be
large: the score of an item is the product of a linear map of its embedding with the network's state, plus a number of
its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from baselines.collaborative import Arrays, FromLogs
from baselines.logs import SessionLog

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class NextItem:
    """The trained network."""

    weights: Arrays  # its parameters by name
    embeddings: NDArray[np.float32] = field(repr=False)  # (num_items, embedding_dim)

    def scores(self, liked: NDArray[np.int64], candidates: NDArray[np.int64]) -> NDArray[np.float64]:
        import torch

        with torch.no_grad():
            items = torch.from_numpy(candidates)
            logits = self._network.logits(*packed(liked), items)
        return logits.numpy().astype(np.float64)

    def arrays(self) -> Arrays:
        return self.weights

    @cached_property
    def _network(self) -> Any:
        import torch

        hidden = len(self.weights["lstm.weight_hh_l0"]) // 4
        network = make_network(self.embeddings, hidden)
        network.load_state_dict({name: torch.from_numpy(values) for name, values in self.weights.items()})
        return network.eval()


def packed(liked: NDArray[np.int64]) -> tuple[torch.Tensor, torch.Tensor]:
    """What was liked without the gaps, (num_users, length) int64 with 0 behind the last, and how many, at least 1."""
    import torch

    counts = (liked >= 0).sum(axis=1)
    order = np.argsort(liked < 0, axis=1, kind="stable")[:, : max(int(counts.max()), 1)]
    return torch.from_numpy(np.maximum(np.take_along_axis(liked, order, axis=1), 0)), torch.from_numpy(
        np.maximum(counts, 1)
    )


def make_network(embeddings: NDArray[np.float32], hidden: int) -> Any:
    """An untrained network; its method `logits` gives the scores of items after a sequence."""
    import torch
    from torch import nn

    vectors = torch.from_numpy(embeddings)

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inputs = nn.Linear(vectors.shape[1], hidden)
            self.lstm = nn.LSTM(hidden, hidden, batch_first=True)
            self.outputs = nn.Linear(vectors.shape[1], hidden)
            self.biases = nn.Embedding(len(vectors), 1)
            nn.init.zeros_(self.biases.weight)

        def states(self, items: torch.Tensor) -> torch.Tensor:
            """(num_users, length, hidden) after every item of (num_users, length)."""
            return self.lstm(self.inputs(vectors[items]))[0]

        def values(self, states: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
            """(num_states, num_items) of states (num_states, hidden); items are (num_items,) or of each state."""
            products = "sh,ih->si" if items.ndim == 1 else "sh,sih->si"
            return torch.einsum(products, states, self.outputs(vectors[items])) + self.biases(items)[..., 0]

        def logits(self, items: torch.Tensor, counts: torch.Tensor, candidates: torch.Tensor) -> torch.Tensor:
            """(num_users, num_candidates) after the last of `counts` items."""
            last = self.states(items)[torch.arange(len(items)), counts - 1]
            return self.values(last, candidates)

    return Network()


def sequences(log: SessionLog, length: int) -> NDArray[np.int64]:
    """(num_sequences, length) what was liked in a row in each session, cut into pieces; -1 behind the last."""
    sessions, items = log.likes()
    pieces = []
    for one in np.split(items, np.flatnonzero(np.diff(sessions)) + 1):
        for start in range(0, max(len(one) - 1, 1), length - 1):  # the last of a piece begins the next
            piece = one[start : start + length]
            pieces.append(np.pad(piece, (0, length - len(piece)), constant_values=-1))
    return np.stack(pieces)


@dataclass(frozen=True)
class Lstm(FromLogs):
    """The method of NextItem.

    Args:
        hidden: Units of the LSTM.
        length: Of the sequences it is trained on.
        epochs: How often it sees them.
        negatives: Items among which the next one is to be found, drawn from what was shown, so that what is shown often
            does not count as liked.
        learning_rate: Of Adam.
    """

    name = "lstm"
    hidden: int = 64
    length: int = 20
    epochs: int = 10
    negatives: int = 256
    learning_rate: float = 0.003

    def fit(self, log: SessionLog, embeddings: NDArray[np.float32], seed: int) -> NextItem:
        import torch
        from torch.nn.functional import cross_entropy

        data, shown = torch.from_numpy(sequences(log, self.length)), torch.from_numpy(log.slate[log.slate >= 0])
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            network = make_network(embeddings, self.hidden)
            descent = torch.optim.Adam(network.parameters(), self.learning_rate)
            for _ in range(self.epochs):
                for batch in torch.randperm(len(data)).split(64):
                    rows = data[batch]
                    known, wanted = rows[:, :-1].clamp(min=0), rows[:, 1:]
                    states = network.states(known)[wanted >= 0]
                    others = shown[torch.randint(len(shown), (self.negatives,))]
                    logits = torch.cat((network.values(states, wanted[wanted >= 0][:, None]),
                                        network.values(states, others)), dim=1)  # fmt: skip
                    loss = cross_entropy(logits, torch.zeros(len(states), dtype=torch.int64))
                    descent.zero_grad()
                    loss.backward()
                    descent.step()
        return NextItem({name: values.numpy() for name, values in network.state_dict().items()}, embeddings)

    def restored(self, arrays: Arrays, embeddings: NDArray[np.float32]) -> NextItem:
        return NextItem(arrays, embeddings)

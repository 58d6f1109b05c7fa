"""History X, stated preferences Y and context Z, fused into one vector;
and the history in words, to be embedded as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Ints, Singles, kernel, scaled
from recgym.state import State

FUSIONS = ("concat", "linear")
FUSED_DIM = 32  # length of the linear fusion by default


@dataclass(frozen=True, eq=False)
class Fusion:
    """Fuses X, Y and Z: side by side ("concat"), or by a fixed random orthogonal map W of [X; Y; Z] ("linear").

    W is drawn once from a fixed seed (QR of a Gaussian matrix) and scaled to keep expected lengths.
    """

    query_vectors: NDArray[np.float32]  # (num_queries + 1, embedding_dim), the last row zero
    context_vectors: NDArray[np.float32]  # (num_contexts, embedding_dim)
    kind: str = "concat"
    fused_dim: int = FUSED_DIM
    live_history: Callable[[State], NDArray[np.float32]] | None = None

    def __post_init__(self) -> None:
        fused_dim, total = self.fused_dim, self.concat_dim
        if self.kind == "linear":
            if fused_dim > total:
                raise ValueError(f"fused_dim: expected 1 to {total} with these embeddings, got {fused_dim}")
            gaussian = np.random.default_rng(0).normal(size=(total, fused_dim))
            orthogonal = np.linalg.qr(gaussian)[0] * np.sqrt(total / fused_dim)
            object.__setattr__(self, "_map", orthogonal.astype(np.float32))

    @cached_property
    def concat_dim(self) -> int:
        """Length of [X; Y; Z]."""
        pools = 1 if self.live_history else 3
        return (pools + 2) * self.query_vectors.shape[1]

    @cached_property
    def dim(self) -> int:
        """Length of the fused vector."""
        return self.concat_dim if self.kind == "concat" else self.fused_dim

    def parts(self, state: State) -> dict[str, NDArray[np.float32]]:
        """X, Y and Z: history, profile, context, each (num_envs, ...)."""
        if self.live_history:
            history = self.live_history(state)
        else:
            history = np.concatenate((state["liked"], state["skipped"], state["exposed"]), axis=1)
        context = self.context_vectors[state["context"]] + self.query_vectors[state["query"]]
        return {"history": history, "profile": state["profile"].copy(), "context": context}

    def fuse(self, state: State) -> NDArray[np.float32]:
        """(num_envs, dim)."""
        fused = np.empty((len(state["context"]), self.dim), dtype=np.float32)
        self.write(state, fused, 0, np.float32(1.0))
        return fused

    def write(self, state: State, observed: NDArray[np.float32], first: int, scale: np.float32) -> None:
        """Put the fused vector times `scale` into the columns of `observed` from `first` on."""
        if self.kind == "concat" and not self.live_history:
            _join(state["liked"], state["skipped"], state["exposed"], state["profile"], state["context"],
                  state["query"], self.context_vectors, self.query_vectors, scale, first, observed)  # fmt: skip
            return
        fused = np.concatenate(tuple(self.parts(state).values()), axis=1)
        if self.kind == "linear":
            fused = np.matmul(fused[:, None], self._map)[:, 0]  # one product per lane: the same bits in any batch
        observed[:, first : first + self.dim] = fused * scale


@kernel
def _join(
    liked: Singles, skipped: Singles, exposed: Singles, profile: Singles, context: Ints, query: Ints,
    context_vectors: Singles, query_vectors: Singles, scale: np.float32, first: int, observed: Singles,
) -> None:  # fmt: skip
    dim = liked.shape[1]
    for lane in range(len(liked)):
        parts = observed[lane, first : first + 5 * dim]
        scaled(parts[:dim], liked[lane], scale)
        scaled(parts[dim : 2 * dim], skipped[lane], scale)
        scaled(parts[2 * dim : 3 * dim], exposed[lane], scale)
        scaled(parts[3 * dim : 4 * dim], profile[lane], scale)
        circumstances, search = context_vectors[context[lane]], query_vectors[query[lane]]
        context_part = parts[4 * dim :]
        for i in range(dim):
            context_part[i] = (circumstances[i] + search[i]) * scale


def history_texts(
    state: State, titles: Mapping[int, str] | tuple[str, ...], events: tuple[str, str], last: int = 10
) -> list[str]:
    """The history in words, one text per lane: the last items that were clicked, the latest first.

    A language model cuts long texts (MiniLM at 256 word pieces, about 20 titles), so only `last` items are named.

    Args:
        state: Reads history_items, history_events.
        titles: Of the items, by catalogue row.
        events: What the domain says of who did the first and the second of its events: "put in the cart", "bought".
        last: How many items are named.
    """
    words = dict(enumerate(("was disappointed by", "liked", *events), start=1))  # the codes of `History.EVENTS`
    texts = []
    for shown, events in zip(state["history_items"], state["history_events"], strict=True):
        acts = [(int(item), int(event)) for item, event in zip(shown.ravel(), events.ravel(), strict=True) if event]
        said = [f"{words[event]} {titles[item]}" for item, event in acts[::-1][:last]]
        texts.append("The user " + "; ".join(said) + "." if said else "A new user.")
    return texts

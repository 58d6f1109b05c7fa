"""Embedded: all texts of a scenario as vectors, embedded and projected once, never inside a step.

Built-in catalogues ship with the result for their default settings (`prepared.npz` beside the catalogue): a session
starts without a language model or an eigendecomposition, and with the same bits on every machine.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recgym.catalog.inverted import similar_items
from recgym.encoders import Encoder
from recgym.encoders.protocol import checked_embeddings
from recgym.whitening import Projection, fit_whitening
from recgym.writing import replacing

NUM_NEIGHBOURS = 16
ITEMS = "items"


class Projected(NamedTuple):
    """Groups of texts as vectors on the principal axes of the items' embeddings."""

    groups: Mapping[str, NDArray[np.float32]]  # name -> (num_texts, embedding_dim), unit rows; ITEMS is the catalogue
    projection: Projection


def projected(
    texts: Mapping[str, Sequence[str]], encoder: Encoder, whiten: str, embedding_dim: int
) -> Projected:
    """Embed groups of texts; the projection is fitted to those of the group ITEMS, which comes first.

    Raises:
        ValueError: The encoder did not give one finite row of length 1 and the size it says per text, its vectors are
            shorter than `embedding_dim`, or `whiten` is unknown.
    """
    if embedding_dim > encoder.embedding_dim:
        raise ValueError(
            f"embedding_dim: the encoder gives {encoder.embedding_dim} dimensions, so {embedding_dim} cannot be kept; "
            f"choose at most {encoder.embedding_dim}"
        )
    every_text = [text for group in texts.values() for text in group]
    raw = checked_embeddings(encoder.encode(every_text), len(every_text), encoder)
    projection = fit_whitening(raw[: len(texts[ITEMS])], whiten, embedding_dim)
    ends = np.cumsum([len(group) for group in texts.values()])[:-1]
    return Projected(dict(zip(texts, np.split(projection.apply(raw), ends), strict=True)), projection)


@dataclass(frozen=True, eq=False)
class Embedded:
    """Groups of texts as vectors on the principal axes of the items' embeddings."""

    groups: Mapping[str, NDArray[np.float32]]  # name -> (num_texts, embedding_dim), unit rows; ITEMS is the catalogue
    neighbours: NDArray[np.int32]  # (num_items, at most NUM_NEIGHBOURS) most similar items, nearest first
    projection: Projection
    whiten: str

    @property
    def embedding_dim(self) -> int:
        """Length of a vector."""
        return self.groups[ITEMS].shape[1]

    @classmethod
    def build(
        cls, texts: Mapping[str, Sequence[str]], encoder: Encoder, whiten: str, embedding_dim: int
    ) -> Embedded:
        """What `projected` gives, and the neighbours of every item.

        Raises:
            ValueError: See `projected`.
        """
        groups, projection = projected(texts, encoder, whiten, embedding_dim)
        neighbours = similar_items(groups[ITEMS], min(NUM_NEIGHBOURS, len(texts[ITEMS]) - 1))
        return cls(groups, neighbours, projection, whiten)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a .npz file; equal contents give equal bytes."""
        vectors = {f"group_{name}": values for name, values in self.groups.items()}
        with replacing(Path(path)) as temporary, open(temporary, "wb") as file:
            np.savez(file, neighbours=self.neighbours, mean=self.projection.mean,
                     matrix=self.projection.matrix, whiten=np.array(self.whiten), **vectors)  # fmt: skip

    @classmethod
    def load(cls, path: str | os.PathLike[str], cure: str = "reinstall recgym") -> Embedded:
        """Read what `save` wrote.

        Args:
            path: The file.
            cure: What to do about a damaged one, for the message.

        Raises:
            ValueError: The file is cut, damaged, or of another kind.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                groups = {name.removeprefix("group_"): arrays[name] for name in arrays if name.startswith("group_")}
                projection = Projection(arrays["mean"], arrays["matrix"])
                return cls(groups, arrays["neighbours"], projection, str(arrays["whiten"]))
        except FileNotFoundError:
            raise
        except Exception as error:  # a damaged zip file raises a dozen unrelated types
            raise ValueError(f"{path} is not a whole file of prepared vectors ({error}): {cure}") from error

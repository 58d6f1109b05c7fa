"""What an encoder is, and what every encoder agrees on: valid texts, their keys, unit-norm rows."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

KEY_BYTES = 16


class Encoder(Protocol):
    """Turns texts into unit vectors. Anything with these three members will do."""

    @property
    def embedding_dim(self) -> int:
        """Length of every vector, at least 1."""

    @property
    def fingerprint(self) -> str:
        """Names the model and its weights: two encoders with one fingerprint give the same vectors."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts, in their order: (len(texts), embedding_dim) float32, every row of length 1."""


def text_keys(texts: Sequence[str]) -> list[bytes]:
    """The 16-byte hash that stands for each text in caches and tables.

    Texts are equal when their code points are: nothing is lower-cased, trimmed or normalised.

    Raises:
        TypeError: `texts` is a single string, or holds something that is not a string.
        ValueError: a text has a lone surrogate, which UTF-8 cannot write and no tokenizer reads.
    """
    if isinstance(texts, (str, bytes)):
        raise TypeError(f"texts is a sequence of strings, but got the single text {texts[:60]!r}; pass [text]")
    keys = []
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"texts[{position}] is {type(text).__name__} ({text!r:.60}); every text must be a str")
        try:
            keys.append(blake2b(text.encode(), digest_size=KEY_BYTES).digest())
        except UnicodeEncodeError as error:
            raise ValueError(
                f"texts[{position}] ({text!a:.60}) is not valid Unicode: {error.reason} at character {error.start}; "
                "clean it with text.encode('utf-8', 'replace').decode()"
            ) from None
    return keys


def unit_rows(embeddings: NDArray[np.floating]) -> NDArray[np.float32]:
    """Scale rows (..., embedding_dim) to length 1, as float32; a row of zeros stays zero."""
    exact = np.asarray(embeddings, dtype=np.float64)
    norms = np.sqrt(np.einsum("...i,...i->...", exact, exact))[..., None]
    return (exact / np.where(norms > 0, norms, 1)).astype(np.float32)


def checked_embeddings(embeddings: NDArray[np.floating], count: int, encoder: Encoder) -> NDArray[np.float32]:
    """Return what `encoder` gave for `count` texts, or say how it breaks the protocol.

    Raises:
        ValueError: wrong shape, NaN or infinity, or rows that are not of length 1.
    """
    embeddings = np.asarray(embeddings, dtype=np.float32)
    name, expected = encoder.fingerprint, (count, encoder.embedding_dim)
    if embeddings.shape != expected:
        raise ValueError(f"encoder {name!r} returned shape {embeddings.shape}, expected {expected}")
    norms = np.linalg.norm(embeddings.astype(np.float64), axis=1)
    wrong = np.flatnonzero(~(np.abs(norms - 1) < 1e-3))  # written so that NaN counts as wrong
    if wrong.size:
        raise ValueError(
            f"encoder {name!r} must return rows of length 1, but row {wrong[0]} has length {norms[wrong[0]]:.4g} "
            f"({wrong.size} of {count} rows are wrong)"
        )
    return embeddings

"""Texts to vectors: the `Encoder` protocol, a language model behind it, and shipped tables of vectors.

Embedding happens once, outside of every environment's step: `SentenceTransformerEncoder` keeps what it embedded on
disk, and the built-in catalogues come with an `EmbeddingTable`, so they need no language model.
"""

from __future__ import annotations

from pathlib import Path

from recgym.encoders.cache import CacheError
from recgym.encoders.protocol import Encoder
from recgym.encoders.recent import RecentTexts
from recgym.encoders.sentence_transformer import SentenceTransformerEncoder, TextCutWarning, WeightsError
from recgym.encoders.table import EmbeddingTable, TableError, UnknownTextError

__all__ = [
    "CacheError",
    "EmbeddingTable",
    "Encoder",
    "RecentTexts",
    "SentenceTransformerEncoder",
    "TableError",
    "TextCutWarning",
    "UnknownTextError",
    "WeightsError",
    "as_encoder",
]


def as_encoder(value: Encoder | str | Path) -> Encoder:
    """Take an encoder as it is, a `.npz` path as an `EmbeddingTable`, any other name or path as a language model.

    Raises:
        TypeError: `value` is none of these.
        FileNotFoundError, TableError: the `.npz` file is missing or damaged.
    """
    if isinstance(value, (str, Path)):
        return EmbeddingTable.load(value) if Path(value).suffix == ".npz" else SentenceTransformerEncoder(value)
    # Looked up on the class: asking the object could load or hash a model.
    if not isinstance(value, type) and callable(getattr(type(value), "encode", None)):
        members = {*dir(type(value)), *getattr(value, "__dict__", ())}
        missing = [name for name in ("embedding_dim", "fingerprint") if name not in members]
        if not missing:
            return value
        raise TypeError(
            f"{value!r:.80} has an encode method but no {' and no '.join(missing)}; see recgym.encoders.Encoder"
        )
    raise TypeError(
        f"an encoder is an object with embedding_dim, fingerprint and encode(texts), or a model name, or a path; got "
        f"{type(value).__name__}: {value!r:.80}"
    )

"""Texts to vectors: the `Encoder` protocol, a language model behind it, shipped tables of vectors, and mere ids.

Embedding happens once, outside of every environment's step: `SentenceTransformerEncoder` keeps what it embedded on
disk, and the built-in catalogues come with an `EmbeddingTable`, so they need no language model.
"""

from __future__ import annotations

from pathlib import Path

from recgym.encoders.cache import CacheError
from recgym.encoders.ids import IdEncoder
from recgym.encoders.protocol import Encoder
from recgym.encoders.recent import RecentTexts
from recgym.encoders.sentence_transformer import SentenceTransformerEncoder, TextCutWarning, WeightsError
from recgym.encoders.table import EmbeddingTable, TableError, UnknownTextError

IDS = "ids"

__all__ = [
    "IDS",
    "CacheError",
    "EmbeddingTable",
    "Encoder",
    "IdEncoder",
    "RecentTexts",
    "SentenceTransformerEncoder",
    "TableError",
    "TextCutWarning",
    "UnknownTextError",
    "WeightsError",
    "as_encoder",
]


def as_encoder(value: Encoder | str | Path) -> Encoder:
    """Take an encoder as it is, "ids" as an `IdEncoder`, a `.npz` path as an `EmbeddingTable`,
    any other name or path as a language model.

    Raises:
        TypeError: `value` is none of these.
        FileNotFoundError, TableError: the `.npz` file is missing or damaged.
    """
    if isinstance(value, str) and value == IDS:
        return IdEncoder()
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

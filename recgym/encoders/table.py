"""A shipped file of text -> vector: encodes a built-in catalogue's texts with no language model installed."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recgym.encoders.protocol import KEY_BYTES, Encoder, checked_embeddings, text_keys, unit_rows
from recgym.extras import install
from recgym.writing import replacing

FORMAT = 1


class TableError(ValueError):
    """An embedding table's file is damaged or of another format; the message names the file and the cure."""


class UnknownTextError(LookupError):
    """A text is not in the embedding table; the message names it and the cure."""


class EmbeddingTable:
    """Immutable vectors of known texts; an `Encoder` for these texts and no others.

    Vectors are kept as float16, which moves a cosine by less than 0.001, and are given out as float32 of length 1. A
    file is a `.npz` of three arrays, none of them pickled: `keys` (count, 16) uint8, the sorted text hashes; `vectors`
    (count, embedding_dim) float16; `metadata` (length,) uint8, a JSON object in UTF-8.

    Make one with `build` or `load`.
    """

    def __init__(self, keys: NDArray[np.uint8], vectors: NDArray[np.float16], model_fingerprint: str) -> None:
        # Copies that cannot be written: a table is shared by every environment that uses it.
        self._keys = np.frombuffer(keys.tobytes(), dtype=np.uint8).reshape(-1, KEY_BYTES)
        self._vectors: NDArray[np.float16] = np.frombuffer(vectors.tobytes(), dtype=np.float16).reshape(vectors.shape)
        self._model_fingerprint = model_fingerprint
        self._checksum = blake2b(self._keys.data, digest_size=16)
        self._checksum.update(self._vectors.data)
        self._rows = {key.tobytes(): row for row, key in enumerate(self._keys)}

    @classmethod
    def build(cls, texts: Sequence[str], encoder: Encoder) -> EmbeddingTable:
        """Embed texts (repeats are kept once) with `encoder`.

        Raises:
            ValueError: no text, or the encoder's rows are not finite unit vectors of its `embedding_dim`.
        """
        by_key = dict(sorted(zip(text_keys(texts), texts, strict=True)))
        if not by_key:
            raise ValueError("an embedding table needs at least one text")
        vectors = checked_embeddings(encoder.encode(list(by_key.values())), len(by_key), encoder)
        keys = np.frombuffer(b"".join(by_key), dtype=np.uint8).reshape(-1, KEY_BYTES)
        return cls(keys, vectors.astype(np.float16), encoder.fingerprint)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> EmbeddingTable:
        """Read a table that `save` wrote.

        Raises:
            FileNotFoundError: there is no such file.
            TableError: the file is cut, damaged, of another format, or no embedding table at all.
        """
        path = Path(path)
        if not path.exists():
            raise FileNotFoundError(
                f"no such file: {path}, expected a table of embeddings; write it with "
                f"`recgym embed shop.csv -o {path}` or EmbeddingTable.build(texts, encoder).save(path)"
            )
        try:
            with np.load(path, allow_pickle=False) as arrays:
                keys, vectors = arrays["keys"], arrays["vectors"]
                metadata = json.loads(arrays["metadata"].tobytes())
            if metadata["format"] != FORMAT:
                raise ValueError(f"format {metadata['format']}, expected {FORMAT}")
            count, dim = metadata["count"], metadata["embedding_dim"]
            if keys.shape != (count, KEY_BYTES) or keys.dtype != np.uint8:
                raise ValueError(f"keys are {keys.shape} {keys.dtype}, expected {(count, KEY_BYTES)} uint8")
            if vectors.shape != (count, dim) or vectors.dtype != np.float16:
                raise ValueError(f"vectors are {vectors.shape} {vectors.dtype}, expected {(count, dim)} float16")
            table = cls(keys, vectors, metadata["model_fingerprint"])
            if metadata["checksum"] != table._checksum.hexdigest():
                raise ValueError("the arrays do not match their checksum")
        except (FileNotFoundError, IsADirectoryError, PermissionError):
            raise
        except Exception as error:  # a damaged zip file or array header raises a dozen unrelated types
            raise TableError(
                f"{path} ({path.stat().st_size} bytes) is not a whole embedding table: {error}. Fetch the file again "
                "(reinstall recgym if it came with it), or build it: EmbeddingTable.build(texts, encoder).save(path)"
            ) from error
        return table

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the table; whoever reads `path` meanwhile sees the old file or the new one, never half of it.

        Equal tables give equal bytes.

        Raises:
            ValueError: `path` does not end in .npz.
        """
        path = Path(path)
        if path.suffix != ".npz":
            raise ValueError(f"an embedding table is saved as a .npz file, but got {path}")
        metadata = {
            "format": FORMAT,
            "model_fingerprint": self.model_fingerprint,
            "embedding_dim": self.embedding_dim,
            "count": len(self),
            "checksum": self._checksum.hexdigest(),
        }
        encoded = np.frombuffer(json.dumps(metadata, indent=1).encode(), dtype=np.uint8)
        with replacing(path) as temporary, open(temporary, "wb") as file:
            np.savez(file, keys=self._keys, vectors=self._vectors, metadata=encoded)

    @property
    def embedding_dim(self) -> int:
        """Length of every vector."""
        return int(self._vectors.shape[1])

    @property
    def model_fingerprint(self) -> str:
        """Fingerprint of the encoder that made the table."""
        return self._model_fingerprint

    @property
    def fingerprint(self) -> str:
        """The model's fingerprint and the table's own checksum, since float16 vectors are not quite the model's."""
        return f"{self._model_fingerprint}-table-{self._checksum.hexdigest()[:16]}"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Look texts up: (len(texts), embedding_dim) float32, every row of length 1.

        Raises:
            UnknownTextError: a text is not in the table.
        """
        keys = text_keys(texts)
        try:
            rows = [self._rows[key] for key in keys]
        except KeyError:
            missing = [text for text, key in zip(texts, keys, strict=True) if key not in self._rows]
            raise UnknownTextError(
                f"{len(missing)} of {len(texts)} texts are not in this table of {len(self)} embeddings, the first of "
                f"them {missing[0]!r:.120}. A table is made for one catalogue and domain: write one for this by "
                '`recgym embed CATALOG --domain DOMAIN -o TABLE.npz`, or pass encoder="all-MiniLM-L6-v2" to embed '
                f"texts now. Both need: {install('encoder')}"
            ) from None
        return unit_rows(self._vectors[np.array(rows, dtype=np.int64)])

    def __contains__(self, text: str) -> bool:
        return text_keys([text])[0] in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def __deepcopy__(self, memo: dict[int, object]) -> EmbeddingTable:
        return self  # Gymnasium deep-copies an environment's arguments; a table never changes

    def __repr__(self) -> str:
        return f"EmbeddingTable({len(self)} texts, {self.embedding_dim} dimensions, {self._model_fingerprint!r})"

"""Encoders without a language model, and the one right vector of every text."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from recgym.encoders import SentenceTransformerEncoder
from recgym.encoders.cache import EmbeddingCache
from recgym.encoders.protocol import text_keys, unit_rows

DIM = 8
TEXTS = ["red shoe", "blue dress", "", "schöne Schuhe 👟", "赤い靴", "a\x00b", "red shoe "]


def vector_of(key: bytes, dim: int = DIM) -> np.ndarray:
    """The one right vector of a text key in these tests."""
    return unit_rows(np.random.default_rng(list(key)).normal(size=dim))


class HashEncoder:
    """A small encoder with no model: every text has its own random direction."""

    embedding_dim = DIM
    fingerprint = "hash-1"

    def encode(self, texts):
        return np.array([vector_of(key) for key in text_keys(texts)], dtype=np.float32).reshape(-1, DIM)


class FakeModel:
    """Stands in for a loaded SentenceTransformer that reads three words; counts what it is asked."""

    max_seq_length = 3

    def __init__(self):
        self.batches = []

    def encode(self, texts, **options):
        self.batches.append(list(texts))
        return 7 * HashEncoder().encode(texts)

    def tokenizer(self, texts, **options):
        return {"input_ids": [text.split() for text in texts]}


def fake_encoder(folder: Path, **options) -> SentenceTransformerEncoder:
    encoder = SentenceTransformerEncoder(folder, cache_dir=folder.parent / "cache", **options)
    encoder._model = FakeModel()
    return encoder


def the_cache_file(folder: Path) -> Path:
    (file,) = (folder.parent / "cache").iterdir()
    return file


def keys_of(numbers) -> list[bytes]:
    return text_keys([f"text {number}" for number in numbers])


def put(cache: EmbeddingCache, keys: list[bytes]) -> None:
    cache.put(keys, np.array([vector_of(key) for key in keys]), [key[0] % 2 == 0 for key in keys])


def assert_right(found: dict) -> None:
    for key, (vector, cut) in found.items():
        np.testing.assert_array_equal(vector, vector_of(key))
        assert vector.dtype == np.float32 and cut == (key[0] % 2 == 0)

"""Tables of embeddings: round trips, damage, and texts they do not have."""

from __future__ import annotations

import copy
import os

import numpy as np
import pytest
from encoder_helpers import DIM, TEXTS, HashEncoder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recgym.encoders import EmbeddingTable, TableError, UnknownTextError
from recgym.encoders.protocol import text_keys


def test_table_round_trip(tmp_path):
    table = EmbeddingTable.build([*TEXTS, *TEXTS], HashEncoder())
    table.save(tmp_path / "t.npz")
    loaded = EmbeddingTable.load(tmp_path / "t.npz")
    assert len(loaded) == len(TEXTS) and loaded.embedding_dim == DIM
    assert loaded.model_fingerprint == "hash-1" and loaded.fingerprint == table.fingerprint
    vectors = loaded.encode(TEXTS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(vectors, HashEncoder().encode(TEXTS), atol=1e-3)
    np.testing.assert_array_equal(vectors, table.encode(TEXTS))
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert text in loaded
        np.testing.assert_array_equal(loaded.encode([text])[0], vector)
    assert "nothing" not in loaded and loaded.encode([]).shape == (0, DIM)
    vectors[:] = 0  # what is given out is the caller's own
    np.testing.assert_array_equal(loaded.encode(TEXTS), table.encode(TEXTS))
    assert copy.deepcopy(loaded) is loaded


def test_equal_tables_are_equal_files_and_nothing_else_is_left(tmp_path):
    for name, texts in {"a": TEXTS, "b": TEXTS[::-1]}.items():
        EmbeddingTable.build(texts, HashEncoder()).save(tmp_path / f"{name}.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "b.npz"]


def test_a_save_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "t.npz"
    EmbeddingTable.build(["a"], HashEncoder()).save(path)
    monkeypatch.setattr(os, "fsync", lambda file: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        EmbeddingTable.build(["b"], HashEncoder()).save(path)
    assert "a" in EmbeddingTable.load(path) and len(list(tmp_path.iterdir())) == 1


def test_unknown_text_names_the_first_and_the_cure():
    table = EmbeddingTable.build(["a", "b"], HashEncoder())
    with pytest.raises(UnknownTextError, match=r"2 of 3 texts.*'zebra'.*recgym embed.*all-MiniLM-L6-v2.*pip install"):
        table.encode(["a", "zebra", "yak"])


@pytest.fixture(scope="module")
def table_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("table") / "t.npz"
    EmbeddingTable.build([f"text {number}" for number in range(50)], HashEncoder()).save(path)
    return path.read_bytes()


def test_truncated_table(tmp_path, table_bytes):
    path = tmp_path / "cut.npz"
    for size in range(0, len(table_bytes), 97):
        path.write_bytes(table_bytes[:size])
        with pytest.raises(TableError, match=rf"cut.npz \({size} bytes\) is not a whole embedding table"):
            EmbeddingTable.load(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_table_is_an_error_or_unharmed(tmp_path, table_bytes, data):
    (tmp_path / "whole.npz").write_bytes(table_bytes)
    damaged = bytearray(table_bytes)
    damaged[data.draw(st.integers(0, len(table_bytes) - 1))] ^= data.draw(st.integers(1, 255))
    (tmp_path / "damaged.npz").write_bytes(damaged)
    try:
        loaded = EmbeddingTable.load(tmp_path / "damaged.npz")
    except TableError:
        return
    texts = [f"text {number}" for number in range(50)]
    np.testing.assert_array_equal(loaded.encode(texts), EmbeddingTable.load(tmp_path / "whole.npz").encode(texts))


def test_no_table_is_ever_unpickled(tmp_path):
    np.savez(tmp_path / "p.npz", keys=np.array([{}], dtype=object), vectors=np.zeros(1), metadata=np.zeros(1))
    with pytest.raises(TableError, match="allow_pickle=False"):
        EmbeddingTable.load(tmp_path / "p.npz")


def test_wrong_tables(tmp_path):
    with pytest.raises(FileNotFoundError):
        EmbeddingTable.load(tmp_path / "none.npz")
    with pytest.raises(ValueError, match="at least one text"):
        EmbeddingTable.build([], HashEncoder())
    with pytest.raises(ValueError, match=r"saved as a \.npz file"):
        EmbeddingTable.build(["a"], HashEncoder()).save(tmp_path / "t.bin")

    class Long(HashEncoder):
        def encode(self, texts):
            return 2 * super().encode(texts)

    with pytest.raises(ValueError, match="rows of length 1, but row 0 has length 2"):
        EmbeddingTable.build(["a"], Long())


@settings(max_examples=50, deadline=None)
@given(texts=st.lists(st.text(), min_size=1, max_size=10, unique=True))
def test_any_unicode_texts_keep_their_own_vectors(texts):
    assert len(set(text_keys(texts))) == len(texts)
    table = EmbeddingTable.build(texts, HashEncoder())
    np.testing.assert_allclose(table.encode(texts), HashEncoder().encode(texts), atol=1e-3)

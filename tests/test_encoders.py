"""The encoder around a model: what is embedded, kept, told and refused."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from encoder_helpers import DIM, HashEncoder, fake_encoder
from hypothesis import given
from hypothesis import strategies as st

from recgym.encoders import (
    EmbeddingTable,
    RecentTexts,
    SentenceTransformerEncoder,
    TextCutWarning,
    WeightsError,
    as_encoder,
)
from recgym.encoders.cache import default_cache_dir


def test_only_new_texts_are_embedded_each_once_longest_first(model_folder):
    encoder = fake_encoder(model_folder, batch_size=2)
    texts = ["b", "a", "b", "ccc"]
    np.testing.assert_allclose(encoder.encode(texts), HashEncoder().encode(texts), atol=1e-6)
    assert encoder._model.batches == [["ccc", "b"], ["a"]]
    encoder.encode(["a", "dd", "b"])
    assert encoder._model.batches[2:] == [["dd"]]
    assert encoder.encode([]).shape == (0, DIM)


def test_cut_texts_are_told_on_a_warm_cache_too(model_folder):
    texts = ["one two three", "one two three four", "a b c d e"]
    for _ in range(2):
        with pytest.warns(TextCutWarning, match="2 of 3 texts are longer.*'one two three four'"):
            fake_encoder(model_folder).encode(texts)


def test_fingerprint_follows_weights_and_settings(model_folder):
    prints = {fake_encoder(model_folder).fingerprint}
    (model_folder / "README.md").write_text("says nothing about vectors")
    assert {fake_encoder(model_folder).fingerprint} == prints
    (model_folder / "config.json").write_text(json.dumps({"hidden_size": DIM, "changed": 1}))
    prints.add(fake_encoder(model_folder).fingerprint)
    (model_folder / "model.safetensors").write_bytes(b"others")
    prints.add(fake_encoder(model_folder).fingerprint)
    (model_folder / "1_Pooling").mkdir()
    (model_folder / "1_Pooling" / "config.json").write_text(json.dumps({"word_embedding_dimension": 5}))
    prints.add(fake_encoder(model_folder).fingerprint)
    assert len(prints) == 4
    assert fake_encoder(model_folder).embedding_dim == 5


def test_a_model_that_breaks_the_protocol_is_not_cached(model_folder):
    encoder = fake_encoder(model_folder)
    encoder._model.encode = lambda texts, **options: np.ones((len(texts), DIM + 1))
    with pytest.raises(ValueError, match=r"returned shape \(1, 9\), expected \(1, 8\)"):
        encoder.encode(["a"])
    encoder._model.encode = lambda texts, **options: np.full((len(texts), DIM), np.nan)
    with pytest.raises(ValueError, match="rows of length 1, but row 0 has length nan"):
        encoder.encode(["a"])
    np.testing.assert_allclose(fake_encoder(model_folder).encode(["a"]), HashEncoder().encode(["a"]), atol=1e-6)


def test_missing_packages_are_named_with_the_cure(model_folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ImportError, match=r'pip install -e "\.\[encoder\]"'):
        SentenceTransformerEncoder(model_folder, cache_dir=model_folder.parent).encode(["a"])
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ImportError, match=r'pip install -e "\.\[encoder\]"'):
        SentenceTransformerEncoder("some-hub-model").encode(["a"])


@pytest.mark.parametrize("tqdm_is_missing", [False, True])
def test_progress_goes_to_stderr_and_can_be_switched_off(model_folder, monkeypatch, capsys, tqdm_is_missing):
    if tqdm_is_missing:
        monkeypatch.setitem(sys.modules, "tqdm", None)
    fake_encoder(model_folder, batch_size=2, progress=False).encode(["x", "y", "z"])
    fake_encoder(model_folder, batch_size=5).encode(["one batch"])
    assert capsys.readouterr().err == ""
    fake_encoder(model_folder, batch_size=2).encode(["a", "b", "c"])
    shown = capsys.readouterr()
    assert "embedding texts" in shown.err and "3/3" in shown.err and shown.out == ""


def test_wrong_arguments(model_folder, tmp_path):
    with pytest.raises(ValueError, match="batch_size must be at least 1, but got 0"):
        SentenceTransformerEncoder(batch_size=0)
    with pytest.raises(ValueError, match="sha256 must be 64"):
        SentenceTransformerEncoder(sha256="53AA")
    with pytest.raises(WeightsError, match="expected " + "0" * 64):
        fake_encoder(model_folder, sha256="0" * 64).encode(["a"])
    (model_folder / "model.safetensors").unlink()
    with pytest.raises(WeightsError, match="not a sentence-transformers model folder"):
        fake_encoder(model_folder).encode(["a"])
    for encoder in (HashEncoder(), EmbeddingTable.build(["a"], HashEncoder())):
        with pytest.raises(TypeError, match=r"single text 'abc'; pass \[text\]"):
            encoder.encode("abc")
        with pytest.raises(TypeError, match=r"texts\[1\] is NoneType"):
            encoder.encode(["abc", None])
        with pytest.raises(ValueError, match=r"texts\[1\].*not valid Unicode.*character 2"):
            encoder.encode(["abc", "de\ud800"])


def test_cache_folder_setting(monkeypatch, tmp_path):
    monkeypatch.setenv("RECGYM_CACHE", str(tmp_path))
    assert default_cache_dir() == tmp_path == SentenceTransformerEncoder()._cache_dir
    monkeypatch.delenv("RECGYM_CACHE")
    assert default_cache_dir() == Path.home() / ".cache" / "recgym"


def test_as_encoder(tmp_path, model_folder):
    table = EmbeddingTable.build(["a"], HashEncoder())
    table.save(tmp_path / "t.npz")
    for path in (tmp_path / "t.npz", str(tmp_path / "t.npz")):
        assert as_encoder(path).fingerprint == table.fingerprint
    for encoder in (table, HashEncoder(), fake_encoder(model_folder)):
        assert as_encoder(encoder) is encoder
    assert isinstance(as_encoder("all-MiniLM-L6-v2"), SentenceTransformerEncoder)
    assert as_encoder(model_folder).embedding_dim == DIM


@pytest.mark.parametrize("value", [None, 3, HashEncoder, np.zeros(3)])
def test_as_encoder_refuses_anything_else(value):
    with pytest.raises(TypeError, match="an encoder is an object with embedding_dim, fingerprint and encode"):
        as_encoder(value)


def test_as_encoder_names_the_missing_members():
    class Partial:
        embedding_dim = 3

        def encode(self, texts):
            return np.zeros((len(texts), 3))

    with pytest.raises(TypeError, match="no fingerprint"):
        as_encoder(Partial())


def test_texts_without_end_stay_off_the_disk(model_folder, capsys):
    encoder = fake_encoder(model_folder, batch_size=2)
    texts = ["b", "a", "b", "ccc", "dd dd"]
    np.testing.assert_allclose(encoder.encode(texts, on_disk=False), HashEncoder().encode(texts), atol=1e-6)
    assert not (model_folder.parent / "cache").exists() and capsys.readouterr().err == ""
    encoder.encode(["a"])
    encoder._model.batches.clear()
    encoder.encode(["a"], on_disk=False)
    assert encoder._model.batches == [["a"]]


@given(
    st.lists(st.lists(st.integers(0, 12).map(str), min_size=1, max_size=6), min_size=1, max_size=12), st.integers(1, 8)
)
def test_recent_texts_are_those_used_last(calls, size):
    asked: list[str] = []

    def embed(texts):
        asked.extend(texts)
        return HashEncoder().encode(texts)

    recent, last = RecentTexts(embed, size), []
    for texts in calls:
        asked.clear()
        np.testing.assert_array_equal(recent(texts), HashEncoder().encode(texts))
        distinct = list(dict.fromkeys(texts))
        assert asked == [text for text in distinct if text not in last]
        last = [*(text for text in last if text not in texts), *distinct][-size:]


def test_recent_vectors_are_the_callers_own():
    recent = RecentTexts(HashEncoder().encode)
    recent(["a", "b"])[:] = 0
    np.testing.assert_array_equal(recent(["b"]), HashEncoder().encode(["b"]))

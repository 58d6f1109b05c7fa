"""The cache on disk under crashes, damage and two writers."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from encoder_helpers import DIM, assert_right, fake_encoder, keys_of, put, the_cache_file
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recgym.encoders import CacheError
from recgym.encoders.cache import EmbeddingCache

ROOT = Path(__file__).resolve().parent.parent


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
from encoder_helpers import DIM, keys_of, put
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

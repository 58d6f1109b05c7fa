"""Embeddings on disk, so that no text is embedded twice.

One SQLite file per model. SQLite's transactions give what a cache shared by experiments needs: a process killed in the
middle of a write leaves the rows written before it, and processes that write at the same time wait for each other. The
default rollback journal is used, not WAL: one file, no shared memory, so it also works in a network home directory.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import sqlite3

FORMAT = 1
_SECONDS_TO_WAIT_FOR_A_LOCK = 120
# SQLite's error names for a file that may be whole but cannot be used: deleting it would not help.
_NO_DAMAGE = tuple(
    f"SQLITE_{name}" for name in ("BUSY", "CANTOPEN", "FULL", "IOERR", "LOCKED", "PERM", "PROTOCOL", "READONLY")
)
_KEYS_PER_QUERY = 500  # SQLite builds before 3.32 allow 999 parameters


class CacheError(RuntimeError):
    """The embedding cache cannot be used; the message names the file and the cure."""


def default_cache_dir() -> Path:
    """$RECGYM_CACHE if it is set, else ~/.cache/recgym."""
    return Path(os.environ.get("RECGYM_CACHE") or Path.home() / ".cache" / "recgym").expanduser()


class EmbeddingCache:
    """A file of text key -> vector, for one model.

    The file is opened for each call and closed after it, so a cache may be copied, pickled and used after a fork.
    Every row carries a checksum: a damaged file is an error, never a wrong vector.

    Args:
        path: the SQLite file; it and its folder are made by the first `put`.
        embedding_dim: length of the vectors.
    """

    def __init__(self, path: Path, embedding_dim: int) -> None:
        self.path = path
        self.embedding_dim = embedding_dim

    def get(self, keys: Sequence[bytes]) -> dict[bytes, tuple[NDArray[np.float32], bool]]:
        """Look keys up: key -> (vector (embedding_dim,) float32, whether its text was cut), for those that are there.

        Raises:
            CacheError: the file is damaged or cannot be read.
        """
        if not self.path.exists():
            return {}
        found = {}
        with self._open() as connection:
            for start in range(0, len(keys), _KEYS_PER_QUERY):
                wanted = keys[start : start + _KEYS_PER_QUERY]
                marks = ",".join("?" * len(wanted))
                query = f"SELECT key, vector, cut, checksum FROM embeddings WHERE key IN ({marks})"
                for key, vector, cut, checksum in connection.execute(query, wanted):
                    if checksum != _checksum(key, vector, cut) or len(vector) != 4 * self.embedding_dim:
                        raise self._error(f"is damaged: the row of text key {key.hex()} fails its check")
                    found[key] = np.frombuffer(vector, dtype="<f4").astype(np.float32), bool(cut)
        return found

    def put(self, keys: Sequence[bytes], vectors: NDArray[np.float32], cut: Sequence[bool]) -> None:
        """Add rows, all or none of them; keys that are there already keep their vector.

        Args:
            keys: one per row.
            vectors: (len(keys), embedding_dim) float32.
            cut: whether each text was longer than the model reads.

        Raises:
            CacheError: the file is damaged or cannot be written.
            ValueError: `vectors` has another shape.
        """
        expected = (len(keys), self.embedding_dim)
        if vectors.shape != expected:
            raise ValueError(f"cannot cache vectors of shape {vectors.shape}, expected {expected}")
        rows = [
            (key, vector.astype("<f4").tobytes(), int(is_cut))
            for key, vector, is_cut in zip(keys, vectors, cut, strict=True)
        ]
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT OR IGNORE INTO embeddings VALUES (?, ?, ?, ?)", [(*row, _checksum(*row)) for row in rows]
            )
            connection.execute("COMMIT")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        import sqlite3  # who embeds nothing does without

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=_SECONDS_TO_WAIT_FOR_A_LOCK, isolation_level=None)
            with closing(connection):
                version = connection.execute("PRAGMA user_version").fetchone()[0]
                if version == 0:
                    version = self._create(connection)
                if version != FORMAT:
                    raise self._error(f"has format {version}, but this version of RecGym reads format {FORMAT}")
                yield connection
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorname", "").startswith(_NO_DAMAGE):
                raise CacheError(
                    f"cannot use the embedding cache {self.path}: {error}. Pass cache_dir=... or set RECGYM_CACHE to a "
                    "folder on this machine that can be written"
                ) from error
            raise self._error(f"is damaged ({error})") from error
        except UnicodeDecodeError as error:  # SQLite's own words about a damaged table
            raise self._error(f"is damaged ({error})") from error
        except OSError as error:
            raise CacheError(
                f"cannot make the embedding cache {self.path}: {error}. Pass cache_dir=... or set RECGYM_CACHE to a "
                "folder that can be written"
            ) from error

    def _create(self, connection: sqlite3.Connection) -> int:
        # One transaction: another process sees an empty file or a finished one, and repeating it does no harm.
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS embeddings (key BLOB PRIMARY KEY, vector BLOB NOT NULL, cut INTEGER NOT NULL,"
            " checksum INTEGER NOT NULL) WITHOUT ROWID"
        )
        connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute("COMMIT")
        return FORMAT

    def _error(self, problem: str) -> CacheError:
        return CacheError(
            f"the embedding cache {self.path} {problem}. It holds only what can be computed again: delete this file "
            "and run again"
        )


def _checksum(key: bytes, vector: bytes, cut: int) -> int:
    return crc32(b"%b%b%d" % (key, vector, cut))

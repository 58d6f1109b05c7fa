"""Files that are written whole: neither a reader nor a process that is killed ever leaves half of one."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path, temporary: Path | None = None) -> Iterator[Path]:
    """A path beside `path` to write a file to, which takes its place in the end; after an exception it is gone.

    The permissions are those that `open(path, "w")` leaves: a new file has the user's default ones, an old one its own.

    Args:
        path: Of the file, there already or not; its folder is there.
        temporary: In the same folder; by default one that no other writer has, so that several may write at once. If
            the process is killed, it stays.
    """
    temporary = temporary or path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        yield temporary
        if path.exists():
            shutil.copymode(path, temporary)
        with open(temporary, "r+b") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)

"""Array files that are larger than one likes to hold: written and read some rows at a time.

A file is mapped for each access and let go after it, so the pages of earlier blocks do not stay in the process.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray

BLOCK = 16_384  # rows


def create_rows(path: Path, shape: tuple[int, ...], dtype: DTypeLike) -> None:
    """Make an array file of zeros; on most systems it takes room only as it is written."""
    npy.open_memmap(path, mode="w+", shape=shape, dtype=np.dtype(dtype))


def resize_rows(path: Path, kept: int, total: int) -> None:
    """Make an array file one of `total` rows, of which the first `kept` stay and the others are zeros."""
    array = read_rows(path, 0, None)
    if len(array) == total:
        return
    resized = path.with_name(f"{path.name}.tmp")
    create_rows(resized, (total, *array.shape[1:]), array.dtype)
    for start, block in row_blocks(path, kept):
        write_rows(resized, start, block)
    os.replace(resized, path)


def write_rows(path: Path, rows: int | NDArray[np.int64], values: NDArray[Any]) -> None:
    """Put values at these rows, or from this row on; they are on disk when this returns."""
    array = npy.open_memmap(path, mode="r+")
    array[rows if isinstance(rows, np.ndarray) else slice(rows, rows + len(values))] = values
    array.flush()


def read_rows(path: Path, start: int, stop: int | None) -> NDArray[Any]:
    """Rows `start` to `stop`; all of them, mapped and not read, if `stop` is None."""
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    return array if stop is None else np.array(array[start:stop])


def row_blocks(path: Path, stop: int | None = None) -> Iterator[tuple[int, NDArray[Any]]]:
    """The first `stop` rows in blocks: (first row, rows in memory)."""
    total = len(read_rows(path, 0, None)) if stop is None else stop
    for start in range(0, total, BLOCK):
        yield start, read_rows(path, start, min(start + BLOCK, total))


def take_rows(path: Path, rows: NDArray[np.int64]) -> NDArray[Any]:
    """Some rows, which rise. The file is read from front to back: touching rows here and there would map nearly all."""
    parts = []
    for start, block in row_blocks(path):
        first, last = np.searchsorted(rows, (start, start + len(block)))
        parts.append(block[rows[first:last] - start])
    return np.concatenate(parts)

"""A column of texts as one block of UTF-8 and the places where each begins:
a million strings, not a million objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

BLOCK = 65_536  # texts decoded, or written, at a time
_BETWEEN_DECODED = b"\xff".decode(errors="surrogateescape")


class Texts(Sequence[str]):
    """An immutable sequence of strings that decodes what is asked for. Made by `write_texts`, or opened from files."""

    def __init__(self, stem: Path) -> None:
        """Map the two files of `stem`: nothing is read yet."""
        self.stem = stem
        self._offsets: NDArray[np.int64] = mapped(offsets_of(stem))  # (len + 1,)
        size = int(self._offsets[-1])
        blob = np.memmap(blob_of(stem), dtype=np.uint8, mode="c", shape=(size,)) if size else np.zeros(0, np.uint8)
        self._blob: NDArray[np.uint8] = np.asarray(blob)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: Any) -> str | list[str]:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            return self._between(start, stop) if step == 1 else [self[i] for i in range(start, stop, step)]
        row = range(len(self))[index]
        return self._blob[self._offsets[row] : self._offsets[row + 1]].tobytes().decode()

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), BLOCK):
            yield from self._between(start, min(start + BLOCK, len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Texts | tuple):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __deepcopy__(self, memo: dict[int, object]) -> Texts:
        return self  # Gymnasium deep-copies an environment's arguments; texts never change

    def __reduce__(self) -> tuple[type[Texts], tuple[Path]]:
        return Texts, (self.stem,)

    def take(self, rows: NDArray[np.int64]) -> NDArray[np.object_]:
        """The texts of an array of rows, in its shape; row -1 gives "". All are decoded in one go."""
        from recgym.catalog.joining import join, joined_length  # here: importing recgym imports no compiler

        flat = rows.reshape(-1)
        joined = np.empty(joined_length(self._blob, self._offsets, flat), dtype=np.uint8)
        join(self._blob, self._offsets, flat, joined)
        found = np.empty(len(flat), dtype=object)
        found[:] = joined.tobytes().decode(errors="surrogateescape").split(_BETWEEN_DECODED)[:-1]
        return found.reshape(rows.shape)

    def _between(self, start: int, stop: int) -> list[str]:
        if stop <= start:
            return []
        first = self._offsets[start]
        raw = self._blob[first : self._offsets[stop]].tobytes()
        places = (self._offsets[start : stop + 1] - first).tolist()
        return [raw[a:b].decode() for a, b in zip(places, places[1:])]  # noqa: B905 one is shorter


class Stripped(Sequence[str]):
    """Cells without the spaces around them."""

    def __init__(self, cells: Sequence[str]) -> None:
        self._cells = cells

    def __len__(self) -> int:
        return len(self._cells)

    def __getitem__(self, index: Any) -> Any:
        return self._cells[index].strip()

    def __iter__(self) -> Iterator[str]:
        return map(str.strip, self._cells)


class TextWriter:
    """Writes a column of texts piece by piece; the files are whole once it is closed."""

    def __init__(self, stem: Path) -> None:
        self._stem = stem
        self._file = open(blob_of(stem), "wb")
        self._lengths: list[NDArray[np.int64]] = [np.zeros(1, dtype=np.int64)]

    def extend(self, cells: Sequence[str]) -> None:
        """Append texts."""
        encoded = [cell.encode() for cell in cells]
        self._file.write(b"".join(encoded))
        self._lengths.append(np.fromiter(map(len, encoded), dtype=np.int64, count=len(encoded)))

    def close(self) -> None:
        """Write where the texts begin."""
        self._file.close()
        np.save(offsets_of(self._stem), np.cumsum(np.concatenate(self._lengths)))


def write_texts(stem: Path, cells: Iterable[str]) -> Texts:
    """Write a column of any length, and open it."""
    writer, left = TextWriter(stem), iter(cells)
    while block := list(islice(left, BLOCK)):
        writer.extend(block)
    writer.close()
    return Texts(stem)


def picker(texts: Sequence[str]) -> Callable[[NDArray[np.int64]], NDArray[np.object_]]:
    """A function from an array of rows, -1 for none, to the texts of these rows ("" for none), dtype object."""
    if isinstance(texts, Texts):
        return texts.take
    return np.array([*texts, ""], dtype=object).__getitem__


def mapped(path: Path) -> NDArray[Any]:
    """An array file as a plain array whose pages are read when they are touched; writing changes the memory only."""
    return np.asarray(np.load(path, mmap_mode="c", allow_pickle=False))


def blob_of(stem: Path) -> Path:
    """The file of the texts."""
    return stem.with_name(f"{stem.name}.txt")


def offsets_of(stem: Path) -> Path:
    """The file of the places where they begin."""
    return stem.with_name(f"{stem.name}.offsets.npy")

"""Texts of many rows, copied out of a block in one go."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Ints, kernel
from recgym.prefetch import prefetch

_BETWEEN = 0xFF
_AHEAD = 16  # rows


@kernel
def joined_length(blob: NDArray[np.uint8], offsets: Ints, rows: Ints) -> int:
    """Bytes of the texts of `rows` (-1 for none), and of one byte after each."""
    length, last = len(rows), len(rows) - 1
    for place, row in enumerate(rows):
        prefetch(offsets, max(rows[min(place + _AHEAD, last)], 0))
        if row >= 0:
            prefetch(blob, offsets[row])
            length += offsets[row + 1] - offsets[row]
    return length


@kernel
def join(blob: NDArray[np.uint8], offsets: Ints, rows: Ints, joined: NDArray[np.uint8]) -> None:
    """Fill `joined` with these texts, a byte that UTF-8 never uses after each."""
    end = 0
    for row in rows:
        if row >= 0:
            for place in range(offsets[row], offsets[row + 1]):
                joined[end] = blob[place]
                end += 1
        joined[end] = _BETWEEN
        end += 1

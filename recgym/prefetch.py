"""Asking for rows before they are needed: in a catalogue of a million items nearly every row is a trip to the memory.

A kernel that visits random rows waits for each in turn, about a tenth of a microsecond. One that asks for the rows of
a lane further on while it works on this one waits less, the less the fewer lines of the memory a row touches. Neither
asking nor where a row lies changes a value.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from recgym.compiled import Ints, kernel

AHEAD = 4  # lanes: the work on so many takes longer than the trip
LINE = 64  # bytes that come at a time
LINES = 3  # asked for at most: the processor sees by itself that a longer row goes on


def aligned(values: NDArray[Any]) -> NDArray[Any]:
    """The same values, the first at the beginning of a line: a copy, unless they lie so already."""
    if values.ctypes.data % LINE == 0 and values.flags.c_contiguous:
        return values
    copied = _zeros(values.shape, values.dtype)
    copied[...] = values
    return copied


def whole_lines(rows: NDArray[Any]) -> NDArray[Any]:
    """A copy of (num_rows, num_columns) `rows`, `aligned`, with columns of zeros behind:
    none crosses a line needlessly.

    A row that fills less than a line gets half a line, a quarter, ...
    """
    size = rows.shape[1] * rows.itemsize
    room = -(-size // LINE) * LINE
    while room // 2 >= size > 0:
        room //= 2
    padded = _zeros((len(rows), room // rows.itemsize), rows.dtype)
    padded[:, : rows.shape[1]] = rows
    return padded


def _zeros(shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    size = math.prod(shape) * dtype.itemsize
    room = np.zeros(size + LINE, dtype=np.uint8)
    first = -room.ctypes.data % LINE
    return room[first : first + size].view(dtype).reshape(shape)


@kernel
def prefetch(array: NDArray[Any], row: int) -> None:
    """Inside kernels: ask for `array[row]`, or the beginning of a long row."""
    for offset in range(0, min(array.strides[0], LINES * LINE), LINE):
        _ask(array, row, offset)


@kernel
def prefetch_ahead(array: NDArray[Any], rows: Ints, lane: int) -> None:
    """Inside kernels: ask for the rows of `array` that the lane `AHEAD` of this one will look up.

    rows: (num_lanes, any length) of all lanes, -1 for none.
    """
    for row in rows[min(lane + AHEAD, len(rows) - 1)]:
        prefetch(array, max(row, 0))


@intrinsic
def _ask(typing_context: Any, array: Any, row: Any, offset: Any) -> Any:
    """LLVM's prefetch of one line."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        from numba.np.arrayobj import make_array  # costs time to import, and only compiling needs it

        made = make_array(signature.args[0])(context, builder, arguments[0])
        stride = cgutils.unpack_tuple(builder, made.strides)[0]
        index, further = (context.cast(builder, value, kind, types.intp)
                          for value, kind in zip(arguments[1:], signature.args[1:], strict=True))  # fmt: skip
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        ask = builder.module.declare_intrinsic(
            "llvm.prefetch", [byte], ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        )
        place = builder.gep(builder.bitcast(made.data, byte), [builder.add(builder.mul(index, stride), further)])
        builder.call(ask, [place, number(0), number(3), number(1)])  # to read, to be kept in all caches, data
        return context.get_dummy_value()

    return types.void(array, row, offset), generate

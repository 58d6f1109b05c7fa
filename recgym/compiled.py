"""Compiled loops: how the components' arithmetic is made fast, in one place.

A `kernel` runs over the lanes of a batch in machine code. Compiling happens when a kernel is first called and is kept
on disk, so it costs a few seconds once per installation. Arithmetic is IEEE's, in the order it is written, so that a
lane has the same bits in any batch; only `dot` and `dots` may sum in another order, one that depends on the length
alone.

A kernel borrows its arrays and makes none; what does make or return some is an `allocating_kernel`.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
from numba.core import event
from numba.core.caching import FunctionCache
from numba.core.runtime import rtsys
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int64]
Codes = NDArray[np.int8]
Flags = NDArray[np.bool_]
Unrolled = tuple[int, ...]
Function = TypeVar("Function", bound=Callable[..., Any])


@cache
def _sources_digest() -> str:
    """Of all files with kernels in this package."""
    here = Path(__file__)
    sources = [path for path in sorted(here.parent.rglob("*.py")) if b"recgym.compiled" in path.read_bytes()]
    return hashlib.sha256(b"".join(path.read_bytes() for path in [here, *sources])).hexdigest()


@cache
def _discard_stale_machine_code(folder: Path) -> None:
    """Discard the machine code in a folder of Numba's, which holds that of one folder of sources,
    if any file has changed.

    Numba keeps a kernel while its own file is unchanged, but a kernel also holds what it called in other files. A
    folder that cannot be written holds what came with the installation.
    """
    known, digest = folder / "kernels.sha256", _sources_digest()
    if known.is_file() and known.read_text() == digest:
        return
    try:
        for file in folder.glob("*.nb[ic]"):
            file.unlink(missing_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        known.write_text(digest)
    except OSError:
        pass


class _MachineCode:
    """Where Numba's dispatcher of one kernel looks for its machine code, and leaves it.

    Numba's own way first loads everything that compiling may need, half of the time that the first step of a process
    takes and a quarter of its memory. What lies on disk is ready to run.
    """

    def __init__(self, function: Callable[..., Any], counts_references: bool) -> None:
        self.function = function
        self.counts_references = counts_references

    @cached_property
    def on_disk(self) -> FunctionCache:
        """Numba's files of this kernel, in the folder that Numba chooses."""
        on_disk = FunctionCache(self.function)
        _discard_stale_machine_code(Path(on_disk.cache_path))
        return on_disk

    @property
    def cache_path(self) -> str:
        """The folder."""
        return self.on_disk.cache_path

    def load_overload(self, signature: Any, target: Any) -> Any:
        """The kernel for arguments of these types, None if it is not on disk."""
        if self.counts_references:
            rtsys.initialize(target)
        with self.on_disk._guard_against_spurious_io_errors():
            return self.on_disk._load_overload(signature, target)

    def save_overload(self, signature: Any, compiled: Any) -> None:
        """Keep what has been compiled."""
        self.on_disk.save_overload(signature, compiled)

    def flush(self) -> None:
        """Forget what is on disk."""
        self.on_disk.flush()


def _compiled(counts_references: bool, **options: Any) -> Callable[[Function], Function]:
    """Numba's `njit`, kept on disk where Numba chooses."""

    def compiled(function: Function) -> Function:
        dispatcher = numba.njit(error_model="numpy", no_cfunc_wrapper=True, _nrt=counts_references, **options)(function)
        dispatcher._cache = _MachineCode(function, counts_references)
        return dispatcher

    return compiled


# Numba counts references to arrays (its runtime, NRT). Kernels only borrow what they are given, so they go without: an
# argument then costs half. Those that make arrays need the counts.
kernel = _compiled(counts_references=False)
allocating_kernel = _compiled(counts_references=True)
_reordered_sum = _compiled(counts_references=False, fastmath={"reassoc", "nsz"})


def unrolled(count: int) -> Unrolled:
    """A small number that a kernel knows when it is compiled, as the `len` of this: short loops over it are unrolled.

    A kernel is compiled anew for every number.
    """
    return (0,) * count


@_reordered_sum
def dot(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Sum of products of two rows of equal length, in their own precision."""
    total = a.dtype.type(0)
    for i in range(len(a)):
        total += a[i] * b[i]
    return total


@_reordered_sum
def dots(
    a: NDArray[Any], b: NDArray[Any], c: NDArray[Any], d: NDArray[Any]
) -> tuple[float, float, float]:
    """The products of the row `a` with three others, in one pass."""
    with_b = with_c = with_d = a.dtype.type(0)
    for i in range(len(a)):
        with_b += a[i] * b[i]
        with_c += a[i] * c[i]
        with_d += a[i] * d[i]
    return with_b, with_c, with_d


@kernel
def sigmoid(x: float) -> float:
    """1 / (1 + exp(-x))."""
    return 1.0 / (1.0 + np.exp(-x))


def sigmoids(x: Floats) -> Floats:
    """The `sigmoid` of every number of an array, bit for bit."""
    found = np.empty(x.shape, x.dtype)
    _sigmoids(x.ravel(), found.ravel())
    return found


@kernel
def _sigmoids(x: Floats, found: Floats) -> None:
    for i in range(len(x)):
        found[i] = sigmoid(x[i])


@allocating_kernel
def purchase_change(surprise: Any, good: float, bad: float) -> Any:
    """What a purchase rated `surprise` stars above 3 changes: at most `good` or `bad` times its tanh.

    For numbers inside a kernel and for arrays outside.
    """
    return good * np.tanh(np.maximum(surprise, 0.0)) + bad * np.tanh(np.minimum(surprise, 0.0))


@kernel
def scaled(total: NDArray[Any], vector: NDArray[Any], weight: float) -> None:
    """total = weight * vector, in place. One target a loop: only such loops run on vectors of the machine."""
    for i in range(len(total)):
        total[i] = weight * vector[i]


@kernel
def add(total: NDArray[Any], vector: NDArray[Any], weight: float) -> None:
    """total += weight * vector, in place."""
    for i in range(len(total)):
        total[i] += weight * vector[i]


@kernel
def drawn(cumulative: NDArray[np.float64], u: float) -> int:
    """The index that the uniform `u` draws from rising `cumulative` chances, the last of which is 1."""
    low, high = 0, len(cumulative) - 1
    while low < high:
        middle = (low + high) // 2
        if u < cumulative[middle]:
            high = middle
        else:
            low = middle + 1
    return low


@kernel
def top(scores: NDArray[Any], chosen: NDArray[np.int64]) -> None:
    """Fill `chosen` with the positions of the highest scores, the best first; ties go to the earlier position."""
    filled, last = 0, len(chosen) - 1
    for position in range(len(scores)):
        score = scores[position]
        if filled > last and not score > scores[chosen[last]]:
            continue
        place = min(filled, last)
        while place > 0 and score > scores[chosen[place - 1]]:
            chosen[place] = chosen[place - 1]
            place -= 1
        chosen[place] = position
        filled += 1


class _Announcement(event.Listener):
    """A word to whoever waits while the kernels are compiled: that is, not found on disk."""

    def on_start(self, event: event.Event) -> None:
        if _announcement and event.data["dispatcher"].py_func.__module__.startswith("recgym."):
            print("recgym: compiling, a few seconds, once per installation ...", file=sys.stderr, flush=True)
            _announcement.clear()

    def on_end(self, event: event.Event) -> None:
        """Nothing to say."""


_announcement = [_Announcement()]
event.register("numba:compile", _announcement[0])

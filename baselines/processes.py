"""Many calls of a function, each in a fresh process: its memory is freed, its death is only its own."""

from __future__ import annotations

import multiprocessing
import os
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from typing import Any, NamedTuple

from recgym.registration import ENVIRONMENTS, register, registered

# What fresh processes have imported already where they are forked from a server: what all of them need.
PRELOAD = ("baselines.processes", "baselines.quality")
# What linear algebra and PyTorch read as they are loaded.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Failure(NamedTuple):
    """A call that did not return."""

    trace: str  # with the exception in its last line

    @property
    def reason(self) -> str:
        """The last line of the trace."""
        return self.trace.strip().splitlines()[-1]


# (function, arguments of every call, how many at a time) -> (position of the call, what it returned) as calls end
Backend = Callable[[Callable[..., Any], Sequence[tuple[Any, ...]], int], Iterator[tuple[int, Any]]]


def run(function: Callable[..., Any], calls: Sequence[tuple[Any, ...]], jobs: int) -> Iterator[tuple[int, Any]]:
    """Call `function` with each tuple of arguments, `jobs` at a time;
    yield (position, result or `Failure`) as calls end.

    The function is found by its module's name, so it has to stand at the top of a module. No process survives the end
    of this one, however it ends.
    """
    own = own_environments()
    with ThreadPoolExecutor(jobs) as threads:
        futures = {
            threads.submit(_alone, knowing, own, function, *arguments): position
            for position, arguments in enumerate(calls)
        }
        try:
            for future in as_completed(futures):
                error = future.exception()
                yield futures[future], future.result() if error is None else failure(error)
        finally:
            threads.shutdown(wait=False, cancel_futures=True)


def one_thread() -> None:
    """What this process loads from now on, and those that it starts, compute with one thread, unless asked for more.

    The batches and networks here are small, and there are as many processes as cores.
    """
    for name in THREADS:
        os.environ.setdefault(name, "1")


def failure(error: BaseException) -> Failure:
    """A failure that tells the whole trace."""
    return Failure("".join(traceback.format_exception(error)))


def own_environments() -> dict[str, dict[str, Any]]:
    """What `recgym.register` has registered here and no other process knows: id -> its arguments."""
    return {env_id: settings for env_id, settings in registered().items() if env_id not in ENVIRONMENTS}


def knowing(own: Mapping[str, Mapping[str, Any]], function: Callable[..., Any], *arguments: Any) -> Any:
    """What the function returns, once these environments are registered where it is called."""
    for env_id, settings in own.items():
        if env_id not in registered():
            register(env_id, **settings)
    return function(*arguments)


def _alone(function: Callable[..., Any], *arguments: Any) -> Any:
    with ProcessPoolExecutor(1, mp_context=_context(), initializer=_end_with_parent) as process:
        return process.submit(function, *arguments).result()


def _context() -> multiprocessing.context.BaseContext:
    """Forked from a server that has only imported, where there is one:
    as clean as a spawned process, seconds faster."""
    one_thread()
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOAD))
    return context


def _end_with_parent() -> None:
    """In a child: do not go on for hours when the parent has been killed."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()

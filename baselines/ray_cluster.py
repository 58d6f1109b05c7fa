"""Many calls of a function on a Ray cluster: `baselines.processes.run` for more than one machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from baselines.processes import Failure, failure, knowing, own_environments
from recgym.extras import install


def run(function: Callable[..., Any], calls: Sequence[tuple[Any, ...]], jobs: int) -> Iterator[tuple[int, Any]]:
    """Call `function` with each tuple of arguments on one CPU of the cluster each; yield as `baselines.processes.run`.

    The cluster is the one that is connected already, that of RAY_ADDRESS, or one of `jobs` CPUs on this machine. Its
    workers need RecGym installed. They live for one call, as the processes do.

    Raises:
        ModuleNotFoundError: Ray is not installed.
    """
    ray = _ray()
    if not ray.is_initialized():
        _connect(ray, jobs)
    remote, own = ray.remote(num_cpus=1, max_calls=1, max_retries=0)(knowing), own_environments()
    waiting = {remote.remote(own, function, *arguments): position for position, arguments in enumerate(calls)}
    try:
        while waiting:
            [done], _ = ray.wait(list(waiting), num_returns=1)
            yield waiting.pop(done), _outcome(ray, done)
    finally:
        for reference in waiting:
            ray.cancel(reference, force=True)


def _connect(ray: Any, jobs: int) -> None:
    import os

    if os.environ.get("RAY_ADDRESS"):
        ray.init(include_dashboard=False, log_to_driver=False)
    else:
        ray.init(num_cpus=jobs, include_dashboard=False, log_to_driver=False)


def _outcome(ray: Any, reference: Any) -> Any | Failure:
    try:
        return ray.get(reference)
    except ray.exceptions.RayError as error:  # raised there, or its worker died
        return failure(error)


def _ray() -> Any:
    try:
        import ray
    except ModuleNotFoundError as missing:
        message = f"the ray backend needs ray. Install it in an environment of its own with: {install('ray')}"
        raise ModuleNotFoundError(message, name="ray") from missing
    return ray

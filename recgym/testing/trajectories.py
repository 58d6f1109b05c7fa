"""Sessions under random actions, and the arrays they return."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from recgym.testing.comparison import described


def made(env_id: str, **kwargs: Any) -> gymnasium.Env[Any, Any]:
    return gymnasium.make(env_id, disable_env_checker=True, **kwargs)


def trajectory(
    env: Any,
    seed: int,
    steps: int = 40,
    action_seed: int | None = None,
    returned: Callable[[Any], object] | None = None,
) -> list[Any]:
    """Copies of what `reset` and `step` return under random actions; `returned` is handed the originals."""
    env.action_space.seed(seed if action_seed is None else action_seed)
    log = []

    def note(result: tuple[Any, ...]) -> None:
        log.append(copy.deepcopy(result))
        if returned:
            returned(result)

    note(env.reset(seed=seed))
    over = False
    for _ in range(steps):
        if over is True:
            note(env.reset())
            over = False
            continue
        result = env.step(env.action_space.sample())
        over = result[2] or result[3] if isinstance(result[2], bool) else None  # vector environments reset themselves
        note(result)
    return log


def parts_of(space: spaces.Space[Any], observation: Any) -> Iterator[tuple[str, spaces.Box, Any]]:
    """(name, space, values) of every array of an observation."""
    if isinstance(space, spaces.Dict):
        assert isinstance(observation, dict) and set(observation) == set(space), (
            f"expected an observation with the keys {sorted(space)}, got {described(observation)}"
        )
        for name, part in space.items():
            yield from ((f"{name}.{inner}" if inner != "observation" else name, box, values)
                        for inner, box, values in parts_of(part, observation[name]))  # fmt: skip
    else:
        assert isinstance(space, spaces.Box), (
            f"expected a Box or a Dict of them, got {space}; no library learns from it"
        )
        yield "observation", space, observation


def overwrite(values: Any) -> None:
    """Write into every array that can be reached."""
    if isinstance(values, dict):
        for part in values.values():
            overwrite(part)
    elif isinstance(values, list | tuple):
        for part in values:
            overwrite(part)
    elif isinstance(values, np.ndarray) and values.flags.writeable and values.dtype.kind in "biuf":
        values[...] = np.ones((), dtype=values.dtype)

"""State: one batch of sessions as named arrays with a leading (num_envs,) axis."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

ONE = np.ones(1, dtype=np.int64)  # a step: NumPy adds an array in half the time that it takes for a Python number


class State(dict[str, Array]):
    """Name -> array (num_envs, ...): the user, the history, the candidates.

    The components own the variables: each lists the names it reads and writes in its docstring. A step never writes
    into an array of the state before it.
    """

    @property
    def num_envs(self) -> int:
        """Number of lanes."""
        return len(self["step"])

    def take(self, lanes: NDArray[np.int64]) -> State:
        """The sessions of some lanes, copied."""
        return State({name: values[lanes] for name, values in self.items()})

    def write(self, lanes: NDArray[np.int64], part: State) -> None:
        """Replace the sessions of some lanes in place: for the one owner of this batch."""
        for name, values in self.items():
            values[lanes] = part[name]

    def put(self, lanes: NDArray[np.int64], part: State) -> State:
        """This batch with the sessions of some lanes replaced; the old arrays stay as they were."""
        merged = State()
        for name, values in self.items():
            merged[name] = values.copy()
            merged[name][lanes] = part[name]
        return merged

"""How a check tells its result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


class NotYet(AssertionError):
    """An exercise that is not solved yet; the message says what was expected and why."""

    def _render_traceback_(self) -> list[str]:
        """Jupyter shows this in place of a traceback."""
        return [f"Not yet: {self}"]


def well_done(what: str) -> None:
    """Say so."""
    print(f"✓ {what}")


def given(answer: Any, name: str) -> Any:
    """The answer, if the gap has been filled at all."""
    if answer is None or answer is ...:
        raise NotYet(f"`{name}` is still a gap: replace the dots. If it is a function, it has to return something.")
    return answer


def number(answer: Any, name: str) -> float:
    """The answer as one number."""
    given(answer, name)
    if not np.isscalar(answer) and np.asarray(answer).shape != ():
        raise NotYet(f"`{name}` should be one number, but it has shape {np.asarray(answer).shape}.")
    return float(answer)


def array(answer: Any, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """The answer as an array of this shape."""
    found = np.asarray(given(answer, name))
    if found.shape != shape:
        raise NotYet(f"`{name}` should have shape {shape}, got {found.shape}.")
    return found


def called(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a student's function returns; an error in it is told, not thrown."""
    name = getattr(function, "__name__", "your function")
    given(function, name)
    try:
        return given(function(*arguments), name)
    except NotYet:
        raise
    except Exception as problem:
        raise NotYet(f"`{name}` fails with {type(problem).__name__}: {problem}") from problem


def close(answer: Any, expected: Any, hint: str, tolerance: float = 1e-6) -> None:
    """The answer is the expected one."""
    if not np.allclose(np.asarray(answer, dtype=np.float64), expected, rtol=tolerance, atol=tolerance):
        raise NotYet(hint)

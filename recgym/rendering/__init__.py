"""Pictures of a session: `ansi` as text for a terminal, `rgb_array` as an image for videos and notebooks.

All are functions of what runs the session (a domain's `Scenario`, or a `Classic`), its state, and the pages so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recgym.classics import Classic
from recgym.rendering import classics, picture, text
from recgym.rendering.story import Page
from recgym.scenarios.scenario import Scenario
from recgym.state import State

__all__ = ["ansi", "last_page", "rgb_array"]


def ansi(setting: Scenario | Classic, state: State, trace: Sequence[Page]) -> str:
    """The session of lane 0 after the pages of `trace`, as lines of about 100 characters, a newline after the last."""
    return _kind(setting, text, classics).ansi(setting, state, trace)


def last_page(setting: Scenario | Classic, trace: Sequence[Page]) -> list[str]:
    """The items of the last page, one line each, what the user did, and the reward."""
    return _kind(setting, text, classics).last_page(setting, trace)


def rgb_array(setting: Scenario | Classic, state: State, trace: Sequence[Page]) -> NDArray[np.uint8]:
    """The same as a (720, 1280, 3) uint8 picture.

    Raises:
        ImportError: matplotlib is not installed.
    """
    return _kind(setting, picture, classics).rgb_array(setting, state, trace)


def _kind(setting: Scenario | Classic, of_domain: Any, of_classic: Any) -> Any:
    return of_classic if isinstance(setting, Classic) else of_domain

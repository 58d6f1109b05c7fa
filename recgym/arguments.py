"""Checks of single arguments, so that every wrong one is answered alike."""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Iterable

import numpy as np


def whole_number(name: str, value: object, least: int = 1) -> int:
    """`value` as an int, NumPy's whole numbers included.

    Raises:
        ValueError: It is no whole number, or below `least`; True and False are no numbers here.
    """
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name}: expected a whole number of at least {least}, got {value!r}")
    return int(value)


def real_number(name: str, value: object, least: float = -math.inf, most: float = math.inf) -> float:
    """`value` as a float, from `least` to `most`.

    Raises:
        ValueError: It is no finite number, or out of bounds.
    """
    number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not least <= value <= most:
        bounds = {(True, True): "", (False, True): f" of at least {least:g}", (True, False): f" of at most {most:g}",
                  (False, False): f" from {least:g} to {most:g}"}[math.isinf(least), math.isinf(most)]  # fmt: skip
        raise ValueError(f"{name}: expected a finite number{bounds}, got {value!r}")
    return float(value)


def one_of(name: str, value: object, choices: Collection[str]) -> str:
    """`value`, if it is one of `choices`.

    Raises:
        ValueError: It is not; the message lists them and the nearest.
    """
    if isinstance(value, str) and value in choices:
        return value
    hint = did_you_mean(str(value), choices)
    raise ValueError(f"{name}: expected one of {', '.join(map(repr, choices))}, got {value!r}.{hint}")


def did_you_mean(text: str, names: Iterable[str]) -> str:
    """The end of an error message about a misspelt name, or nothing if no name is near."""
    lower = {name.lower(): name for name in names}
    near = difflib.get_close_matches(text.lower(), lower, n=1)
    return f" Did you mean {lower[near[0]]!r}?" if near else ""

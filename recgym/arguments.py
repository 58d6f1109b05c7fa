"""Checks of single arguments, so that every wrong one is answered alike."""

from __future__ import annotations

import numpy as np


def whole_number(name: str, value: object, least: int = 1) -> int:
    """`value` as an int, NumPy's whole numbers included.

    Raises:
        ValueError: It is no whole number, or below `least`; True and False are no numbers here.
    """
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name}: expected a whole number of at least {least}, got {value!r}")
    return int(value)

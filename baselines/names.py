"""Closed choices: the hint that a misspelt name gets."""

from __future__ import annotations

import difflib
from collections.abc import Collection


def did_you_mean(text: str, names: Collection[str]) -> str:
    """The end of an error message, or nothing if no name is near."""
    lower = {name.lower(): name for name in names}
    near = difflib.get_close_matches(text.lower(), lower, n=1)
    return f" Did you mean {lower[near[0]]!r}?" if near else ""

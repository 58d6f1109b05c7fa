"""Closed choices: the hint that a misspelt name gets."""

from __future__ import annotations

import difflib
from collections.abc import Collection


def did_you_mean(text: str, names: Collection[str]) -> str:
    """The end of an error message, or nothing if no name is near."""
    near = difflib.get_close_matches(text, names, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""

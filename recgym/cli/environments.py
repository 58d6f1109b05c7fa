"""Environment ids as command-line arguments."""

from __future__ import annotations

import argparse
import difflib

import gymnasium

from recgym.registration import ENVIRONMENTS


def recgym_id(text: str) -> str:
    """One of RecGym's own ids, for `add_argument(type=...)`."""
    return _known(text, list(ENVIRONMENTS))


def any_id(text: str) -> str:
    """Any registered id; "module:Id-v0" imports the module first, as gymnasium.make does."""
    module, _, name = text.rpartition(":")
    if module:
        try:
            __import__(module)
        except ImportError as error:
            raise argparse.ArgumentTypeError(f"cannot import {module!r}: {error}") from None
    return _known(name, list(gymnasium.registry))


def seed(text: str) -> int:
    """A whole number of at least 0."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 0, got {text!r}")
    return int(text)


def _known(name: str, ids: list[str]) -> str:
    if name in ids:
        return name
    near = {known.lower(): known for known in ids}
    match = difflib.get_close_matches(name.lower(), near, n=1)
    hint = f" Did you mean {near[match[0]]!r}?" if match else ""
    raise argparse.ArgumentTypeError(f"no environment {name!r}.{hint} `recgym list` shows RecGym's own.")

"""Environment ids as command-line arguments."""

from __future__ import annotations

import argparse
import difflib
import os
import sys

from recgym.registration import ENVIRONMENTS, registered

ID_HELP = 'such as RecGym-News-v0, or "module:Id-v0" of one of yours'  # of a `registered_id`


def recgym_id(text: str) -> str:
    """One of RecGym's own ids, for `add_argument(type=...)`."""
    return _known(text, list(ENVIRONMENTS), "this command takes RecGym's own, which `recgym list` shows")


def registered_id(text: str) -> str:
    """One of RecGym's own ids, or "module:Id-v0" of one that this module registers by `recgym.register`."""
    return _known(_imported(text), list(registered()))


def seed(text: str) -> int:
    """A whole number of at least 0."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 0, got {text!r}")
    return int(text)


def _imported(text: str) -> str:
    """The id in "module:Id-v0", once the module is imported;
    one in the working folder too, which a script's path lacks."""
    module, _, name = text.rpartition(":")
    if module:
        if os.getcwd() not in sys.path:
            sys.path.insert(0, os.getcwd())
        try:
            __import__(module)
        except ImportError as error:
            raise argparse.ArgumentTypeError(
                f"cannot import {module!r}: {error}. It is looked for in this folder, and where Python looks"
            ) from None
    return name


def _known(
    name: str, ids: list[str], which: str = "`recgym list` shows RecGym's own; write module:Id-v0 for one of yours"
) -> str:
    if name in ids:
        return name
    lower = {known.lower(): known for known in ids}
    near = [known for known in lower if name.lower() in known] or difflib.get_close_matches(name.lower(), lower, n=1)
    hint = f" Did you mean {lower[near[0]]!r}?" if near else ""
    raise argparse.ArgumentTypeError(f"no environment {name!r}.{hint} {which[0].upper()}{which[1:]}.")

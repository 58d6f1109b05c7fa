"""Arguments that several commands share."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection

from baselines.names import did_you_mean
from recgym.actions import VIEWS
from recgym.cli.environments import recgym_id
from recgym.registration import DOMAINS, ENVIRONMENTS


def add_env_id(parser: argparse.ArgumentParser, optional: bool = False, domains_only: bool = False) -> None:
    """The environment's id; an optional one defaults to the first of RecGym's."""
    kind = domain_id if domains_only else recgym_id
    first = next(iter(ENVIRONMENTS))
    if optional:
        parser.add_argument("env_id", type=kind, metavar="ID", nargs="?", default=first, help=f"default {first}")
    else:
        parser.add_argument("env_id", type=kind, metavar="ID", help=f"such as {first}")


def domain_id(text: str) -> str:
    """An argument type: the id of a domain."""
    env_id = recgym_id(text)
    if env_id not in DOMAINS:
        raise argparse.ArgumentTypeError(
            f"{env_id} is a published model, for which this does nothing; the domains are {', '.join(DOMAINS)}"
        )
    return env_id


def add_views(parser: argparse.ArgumentParser) -> None:
    """--action, which names one view; all four without it."""
    parser.add_argument(
        "--action", dest="views", type=lambda text: (one_of(VIEWS)(text),), default=VIEWS,
        metavar="|".join(VIEWS), help="the action view (default: all four)",
    )  # fmt: skip


def one_of(names: Collection[str]) -> Callable[[str], str]:
    """An argument type: one of these names, with "did you mean"."""

    def name(text: str) -> str:
        if text in names:
            return text
        hint = did_you_mean(text, names)
        raise argparse.ArgumentTypeError(f"expected one of {', '.join(names)}, got {text!r}.{hint}")

    return name


def at_least(least: int) -> Callable[[str], int]:
    """An argument type: a whole number from `least` on."""

    def number(text: str) -> int:
        if text.isdecimal() and int(text) >= least:
            return int(text)
        raise argparse.ArgumentTypeError(f"expected a whole number of at least {least}, got {text!r}")

    return number

"""Arguments that several commands share."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection

from recgym.actions import VIEWS
from recgym.arguments import did_you_mean
from recgym.cli.environments import ID_HELP, recgym_id, registered_id
from recgym.registration import CLASSICS, DOMAINS, ENVIRONMENTS


def add_env_id(parser: argparse.ArgumentParser, optional: bool = False, domains_only: bool = False) -> None:
    """The id of one of RecGym's environments or of one of yours; an optional one defaults to the first."""
    kind, first = _no_classic(registered_id) if domains_only else registered_id, next(iter(ENVIRONMENTS))
    if optional:
        parser.add_argument("env_id", type=kind, metavar="ID", nargs="?", default=first,
                            help=f"{ID_HELP} (default {first})")  # fmt: skip
    else:
        parser.add_argument("env_id", type=kind, metavar="ID", help=ID_HELP)


def add_where_trained(parser: argparse.ArgumentParser) -> None:
    """--env, without which nobody knows an id of yours that a saved model names."""
    parser.add_argument("--env", type=registered_id, metavar="MODULE:ID",
                        help="where the model was trained, if that is one of yours")  # fmt: skip


def domain_id(text: str) -> str:
    """An argument type: the id of one of RecGym's domains."""
    return _no_classic(recgym_id)(text)


def _no_classic(known: Callable[[str], str]) -> Callable[[str], str]:
    """An argument type: what `known` accepts, but for published models."""

    def env_id(text: str) -> str:
        name = known(text)
        if name in CLASSICS:
            raise argparse.ArgumentTypeError(
                f"{name} is a published model, for which this does nothing; the domains are {', '.join(DOMAINS)}"
            )
        return name

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

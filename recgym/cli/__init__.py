"""The recgym command: one file per group of subcommands, each with an `add` that declares them."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from recgym import __version__
from recgym.arguments import did_you_mean
from recgym.cli import build, check, describe, embed, play, playground, speed

GROUPS = (describe, play, playground, check, embed, build, speed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand: 0 if all went well, 1 if what was asked for failed, 2 for a request that makes no sense."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    parser = _parser()
    if not arguments:
        parser.print_help(sys.stderr)
        return 2
    try:
        _check_command(parser, arguments)
        options = parser.parse_args(arguments)
        return options.run(options)
    except SystemExit as exit_request:  # argparse has printed its message
        return int(exit_request.code or 0)
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130
    except BrokenPipeError:  # `recgym list | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="recgym", description="Environments for RL in recommendation.")
    parser.add_argument("--version", action="version", version=f"recgym {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    for group in GROUPS:
        group.add(commands)
    return parser


def _check_command(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> None:
    """Answer a misspelt command with the one that was meant."""
    [commands] = [action for action in parser._actions if action.dest == "command"]
    if arguments and not arguments[0].startswith("-") and arguments[0] not in commands.choices:
        hint = did_you_mean(arguments[0], commands.choices)
        parser.error(f"unknown command {arguments[0]!r}.{hint} `recgym --help` lists them.")

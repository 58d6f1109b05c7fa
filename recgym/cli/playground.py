"""recgym playground: a local page to watch sessions and to play them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from recgym.cli.environments import registered_id
from recgym.playground.api import Playground
from recgym.playground.server import serve

PORT = 8000
HIGHEST_PORT = 65_535


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    parser = commands.add_parser("playground", help="open a local page: watch sessions unfold, or play them")
    parser.add_argument("env_ids", type=registered_id, nargs="*", metavar="ID",
                        help="of environments of yours, beside RecGym's own: module:Id-v0")  # fmt: skip
    parser.add_argument("--port", type=port, default=PORT, help=f"default {PORT}; 0 for any that is free")
    parser.add_argument("--model", type=Path, action="append", default=[], metavar="FILE", dest="models",
                        help="a policy saved by `python -m baselines train`; may be given several times")  # fmt: skip
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.set_defaults(run=playground)


def port(text: str) -> int:
    """A port's number, for `add_argument(type=...)`."""
    if not text.isdecimal() or int(text) > HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"expected a port from 0 to {HIGHEST_PORT}, got {text!r}")
    return int(text)


def playground(options: argparse.Namespace) -> int:
    """Serve until Ctrl+C; what is missing or taken is said in one message."""
    try:
        serve(Playground(options.models, options.env_ids), options.port, not options.no_browser)
    except (ImportError, ValueError) as problem:
        print(f"recgym playground: {problem}", file=sys.stderr)
        return 2
    except OSError as problem:
        print(f"recgym playground: port {options.port} cannot be used ({problem}); choose another with --port",
              file=sys.stderr)  # fmt: skip
        return 1
    return 0

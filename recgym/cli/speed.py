"""recgym speed: how fast the environments run here."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from recgym.registration import DOMAINS, ENVIRONMENTS


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    parser = commands.add_parser("speed", help="measure steps per second and memory on this machine")
    parser.add_argument("--seconds", type=_seconds, default=2.0, help="per measurement (default 2)")
    parser.add_argument(
        "--all", action="store_true",
        help="every environment at its default settings, and what its steps cost with 100,000 items",
    )  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="the default settings only, no views and observations")
    parser.add_argument(
        "--peers", action="store_true",
        help="beside other simulators, which are installed for the purpose and removed again",
    )  # fmt: skip
    parser.add_argument("--scale", action="store_true", help="a million items and a million users, in about 15 minutes")
    scale = parser.add_argument_group("sizes of --scale")
    scale.add_argument("--items", type=_count, default=1_000_000, metavar="N", help="(default %(default)s)")
    scale.add_argument("--users", type=_count, default=1_000_000, metavar="N", help="(default %(default)s)")
    scale.add_argument("--lanes", type=_count, default=8192, metavar="N", help="at once (default %(default)s)")
    scale.add_argument("--embedding-dim", type=_count, default=32, metavar="N", help="of 384 (default %(default)s)")
    scale.add_argument("--folder", type=Path, metavar="FOLDER",
                       help="where the shops are built and kept (default: a temporary folder)")  # fmt: skip
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    parser.set_defaults(run=speed)


def speed(options: argparse.Namespace) -> int:
    """Measure and print one table; each case is named on stderr while it runs."""
    if options.scale:
        return _scale(options)
    if options.peers:
        return _peers(options.seconds)
    from recgym.speed import cases, measure, memory, one_line_each, render, start

    ids = list(ENVIRONMENTS)
    chosen = list(one_line_each(ids) if options.all else one_line_each(ids[:1]) if options.quick else cases())
    lines = []
    for number, (case, cores) in enumerate(chosen, start=1):
        print(f"\r{number} of {len(chosen)}: {case.name}".ljust(79), end="", file=sys.stderr, flush=True)
        lines.append(measure(case, cores, options.seconds))
    print("\r".ljust(80) + "\r", end="", file=sys.stderr, flush=True)
    print(render(lines, memory(), start(), markdown=options.markdown))
    if options.all:
        _growth(options.seconds)
    return 0


def _growth(seconds: float) -> None:
    """Print what more items cost, a line a domain as soon as it is measured."""
    from recgym.growth import FEW, MANY, growth
    from recgym.speed import MIDDLE, SINGLE

    print(f"\nA step of {MANY:,} items takes so many times that of {FEW:,}, alone and in {MIDDLE:,} environments:")
    for env_id in DOMAINS:
        alone, many = (growth(env_id, num_envs, seconds) for num_envs in (SINGLE, MIDDLE))
        print(f"{env_id.removesuffix('-v0'):20}  {alone:.2f}  {many:.2f}", flush=True)


def _scale(options: argparse.Namespace) -> int:
    """Print each figure as soon as it is measured."""
    from recgym.scale import measure

    sizes = (options.items, options.users, options.lanes, options.embedding_dim, options.seconds)
    with tempfile.TemporaryDirectory(prefix="recgym-scale-") as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(exist_ok=True)
        if options.markdown:
            print("| what | figure |\n| --- | --- |")
        for what, figure in measure(folder, *sizes):
            print(f"| {what} | {figure} |" if options.markdown else f"{what:60} {figure}", flush=True)
    return 0


def _peers(seconds: float) -> int:
    from recgym import peers

    names = ", ".join(peer.name for peer in peers.PEERS)
    print(f"installing {names} into a temporary folder", file=sys.stderr, flush=True)
    try:
        print(peers.render(peers.compare(next(iter(ENVIRONMENTS)), seconds)))
    except peers.PeerError as error:
        print(f"recgym speed: {error}", file=sys.stderr)
        return 1
    return 0


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 3600:
        raise argparse.ArgumentTypeError(f"expected seconds between 0 and 3600, got {text!r}")
    return seconds

"""recgym speed: how fast the environments run here."""

from __future__ import annotations

import argparse


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    parser = commands.add_parser("speed", help="measure steps per second and memory on this machine")
    parser.add_argument("--seconds", type=_seconds, default=2.0, help="per measurement (default 2)")
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    parser.set_defaults(run=speed)


def speed(options: argparse.Namespace) -> int:
    """Measure and print one table."""
    from recgym.speed import measure, render

    print(render(measure(options.seconds), markdown=options.markdown))
    return 0


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 3600:
        raise argparse.ArgumentTypeError(f"expected seconds between 0 and 3600, got {text!r}")
    return seconds

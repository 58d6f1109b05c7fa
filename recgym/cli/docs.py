"""recgym docs: writes the environments' pages. For RecGym's own repository, so `recgym --help` leaves it out."""

from __future__ import annotations

import argparse
from pathlib import Path

from recgym import gallery, pages


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command, without a help line: hidden."""
    parser = commands.add_parser("docs")
    parser.add_argument("--out", type=Path, default=pages.FOLDER, help=f"folder (default {pages.FOLDER})")
    parser.set_defaults(run=write)


def write(options: argparse.Namespace) -> int:
    """Write the pages and name them."""
    for path in (*pages.write(options.out), gallery.write(options.out)):
        print(path)
    return 0

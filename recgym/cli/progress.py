"""A progress bar on stderr."""

from __future__ import annotations

import sys


def bar(done: int, total: int, what: str) -> None:
    """Draw the bar again; the line ends when all is done."""
    full = 30 * done // total
    end = "\n" if done == total else ""
    print(f"\r{'█' * full}{'░' * (30 - full)} {done:,} of {total:,} {what}", end=end, file=sys.stderr, flush=True)

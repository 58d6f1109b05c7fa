"""Tables and progress bars on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

WIDTH_OF_FILES = 140  # columns where the output is no terminal, whose width could be asked


def console() -> Console:
    """Where the commands print."""
    from rich.console import Console

    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=WIDTH_OF_FILES)


def progress(where: Console) -> Progress:
    """A bar per task: what, how far, how long still."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"), console=where,
    )  # fmt: skip


def table(title: str, header: Sequence[str], sections: Iterable[Iterable[Sequence[str]]]) -> Table:
    """A table with a line between its sections; the first column is the name."""
    from rich.table import Table

    drawn = Table(title=title, title_justify="left")
    for position, name in enumerate(header):
        drawn.add_column(name, justify="left" if position == 0 else "right")
    for rows in sections:
        for row in rows:
            drawn.add_row(*row)
        drawn.add_section()
    return drawn

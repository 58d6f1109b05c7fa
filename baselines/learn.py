"""python -m baselines learn: measures the learning table, or what is missing of it, and prints it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from baselines import learning, tables
from baselines.algorithms import DEFAULTS
from baselines.arguments import add_env_id, at_least, one_of
from baselines.files import MEASUREMENTS, BadTable
from baselines.intervals import mean_of
from baselines.learning import ROWS, Record, Row, Yardsticks
from recgym.markdown import table as markdown_table
from recgym.registration import ENVIRONMENTS

if TYPE_CHECKING:
    from rich.table import Table

OWN = Path("results") / "learning"  # of environments that are not RecGym's
MARKDOWN_HEADER = ("algorithm", "view", "arguments", "steps", "seeds", "score", "best heuristic", "myopic (privileged)",
                   "linear ranker (tuned)")  # fmt: skip
HEADER = ("", "steps", "seeds", "score", "wanted", "myopic", "best heuristic", "linear ranker")


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    names = [row.name for row in ROWS]
    parser = commands.add_parser("learn", help="train Stable-Baselines3's algorithms over several seeds, resumable")
    add_env_id(parser)
    parser.add_argument("--rows", nargs="+", type=one_of(names), default=names, metavar="NAME",
                        help=f"of {', '.join(names)} (default: all)")  # fmt: skip
    parser.add_argument("--seeds", type=at_least(1), default=5, help="of every row, at most (default 5)")
    parser.add_argument("--jobs", type=at_least(1), default=2, help="processes at a time (default 2)")
    parser.add_argument(
        "--out", type=Path, help=f"folder of the table (default {MEASUREMENTS}; {OWN} for an environment of yours)"
    )
    parser.add_argument(
        "--markdown", action="store_true", help="train nothing: print what the table holds, in Markdown"
    )
    parser.set_defaults(run=learn)


def learn(options: argparse.Namespace) -> int:
    """Run what is missing, then print the whole table; 1 if a cell failed."""
    console = tables.console()
    folder = options.out or (MEASUREMENTS if options.env_id in ENVIRONMENTS else OWN)
    path = folder / f"{options.env_id}-learning.csv"
    rows = [row for row in ROWS if row.name in options.rows]
    if options.markdown:
        if not (records := learning.load(path)):
            raise BadTable(f"{path}: nothing has been measured yet; run the command without --markdown")
        print(markdown(rows, records))
        return 0
    yardsticks = {view: Yardsticks.measure(options.env_id, view) for view in sorted({row.view for row in rows})}
    todo = len(learning.missing(learning.load(path), rows, options.seeds))
    failed = 0
    with tables.progress(console) as progress:
        task = progress.add_task("training", total=todo, note="")
        for row, seed, record in learning.run(options.env_id, rows, options.seeds, options.jobs, path, yardsticks):
            failed += record is None
            progress.update(task, advance=1)
            if record:
                console.print(f"{row.name}, seed {seed}: score {record['score']} in {record['seconds']} s")
    title = f"{options.env_id}: score, 0 is random and 1 the reference"
    console.print(table(title, rows, learning.load(path), yardsticks))
    console.print(f"All cells: {path}", soft_wrap=True)
    if failed:
        print(f"{failed} of {todo} cells failed; the same command tries them again.", file=sys.stderr)
    return 1 if failed else 0


def markdown(rows: Sequence[Row], records: Sequence[Record]) -> str:
    """Scores of the rows that were measured, beside those of what does not learn in the same action view."""
    lines = []
    for row in rows:
        measured = learning.of_row(records, row)
        if not measured:
            continue
        score = mean_of(np.array([float(record["score"]) for record in measured]))
        others = (
            f"{float(measured[0][name]):.2f}" for name in ("best_heuristic_score", "myopic_score", "linear_score")
        )
        arguments = "SB3's defaults" if row.settings == DEFAULTS else "committed"
        reached = f"{score.value:.2f}" + (f" ±{score.half_width:.2f}" if len(measured) > 1 else "")
        view = f"`{row.view}`" if row.observation == "flat" else f'`{row.view}`, `observation="{row.observation}"`'
        lines.append(
            (row.algorithm, view, arguments, f"{row.steps:,}", str(len(measured)), reached, *others)
        )
    return markdown_table(MARKDOWN_HEADER, lines)


def table(title: str, rows: Sequence[Row], records: Sequence[Record], yardsticks: Mapping[str, Yardsticks]) -> Table:
    """Mean score over the seeds with its 95 % interval, beside what is wanted and what does not learn."""
    lines = []
    for row in rows:
        scores = np.array([float(record["score"]) for record in learning.of_row(records, row)])
        known = yardsticks[row.view]
        reached = str(mean_of(scores)) if len(scores) else "not measured"
        others = (known.myopic, known.best_heuristic, known.linear)
        lines.append((f"{row.name} ({row.view})", f"{row.steps:,}", str(len(scores)), reached, f"{row.wanted:.2f}",
                      *(f"{score:.2f}" for score in others)))  # fmt: skip
    return tables.table(title, HEADER, [lines])

"""python -m baselines slateq: what SlateQ reaches on interest evolution, with and without the value of no click."""

from __future__ import annotations

import argparse
import csv
import io
import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from baselines import processes, tables
from baselines.arguments import at_least
from baselines.deep.clicks import SEARCHES
from baselines.files import MEASUREMENTS, write_whole
from baselines.intervals import mean_of
from baselines.oracles import MYOPIC, REFERENCE
from baselines.recommender import EVALUATION_SEED, evaluate
from baselines.registry import find
from baselines.results import BadTable
from baselines.task import Task
from recgym.markdown import table as markdown_table

ENV_ID = "RecGym-InterestEvolution-v0"
PATH = MEASUREMENTS / f"{ENV_ID}-slateq.csv"
SESSIONS = 500
COLUMNS = ("search", "no_click", "seed", "return")  # of the CSV
HEADER = ("slates", "value of no click", "seeds", "mean return")
PUBLISHED = 174.6  # the best of Ie et al. (IJCAI 2019): exact slates, without the value of no click


class Cell(NamedTuple):
    """One training."""

    search: str
    no_click: bool
    seed: int


Found = dict[Cell, float]  # mean return in SESSIONS held-out sessions


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    parser = commands.add_parser("slateq", help="SlateQ with and without the value of no click, resumable")
    parser.add_argument("--seeds", type=at_least(1), default=5, help="of every row (default 5)")
    parser.add_argument("--jobs", type=at_least(1), default=2, help="processes at a time (default 2)")
    parser.add_argument("--out", type=Path, default=PATH, help=f"table (default {PATH})")
    parser.set_defaults(run=slateq)


def slateq(options: argparse.Namespace) -> int:
    """Train what is missing of the table, then print it; 1 if a training failed."""
    console, found, failed = tables.console(), load(options.out), 0
    cells = [Cell(*cell) for cell in itertools.product(SEARCHES, (True, False), range(options.seeds))]
    todo = [cell for cell in cells if cell not in found]
    with tables.progress(console) as progress:
        bar = progress.add_task("training", total=len(todo), note="")
        for position, reached in processes.run(reach, [tuple(cell) for cell in todo], options.jobs):
            progress.update(bar, advance=1)
            if isinstance(reached, processes.Failure):
                failed += 1
                console.print(f"{todo[position]}: {reached.reason}")
                continue
            found[todo[position]] = reached
            write_whole(options.out, table_of(found))
    console.print(tables.table(f"{ENV_ID}: mean return", HEADER, [lines(found)]))
    return 1 if failed else 0


def reach(search: str, no_click: bool, seed: int) -> float:
    """The mean return of one training."""
    import torch

    torch.set_num_threads(1)
    baseline = find("slateq")
    task = Task(ENV_ID, "slate", baseline.steps, seed, {"search": search, "no_click": no_click})
    return evaluate(baseline.train(task), task.lanes(SESSIONS), EVALUATION_SEED).mean


def load(path: Path) -> Found:
    """What a table holds; nothing where there is none."""
    if not path.exists():
        return {}
    rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))
    if lacking := {"search", "no_click", "seed", "return"} - set(rows.fieldnames or ()):
        raise BadTable(f"{path}: expected a table of this command, found no column {', '.join(sorted(lacking))}; choose "
                       "another file by --out")  # fmt: skip
    return {Cell(row["search"], row["no_click"] == "True", int(row["seed"])): float(row["return"]) for row in rows}


def table_of(found: Found) -> str:
    """CSV."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows((*cell, f"{value:.3f}") for cell, value in sorted(found.items()))
    return out.getvalue()


def lines(found: Found) -> Sequence[tuple[str, str, str, str]]:
    """A line for every way to make slates, with and without the value of no click."""
    rows = []
    for search, no_click in itertools.product(SEARCHES, (True, False)):
        returns = np.array([value for cell, value in found.items() if cell[:2] == (search, no_click)])
        if len(returns):
            estimate = mean_of(returns)
            spread = f" ±{estimate.half_width:.1f}" if len(returns) > 1 else ""
            rows.append((search, "yes" if no_click else "no", str(len(returns)), f"{estimate.value:.1f}{spread}"))
    return rows


def section(folder: Path) -> str:
    """What docs/baselines.md says of it, in Markdown, from the tables under `folder`."""
    found = load(folder / PATH.name)
    known = json.loads((folder / f"{ENV_ID}-bounds.json").read_text(encoding="utf-8"))["variants"]["published"]["rows"]
    returns = {row["name"]: row["return"] for row in known}
    return f"""### SlateQ and the value of no click

Mean return on `{ENV_ID}` after {find("slateq").steps:,} steps, with a 95 % interval over the seeds;
`python -m baselines slateq` measures it, and [every training](measurements/{PATH.name}) is kept. For comparison: random
{returns["random"]:.1f}, myopic {returns[MYOPIC.name]:.1f}, the best published {PUBLISHED} (Ie et al., IJCAI 2019),
the exact best slates with known values {returns[REFERENCE]:.1f}.

{markdown_table(HEADER, lines(found))}

A page without a click is not the end of the session: what comes after it is as long as what comes after a short video,
and longer than what comes after a bad one. An agent that leaves this value out, in its target and in its choice of
slates, takes every click for a gain, and shows what is most likely to be clicked.
"""

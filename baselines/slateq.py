"""python -m baselines slateq: what SlateQ reaches on interest evolution, with and without the value of no click."""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np

from baselines import processes, tables
from baselines.arguments import at_least
from baselines.cells import installed
from baselines.deep.clicks import SEARCHES
from baselines.files import MEASUREMENTS, read_table, write_table
from baselines.intervals import mean_of
from baselines.oracles import MYOPIC, REFERENCE
from baselines.recommender import EVALUATION_SEED, evaluate
from baselines.registry import find
from baselines.results import PACKAGES
from baselines.run import check_same
from baselines.task import Task
from recgym.markdown import table as markdown_table

ENV_ID = "RecGym-InterestEvolution-v0"
PATH = MEASUREMENTS / f"{ENV_ID}-slateq.csv"
SESSIONS = 500
# Of the CSV. What follows after the return is what decides it; tables from before that was kept do not have it.
MADE_WITH = ("sessions", "steps", "settings", *PACKAGES)
COLUMNS = ("search", "no_click", "seed", "return", *MADE_WITH)
HEADER = ("slates", "value of no click", "seeds", "mean return")
PUBLISHED = 174.6  # the best of Ie et al. (IJCAI 2019): exact slates, without the value of no click


class Cell(NamedTuple):
    """One training."""

    search: str
    no_click: bool
    seed: int


class Reached(NamedTuple):
    """What came of it."""

    value: float  # mean return of the held-out sessions
    made_with: Mapping[str, str]  # by MADE_WITH; empty where it was not kept


Found = dict[Cell, Reached]


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    parser = commands.add_parser("slateq", help="SlateQ with and without the value of no click, resumable")
    parser.add_argument("--seeds", type=at_least(1), default=5, help="of every row (default 5)")
    parser.add_argument("--jobs", type=at_least(1), default=2, help="processes at a time (default 2)")
    parser.add_argument("--out", type=Path, default=PATH, help=f"table (default {PATH})")
    parser.set_defaults(run=slateq)


def slateq(options: argparse.Namespace) -> int:
    """Train what is missing of the table, then print it; 1 if a training failed."""
    console, found, failed, now = tables.console(), load(options.out), 0, made_with()
    for _, said in found.values():
        check_same("settings or versions", options.out, said, {name: now[name] for name in said})
    cells = [Cell(*cell) for cell in itertools.product(SEARCHES, (True, False), range(options.seeds))]
    todo = [cell for cell in cells if cell not in found]
    with tables.progress(console) as progress:
        bar = progress.add_task("training", total=len(todo), note="")
        for position, value in processes.run(reach, [tuple(cell) for cell in todo], options.jobs):
            progress.update(bar, advance=1)
            if isinstance(value, processes.Failure):
                failed += 1
                console.print(f"{todo[position]}: {value.reason}")
                continue
            found[todo[position]] = Reached(value, now)
            save(options.out, found)
    console.print(tables.table(f"{ENV_ID}: mean return", HEADER, [lines(found)]))
    return 1 if failed else 0


def reach(search: str, no_click: bool, seed: int) -> float:
    """The mean return of one training."""
    baseline = find("slateq")
    task = Task(ENV_ID, "slate", baseline.steps, seed, {"search": search, "no_click": no_click})
    return evaluate(baseline.train(task), task.lanes(SESSIONS), EVALUATION_SEED).mean


def made_with() -> dict[str, str]:
    """What decides the results now, beside the cell, by MADE_WITH."""
    baseline = find("slateq")
    whole = asdict(baseline.method(baseline.settings_in(ENV_ID)))
    settings = {name: value for name, value in whole.items() if name not in COLUMNS}
    return {"sessions": str(SESSIONS), "steps": str(baseline.steps), "settings": json.dumps(settings), **installed()}


def load(path: Path) -> Found:
    """What a table holds; nothing where there is none.

    Raises:
        baselines.files.BadTable: The file is none.
    """
    return dict(read_table(path, COLUMNS, _line, added=MADE_WITH))


def _line(line: Mapping[str, str]) -> tuple[Cell, Reached]:
    said = {name: line[name] for name in MADE_WITH} if line["steps"] else {}
    return Cell(line["search"], line["no_click"] == "True", int(line["seed"])), Reached(float(line["return"]), said)


def save(path: Path, found: Found) -> None:
    """Write the whole table."""
    write_table(path, COLUMNS, ((*cell, f"{value:.3f}", *(said.get(name, "") for name in MADE_WITH))
                                for cell, (value, said) in sorted(found.items(), key=lambda one: one[0])))  # fmt: skip


def lines(found: Found) -> Sequence[tuple[str, str, str, str]]:
    """A line for every way to make slates, with and without the value of no click."""
    rows = []
    for search, no_click in itertools.product(SEARCHES, (True, False)):
        returns = np.array([reached.value for cell, reached in found.items() if cell[:2] == (search, no_click)])
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

"""python -m baselines train: one baseline learns on one environment, and is saved."""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

from baselines import saved, tables
from baselines.arguments import add_env_id, at_least, one_of
from baselines.intervals import mean_of
from baselines.recommender import EVALUATION_SEED, Recommender, evaluate
from baselines.registry import BASELINES, Baseline
from baselines.task import Task, Unsuitable
from baselines.watching import EpisodeLog
from recgym.actions import VIEWS
from recgym.cli.environments import seed

SESSIONS = 200  # held out, after the training


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    parser = commands.add_parser("train", help="train one baseline, tell of every session, and save it")
    parser.add_argument("algo", type=one_of(BASELINES), metavar="NAME", help=f"of {', '.join(BASELINES)}")
    add_env_id(parser)
    parser.add_argument("--save", type=Path, required=True, metavar="FILE", help="such as m.zip")
    parser.add_argument("--steps", type=at_least(1), help="of the training (default: the baseline's own number)")
    parser.add_argument("--seed", type=seed, default=0, help="from 0 to 999 (default 0)")
    parser.add_argument("--action", "--view", dest="view", type=one_of(VIEWS), metavar="|".join(VIEWS),
                        help="the action view (default: the best that it can take)")  # fmt: skip
    parser.set_defaults(run=train)


def train(options: argparse.Namespace) -> int:
    """Train, save, and say how well it does with users it has never met."""
    console, baseline = tables.console(), BASELINES[options.algo]
    log = EpisodeLog(console.print)
    _check_place(options.save)  # before the training, not after it
    task = _task(options, baseline, log)
    steps, view, taken = task.steps, task.view, 0
    with tables.progress(console) as progress:
        bar = progress.add_task(baseline.name, total=steps or 1, note="")

        def advance(done: int, _: Recommender | None) -> None:
            nonlocal taken
            taken = max(taken, done)
            progress.update(bar, completed=min(done, steps))

        recommender = baseline.train(replace(task, progress=advance))
        progress.update(bar, completed=steps or 1)
    saved.save(options.save, recommender, baseline.name, task)
    found = mean_of(evaluate(recommender, task.lanes(SESSIONS), EVALUATION_SEED).returns)
    console.print(f"{baseline.name} on {options.env_id}, action={view!r}: {max(taken, steps):,} steps, "
                  f"{len(log.returns):,} sessions. Mean return of {SESSIONS} held-out sessions: {found}. "
                  f"Saved: {options.save}", soft_wrap=True)  # fmt: skip
    return 0


def _check_place(path: Path) -> None:
    """Make the folder of a file that is to be written.

    Raises:
        Unsuitable: The file could not be written there.
    """
    if path.is_dir():
        raise Unsuitable(f"--save: expected a file such as {path / 'm.zip'}, got the folder {path}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as problem:
        raise Unsuitable(
            f"--save: nothing can be written to {path.parent} ({problem}); choose another place"
        ) from problem


def _task(options: argparse.Namespace, baseline: Baseline, log: EpisodeLog) -> Task:
    """What the command line asks for.

    Raises:
        Unsuitable: The baseline cannot take the view, or the seed is out of range.
    """
    view = options.view or baseline.views[0]
    if view not in baseline.views:
        raise Unsuitable(f"{baseline.name} takes --action {' or '.join(baseline.views)}, got {view}")
    steps = (options.steps or baseline.steps) if baseline.steps else 0
    try:
        return Task(options.env_id, view, steps, options.seed, session=log)
    except ValueError as problem:
        raise Unsuitable(str(problem)) from problem

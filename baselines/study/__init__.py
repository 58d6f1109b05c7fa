"""python -m baselines study: searches for an algorithm's settings with Optuna, resumable, and keeps what wins."""

from __future__ import annotations

import argparse
from pathlib import Path

from baselines import tables
from baselines.arguments import at_least, domain_id, one_of
from baselines.study import page, search, trials
from baselines.study.search import Study
from baselines.study.space import SPACES

POINTS, STEPS = 8, 30_000


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    parser = commands.add_parser("study", help="find the settings of learning algorithms by Optuna, resumable")
    parser.add_argument("env_ids", nargs="+", type=domain_id, metavar="ID", help="such as RecGym-News-v0")
    parser.add_argument("--algos", nargs="+", type=one_of(SPACES), default=["PPO"], metavar="NAME",
                        help=f"of {', '.join(SPACES)} (default PPO)")  # fmt: skip
    parser.add_argument("--trials", type=at_least(1), default=POINTS,
                        help=f"settings to try, the committed ones among them (default {POINTS})")  # fmt: skip
    parser.add_argument("--steps", type=at_least(trials.POINTS), default=STEPS,
                        help=f"of every training (default {STEPS:,})")  # fmt: skip
    parser.add_argument("--out", type=Path, default=trials.FOLDER,
                        help=f"folder of the tables (default {trials.FOLDER})")  # fmt: skip
    parser.set_defaults(run=study)


def study(options: argparse.Namespace) -> int:
    """Search, decide, keep; the table tells what the winner gains."""
    console = tables.console()
    again = (len(trials.SEEDS) - 1) * (1 + trials.FINALISTS)  # at most
    rows = []
    with tables.progress(console) as progress:
        for algorithm in options.algos:
            for env_id in options.env_ids:
                file = trials.path(options.out, env_id, algorithm)
                done = len(trials.load(file, algorithm, options.steps))
                name, total = f"{algorithm} on {env_id}", options.trials + again
                bar = progress.add_task(name, total=total, completed=done, note="")
                for trial in search.run(Study(env_id, algorithm, options.steps, options.trials, file)):
                    progress.update(bar, advance=1, note=_told(trial))
                found = trials.load(file, algorithm)
                progress.update(bar, total=len(found))
                if options.out.resolve() == trials.FOLDER.resolve():
                    trials.keep(env_id, algorithm, found)
                rows.append(page.row(algorithm, env_id, found))
                console.print("  ".join(rows[-1]), soft_wrap=True)
    title = f"Mean return of {trials.SESSIONS} validation sessions, over the {len(trials.SEEDS) - 1} seeds that decide"
    console.print(tables.table(title, page.HEADER, [rows]))
    if options.out.resolve() != trials.FOLDER.resolve():
        console.print(f"Nothing is trained with what was found: only studies in {trials.FOLDER} decide that.",
                      soft_wrap=True)  # fmt: skip
    return 0


def _told(trial: trials.Trial) -> str:
    outcome = f"{trial.returns[-1]:.2f}" if trial.whole else "given up"
    return f"trial {trial.number}, seed {trial.seed}: {outcome}"

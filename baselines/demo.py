"""python -m baselines demo: two agents learn before your eyes, and are compared with all that does not learn."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from baselines import bounds, saved, tables
from baselines.arguments import add_env_id
from baselines.bounds import Bounds
from baselines.intervals import mean_of
from baselines.oracles import MYOPIC
from baselines.plots import Curve, learning_curves
from baselines.recommender import EVALUATION_SEED, Evaluation, Recommender, evaluate, make_lanes
from baselines.registry import find
from baselines.task import Task
from baselines.watching import EpisodeLog

if TYPE_CHECKING:
    from rich.console import Console

VIEW = "item"  # both algorithms take it, so that one table compares all
AGENTS: Mapping[str, int] = {"PPO": 250_000, "DQN": 250_000}  # steps; together a few minutes on one core
SESSIONS = 200  # held out, the same for everyone
TELL_EVERY = 50  # finished sessions
SEED = 0
COLUMNS = ("return", "score", "length", "clicks", "committed")
FOLDER = Path("results")


class Agent(NamedTuple):
    """An agent after its training."""

    recommender: Recommender
    log: EpisodeLog
    task: Task


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    parser = commands.add_parser("demo", help="train two agents, compare them with the rest, and show the result")
    add_env_id(parser, optional=True)
    parser.add_argument("--out", type=Path, default=FOLDER, help=f"folder of the results (default {FOLDER})")
    parser.set_defaults(run=demo)


def demo(options: argparse.Namespace) -> int:
    """All stages, each announced by a sentence."""
    console = tables.console()
    env_id, folder = options.env_id, options.out
    _announce(console, f"1. {SESSIONS} simulated users of {env_id} meet recommenders that do not learn: random pages, "
                       "fixed rankings, and two policies that can read the users' minds.")  # fmt: skip
    known = bounds.measure(env_id, VIEW, SESSIONS)
    console.print(_ladder(known), soft_wrap=True)

    trained: dict[str, Agent] = {}
    for stage, (algorithm, steps) in enumerate(AGENTS.items(), start=2):
        _announce(console, f"{stage}. {algorithm} learns from {steps:,} pages shown to other users, knowing only what "
                           f"a real service could. An episode is a user's session, and every {TELL_EVERY}th is told: "
                           "its reward is the sum over its pages, its length their number.")  # fmt: skip
        trained[algorithm] = train(console, env_id, algorithm, steps)

    _announce(console, f"{len(AGENTS) + 2}. The trained agents meet the {SESSIONS} users of the first stage, whom "
                       "they have never seen. Score 0 is random, score 1 the far-sighted reference; ± is a 95 % "
                       "interval.")  # fmt: skip
    learned = assess(env_id, trained)
    console.print(bounds.table(f"{env_id}, action={VIEW!r}, {SESSIONS} sessions", known, COLUMNS, learned))
    for path in save(folder, env_id, known, trained, learned):
        console.print(f"Saved: {path}", soft_wrap=True)
    return 0


def train(console: Console, env_id: str, algorithm: str, steps: int) -> Agent:
    """Train one agent as `train` and `run` would, under a progress bar."""
    log = EpisodeLog(lambda line: console.print(f"{algorithm}  {line}"), TELL_EVERY)
    with tables.progress(console) as progress:
        bar = progress.add_task(algorithm, total=steps, note="")

        def advance(done: int, _: Recommender | None) -> None:
            progress.update(bar, completed=min(done, steps))

        task = Task(env_id, VIEW, steps, SEED, progress=advance, session=log)
        return Agent(find(algorithm).train(task), log, task)


def assess(env_id: str, trained: Mapping[str, Agent]) -> dict[str, Evaluation]:
    """The held-out sessions with each agent."""
    env = make_lanes(env_id, SESSIONS, action=VIEW)
    return {name: evaluate(agent.recommender, env, EVALUATION_SEED) for name, agent in trained.items()}


def save(
    folder: Path, env_id: str, known: Bounds, trained: Mapping[str, Agent], learned: Mapping[str, Evaluation]
) -> list[Path]:
    """Write the picture and the models, which `play` and `latency` take, and name them."""
    picture = folder / "demo.png"
    curves = {name: Curve(agent.log.ends, agent.log.returns, mean_of(learned[name].returns))
              for name, agent in trained.items()}  # fmt: skip
    levels = {name: sessions.mean for name, sessions in _levels(known).items()}
    learning_curves(picture, f"{env_id}, action={VIEW!r}", curves, levels)
    paths = [picture]
    for name, agent in trained.items():
        paths.append(folder / f"demo-{name.lower()}.zip")
        saved.save(paths[-1], agent.recommender, name, agent.task)
    return paths


def _announce(console: Console, text: str) -> None:
    console.print(f"\n[bold]{text}[/bold]")


def _ladder(known: Bounds) -> str:
    """What there is to be won, in one sentence."""
    told = ", ".join(f"{name} {sessions.mean:.2f}" for name, sessions in _levels(known).items())
    return f"Mean return of a session: {told}."


def _levels(known: Bounds) -> dict[str, Evaluation]:
    """What agents are held against, the least first; a classic has no heuristics."""
    best = known.best_heuristic
    rules = {f"best heuristic ({best})": known.evaluations[best]} if best else {}
    return {
        "random": known.random,
        **rules,
        MYOPIC.name: known.evaluations[MYOPIC.name],
        "far-sighted reference": known.reference,
    }

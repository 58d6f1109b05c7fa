"""python -m baselines tune: finds the prices of the far-sighted reference and the weights of the fixed ranking."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from baselines import tables, tuned
from baselines.arguments import add_env_id, add_views
from baselines.heuristics import LinearRanker
from baselines.oracles import PrivilegedRecommender, expected_effects
from baselines.recommender import Recommender, make_lanes
from baselines.search import cross_entropy
from recgym.env import RecVectorEnv

if TYPE_CHECKING:
    from rich.progress import Progress

SESSIONS = 300  # per candidate
GENERATIONS = 10
SEED = 0  # sessions have the seeds of SEED + 10,000 x generation, far below those of evaluations
# Where the search for prices starts; found by hand, 0 for those not named.
FIRST_PRICES = {"trust": 0.7, "trust_low": 0.7, "readiness": 0.5, "inspired": 0.3, "met": -0.5, "click": -0.2,
                "goal": 1.5, "groundwork": 0.7, "lasting": 0.5, "refreshed": 1.0, "polarised": -3.0,
                "attention": 0.3, "wearing": -0.6}  # fmt: skip


@dataclass(frozen=True)
class Search:
    """One search by the cross-entropy method: for named numbers that make a good recommender."""

    part: str  # "prices" or "linear", as in the file
    names: Sequence[str]
    make: Callable[[NDArray[np.float64]], Recommender]
    start: Sequence[float]
    spread: float
    population: int


def searches(env: RecVectorEnv) -> tuple[Search, ...]:
    """What is tuned for every action view."""
    env.reset(seed=SEED)
    features = env.simulator.features.names
    prices = [name for name in expected_effects(env.simulator, env.state) if name != "reward"]
    return (
        Search("prices", prices, lambda x: PrivilegedRecommender(dict(zip(prices, x, strict=True)), "reference"),
               [FIRST_PRICES.get(name, 0.0) for name in prices], 0.7, 16),
        Search("linear", features, LinearRanker, [0.0] * len(features), 1.0, 24),
    )  # fmt: skip


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    parser = commands.add_parser("tune", help="find the far-sighted reference and the best fixed ranking by search")
    add_env_id(parser, domains_only=True)
    add_views(parser)
    parser.set_defaults(run=tune)


def tune(options: argparse.Namespace) -> int:
    """Search for every view and keep what was found."""
    console = tables.console()
    with tables.progress(console) as progress:
        # Only views with numbers of their own: "sequential" takes those of "slate".
        for view in dict.fromkeys(tuned.SAME_AS.get(view, view) for view in options.views):
            env = make_lanes(options.env_id, SESSIONS, action=view)
            found = {search.part: run(search, env, progress, view) for search in searches(env)}
            tuned.save(options.env_id, view, found)
    console.print(f"Found: {tuned.path(options.env_id)}", soft_wrap=True)
    return 0


def run(search: Search, env: RecVectorEnv, progress: Progress, view: str) -> dict[str, float]:
    """Name -> number, rounded as in the file; the bar moves with every candidate."""
    task = progress.add_task(f"{view}: {search.part}", total=GENERATIONS * search.population, note="")
    found = cross_entropy(
        search.make, env, np.array(search.start), np.full(len(search.start), search.spread),
        generations=GENERATIONS, population=search.population, seed=SEED,
        report=lambda _, mean_return: progress.update(task, advance=1, note=f"return {mean_return:.2f}"),
    )  # fmt: skip
    return {name: round(float(number), 3) for name, number in zip(search.names, found, strict=True)}

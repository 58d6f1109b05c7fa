"""python -m baselines claims: language-model states and deep reinforcement learning against classical recommenders.

Every arm meets the same held-out users in the same sessions with the same candidates, and has learned from equally many
pages. The agents learn twice, from the state as a language model embeds it and from one in which every text has a
random vector as its id (`agent_encoder="ids"`): what language adds is thereby told from what learning adds. The arm
that is called short-sighted learns like REINFORCE, but only what a page brings at once: what it lacks is what looking
ahead adds.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from baselines import processes, tables
from baselines.arguments import at_least, domain_id, one_of
from baselines.files import MEASUREMENTS, read_table, write_table
from baselines.heuristics import heuristic
from baselines.intervals import mean_of
from baselines.logs import EpsilonMixed
from baselines.quality import relevance
from baselines.recommender import EVALUATION_SEED, Recommender, evaluate
from baselines.registry import find
from baselines.task import Task
from baselines.versions import CURE, OtherRun, check_return
from recgym import metrics
from recgym.encoders import IDS
from recgym.registration import DOMAINS
from recgym.simulator import Simulator
from recgym.state import State

PATH = MEASUREMENTS / "claims.csv"
SEEDS, SESSIONS = 3, 500
STEPS = 49_152  # pages: 12 rollouts of PPO, 6 of REINFORCE
LANGUAGE = "language"
STATES: Mapping[str, dict[str, Any]] = {LANGUAGE: {}, IDS: {"agent_encoder": IDS}}
RANKING = ("accuracy", "precision", "recall", "f1", "ndcg")  # of pages that are the same for all arms
MEASURES = (*RANKING, "ctr", "return")  # the last two of an arm's own sessions
LEADER, EPSILON = "popular", 0.5  # whose pages these are, half of them random: as in what the filters learn from
KEY = ("env_id", "arm", "seed")
COLUMNS = (*KEY, "state", "view", "config_hash", "steps", "sessions", *MEASURES, "cpu_seconds")


@dataclass(frozen=True)
class Arm:
    """A recommender under one state."""

    name: str
    baseline: str  # one of `baselines.registry.BASELINES`
    state: str  # one of STATES
    settings: Mapping[str, Any] = field(default_factory=dict)  # in place of the baseline's own

    @property
    def view(self) -> str:
        """The action view that is the baseline's best."""
        return find(self.baseline).views[0]

    @property
    def trained_with(self) -> dict[str, Any]:
        """The same settings in all domains and both states: those a study has found for one domain are left out."""
        return {**find(self.baseline).settings, **self.settings}

    @property
    def config_hash(self) -> str:
        """Short identity of these settings."""
        return hashlib.sha256(json.dumps(self.trained_with, sort_keys=True).encode()).hexdigest()[:12]


COLLABORATIVE = ("user-knn", "item-knn", "als", "bpr")
ARMS: Mapping[str, Arm] = {
    arm.name: arm
    for arm in (
        Arm("random", "random", LANGUAGE),
        Arm("popular", "popular", LANGUAGE),
        Arm("content", "content", LANGUAGE),
        *(Arm(name, name, IDS) for name in COLLABORATIVE),
        *(Arm(f"REINFORCE-{state}", "reinforce", state) for state in STATES),
        Arm("short-sighted", "reinforce", LANGUAGE, {"discount": 0.0}),
        *(Arm(f"PPO-{state}", "PPO", state) for state in STATES),
    )
}

Row = dict[str, Any]  # column -> text, whole number, or float


class Cell(NamedTuple):
    """What one process measures."""

    env_id: str
    seed: int
    arms: tuple[str, ...]
    steps: int
    sessions: int


def on_shared_pages(recommender: Recommender, task: Task, sessions: int, first: int) -> dict[str, float]:
    """The means of RANKING over the pages of held-out sessions that a third party leads, the same for all recommenders.

    On the pages of its own sessions a recommender that bores its users would be measured on bored users, of whom it is
    easy to say that they like nothing. So the logging policy of `baselines.logs` shows its slates, and the recommender
    is only asked what it would show.

    Args:
        recommender: Acts in the task's environment, one whole slate at a time.
        task: Names the environment, the action view and the state.
        sessions: How many.
        first: Seed of the first one.
    """
    leading, env = task.slates(sessions), task.lanes(sessions)
    leader = EpsilonMixed(heuristic(LEADER, leading), EPSILON, seed=0)
    observations, _ = leading.reset(seed=first)
    env.reset(seed=first)
    going, pages = np.ones(sessions, dtype=bool), []
    while going.any():
        env.state = state = leading.state
        actions = recommender.act(env, env.sessions.observe(state))
        slates = env.sessions.view.decode(state, actions).slates
        pages.append(_quality(env.simulator, state, slates)[:, going])
        observations, _, terminated, truncated, _ = leading.step(leader.act(leading, observations)[0])
        going &= ~(terminated | truncated)
    return dict(zip(RANKING, np.nanmean(np.concatenate(pages, axis=1), axis=1).tolist(), strict=True))


def _quality(simulator: Simulator, state: State, slates: NDArray[np.int64]) -> NDArray[np.float64]:
    """(len(RANKING), num_envs) of the slates, against the truth."""
    clicks, gain = relevance(simulator, state, slates)
    possible_clicks, possible_gain = relevance(simulator, state, state["candidates"])
    precision, recall = metrics.precision(clicks), metrics.recall(clicks, possible_clicks)
    return np.stack((metrics.accuracy(clicks, possible_clicks), precision, recall, metrics.f1(precision, recall),
                     metrics.ndcg(gain, possible_gain)))  # fmt: skip


def measure(env_id: str, seed: int, arms: Sequence[str], steps: int, sessions: int) -> list[Row]:
    """Train and evaluate some arms on one domain, from one seed: a row of each."""
    return [_measured(env_id, seed, ARMS[name], steps, sessions) for name in arms]


def _measured(env_id: str, seed: int, arm: Arm, steps: int, sessions: int) -> Row:
    start, baseline = time.process_time(), find(arm.baseline)
    length = steps if baseline.steps else 0
    task = Task(env_id, arm.view, length, seed, arm.settings, STATES[arm.state])
    recommender, env = baseline.method(arm.trained_with).train(task), task.lanes(sessions)
    first = EVALUATION_SEED + seed * sessions
    own = evaluate(recommender, env, first)
    found = on_shared_pages(recommender, task, sessions, first)
    found |= {"ctr": float(own.clicks.sum() / own.impressions.sum()), "return": own.mean}
    return {
        "env_id": env_id, "arm": arm.name, "seed": seed, "state": arm.state, "view": arm.view,
        "config_hash": arm.config_hash, "steps": length, "sessions": sessions,
        **{name: found[name] for name in MEASURES}, "cpu_seconds": time.process_time() - start,
    }  # fmt: skip


def missing(
    rows: Sequence[Row], env_ids: Sequence[str], arms: Sequence[str], seeds: int, steps: int, sessions: int
) -> list[Cell]:
    """What the rows lack, the first seed of all domains first.

    Raises:
        OtherRun: The rows were measured with other settings, steps or sessions.
    """
    for row in rows:
        arm = ARMS[row["arm"]]
        trained = steps if find(arm.baseline).steps else 0
        expected = {"steps": trained, "sessions": sessions, "config_hash": arm.config_hash}
        for name, wanted in expected.items():
            if row[name] != wanted:
                raise OtherRun(f"{row['arm']} on {row['env_id']}, seed {row['seed']}, was measured with {row[name]} "
                               f"{name}, now {wanted} are asked for. {CURE}")  # fmt: skip
    done = {tuple(row[name] for name in KEY) for row in rows}
    cells = [Cell(env_id, seed, tuple(name for name in arms if (env_id, name, seed) not in done), steps, sessions)
             for seed in range(seeds) for env_id in env_ids]  # fmt: skip
    return [cell for cell in cells if cell.arms]


def check_environments(rows: Sequence[Row], env_ids: Sequence[str]) -> None:
    """Measure a random run of every environment again.

    Raises:
        OtherRun: It returns something else now: results of two versions must not be mixed.
    """
    for env_id in env_ids:
        for row in [row for row in rows if (row["env_id"], row["arm"]) == (env_id, "random")][:1]:
            [again] = measure(env_id, row["seed"], ["random"], 0, row["sessions"])
            check_return(f"{env_id}, seed {row['seed']},", "random pages", row["return"], again["return"])


def run(path: Path, cells: Sequence[Cell], jobs: int) -> Iterator[tuple[Cell, list[Row] | processes.Failure]]:
    """Measure cells, `jobs` at a time, and yield each when the file holds its rows: a kill loses no finished cell."""
    rows = load(path)
    for position, found in processes.run(measure, [tuple(cell) for cell in cells], jobs):
        if not isinstance(found, processes.Failure):
            rows += found
            save(path, rows)
        yield cells[position], found


def load(path: Path) -> list[Row]:
    """The rows of a file; none where there is none.

    Raises:
        baselines.files.BadTable: It has other columns, or an arm that is none.
    """
    return read_table(path, COLUMNS, _row)


def _row(line: Mapping[str, str]) -> Row:
    if line["arm"] not in ARMS:
        raise ValueError(f"there is no arm {line['arm']!r}")
    whole = {name: int(line[name]) for name in ("seed", "steps", "sessions")}
    return {**line, **whole, **{name: float(line[name]) for name in (*MEASURES, "cpu_seconds")}}


def save(path: Path, rows: Sequence[Row]) -> None:
    """Write the whole table, by domain, arm and seed."""
    domains, arms = list(DOMAINS), list(ARMS)
    ordered = sorted(rows, key=lambda row: (domains.index(row["env_id"]), arms.index(row["arm"]), row["seed"]))
    write_table(path, COLUMNS, map(_line, ordered))


def _line(row: Row) -> list[str]:
    numbers = {name: f"{row[name]:.6g}" for name in MEASURES} | {"cpu_seconds": f"{row['cpu_seconds']:.1f}"}
    return [str((row | numbers)[column]) for column in COLUMNS]


def values(rows: Sequence[Row], env_id: str, arm: str, measure: str) -> dict[int, float]:
    """Seed -> what was measured of an arm on a domain."""
    return {row["seed"]: row[measure] for row in rows if (row["env_id"], row["arm"]) == (env_id, arm)}


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    parser = commands.add_parser("claims", help="language-model states and deep RL against classics, resumable")
    parser.add_argument("--envs", nargs="+", type=domain_id, default=list(DOMAINS), metavar="ID",
                        help="domains (default: all)")  # fmt: skip
    parser.add_argument("--arms", nargs="+", type=one_of(ARMS), default=list(ARMS), metavar="NAME",
                        help=f"of {', '.join(ARMS)} (default: all)")  # fmt: skip
    parser.add_argument("--seeds", type=at_least(1), default=SEEDS, help=f"of every arm (default {SEEDS})")
    parser.add_argument("--steps", type=at_least(1), default=STEPS, help=f"pages learned from (default {STEPS:,})")
    parser.add_argument("--sessions", type=at_least(2), default=SESSIONS, help=f"held out (default {SESSIONS})")
    parser.add_argument("--jobs", type=at_least(1), default=2, help="processes at a time (default 2)")
    parser.add_argument("--out", type=Path, default=PATH, help=f"table (default {PATH})")
    parser.set_defaults(run=claims)


def claims(options: argparse.Namespace) -> int:
    """Measure what is missing of the table, then print the means over domains and seeds; 1 if a cell failed."""
    console, failed = tables.console(), 0
    rows = load(options.out)
    cells = missing(rows, options.envs, options.arms, options.seeds, options.steps, options.sessions)
    check_environments(rows, sorted({cell.env_id for cell in cells}))
    with tables.progress(console) as progress:
        bar = progress.add_task("measuring", total=len(cells), note="")
        for cell, found in run(options.out, cells, options.jobs):
            progress.update(bar, advance=1)
            if isinstance(found, processes.Failure):
                failed += 1
                console.print(f"{cell.env_id}, seed {cell.seed}, failed: {found.trace}", soft_wrap=True)
            else:
                seconds = sum(row["cpu_seconds"] for row in found)
                console.print(f"{cell.env_id}, seed {cell.seed}: {len(found)} arms in {seconds:.0f} s", soft_wrap=True)
    rows = [row for row in load(options.out) if row["env_id"] in options.envs and row["arm"] in options.arms]
    console.print(tables.table("means over domains and seeds", ("", "runs", *MEASURES), [means(rows)]))
    console.print(f"All runs: {options.out}", soft_wrap=True)
    return 1 if failed else 0


def means(rows: Sequence[Row]) -> list[Sequence[str]]:
    """A line for every arm that was measured."""
    found: list[Sequence[str]] = []
    for name in ARMS:
        runs = [row for row in rows if row["arm"] == name]
        if runs:
            numbers = (f"{mean_of(np.array([row[measure] for row in runs])).value:.3f}" for measure in MEASURES)
            found.append((name, str(len(runs)), *numbers))
    return found

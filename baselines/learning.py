"""The learning table: what Stable-Baselines3's algorithms reach, one cell per row and seed, each in its own process."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import Any, NamedTuple

from baselines import bounds, processes
from baselines.algorithms import DEFAULTS, TUNED
from baselines.files import read_table, write_table
from baselines.heuristics import LINEAR_TUNED
from baselines.oracles import MYOPIC
from baselines.processes import Failure
from baselines.recommender import EVALUATION_SEED, Recommender, evaluate, make_lanes
from baselines.task import Task
from baselines.versions import check_return
from baselines.watching import LearningCurve

EPISODES = 500  # held-out sessions of every evaluation
POINTS = 8  # of a learning curve, the last after all training


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    algorithm: str
    view: str
    steps: int
    settings: Mapping[str, Any]  # number of environments and keyword arguments; see `baselines.sb3.make_model`
    wanted: float  # score
    seeds: int = 5  # at most
    observation: str = "flat"


MAIN = (
    Row("PPO-slate", "PPO", "slate", 200_000, DEFAULTS, 0.5),
    Row("PPO-proto", "PPO", "proto", 200_000, DEFAULTS, 0.6),
    Row("PPO-item", "PPO", "item", 200_000, DEFAULTS, 0.5),
    # What not seeing the user's mind costs: half of PPO-proto with the truth in place of the embedded history.
    Row("PPO-latent", "PPO", "proto", 100_000, DEFAULTS, 0.6, seeds=3, observation="latent"),
    Row("TRPO-slate", "TRPO", "slate", 200_000, DEFAULTS, 0.5),
    Row("PPO-tuned", "PPO", "proto", 500_000, TUNED["PPO"], 0.8),
    Row("DQN-tuned", "DQN", "item", 500_000, TUNED["DQN"], 0.5),
    Row("SAC-tuned", "SAC", "proto", 100_000, TUNED["SAC"], 0.5),
)
# That every algorithm of the action views' table learns: briefly and once, with Stable-Baselines3's defaults where
# these learn at all.
BREADTH = tuple(
    Row(f"{algorithm}-{view}", algorithm, view, steps, TUNED[algorithm] if view == "proto" else DEFAULTS, 0.1, seeds=1)
    for algorithm, view, steps in (
        ("A2C", "slate", 100_000),
        ("RecurrentPPO", "slate", 30_000),
        ("MaskablePPO", "slate", 60_000),
        ("DQN", "item", 100_000),
        ("QRDQN", "item", 40_000),
        ("MaskablePPO", "item", 40_000),
        ("DQN", "sequential", 150_000),
        ("QRDQN", "sequential", 60_000),
        ("MaskablePPO", "sequential", 60_000),
        ("TD3", "proto", 40_000),
        ("DDPG", "proto", 40_000),
        ("TQC", "proto", 40_000),
    )
)
ROWS = MAIN + BREADTH


class Outcome(NamedTuple):
    """What a cell measured."""

    returns: Sequence[float]  # (POINTS,) mean returns of the held-out sessions, the last one the result
    seconds: float


Cell = Callable[[str, Row, int], Outcome]  # of an environment's id, a row and a seed
Record = dict[str, str]  # one line of the file, by COLUMNS

IDENTITY = ("row", "algorithm", "view", "steps", "settings", "seed")
CURVE = tuple(f"return_{point}" for point in range(1, POINTS + 1))
COLUMNS = (*IDENTITY, "return", "score", "random", "reference", "myopic_score", "best_heuristic_score", "linear_score",
           "seconds", *CURVE)  # fmt: skip


@dataclass(frozen=True)
class Yardsticks:
    """What a view's results are compared with, all of the same held-out sessions; NaN for what a classic has not."""

    random: float  # mean return
    reference: float  # mean return
    myopic: float  # scores
    best_heuristic: float
    linear: float

    @classmethod
    def measure(cls, env_id: str, view: str) -> Yardsticks:
        """Of one action view."""
        known = bounds.measure(env_id, view, EPISODES)
        names = (MYOPIC.name, known.best_heuristic, LINEAR_TUNED)
        scores = (known.score(known.evaluations[name]).value if name in known.evaluations else nan for name in names)
        return cls(known.random.mean, known.reference.mean, *scores)

    def score(self, mean_return: float) -> float:
        """0 is random, 1 the reference."""
        return (mean_return - self.random) / (self.reference - self.random)


def train(env_id: str, row: Row, seed: int) -> Outcome:
    """Learn and measure one cell."""
    from baselines.sb3 import Trained

    sessions = make_lanes(env_id, EPISODES, action=row.view, observation=row.observation)

    def mean_return(recommender: Recommender) -> float:
        return evaluate(recommender, sessions, EVALUATION_SEED).mean

    start = time.perf_counter()
    curve = LearningCurve(mean_return, row.steps, POINTS)
    task = Task(env_id, row.view, row.steps, seed, env_settings={"observation": row.observation}, progress=curve)
    recommender = Trained(row.algorithm, **row.settings).train(task)
    return Outcome((*curve.returns, mean_return(recommender)), time.perf_counter() - start)


def run(
    env_id: str,
    rows: Sequence[Row],
    seeds: int,
    jobs: int,
    path: Path,
    yardsticks: Mapping[str, Yardsticks],
    cell: Cell = train,
) -> Iterator[tuple[Row, int, Record | None]]:
    """Run the cells that `path` lacks, `jobs` at a time, and yield each when the file holds it.

    A cell that fails is told on stderr and yielded with None; the others go on. Only this process writes, the whole
    file at once, so a kill at any moment loses no finished cell.

    Raises:
        baselines.versions.OtherRun: The file's records were measured against other yardsticks (view -> Yardsticks).
    """
    records = load(path)
    _check_environment(records, rows, yardsticks, path)
    cells = missing(records, rows, seeds)
    for position, outcome in processes.run(cell, [(env_id, row, seed) for row, seed in cells], jobs):
        row, seed = cells[position]
        if isinstance(outcome, Failure):
            print(f"{row.name}, seed {seed} failed:\n{outcome.trace}", file=sys.stderr, flush=True)
            yield row, seed, None
            continue
        record = _record(row, seed, outcome, yardsticks[row.view])
        # An outdated record of this cell, with other settings, makes room.
        records = [old for old in records if (old["row"], old["seed"]) != (row.name, str(seed))] + [record]
        save(path, records)
        yield row, seed, record


def missing(records: Sequence[Record], rows: Sequence[Row], seeds: int) -> list[tuple[Row, int]]:
    """The cells that no record holds, with the first seed of every row first."""
    done = {tuple(record[name] for name in IDENTITY) for record in records}
    wanted = ((row, seed) for seed in range(seeds) for row in rows if seed < row.seeds)
    return [(row, seed) for row, seed in wanted if tuple(_identity(row, seed).values()) not in done]


def of_row(records: Sequence[Record], row: Row) -> list[Record]:
    """The records of a row as it is now, whatever the seed."""
    return [record for record in records if all(record[name] == value for name, value in _identity(row).items())]


def score_after(record: Record, steps: int) -> float:
    """The score after so many steps of the training, which has to be one of the points of its curve.

    Raises:
        ValueError: Nothing was measured then.
    """
    point, between = divmod(POINTS * steps, int(record["steps"]))
    if between or not 1 <= point <= POINTS:
        raise ValueError(
            f"steps={steps}: expected a multiple of {int(record['steps']) // POINTS} up to {record['steps']}"
        )
    random, reference = float(record["random"]), float(record["reference"])
    return (float(record[CURVE[point - 1]]) - random) / (reference - random)


def load(path: Path) -> list[Record]:
    """The records of a file, none if it is not there."""
    return read_table(path, COLUMNS, dict)


def save(path: Path, records: Sequence[Record]) -> None:
    """Write all records, by row and seed."""
    ordered = sorted(records, key=lambda record: (record["row"], int(record["seed"])))
    write_table(path, COLUMNS, ([record[column] for column in COLUMNS] for record in ordered))


def _identity(row: Row, seed: int | None = None) -> Record:
    """What a record is about, without the seed if none is given."""
    named = {"row": row.name, "algorithm": row.algorithm, "view": row.view, "steps": str(row.steps),
             "settings": json.dumps(dict(row.settings))}  # fmt: skip
    return named if seed is None else {**named, "seed": str(seed)}


def _record(row: Row, seed: int, outcome: Outcome, known: Yardsticks) -> Record:
    final = outcome.returns[-1]
    numbers = {
        "return": final,
        "score": known.score(final),
        "random": known.random,
        "reference": known.reference,
        "myopic_score": known.myopic,
        "best_heuristic_score": known.best_heuristic,
        "linear_score": known.linear,
        **dict(zip(CURVE, outcome.returns, strict=True)),
    }
    measured = {name: f"{number:.4f}" for name, number in numbers.items()}
    return {**_identity(row, seed), **measured, "seconds": f"{outcome.seconds:.1f}"}


def _check_environment(
    records: Sequence[Record], rows: Sequence[Row], yardsticks: Mapping[str, Yardsticks], path: Path
) -> None:
    """Seeds measured in two versions of an environment must not end up in one mean."""
    for record in (record for row in rows for record in of_row(records, row)):
        known = yardsticks[record["view"]]
        for name, now in (("random", known.random), ("reference", known.reference)):
            where = f"{path}: {record['row']}, seed {record['seed']}"
            check_return(where, name, float(record[name]), now, "Move the file away")

"""The trials of a study as a table, a file per environment and algorithm, from which it goes on and is decided."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from baselines import tuned
from baselines.files import MEASUREMENTS, BadTable, read_table, write_table
from baselines.recommender import SEED_STRIDE
from baselines.study import space

FOLDER = MEASUREMENTS / "study"
POINTS = 3  # at which a training is valued, at equal distances; the last is its result
# Of the trainings: the first searches, the others decide. Benchmarks train from seed 0 on.
SEEDS = (900, 901, 902)
# Of the sessions that value: above those of these trainings, below those held out from EVALUATION_SEED on.
VALIDATION_SEED, SESSIONS = 950 * SEED_STRIDE, 500
FINALISTS = 2  # at most, besides the committed settings
RETURNS = tuple(f"return_{point}" for point in range(1, POINTS + 1))
COLUMNS = ("trial", "seed", "steps", *RETURNS, "random", "cpu_seconds", "parameters")


@dataclass(frozen=True)
class Trial:
    """One training with one point of the space."""

    number: int
    """0 is the committed settings."""
    seed: int
    """One of SEEDS."""
    steps: int
    """Of a whole training."""
    returns: tuple[float, ...]
    """(POINTS,) mean returns of the validation sessions; fewer where the training was given up."""
    random: float
    """Mean return of random pages in these sessions: of trials of one version of the environment the same."""
    cpu_seconds: float
    parameters: Mapping[str, Any]
    """As in `baselines.study.space`."""

    @property
    def whole(self) -> bool:
        """Whether it was trained to the end."""
        return len(self.returns) == POINTS


def path(folder: Path, env_id: str, algorithm: str) -> Path:
    """The file of a study."""
    return folder / f"{env_id}-{algorithm}.csv"


def load(file: Path, algorithm: str, steps: int | None = None) -> list[Trial]:
    """The trials of a file, none if it is not there.

    Raises:
        BadTable: They start from other settings than those committed now, or have another length than `steps`.
    """
    found = read_table(file, COLUMNS, _trial)
    for trial in found:
        if steps is not None and trial.steps != steps:
            raise BadTable(f"{file}: expected trainings of {steps:,} steps, found {trial.steps:,}. Say --steps "
                           f"{trial.steps}, or move the file away")  # fmt: skip
        if trial.number == 0 and dict(trial.parameters) != space.start(algorithm):
            raise BadTable(f"{file}: expected the committed settings as trial 0, {space.start(algorithm)}, found "
                           f"{trial.parameters}. Move the file away")  # fmt: skip
    return found


def save(file: Path, found: Sequence[Trial]) -> None:
    """Write all trials, by number and seed."""
    write_table(file, COLUMNS, map(_line, sorted(found, key=lambda trial: (trial.number, trial.seed))))


def _line(trial: Trial) -> tuple[object, ...]:
    returns = [f"{value:.4f}" for value in trial.returns] + [""] * (POINTS - len(trial.returns))
    return (
        trial.number,
        trial.seed,
        trial.steps,
        *returns,
        f"{trial.random:.4f}",
        f"{trial.cpu_seconds:.1f}",
        json.dumps(dict(trial.parameters)),
    )


def _trial(line: Mapping[str, str]) -> Trial:
    returns = tuple(float(line[name]) for name in RETURNS if line[name])
    return Trial(int(line["trial"]), int(line["seed"]), int(line["steps"]), returns, float(line["random"]),
                 float(line["cpu_seconds"]), json.loads(line["parameters"]))  # fmt: skip


def searched(found: Sequence[Trial]) -> list[Trial]:
    """Those of the first seed, one per point, in order."""
    return sorted((trial for trial in found if trial.seed == SEEDS[0]), key=lambda trial: trial.number)


def finalists(found: Sequence[Trial]) -> list[Trial]:
    """The committed settings, and the best of those that did better in the search."""
    first, *others = searched(found)
    better = [trial for trial in others if trial.whole and trial.returns[-1] > first.returns[-1]]
    return [first, *sorted(better, key=lambda trial: -trial.returns[-1])[:FINALISTS]]


def decisive(found: Sequence[Trial], number: int) -> float:
    """Mean return of a point over the seeds that did not search; NaN where it did not meet them all."""
    returns = [trial.returns[-1] for trial in found if trial.number == number and trial.seed in SEEDS[1:]]
    return float(np.mean(returns)) if len(returns) == len(SEEDS) - 1 else float("nan")


def winner(found: Sequence[Trial]) -> Trial:
    """The finalist with the highest mean over the seeds that did not search; the committed one unless it is beaten."""
    first, *others = finalists(found)
    if any(np.isnan(decisive(found, trial.number)) for trial in (first, *others)):
        return first
    return max(first, *others, key=lambda trial: decisive(found, trial.number))


def keep(env_id: str, algorithm: str, found: Sequence[Trial]) -> None:
    """Make the winner what the algorithm is trained with in this environment."""
    best = winner(found)
    tuned.keep_settings(algorithm, env_id, space.settings(algorithm, best.parameters) if best.number else None)

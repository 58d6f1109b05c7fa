"""python -m baselines compare: whether what changed between two benchmarks is real."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from baselines import results, statistics, tables
from baselines.files import BadTable
from baselines.intervals import LEVEL
from baselines.results import MEASURED, PACKAGES, RANDOM, REFERENCE, Row
from baselines.statistics import Difference, Interval, interval, mean_difference

HEADER = ("", "seeds", "A", "B", "B - A", "interval", "P(B > A)", "")


@dataclass(frozen=True)
class Change:
    """What became of one baseline, in scores."""

    baseline: str
    before: float
    after: float
    difference: Difference
    improvement: Interval  # probability that a run of B beats one of A, or its pair
    paired: bool
    seeds: int  # of each environment, the fewest
    num_envs: int

    @property
    def verdict(self) -> str:
        """In one or a few words."""
        value, half_width = self.difference
        if np.isnan(half_width):
            return "a single seed tells nothing"
        if value == half_width == 0:
            return "the same"
        if abs(value) <= half_width:
            return "not to be told apart"
        return "better" if value > 0 else "worse"

    def cells(self) -> list[str]:
        """Of the table."""
        value, half_width = self.difference
        ends = "" if np.isnan(half_width) else f"{value - half_width:+z.3f} to {value + half_width:+z.3f}"
        pairs = f"{self.seeds}{' pairs' if self.paired else ''}"
        return [self.baseline, pairs, f"{self.before:z.3f}", f"{self.after:z.3f}", f"{value:+z.3f}", ends,
                str(self.improvement), self.verdict]  # fmt: skip


def compare_tables(before: Sequence[Row], after: Sequence[Row]) -> list[Change]:
    """The changes of all baselines that both tables have, but for the two that make the scores.

    Scores of both are made with the yardsticks of `before`. Runs are paired where the same seeds met the same sessions.
    The intervals hold together, not one by one: with m baselines each has the level 1 - 0.05 / m (Bonferroni).

    Raises:
        BadTable: The tables have no baseline and environment in common, or `before` lacks the yardsticks.
    """
    ours, theirs = _by_baseline(before), _by_baseline(after)
    scales = _scales(ours)
    shared = {}
    for name in (name for name in ours if name in theirs and name not in (RANDOM, REFERENCE)):
        env_ids = [env_id for env_id in ours[name] if env_id in theirs[name] and env_id in scales]
        if env_ids:
            shared[name] = env_ids
    if not shared:
        raise BadTable("expected two tables with a baseline and an environment in common, and the first with the rows "
                       f"of {RANDOM!r} and {REFERENCE!r} there, which make scores; found none")  # fmt: skip
    level = 1 - (1 - LEVEL) / len(shared)
    return [_change(name, ours[name], theirs[name], {env_id: scales[env_id] for env_id in env_ids}, level)
            for name, env_ids in shared.items()]  # fmt: skip


Runs = dict[tuple[int, int, int], float]  # (seed, first session, sessions) -> return


def _by_baseline(rows: Sequence[Row]) -> dict[str, dict[str, Runs]]:
    """Baseline -> environment -> its runs."""
    found: dict[str, dict[str, Runs]] = {}
    for row in (row for row in rows if row["status"] == MEASURED):
        runs = found.setdefault(row["baseline"], {}).setdefault(row["env_id"], {})
        runs[row["seed"], row["first_session"], row["sessions"]] = row["return"]
    return found


def _scales(baselines: Mapping[str, Mapping[str, Runs]]) -> dict[str, tuple[float, float]]:
    """Environment -> the mean returns of scores 0 and 1."""
    floor, top = baselines.get(RANDOM, {}), baselines.get(REFERENCE, {})
    return {env_id: (float(np.mean(list(floor[env_id].values()))), float(np.mean(list(top[env_id].values()))))
            for env_id in floor if env_id in top}  # fmt: skip


def _change(
    name: str,
    before: Mapping[str, Runs],
    after: Mapping[str, Runs],
    scales: Mapping[str, tuple[float, float]],
    level: float,
) -> Change:
    common = {env_id: [run for run in before[env_id] if run in after[env_id]] for env_id in scales}
    paired = all(len(runs) > 1 for runs in common.values())
    ours, theirs = (
        [_scores(table[env_id], common[env_id] if paired else list(table[env_id]), scales[env_id]) for env_id in scales]
        for table in (before, after)
    )
    if paired:
        better = [(two > one) + 0.5 * (two == one) for one, two in zip(ours, theirs, strict=True)]
        improvement = interval(statistics.environment_mean, better)
    else:
        improvement = interval(statistics.probability_of_improvement, theirs, ours)
    means = (float(statistics.environment_mean(strata)) for strata in (ours, theirs))
    seeds = min(len(runs) for strata in (ours, theirs) for runs in strata)
    return Change(name, *means, mean_difference(ours, theirs, paired, level), improvement, paired, seeds, len(scales))


def _scores(runs: Runs, chosen: Sequence[tuple[int, int, int]], scale: tuple[float, float]) -> NDArray[np.float64]:
    floor, top = scale
    return (np.array([runs[run] for run in chosen]) - floor) / (top - floor)


def sentence(changes: Sequence[Change]) -> str:
    """The answer, for someone who reads no table."""
    real = [change for change in changes if change.verdict in ("better", "worse")]
    told = "; ".join(f"{change.baseline} is {change.verdict} by {abs(change.difference.value):.3f}" for change in real)
    others = len(changes) - len(real)
    if not real:
        return f"No change is real: of {_count(others)} none can be told apart from chance."
    rest = f" Of the other {_count(others)} none can be told apart from chance." if others else ""
    return f"Real, in units of the score: {told}.{rest}"


def _count(number: int) -> str:
    return f"{number} baseline{'' if number == 1 else 's'}"


def differences(before: Sequence[Row], after: Sequence[Row]) -> list[str]:
    """What the two tables were measured with, where it is not the same."""
    told = []
    for package in PACKAGES:
        one, two = (", ".join(sorted({row[package] or "none" for row in rows})) for rows in (before, after))
        if one != two:
            told.append(f"{package} {one} in A, {two} in B")
    ours, theirs = ({(row["baseline"], row["env_id"]): row["config_hash"] for row in rows} for rows in (before, after))
    changed = sorted({key[0] for key in ours.keys() & theirs.keys() if ours[key] != theirs[key]})
    if changed:
        told.append(f"other settings of {', '.join(changed)}")
    return told


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    parser = commands.add_parser("compare", help="whether the change between two benchmarks is real")
    for name in ("A", "B"):
        parser.add_argument(name.lower(), type=Path, metavar=f"{name}.csv", help="rows.csv of a run, or its folder")
    parser.set_defaults(run=compare)


def compare(options: argparse.Namespace) -> int:
    """Print a table and a sentence."""
    before, after = (results.read_table(path / results.FILES["rows"].name if path.is_dir() else path)
                     for path in (options.a, options.b))  # fmt: skip
    changes = compare_tables(before, after)
    console = tables.console()
    title = f"A: {options.a}, B: {options.b}; mean scores over the environments, made with the yardsticks of A"
    console.print(tables.table(title, HEADER, [[change.cells() for change in changes]]))
    for told in differences(before, after):
        console.print(f"Not measured alike: {told}.", soft_wrap=True)
    console.print(
        f"The intervals hold at 95 % for {_count(len(changes))} together. {sentence(changes)}", soft_wrap=True
    )
    return 0

"""What the tables of a benchmark say: scores by baseline, aggregates with intervals, and the tables of a report."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from baselines import statistics
from baselines.files import BadTable
from baselines.intervals import LEVEL, Estimate, mean_of
from baselines.results import FAILED, MEASURES, RANDOM, REFERENCE, Results, Row, versions
from baselines.statistics import Interval, Strata, interval

Value = str | int | float | Estimate | Interval
YARDSTICKS = (RANDOM, REFERENCE)
PRIVILEGED = "privileged"  # the kind that is a yardstick and no recommender
SAME = "not to be told apart"  # a verdict on two recommenders


class Table(NamedTuple):
    """A table of the report."""

    name: str  # of its CSV file
    title: str
    note: str
    header: Sequence[str]
    rows: Sequence[Sequence[Value]]


@dataclass(frozen=True)
class Summary:
    """The results by baseline and environment.

    Raises:
        BadTable: The rows were measured with different versions, sessions, or settings of one baseline.
    """

    results: Results

    def __post_init__(self) -> None:
        found = versions(self.results.rows)
        if len(found) > 1:
            differ = [package for package in found[0] if len({one[package] for one in found}) > 1]
            told = "; ".join(", ".join(f"{package} {one[package]}" for package in differ) for one in found)
            raise BadTable(
                f"expected rows of one set of versions, found {len(found)}: {told}. Measure anew what is old"
            )
        for env_id in self.env_ids:
            for name in self.names:
                hashes = {row["config_hash"] for row in self.rows(name, env_id)}
                if len(hashes) > 1:
                    raise BadTable(
                        f"expected one configuration of {name} on {env_id}, found {', '.join(sorted(hashes))}"
                    )

    def rows(self, name: str, env_id: str) -> list[Row]:
        """What was measured of a baseline on an environment, by seed."""
        return [row for row in self.results.measured if (row["baseline"], row["env_id"]) == (name, env_id)]

    @cached_property
    def env_ids(self) -> list[str]:
        """The environments, in the table's order."""
        return list(dict.fromkeys(row["env_id"] for row in self.results.measured))

    @cached_property
    def names(self) -> list[str]:
        """The baselines, the best mean score first; those without a score last."""
        means = {}
        for name in dict.fromkeys(row["baseline"] for row in self.results.measured):
            scores = np.array([row["score"] for row in self.results.measured if row["baseline"] == name])
            known = scores[~np.isnan(scores)]
            means[name] = known.mean() if known.size else -np.inf
        return sorted(means, key=lambda name: -means[name])

    @cached_property
    def kinds(self) -> dict[str, str]:
        """baseline -> kind."""
        return {row["baseline"]: row["kind"] for row in self.results.measured}

    def scores(self, name: str, env_id: str) -> NDArray[np.float64]:
        """(num_seeds,) those that are known."""
        scores = np.array([row["score"] for row in self.rows(name, env_id)], dtype=np.float64)
        return scores[~np.isnan(scores)]

    @cached_property
    def scored(self) -> list[str]:
        """The environments where scores are known."""
        return [env_id for env_id in self.env_ids if len(self.scores(REFERENCE, env_id))]

    @cached_property
    def strata(self) -> dict[str, list[NDArray[np.float64]]]:
        """Baseline -> its scores in every scored environment; only those that were measured in all of them.

        The yardsticks are left out, whose scores are 0 and 1 by definition.
        """
        found = {}
        for name in self.names:
            runs = [self.scores(name, env_id) for env_id in self.scored]
            if runs and all(map(len, runs)) and name not in YARDSTICKS:
                found[name] = runs
        return dict(sorted(found.items(), key=lambda item: -float(statistics.iqm(item[1]))))

    def label(self, name: str) -> str:
        """The name, and that it is a yardstick where it is one."""
        return f"{name} (privileged)" if self.kinds.get(name) == PRIVILEGED else name

    @cached_property
    def best(self) -> str | None:
        """The recommender with the highest interquartile mean, of those that see no more than a real one."""
        return next((name for name in self.strata if self.kinds[name] != PRIVILEGED), None)


def tables(summary: Summary) -> list[Table]:
    """All tables, in the order of the report; those that have rows."""
    makers = (aggregates, scores, improvement, returns, measures, groups, costs, missing)
    return [table for table in (make(summary) for make in makers) if table.rows]


def aggregates(summary: Summary) -> Table:
    """Over all environments."""
    rows = [(summary.label(name), interval(statistics.iqm, strata), interval(statistics.median, strata),
             interval(statistics.mean, strata), interval(statistics.optimality_gap, strata), sum(map(len, strata)))
            for name, strata in summary.strata.items()]  # fmt: skip
    note = (f"Over {counted(len(summary.scored), 'environment')}. Score 0 is random, 1 the far-sighted reference. IQM "
            "is the mean of the middle half of all runs; the gap is how far runs stay below 1 on average; in "
            "parentheses 95 % stratified bootstrap intervals.")  # fmt: skip
    if unscored := [short(env_id) for env_id in summary.env_ids if env_id not in summary.scored]:
        note += f" Without {', '.join(unscored)}, where random pages or the reference were not measured."
    if lacking := [name for name in summary.names if name not in (*summary.strata, *YARDSTICKS)]:
        note += f" Not measured in all of them, and therefore left out: {', '.join(map(summary.label, lacking))}."
    return Table(
        "aggregates", "All environments", note, ("baseline", "IQM", "median", "mean", "optimality gap", "runs"), rows
    )


def scores(summary: Summary) -> Table:
    """By environment."""
    rows = []
    for name in summary.names:
        runs = [summary.scores(name, env_id) for env_id in summary.scored]
        if any(map(len, runs)) and name not in YARDSTICKS:
            rows.append((summary.label(name), *(mean_of(known) if len(known) else "" for known in runs)))
    note = "Mean score over the seeds, ± Student's 95 % interval."
    return Table("scores", "Scores by environment", note, ("baseline", *map(short, summary.scored)), rows)


def improvement(summary: Summary) -> Table:
    """The best against all others."""
    best, rows = summary.best, []
    for name, strata in summary.strata.items():
        if best is not None and name != best:
            chance = interval(statistics.probability_of_improvement, summary.strata[best], strata)
            few = too_few(summary.strata[best], strata)
            rows.append((summary.label(name), chance, "too few seeds to tell" if few else _verdict(chance)))
    note = (f"Chance that a run of {best} scores higher than a run of the other in the same environment; one half "
            "means no difference, and an interval that contains it proves none.")  # fmt: skip
    return Table("improvement", f"Probability of improvement of {best}", note, ("over", "probability", ""), rows)


def too_few(ours: Strata, theirs: Strata) -> bool:
    """Whether not even runs that are all better could prove anything: the least p-value of the exact permutation test.

    The bootstrap cannot know: it draws from the runs that there are,
    and from two that are better draws better ones only.
    """
    orders = [math.comb(len(one) + len(other), len(one)) for one, other in zip(ours, theirs, strict=True)]
    return 2 / math.prod(orders) > 1 - LEVEL


def _verdict(chance: Interval) -> str:
    if chance.low > 0.5:
        return "better"
    return "worse" if chance.high < 0.5 else SAME


def returns(summary: Summary) -> Table:
    """What scores are made of."""
    rows = []
    for name in summary.names:
        of_name = [np.array([row["return"] for row in summary.rows(name, env_id)]) for env_id in summary.env_ids]
        rows.append((summary.label(name), *(mean_of(known) if len(known) else "" for known in of_name)))
    note = "Mean return of a held-out session, ± Student's 95 % interval over the seeds."
    return Table("returns", "Returns by environment", note, ("baseline", *map(short, summary.env_ids)), rows)


def measures(summary: Summary) -> Table:
    """Everything that is told of the slates, baseline by baseline."""
    rows: list[Sequence[Value]] = []
    names = tuple(MEASURES)[1:]  # returns have a table of their own
    for env_id in summary.env_ids:
        for name in summary.names:
            found = summary.rows(name, env_id)
            if found:
                rows.append(
                    (short(env_id), summary.label(name), *(_mean(row[measure] for row in found) for measure in names))
                )
    note = "; ".join(f"{name}: {about}" for name, about in MEASURES.items() if name in names) + "."
    header = ("environment", "baseline", *(name.replace("_", " ") for name in names))
    return Table("measures", "What is shown, and how it is received", f"Means over the seeds. {note}", header, rows)


def groups(summary: Summary) -> Table:
    """For whom."""
    levels: dict[tuple[str, str, str], dict[str, list[float]]] = {}
    for row in summary.results.groups:
        level = levels.setdefault((row["env_id"], row["baseline"], row["attribute"]), {})
        level.setdefault(row["level"], []).append(row["return"])
    rows: list[Sequence[Value]] = []
    for env_id in summary.env_ids:
        for name in summary.names:
            for attribute in dict.fromkeys(key[2] for key in levels if key[:2] == (env_id, name)):
                means = {level: float(np.mean(values)) for level, values in levels[env_id, name, attribute].items()}
                least = min(means, key=lambda level: means[level])
                top = max(means.values())
                rows.append((short(env_id), summary.label(name), attribute.replace("_", " "), means[least],
                             float(np.mean(list(means.values()))), top - means[least], least))  # fmt: skip
    note = ("Mean return of the users of each group: of the worst-off group, of all groups, and the gap between the "
            "best-off and the worst-off. Groups are told apart by what users say about themselves and, as segment, by "
            "how they choose, which is hidden; the mean counts every group once.")  # fmt: skip
    header = ("environment", "baseline", "attribute", "min", "mean", "gap", "worst-off group")
    return Table("groups", "Outcomes by group of users", note, header, rows)


def costs(summary: Summary) -> Table:
    """What it takes."""
    rows = []
    for name in summary.names:
        found = [row for row in summary.results.measured if row["baseline"] == name]
        steps = max(row["steps"] for row in found)
        rows.append((summary.label(name), summary.kinds[name], ", ".join(dict.fromkeys(row["view"] for row in found)),
                     steps, len(found),
                     *(_mean(row[clock] for row in found) for clock in ("wall_seconds", "cpu_seconds"))))  # fmt: skip
    note = ("Training, its learning curve and the evaluation of one seed on one environment, on average. Searches that "
            "came before are not counted: `python -m baselines tune` for the weights of linear, "
            "studies for settings.")  # fmt: skip
    header = ("baseline", "kind", "action view", "steps", "rows", "wall seconds", "CPU seconds")
    return Table("costs", "What was run, and what it took", note, header, rows)


def missing(summary: Summary) -> Table:
    """What has no measurement, and why."""
    seeds: dict[tuple[str, str, str, str], list[int]] = {}
    for row in summary.results.rows:
        if row["problem"]:
            seeds.setdefault((row["baseline"], short(row["env_id"]), row["status"], row["problem"]), []).append(
                row["seed"]
            )
    rows = [(*about[:2], "failed" if about[2] == FAILED else "not suitable", len(found), about[3])
            for about, found in sorted(seeds.items())]  # fmt: skip
    return Table("missing", "What was not measured", "", ("baseline", "environment", "", "seeds", "why"), rows)


def facts(summary: Summary) -> str:
    """What was measured, in a sentence or two."""
    rows = summary.results.measured
    seeds = sorted({len(summary.rows(name, env_id)) for name in summary.names for env_id in summary.env_ids} - {0})
    sessions = " or ".join(f"{number:,}" for number in sorted({row["sessions"] for row in rows}))
    [used] = versions(rows)
    packages = ", ".join(f"{package} {version}" for package, version in used.items() if version)
    count = counted(seeds[0], "seed") if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]} seeds"
    minutes = sum(row["cpu_seconds"] for row in rows) / 60
    took = f"{minutes:.0f} minutes" if minutes < 120 else f"{minutes / 60:.0f} hours"
    return (f"{counted(len(rows), 'row')}: {counted(len(summary.names), 'baseline')}, "
            f"{counted(len(summary.env_ids), 'environment')}, {count}, {sessions} held-out sessions each; {took} of "
            f"CPU time. {packages}.")  # fmt: skip


def counted(number: int, noun: str) -> str:
    """1 seed, 2 seeds."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def short(env_id: str) -> str:
    """RecGym-News-v0 is "News"."""
    return env_id.removeprefix("RecGym-").removesuffix("-v0")


def _mean(values: Iterable[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")

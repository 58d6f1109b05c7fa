"""The tables of a benchmark: what `run` writes, and all that `report` and `compare` see."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from baselines import files
from baselines.files import BadTable, write_table
from baselines.versions import check_return

FOLDER = Path("results") / "benchmark"  # of a benchmark that names no other
RANDOM, REFERENCE = "random", "reference"  # the baselines of score 0 and 1

# What is measured of a number of sessions, in the order of tables: name -> what it is.
MEASURES: Mapping[str, str] = {
    "return": "sum of a session's rewards",
    "length": "slates of a session",
    "ctr": "clicks per item shown",
    "cvr": "commitments (purchases, subscriptions, ...) per click",
    "precision": "expected share of relevant items in a slate; relevant is what the user would click once they see it",
    "recall": "expected share of the page's relevant candidates that is in the slate",
    "f1": "harmonic mean of the two, page by page",
    "ndcg": "discounted expected reward of a slate, as a part of the best slate's",
    "diversity": "1 - mean cosine between two items of a slate",
    "novelty": "-log2 of an item's share of the catalogue's ratings, in bits",
    "coverage": "share of the catalogue that was shown to somebody",
    "gini": "how unequally the items were shown: 0 equally, near 1 always the same",
    "exposure_drift": "entropy of the shown topics, later minus earlier half of a session, in bits",
    "consumption_drift": "the same of the clicked topics",
}
PACKAGES = ("recgym", "gymnasium", "stable-baselines3", "sb3-contrib", "torch", "numpy")  # whose versions are kept
MEASURED, UNSUITABLE, FAILED = "measured", "unsuitable", "failed"  # the status of a row

KEY = ("env_id", "baseline", "seed")
ROW_COLUMNS = (*KEY, "kind", "view", "steps", "sessions", "first_session", "status", "score", *MEASURES, "wall_seconds",
               "cpu_seconds", "config_hash", *PACKAGES, "problem")  # fmt: skip
CURVE_COLUMNS = (*KEY, "step", "return")
GROUP_COLUMNS = (*KEY, "attribute", "level", "return")
WHOLE = ("seed", "steps", "sessions", "first_session", "step")
REAL = ("score", *MEASURES, "wall_seconds", "cpu_seconds")

Row = dict[str, Any]  # column -> text, whole number, or float (NaN where nothing was measured)


@dataclass(frozen=True)
class Results:
    """One benchmark."""

    rows: Sequence[Row]  # one per environment, baseline and seed
    curves: Sequence[Row]  # mean return of the held-out sessions at a step of a training
    groups: Sequence[Row]  # mean return of the held-out users of a level

    @property
    def measured(self) -> list[Row]:
        """The rows that hold measurements."""
        return [row for row in self.rows if row["status"] == MEASURED]


class File(NamedTuple):
    """Where a table of `Results` is kept."""

    name: str
    columns: tuple[str, ...]


FILES: Mapping[str, File] = {
    "rows": File("rows.csv", ROW_COLUMNS),
    "curves": File("curves.csv", CURVE_COLUMNS),
    "groups": File("groups.csv", GROUP_COLUMNS),
}


def read(folder: Path) -> Results:
    """The tables of a folder.

    Raises:
        BadTable: One is missing, empty, or another one's.
    """
    results = Results(*(read_table(folder / file.name, file.columns) for file in FILES.values()))
    if not results.measured:
        raise BadTable(f"{folder / FILES['rows'].name}: expected at least one row that was measured, found none")
    return results


def joined(parts: Sequence[Results]) -> Results:
    """Several benchmarks as one, such as a new agent's beside the published one; scores are made anew.

    What stands in more than one, as the two baselines that make scores do, is taken from the first that has it.

    Raises:
        BadTable: An environment's seed met other sessions.
        baselines.versions.OtherRun: Random pages return something else there.
    """
    if len(parts) == 1:
        return parts[0]
    rows: dict[tuple[Any, ...], Row] = {}
    sessions: dict[tuple[str, int], tuple[int, int]] = {}
    curves, groups = [], []
    for part in parts:
        for row in part.measured:
            met = (row["first_session"], row["sessions"])
            before = sessions.setdefault((row["env_id"], row["seed"]), met)
            where = f"{row['env_id']}, seed {row['seed']}"
            if before != met:
                raise BadTable(f"{where}: expected the same held-out sessions in all results, "
                               f"found {before[1]} from {before[0]} and {met[1]} from {met[0]}. "
                               f"Measure what has fewer with --sessions {max(before[1], met[1])}")  # fmt: skip
            same = rows.get(_key(row))
            if same and row["baseline"] == RANDOM:
                check_return(where, "random pages", same["return"], row["return"], "Measure anew what is old")
        new = {_key(row): row for row in part.rows if _key(row) not in rows}
        curves += [row for row in part.curves if _key(row) in new]
        groups += [row for row in part.groups if _key(row) in new]
        rows |= new
    return Results(scored(rows.values()), curves, groups)


def _key(row: Row) -> tuple[Any, ...]:
    return tuple(row[part] for part in KEY)


def read_table(path: Path, columns: Sequence[str] = ROW_COLUMNS) -> list[Row]:
    """The rows of one table.

    Raises:
        BadTable: It is missing, or has other columns.
    """
    if not path.is_file():
        raise BadTable(f"{path}: no such file. `python -m baselines run --out {path.parent}` writes it")
    return files.read_table(path, columns, lambda line: {name: _parsed(name, text) for name, text in line.items()})


def write(folder: Path, results: Results) -> None:
    """Write the tables, each whole and in order, with the scores that their returns make."""
    with_scores = Results(scored(results.rows), results.curves, results.groups)
    for name, file in FILES.items():
        rows = sorted(getattr(with_scores, name), key=_key)
        write_table(folder / file.name, file.columns, ([_text(row[column]) for column in file.columns] for row in rows))


def scored(rows: Iterable[Row]) -> list[Row]:
    """The rows with their scores: (J - J_random) / (J_reference - J_random) of the same sessions,
    NaN without these two.

    Rows of the same environment and seed have met the same sessions, so that good luck with them cancels.
    """
    rows = list(rows)
    returns = {_key(row): row["return"] for row in rows if row["status"] == MEASURED}
    scores = []
    for row in rows:
        floor, top = (returns.get((row["env_id"], name, row["seed"]), float("nan")) for name in (RANDOM, REFERENCE))
        scores.append((row["return"] - floor) / (top - floor) if top != floor else float("nan"))
    return [{**row, "score": score} for row, score in zip(rows, scores, strict=True)]


def versions(rows: Iterable[Row]) -> list[dict[str, str]]:
    """The different sets of versions that the rows were measured with: package -> version."""
    return [dict(zip(PACKAGES, found, strict=True))
            for found in sorted({tuple(row[package] for package in PACKAGES) for row in rows})]  # fmt: skip


def _parsed(column: str, text: str) -> Any:
    if column in WHOLE:
        return int(text)
    if column in REAL:
        return float(text) if text else float("nan")
    return text


def _text(value: Any) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.6g}"
    return str(value)

"""The tables of a benchmark: what `run` writes, and all that `report` and `compare` see."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from baselines.files import write_whole

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


class BadTable(ValueError):
    """A file holds no such table; the message says what was expected and what came."""


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


def read_table(path: Path, columns: Sequence[str] = ROW_COLUMNS) -> list[Row]:
    """The rows of one table.

    Raises:
        BadTable: It is missing, or has other columns.
    """
    if not path.is_file():
        raise BadTable(f"{path}: no such file. `python -m baselines run --out {path.parent}` writes it")
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != tuple(columns):
            found = ", ".join(reader.fieldnames or ("nothing",))
            raise BadTable(f"{path}: expected the columns {', '.join(columns)}; found {found}")
        try:
            return [{name: _parsed(name, text) for name, text in row.items()} for row in reader]
        except ValueError as problem:
            raise BadTable(f"{path}, line {reader.line_num}: {problem}") from None


def write(folder: Path, results: Results) -> None:
    """Write the tables, each whole and in order, with the scores that their returns make."""
    with_scores = Results(scored(results.rows), results.curves, results.groups)
    for name, file in FILES.items():
        text = io.StringIO()
        writer = csv.DictWriter(text, file.columns, lineterminator="\n")
        writer.writeheader()
        for row in sorted(getattr(with_scores, name), key=lambda row: tuple(row[part] for part in KEY)):
            writer.writerow({column: _text(row[column]) for column in file.columns})
        write_whole(folder / file.name, text.getvalue())


def scored(rows: Iterable[Row]) -> list[Row]:
    """The rows with their scores: (J - J_random) / (J_reference - J_random) of the same sessions, NaN without these two.

    Rows of the same environment and seed have met the same sessions, so that good luck with them cancels.
    """
    rows = list(rows)
    returns = {tuple(row[part] for part in KEY): row["return"] for row in rows if row["status"] == MEASURED}
    scores = []
    for row in rows:
        floor, top = (returns.get((row["env_id"], name, row["seed"]), float("nan")) for name in (RANDOM, REFERENCE))
        scores.append((row["return"] - floor) / (top - floor) if top != floor else float("nan"))
    return [{**row, "score": score} for row, score in zip(rows, scores, strict=True)]


def versions(rows: Iterable[Row]) -> list[dict[str, str]]:
    """The different sets of versions that the rows were measured with: package -> version."""
    return [dict(zip(PACKAGES, found, strict=True))
            for found in sorted({tuple(row[package] for package in PACKAGES) for row in rows})]  # fmt: skip


def _parsed(column: str, text: str | None) -> Any:
    if text is None:
        raise ValueError(f"no {column}")
    if column in WHOLE:
        return int(text)
    if column in REAL:
        return float(text) if text else float("nan")
    return text


def _text(value: Any) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.6g}"
    return str(value)

"""One cell of a benchmark: a baseline learns on an environment from a seed and meets held-out sessions."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import recgym
from baselines.files import read_json, write_json
from baselines.processes import Failure
from baselines.quality import SlateQuality
from baselines.recommender import EVALUATION_SEED, evaluate
from baselines.registry import find
from baselines.results import FAILED, MEASURED, MEASURES, PACKAGES, UNSUITABLE, Results, Row
from baselines.task import Task, Unsuitable
from baselines.watching import LearningCurve

POINTS = 10  # of a learning curve, the last after all training

Record = dict[str, Any]  # what a cell's file holds


@dataclass(frozen=True)
class Cell:
    """What is measured, as data: equal cells give equal results."""

    env_id: str
    baseline: str
    seed: int
    view: str
    steps: int  # of the training
    sessions: int  # held out
    settings: Mapping[str, Any]  # all that the baseline is trained with in this environment

    @property
    def first_session(self) -> int:
        """The seed of the first held-out session. All baselines meet the same ones, every seed others."""
        return EVALUATION_SEED + self.seed * self.sessions

    @property
    def config_hash(self) -> str:
        """Twelve hexadecimal digits of everything but the seed."""
        config = asdict(self)
        del config["seed"]
        return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:12]

    def path(self, folder: Path) -> Path:
        """Its file in the folder of a benchmark."""
        return folder / "cells" / self.env_id / self.baseline / f"{self.seed}.json"


def measure(cell: Cell) -> Record:
    """Train, evaluate, and tell all about it."""
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        found = _train_and_evaluate(cell)
    except Unsuitable as reason:
        return _record(cell, UNSUITABLE, problem=str(reason))
    seconds = {"wall_seconds": time.perf_counter() - wall, "cpu_seconds": time.process_time() - cpu}
    return _record(cell, MEASURED, **found, **seconds)


def failed(cell: Cell, failure: Failure) -> Record:
    """The record of a cell that has come to grief."""
    return _record(cell, FAILED, problem=failure.reason, trace=failure.trace)


def _train_and_evaluate(cell: Cell) -> Record:
    task = Task(cell.env_id, cell.view, cell.steps, cell.seed, cell.settings)
    env = task.lanes(cell.sessions)
    curve = LearningCurve(lambda agent: evaluate(agent, env, cell.first_session).mean, cell.steps, POINTS)
    if cell.steps:
        task = replace(task, progress=curve)
    recommender = find(cell.baseline).train(task)
    quality = SlateQuality(env)
    sessions = evaluate(recommender, env, cell.first_session, quality)
    return {
        "measures": {name: None if math.isnan(value) else value for name, value in quality.measures(sessions).items()},
        "groups": quality.groups(sessions),
        "curve": [*zip(curve.at, curve.returns, strict=True), (cell.steps, sessions.mean)] if cell.steps else [],
        "returns": sessions.returns.tolist(),
    }


def _record(cell: Cell, status: str, **found: Any) -> Record:
    about = {"cell": asdict(cell), "kind": find(cell.baseline).kind, "config_hash": cell.config_hash}
    return {**about, "versions": installed(), "status": status, **found}


def installed() -> dict[str, str]:
    """Package -> version of those that decide the results; empty where one is not there."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = recgym.__version__ if package == "recgym" else version(package)
        except PackageNotFoundError:
            found[package] = ""
    return found


def save(folder: Path, record: Record) -> None:
    """Write a record into its own file, whole."""
    write_json(Cell(**record["cell"]).path(folder), record)


def load(folder: Path) -> list[Record]:
    """All records of a folder."""
    return [read_json(path) for path in sorted(folder.glob("cells/*/*/*.json"))]


def results_of(records: Iterable[Record]) -> Results:
    """The tables that the records make, still without scores."""
    rows, curves, groups = [], [], []
    for record in records:
        cell = Cell(**record["cell"])
        key: Row = {"env_id": cell.env_id, "baseline": cell.baseline, "seed": cell.seed}
        rows.append(key | _row(cell, record))
        curves += [key | {"step": step, "return": value} for step, value in record.get("curve", [])]
        groups += [key | {"attribute": attribute, "level": level, "return": value}
                   for attribute, levels in record.get("groups", {}).items()
                   for level, value in levels.items()]  # fmt: skip
    return Results(rows, curves, groups)


def _row(cell: Cell, record: Record) -> Row:
    measures = record.get("measures", {})
    missing = float("nan")
    return {
        "kind": record["kind"], "view": cell.view, "steps": cell.steps, "sessions": cell.sessions,
        "first_session": cell.first_session, "status": record["status"],
        **{name: missing if measures.get(name) is None else measures[name] for name in MEASURES},
        **{name: record.get(name, missing) for name in ("wall_seconds", "cpu_seconds")},
        "config_hash": record["config_hash"], **record["versions"], "problem": record.get("problem", ""),
    }  # fmt: skip

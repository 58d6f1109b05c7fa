"""python -m baselines run: every baseline on every environment from every seed, resumable, one table out."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from baselines import cells, processes, ray_cluster, results, tables, tuned
from baselines.arguments import at_least, one_of
from baselines.cells import Cell, Record
from baselines.processes import Backend, Failure
from baselines.registry import BASELINES, find
from baselines.results import FAILED, MEASURED, RANDOM, REFERENCE, UNSUITABLE
from baselines.versions import CURE, OtherRun, check_return
from recgym.cli.environments import ID_HELP, registered_id
from recgym.registration import CLASSICS, DOMAINS, ENVIRONMENTS

SEEDS, SESSIONS = 10, 500
ALL, ALL_DOMAINS = "all", "domains"
ENV_GROUPS: Mapping[str, Collection[str]] = {ALL: ENVIRONMENTS, ALL_DOMAINS: DOMAINS}  # names that stand for several
ALGO_GROUPS: Mapping[str, Collection[str]] = {ALL: BASELINES}
PARTS = {REFERENCE: "prices", "linear": "linear"}  # of what was tuned, by the baselines that go by it
BACKENDS: Mapping[str, Backend] = {"processes": processes.run, "ray": ray_cluster.run}


def plan(
    env_ids: Sequence[str], baselines: Sequence[str], seeds: int, sessions: int = SESSIONS, steps: int | None = None
) -> list[Cell]:
    """The cells of a benchmark, the first seed of everything first. The two baselines that make scores are always
    there.

    Args:
        env_ids: Registered ids.
        baselines: Names of `BASELINES`.
        seeds: How many, from 0.
        sessions: Held out, of every cell.
        steps: Of every training, in place of each baseline's own number.
    """
    names = dict.fromkeys((RANDOM, REFERENCE, *baselines))
    return [_cell(env_id, name, seed, sessions, steps) for seed in range(seeds) for env_id in env_ids for name in names]


def _cell(env_id: str, name: str, seed: int, sessions: int, steps: int | None) -> Cell:
    baseline = find(name)
    length = steps if steps is not None and baseline.steps else baseline.steps
    settings = json.loads(json.dumps(baseline.settings_in(env_id)))  # as a cell's file gives them back
    return Cell(env_id, name, seed, baseline.views[0], length, sessions, settings)


def missing(folder: Path, planned: Sequence[Cell], retry_failed: bool = False) -> list[Cell]:
    """The planned cells without a record in the folder, with `retry_failed` also those whose record is of a failure.

    Raises:
        OtherRun: A record of the folder cannot stand in one table with what is planned.
    """
    records = _records(folder)
    for path, record in records.items():
        check_same("versions", path, record["versions"], cells.installed())
    todo = []
    for cell in planned:
        record = records.get(cell.path(folder))
        if record is not None:
            check_same("settings", cell.path(folder), record["cell"], asdict(cell))
        if record is None or (retry_failed and record["status"] == FAILED):
            todo.append(cell)
    return todo


def check_tuned(planned: Sequence[Cell]) -> None:
    """Look for the numbers that cells go by before the first is measured.

    Raises:
        baselines.tuned.NotTuned: There are none: the message says how to find them.
    """
    for cell in planned:
        if cell.baseline in PARTS and cell.env_id not in CLASSICS:
            tuned.load(cell.env_id, cell.view, PARTS[cell.baseline])


def check_environments(folder: Path, env_ids: Sequence[str]) -> None:
    """Measure the folder's first random cell of every environment again: results of two versions must not be mixed.

    Raises:
        OtherRun: It returns something else now.
    """
    for path, record in _records(folder).items():
        cell = Cell(**record["cell"])
        if (cell.baseline, cell.seed) == (RANDOM, 0) and cell.env_id in env_ids and record["status"] == MEASURED:
            check_return(path, "random pages", record["measures"]["return"], cells.measure(cell)["measures"]["return"])


def measure(folder: Path, todo: Sequence[Cell], backend: Backend, jobs: int) -> Iterator[tuple[Cell, Record]]:
    """Measure cells, `jobs` at a time, and yield each when its file is written.

    Only this process writes, one whole file per cell, so that a kill at any moment loses no finished cell. The tables
    beside them are made of these files: at the beginning, at the end, and in between as often as it takes a tenth of
    the time at most.
    """
    records = _records(folder)
    took, written = _write_tables(folder, records)
    try:
        for position, outcome in backend(cells.measure, [(cell,) for cell in todo], jobs):
            cell = todo[position]
            record = cells.failed(cell, outcome) if isinstance(outcome, Failure) else outcome
            cells.save(folder, record)
            records[cell.path(folder)] = record
            if time.monotonic() - written >= 10 * took:
                took, written = _write_tables(folder, records)
            yield cell, record
    finally:
        _write_tables(folder, records)


def _write_tables(folder: Path, records: Mapping[Path, Record]) -> tuple[float, float]:
    """Write them; the seconds that it took, and when it was done."""
    start = time.monotonic()
    results.write(folder, cells.results_of(records.values()))
    end = time.monotonic()
    return end - start, end


def _records(folder: Path) -> dict[Path, Record]:
    return {Cell(**record["cell"]).path(folder): record for record in cells.load(folder)}


def check_same(what: str, path: Path, before: Mapping[str, object], now: Mapping[str, object]) -> None:
    """Refuse to go on with what was measured otherwise.

    Raises:
        OtherRun: Something of `now` was not the same before.
    """
    differ = [f"{name} {before.get(name)!r}, now {value!r}" for name, value in now.items() if before.get(name) != value]
    if differ:
        raise OtherRun(f"{path} was measured with other {what}: {'; '.join(differ)}. {CURE}")


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    parser = commands.add_parser("run", help="measure baselines on environments over several seeds, resumable")
    parser.add_argument("--envs", nargs="+", type=_or_group(registered_id, ENV_GROUPS), default=[ALL], metavar="ID",
                        help=f"{ID_HELP}, or {ALL_DOMAINS}, or {ALL}: all of RecGym's own (default)")  # fmt: skip
    parser.add_argument("--algos", nargs="+", type=_or_group(one_of(BASELINES), ALGO_GROUPS), default=[ALL],
                        metavar="NAME", help=f"of {', '.join(BASELINES)}, or {ALL} (default)")  # fmt: skip
    parser.add_argument("--seeds", type=at_least(1), default=SEEDS, help=f"of every baseline (default {SEEDS})")
    parser.add_argument("--steps", type=at_least(1), help="of every training (default: each baseline's own)")
    parser.add_argument("--sessions", type=at_least(2), default=SESSIONS, help=f"held out (default {SESSIONS})")
    parser.add_argument("--jobs", type=at_least(1), default=os.cpu_count() or 1,
                        help="cells at a time (default: the number of cores)")  # fmt: skip
    parser.add_argument("--backend", choices=BACKENDS, default="processes",
                        help="where they run: processes of this machine (default), "
                             "or the ray cluster of RAY_ADDRESS")  # fmt: skip
    parser.add_argument("--retry-failed", action="store_true", help="also measure cells again that failed before")
    parser.add_argument("--out", type=Path, default=results.FOLDER,
                        help=f"folder of the results (default {results.FOLDER})")  # fmt: skip
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure what is missing; 1 if a cell failed, now or before."""
    env_ids, names = _expand(options.envs, ENV_GROUPS), _expand(options.algos, ALGO_GROUPS)
    if options.out.is_file():
        raise OtherRun(f"{options.out}: expected a folder, got a file. {CURE}")
    planned = plan(env_ids, names, options.seeds, options.sessions, options.steps)
    check_tuned(planned)
    todo = missing(options.out, planned, options.retry_failed)
    if todo:
        check_environments(options.out, env_ids)
    console = tables.console()
    with tables.progress(console) as progress:
        task = progress.add_task("cells", total=len(planned), completed=len(planned) - len(todo), note="")
        try:
            for cell, record in measure(options.out, todo, BACKENDS[options.backend], options.jobs):
                progress.update(task, advance=1)
                console.print(_told(cell, record), soft_wrap=True)
        except KeyboardInterrupt:
            done = len(planned) - len(missing(options.out, planned, options.retry_failed))
            print(f"{done:,} of {len(planned):,} cells are measured; the same command goes on.", file=sys.stderr)
            raise
    found = results.read_table(options.out / results.FILES["rows"].name)
    failed = [row for row in found if row["status"] == FAILED]
    console.print(f"Measured: {sum(row['status'] == MEASURED for row in found):,} rows in {options.out}. "
                  f"Next: python -m baselines report {options.out}", soft_wrap=True)  # fmt: skip
    for row in failed:
        print(f"failed: {row['baseline']} on {row['env_id']}, seed {row['seed']}: {row['problem']}", file=sys.stderr)
    if failed:
        print(f"{len(failed)} cells have failed; their files hold the traces. --retry-failed tries them again.",
              file=sys.stderr)  # fmt: skip
    return 1 if failed else 0


def _told(cell: Cell, record: Record) -> str:
    name = f"{cell.baseline} on {cell.env_id}, seed {cell.seed}"
    if record["status"] == MEASURED:
        return f"{name}: return {record['measures']['return']:.2f} in {record['wall_seconds']:.0f} s"
    return f"{name}: {'not suitable' if record['status'] == UNSUITABLE else 'FAILED'}: {record['problem']}"


def _or_group(known: Callable[[str], str], groups: Mapping[str, Collection[str]]) -> Callable[[str], str]:
    """An argument type: the name of a group, or what `known` accepts."""

    def name(text: str) -> str:
        return text if text in groups else known(text)

    return name


def _expand(names: Sequence[str], groups: Mapping[str, Collection[str]]) -> list[str]:
    return list(dict.fromkeys(one for name in names for one in groups.get(name, (name,))))

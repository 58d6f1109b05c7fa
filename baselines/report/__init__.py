"""python -m baselines report: what the tables of a benchmark say. It knows no environment and no agent."""

from __future__ import annotations

import argparse
from pathlib import Path

from baselines import results, tables
from baselines.report import page
from baselines.report.summary import Summary, aggregates


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    parser = commands.add_parser("report", help="tables, statistics and one HTML page of a benchmark's results")
    parser.add_argument(
        "results", type=Path, nargs="*", default=[results.FOLDER], metavar="RESULTS",
        help=f"folders that `run` has written, read as one benchmark (default {results.FOLDER})",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, help="folder of the report (default: report in the first of RESULTS)")
    parser.add_argument("--docs", type=Path, metavar="FILE", help="also write the main tables into this Markdown file")
    parser.set_defaults(run=report)


def report(options: argparse.Namespace) -> int:
    """Write the files and print the first table."""
    summary = Summary(results.joined([results.read(folder) for folder in options.results]))
    console = tables.console()
    found = aggregates(summary)
    rows = [[page.shown(value) for value in row] for row in found.rows]
    console.print(tables.table(found.title, found.header, [rows]))
    console.print(f"{found.note}\n{page.sentence(summary)}", soft_wrap=True)
    if options.docs is not None:
        page.write_block(options.docs, summary)
        console.print(f"Written into: {options.docs}", soft_wrap=True)
    for path in page.write(options.out or options.results[0] / "report", summary):
        console.print(f"Saved: {path}", soft_wrap=True)
    return 0

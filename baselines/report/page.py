"""A summary as files: one self-contained HTML page, Markdown, and CSV."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from baselines import statistics
from baselines.files import BadTable, table_text, write_whole
from baselines.intervals import Estimate
from baselines.report.pictures import pictures
from baselines.report.summary import PRIVILEGED, Summary, Table, Value, facts, tables, too_few
from baselines.statistics import Interval, interval
from recgym.markdown import table as markdown_table

TEMPLATE = Path(__file__).with_name("page.html")
FOLDED = 40  # tables of more rows are folded in
LONG = 40  # characters; longer texts may break
BEGIN, END = "<!-- results: written by `python -m baselines report RESULTS --docs FILE` -->", "<!-- end of results -->"
IN_DOCS = ("aggregates", "scores", "improvement", "returns", "costs", "missing")  # tables a page in the docs shows
# Pictures that have no table of their own: name -> title and note, and the table before which they stand.
PICTURED = {
    "profiles": (
        "Performance profiles",
        "Share of all runs that score higher than the value on the axis, with 95 % bands: a curve above is better "
        "everywhere.",
        "scores",
    ),
    "curves": (
        "Learning curves",
        "Mean return of the held-out sessions while learning, and its 95 % interval over the seeds.",
        "returns",
    ),
}


PICTURE = "images/benchmark.svg"  # beside the file with the block
PICTURE_LINE = f"![Interquartile mean of the score and optimality gap of every baseline]({PICTURE})"


class Cell(NamedTuple):
    """Of the HTML table."""

    text: str
    kind: str


def write(folder: Path, summary: Summary) -> list[Path]:
    """Write report.html, report.md, a CSV file per table and an SVG file per picture, and name them."""
    found, drawn = tables(summary), pictures(summary)
    files = {
        "report.html": html(summary, found, drawn),
        "report.md": f"# RecGym benchmark\n\n{markdown(summary, found)}\n",
    }
    files |= {f"{table.name}.csv": as_csv(table) for table in found}
    files |= {f"{name}.svg": picture for name, picture in drawn.items()}
    for name, text in files.items():
        write_whole(folder / name, text)
    return [folder / name for name in files]


def sentence(summary: Summary) -> str:
    """What a reader in a hurry wants to know."""
    best = summary.best
    if best is None:
        return ""
    ours = summary.strata[best]
    middle = interval(statistics.iqm, ours)
    said = (f"{best} reaches the highest interquartile mean, {middle}, of all recommenders that know no more than a "
            "real one.")  # fmt: skip
    others = [name for name in summary.strata if name != best and summary.kinds[name] != PRIVILEGED]
    leads = {name: interval(statistics.iqm_lead, ours, summary.strata[name]) for name in others}
    near = [name for name, lead in leads.items() if lead.low <= 0 or too_few(ours, summary.strata[name])]
    if near:
        return f"{said} {' and '.join(near)} cannot be told apart from it."
    if not leads:
        return said
    following, lead = next(iter(leads.items()))
    chance = interval(statistics.probability_of_improvement, ours, summary.strata[following])
    return (f"{said} {following} comes next, {lead} below; a run of {best} scores higher than a run of {following} in "
            f"the same environment with probability {chance}.")  # fmt: skip


def html(summary: Summary, found: Sequence[Table], drawn: Mapping[str, str]) -> str:
    """One page without a single link to anything outside it."""
    import jinja2

    sections: list[dict[str, Any]] = []
    for table in found:
        for name, (title, note, before) in PICTURED.items():
            if before == table.name and name in drawn:
                sections.append({"name": name, "title": title, "note": note, "picture": drawn[name], "rows": []})
        cells = [[_cell(value) for value in row] for row in table.rows]
        sections.append(table._asdict() | {"picture": drawn.get(table.name), "rows": cells})
    template = jinja2.Environment(autoescape=True, trim_blocks=True).from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(facts=facts(summary), sentence=sentence(summary), sections=sections, folded=FOLDED) + "\n"


def _cell(value: Value) -> Cell:
    text = shown(value)
    kind = "" if not isinstance(value, str) else "text long" if len(text) > LONG else "text"
    return Cell(text, kind)


def markdown(summary: Summary, found: Sequence[Table], heading: str = "##") -> str:
    """The tables, each with a heading."""
    parts = [facts(summary), sentence(summary)]
    for table in found:
        rows = [[shown(value) for value in row] for row in table.rows]
        parts += [f"{heading} {table.title}", table.note, markdown_table(table.header, rows)]
    return "\n\n".join(part for part in parts if part)


def write_block(path: Path, summary: Summary) -> None:
    """Replace what stands between `BEGIN` and `END` in a Markdown file by the results, and draw the picture beside it.

    Raises:
        BadTable: The file has no such place.
    """
    before, after = split(path)
    write_whole(path, f"{before}{block(summary)}{after}")
    write_whole(path.parent / PICTURE, pictures(summary)["aggregates"])


def block(summary: Summary) -> str:
    """The part of a page in the docs that is generated, with its first and last line."""
    short = [table for table in tables(summary) if table.name in IN_DOCS]
    return "\n\n".join((BEGIN, PICTURE_LINE, markdown(summary, short, heading="###"), END))


def split(path: Path, begin: str = BEGIN, end: str = END) -> tuple[str, str]:
    """What stands before and after the generated part of a file, whose first and last line are `begin` and `end`.

    Raises:
        BadTable: The file has no such part.
    """
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    before, begins, rest = text.partition(begin)
    _, ends, after = rest.partition(end)
    if not begins or not ends:
        raise BadTable(f"{path}: expected a Markdown file with the lines {begin!r} and {end!r}, between which the "
                       "results are written")  # fmt: skip
    return before, after


def as_csv(table: Table) -> str:
    """The numbers in full; a value with an interval has three columns."""
    spread = [
        any(isinstance(row[column], Estimate | Interval) for row in table.rows) for column in range(len(table.header))
    ]
    columns = [part for name, wide in zip(table.header, spread, strict=True)
               for part in ((name, f"{name} low", f"{name} high") if wide else (name,))]  # fmt: skip
    cells = ([part for value, wide in zip(row, spread, strict=True) for part in _numbers(value, wide)]
             for row in table.rows)  # fmt: skip
    return table_text(columns, cells)


def _numbers(value: Value, wide: bool) -> Iterator[str]:
    if isinstance(value, Estimate):
        value = Interval(value.value, value.value - value.half_width, value.value + value.half_width)
    if isinstance(value, Interval):
        yield from (f"{part:.6g}" for part in value)
        return
    yield f"{value:.6g}" if isinstance(value, float) else str(value)
    if wide:
        yield from ("", "")


def shown(value: Value) -> str:
    """A value as tables show it."""
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:z,.1f}" if abs(value) >= 100 else f"{value:z.2f}"
    return str(value)

"""docs/claims.md: what `python -m baselines claims` found, in tables and one picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from baselines.claims import ARMS, COLLABORATIVE, MEASURES, PATH, SEEDS, Row, load, means, values
from baselines.files import ROOT, write_whole
from baselines.intervals import Estimate, mean_of, ratio_of
from baselines.report.page import split
from baselines.report.pictures import style
from baselines.report.pictures import svg as as_svg
from recgym.markdown import table
from recgym.registration import DOMAINS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BEGIN = "<!-- results: written by `python -m baselines docs` from the table of `claims` -->"
END = "<!-- end of results -->"
FOLDER = "docs"  # of the repository
PICTURE = Path("images") / "claims.svg"  # beside the page
# Measure -> by how many per cent language-model states and deep RL are said to raise it. Accuracy is read in two ways.
CLAIMED: Mapping[str, float] = {"accuracy": 15.0, "precision": 15.0, "recall": 10.0, "f1": 12.0}
SHOWN = (*CLAIMED, "return")
TITLES = {"accuracy": "accuracy", "precision": "precision", "recall": "recall", "f1": "F1", "return": "return"}
AGENTS = ("REINFORCE", "PPO")
BEST_FILTER = "the best collaborative filter"
COLOURS = {"f1": "#2f6fd0", "return": "#d98200"}


@dataclass(frozen=True)
class Comparison:
    """An arm, and what it is compared with: the best of some arms, chosen by domain and measure after the fact."""

    ours: str  # in words, like the next
    theirs: str
    arm: str
    others: tuple[str, ...]


def against_classics(agent: str) -> tuple[Comparison, Comparison]:
    """An agent that sees language, against content-based and collaborative filtering."""
    return (Comparison(agent, "content-based filtering", f"{agent}-language", ("content",)),
            Comparison(agent, BEST_FILTER, f"{agent}-language", COLLABORATIVE))  # fmt: skip


def language(agent: str) -> Comparison:
    """What the language model adds to an agent."""
    return Comparison(f"{agent} on language", f"{agent} on ids", f"{agent}-language", (f"{agent}-ids",))


LOOKING_AHEAD = Comparison("REINFORCE on language", "short-sighted", "REINFORCE-language", ("short-sighted",))
SOURCES = (
    language("REINFORCE"),
    language("PPO"),
    LOOKING_AHEAD,
    Comparison("short-sighted", BEST_FILTER, "short-sighted", COLLABORATIVE),
    Comparison("REINFORCE on ids", "content-based filtering", "REINFORCE-ids", ("content",)),
    *(Comparison(f"{agent} on ids", BEST_FILTER, f"{agent}-ids", COLLABORATIVE) for agent in AGENTS),
    Comparison("popular", BEST_FILTER, "popular", COLLABORATIVE),
)


def relative(rows: Sequence[Row], env_id: str, comparison: Comparison, measure: str) -> Estimate | None:
    """By how many per cent the arm's mean is above the other's, with its interval over the seeds that both have.

    A seed's users are the same for all arms, so that seeds are pairs. None if there are none.
    """
    ours, best = values(rows, env_id, comparison.arm, measure), None
    for other in comparison.others:
        theirs = values(rows, env_id, other, measure)
        seeds = sorted(ours.keys() & theirs.keys())
        if seeds and (best is None or np.mean([theirs[seed] for seed in seeds]) > best[1].mean()):
            best = np.array([ours[seed] for seed in seeds]), np.array([theirs[seed] for seed in seeds])
    if best is None:
        return None
    ratio = ratio_of(*best)
    return Estimate(100 * (ratio.value - 1), 100 * ratio.half_width)


def everywhere(rows: Sequence[Row], comparison: Comparison, measure: str) -> list[Estimate]:
    """`relative` of every domain that was measured."""
    found = (relative(rows, env_id, comparison, measure) for env_id in DOMAINS)
    return [estimate for estimate in found if estimate is not None]


def overall(found: Sequence[Estimate]) -> Estimate:
    """Mean over the domains, with Student's interval: these are taken for a sample of all domains."""
    return mean_of(np.array([estimate.value for estimate in found]))


def verdict(estimate: Estimate, claimed: float) -> str:
    """What an interval says of a claim."""
    low, high = estimate.value - estimate.half_width, estimate.value + estimate.half_width
    if np.isnan(low):
        return "unknown"
    if low >= claimed:
        return "holds"
    if high < 0:
        return "the opposite"
    if high < claimed:
        return "less than claimed" if low > 0 else "does not hold"
    return "higher, perhaps by so much" if low > 0 else "not shown"


def percent(estimate: Estimate | None) -> str:
    """Such as "+12.3 ±4.5" (per cent)."""
    if estimate is None:
        return "–"
    spread = "" if np.isnan(estimate.half_width) else f" ±{estimate.half_width:.1f}"
    return f"{estimate.value:+.1f}{spread}"


def block(rows: Sequence[Row]) -> str:
    """The generated part of the page, with its first and last line."""
    parts = [_measured(rows), "### The claims", _claims(rows),
             f"![Relative differences by domain]({PICTURE.as_posix()})",
             "### Where differences come from", _sources(rows), "### By domain", _by_domain(rows),
             "### Means over domains and seeds", _means(rows)]  # fmt: skip
    return "\n\n".join((BEGIN, *parts, END))


def _measured(rows: Sequence[Row]) -> str:
    """How much of the experiment there is, and what it cost."""
    planned = len(DOMAINS) * len(ARMS) * SEEDS
    hours = sum(row["cpu_seconds"] for row in rows) / 3600
    plan = f"({len(DOMAINS)} domains, {len(ARMS)} arms, {SEEDS} seeds)"
    if len(rows) >= planned:
        return f"All {planned} runs {plan} are measured, in {hours:.1f} hours of CPU on two shared cores."
    return (f"**{len(rows)} of {planned}** runs {plan} are measured, in {hours:.1f} hours of CPU on two shared cores; "
            "the last table says how many of each arm. Where a domain has a single seed of both arms, its difference "
            "has no interval.")  # fmt: skip


def _claims(rows: Sequence[Row]) -> str:
    lines = []
    for comparison in (one for agent in AGENTS for one in against_classics(agent)):
        for measure in SHOWN:
            found = everywhere(rows, comparison, measure)
            if found:
                lines.append((comparison.ours, comparison.theirs, TITLES[measure], *_judged(found, measure)))
    header = ("", "against", "measure", "claimed, %", "found, %", "the claim", "domains", "higher", "surely higher",
              "surely lower")  # fmt: skip
    return table(header, lines)


def _judged(found: Sequence[Estimate], measure: str) -> Sequence[str]:
    """Claim, mean, verdict; and how many domains there are, are above 0, with their whole interval, and below 0."""
    mean, claimed = overall(found), CLAIMED.get(measure)
    higher = [sum(one.value > 0 for one in found), sum(one.value - one.half_width > 0 for one in found)]
    lower = sum(one.value + one.half_width < 0 for one in found)
    of_claim = ("", percent(mean), "") if claimed is None else (f"+{claimed:g}", percent(mean), verdict(mean, claimed))
    return (*of_claim, str(len(found)), *map(str, (*higher, lower)))


def _sources(rows: Sequence[Row]) -> str:
    lines = [(one.ours, one.theirs, *(percent(overall(found)) for found in measured)) for one in SOURCES
             if all(measured := [everywhere(rows, one, measure) for measure in SHOWN])]  # fmt: skip
    return table(("", "against, per cent", *(TITLES[measure] for measure in SHOWN)), lines)


def _by_domain(rows: Sequence[Row]) -> str:
    parts = []
    by_agent = (one for agent in AGENTS for one in (*against_classics(agent), language(agent)))
    for comparison in (*by_agent, LOOKING_AHEAD):
        lines = [(scenario, *(percent(relative(rows, env_id, comparison, measure)) for measure in SHOWN))
                 for env_id, scenario in DOMAINS.items() if values(rows, env_id, comparison.arm, "f1")]  # fmt: skip
        if lines:
            title = f"**{comparison.ours}** against {comparison.theirs}, per cent"
            parts.append(f"{title}\n\n{table(('', *(TITLES[name] for name in SHOWN)), lines)}")
    return "\n\n".join(parts)


def _means(rows: Sequence[Row]) -> str:
    return table(("", "runs", *MEASURES), means(rows))


def svg(rows: Sequence[Row]) -> str:
    """F1 and return by domain: against content, against the best collaborative filter, and language against ids."""
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=(9.5, 4.2), layout="constrained")
        panels = figure.subplots(1, 3, sharey=True)
        for axes, comparison in zip(panels, against_classics("REINFORCE"), strict=False):
            _panel(axes, rows, comparison)
            axes.axvline(CLAIMED["f1"], color=COLOURS["f1"], linewidth=1, linestyle="--", label="claimed of F1")
        _panel(panels[-1], rows, language("REINFORCE"))
        entries = {label: line for line, label in zip(*figure.axes[0].get_legend_handles_labels(), strict=True)}
        figure.legend(entries.values(), entries.keys(), loc="outside lower center", ncols=3, frameon=False)
        return as_svg(figure)


def _panel(axes: Axes, rows: Sequence[Row], comparison: Comparison) -> None:
    """One comparison: a line for every domain, and one for their mean. Intervals of few seeds run out of the panel."""
    ends, names = [0.0], [*DOMAINS.values(), "mean of the domains"]
    for shift, (measure, colour) in zip((-0.15, 0.15), COLOURS.items(), strict=True):
        found: list[Estimate | None] = [relative(rows, env_id, comparison, measure) for env_id in DOMAINS]
        mean = overall(everywhere(rows, comparison, measure))
        found.append(mean)
        ends += [one.value for one in found if one is not None]
        ends += [mean.value - mean.half_width, mean.value + mean.half_width]
        for place, estimate in enumerate(found):
            if estimate is not None:
                axes.errorbar(estimate.value, place + shift, xerr=np.nan_to_num(estimate.half_width), color=colour,
                              fmt="o" if place < len(DOMAINS) else "D", markersize=4, linewidth=1,
                              label=TITLES[measure])  # fmt: skip
    axes.axvline(0.0, color="0.3", linewidth=1)
    axes.axhline(len(DOMAINS) - 0.5, color="0.8", linewidth=1)
    margin = 0.08 * (np.nanmax(ends) - np.nanmin(ends))
    axes.set_xlim(np.nanmin(ends) - margin, np.nanmax(ends) + margin)
    axes.xaxis.set_major_formatter(lambda value, position: f"{value:+.0f}" if value else "0")
    axes.set_xlabel("per cent")
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_title(f"{comparison.ours}\nagainst {comparison.theirs}")
    axes.grid(axis="x", alpha=0.3)


def page(path: Path, rows: Sequence[Row]) -> str:
    """The page with its generated part written anew.

    Raises:
        baselines.files.BadTable: `path` is no page with such a part.
    """
    before, after = split(path, BEGIN, END)
    return f"{before}{block(rows)}{after}"


def write(folder: Path) -> list[Path]:
    """Write page and picture from what the repository holds; the paths written."""
    docs, rows = ROOT / FOLDER, load(ROOT / PATH)
    texts = {folder / "claims.md": page(docs / "claims.md", rows), folder / PICTURE: svg(rows)}
    for path, text in texts.items():
        write_whole(path, text)
    return list(texts)

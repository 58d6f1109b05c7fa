"""The pictures of a report, as SVG that stands in the page itself."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import numpy as np

from baselines import statistics
from baselines.intervals import mean_of
from baselines.report.summary import YARDSTICKS, Summary, short
from baselines.results import RANDOM, REFERENCE
from baselines.statistics import interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GREY = "0.55"
THRESHOLDS = np.linspace(0.0, 1.0, 101)
STYLE: Mapping[str, Any] = {
    "svg.fonttype": "none",  # letters stay letters: small, and the reader's own font
    "svg.hashsalt": "recgym",  # the same numbers give the same file
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def pictures(summary: Summary) -> dict[str, str]:
    """Name -> SVG of all that the results allow."""
    found = {}
    with style():
        if summary.strata:
            found["aggregates"] = svg(aggregates(summary))
            found["profiles"] = svg(profiles(summary))
        if len(summary.strata) > 1:
            found["improvement"] = svg(improvement(summary))
        if summary.results.curves:
            found["curves"] = svg(curves(summary))
        if summary.results.groups:
            found["groups"] = svg(groups(summary))
    return found


def style() -> AbstractContextManager[None]:
    """In it, figures look like each other, and equal figures are equal text."""
    import matplotlib

    return matplotlib.rc_context(dict(STYLE))


def svg(figure: Figure) -> str:
    """The figure as an element of an HTML page, or a file of its own."""
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    text = file.getvalue()
    return text[text.index("<svg") :]


def aggregates(summary: Summary) -> Figure:
    """Interquartile mean and optimality gap of every baseline, with their intervals."""
    figure = _figure(8.5, 1.0 + 0.26 * len(summary.strata))
    left, right = figure.subplots(1, 2, sharey=True)
    parts = (
        (left, statistics.iqm, "interquartile mean of the score"),
        (right, statistics.optimality_gap, "optimality gap"),
    )
    for axes, statistic, title in parts:
        for place, (name, strata) in enumerate(summary.strata.items()):
            value, low, high = interval(statistic, strata)
            axes.plot(
                (low, high), (place, place), color=colour(summary, name), linewidth=6, alpha=0.35, solid_capstyle="butt"
            )
            axes.plot(value, place, "|", color=colour(summary, name), markersize=11, markeredgewidth=2)
        axes.set_xlabel(title)
        axes.grid(axis="x", alpha=0.3)
    left.set_yticks(range(len(summary.strata)), [summary.label(name) for name in summary.strata])
    left.invert_yaxis()
    return figure


def profiles(summary: Summary) -> Figure:
    """Share of runs above every score."""
    figure = _figure(8.5, 4.6)
    axes = figure.subplots()
    for name, strata in summary.strata.items():
        axes.fill_between(THRESHOLDS, *statistics.profile_band(strata, THRESHOLDS), color=colour(summary, name),
                          alpha=0.12, linewidth=0)  # fmt: skip
        axes.plot(THRESHOLDS, statistics.performance_profile(strata, THRESHOLDS), color=colour(summary, name),
                  linestyle=dashes(summary, name), label=summary.label(name))  # fmt: skip
    axes.set(xlabel="score", ylabel="share of runs with a higher score", ylim=(-0.02, 1.02), xlim=(0, 1))
    axes.grid(alpha=0.3)
    _legend(figure, axes)
    return figure


def improvement(summary: Summary) -> Figure:
    """Probability that a run of the row's baseline beats one of the column's."""
    names = list(summary.strata)
    chances = np.array([[float(statistics.probability_of_improvement(summary.strata[row], summary.strata[column]))
                         for column in names] for row in names])  # fmt: skip
    figure = _figure(2.6 + 0.42 * len(names), 1.9 + 0.36 * len(names))
    axes = figure.subplots()
    places = range(len(names))
    axes.pcolormesh(places, places, chances, cmap="RdBu", vmin=0, vmax=1, edgecolors="white", linewidth=0.5)
    axes.invert_yaxis()
    for row, column in np.ndindex(chances.shape):
        if row != column:
            dark = abs(chances[row, column] - 0.5) > 0.3
            axes.text(column, row, f"{chances[row, column]:.2f}", ha="center", va="center", fontsize=7,
                      color="white" if dark else "black")  # fmt: skip
    labels = [summary.label(name) for name in names]
    axes.set_xticks(places, labels, rotation=45, ha="right")
    axes.set_yticks(places, labels)
    axes.spines[:].set_visible(False)
    axes.set_title("row beats column", fontsize=9)
    return figure


def curves(summary: Summary) -> Figure:
    """Mean return over the steps of the training, with its 95 % interval over the seeds."""
    figure, grid = _grid(summary, 2.9)
    learners = list(dict.fromkeys(row["baseline"] for row in summary.results.curves))
    for env_id, axes in grid.items():
        for name in (name for name in summary.names if name in learners):
            _curve(summary, axes, name, env_id)
        for name in YARDSTICKS:
            returns = [row["return"] for row in summary.rows(name, env_id)]
            if returns:
                axes.axhline(np.mean(returns), color=GREY, linewidth=1, linestyle=":", zorder=0)
                axes.annotate(name, (0.99, np.mean(returns)), xycoords=("axes fraction", "data"), xytext=(0, 2),
                              textcoords="offset points", ha="right", color=GREY, fontsize=7)  # fmt: skip
        axes.set(title=short(env_id), xlabel="steps", ylabel="return")
        axes.xaxis.set_major_formatter(lambda step, _: f"{step / 1000:g}k" if step else "0")
    _legend(figure, *grid.values())
    return figure


def _curve(summary: Summary, axes: Axes, name: str, env_id: str) -> None:
    points: dict[int, list[float]] = {}
    for row in summary.results.curves:
        if (row["baseline"], row["env_id"]) == (name, env_id):
            points.setdefault(row["step"], []).append(row["return"])
    steps = sorted(points)
    if not steps:
        return
    found = [mean_of(np.array(points[step])) for step in steps]
    middle, width = np.array([one.value for one in found]), np.array([one.half_width for one in found])
    axes.fill_between(steps, middle - width, middle + width, color=colour(summary, name), alpha=0.15, linewidth=0)
    axes.plot(steps, middle, color=colour(summary, name), linestyle=dashes(summary, name), label=name,
              marker="." if len(steps) == 1 else None)  # fmt: skip


def groups(summary: Summary) -> Figure:
    """From the worst-off to the best-off group of users, of all attributes."""
    figure, grid = _grid(summary, 0.9 + 0.17 * len(summary.names))
    for env_id, axes in grid.items():
        names = [name for name in summary.names if summary.rows(name, env_id)]
        for place, name in enumerate(names):
            levels: dict[tuple[str, str], list[float]] = {}
            for row in summary.results.groups:
                if (row["baseline"], row["env_id"]) == (name, env_id):
                    levels.setdefault((row["attribute"], row["level"]), []).append(row["return"])
            means = [float(np.mean(values)) for values in levels.values()]
            if means:
                axes.plot((min(means), max(means)), (place, place), color=colour(summary, name), linewidth=5,
                          alpha=0.35, solid_capstyle="butt")  # fmt: skip
                axes.plot(means, [place] * len(means), ".", color=colour(summary, name), markersize=4)
        axes.set_yticks(range(len(names)), names, fontsize=7)
        axes.invert_yaxis()
        axes.set(title=short(env_id), xlabel="mean return of a group")
        axes.grid(axis="x", alpha=0.3)
    return figure


def colour(summary: Summary, name: str) -> Any:
    """A baseline has one colour in all pictures; the yardsticks are grey."""
    from matplotlib import colormaps

    if name in (RANDOM, REFERENCE):
        return GREY
    others = sorted(set(summary.names) - set(YARDSTICKS))
    return colormaps["tab10"](others.index(name) % 10)


def dashes(summary: Summary, name: str) -> str:
    """The second ten have the colours of the first, with dashes, and so on."""
    others = sorted(set(summary.names) - set(YARDSTICKS))
    return ("-", "--", ":", "-.")[others.index(name) // 10 % 4]


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _grid(summary: Summary, height: float) -> tuple[Figure, dict[str, Axes]]:
    """A panel per environment, up to three in a row."""
    columns = min(3, len(summary.env_ids))
    lines = -(-len(summary.env_ids) // columns)
    figure = _figure(3.6 * columns + (1.2 if columns < 3 else 0), height * lines + 0.6)
    panels = figure.subplots(lines, columns, squeeze=False).ravel()
    for panel in panels[len(summary.env_ids) :]:
        panel.set_axis_off()
    return figure, dict(zip(summary.env_ids, panels, strict=False))


def _legend(figure: Figure, *panels: Axes) -> None:
    """One legend below all panels."""
    entries = {label: line for axes in panels for line, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    if entries:
        figure.legend(entries.values(), entries.keys(), loc="outside lower center", ncols=5, frameon=False, fontsize=8)

"""One picture an environment: what looking ahead is worth, and how PPO comes near it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from baselines.documentation import measured
from baselines.files import write_whole
from baselines.intervals import Estimate
from baselines.learning import POINTS, Record, Row
from baselines.report.pictures import style
from baselines.report.pictures import svg as as_svg
from recgym.registration import DOMAINS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

VIEW = measured.SEEN.view
PLAIN, KNOWING = "#b6bec9", "#2f6fd0"
CURVES = ((measured.SEEN, KNOWING, "PPO, embedded history"), (measured.TOLD, "#d98200", "PPO, told the truth"))


def write(folder: Path) -> list[Path]:
    """Draw every domain that was measured, as SVG; the paths written."""
    paths = []
    for env_id, scenario in DOMAINS.items():
        if measured.bounds(env_id):
            path = folder / measured.PICTURES / f"{scenario}.svg"
            write_whole(path, svg(env_id))
            paths.append(path)
    return paths


def svg(env_id: str) -> str:
    """Left the scores of what does not learn, right the learning curves on the same scale."""
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=(9, 3.4), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(1.15, 1))
        rows = measured.bounds(env_id)["views"][VIEW]["rows"]
        _bars(left, rows)
        _curves(right, env_id, {row["name"]: row["score"] for row in rows})
        return as_svg(figure)


def _bars(axes: Axes, rows: list[dict[str, Any]]) -> None:
    names = [row["name"].replace("far-sighted reference", "reference") for row in rows]
    values, widths = ([row[name] for row in rows] for name in ("return", "return_half_width"))
    colours = [KNOWING if "privileged" in name else PLAIN for name in names]
    axes.barh(names, values, xerr=widths, color=colours, error_kw={"linewidth": 1}, height=0.7)
    axes.invert_yaxis()
    axes.set(title="What looking ahead is worth", xlabel=f'mean return of a session, action="{VIEW}"')
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)


def _curves(axes: Axes, env_id: str, levels: dict[str, float]) -> None:
    shown = [(row, colour, name, found) for row, colour, name in CURVES if (found := measured.trainings(env_id, row))]
    for row, colour, name, found in shown:
        steps, points = _points(row, found)
        values = np.array([point.value for point in points])
        widths = np.nan_to_num([point.half_width for point in points])
        axes.fill_between(steps, values - widths, values + widths, color=colour, alpha=0.15, linewidth=0)
        axes.plot(steps, values, color=colour, label=f"{name} ({measured.seeds(found)})")
    for name, level in levels.items():
        if name.startswith(("linear", "myopic", "far-sighted")):
            axes.axhline(level, color="0.6", linewidth=1, linestyle="--", zorder=0)
            # Beside the axes, where no curve crosses it.
            axes.annotate(name.partition(" (")[0].removeprefix("far-sighted "), (1, level), xytext=(4, 0),
                          xycoords=axes.get_yaxis_transform(), textcoords="offset points", va="center",
                          color="0.4", fontsize="small", annotation_clip=False)  # fmt: skip
    axes.set(
        title="Learning it",
        xlabel="steps of training",
        ylabel="score",
        ylim=(-0.05, 1.1),
        xlim=(0, measured.SEEN.steps),
    )
    axes.set_xticks(range(0, measured.SEEN.steps + 1, measured.SEEN.steps // 4))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    if shown:
        axes.legend(loc="lower right", fontsize="small", frameon=False)


def _points(row: Row, found: list[Record]) -> tuple[list[int], list[Estimate]]:
    """The steps of a learning curve and the scores there, as far as they were measured: not before any training."""
    steps = [row.steps * point // POINTS for point in range(1, POINTS + 1)]
    return steps, [measured.scores(found, step) for step in steps]

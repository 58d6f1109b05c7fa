"""Pictures of measurements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from baselines.intervals import Estimate


class Curve(NamedTuple):
    """The training of one agent."""

    ends: Sequence[int]  # steps at which its sessions ended
    returns: Sequence[float]  # of these sessions
    result: Estimate  # mean return of held-out sessions after training


def learning_curves(
    path: Path, title: str, curves: Mapping[str, Curve], levels: Mapping[str, float], window: int = 100
) -> None:
    """Save a PNG: mean return of the last `window` sessions over the steps, results as points, `levels` as lines."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5.5), layout="constrained", dpi=120)
    axes = figure.subplots()
    for position, (name, curve) in enumerate(curves.items()):
        colour = f"C{position}"
        if len(curve.returns) >= window:
            smooth = np.convolve(curve.returns, np.full(window, 1 / window), mode="valid")
            axes.plot(curve.ends[window - 1 :], smooth, color=colour, label=f"{name}, while learning")
        end = curve.ends[-1] if curve.ends else 0
        axes.errorbar(end, curve.result.value, curve.result.half_width, fmt="o", capsize=4, color=colour,
                      label=f"{name}, learned (held-out sessions)")  # fmt: skip
    for name, level in levels.items():
        axes.axhline(level, color="0.6", linewidth=1, linestyle="--", zorder=0)
        axes.annotate(name, (0.01, level), xycoords=("axes fraction", "data"), xytext=(0, 3),
                      textcoords="offset points", color="0.4", fontsize="small")  # fmt: skip
    axes.set(title=title, xlabel="steps of training", ylabel=f"return of a session (mean of {window})")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.legend(loc="lower right")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)

"""The lower half of the picture: hidden state over time, reward per page, satiation now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from recgym.rendering import story
from recgym.rendering.colours import CARD, DEEDS, DISAPPOINTED, FAINT, INK, MUTED, READINESS, TERMS, TRUST
from recgym.rendering.story import Page
from recgym.scenarios.scenario import Scenario
from recgym.state import State

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WINDOW = 120  # pages in view; of a longer session the latest
BOTTOM, TOP = 0.055, 0.325  # of the figure's height
SMALL = 8


def draw(figure: Figure, setting: Scenario, state: State, trace: Sequence[Page]) -> None:
    """Three charts side by side."""
    height = TOP - BOTTOM
    truth = f"Hidden: trust, readiness ({story.need(setting, state)})"
    _truth(chart(figure, (0.045, BOTTOM, 0.35, height), truth), setting, trace)
    names = [name for name, weight in setting.simulator.reward.weights.items() if weight != 0]
    terms = [story.weighted_terms(setting, page) for page in trace]
    paid = chart(figure, (0.445, BOTTOM, 0.29, height), "Reward per page, and the return (line, right)")
    reward(paid, names, terms, trace)
    _satiation(chart(figure, (0.865, BOTTOM, 0.115, height), "Hidden: satiation now", title_x=-0.78), setting, state)


def chart(figure: Figure, place: tuple[float, float, float, float], title: str, title_x: float = 0.0) -> Axes:
    """Empty axes with a title, in the common style."""
    axes = figure.add_axes(place, facecolor=CARD)
    axes.set_title(title, fontsize=9.5, color=INK, loc="left", x=title_x, pad=20)
    axes.tick_params(labelsize=SMALL, colors=MUTED, length=0)
    axes.grid(axis="y", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return axes


def pages_in_view(axes: Axes, trace: Sequence[Page]) -> range:
    """The pages in view, counted from 1; the axis grows in steps of 20 so that a video does not flicker."""
    last = max(20, -(-len(trace) // 20) * 20)
    first = max(1, last - WINDOW + 1)
    axes.set_xlim(first - 0.5, last + 0.5)
    apart = 5 if last <= 40 else 20
    axes.set_xticks(range(-(-first // apart) * apart, last + 1, apart))
    return range(first, len(trace) + 1)


def _truth(axes: Axes, setting: Scenario, trace: Sequence[Page]) -> None:
    axes.set_ylim(-0.03, 1.16)
    axes.set_yticks((0, 0.25, 0.5, 0.75, 1))
    view = pages_in_view(axes, trace)
    for name, colour in (("trust", TRUST), ("readiness", READINESS)):
        values = [float(trace[page - 1]["truth"][name]) for page in view]
        axes.plot(view, values, color=colour, linewidth=1.8, marker=marker_of(view), markersize=3, label=name)
    committed = story.deeds(setting)[-1]
    marks = (("clicked", "o", DEEDS[1], 12), ("disappointed", "X", DISAPPOINTED, 26), (committed, "D", DEEDS[-1], 26))
    for label, marker, colour, size in marks:
        at = [page for page in view if trace[page - 1][label].any()]
        heights = np.full(len(at), 1.08)
        axes.scatter(at, heights, s=size, marker=marker, color=colour, linewidths=0, label=label, zorder=3)
    ends = [page + 0.5 for page in view if trace[page - 1]["left"]]
    axes.vlines(ends, 0, 1, color=MUTED, linewidth=0.8, linestyle=":", label="left")
    axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 0.98), ncols=6, fontsize=7.5, frameon=False, labelcolor=MUTED,
                handlelength=1.3, handletextpad=0.4, columnspacing=1.0, borderpad=0.2)  # fmt: skip


def reward(axes: Axes, names: Sequence[str], terms: Sequence[Mapping[str, float]], trace: Sequence[Page]) -> None:
    """Bars of the weighted terms of every page (`terms`), in the order of `names`, and a line of the return."""
    view = pages_in_view(axes, trace)
    per_page = [terms[page - 1] for page in view]
    first, last = axes.get_xlim()
    bar_width = 0.7 * axes.get_window_extent().width * 72 / axes.figure.dpi / (last - first)  # points
    above, below = np.zeros(len(view)), np.zeros(len(view))
    for name, colour in zip(names, cycle(TERMS)):
        values = np.array([terms[name] for terms in per_page])
        start = np.where(values >= 0, above, below)
        # Lines, because many bars are slow to draw.
        axes.vlines(view, start, start + values, color=colour, linewidth=bar_width, label=name)
        above, below = above + np.maximum(values, 0), below + np.minimum(values, 0)
    low, high = min(below.min(initial=0), 0), max(above.max(initial=0), 0.5)
    axes.set_ylim(low - 0.05 * (high - low) * (low < 0), high * 1.08)
    handles, labels = axes.get_legend_handles_labels()

    returns = np.cumsum([page["reward"] for page in trace])[len(trace) - len(view) :]
    twin = axes.twinx()
    twin.plot(view, returns, color=INK, linewidth=1.5, marker=marker_of(view), markersize=3)
    most = max(returns.max(initial=0) * 1.08, 1)
    bottom, top = axes.get_ylim()
    twin.set_ylim(min(returns.min(initial=0), most * bottom / top), most)  # both axes have 0 at the same height
    twin.tick_params(labelsize=SMALL, colors=INK, length=0)
    for spine in twin.spines.values():
        spine.set_visible(False)
    size = 7.5 if len(labels) < 8 else 6.0
    legend = axes.legend(
        handles, labels, loc="lower left", bbox_to_anchor=(-0.03, 0.98), ncols=max(len(labels), 1), fontsize=size,
        frameon=False, labelcolor=MUTED, handlelength=0.9, handletextpad=0.4, columnspacing=0.9, borderpad=0.2,
    )  # fmt: skip
    for handle in legend.legend_handles:
        handle.set_linewidth(5)


def _satiation(axes: Axes, setting: Scenario, state: State) -> None:
    tired = story.satiation(setting, state, 5)
    axes.grid(visible=False)
    axes.set_ylim(4.6, -0.6)
    axes.set_xlim(0, max(2.0, *(level for _, level in tired)) if tired else 2.0)
    axes.set_yticks(range(len(tired)), [_short(name) for name, _ in tired])
    axes.locator_params(axis="x", nbins=3)
    if not tired:
        axes.text(0.5, 0.5, "fresh", transform=axes.transAxes, fontsize=9, color=MUTED, ha="center", va="center")
        return
    axes.barh(range(len(tired)), [level for _, level in tired], height=0.62, color=DEEDS[2], alpha=0.85)


def marker_of(view: range) -> str:
    """A line through one page is no line: it needs a dot."""
    return "o" if len(view) == 1 else ""


def _short(name: str) -> str:
    return name if len(name) <= 20 else name[:19] + "…"

"""Sessions of the classics: there are no words to show, so items are numbers and users are bars and curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from recgym.classics import Classic
from recgym.rendering import charts, story, text
from recgym.rendering.colours import BACKGROUND, CARD, DEEDS, DEPARTMENTS, FAINT, INK, MUTED, READINESS, TRUST
from recgym.rendering.drawing import box, canvas_of, write
from recgym.rendering.story import Page
from recgym.state import State

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT, MARGIN = 1280, 720, 24
COLUMNS, ROWS = 5, 2  # of cards; of a longer slate the first ones
CARDS_TOP, CARDS_HEIGHT, CARDS_RIGHT = 84, 330, 990


def ansi(classic: Classic, state: State, trace: Sequence[Page]) -> str:
    """The session of lane 0 after the slates of `trace`, in lines of about 100 characters."""
    lines = [_rule(f"{title(classic)}: slate {len(trace)}" if trace else f"{title(classic)}: no slate shown yet")]
    if trace:
        lines += last_page(classic, trace)
    lines.append(_rule("The user, of whom an agent sees what the observation has"))
    return "\n".join([*lines, *truth(classic, state), _rule(), ""])


def truth(classic: Classic, state: State) -> list[str]:
    """The user of lane 0, one line each."""
    profile = classic.profile(state)
    numbers = [(name, float(state[name][0])) for name in classic.CURVES]
    return [*(f"{name:12} {text.bar(abs(value), value)}" for name, value in profile),
            *(f"{name:12} {value:.2f}" for name, value in numbers if name not in dict(profile))]  # fmt: skip


def offer(classic: Classic, state: State) -> list[str]:
    """The candidates of lane 0 as far as they are known, one line each; and the user, if the observation has them."""
    lines = truth(classic, state)[: len(classic.profile(state))] if classic.PROFILE_SEEN else []
    for position in range(classic.num_candidates):
        item = {name: state[name][0, position] for name in classic.VISIBLE}
        lines.append(f"{position + 1:4}  {classic.item_words(item)}")
    return lines


def last_page(classic: Classic, trace: Sequence[Page]) -> list[str]:
    """The items of the last slate, one line each, what the user did, and the reward."""
    page = trace[-1]
    lines = []
    for slot, item in enumerate(items_of(classic, page), start=1):
        symbol = text.SYMBOLS[int(page["clicked"][slot - 1])]
        said = "(empty)" if item is None else f"{classic.item_words(item):60} {symbol} {deed(classic, page, slot - 1)}"
        lines.append(f"{slot:2}  {said}")
    lines.append(f"reward {page['reward']:+z.3f} = {classic.REWARD[1]}    return {story.total(trace):+.2f}")
    return lines


def title(classic: Classic) -> str:
    """The model's name in words, and its variant."""
    name = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in type(classic).__name__).strip()
    return f"{name.capitalize()} ({classic.variant})"


def items_of(classic: Classic, page: Page) -> list[dict[str, Any] | None]:
    """The shown items of a slate by `Classic.ITEM`, None for an empty slot."""
    return [None if position < 0 else {name: page[name][slot] for name in classic.ITEM}
            for slot, position in enumerate(page["slate"])]  # fmt: skip


def deed(classic: Classic, page: Page, slot: int) -> str:
    """What the user did with the item in a slot."""
    if not page["clicked"][slot]:
        return "skipped"
    name, _ = classic.REWARD
    return f"clicked, {name.replace('_', ' ')} {page[name][slot]:.1f}" if name in page else "clicked"


def rgb_array(classic: Classic, state: State, trace: Sequence[Page]) -> NDArray[np.uint8]:
    """The session of lane 0 after the slates of `trace`: (720, 1280, 3) uint8.

    Raises:
        ImportError: matplotlib is not installed.
    """
    figure, page, pixels = canvas_of(WIDTH, HEIGHT)
    write(page, MARGIN, 36, title(classic), size=17, weight="bold")
    write(page, CARDS_RIGHT, 36, f"return {story.total(trace):+.2f}", size=17, weight="bold", ha="right")
    said = f"slate {len(trace)}" if trace else "The first slate has not been shown yet."
    write(page, MARGIN, 64, said, size=10.5, color=MUTED)
    if trace:
        _cards(page, classic, trace[-1])
    height = charts.TOP - charts.BOTTOM
    curves = "Hidden: " + ", ".join(classic.CURVES) if classic.CURVES else "Clicks so far"
    _curves(charts.chart(figure, (0.045, charts.BOTTOM, 0.33, height), curves), classic, trace)
    terms = [{classic.REWARD[0]: float(shown["reward"])} for shown in trace]
    reward = charts.chart(figure, (0.43, charts.BOTTOM, 0.31, height), "Reward per slate, and the return (line, right)")
    charts.reward(reward, [classic.REWARD[0]], terms, trace)
    _profile(figure, classic, state)
    return pixels()


def _cards(axes: Axes, classic: Classic, page: Page) -> None:
    """The last slate, left to right and then down."""
    items = items_of(classic, page)
    shown = items[: COLUMNS * ROWS]
    columns = min(len(shown), COLUMNS)
    rows, gap = -(-len(shown) // COLUMNS), 12
    width, height = ((CARDS_RIGHT - MARGIN + gap) / columns - gap, (CARDS_HEIGHT + gap) / rows - gap)
    for slot, item in enumerate(shown):
        left = MARGIN + (slot % COLUMNS) * (width + gap)
        top = CARDS_TOP + (slot // COLUMNS) * (height + gap)
        _card(axes, (left, top, width, height), classic, item, bool(page["clicked"][slot]), deed(classic, page, slot))
    if len(items) > len(shown):
        write(axes, CARDS_RIGHT, 64, f"and {len(items) - len(shown)} more", size=9, color=MUTED, ha="right")


def _card(
    axes: Axes, place: tuple[float, float, float, float], classic: Classic, item: dict[str, Any] | None, clicked: bool,
    said: str,
) -> None:  # fmt: skip
    left, top, width, height = place
    if item is None:
        box(axes, left, top, width, height, BACKGROUND, edge=FAINT, dashed=True)
        write(axes, left + width / 2, top + height / 2, "empty", size=11, color=MUTED, ha="center")
        return
    box(axes, left, top, width, height, CARD, edge=DEEDS[1] if clicked else FAINT, edge_width=2.5 if clicked else 1)
    if "topic" in item:
        box(axes, left + 12, top + 14, width - 24, 6, DEPARTMENTS[int(item["topic"]) % len(DEPARTMENTS)], radius=3)
    write(axes, left + 14, top + 34, classic.item_words(item).replace(", ", "\n"), size=18 if height > 200 else 11,
          va="top", linespacing=1.5)  # fmt: skip
    box(axes, left + 12, top + height - 40, width - 24, 28, DEEDS[1] if clicked else BACKGROUND, radius=14)
    write(axes, left + width / 2, top + height - 25, said, size=9, weight="bold" if clicked else "normal",
          color=CARD if clicked else MUTED, ha="center")  # fmt: skip


def _curves(axes: Axes, classic: Classic, trace: Sequence[Page]) -> None:
    """The hidden numbers after every slate; clicks where a model has none."""
    view = charts.pages_in_view(axes, trace)
    curves = {name: [float(trace[page - 1]["truth"][name]) for page in view] for name in classic.CURVES}
    clicks = np.cumsum([shown["clicked"].sum() for shown in trace])[len(trace) - len(view) :]
    for (name, values), colour in zip((curves or {"clicks": clicks}).items(), (TRUST, READINESS), strict=False):
        axes.plot(view, values, color=colour, linewidth=1.8, marker=charts.marker_of(view), markersize=3, label=name)
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, 0.0), high)
    axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 0.98), ncols=4, fontsize=7.5, frameon=False, labelcolor=MUTED)


def _profile(figure: Figure, classic: Classic, state: State) -> None:
    """The hidden user as bars, on the right."""
    names, values = zip(*classic.profile(state), strict=True)
    words = "The user now" if classic.PROFILE_SEEN else "Hidden: the user now"
    axes = charts.chart(figure, (0.855, charts.BOTTOM, 0.125, 0.86), words, title_x=-0.5)
    axes.grid(visible=False)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(min(-0.02, *values) * 1.05, max(1.0, *values) * 1.05)
    colours = [DEPARTMENTS[row % len(DEPARTMENTS)] for row in range(len(names))]
    axes.barh(range(len(names)), values, height=min(0.7, 0.08 * len(names)), color=colours)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(range(len(names)), names)


def _rule(words: str = "") -> str:
    return f"── {words} ".ljust(text.WIDTH, "─") if words else "─" * text.WIDTH

"""A session as a picture: the user's words on top, the last page as cards, and how the session went below."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recgym.rendering import charts, story
from recgym.rendering.colours import (
    BACKGROUND,
    CARD,
    DEEDS,
    DISAPPOINTED,
    FAINT,
    INK,
    MUTED,
    SALE,
    STAR,
    department_colour,
)
from recgym.rendering.drawing import box as _box
from recgym.rendering.drawing import canvas_of
from recgym.rendering.drawing import write as _write
from recgym.rendering.story import Card, Page
from recgym.scenarios.scenario import Scenario
from recgym.state import State

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 1280, 720  # pixels; even, as video codecs want them
MARGIN = 24
CARDS_TOP, CARD_HEIGHT = 146, 262
MAX_CARDS = 6  # of a longer slate the first ones


def rgb_array(setting: Scenario, state: State, trace: Sequence[Page]) -> NDArray[np.uint8]:
    """The session of lane 0 after the pages of `trace`: (720, 1280, 3) uint8, whatever happened.

    Raises:
        ImportError: matplotlib is not installed.
    """
    figure, page, pixels = canvas_of(WIDTH, HEIGHT)
    _header(page, setting, state, trace)
    _slate(page, story.cards(setting, trace[-1]) if trace else [], story.deeds(setting))
    own = ", ".join(f"{name} {value:.2f}" for name, value in story.own_truth(setting, state))
    if own:
        _write(page, MARGIN, CARDS_TOP + CARD_HEIGHT + 20, f"Hidden now: {own}", size=9, color=MUTED)
    charts.draw(figure, setting, state, trace)
    return pixels()


def _header(axes: Axes, setting: Scenario, state: State, trace: Sequence[Page]) -> None:
    """The user's words, the moment and the search on the left; page and return on the right."""
    words = " ".join(story.says(setting, state))
    lines = textwrap.wrap(f"“{words}”", 126, max_lines=2, placeholder=" …")
    _write(axes, MARGIN, 32, "\n".join(lines), size=11, style="italic", linespacing=1.3)
    _write(axes, MARGIN, 70, story.context(setting, state), size=10.5, color=MUTED)
    if story.searches(setting):
        _box(axes, MARGIN, 90, 760, 34, CARD, edge=FAINT, radius=17)
        search = story.query(setting, state)
        _magnifier(axes, MARGIN + 20, 105)
        _write(axes, MARGIN + 40, 107, search or "no search at the moment", size=11, color=INK if search else MUTED)

    right = WIDTH - MARGIN
    _write(axes, right, 30, f"return {story.total(trace):+.2f}", size=17, weight="bold", ha="right")
    _write(axes, right, 64, f"page {len(trace)}" if trace else "no page yet", size=11, color=MUTED, ha="right")
    lost = bool(state["churned"][0])
    _write(axes, right, 107, story.standing(state), size=10.5, color=DISAPPOINTED if lost else MUTED, ha="right")


def _slate(axes: Axes, items: Sequence[Card | None], deeds: Sequence[str]) -> None:
    """The last page, left to right; before the first one, empty places."""
    if not items:
        _box(axes, MARGIN, CARDS_TOP, WIDTH - 2 * MARGIN, CARD_HEIGHT, BACKGROUND, edge=FAINT, dashed=True)
        _write(axes, WIDTH / 2, CARDS_TOP + CARD_HEIGHT / 2, "The first page has not been shown yet.", size=13,
               color=MUTED, ha="center")  # fmt: skip
        return
    shown = items[:MAX_CARDS]
    gap = 14
    width = min((WIDTH - 2 * MARGIN + gap) / len(shown) - gap, 410)
    for column, item in enumerate(shown):
        left = MARGIN + column * (width + gap)
        if item is None:
            _box(axes, left, CARDS_TOP, width, CARD_HEIGHT, BACKGROUND, edge=FAINT, dashed=True)
            _write(axes, left + width / 2, CARDS_TOP + CARD_HEIGHT / 2, "empty", size=11, color=MUTED, ha="center")
        else:
            _card(axes, left, width, item, deeds[item.deed])
    if len(items) > MAX_CARDS:
        rest = [item for item in items[MAX_CARDS:] if item]
        clicks = sum(item.deed != story.SKIPPED for item in rest)
        _write(axes, WIDTH - MARGIN, CARDS_TOP - 12, f"and {len(rest)} more, {clicks} of them clicked",
               size=9, color=MUTED, ha="right")  # fmt: skip


def _card(axes: Axes, left: float, width: float, item: Card, said: str) -> None:
    """Department colour and category, title, the domain's facts, stars, and what the user did."""
    skipped = item.deed == story.SKIPPED
    deed_colour = DISAPPOINTED if item.disappointed else DEEDS[item.deed]
    top, pad = CARDS_TOP, 14
    edge, edge_width = (FAINT, 1) if skipped else (deed_colour, 2.5)
    _box(axes, left, top, width, CARD_HEIGHT, CARD, edge=edge, edge_width=edge_width)
    _box(axes, left + pad, top + 16, 6, 18, department_colour(item.department), radius=3)
    letters = int((width - 2 * pad) / 8)  # a letter is 8 pixels wide, hardly ever more on average
    category = textwrap.shorten(item.category, letters, placeholder="…")
    _write(axes, left + pad + 13, top + 26, category, size=9, color=MUTED)
    title = textwrap.wrap(item.title, letters, max_lines=4, placeholder=" …")
    _write(axes, left + pad, top + 48, "\n".join(title), size=10.5, va="top", linespacing=1.3)

    facts = item.facts
    main_colour = SALE if facts.badge else INK
    _write(axes, left + pad, top + 144, facts.main, size=16, weight="bold", color=main_colour)
    if facts.badge:
        _box(axes, left + width - pad - 46, top + 132, 46, 23, SALE, radius=6)
        _write(axes, left + width - pad - 23, top + 144, facts.badge, size=9, color=CARD, weight="bold",
               ha="center")  # fmt: skip
    _write(axes, left + pad, top + 168, facts.small, size=8.5, color=MUTED)
    _write(axes, left + pad, top + 194, story.stars_of(item.rating), size=12, color=STAR)
    _write(axes, left + pad + 84, top + 194, f"{item.rating:.1f}  ({item.num_ratings:,})", size=8.5, color=MUTED)

    fill = BACKGROUND if skipped else deed_colour
    _box(axes, left + pad, top + CARD_HEIGHT - 44, width - 2 * pad, 30, fill, radius=15)
    if item.stars:
        said += f"  {story.stars_of(item.stars)}"
    if item.disappointed:
        said += ", disappointed" if len(said) < 12 else " ✗"
    _write(axes, left + width / 2, top + CARD_HEIGHT - 28, said, size=9.5, weight="normal" if skipped else "bold",
           color=MUTED if skipped else CARD, ha="center")  # fmt: skip


def _magnifier(axes: Axes, x: float, y: float) -> None:
    from matplotlib.patches import Circle

    axes.add_patch(Circle((x, y), 6, fill=False, edgecolor=MUTED, linewidth=1.8))
    axes.plot((x + 4.5, x + 9), (y + 4.5, y + 9), color=MUTED, linewidth=2.2, solid_capstyle="round")

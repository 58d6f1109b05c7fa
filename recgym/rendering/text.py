"""A session as text: the words of the user, the last page, what they did with it, and the truth an agent never sees."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from recgym.rendering import story
from recgym.rendering.story import Card, Page
from recgym.scenarios.scenario import Scenario
from recgym.state import State

WIDTH = 100
BAR = 20
SYMBOLS = "·✓+$"  # of `story.deeds`


def ansi(setting: Scenario, state: State, trace: Sequence[Page]) -> str:
    """The session of lane 0 after the pages of `trace`, as lines of about 100 characters, a newline after the last."""
    lines = [_rule(story.standing(state))]
    lines += _wrapped("says  ", " ".join(story.says(setting, state)))
    lines += _wrapped("now   ", story.context(setting, state))
    if story.searches(setting):
        lines += _wrapped("search", story.query(setting, state) or "nothing in particular")
    lines.append(_rule(f"Page {len(trace)}" if trace else "No page shown yet"))
    if trace:
        lines += last_page(setting, trace)
    lines.append(_rule("Hidden truth, not part of the observation"))
    lines.append(f"trust      {bar(float(state['trust'][0]))}    {story.need(setting, state)}")
    lines.append(f"readiness  {bar(float(state['readiness'][0]))}")
    if own := story.own_truth(setting, state):
        lines.append("also       " + ", ".join(f"{name} {value:.2f}" for name, value in own))
    tired = story.satiation(setting, state, 3)
    lines += [f"satiation  {bar(level / 2, level)}    {name}" for name, level in tired]
    return "\n".join([*lines, _rule(), ""])


def last_page(setting: Scenario, trace: Sequence[Page]) -> list[str]:
    """The items of the last page, one line each, what the user did, and the reward term by term."""
    page = trace[-1]
    lines = []
    for slot, item in enumerate(story.cards(setting, page), start=1):
        said = "(empty)" if item is None else f"{item_line(item)}  {deed(item, story.deeds(setting))}"
        lines.append(f"{slot:2}  {said}")
    terms = story.weighted_terms(setting, page)
    parts = "".join(f"  {name} {value:+z.3f}" for name, value in terms.items())
    lines.append(f"reward {page['reward']:+z.3f} ={parts}    return {story.total(trace):+.2f}")
    if page["left"]:
        lines.append("then they left")
    return lines


def item_line(item: Card, width: int = 42) -> str:
    """Title, the facts of the domain, and stars, in columns."""
    title = item.title if len(item.title) <= width else item.title[: width - 1] + "…"
    facts = item.facts
    stars = f"{story.stars_of(item.rating)} {item.rating:.1f}"
    return f"{title:{width}} {facts.main:>8} {facts.badge:5} {facts.small:12} {stars}"


def deed(item: Card, names: Sequence[str]) -> str:
    """A symbol and words for what the user did with an item."""
    said = f"{SYMBOLS[item.deed]} {names[item.deed]}"
    if item.disappointed:
        said += ", disappointed"
    return said + (f", {item.stars}★" if item.stars else "")


def bar(share: float, value: float | None = None) -> str:
    """A bar of `share` (cut to 0..1), and the value it stands for."""
    full = round(BAR * min(max(share, 0.0), 1.0))
    return f"{'█' * full}{'░' * (BAR - full)} {share if value is None else value:.2f}"


def _rule(title: str = "") -> str:
    return f"── {title} ".ljust(WIDTH, "─") if title else "─" * WIDTH


def _wrapped(label: str, sentence: str) -> list[str]:
    indent = " " * (len(label) + 2)
    return textwrap.wrap(sentence, WIDTH, initial_indent=f"{label}  ", subsequent_indent=indent)

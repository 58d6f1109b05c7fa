"""What the sentences of all scenarios share: names inside sentences, the usual circumstances, and listing them all."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence, Set

WEEKDAY_KINDS = ("weekday", "weekend")
DAYTIMES = ("morning", "afternoon", "evening", "night")
DEVICES = ("phone", "tablet", "laptop")


def inside_sentence(name: str, proper_words: Set[str]) -> str:
    """A name as it reads inside a sentence: small letters, but acronyms and proper words as they are.

    >>> inside_sentence("USB-C Wall Charger", frozenset())
    'USB-C wall charger'
    """
    words = name.split()
    return " ".join(w if w in proper_words or re.search(r"[A-Z]{2}|\d", w) else w.lower() for w in words)


def category_phrase(category: str, proper_words: Set[str]) -> str:
    """A category's name inside a sentence: "Plates, Bowls & Mugs" becomes "plates, bowls and mugs"."""
    return inside_sentence(category.replace("&", " and "), proper_words)


def every(sentence: Callable[..., str], *choices: Sequence[str]) -> list[str]:
    """A sentence for every combination of its parts, the last part changing fastest."""
    return [sentence(*parts) for parts in itertools.product(*choices)]


def by_wish(templates: Mapping[str, Sequence[str]], phrase: str) -> dict[str, tuple[str, ...]]:
    """The ways to say each wish about a category."""
    return {wish: tuple(way.format(category=phrase) for way in ways) for wish, ways in templates.items()}


def in_order(queries: Callable[[str], Mapping[str, Sequence[str]]], categories: Sequence[str]) -> list[str]:
    """What `queries` gives for all categories, by wish and way."""
    return [text for category in categories for ways in queries(category).values() for text in ways]


def every_text(groups: Mapping[str, Sequence[str]]) -> list[str]:
    """All texts of named groups in their order; one that occurs twice keeps its first place."""
    return list(dict.fromkeys(itertools.chain.from_iterable(groups.values())))

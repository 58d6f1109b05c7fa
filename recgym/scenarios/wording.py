"""What the sentences of all domains share: the usual circumstances, names inside sentences, and listing them all."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from recgym.catalog import Catalog

WEEKDAY_KINDS = ("weekday", "weekend")
DAYTIMES = ("morning", "afternoon", "evening", "night")
DEVICES = ("phone", "tablet", "laptop")


@dataclass(frozen=True)
class Sentences:
    """Every sentence that a domain's environment can say about a user."""

    interest: str
    """What someone says who likes a category: "I love {category}."."""
    statements: Mapping[str, Mapping[str, str]]
    """What else they say about themselves, in two groups: group -> key -> sentence."""
    context: Callable[..., str]
    """The circumstances of a visit, from one of each of `circumstances`."""
    circumstances: Sequence[Sequence[str]]
    wishes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What is searched for: wish -> ways to say it about a "{category}". Empty where nobody searches."""
    proper_words: Set[str] = frozenset()
    """Words of category names, and whole names, that keep their capitals."""

    def phrase(self, category: str) -> str:
        """A category's name inside a sentence: "Plates, Bowls & Mugs" becomes "plates, bowls and mugs"."""
        if category in self.proper_words:
            return category
        return inside_sentence(category.replace("&", " and "), self.proper_words)

    def interest_statement(self, category: str) -> str:
        """What someone says who likes a category."""
        return self.interest.format(category=self.phrase(category))

    def queries(self, category: str) -> dict[str, tuple[str, ...]]:
        """The ways to say each wish about a category."""
        phrase = self.phrase(category)
        return {wish: tuple(way.format(category=phrase) for way in ways) for wish, ways in self.wishes.items()}

    def searches(self, catalog: Catalog) -> list[str]:
        """All that is searched for: the queries of every category, by wish and way."""
        return [text for name in catalog.category_names for ways in self.queries(name).values() for text in ways]

    def contexts(self) -> list[str]:
        """The sentences of all circumstances, the last of them changing fastest."""
        return [self.context(*parts) for parts in itertools.product(*self.circumstances)]

    def texts_of(self, catalog: Catalog) -> dict[str, Sequence[str]]:
        """All texts by group, the items' first."""
        searches = self.searches(catalog)
        return {
            "items": catalog.texts,
            "interests": [self.interest_statement(name) for name in catalog.category_names],
            **{group: list(said.values()) for group, said in self.statements.items()},
            **({"queries": searches} if searches else {}),
            "contexts": self.contexts(),
        }

    def all_texts(self, catalog: Catalog) -> list[str]:
        """Everything to embed for a catalogue; a text that occurs twice keeps its first place."""
        return list(dict.fromkeys(itertools.chain.from_iterable(self.texts_of(catalog).values())))


def inside_sentence(name: str, proper_words: Set[str]) -> str:
    """A name as it reads inside a sentence: small letters, but acronyms and proper words as they are.

    >>> inside_sentence("USB-C Wall Charger", frozenset())
    'USB-C wall charger'
    """
    words = name.split()
    return " ".join(w if w in proper_words or re.search(r"[A-Z]{2}|\d", w) else w.lower() for w in words)

"""Every sentence a newspaper's environment can say about a reader."""

from collections.abc import Sequence

from recgym.catalog import Catalog
from recgym.scenarios import wording
from recgym.scenarios.wording import DAYTIMES, DEVICES, WEEKDAY_KINDS

DEPTHS = {
    "skimmers": "I only want the headlines, quickly.",
    "regulars": "I read one or two articles with my coffee.",
    "thorough": "I take my time for long background pieces.",
    "sceptics": "I check who wrote it and what the sources are.",
}
STANCES = {
    "left": "I vote for parties left of the centre.",
    "centre": "I do not care much for party politics.",
    "right": "I vote for conservative parties.",
    "both": "I like to read the other side's arguments too.",
}
OCCASIONS = ("a quiet day", "breaking news", "an election week", "a big match", "the holidays")

QUERY_TEMPLATES = {
    "latest": ("{category} latest news", "what happened in {category} today"),
    "background": ("{category} analysis and background", "the story behind the news on {category}"),
}
PROPER_WORDS = frozenset()


def interest_statement(category: str) -> str:
    """What a reader says who follows a category: "I like to read about food and drink."."""
    return f"I like to read about {wording.category_phrase(category, PROPER_WORDS)}."


def queries(category: str) -> dict[str, tuple[str, ...]]:
    """What is typed into the search field: two ways to ask for the latest, and two for the background."""
    return wording.by_wish(QUERY_TEMPLATES, wording.category_phrase(category, PROPER_WORDS))


def context_sentence(weekday: str, daytime: str, device: str, occasion: str) -> str:
    """The circumstances of a visit: "A weekday morning on a phone, during breaking news."."""
    return f"A {weekday} {daytime} on a {device}, during {occasion}."


def context_sentences() -> list[str]:
    """All 120 context sentences, the occasion changing fastest."""
    return wording.every(context_sentence, WEEKDAY_KINDS, DAYTIMES, DEVICES, OCCASIONS)


def texts_of(catalog: Catalog) -> dict[str, Sequence[str]]:
    """All texts by group, the items' first."""
    return {
        "items": catalog.texts,
        "interests": [interest_statement(name) for name in catalog.category_names],
        "depths": list(DEPTHS.values()),
        "stances": list(STANCES.values()),
        "queries": wording.in_order(queries, catalog.category_names),
        "contexts": context_sentences(),
    }


def all_texts(catalog: Catalog) -> list[str]:
    """Everything to embed for a catalogue, each text once."""
    return wording.every_text(texts_of(catalog))

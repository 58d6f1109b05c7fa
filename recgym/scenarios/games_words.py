"""Every sentence a games store's environment can say about a player."""

from collections.abc import Sequence

from recgym.catalog import Catalog
from recgym.scenarios import wording
from recgym.scenarios.wording import DAYTIMES, WEEKDAY_KINDS

SKILLS = {
    "newcomers": "I have hardly played any games so far.",
    "casual": "I play to relax and do not want to be challenged.",
    "regulars": "I have played games for years.",
    "experts": "I only feel alive on the hardest difficulty.",
}
SPENDINGS = {
    "free": "I never pay for a game.",
    "once": "I pay for a game once and want all of it.",
    "passes": "I buy a season pass now and then.",
    "collectors": "I spend a lot on skins and extras.",
}
DEVICES = ("phone", "console", "computer")
COMPANIES = ("alone", "with a friend online", "with the family", "between two errands", "with the whole evening free")

QUERY_TEMPLATES = {
    "find": ("good {category}", "{category} worth playing"),
    "long": ("deep {category} for many evenings", "{category} that do not end too soon"),
}
PROPER_WORDS = frozenset()


def interest_statement(category: str) -> str:
    """What a player says who loves a genre: "I love playing card battlers."."""
    return f"I love playing {wording.category_phrase(category, PROPER_WORDS)}."


def queries(category: str) -> dict[str, tuple[str, ...]]:
    """What is typed into the store's search field: two ways to find a genre, and two to find its long games."""
    phrase = wording.category_phrase(category, PROPER_WORDS)
    return wording.by_wish(QUERY_TEMPLATES, phrase)


def context_sentence(weekday: str, daytime: str, device: str, company: str) -> str:
    """The circumstances of a visit: "A weekend evening on a console, with a friend online."."""
    return f"A {weekday} {daytime} on a {device}, {company}."


def context_sentences() -> list[str]:
    """All 120 context sentences, the company changing fastest."""
    return wording.every(context_sentence, WEEKDAY_KINDS, DAYTIMES, DEVICES, COMPANIES)


def texts_of(catalog: Catalog) -> dict[str, Sequence[str]]:
    """All texts by group, the items' first."""
    return {
        "items": catalog.texts,
        "interests": [interest_statement(name) for name in catalog.category_names],
        "skills": list(SKILLS.values()),
        "spendings": list(SPENDINGS.values()),
        "queries": wording.in_order(queries, catalog.category_names),
        "contexts": context_sentences(),
    }


def all_texts(catalog: Catalog) -> list[str]:
    """Everything to embed for a catalogue, each text once."""
    return wording.every_text(texts_of(catalog))

"""Every sentence the shop's environment can say about a user.

Pure functions of closed lists, so that all sentences are known beforehand: `all_texts` is what has to be embedded once,
and nothing is encoded inside `step`.
"""

from collections.abc import Sequence

from recgym.catalog import Catalog
from recgym.scenarios import wording
from recgym.scenarios.wording import DAYTIMES, DEVICES

AGE_GROUPS = {
    "teens": "I am a teenager.",
    "twenties": "I am in my twenties.",
    "thirties": "I am in my thirties.",
    "middle-aged": "I am in my late forties.",
    "retired": "I am over sixty-five and retired.",
}
BUDGETS = {
    "careful": "I am careful with money and look for low prices.",
    "average": "I pay an average price if the product is worth it.",
    "generous": "I like to treat myself and do not look at the price.",
}

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SEASONS = ("spring", "summer", "autumn", "winter")
CAMPAIGNS = ("none", "garden week", "summer sale", "gift season")

STAGES = ("compare", "buy")
QUERY_TEMPLATES = {
    "compare": ("best {category} reviews", "which {category} should I get", "{category} comparison and test winners"),
    "buy": ("buy {category} today", "{category} best price free delivery", "order {category} in stock now"),
}

# Words of category names that keep their capitals inside a sentence.
PROPER_WORDS = {"Bluetooth", "Christmas", "English", "French", "German", "Italian", "Japanese", "Wi-Fi"}


def category_phrase(category: str) -> str:
    """A category's name as it reads inside a sentence: "Plates, Bowls & Mugs" becomes "plates, bowls and mugs"."""
    return wording.category_phrase(category, PROPER_WORDS)


def interest_statement(category: str) -> str:
    """What a user says who likes a category: "I love trail running shoes."."""
    return f"I love {category_phrase(category)}."


def queries(category: str) -> dict[str, tuple[str, ...]]:
    """Search queries for a category: three ways to say it at each of `STAGES`."""
    return wording.by_wish(QUERY_TEMPLATES, category_phrase(category))


def context_sentence(weekday: str, daytime: str, device: str, season: str, campaign: str) -> str:
    """The circumstances of a visit: "A Saturday evening in spring, on a phone, during the garden week."."""
    during = "" if campaign == "none" else f", during the {campaign}"
    return f"A {weekday} {daytime} in {season}, on a {device}{during}."


def context_sentences() -> list[str]:
    """All 1,344 context sentences, the last part (the campaign) changing fastest."""
    return wording.every(context_sentence, WEEKDAYS, DAYTIMES, DEVICES, SEASONS, CAMPAIGNS)


def texts_of(catalog: Catalog) -> dict[str, Sequence[str]]:
    """All texts by group, the items' first."""
    return {
        "items": catalog.texts,
        "interests": [interest_statement(name) for name in catalog.category_names],
        "age_group": list(AGE_GROUPS.values()),
        "budget": list(BUDGETS.values()),
        "queries": wording.in_order(queries, catalog.category_names),
        "contexts": context_sentences(),
    }


def all_texts(catalog: Catalog) -> list[str]:
    """Everything to embed for a catalogue, each text once."""
    return wording.every_text(texts_of(catalog))

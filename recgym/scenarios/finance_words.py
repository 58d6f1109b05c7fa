"""Every sentence a bank's environment can say about a customer."""

from collections.abc import Sequence

from recgym.catalog import Catalog
from recgym.scenarios import wording
from recgym.scenarios.wording import DAYTIMES, DEVICES, WEEKDAY_KINDS

LIVES = {
    "students": "I study and have little money.",
    "starters": "I have just started my first job.",
    "families": "I have children and a mortgage.",
    "established": "My children have moved out and I can save a lot.",
    "retired": "I am retired and live on my pension.",
}
# In the order of the risk someone can bear.
TOLERANCES = {
    "anxious": "I could not sleep if my savings lost value.",
    "cautious": "I accept small losses for a little more return.",
    "balanced": "I can wait a few years until losses are made up for.",
    "bold": "I look for high returns and can bear large losses.",
}
MARKETS = ("calm", "rising", "falling", "crashing", "high-inflation")

PROPER_WORDS = frozenset()


def interest_statement(category: str) -> str:
    """What a customer says who asks for a kind of product: "I would like to know more about index funds."."""
    return f"I would like to know more about {wording.category_phrase(category, PROPER_WORDS)}."


def context_sentence(weekday: str, daytime: str, device: str, market: str) -> str:
    """The circumstances of a visit: "A weekday morning on a laptop, in a falling market."."""
    return f"A {weekday} {daytime} on a {device}, in a {market} market."


def context_sentences() -> list[str]:
    """All 120 context sentences, the market changing fastest."""
    return wording.every(context_sentence, WEEKDAY_KINDS, DAYTIMES, DEVICES, MARKETS)


def texts_of(catalog: Catalog) -> dict[str, Sequence[str]]:
    """All texts by group, the items' first."""
    return {
        "items": catalog.texts,
        "interests": [interest_statement(name) for name in catalog.category_names],
        "lives": list(LIVES.values()),
        "tolerances": list(TOLERANCES.values()),
        "contexts": context_sentences(),
    }


def all_texts(catalog: Catalog) -> list[str]:
    """Everything to embed for a catalogue, each text once."""
    return wording.every_text(texts_of(catalog))

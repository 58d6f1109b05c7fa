"""Every sentence a search engine's environment can say about a searcher, and the ambiguous words that are typed."""

from collections.abc import Sequence

from recgym.catalog import Catalog
from recgym.scenarios import wording
from recgym.scenarios.wording import DAYTIMES, DEVICES, WEEKDAY_KINDS

QUERIES = (
    "amazon", "apple", "atlas", "bank", "bass", "bat", "beetle", "cell", "cobra", "corona", "crane", "cricket", "delta",
    "eagle", "galaxy", "georgia", "go", "jaguar", "java", "mars", "mercury", "mole", "mouse", "oracle", "phoenix",
    "pitch", "puma", "python", "queen", "ruby", "rust", "saturn", "shell", "spring", "squash", "swift", "titan",
    "turkey", "venus", "virus",
)  # fmt: skip

TRADES = {
    "pupils": "I search for my homework.",
    "scholars": "I do research at a university.",
    "engineers": "I work with computers and machines.",
    "families": "I look after a family and a household.",
    "travellers": "I travel a lot.",
    "retired": "I am retired and curious about everything.",
}
STYLES = {
    "quick": "I click on the first result.",
    "careful": "I look for sources I can trust.",
    "newest": "I want the latest on a subject.",
    "thorough": "I read long pages to the end.",
}
OCCASIONS = ("in a hurry", "for school", "for work", "out of curiosity", "planning a purchase", "settling a bet")

PROPER_WORDS = frozenset()


def interest_statement(category: str) -> str:
    """What a searcher says about an interest: "I am interested in rivers and mountains."."""
    return f"I am interested in {wording.category_phrase(category, PROPER_WORDS)}."


def refinement(query: str, category: str) -> str:
    """A query typed again with what is meant: "jaguar wild animals"."""
    return f"{query} {wording.category_phrase(category, PROPER_WORDS)}"


def refinements(catalog: Catalog) -> list[str]:
    """The refined query of every meaning, in the order of the attribute `meaning`."""
    meanings, queries = (catalog.attributes[name].astype(int) for name in ("meaning", "query"))
    found = dict(zip(meanings.tolist(), zip(queries.tolist(), catalog.categories.tolist(), strict=True), strict=True))
    return [refinement(QUERIES[query], catalog.category_names[place]) for _, (query, place) in sorted(found.items())]


def context_sentence(weekday: str, daytime: str, device: str, occasion: str) -> str:
    """The circumstances of a search: "A search on a weekday evening on a phone, out of curiosity."."""
    return f"A search on a {weekday} {daytime} on a {device}, {occasion}."


def context_sentences() -> list[str]:
    """All 144 context sentences, the occasion changing fastest."""
    return wording.every(context_sentence, WEEKDAY_KINDS, DAYTIMES, DEVICES, OCCASIONS)


def texts_of(catalog: Catalog) -> dict[str, Sequence[str]]:
    """All texts by group, the items' first."""
    return {
        "items": catalog.texts,
        "interests": [interest_statement(name) for name in catalog.category_names],
        "trades": list(TRADES.values()),
        "styles": list(STYLES.values()),
        "queries": QUERIES,
        "refinements": refinements(catalog),
        "contexts": context_sentences(),
    }


def all_texts(catalog: Catalog) -> list[str]:
    """Everything to embed for a catalogue, each text once."""
    return wording.every_text(texts_of(catalog))

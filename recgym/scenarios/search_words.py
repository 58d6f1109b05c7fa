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


def meanings(catalog: Catalog) -> list[tuple[int, int]]:
    """The query, an index of QUERIES, and the category of every meaning, in the order of the attribute `meaning`.

    Raises:
        ValueError: The meanings are not numbered from 0 on, or one belongs to several queries or to no query there is.
    """
    numbers = (catalog.attributes[name] for name in ("meaning", "query"))
    found = sorted(set(zip(*(column.tolist() for column in numbers), strict=True)))
    if [meaning for meaning, _ in found] != list(range(len(found))):
        raise ValueError("catalog: expected meanings numbered 0, 1, ... without a gap, each of one query")
    if wrong := sorted({query for _, query in found} - set(range(len(QUERIES)))):
        raise ValueError(f"catalog: expected whole numbers from 0 to {len(QUERIES) - 1} as query, got {wrong[0]:g}")
    categories = dict(zip(catalog.attributes["meaning"].tolist(), catalog.categories.tolist(), strict=True))
    return [(int(query), categories[meaning]) for meaning, query in found]


def refinements(catalog: Catalog) -> list[str]:
    """The refined query of every meaning."""
    return [refinement(QUERIES[query], catalog.category_names[place]) for query, place in meanings(catalog)]


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
        "queries": [*QUERIES, *refinements(catalog)],
        "contexts": context_sentences(),
    }


def all_texts(catalog: Catalog) -> list[str]:
    """Everything to embed for a catalogue, each text once."""
    return wording.every_text(texts_of(catalog))

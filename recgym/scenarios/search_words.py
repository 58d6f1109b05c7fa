"""Every sentence a search engine's environment can say about a searcher, and the ambiguous words that are typed."""

from recgym.catalog import Catalog
from recgym.scenarios.wording import DAYTIMES, DEVICES, WEEKDAY_KINDS, Sentences

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


class SearchSentences(Sentences):
    """A search begins with an ambiguous word; refined, it says what is meant."""

    def refinements(self, catalog: Catalog) -> list[str]:
        """The refined query of every meaning: "jaguar wild animals"."""
        return [f"{QUERIES[query]} {self.phrase(catalog.category_names[place])}" for query, place in meanings(catalog)]

    def searches(self, catalog: Catalog) -> list[str]:
        """The words, then the refined queries."""
        return [*QUERIES, *self.refinements(catalog)]


SENTENCES = SearchSentences(
    interest="I am interested in {category}.",
    statements={"trades": TRADES, "styles": STYLES},
    context="A search on a {} {} on a {}, {}.".format,
    circumstances=(WEEKDAY_KINDS, DAYTIMES, DEVICES, OCCASIONS),
)

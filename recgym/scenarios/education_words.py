"""Every sentence a learning platform's environment can say about a learner."""

from collections.abc import Sequence

from recgym.catalog import Catalog
from recgym.scenarios import wording
from recgym.scenarios.wording import DAYTIMES, DEVICES, WEEKDAY_KINDS

STAGES = {
    "school": "I go to school.",
    "exam": "I am preparing for my final exams.",
    "university": "I study at a university.",
    "job": "I learn beside my job.",
    "parent": "I learn so that I can help my children.",
}
APPROACHES = {
    "steady": "I study a little every day.",
    "crammers": "I learn everything the night before.",
    "tinkerers": "I learn by trying things out.",
    "easily discouraged": "I give up when something is too hard.",
}
SITUATIONS = ("with a quiet hour", "with ten minutes left", "before a test", "after a long day", "just curious")

QUERY_TEMPLATES = {
    "explain": ("I do not understand {category}", "explain {category} from the beginning"),
    "practise": ("exercises on {category} with solutions", "let me practise {category}"),
}
PROPER_WORDS = frozenset()


def interest_statement(category: str) -> str:
    """What a learner says whose goal is a skill: "I want to learn about linear equations."."""
    return f"I want to learn about {wording.category_phrase(category, PROPER_WORDS)}."


def queries(category: str) -> dict[str, tuple[str, ...]]:
    """What is asked for: two ways to want an explanation, and two to want practice."""
    return wording.by_wish(QUERY_TEMPLATES, wording.category_phrase(category, PROPER_WORDS))


def context_sentence(weekday: str, daytime: str, device: str, situation: str) -> str:
    """The circumstances of a session: "A weekday evening on a laptop, before a test."."""
    return f"A {weekday} {daytime} on a {device}, {situation}."


def context_sentences() -> list[str]:
    """All 120 context sentences, the situation changing fastest."""
    return wording.every(context_sentence, WEEKDAY_KINDS, DAYTIMES, DEVICES, SITUATIONS)


def texts_of(catalog: Catalog) -> dict[str, Sequence[str]]:
    """All texts by group, the items' first."""
    return {
        "items": catalog.texts,
        "interests": [interest_statement(name) for name in catalog.category_names],
        "stages": list(STAGES.values()),
        "approaches": list(APPROACHES.values()),
        "queries": wording.in_order(queries, catalog.category_names),
        "contexts": context_sentences(),
    }


def all_texts(catalog: Catalog) -> list[str]:
    """Everything to embed for a catalogue, each text once."""
    return wording.every_text(texts_of(catalog))

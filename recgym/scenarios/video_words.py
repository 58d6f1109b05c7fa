"""Every sentence a video platform's environment can say about a viewer."""

from collections.abc import Sequence

from recgym.catalog import Catalog
from recgym.scenarios import wording
from recgym.scenarios.wording import DAYTIMES, DEVICES, WEEKDAY_KINDS

HABITS = {
    "breaks": "I watch a few short clips in my breaks.",
    "background": "I let videos run while I do something else.",
    "evenings": "I watch long videos on the sofa in the evening.",
    "learners": "I watch videos to learn something.",
    "fans": "I follow a few channels and miss nothing they upload.",
}
PATIENCES = {
    "restless": "I skip a video after three seconds if it bores me.",
    "fair": "I give a video half a minute to convince me.",
    "patient": "I mostly watch to the end what I have started.",
    "wary": "I do not click on thumbnails with shocked faces.",
}
SITUATIONS = ("alone", "with children", "with friends", "on the train", "over lunch", "in bed")

QUERY_TEMPLATES = {
    "search": ("{category} video", "best {category} channel"),
    "more": ("more {category} like this, please", "great, I could watch {category} all day"),
    "enough": ("enough {category} for today", "seen too much {category} lately"),
}
PROPER_WORDS = frozenset()


def interest_statement(category: str) -> str:
    """What a viewer says who likes a category: "I love watching home workouts."."""
    return f"I love watching {wording.category_phrase(category, PROPER_WORDS)}."


def queries(category: str) -> dict[str, tuple[str, ...]]:
    """What is searched for, and the comments that show a wish for more or for something else."""
    return wording.by_wish(QUERY_TEMPLATES, wording.category_phrase(category, PROPER_WORDS))


def context_sentence(weekday: str, daytime: str, device: str, situation: str) -> str:
    """The circumstances of a visit: "A weekend evening on a tablet, with friends."."""
    return f"A {weekday} {daytime} on a {device}, {situation}."


def context_sentences() -> list[str]:
    """All 144 context sentences, the situation changing fastest."""
    return wording.every(context_sentence, WEEKDAY_KINDS, DAYTIMES, DEVICES, SITUATIONS)


def texts_of(catalog: Catalog) -> dict[str, Sequence[str]]:
    """All texts by group, the items' first."""
    return {
        "items": catalog.texts,
        "interests": [interest_statement(name) for name in catalog.category_names],
        "habits": list(HABITS.values()),
        "patiences": list(PATIENCES.values()),
        "queries": wording.in_order(queries, catalog.category_names),
        "contexts": context_sentences(),
    }


def all_texts(catalog: Catalog) -> list[str]:
    """Everything to embed for a catalogue, each text once."""
    return wording.every_text(texts_of(catalog))

"""Every sentence a music library's environment can say about a listener."""

from collections.abc import Sequence

from recgym.catalog import Catalog
from recgym.scenarios import wording
from recgym.scenarios.wording import DAYTIMES, WEEKDAY_KINDS

ERAS = {
    "today": "I listen to what came out this year.",
    "noughties": "I grew up with the music of the two thousands.",
    "eighties": "My records are from the eighties and nineties.",
    "vintage": "I love recordings from before I was born.",
}
CURIOSITIES = {
    "loyal": "I play the same albums again and again.",
    "radio": "I like what everybody sings along to.",
    "open": "I enjoy a new artist now and then.",
    "diggers": "I look for songs that nobody else knows.",
}
PLACES = ("at home", "outdoors", "on headphones")
ACTIVITIES = ("working", "running", "cooking", "relaxing", "at a party", "falling asleep")

QUERY_TEMPLATES = {
    "play": ("play some {category}", "put on {category}, please"),
    "deeper": ("more {category} that I do not know yet", "something rarer in {category}"),
}
PROPER_WORDS = frozenset({"Afrobeats", "Celtic", "K-Pop", "R&B"})


def interest_statement(category: str) -> str:
    """What a listener says who loves a genre: "I love listening to bossa nova."."""
    phrase = category if category in PROPER_WORDS else wording.category_phrase(category, PROPER_WORDS)
    return f"I love listening to {phrase}."


def queries(category: str) -> dict[str, tuple[str, ...]]:
    """What a listener asks for: two ways to hear a genre, and two to hear what few know of it."""
    phrase = category if category in PROPER_WORDS else wording.category_phrase(category, PROPER_WORDS)
    return wording.by_wish(QUERY_TEMPLATES, phrase)


def context_sentence(weekday: str, daytime: str, place: str, activity: str) -> str:
    """The circumstances: "Music on a weekday evening at home, cooking."; a listener's device does not matter."""
    return f"Music on a {weekday} {daytime} {place}, {activity}."


def context_sentences() -> list[str]:
    """All 144 context sentences, the activity changing fastest."""
    return wording.every(context_sentence, WEEKDAY_KINDS, DAYTIMES, PLACES, ACTIVITIES)


def texts_of(catalog: Catalog) -> dict[str, Sequence[str]]:
    """All texts by group, the items' first."""
    return {
        "items": catalog.texts,
        "interests": [interest_statement(name) for name in catalog.category_names],
        "eras": list(ERAS.values()),
        "curiosities": list(CURIOSITIES.values()),
        "queries": wording.in_order(queries, catalog.category_names),
        "contexts": context_sentences(),
    }


def all_texts(catalog: Catalog) -> list[str]:
    """Everything to embed for a catalogue, each text once."""
    return wording.every_text(texts_of(catalog))

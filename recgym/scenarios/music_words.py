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
PLACES = ("at home", "at work", "in the car", "on headphones")
ACTIVITIES = ("working", "running", "cooking", "relaxing", "at a party", "falling asleep")

PROPER_WORDS = frozenset({"Afrobeats", "Celtic", "K-Pop", "R&B"})


def interest_statement(category: str) -> str:
    """What a listener says who loves a genre: "I love listening to bossa nova."."""
    phrase = category if category in PROPER_WORDS else wording.category_phrase(category, PROPER_WORDS)
    return f"I love listening to {phrase}."


def context_sentence(weekday: str, daytime: str, place: str, activity: str) -> str:
    """The circumstances: "Music on a weekday evening at home, cooking."; a listener's device does not matter."""
    return f"Music on a {weekday} {daytime} {place}, {activity}."


def context_sentences() -> list[str]:
    """All context sentences, the activity changing fastest; at the wheel one can only relax."""
    every = wording.every(context_sentence, WEEKDAY_KINDS, DAYTIMES, PLACES, ACTIVITIES)
    return [text for text in every if "in the car" not in text or text.endswith("relaxing.")]


def texts_of(catalog: Catalog) -> dict[str, Sequence[str]]:
    """All texts by group, the items' first."""
    return {
        "items": catalog.texts,
        "interests": [interest_statement(name) for name in catalog.category_names],
        "eras": list(ERAS.values()),
        "curiosities": list(CURIOSITIES.values()),
        "contexts": context_sentences(),
    }


def all_texts(catalog: Catalog) -> list[str]:
    """Everything to embed for a catalogue, each text once."""
    return wording.every_text(texts_of(catalog))

"""Every sentence a social network's environment can say about a member."""

from collections.abc import Sequence

from recgym.catalog import Catalog
from recgym.scenarios import wording
from recgym.scenarios.wording import DAYTIMES, DEVICES, WEEKDAY_KINDS

ROLES = {
    "readers": "I read along and hardly ever post.",
    "sharers": "I share what I like with everyone.",
    "debaters": "I comment and I like a good argument.",
    "friends": "I am here for my friends and family only.",
    "creators": "I post every day and have many followers.",
}
TEMPERS = {
    "calm": "I scroll past what makes me angry.",
    "hot-headed": "I cannot leave a wrong opinion unanswered.",
    "joking": "I am here for a laugh.",
    "weary": "I want to spend less time on my phone.",
}
MOODS = ("bored", "tired", "cheerful", "stressed", "lonely", "waiting for the bus")

PROPER_WORDS = frozenset({"DIY"})


def interest_statement(category: str) -> str:
    """What a member says who follows a topic: "I follow posts about baking and sweets."."""
    return f"I follow posts about {wording.category_phrase(category, PROPER_WORDS)}."


def context_sentence(weekday: str, daytime: str, device: str, mood: str) -> str:
    """The circumstances of a visit: "A weekday night on a phone, tired."."""
    return f"A {weekday} {daytime} on a {device}, {mood}."


def context_sentences() -> list[str]:
    """All 144 context sentences, the mood changing fastest."""
    return wording.every(context_sentence, WEEKDAY_KINDS, DAYTIMES, DEVICES, MOODS)


def texts_of(catalog: Catalog) -> dict[str, Sequence[str]]:
    """All texts by group, the items' first."""
    return {
        "items": catalog.texts,
        "interests": [interest_statement(name) for name in catalog.category_names],
        "roles": list(ROLES.values()),
        "tempers": list(TEMPERS.values()),
        "contexts": context_sentences(),
    }


def all_texts(catalog: Catalog) -> list[str]:
    """Everything to embed for a catalogue, each text once."""
    return wording.every_text(texts_of(catalog))

"""Every sentence a health coach's environment can say about a user."""

from collections.abc import Sequence

from recgym.catalog import Catalog
from recgym.scenarios import wording
from recgym.scenarios.wording import DAYTIMES, WEEKDAY_KINDS

# In the order of the attribute `contraindication`: who must not be shown what.
CONDITIONS = {
    "none": "I am healthy and have no complaints.",
    "knee": "My knees hurt when I bend them under load.",
    "heart": "My heart is weak and I must not overexert myself.",
    "pregnancy": "I am pregnant.",
}
GOALS = {
    "fitness": "I want to become fitter.",
    "calm": "I want to be less stressed.",
    "sleep": "I want to sleep better.",
    "weight": "I want to lose some weight.",
    "company": "I want to feel less alone.",
}
# The departments that serve a goal; whatever else a coach suggests helps it by the way.
HELPS = {
    "fitness": ("Strength", "Walking & Cardio"),
    "calm": ("Breathing & Calm", "People & Mind", "Stretching & Mobility"),
    "sleep": ("Sleep", "Breathing & Calm", "Work & Care"),
    "weight": ("Food & Drink", "Walking & Cardio", "Strength"),
    "company": ("People & Mind", "Walking & Cardio", "Food & Drink"),
}
PLACES = ("at home", "at work", "outdoors")
STATES = ("rested", "tired", "stressed", "in a good mood", "in a hurry", "bored")

PROPER_WORDS = frozenset({"Chi", "Tai"})


def interest_statement(category: str) -> str:
    """What a user says who likes a kind of activity: "I enjoy yoga and Tai Chi."."""
    return f"I enjoy {wording.category_phrase(category, PROPER_WORDS)}."


def context_sentence(weekday: str, daytime: str, place: str, state: str) -> str:
    """The circumstances: "A weekday evening at home, tired."."""
    return f"A {weekday} {daytime} {place}, {state}."


def context_sentences() -> list[str]:
    """All 144 context sentences, the state changing fastest."""
    return wording.every(context_sentence, WEEKDAY_KINDS, DAYTIMES, PLACES, STATES)


def texts_of(catalog: Catalog) -> dict[str, Sequence[str]]:
    """All texts by group, the items' first."""
    return {
        "items": catalog.texts,
        "interests": [interest_statement(name) for name in catalog.category_names],
        "conditions": list(CONDITIONS.values()),
        "goals": list(GOALS.values()),
        "contexts": context_sentences(),
    }


def all_texts(catalog: Catalog) -> list[str]:
    """Everything to embed for a catalogue, each text once."""
    return wording.every_text(texts_of(catalog))

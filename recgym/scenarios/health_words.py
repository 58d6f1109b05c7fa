"""Every sentence a health coach's environment can say about a user."""

from recgym.scenarios.wording import DAYTIMES, WEEKDAY_KINDS, Sentences

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

SENTENCES = Sentences(
    interest="I enjoy {category}.",
    statements={"conditions": CONDITIONS, "goals": GOALS},
    context="A {} {} {}, {}.".format,
    circumstances=(WEEKDAY_KINDS, DAYTIMES, PLACES, STATES),
    proper_words=frozenset({"Chi", "Tai"}),
)

"""Every sentence the shop's environment can say about a user.

Pure functions of closed lists, so that all sentences are known beforehand: `all_texts` is what has to be embedded once,
and nothing is encoded inside `step`.
"""

from recgym.scenarios.wording import DAYTIMES, DEVICES, Sentences

AGE_GROUPS = {
    "teens": "I am a teenager.",
    "twenties": "I am in my twenties.",
    "thirties": "I am in my thirties.",
    "middle-aged": "I am in my late forties.",
    "retired": "I am over sixty-five and retired.",
}
BUDGETS = {
    "careful": "I am careful with money and look for low prices.",
    "average": "I pay an average price if the product is worth it.",
    "generous": "I like to treat myself and do not look at the price.",
}

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SEASONS = ("spring", "summer", "autumn", "winter")
CAMPAIGNS = ("none", "garden week", "summer sale", "gift season")

STAGES = ("compare", "buy")
QUERY_TEMPLATES = {
    "compare": ("best {category} reviews", "which {category} should I get", "{category} comparison and test winners"),
    "buy": ("buy {category} today", "{category} best price free delivery", "order {category} in stock now"),
}


def context_sentence(weekday: str, daytime: str, device: str, season: str, campaign: str) -> str:
    """The circumstances of a visit: "A Saturday evening in spring, on a phone, during the garden week."."""
    during = "" if campaign == "none" else f", during the {campaign}"
    return f"A {weekday} {daytime} in {season}, on a {device}{during}."


SENTENCES = Sentences(
    interest="I love {category}.",
    statements={"age_group": AGE_GROUPS, "budget": BUDGETS},
    context=context_sentence,
    circumstances=(WEEKDAYS, DAYTIMES, DEVICES, SEASONS, CAMPAIGNS),
    wishes=QUERY_TEMPLATES,
    proper_words=frozenset({"Bluetooth", "Christmas", "English", "French", "German", "Italian", "Japanese", "Wi-Fi"}),
)

"""Every sentence a games store's environment can say about a player."""

from recgym.scenarios.wording import DAYTIMES, WEEKDAY_KINDS, Sentences

SKILLS = {
    "newcomers": "I have hardly played any games so far.",
    "casual": "I play to relax and do not want to be challenged.",
    "regulars": "I have played games for years.",
    "experts": "I only feel alive on the hardest difficulty.",
}
SPENDINGS = {
    "free": "I never pay for a game.",
    "once": "I pay for a game once and want all of it.",
    "passes": "I buy a season pass now and then.",
    "collectors": "I spend a lot on skins and extras.",
}
DEVICES = ("phone", "console", "computer")
COMPANIES = ("alone", "with a friend online", "with the family", "between two errands", "with the whole evening free")

QUERY_TEMPLATES = {
    "find": ("good {category}", "{category} worth playing"),
    "long": ("deep {category} for many evenings", "{category} that do not end too soon"),
}

SENTENCES = Sentences(
    interest="I love playing {category}.",
    statements={"skills": SKILLS, "spendings": SPENDINGS},
    context="A {} {} on a {}, {}.".format,
    circumstances=(WEEKDAY_KINDS, DAYTIMES, DEVICES, COMPANIES),
    wishes=QUERY_TEMPLATES,
)

"""Every sentence a newspaper's environment can say about a reader."""

from recgym.scenarios.wording import DAYTIMES, DEVICES, WEEKDAY_KINDS, Sentences

DEPTHS = {
    "skimmers": "I only want the headlines, quickly.",
    "regulars": "I read one or two articles with my coffee.",
    "thorough": "I take my time for long background pieces.",
    "sceptics": "I check who wrote it and what the sources are.",
}
STANCES = {
    "left": "I vote for parties left of the centre.",
    "centre": "I do not care much for party politics.",
    "right": "I vote for conservative parties.",
    "both": "I like to read the other side's arguments too.",
}
OCCASIONS = ("a quiet day", "breaking news", "an election week", "a big match", "the holidays")

QUERY_TEMPLATES = {
    "latest": ("{category} latest news", "what happened in {category} today"),
    "background": ("{category} analysis and background", "the story behind the news on {category}"),
}

SENTENCES = Sentences(
    interest="I like to read about {category}.",
    statements={"depths": DEPTHS, "stances": STANCES},
    context="A {} {} on a {}, during {}.".format,
    circumstances=(WEEKDAY_KINDS, DAYTIMES, DEVICES, OCCASIONS),
    wishes=QUERY_TEMPLATES,
)

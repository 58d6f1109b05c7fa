"""Every sentence a social network's environment can say about a member."""

from recgym.scenarios.wording import DAYTIMES, DEVICES, WEEKDAY_KINDS, Sentences

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

SENTENCES = Sentences(
    interest="I follow posts about {category}.",
    statements={"roles": ROLES, "tempers": TEMPERS},
    context="A {} {} on a {}, {}.".format,
    circumstances=(WEEKDAY_KINDS, DAYTIMES, DEVICES, MOODS),
    proper_words=frozenset({"DIY"}),
)

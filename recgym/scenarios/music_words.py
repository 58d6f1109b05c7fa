"""Every sentence a music library's environment can say about a listener."""

from recgym.scenarios.wording import DAYTIMES, WEEKDAY_KINDS, Sentences

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

SENTENCES = Sentences(
    interest="I love listening to {category}.",
    statements={"eras": ERAS, "curiosities": CURIOSITIES},
    context="Music on a {} {} {}, {}.".format,
    circumstances=(WEEKDAY_KINDS, DAYTIMES, PLACES, ACTIVITIES),
    wishes=QUERY_TEMPLATES,
    proper_words=frozenset({"Afrobeats", "Celtic", "K-Pop", "R&B"}),
)

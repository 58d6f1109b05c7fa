"""Every sentence a video platform's environment can say about a viewer."""

from recgym.scenarios.wording import DAYTIMES, DEVICES, WEEKDAY_KINDS, Sentences

HABITS = {
    "breaks": "I watch a few short clips in my breaks.",
    "background": "I let videos run while I do something else.",
    "evenings": "I watch long videos on the sofa in the evening.",
    "learners": "I watch videos to learn something.",
    "fans": "I follow a few channels and miss nothing they upload.",
}
PATIENCES = {
    "restless": "I skip a video after three seconds if it bores me.",
    "fair": "I give a video half a minute to convince me.",
    "patient": "I mostly watch to the end what I have started.",
    "wary": "I do not click on thumbnails with shocked faces.",
}
SITUATIONS = ("alone", "with children", "with friends", "on the train", "over lunch", "in bed")

QUERY_TEMPLATES = {
    "search": ("{category} video", "best {category} channel"),
    "more": ("more {category} like this, please", "great, I could watch {category} all day"),
    "enough": ("enough {category} for today", "seen too much {category} lately"),
}

SENTENCES = Sentences(
    interest="I love watching {category}.",
    statements={"habits": HABITS, "patiences": PATIENCES},
    context="A {} {} on a {}, {}.".format,
    circumstances=(WEEKDAY_KINDS, DAYTIMES, DEVICES, SITUATIONS),
    wishes=QUERY_TEMPLATES,
)

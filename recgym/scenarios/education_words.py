"""Every sentence a learning platform's environment can say about a learner."""

from recgym.scenarios.wording import DAYTIMES, DEVICES, WEEKDAY_KINDS, Sentences

STAGES = {
    "school": "I go to school.",
    "exam": "I am preparing for my final exams.",
    "university": "I study at a university.",
    "job": "I learn beside my job.",
    "parent": "I learn so that I can help my children.",
}
APPROACHES = {
    "steady": "I study a little every day.",
    "crammers": "I learn everything the night before.",
    "tinkerers": "I learn by trying things out.",
    "easily discouraged": "I give up when something is too hard.",
}
SITUATIONS = ("with a quiet hour", "with ten minutes left", "before a test", "after a long day", "just curious")

QUERY_TEMPLATES = {
    "explain": ("I do not understand {category}", "explain {category} from the beginning"),
    "practise": ("exercises on {category} with solutions", "let me practise {category}"),
}

SENTENCES = Sentences(
    interest="I want to learn about {category}.",
    statements={"stages": STAGES, "approaches": APPROACHES},
    context="A {} {} on a {}, {}.".format,
    circumstances=(WEEKDAY_KINDS, DAYTIMES, DEVICES, SITUATIONS),
    wishes=QUERY_TEMPLATES,
)

"""Every sentence a bank's environment can say about a customer."""

from recgym.scenarios.wording import DAYTIMES, DEVICES, WEEKDAY_KINDS, Sentences

LIVES = {
    "students": "I study and have little money.",
    "starters": "I have just started my first job.",
    "families": "I have children and a mortgage.",
    "established": "My children have moved out and I can save a lot.",
    "retired": "I am retired and live on my pension.",
}
# In the order of the risk someone can bear.
TOLERANCES = {
    "anxious": "I could not sleep if my savings lost value.",
    "cautious": "I accept small losses for a little more return.",
    "balanced": "I can wait a few years until losses are made up for.",
    "bold": "I look for high returns and can bear large losses.",
}
MARKETS = ("calm", "rising", "falling", "crashing", "high-inflation")

SENTENCES = Sentences(
    interest="I would like to know more about {category}.",
    statements={"lives": LIVES, "tolerances": TOLERANCES},
    context="A {} {} on a {}, in a {} market.".format,
    circumstances=(WEEKDAY_KINDS, DAYTIMES, DEVICES, MARKETS),
)

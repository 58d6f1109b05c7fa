"""The picture's colours."""

BACKGROUND = "#f4f5f7"
CARD = "#ffffff"
INK = "#1f2933"
MUTED = "#6b7785"
FAINT = "#d5dae1"
SALE = "#c8352b"
STAR = "#e0a100"
DISAPPOINTED = "#d64545"
TRUST = "#2f6fd0"
READINESS = "#8a4fbf"

DEEDS = ("#b6bec9", "#2f6fd0", "#d98200", "#23925a")  # of `story.deeds`: skipped, clicked, and the two events
# In the order of the reward's terms, from the first again where there are more.
TERMS = ("#7fa8e6", "#f0b354", "#4bb37f", "#c3a0e0", "#e79ac0", "#9aa5b1", "#d98880", "#6cc3c9")

# Enough hues for a large shop's departments to differ from their neighbours in a slate.
DEPARTMENTS = (
    "#4c78a8", "#f58518", "#54a24b", "#e45756", "#72b7b2", "#b279a2", "#ff9da6", "#9d755d",
    "#2f9e9e", "#c9a227", "#7a6ff0", "#8cb369", "#d1495b", "#3d5a80", "#e07a5f", "#6d597a",
)  # fmt: skip


def department_colour(department: int) -> str:
    """The colour of a department by its index."""
    return DEPARTMENTS[department % len(DEPARTMENTS)]

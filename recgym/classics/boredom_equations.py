"""The equations of boredom, for one user."""

from __future__ import annotations

import math

from recgym.compiled import Flags, Floats, Ints, dot, kernel, sigmoid


@kernel
def relevance(taste: Floats, item: Floats, offset: float, slope: float) -> float:
    """The probability of a click on an item that is looked at; both are unit vectors over the topics."""
    return sigmoid(slope * (dot(taste, item) - offset))


@kernel
def alike(topics: Ints, num_topics: int) -> int:
    """How many items of a slate, given by main topics, share the most frequent one."""
    most = 0
    for topic in range(num_topics):
        count = 0
        for slot in range(len(topics)):
            count += topics[slot] == topic
        most = max(most, count)
    return most


@kernel
def remember(topics: Ints, steps: Ints, topic: int, step: int) -> None:
    """Append a click to the latest, (recent_clicks,) main topics and steps, in place; topic -1 is an empty place."""
    last = len(topics) - 1
    for i in range(last):
        topics[i], steps[i] = topics[i + 1], steps[i + 1]
    topics[last], steps[last] = topic, step


@kernel
def recent_counts(topics: Ints, steps: Ints, step: int, window: int, counts: Ints) -> None:
    """Fill `counts` (num_topics,): clicks by main topic in the `window` steps up to and including `step`."""
    for topic in range(len(counts)):
        counts[topic] = 0
    for i in range(len(topics)):
        if topics[i] >= 0 and steps[i] > step - window:
            counts[topics[i]] += 1


@kernel
def tire(bored_for: Ints, counts: Ints, threshold: int, timeout: int) -> None:
    """A step passes: boredom wears off, or begins. `bored_for` (num_topics,) holds the steps that are left of it."""
    for topic in range(len(bored_for)):
        if bored_for[topic] > 0:
            bored_for[topic] -= 1
        if bored_for[topic] == 0 and counts[topic] >= threshold:
            bored_for[topic] = timeout


@kernel
def wanted(taste: Floats, bored_for: Ints, everything: bool, current: Floats) -> None:
    """Fill `current` with the taste that is left while bored: nothing, or nothing of the boring topics."""
    any_bored = False
    for topic in range(len(taste)):
        any_bored |= bored_for[topic] > 0
    for topic in range(len(taste)):
        current[topic] = 0.0 if (bored_for[topic] > 0 or (everything and any_bored)) else taste[topic]


@kernel
def influence(taste: Floats, items: Floats, slate: Ints, clicked: Flags, memory: float) -> None:
    """Clicked items move the taste towards their mean, topic by topic; it stays a unit vector. In place."""
    clicks = 0
    for slot in range(len(slate)):
        clicks += clicked[slot]
    if clicks == 0:
        return
    length = 0.0
    for topic in range(len(taste)):
        mean = 0.0
        for slot in range(len(slate)):
            if clicked[slot]:
                mean += items[slate[slot], topic]
        taste[topic] = memory * taste[topic] + (1.0 - memory) * mean / clicks
        length += taste[topic] * taste[topic]
    for topic in range(len(taste)):
        taste[topic] /= math.sqrt(length)

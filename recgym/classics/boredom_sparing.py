"""The far-sighted rule for boredom: relevant items of the topics that are furthest from boring."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recgym.classics.boredom import Boredom
from recgym.classics.boredom_equations import recent_counts
from recgym.compiled import Floats, Ints, allocating_kernel
from recgym.state import State


@allocating_kernel
def _spare(
    relevant: Floats, mains: Ints, topics: Ints, when: Ints, steps: Ints, window: int, examination: float, cap: float,
    num_topics: int, slates: Ints,
) -> None:  # fmt: skip
    load, counts = np.empty(num_topics), np.empty(num_topics, dtype=np.int64)
    num_candidates, half = relevant.shape[1], topics.shape[1] // 2
    used = np.empty(num_candidates, dtype=np.bool_)
    for lane in range(len(slates)):
        # The older half of the clicks is left out of the count: this slate's clicks will push it out.
        recent_counts(topics[lane, half:], when[lane, half:], steps[lane] + 1, window, counts)
        load[:], used[:] = counts, False
        order = np.argsort(-relevant[lane])
        for slot in range(slates.shape[1]):
            looked, best = examination**slot, -1
            lowest = cap - looked
            for i in order:
                if relevant[lane, i] < 0.5:
                    break
                if not used[i] and load[mains[lane, i]] < lowest:
                    best, lowest = i, load[mains[lane, i]]
            place = num_candidates - 1
            while best < 0:  # an item that nobody clicks, if all topics are full
                if not used[order[place]]:
                    best = order[place]
                place -= 1
            slates[lane, slot], used[best] = best, True
            load[mains[lane, best]] += relevant[lane, best] * looked


def sparing_slates(model: Boredom, state: State, cap: float = 2.8) -> NDArray[np.int64]:
    """(num_envs, slate_size) positions: relevant items of the topics least clicked of late, up to `cap` clicks a topic.

    Clicks count that happened and that are to be expected of the slate.
    """
    slates = np.empty((state.num_envs, model.slate_size), dtype=np.int64)
    _spare(model.relevance(state), state["topic"], state["clicked_topics"], state["clicked_steps"], state["step"],
           model.window, model.examination, cap, model.num_topics, slates)  # fmt: skip
    return slates

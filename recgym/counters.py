"""What can be counted about a session, such as pages and clicks, as a few numbers of about unit scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Floats, Ints, Singles, kernel
from recgym.state import State


@dataclass(frozen=True, eq=False)
class Counters:
    """What can be counted about a session, about unit scale.

    `query_intent` reads the search query with the language model: its position on the axis from the queries of a
    domain's first wish (a shop's: to compare) to those of its second (to buy), -1 at the mean query of the first and 1
    at that of the second, cut at -2 and 2.
    """

    query_intent: NDArray[np.float64]  # (num_queries + 1,), 0 for no query
    event: str  # the first of the domain's two, which the last counter counts

    MEANINGS: ClassVar[Mapping[str, str]] = {
        "has_query": "1 if there is a search query",
        "query_intent": (
            "what the query wants, as the language model places it: -1 the first of two wishes, 1 the second"
        ),
        "page": "pages of this visit so far, a third of them, cut at 10 pages",
        "visit": "visits so far, log(1 + x) / 2",
        "days_away": "days since the last visit, log(1 + x); 0 within a visit",
        "need_pages": "clicks on what the present query or need is about, half of them, cut at 6",
        "recent_clicks": "0.3 for each click, 0.7 of it left after every page",
        "recent_contentment": (
            "0.15 for each click that pleased, -0.5 for one that disappointed; 0.9 left after every page"
        ),
        "recent_rating": "stars above 3 that were given; 0.9 left after every page",
        "recent_{event}": "0.5 for each item {event}; 0.8 left after every page",
    }
    NAMES: ClassVar[tuple[str, ...]] = tuple(MEANINGS)

    @cached_property
    def meanings(self) -> dict[str, str]:
        """Name -> meaning of those that there are, in their order: where nobody searches, none of a query."""
        there = self.NAMES if len(self.query_intent) > 1 else self.NAMES[2:]
        return {name.format(event=self.event): self.MEANINGS[name].format(event=self.event) for name in there}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of `meanings`."""
        return tuple(self.meanings)

    def of(self, state: State) -> NDArray[np.float32]:
        """(num_envs, len(names)) float32."""
        counted = np.empty((state.num_envs, len(self.names)), dtype=np.float32)
        self.write(state, counted)
        return counted

    def write(self, state: State, observed: NDArray[np.float32]) -> None:
        """Put them into the first columns of `observed`."""
        _count(state["query"], state["page"], state["visit"], state["days_away"], state["need_pages"], state["recent"],
               self.query_intent, observed)  # fmt: skip


@kernel
def _count(
    query: Ints, page: Ints, visit: Ints, days_away: Floats, need_pages: Floats, recent: Floats, query_intent: Floats,
    counted: Singles,
) -> None:  # fmt: skip
    first = 2 if len(query_intent) > 1 else 0
    for lane in range(len(query)):
        if first:
            counted[lane, 0] = query[lane] >= 0
            counted[lane, 1] = query_intent[query[lane]]
        counted[lane, first] = min(page[lane], 10) / 3
        counted[lane, first + 1] = np.log1p(visit[lane]) / 2
        counted[lane, first + 2] = np.log1p(days_away[lane])
        counted[lane, first + 3] = min(need_pages[lane], 6.0) / 2
        for i in range(recent.shape[1]):
            counted[lane, first + 4 + i] = recent[lane, i]

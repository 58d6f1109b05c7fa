"""Intents: what a searcher means by an ambiguous query, and what becomes of the search."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Codes, Flags, Floats, Ints, Singles, drawn, kernel
from recgym.items import Items
from recgym.prefetch import prefetch_ahead
from recgym.response import READY, Funnel, Response
from recgym.state import State

ANSWERED, REFORMULATED, ABANDONED = 1, 2, 3  # what a page leads to, in the order of Intent.EVENTS
PASSED_OVER = 0.5  # evidence against a meaning of a page that was examined and not clicked


@dataclass(frozen=True, eq=False)
class Evidence:
    """What can be seen of what is meant: the query, and what the clicks of the search say for each of its meanings."""

    needs: NDArray[np.int64]  # (num_items,) the meaning of every item
    query_rows: NDArray[np.int64]  # (num_needs, 2, 1) the ambiguous query of each meaning, the refined one

    @cached_property
    def asked(self) -> NDArray[np.int64]:
        """(num_needs,) the ambiguous query of each meaning."""
        return self.query_rows[:, 0, 0].copy()

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """(num_needs,) which of its query's meanings each is: where its evidence stands."""
        return np.array([np.count_nonzero(self.asked[:need] == self.asked[need]) for need in range(len(self.asked))])

    @property
    def most(self) -> int:
        """Most meanings of a query."""
        return int(self.places.max()) + 1

    def finds(self, state: State, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(num_envs, num_shown) whether the query finds catalogue rows."""
        return (self.query_rows[self.needs[rows], :, 0] == state["query"][:, None, None]).any(axis=2)

    def clicks(self, state: State, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """(num_envs, num_shown) what clicks say for the meanings of catalogue rows, 0 for those of other queries."""
        seen = np.zeros(rows.shape, dtype=np.float32)
        _weigh(rows, state["need"], state["evidence"], self.needs, self.asked, self.places, seen)
        return seen


@dataclass(frozen=True, eq=False)
class Intent:
    """A searcher types a word of several meanings, has one of them in mind, and finds it, says it better, or gives up.

    In place of `Need`: what is needed is a meaning. A page of the meaning that pleases answers the search, and the more
    it informs, the nearer the searcher is to reading up on it; who does types the query again with what is meant.
    Without an answer a searcher may do so too, or give up: a search that is abandoned, on the page or by leaving, costs
    trust. A page that solves the question ends its search. Some searches are for a favourite category, others for any
    meaning, popular ones more often.

    Writes: need (num_envs,) int64 meaning or -1; readiness (num_envs,) in [0, 1]; query (num_envs,) int64 row of the
    query table or -1; query_category (num_envs,) int64 the query's list of `Retrieval` or -1; need_pages (num_envs,)
    pages of the meaning looked at in this search; search_pages (num_envs,) pages of this search; refined, answered
    (num_envs,) bool; search_event (num_envs,) int8 codes of EVENTS, what the last page led to; evidence (num_envs,
    most meanings of a query) float32, what the clicks of this search say for each meaning of the query; trust.
    """

    items: Items
    query_rows: NDArray[np.int64]  # (num_needs, 2, 1): the ambiguous query of each meaning, the refined one
    weights: NDArray[np.float64]  # (num_needs,) how often each meaning is meant
    informs: NDArray[np.float64]  # (num_items,) readiness gained from a page of the meaning that pleased
    start: float = 0.9
    """Chance that a session begins with a search, and that a new visit does."""
    again: float = 0.6
    """Chance that a search which is over is followed by another on the next page."""
    inspiration: float = 0.25
    """Chance that a page which pleased starts a search where there is none."""
    refined: float = 0.1
    """Chance that a first query already says what is meant."""
    reformulation: float = 0.25
    """Chance to say so after a page without an answer."""
    give_up: float = 0.1
    """Chance to abandon the search after such a page."""
    lost: float = 0.1
    """Chance that a search which has been answered is over after a page that pleased nobody."""
    favourite: float = 0.5
    """Chance that a new search is for one of the favourite categories."""
    abandonment_loss: float = 0.06
    """Trust that an abandoned search costs."""
    num_uniforms: ClassVar[int] = 7

    EVENTS: ClassVar[tuple[str, ...]] = ("", "answered", "reformulated", "abandoned")
    VARIABLES: ClassVar[tuple[str, ...]] = (
        "need", "readiness", "need_pages", "search_pages", "refined", "answered", "evidence"
    )  # fmt: skip

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        num_envs = state.num_envs
        state["need"] = np.full(num_envs, -1)
        for name in ("readiness", "need_pages", "search_pages"):
            state[name] = np.zeros(num_envs)
        for name in ("refined", "answered"):
            state[name] = np.zeros(num_envs, dtype=bool)
        state["search_event"] = np.zeros(num_envs, dtype=np.int8)
        state["evidence"] = np.zeros((num_envs, self.evidence.most), dtype=np.float32)
        # As after a page that showed nothing, at the end of a visit.
        nothing = np.zeros((num_envs, 0), dtype=bool)
        _search(state["need"], state["readiness"], state["need_pages"], state["search_pages"], state["refined"],
                state["answered"], state["evidence"], state["search_event"], state["favourites"],
                np.ones(num_envs, dtype=bool), nothing.astype(np.int64), nothing, nothing, nothing, nothing,
                nothing.astype(np.float64), u, *self._tables)  # fmt: skip
        self._say(state)

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        for name in self.VARIABLES:
            after[name] = before[name].copy()
        after["search_event"] = np.zeros(len(slates), dtype=np.int8)
        _search(after["need"], after["readiness"], after["need_pages"], after["search_pages"], after["refined"],
                after["answered"], after["evidence"], after["search_event"], before["favourites"], after["left"],
                slates, response.clicked, response.stayed, response.purchased, response.funnel.needed,
                response.examination, u, *self._tables)  # fmt: skip
        self._say(after)
        after["trust"] = np.maximum(after["trust"] - self.abandonment_loss * self.led_to(after, "abandoned"), 0.0)

    @classmethod
    def led_to(cls, state: State, event: str) -> NDArray[np.bool_]:
        """(num_envs,) whether the last page led to one of EVENTS."""
        return state["search_event"] == cls.EVENTS.index(event)

    def effects(self, state: State, shown: NDArray[np.int64], funnel: Funnel) -> dict[str, NDArray[np.float64]]:
        """readiness: its gain; readiness_high: that, weighed by the readiness there is; answer: chance to answer a
        search for the first time; inspired: chance to start one; met: chance to solve the question."""
        found = funnel.stays * funnel.needed
        gain = found * self.informs[shown]
        return {
            "readiness": gain,
            "readiness_high": gain * state["readiness"][:, None],
            "answer": found * ~state["answered"][:, None],
            "inspired": funnel.stays * self.inspiration * (state["need"] < 0)[:, None],
            "met": funnel.purchases * funnel.needed,
        }

    @cached_property
    def evidence(self) -> Evidence:
        """What can be seen of the meaning."""
        return Evidence(self.items.needs, self.query_rows)

    def _say(self, state: State) -> None:
        """Write what is typed: the query of the meaning, ambiguous or refined."""
        need = state["need"]
        state["query"] = np.where(need >= 0, self.query_rows[need, state["refined"].astype(np.int64), 0], -1)
        state["query_category"] = np.where(need >= 0, self.items.num_categories + state["query"], -1)

    def __post_init__(self) -> None:
        chances = (self.start, self.again, self.inspiration, self.refined, self.reformulation, self.give_up, self.lost,
                   self.favourite)  # fmt: skip
        category_of = np.zeros(len(self.weights), dtype=np.int64)
        category_of[self.items.needs] = self.items.categories
        within = self.weights * (category_of == np.arange(self.items.num_categories)[:, None])
        cumulative = np.cumsum(np.vstack((within, self.weights)), axis=1)  # by category, the last row of all
        tables = (np.array(chances), self.informs, self.items.needs, self.evidence.asked, self.evidence.places,
                  cumulative / cumulative[:, -1:])  # fmt: skip
        object.__setattr__(self, "_tables", tables)


@kernel
def _weigh(
    rows: Ints, need: Ints, evidence: Singles, needs: Ints, asked: Ints, places: Ints, seen: Singles
) -> None:  # fmt: skip
    for lane in range(len(rows)):
        prefetch_ahead(needs, rows, lane)
        for slot in range(rows.shape[1] if need[lane] >= 0 else 0):
            meaning = needs[rows[lane, slot]]
            if asked[meaning] == asked[need[lane]]:
                seen[lane, slot] = evidence[lane, places[meaning]]


@kernel
def _search(
    need: Ints, readiness: Floats, need_pages: Floats, search_pages: Floats, refined: Flags, answered: Flags,
    evidence: Singles, event: Codes, favourites: Ints, left: Flags, slates: Ints, clicked: Flags, stayed: Flags,
    purchased: Flags, needed: Flags, examination: Floats, u: Floats, chances: Floats, informs: Floats, needs: Ints,
    asked: Ints, places: Ints, cumulative: Floats,
) -> None:  # fmt: skip
    """Needs and what belongs to them come in as they were before the page."""
    start, again, inspiration, specific, reformulation, give_up, lost, favourite = chances
    for lane in range(len(u)):
        meant, begun = need[lane], -1
        if meant >= 0:
            found, solved = False, False
            for slot in range(slates.shape[1]):
                if needed[lane, slot]:
                    need_pages[lane] += clicked[lane, slot]
                    solved |= purchased[lane, slot]
                    if stayed[lane, slot]:
                        found = True
                        readiness[lane] = min(readiness[lane] + informs[slates[lane, slot]], 1.0)
            _tell(slates[lane], clicked[lane], stayed[lane], examination[lane], asked[meant], needs, asked, places,
                  evidence[lane])  # fmt: skip
            search_pages[lane] += 1.0
            over = solved or (answered[lane] and not found and u[lane, 0] < lost)
            if not answered[lane]:
                event[lane] = _event(found or solved, refined[lane], left[lane], u[lane, 0], give_up, reformulation)
                answered[lane], over = event[lane] == ANSWERED, over or event[lane] == ABANDONED
                refined[lane] |= event[lane] == REFORMULATED
            meant = -1 if over else meant
        else:
            begun = _inspired(slates[lane], stayed[lane], needs, u[lane, 1], inspiration)
        if meant < 0:
            if begun < 0 and u[lane, 2] < (start if left[lane] else again):
                likes = favourites[lane, int(u[lane, 4] * favourites.shape[1])]
                begun = drawn(cumulative[likes if u[lane, 3] < favourite else -1], u[lane, 5])
            meant = begun
            readiness[lane] = need_pages[lane] = search_pages[lane] = 0.0
            answered[lane], refined[lane] = False, meant >= 0 and u[lane, 6] < specific
            evidence[lane, :] = 0.0
        need[lane] = meant
        refined[lane] |= readiness[lane] >= READY
        if refined[lane]:
            evidence[lane, places[meant]] = 1.0


@kernel
def _tell(
    slate: Ints, clicked: Flags, stayed: Flags, examination: Floats, query: int, needs: Ints, asked: Ints, places: Ints,
    evidence: Singles,
) -> None:  # fmt: skip
    """What pleased speaks for its meaning, what was passed over against it."""
    for slot in range(len(slate)):
        meaning = needs[slate[slot]]
        if slate[slot] < 0 or asked[meaning] != query:
            continue
        if stayed[slot]:
            evidence[places[meaning]] += np.float32(1.0)
        elif not clicked[slot]:
            evidence[places[meaning]] -= np.float32(PASSED_OVER * examination[slot])


@kernel
def _event(found: bool, refined: bool, left: bool, u: float, give_up: float, reformulation: float) -> int:
    """What a page leads to in a search that has not been answered."""
    if found:
        return ANSWERED
    if left or u < give_up:
        return ABANDONED
    return REFORMULATED if not refined and u < give_up + reformulation else 0


@kernel
def _inspired(slate: Ints, stayed: Flags, needs: Ints, u: float, inspiration: float) -> int:
    """The meaning that pages which pleased make one search for: that of the first of them, or none."""
    missed, first = 1.0, -1
    for slot in range(len(slate)):
        if stayed[slot]:
            missed *= 1.0 - inspiration
            first = needs[slate[slot]] if first < 0 else first
    return first if u < 1.0 - missed else -1

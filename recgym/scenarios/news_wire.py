"""The wire: articles arrive day by day, grow old and leave the front pages; and how readers take that."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.catalog import Catalog
from recgym.compiled import Codes, Ints, Singles, kernel
from recgym.dynamics import History
from recgym.prefetch import prefetch_ahead
from recgym.response import Shifts, stage
from recgym.response.fit import no_shifts
from recgym.state import State

MEMORY = 10  # pages after which it is forgotten what was read
NUM_DAYS = 30
"""The wire brings the whole catalogue in so many days, the same number of articles every day, and then begins anew."""
FADING = np.exp(-np.arange(NUM_DAYS) / 2).astype(np.float32)  # newness, by age in days
CLICKED = History.EVENTS.index("disappointed")  # and whatever comes after it in a history


@lru_cache(maxsize=4)
def arrival_days(catalog: Catalog) -> NDArray[np.int64]:
    """(num_items,) the day on which each article arrives, the latest of the catalogue on the last day."""
    order = np.argsort(-catalog.attributes["age_hours"], kind="stable")
    days = np.empty(catalog.num_items, dtype=np.int64)
    days[order] = np.arange(catalog.num_items) * NUM_DAYS // catalog.num_items
    return days


def editions(catalog: Catalog, least: int) -> list[NDArray[np.int64]]:
    """What is on the front pages on each day, rows by rising age: a flash for 3 days, a long read for 15.

    After that an article is in the archive, unless it is among the `least` latest.
    """
    arrivals, lasts = arrival_days(catalog), 3 + 12 * catalog.attributes["depth"]
    latest_first = np.argsort(catalog.attributes["age_hours"], kind="stable")
    found = []
    for day in range(NUM_DAYS):
        ages = age(arrivals, day)
        order = latest_first[np.argsort(ages[latest_first], kind="stable")]
        found.append(order[(ages < lasts)[order] | (np.arange(len(order)) < least)])
    return found


def age(arrivals: NDArray[np.int64], days: NDArray[np.int64] | int) -> NDArray[np.int64]:
    """Days since an article arrived, 0 on the day itself, below NUM_DAYS."""
    return (days - arrivals) % NUM_DAYS


@dataclass(frozen=True, eq=False)
class Recency:
    """Features of a candidate that the desk keeps by the day.

    - newness: exp(-age / 2 days),
    - read: 1 if the user has clicked it on one of the last MEMORY pages.
    """

    arrivals: NDArray[np.int64]  # (num_items,) days
    names: ClassVar[tuple[str, ...]] = ("newness", "read")

    def of(self, state: State, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        seen = np.empty((*rows.shape, len(self.names)), dtype=np.float32)
        _recency(rows, state["day"], state["history_items"], state["history_events"], self.arrivals, FADING, seen)
        return seen


@dataclass(frozen=True, eq=False)
class Readers:
    """Fit: what is new attracts by the stage a reader is in, and what was clicked before hardly at all."""

    recency: Recency
    newness: tuple[float, float, float]
    """Weight in a click, by stage."""
    read: float = 3.0
    """Lowers the logit of a click on what was clicked before."""

    def of(self, state: State, shown: NDArray[np.int64]) -> Shifts:
        shifts, seen = no_shifts(shown.shape), self.recency.of(state, shown)
        newness = np.array(self.newness)[stage(state)][:, None]
        shifts.click[...] = newness * seen[..., 0] - self.read * seen[..., 1]
        return shifts


@kernel
def _recency(
    rows: Ints, day: Ints, history: Ints, events: Codes, arrivals: Ints, newness: Singles, seen: Singles
) -> None:
    num_days = len(newness)
    for lane in range(len(rows)):
        prefetch_ahead(arrivals, rows, lane)
        for slot in range(rows.shape[1]):
            row = rows[lane, slot]
            seen[lane, slot, 0] = newness[(day[lane] - arrivals[row]) % num_days]
            seen[lane, slot, 1] = 0.0
        for page in range(max(history.shape[1] - MEMORY, 0), history.shape[1]):
            for place in range(history.shape[2]):
                if events[lane, page, place] >= CLICKED:
                    for slot in range(rows.shape[1]):
                        if rows[lane, slot] == history[lane, page, place]:
                            seen[lane, slot, 1] = 1.0

"""History: the pages that are kept, the pools, and what was last looked at."""

from __future__ import annotations

import numpy as np
import pytest
from dynamics_helpers import ITEMS, lane, moved, page

from recgym.dynamics import History
from recgym.response import Response
from recgym.state import State

HISTORY = History(ITEMS, slate_size=3, history_length=2, entry_items=np.array([9, 10, 11]), pool_decay=0.5)


def history_of(
    pages: list[tuple[np.ndarray, Response]], u: float = 0.0, left: bool = False, then: float = 0.9
) -> State:
    """After these pages, for a user who likes 2, then 1, then 0; `left` says whether each of them ends a visit."""
    state = lane(favourites=[2, 1, 0])
    HISTORY.reset(state, np.array([[u]]))
    for done in pages:
        state = moved(HISTORY, state, done, [then], left=left)
    return state


def test_history_before_the_first_page():
    state = history_of([])
    assert (state["history_items"] == -1).all() and state["history_items"].shape == (1, 2, 3)
    assert not any(state[name].any() for name in ("liked", "skipped", "exposed", "recent"))


@pytest.mark.parametrize(("u", "category"), [(0.0, 2), (0.499, 2), (0.5, 1), (1 - 2**-53, 1)])
def test_interest_begins_with_one_of_the_two_favourites_that_the_profile_names(u, category):
    state = history_of([], u)
    assert (state["interest_category"][0], state["interest_item"][0]) == (category, (9, 10, 11)[category])


@pytest.mark.parametrize(("u", "category"), [(0.0, 2), (0.499, 2), (0.5, 1), (1 - 2**-53, 1)])
def test_a_new_visit_begins_with_one_of_them_again_whatever_was_looked_at(u, category):
    liked, disliked = page([0, 1, 5], stayed=[0]), page([3, 4, 2], clicked=[0])  # item 0 is in category 0
    assert history_of([liked], then=u)["interest_category"][0] == 0
    for pages, item in (([disliked], 11), ([liked], 0), ([liked, disliked], 0)):
        state = history_of(pages, left=True, then=u)
        assert state["interest_category"][0] == category
        assert state["interest_item"][0] == item  # what was looked at last is not forgotten


def test_history_keeps_the_last_pages_and_what_was_done():
    pages = [
        page([0, 1, 2], clicked=[0]),
        page([3, 4, -1], clicked=[0], stayed=[1]),
        page([6, 7, 8], carted=[0], stayed=[1], purchased=[1]),
    ]
    state = history_of(pages)
    assert state["history_items"].tolist() == [[[3, 4, -1], [6, 7, 8]]]
    names = np.array(History.EVENTS)[state["history_events"]].tolist()
    assert names == [[["disappointed", "clicked", "skipped"], ["carted", "purchased", "skipped"]]]
    stayed_and_carted = history_of([page([6, 7, 8], stayed=[0], carted=[0])])
    assert History.EVENTS[stayed_and_carted["history_events"][0, -1, 0]] == "carted"


def test_history_pools_are_recency_weighted_sums():
    state = history_of([page([0, 1, 2], stayed=[0], clicked=[1]), page([3, 4, -1], stayed=[1])])
    e = ITEMS.embeddings
    assert np.allclose(state["liked"][0], 0.3 * (0.5 * e[0] + e[4]), atol=1e-6)
    assert np.allclose(state["skipped"][0], 0.3 * (0.5 * e[2] + e[3]), atol=1e-6)
    assert np.allclose(state["exposed"][0], 0.3 * (0.5 * (e[0] + e[1] + e[2]) + e[3] + e[4]), atol=1e-6)


def test_history_remembers_what_was_last_looked_at():
    liked = page([0, 1, 5], stayed=[1, 2])
    state = history_of([liked])
    assert (state["interest_category"][0], state["interest_item"][0]) == (1, 1)
    state = history_of([liked, page([3, 4, 2], clicked=[0])])
    assert (state["interest_category"][0], state["interest_item"][0]) == (1, 1)
    state = history_of([liked, page([6, 4, 5], stayed=[2])])
    assert (state["interest_category"][0], state["interest_item"][0]) == (2, 5)


def test_recent_sums_are_of_the_last_pages():
    before = page([0, 1, 2], stayed=[0], clicked=[1])
    state = history_of([before, page([0, 1, 2], stayed=[0], purchased=[0], stars=5.0)])
    first = np.array([0.3 * 2, 0.65 - 0.5 * 2, 0.0, 0.0])
    second = np.array([0.3 * 1, 0.65 - 0.5 * 1, 5.0 - 3.0, 0.5])
    assert np.allclose(state["recent"][0], first * History.RECENT_DECAY + second)

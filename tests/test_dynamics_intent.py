"""Intents: what is meant, what a page leads to, what is typed, and what the clicks tell."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from dynamics_helpers import lane, moved, page
from hypothesis import given
from hypothesis import strategies as st

from recgym.dynamics import Evidence, Intent
from recgym.response import READY, Funnel
from recgym.state import State
from recgym.testing import random_items

# Two items of each meaning. Query 0 may mean 0, 1 or 2, query 1 may mean 3 or 4; queries 2 to 6 are the refined ones.
ROWS = np.array([[0, 2], [0, 3], [0, 4], [1, 5], [1, 6]])[:, :, None]
MEANINGS = np.repeat(np.arange(5), 2)
CATEGORIES = np.array([0, 0, 1, 1, 2, 2, 0, 0, 1, 1])
ITEMS = dataclasses.replace(random_items(num_items=10), categories=CATEGORIES, meanings=MEANINGS)
INFORMS = np.linspace(0.1, 0.55, 10)
INTENT = Intent(
    ITEMS, ROWS, np.array([3.0, 2.0, 1.0, 1.0, 3.0]), INFORMS, start=0.9, again=0.5, inspiration=0.3, refined=0.1,
    reformulation=0.4, give_up=0.2, lost=0.1, favourite=0.6, abandonment_loss=0.05,
)  # fmt: skip
LATE = 0.999
# What each uniform decides, in their order, and values so high that nothing happens.
UNIFORMS = {"turn": LATE, "inspire": LATE, "begin": LATE, "liked": 0.0, "favourite": 0.0, "meaning": 0.0,
            "refined": LATE}  # fmt: skip


def searcher(need: int, **changes: object) -> State:
    values = {"readiness": 0.2, "need_pages": 1.0, "search_pages": 2.0, "refined": False, "answered": False,
              "trust": 0.5, "favourites": [2, 1, 0],
              "evidence": np.array([0.5, 0.0, 0.0], dtype=np.float32)}  # fmt: skip
    return lane(need=need, **(values | changes))


def after_page(
    before: State, left: bool = False, trust: float = 0.5, uniforms: dict | None = None, **done: object
) -> State:
    """One step of `INTENT` after a page of items 0 (of meaning 0), 2 (of 1) and 8 (of 4), all of them examined."""
    slates, response = page([0, 2, 8], **done)
    needed = MEANINGS[slates] == before["need"]
    response = response._replace(funnel=response.funnel._replace(needed=needed), examination=np.ones(slates.shape))
    drawn = list((UNIFORMS | (uniforms or {})).values())
    return moved(INTENT, before, (slates, response), drawn, left=left, trust=trust)


def event(state: State) -> str:
    return Intent.EVENTS[state["search_event"][0]]


def test_a_page_of_the_meaning_that_pleases_answers_the_search_once():
    state = after_page(searcher(0), stayed=[0])
    assert event(state) == "answered" and state["answered"][0] and state["need"][0] == 0
    assert state["readiness"][0] == pytest.approx(0.2 + INFORMS[0])
    assert (state["need_pages"][0], state["search_pages"][0]) == (2, 3)
    assert event(after_page(state, stayed=[0])) == ""


TURNS = [(0.19, "abandoned"), (0.21, "reformulated"), (0.59, "reformulated"), (0.61, "")]


@pytest.mark.parametrize(("turn", "name"), TURNS)
@pytest.mark.parametrize("done", [{}, {"clicked": [0]}, {"stayed": [1]}], ids=["nothing", "disappointed", "another"])
def test_without_an_answer_a_searcher_gives_up_or_says_it_better(turn, name, done):
    state = after_page(searcher(0), uniforms={"turn": turn}, **done)
    assert event(state) == name and not state["answered"][0]
    assert state["refined"][0] == (name == "reformulated")
    assert state["query"][0] == {"abandoned": -1, "reformulated": 2, "": 0}[name]
    assert state["query_category"][0] == {"abandoned": -1, "reformulated": 3 + 2, "": 3}[name]
    assert state["trust"][0] == pytest.approx(0.45 if name == "abandoned" else 0.5)


def test_what_has_been_said_is_not_said_again():
    assert event(after_page(searcher(0, refined=True), uniforms={"turn": 0.21})) == ""


def test_who_leaves_without_an_answer_has_abandoned_the_search_and_who_has_one_comes_back_to_it():
    state = after_page(searcher(0), left=True)
    assert event(state) == "abandoned" and state["need"][0] == -1 and state["trust"][0] == pytest.approx(0.45)
    state = after_page(searcher(0, answered=True), left=True)
    assert event(state) == "" and state["need"][0] == 0 and state["trust"][0] == 0.5


def test_trust_does_not_fall_below_nothing():
    assert after_page(searcher(0), left=True, trust=0.01)["trust"][0] == 0.0


@pytest.mark.parametrize(("turn", "over"), [(0.09, True), (0.11, False)])
def test_an_answered_search_may_be_over_where_nothing_pleases(turn, over):
    assert (after_page(searcher(0, answered=True), uniforms={"turn": turn})["need"][0] == -1) == over
    assert after_page(searcher(0, answered=True), uniforms={"turn": turn}, stayed=[0])["need"][0] == 0


def test_a_question_that_is_solved_ends_its_search():
    state = after_page(searcher(0), purchased=[0], stayed=[0])
    assert event(state) == "answered"
    assert [state[name][0] for name in ("need", "query", "query_category")] == [-1, -1, -1]
    assert not state["readiness"][0] and not state["need_pages"][0] and not state["answered"][0]
    assert after_page(searcher(0), purchased=[1], stayed=[1])["need"][0] == 0  # another meaning solves nothing


def test_who_reads_up_types_what_is_meant():
    state = after_page(searcher(0, readiness=READY - INFORMS[0]), stayed=[0])
    assert state["refined"][0] and state["query"][0] == 2
    assert after_page(searcher(0, readiness=0.9999), stayed=[0])["readiness"][0] == 1.0


def test_clicks_tell_the_meaning():
    """What pleased is for it, what was passed over half as much against it; the rest says nothing."""

    def evidence(need: int, **done: object) -> list[float]:
        return after_page(searcher(need), **done)["evidence"][0].tolist()

    assert evidence(0, stayed=[0]) == [1.5, -0.5, 0.0]
    assert evidence(0, clicked=[0]) == [0.5, -0.5, 0.0]
    assert evidence(0, stayed=[2]) == [0.0, -0.5, 0.0]  # item 8 is of another query
    assert evidence(4, stayed=[2]) == [0.5, 1.0, 0.0]  # and here it is the only one
    assert evidence(1, uniforms={"turn": 0.3}) == [0.0, 1.0, 0.0]  # it was said


def test_evidence_is_seen_of_the_query_that_was_typed():
    state = State(need=np.array([1, 4, -1]), evidence=np.array([[1, 2, 3], [4, 5, 0], [0, 0, 0]], dtype=np.float32))
    seen = Evidence(MEANINGS, ROWS).clicks(state, np.tile([0, 2, 5, 6, 9], (3, 1)))
    np.testing.assert_array_equal(seen, [[1, 2, 3, 0, 0], [0, 0, 0, 4, 5], [0, 0, 0, 0, 0]])


def test_a_word_finds_all_its_meanings_and_a_refined_query_one():
    state = State(query=np.array([0, 3, 5, -1]))
    found = Evidence(MEANINGS, ROWS).finds(state, np.tile(np.arange(10), (4, 1)))
    assert [MEANINGS[row].tolist() for row in found] == [[0, 0, 1, 1, 2, 2], [1, 1], [3, 3], []]


# (liked, favourite, meaning) and what is meant by a user who likes categories 2, 1 and 0: meanings 0 and 3 are of
# category 0, with weights 3 and 1; meanings 1 and 4 of category 1, with 2 and 3; meaning 2 is all of category 2.
NEW_SEARCHES = [
    (0.59, 0.1, 0.99, 2),
    (0.59, 0.5, 0.39, 1),
    (0.59, 0.5, 0.41, 4),
    (0.59, 0.9, 0.74, 0),
    (0.59, 0.9, 0.76, 3),
    (0.61, 0.1, 0.29, 0),
    (0.61, 0.1, 0.49, 1),
    (0.61, 0.1, 0.59, 2),
    (0.61, 0.1, 0.69, 3),
    (0.61, 0.1, 1 - 2**-53, 4),
]


@pytest.mark.parametrize(("liked", "favourite", "meaning", "meant"), NEW_SEARCHES)
def test_a_new_search_is_for_a_favourite_category_or_any_meaning_by_weight(liked, favourite, meaning, meant):
    which = {"liked": liked, "favourite": favourite, "meaning": meaning}
    again = after_page(searcher(0, answered=True), uniforms={"turn": 0.0, "begin": 0.49, **which})
    visit = after_page(searcher(-1), left=True, uniforms={"begin": 0.89, **which})
    first = State(step=np.zeros(1, dtype=np.int64), favourites=np.array([[2, 1, 0]]))
    INTENT.reset(first, np.array([list((UNIFORMS | {"begin": 0.89, **which}).values())]))
    for state in (again, visit, first):
        assert state["need"][0] == meant and state["query"][0] == ROWS[meant, 0, 0]
        assert not state["readiness"][0] and not state["search_pages"][0] and not state["evidence"].any()
    assert after_page(searcher(-1), uniforms={"begin": 0.51, **which})["need"][0] == -1


def test_a_first_query_may_say_what_is_meant():
    said = after_page(searcher(-1), left=True, uniforms={"begin": 0.0, "liked": LATE, "meaning": 0.4, "refined": 0.09})
    assert said["refined"][0] and said["query"][0] == ROWS[1, 1, 0] and said["evidence"][0].tolist() == [0, 1, 0]


@pytest.mark.parametrize(("stayed", "chance"), [([2], 0.3), ([1, 2], 1 - 0.7**2), ([], 0.0)])
def test_a_page_that_pleases_who_searches_nothing_may_start_a_search_for_its_meaning(stayed, chance):
    if chance:
        meant = MEANINGS[[0, 2, 8][stayed[0]]]
        assert after_page(searcher(-1), stayed=stayed, uniforms={"inspire": chance - 1e-6})["need"][0] == meant
    assert after_page(searcher(-1), stayed=stayed, uniforms={"inspire": chance + 1e-6})["need"][0] == -1


@given(st.floats(0, 1), st.booleans(), st.sampled_from([-1, 0, 1]))
def test_effects_are_the_chances_of_what_follows(readiness, answered, need):
    state = searcher(need, readiness=readiness, answered=answered)
    rng = np.random.default_rng(0)
    shown = np.arange(10)[None]
    chances = [rng.uniform(size=shown.shape) for _ in range(5)]
    funnel = Funnel(*chances, needed=MEANINGS[shown] == need)
    effects = INTENT.effects(state, shown, funnel)
    pleases = np.where(MEANINGS == need, funnel.click * funnel.stay, 0.0)
    np.testing.assert_allclose(effects["readiness"], pleases * INFORMS)
    np.testing.assert_allclose(effects["readiness_high"], pleases * INFORMS * readiness)
    np.testing.assert_allclose(effects["answer"], 0 * pleases if answered else pleases)
    np.testing.assert_allclose(effects["inspired"], 0.3 * funnel.stays if need < 0 else 0 * pleases)
    np.testing.assert_allclose(effects["met"], funnel.purchases * funnel.needed)


def test_a_step_writes_into_nothing_it_finds():
    before = searcher(0)
    kept = {name: values.copy() for name, values in before.items()}
    after_page(before, stayed=[0], left=True)
    for name, values in kept.items():
        np.testing.assert_array_equal(before[name], values)

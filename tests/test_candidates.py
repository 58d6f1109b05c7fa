"""Retrieval: distinct candidates, one of each stratum of each source, rankings by their rule."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recgym.candidates import SEEN, Retrieval, category_rankings, stretched
from recgym.randomness import BatchRNG
from recgym.state import State

NUM_ITEMS, NUM_CATEGORIES, PER_SOURCE = 4800, 3, 4
FREQUENCY = 1 + np.arange(NUM_ITEMS) % 3  # how often an item stands in the list to explore


def one_after_the_other(line: list[int], num_items: int) -> list[int]:
    """First come, first served."""
    taken: list[int] = []
    for item in line:
        while item in taken:
            item = (item + 1) % num_items
        taken.append(item)
    return taken


def drawn_from(lines: list[list[int]], num_items: int) -> list[list[int]]:
    """What is drawn, one lane per line, where every source has as many items as it gives: the line, made distinct.

    All lines share what popular, new and explore give, which are their last three fifths. Equal ratings keep the order.
    """
    table = np.array(lines).reshape(len(lines), 5, -1)
    lane = np.arange(len(lines))
    neighbours = np.concatenate((table[:, 0], np.zeros((num_items, table.shape[2]), dtype=np.int64)))
    retrieval = Retrieval(neighbours, table[None, :, 1].copy(), *table[0, 2:4, None, None].copy(), table[:1, 4].copy(),
                          np.zeros(num_items), table.shape[2])  # fmt: skip
    state = State(step=lane, interest_item=lane, interest_category=lane, query_category=lane * 0 - 1)
    return retrieval.draw(state, BatchRNG(lane.astype(np.uint64))).tolist()


@given(st.data())
def test_an_item_named_twice_gives_way_to_the_next_free_one(data):
    each = data.draw(st.integers(1, 3))
    num_items = data.draw(st.integers(5 * each, 5 * each + 6))
    items = st.integers(0, num_items - 1)
    shared = data.draw(st.lists(items, min_size=3 * each, max_size=3 * each))
    own = data.draw(st.lists(st.lists(items, min_size=2 * each, max_size=2 * each), min_size=1, max_size=5))
    lines = [line + shared for line in own]
    drawn = drawn_from(lines, num_items)
    assert drawn == [one_after_the_other(line, num_items) for line in lines]
    for before, after in zip(lines, drawn, strict=True):
        assert len(set(after)) == 5 * each and before[0] == after[0]
        if len(set(before)) == 5 * each:
            assert before == after


@given(st.data())
def test_rows_that_share_a_remainder_are_kept_apart(data):
    """Repeats are looked up by a row's remainder: rows a multiple of SEEN apart hide one another there."""
    items = st.builds(lambda few, times: few + SEEN * times, st.integers(0, 2), st.integers(0, 2))
    shared = data.draw(st.lists(items, min_size=6, max_size=6))
    own = data.draw(st.lists(st.lists(items, min_size=4, max_size=4), min_size=1, max_size=5))
    lines = [line + shared for line in own]
    assert drawn_from(lines, 3 * SEEN) == [one_after_the_other(line, 3 * SEEN) for line in lines]


def test_distinct_when_every_item_is_needed():
    assert drawn_from([[3, 3, 3, 3, 3]], 5) == [[3, 4, 0, 1, 2]]
    assert drawn_from([[8, 0, 8, 9, 9, 8, 1, 8, 2, 2]], 10) == [[8, 0, 9, 1, 2, 3, 4, 5, 6, 7]]


@pytest.fixture(scope="module")
def retrieval() -> Retrieval:
    """Sources that share no item but with explore, better rated the later the row.

    Similar: 0..15 (of any item); rated: 8 items from 100 on, in tens by category; popular: 12 from 200 on; new: 8 from
    300 on; explore: the whole catalogue, some items twice or three times.
    """
    return Retrieval(
        neighbours=np.tile(np.arange(16), (NUM_ITEMS, 1)),
        rated=(100 + 10 * np.arange(NUM_CATEGORIES)[:, None] + np.arange(8))[None],
        popular=200 + np.arange(12)[None, None],
        new=300 + np.arange(8)[None, None],
        explore=np.repeat(np.arange(NUM_ITEMS), FREQUENCY)[None],
        rating=np.arange(NUM_ITEMS, dtype=float),
        per_source=PER_SOURCE,
    )


@pytest.fixture(scope="module")
def lanes() -> tuple[State, BatchRNG]:
    keys = np.random.default_rng(0).integers(2**64, size=6000, dtype=np.uint64)
    lane = np.arange(len(keys))
    state = State(
        step=lane % 7,
        interest_item=lane % NUM_ITEMS,
        interest_category=lane % NUM_CATEGORIES,
        query_category=lane // NUM_CATEGORIES % (NUM_CATEGORIES + 1) - 1,
    )
    return state, BatchRNG(keys)


def test_every_source_gives_one_item_of_each_stratum_best_rated_first(retrieval, lanes):
    state, rng = lanes
    candidates = retrieval.draw(state, rng)
    assert candidates.shape == (6000, 20) == (6000, retrieval.num_candidates)
    by_source = dict(zip(Retrieval.SOURCES, candidates.reshape(6000, 5, PER_SOURCE).swapaxes(0, 1), strict=True))
    for rows in by_source.values():
        assert (np.diff(rows, axis=1) < 0).all()  # ratings rise with the row, so rows fall
    strata = np.arange(PER_SOURCE)[::-1]
    assert (by_source["similar"] // 4 == strata).all()  # 16 neighbours in 4 strata
    wanted = np.where(state["query_category"] >= 0, state["query_category"], state["interest_category"])
    assert ((by_source["rated"] - 100 - 10 * wanted[:, None]) // 2 == strata).all()  # lists of 8 in 4 strata
    assert ((by_source["popular"] - 200) // 3 == strata).all()
    assert ((by_source["new"] - 300) // 2 == strata).all()
    explored = by_source.pop("explore")
    taken = np.concatenate(list(by_source.values()), axis=1)
    assert not (explored[:, :, None] == taken[:, None]).any()
    stratum = explored // (NUM_ITEMS // PER_SOURCE)  # each quarter of the rows is a quarter of the list
    assert (stratum == strata).mean() > 0.99  # only an item that another source gave moves over an edge


def test_the_users_own_list_stands_in_for_the_latest_arrivals(retrieval, lanes):
    state, rng = lanes
    own = 400 + np.arange(8) + 8 * np.arange(6000)[:, None] % 4000
    candidates = dataclasses.replace(retrieval, own="mine").draw(State(state, mine=own), rng)
    theirs = candidates.reshape(6000, 5, PER_SOURCE)
    before = retrieval.draw(state, rng).reshape(6000, 5, PER_SOURCE)
    assert np.array_equal(theirs[:, :3], before[:, :3])
    assert ((theirs[:, 3] - own[:, :1]) // 2 == np.arange(PER_SOURCE)[::-1]).mean() > 0.99  # 8 in 4 strata
    assert retrieval.sources == Retrieval.SOURCES
    assert dataclasses.replace(retrieval, own="mine").sources == ("similar", "rated", "popular", "mine", "explore")


def test_similar_items_are_those_of_the_item_last_looked_at(retrieval, lanes):
    state, rng = lanes
    own = dataclasses.replace(retrieval, neighbours=np.arange(NUM_ITEMS * 4).reshape(-1, 4) % NUM_ITEMS)
    similar = own.draw(state, rng)[:, :PER_SOURCE]
    assert np.array_equal(np.sort(similar, axis=1), np.sort(own.neighbours[state["interest_item"]], axis=1))


def chi_square_z(counts: np.ndarray, expected: np.ndarray, num_strata: int) -> float:
    """How many standard deviations Pearson's statistic lies above its mean; the total of each stratum is given."""
    freedom = counts.size - num_strata
    return float((((counts - expected) ** 2 / expected).sum() - freedom) / math.sqrt(2 * freedom))


def test_within_a_stratum_all_items_are_equally_likely(retrieval, lanes):
    state, rng = lanes
    drawn = retrieval.draw(state, rng).reshape(6000, 5, PER_SOURCE)
    for source, first, length in (("similar", 0, 16), ("popular", 200, 12), ("new", 300, 8)):
        counts = np.bincount(drawn[:, Retrieval.SOURCES.index(source)].ravel() - first, minlength=length)
        assert abs(chi_square_z(counts, np.full(length, 6000 * PER_SOURCE / length), PER_SOURCE)) < 4.5
    place = drawn[:, 1].ravel() % 10  # of any category
    assert abs(chi_square_z(np.bincount(place, minlength=8), np.full(8, 3000.0), PER_SOURCE)) < 4.5
    tenths = np.bincount(drawn[:, 4].ravel() * 10 // NUM_ITEMS, minlength=10)  # each a tenth of the list
    assert (np.abs(tenths - 2400) < 4.5 * math.sqrt(2400)).all()


def test_explore_finds_an_item_as_often_as_it_stands_in_its_list(retrieval, lanes):
    """A list of 48 items that no other source names, each one to three times, and none of them in two strata."""
    items = 1000 + np.arange(48)
    few = dataclasses.replace(retrieval, explore=np.repeat(items, FREQUENCY[:48])[None])
    drawn = few.draw(*lanes).reshape(6000, 5, PER_SOURCE)[:, 4]
    counts = np.bincount(drawn.ravel() - 1000, minlength=48)
    expected = 6000 * FREQUENCY[:48] / 24  # strata of 24 places
    assert abs(chi_square_z(counts, expected, PER_SOURCE)) < 4.5


@given(st.integers(0, 2**32 - 1))
def test_candidates_are_distinct_even_where_all_sources_agree(seed):
    rng = np.random.default_rng(seed)
    num_items, days = 20, int(rng.integers(1, 4))
    retrieval = Retrieval(
        neighbours=rng.integers(num_items, size=(num_items, rng.integers(1, 9))),
        rated=rng.integers(num_items, size=(days, 2, rng.integers(1, 9))),
        popular=rng.integers(3, size=(days, rng.integers(1, 3), rng.integers(1, 9))),
        new=rng.integers(3, size=(days, rng.integers(1, 3), rng.integers(1, 9))),
        explore=np.sort(
            np.concatenate((np.tile(np.arange(num_items), (days, 1)), rng.integers(num_items, size=(days, 9))), 1)
        ),
        rating=rng.normal(size=num_items),
        per_source=4,
    )
    state = State(step=np.zeros(6, dtype=np.int64), day=rng.integers(9, size=6),
                  interest_item=rng.integers(num_items, size=6), interest_category=rng.integers(2, size=6),
                  query_category=rng.integers(-1, 2, size=6))  # fmt: skip
    candidates = retrieval.draw(state, BatchRNG(rng.integers(2**64, size=6, dtype=np.uint64)))
    assert (np.sort(candidates, axis=1) == np.arange(num_items)).all()  # twenty of twenty
    ratings = retrieval.rating[candidates].reshape(6, 5, 4)
    assert (np.diff(ratings, axis=2) <= 0).all()


@given(st.integers(0, 2**32 - 1))
def test_category_rankings(seed):
    rng = np.random.default_rng(seed)
    num_categories = int(rng.integers(1, 5))
    categories = np.concatenate((np.arange(num_categories), rng.integers(num_categories, size=6)))
    departments = (np.arange(num_categories) // 2)[categories]
    score = rng.integers(4, size=len(categories)).astype(float)  # ties
    length = int(rng.integers(1, len(categories) + 1))
    rankings = category_rankings(np.argsort(-score, kind="stable"), categories, departments, length)
    for category in range(num_categories):
        home = category // 2
        expected = sorted(
            range(len(categories)),
            key=lambda i: (0 if categories[i] == category else 1 if departments[i] == home else 2, -score[i], i),
        )
        assert rankings[category].tolist() == expected[:length]


def test_a_category_of_which_there_is_nothing_is_filled_from_its_department():
    categories, departments = np.array([0, 0, 1, 2, 3]), np.array([0, 0, 0, 1, 1])
    rankings = category_rankings(np.array([4, 1, 0]), categories, departments, 2)
    assert rankings.tolist() == [[1, 0], [1, 0], [4, 1], [4, 1]]


@given(st.data())
def test_lists_are_stretched_to_one_length(data):
    """Items keep their order, and each stands in its list about as often as any other."""
    ranking = st.lists(st.integers(0, 99), min_size=1, max_size=9, unique=True)
    num_lists = data.draw(st.integers(1, 3))
    editions = data.draw(st.lists(st.lists(ranking, min_size=num_lists, max_size=num_lists), min_size=1, max_size=3))
    found = stretched([[np.array(short) for short in edition] for edition in editions])
    assert found.shape == (len(editions), num_lists, max(len(short) for edition in editions for short in edition))
    for edition, lists in zip(editions, found.tolist(), strict=True):
        for short, long in zip(edition, lists, strict=True):
            assert list(dict.fromkeys(long)) == short
            counts = [long.count(row) for row in short]
            assert max(counts) - min(counts) <= 1


def test_every_day_has_its_edition_and_they_begin_anew(retrieval, lanes):
    state, rng = lanes
    later = dataclasses.replace(
        retrieval,
        **{name: np.concatenate((lists, 400 + lists % 100)) for name, lists in
           (("rated", retrieval.rated), ("popular", retrieval.popular), ("new", retrieval.new))},
        explore=np.concatenate((retrieval.explore, np.linspace(500, 999, retrieval.explore.size).astype(int)[None])),
    )  # fmt: skip
    days = np.arange(state.num_envs) % 5
    drawn, today = later.draw(State(state, day=days), rng), retrieval.draw(state, rng)
    assert (drawn[days % 2 == 0] == today[days % 2 == 0]).all()
    tomorrow = drawn[days % 2 == 1].reshape(-1, 5, PER_SOURCE)
    assert (tomorrow[:, 0] < 100).all() and (tomorrow[:, 1:4] >= 400).all() and (tomorrow[:, 4] >= 500).all()

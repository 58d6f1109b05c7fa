"""The search engine: what a query finds, who clicks on what, and that nothing visible gives the meaning away."""

from __future__ import annotations

import dataclasses

import gymnasium
import numpy as np
import pytest

import recgym
from recgym.env import RecVectorEnv
from recgym.randomness import BatchRNG
from recgym.rendering import story
from recgym.scenarios import search_words
from recgym.scenarios.builtin import builtin_catalog
from recgym.scenarios.search import Search
from recgym.state import State

NUM_ENVS = 1000
NUM_QUERIES = len(search_words.QUERIES)
if "Search-v0" not in gymnasium.registry:  # the package registers what has a measured gap
    recgym.register("Search-v0", "search")


@pytest.fixture(scope="module")
def envs() -> RecVectorEnv:
    envs = gymnasium.make_vec("Search-v0", num_envs=NUM_ENVS)
    envs.reset(seed=0)
    return envs


@pytest.fixture(scope="module")
def pairs() -> np.ndarray:
    """(num_meanings, 2) the query and the category of every meaning."""
    return np.array(search_words.meanings(builtin_catalog("search")))


def test_a_word_finds_all_its_meanings_and_a_refined_query_its_own(envs, pairs):
    items, retrieval = envs.simulator.items, envs.simulator.retrieval
    for [ranking] in (retrieval.rated, retrieval.popular, retrieval.new):
        assert len(ranking) == items.num_categories + NUM_QUERIES + len(pairs)
        of_queries = ranking[items.num_categories :]
        for query, rows in enumerate(of_queries[:NUM_QUERIES]):
            assert set(items.needs[rows]) == set(np.flatnonzero(pairs[:, 0] == query))
        for meaning, rows in enumerate(of_queries[NUM_QUERIES:]):
            assert set(rows) == set(np.flatnonzero(items.needs == meaning)) and len(set(rows)) == 6
        for category, rows in enumerate(retrieval.rated[0, : items.num_categories]):
            assert (items.categories[rows] == category).all()


def test_an_ambiguous_query_is_offered_several_meanings(envs, pairs):
    items, state = envs.simulator.items, envs.state
    asked = np.flatnonzero((state["query"] >= 0) & (state["query"] < NUM_QUERIES))
    assert len(asked) > NUM_ENVS / 2
    offered = items.needs[state["candidates"][asked]]
    own = pairs[offered, 0] == state["query"][asked, None]
    assert own.sum(axis=1).min() >= 9  # of twelve; what two sources name makes way for another page
    count = np.array([len(set(meanings[mine])) for meanings, mine in zip(offered, own, strict=True)])
    assert count.min() >= 2 and (count >= 3).mean() > 0.9
    meant = (offered == state["need"][asked, None]).any(axis=1)
    assert meant.mean() > 0.9


def test_pages_of_the_meaning_attract_and_others_hardly(envs):
    state = envs.state
    searching = state["need"] >= 0
    funnel = envs.simulator.response.funnel(state, state["candidates"])
    needed, click = funnel.needed[searching], funnel.click[searching]
    assert click[needed].mean() > 5 * click[~needed].mean()


def test_what_is_seen_does_not_tell_the_meaning(envs, pairs):
    """Everyone means the next meaning of their query: not a bit of what is seen changes."""
    state, sessions = envs.state, envs.sessions
    other = State({name: values.copy() for name, values in state.items()})
    ambiguous = (state["query"] >= 0) & (state["query"] < NUM_QUERIES)
    for lane in np.flatnonzero(ambiguous):
        same = np.flatnonzero(pairs[:, 0] == state["query"][lane])
        other["need"][lane] = same[(np.searchsorted(same, state["need"][lane]) + 1) % len(same)]
    assert (other["need"] != state["need"])[ambiguous].all()
    other["candidates"] = envs.simulator.retrieval.draw(other, envs._rng)
    other["candidate_features"] = envs.simulator.features.of(other, other["candidates"])
    np.testing.assert_array_equal(sessions.observe(other), sessions.observe(state))


def test_outcomes_say_what_became_of_searches(envs):
    world = envs.simulator
    rng = BatchRNG(np.random.default_rng(1).integers(2**64, size=NUM_ENVS, dtype=np.uint64))
    state, totals = world.reset(rng), dict.fromkeys(("answered", "reformulated", "abandoned"), 0.0)
    for _ in range(20):
        before, (state, _, _, info) = state, world.step(state, state["candidates"][:, 4:7], rng)
        outcome = info["outcome"]
        assert (sum(outcome[name] for name in totals) <= (before["need"] >= 0)).all()
        np.testing.assert_array_equal(outcome["pages_to_answer"], outcome["answered"] * (before["search_pages"] + 1))
        assert (outcome["abandoned"] <= (before["answered"] == 0)).all()
        for name in totals:
            totals[name] += outcome[name].sum()
    assert min(totals.values()) > NUM_ENVS / 10


def test_the_need_is_told_as_it_would_be_typed(envs, pairs):
    setting, state = envs.sessions.setting, envs.state
    lane = int(np.flatnonzero(state["need"] >= 0)[0])
    query = search_words.QUERIES[pairs[state["need"][lane], 0]]
    assert story.need(setting, state.take(np.array([lane]))).startswith(f"looking up: {query} ")
    assert setting.needs == search_words.SENTENCES.refinements(builtin_catalog("search"))


@pytest.mark.parametrize(
    ("column", "value", "complaint"),
    [
        ("meaning", 500.0, "meanings numbered 0, 1, ... without a gap, each of one query"),
        ("query", 3.0, "meanings numbered 0, 1, ... without a gap, each of one query"),
        ("query", 40.0, "whole numbers from 0 to 39 as query, got 40"),
        ("query", 0.5, "whole numbers from 0 to 39 as query, got 0.5"),
    ],
)
def test_a_catalogue_with_wrong_meanings_is_refused(column, value, complaint):
    catalog = builtin_catalog("search")
    changed = catalog.attributes[column].copy()
    changed[: 1 if complaint.startswith("meanings") else 6] = value  # the first meaning has six pages
    wrong = dataclasses.replace(catalog, attributes=catalog.attributes | {column: changed})
    with pytest.raises(ValueError, match=complaint):
        Search(catalog=wrong).DOMAIN.texts_of(wrong)

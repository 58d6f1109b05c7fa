"""The newspaper: articles arrive by the day, grow old and leave the front pages; readers do not read them twice."""

from __future__ import annotations

import dataclasses

import gymnasium
import numpy as np
import pytest

import recgym  # noqa: F401 registers the environments
from recgym.candidates import Retrieval
from recgym.dynamics import Calendar
from recgym.env import RecVectorEnv
from recgym.scenarios.builtin import builtin_catalog
from recgym.scenarios.news_wire import NUM_DAYS, Readers, Recency, age, arrival_days, editions
from recgym.state import State
from tests.dynamics_helpers import page

NUM_ENVS = 256


@pytest.fixture(scope="module")
def envs() -> RecVectorEnv:
    envs = gymnasium.make_vec("RecGym-News-v0", num_envs=NUM_ENVS)
    envs.reset(seed=0)
    for _ in range(8):
        envs.step(envs.action_space.sample())
    return envs


def test_as_many_articles_arrive_every_day_the_latest_on_the_last():
    catalog = builtin_catalog("news")
    days, hours = arrival_days(catalog), catalog.attributes["age_hours"]
    assert np.ptp(np.bincount(days, minlength=NUM_DAYS)) <= 1
    for day in range(1, NUM_DAYS):
        assert hours[days == day].max() <= hours[days == day - 1].min()


def test_a_flash_is_on_offer_for_three_days_and_a_long_read_for_fifteen():
    catalog = builtin_catalog("news")
    small = dataclasses.replace(catalog, attributes={**catalog.attributes, "depth": np.arange(catalog.num_items) % 2.0})
    offered, arrivals = editions(small, least=0), arrival_days(small)
    for row in range(0, catalog.num_items, 97):
        lasts = 15 if small.attributes["depth"][row] else 3
        found = [day for day, rows in enumerate(offered) if row in rows]
        assert found == sorted((arrivals[row] + np.arange(lasts)) % NUM_DAYS)


def test_an_edition_begins_with_the_latest_also_where_the_wire_begins_anew():
    catalog = builtin_catalog("news")
    for day, rows in enumerate(editions(catalog, least=20)):
        ages = age(arrival_days(catalog)[rows], day)
        assert ages[0] == 0 and (np.diff(ages) >= 0).all()
        hours = catalog.attributes["age_hours"][rows]
        assert (np.diff(hours)[np.diff(ages) == 0] >= 0).all()


def test_there_is_always_enough_to_offer():
    catalog = builtin_catalog("news")
    shallow = np.full(catalog.num_items, -0.25)
    flashes = dataclasses.replace(catalog, attributes={**catalog.attributes, "depth": shallow})
    for day, rows in enumerate(editions(flashes, least=200)):
        ages = age(arrival_days(flashes), day)
        assert len(set(rows)) == 200 and ages[rows].max() <= np.delete(ages, rows).min()  # the latest


def test_what_is_on_the_front_pages_is_of_the_day(envs):
    state, simulator = envs.state, envs.simulator
    ages = age(arrival_days(simulator.catalog)[state["candidates"]], state["day"][:, None])
    by_source = dict(zip(Retrieval.SOURCES, np.moveaxis(ages.reshape(NUM_ENVS, 5, -1), 1, 0), strict=True))
    # Where two sources name an article, one of them takes another of the day.
    on_offer = editions(simulator.catalog, least=simulator.num_candidates)
    each = simulator.retrieval.per_source
    for day, rows in zip(state["day"], state["candidates"], strict=True):
        assert np.isin(rows[each:], on_offer[day]).all()
    assert np.mean(by_source["new"] <= 3) > 0.85 and np.mean(by_source["similar"] >= 15) > 0.3  # the archive
    features = dict(zip(simulator.features.names, np.moveaxis(state["candidate_features"], 2, 0), strict=True))
    np.testing.assert_allclose(features["newness"], np.exp(-ages / 2), rtol=1e-6)


def test_the_calendar_counts_the_days_away():
    part, u = Calendar(10), np.array([[0.0], [0.55], [0.999]])
    state = State(step=np.zeros(3, dtype=np.int64))
    part.reset(state, u)
    assert state["day"].tolist() == [0, 5, 9]
    after = State(state, days_away=np.array([0.0, 3.0, 2.0]))
    part.step(state, after, *page([0]), u)
    assert after["day"].tolist() == [0, 8, 1] and state["day"].tolist() == [0, 5, 9]


@pytest.mark.parametrize("history_length", [1, 15])
def test_readers_remember_ten_pages_however_many_are_observed(history_length):
    usual, other = (RecVectorEnv("news", 32, action="item", observation="sequence", history_length=length)
                    for length in (10, history_length))  # fmt: skip
    for env in (usual, other):
        env.reset(seed=3)
        env.action_space.seed(0)
    for _ in range(20):
        actions = usual.action_space.sample()
        rewards = [env.step(actions)[1].tolist() for env in (usual, other)]
        assert rewards[0] == rewards[1]
    assert other.sessions.observe(other.state)["mask"].shape == (32, 3 * history_length)


def test_what_was_clicked_before_is_known_and_hardly_clicked_again():
    recency = Recency(np.array([5, 4, 3, 2, 1]))
    state = State(
        step=np.zeros(2, dtype=np.int64), day=np.array([5, 6]), need=np.array([-1, 2]), readiness=np.array([0.0, 0.0]),
        history_items=np.array([[[-1, -1], [0, 3]], [[1, 2], [0, 1]]]),
        history_events=np.array([[[0, 0], [0, 1]], [[2, 0], [0, 4]]], dtype=np.int8),
    )  # fmt: skip
    rows = np.array([[0, 3, 4], [0, 1, 2]])
    seen = recency.of(state, rows)
    np.testing.assert_allclose(seen[..., 0], np.exp(np.array([[-0.0, -3, -4], [-1, -2, -3]]) / 2), rtol=1e-6)
    assert seen[..., 1].tolist() == [[0, 1, 0], [0, 1, 0]]
    shifts = Readers(recency, newness=(0.5, 5.0, -1.5), read=3.0).of(state, rows)
    clicks = [[0.5, 0.5 * np.exp(-1.5) - 3, 0.5 * np.exp(-2)],
              [5 * np.exp(-0.5), 5 * np.exp(-1) - 3, 5 * np.exp(-1.5)]]  # fmt: skip
    np.testing.assert_allclose(shifts.click, clicks, rtol=1e-6)
    assert not (shifts.stay.any() or shifts.cart.any() or shifts.purchase.any())

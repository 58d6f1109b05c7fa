"""What the playground plays and tells, without the web."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gymnasium
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from baselines import saved, tuned
from baselines.registry import find
from baselines.task import Task
from recgym import ENVIRONMENTS
from recgym.actions import allowed_positions
from recgym.playground import policies
from recgym.playground.api import Games, NotThere, Playground
from recgym.playground.duel import Duel, fight
from recgym.playground.game import FIRST_USER, YOU, Game, Wrong
from recgym.playground.map import SHOWN_ITEMS, Map
from recgym.playground.policies import best_slates, open_model
from recgym.registration import CLASSICS, DOMAINS, register

NEWS = "RecGym-News-v0"
SECRETS = {"trust", "need", "readiness", "satiation", "interest", "bars", "tired", "chances", "curves", "truth"}


@pytest.fixture(scope="module")
def playground() -> Playground:
    """One for all tests: environments are made once."""
    return Playground()


def new(playground: Playground, first: str, second: str | None = None, user: int = 0, env_id: str = NEWS) -> Game:
    return playground.environment(env_id).new_game(user, first, second)


def keys(told: Any) -> set[str]:
    """All keys anywhere."""
    if isinstance(told, dict):
        return set(told).union(*map(keys, told.values()))
    return set().union(*map(keys, told)) if isinstance(told, list) else set()


# A game


def test_a_persons_session_is_that_of_the_environment(playground):
    game, env = new(playground, YOU, user=3), gymnasium.make(NEWS)
    env.reset(seed=FIRST_USER + 3)
    over, total, shown = False, 0.0, []
    while not over:
        slate = np.arange(3) + len(shown) % 15
        game.play([int(place) for place in slate])
        _, reward, terminated, truncated, info = env.step(slate)
        over, total = terminated or truncated, total + reward
        shown.append([env.unwrapped.simulator.catalog.titles[row] for row in info["slate"]])
    [side] = game.told()["sides"]
    assert [[card["title"] for card in page["slots"]] for page in side["pages"]] == shown
    assert side["return"] == total and side["over"] and game.over and not game.waits
    assert side["lost"] == terminated


def test_both_sides_meet_the_same_user(playground):
    game = new(playground, "best-rated", "best-rated")
    game.play(pages=5)
    first, second = game.told()["sides"]
    assert first == second and len(first["pages"]) == 5
    other = new(playground, "best-rated", user=1)
    assert other.told()["sides"][0]["user"]["says"] != first["user"]["says"]


def test_what_is_paid_is_the_sum_of_its_terms(playground):
    game = new(playground, "popular", "reference")
    game.play(pages=60)
    for side in game.told()["sides"]:
        for page in side["pages"]:
            assert page["reward"] == pytest.approx(sum(page["terms"].values()))
        assert side["return"] == pytest.approx(sum(page["reward"] for page in side["pages"]))
    assert game.over


def test_slots_left_open_are_filled(playground):
    game = new(playground, YOU)
    offered = game.told()["offered"]
    game.play([4])
    titles = [card["title"] for card in game.told()["sides"][0]["pages"][0]["slots"]]
    assert titles == [offered[place]["title"] for place in (4, 5, 6)]


def test_nothing_of_the_truth_is_told_before_it_is_asked_for(playground):
    game = new(playground, YOU, "reference")
    game.play([0, 1, 2])
    assert not keys(game.told()) & SECRETS
    hidden = game.hidden()["sides"]
    for side, truth in zip(game.sides, hidden, strict=True):
        bars = {bar["name"]: bar["value"] for bar in truth["bars"]}
        assert bars["trust"] == side.env.state["trust"][0] and truth["curves"]["trust"] == [bars["trust"]]
        funnel = side.env.simulator.response.funnel(side.env.state, side.env.state["candidates"])
        assert truth["chances"] == funnel.click[0].tolist()


def test_the_trail_goes_from_the_profile_to_what_was_liked(playground):
    game = new(playground, "reference")
    game.play(pages=30)
    [side] = game.sides
    embeddings, plane = side.env.simulator.items.embeddings, playground.environment(NEWS).teller.map
    fresh = new(playground, "reference").sides[0].env.state
    assert side.trail[0] == plane.at(fresh["profile"][0])
    assert len(side.trail) == 31 and side.trail[-1] == plane.at(side.env.state["liked"][0]) != side.trail[0]
    assert plane.item(7) == pytest.approx(plane.at(embeddings[7]), abs=1e-3)


@pytest.mark.parametrize(("positions", "pages", "message"), [
    (None, 1, "you play"),
    ([], 1, "3 places, got 0 items"),
    ([0, 1, 2, 3], 1, "3 places, got 4 items"),
    ([0, 0], 1, "an item once"),
    ([20], 1, "from 0 to 19, got 20"),
    ([-1], 1, "from 0 to 19, got -1"),
    ([True], 1, "got True"),
    ([1.0], 1, "got 1.0"),
    (["0"], 1, "got '0'"),
    ([0], 2, "expected 1 because you choose"),
])  # fmt: skip
def test_a_page_that_cannot_be_shown_changes_nothing(playground, positions, pages, message):
    game = new(playground, YOU)
    before = game.told()
    with pytest.raises(Wrong, match=message):
        game.play(positions, pages)
    assert game.told() == before


def test_only_a_person_chooses_and_only_until_the_end(playground):
    game = new(playground, "random")
    with pytest.raises(Wrong, match="only policies play"):
        game.play([0])
    game.play(pages=60)
    with pytest.raises(Wrong, match="start another"):
        game.play()


def test_threads_share_a_game(playground):
    game = new(playground, "popular", "best-rated")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: (game.play(), game.told()), range(20)))
    alone = new(playground, "popular", "best-rated")
    alone.play(pages=20)
    assert game.told() == alone.told()


@pytest.mark.parametrize("env_id", ENVIRONMENTS)
def test_every_environment_can_be_watched_and_played(playground, env_id):
    game = new(playground, YOU, "random", env_id=env_id)
    places = list(range(playground.environment(env_id).slate_size))
    for _ in range(2):
        game.play(places)
    told = game.told()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert json.dumps(game.hidden(), allow_nan=False)
    assert all(len(side["pages"]) == 2 for side in told["sides"])
    assert len(told["offered"]) == playground.environment(env_id).num_candidates
    for card in (*told["offered"], *told["sides"][0]["pages"][0]["slots"]):
        assert card["title"] and (card["at"] is None) == (env_id in CLASSICS)


# The map


def test_the_map_of_a_plane_keeps_all_distances():
    rng = np.random.default_rng(0)
    plane = np.linalg.qr(rng.normal(size=(6, 2)))[0]
    flat = rng.normal(size=(50, 2)) * (3.0, 1.0)
    found = Map.of_items((flat @ plane.T + 5).astype(np.float32))
    between = np.linalg.norm(flat[:, None] - flat[None], axis=2)
    assert np.linalg.norm(found.points[:, None] - found.points[None], axis=2) == pytest.approx(between, abs=1e-5)
    assert found.share == pytest.approx(1.0)
    assert found.points.var(axis=0)[0] > found.points.var(axis=0)[1]


def test_the_map_is_that_of_the_singular_vectors():
    rows = np.random.default_rng(1).normal(size=(200, 8)).astype(np.float32)
    found = Map.of_items(rows)
    _, values, _ = np.linalg.svd(rows - rows.mean(axis=0))
    assert found.share == pytest.approx((values[:2] ** 2).sum() / (values**2).sum(), rel=1e-4)
    assert np.linalg.norm(found.points, axis=0) == pytest.approx(values[:2], rel=1e-4)
    assert (found.points[np.abs(found.points).argmax(axis=0), (0, 1)] > 0).all()
    assert found.at(np.zeros(8)) is None
    assert found.at(rows[0]) == found.at(7 * rows[0])  # a direction


@pytest.mark.parametrize("num_items", [3, SHOWN_ITEMS, 5 * SHOWN_ITEMS + 1])
def test_the_map_shows_so_many_items_at_most(num_items):
    rows = Map.of_items(np.random.default_rng(0).normal(size=(num_items, 4)).astype(np.float32)).sample()
    assert len(rows) == min(num_items, SHOWN_ITEMS) and rows[0] == 0 and rows[-1] == num_items - 1
    assert (np.diff(rows) > 0).all()


# Policies


def test_a_ranking_shows_the_highest(playground):
    offers = playground.environment(NEWS).offers
    env, policy = offers["by clickbait"].open(4)
    observations, _ = env.reset(seed=0)
    column = env.simulator.features.names.index("clickbait")
    for lane, slate in enumerate(policy.act(env, observations)):
        scores = env.state["candidate_features"][lane, :, column].tolist()
        assert [scores[place] for place in slate] == sorted(scores, reverse=True)[:3]


def test_chance_shows_every_candidate_equally_often(playground):
    env, policy = playground.environment(NEWS).offers["random"].open(4000)
    observations, _ = env.reset(seed=0)
    slates = policy.act(env, observations)
    assert all(len(set(slate)) == 3 for slate in slates.tolist())
    counts = np.bincount(slates.ravel(), minlength=20)
    assert stats.chisquare(counts).pvalue > 1e-4


def test_what_may_not_be_shown_is_not_shown():
    allowed = np.ones((1, 5), dtype=bool)
    allowed[0, 4] = False
    state = {"candidates": np.arange(5)[None], "allowed": allowed}
    env = SimpleNamespace(state=state, simulator=SimpleNamespace(slate_size=2))
    assert (allowed_positions(state) == allowed).all()
    assert best_slates(env, np.array([[0.0, 1, 2, 3, 4]])).tolist() == [[3, 2]]


def test_policies_come_by_entry_points(monkeypatch):
    brought = policies.Offer("brought", "Kind", "a policy of another package", lambda num_envs: None)
    entry = SimpleNamespace(load=lambda: lambda env: [brought] if env.spec.id == NEWS else [])
    monkeypatch.setattr(policies, "entry_points", lambda group: [entry] if group == policies.POLICIES else [])
    playground = Playground()
    assert next(iter(playground.environment(NEWS).offers)) == "brought"
    assert "brought" not in playground.environment("RecGym-Video-v0").offers
    with pytest.raises(ValueError, match=r'm.zip: no installed package opens models; try: pip install -e "\.\[base'):
        open_model(Path("m.zip"))


def test_own_environments_stand_before_the_others():
    register("OwnNews-v0", "news", slate_size=2)
    try:
        playground = Playground(own=["OwnNews-v0"])
        assert [one["id"] for one in playground.environments()["environments"]] == ["OwnNews-v0", *ENVIRONMENTS]
        game = playground.new_game("me", {"environment": "OwnNews-v0", "first": "popular"})
        assert len(playground.step("me", game["id"], {})["sides"][0]["pages"][0]["slots"]) == 2
    finally:
        gymnasium.registry.pop("OwnNews-v0")


@pytest.mark.parametrize("env_id", ENVIRONMENTS)
def test_the_baselines_that_need_no_training_are_offered(playground, env_id):
    offers = playground.environment(env_id).offers
    assert offers["myopic"].privileged and not offers["random"].privileged
    searched = tuned.path(env_id).exists()  # what goes by numbers that nobody has searched for yet is left out
    assert ("linear" in offers) == (env_id in DOMAINS and searched)
    assert ("reference" in offers) == (env_id in CLASSICS or searched)


def test_a_saved_model_plays(tmp_path):
    path = tmp_path / "mine.zip"
    task = Task(NEWS, "item", 0)
    saved.save(path, find("best-rated").train(task), "best-rated", task)
    playground = Playground([path])
    assert playground.environments()["environments"][0]["id"] == NEWS
    assert playground.environment(NEWS).about()["policies"][0] == {
        "name": "mine", "kind": "Trained", "summary": "best-rated, action='item', trained for 0 steps",
        "privileged": False,
    }  # fmt: skip
    game = new(playground, "mine")
    game.play(pages=3)
    env = gymnasium.make(NEWS, action="item")
    env.reset(seed=FIRST_USER)
    recommender, total = find("best-rated").train(task), 0.0
    lanes = task.lanes(1)
    observations, _ = lanes.reset(seed=FIRST_USER)
    for _ in range(3):
        [lead] = action = recommender.act(lanes, observations)
        observations, *_ = lanes.step(action)
        total += env.step(lead)[1]
    assert game.told()["sides"][0]["return"] == total


@pytest.mark.parametrize("content", [None, b"no zip"])
def test_a_file_that_is_no_model_is_refused(tmp_path, content):
    path = tmp_path / "m.zip"
    if content:
        path.write_bytes(content)
    with pytest.raises(ValueError, match="m.zip"):
        Playground([path])


def test_a_policy_that_fills_slot_by_slot_shows_whole_pages(tmp_path):
    path, task = tmp_path / "slots.zip", Task(NEWS, "sequential", 0)
    saved.save(path, find("best-rated").train(task), "best-rated", task)
    playground = Playground([path])
    game = new(playground, "slots", "best-rated")  # the same ranking in whole slates
    game.play(pages=4)
    first, second = game.told()["sides"]
    assert first["pages"] == second["pages"] and first["return"] == second["return"]


# Twenty sessions


def test_a_duel_is_twenty_games(playground):
    environment = playground.environment(NEWS)
    duel = fight(environment.offers["popular"], environment.offers["reference"], user=40)
    for session in (0, 7, 19):
        game = new(playground, "popular", "reference", user=40 + session)
        game.play(pages=60)
        assert [side["return"] for side in game.told()["sides"]] == [duel.first[session], duel.second[session]]


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=20, max_size=20))
def test_the_interval_is_that_of_a_paired_t_test(returns):
    first, second = np.array(returns).T
    duel = Duel(first, second)
    told = duel.told()
    assert told["wins"] == sum(a > b for a, b in returns) and told["losses"] == sum(a < b for a, b in returns)
    if np.ptp(first - second) < 1e-6:
        return
    low, high = stats.ttest_rel(first, second).confidence_interval()
    assert told["mean"] == pytest.approx((low + high) / 2, abs=1e-9)
    assert told["half_width"] == pytest.approx((high - low) / 2, rel=1e-5)


# What can be asked


def test_games_are_limited_and_the_oldest_goes_first():
    games = Games(per_browser=2, most=3)
    mine = [games.add("me", object()) for _ in range(3)]
    with pytest.raises(NotThere, match="oldest of more than 2"):
        games.find("me", mine[0])
    other = games.add("other", object())
    assert games.find("me", mine[1]) and games.find("other", other)
    with pytest.raises(NotThere):  # nobody finds the game of somebody else
        games.find("other", mine[1])
    games.find("me", mine[1])  # used, so that another is the oldest
    games.add("third", object())
    assert games.find("me", mine[1])
    with pytest.raises(NotThere):
        games.find("me", mine[2])


@pytest.mark.parametrize(("asked", "problem", "message"), [
    ([], Wrong, "expected a JSON object"),
    ({}, Wrong, "missing: environment, first"),
    ({"environment": NEWS, "first": "you", "opponent": "random"}, Wrong,
     "unknown field 'opponent'; the fields are environment"),
    ({"environment": "RecGym-New-v0", "first": "you"}, NotThere, "Did you mean 'RecGym-News-v0'"),
    ({"environment": [], "first": "you"}, NotThere, "no environment"),
    ({"environment": NEWS, "first": "popul"}, Wrong, "first: .*Did you mean 'popular'"),
    ({"environment": NEWS, "first": 3}, Wrong, "first: expected one of"),
    ({"environment": NEWS, "first": "random", "second": "you"}, Wrong, "second: expected one of"),
    ({"environment": NEWS, "first": "random", "user": -1}, Wrong,
     "user: expected a whole number of at least 0, got -1"),
    ({"environment": NEWS, "first": "random", "user": 10**7}, Wrong, "user: expected at most 999980"),
    ({"environment": NEWS, "first": "random", "user": "x"}, Wrong, "user: expected a whole number"),
])  # fmt: skip
def test_a_game_that_cannot_be_started(playground, asked, problem, message):
    with pytest.raises(problem, match=message):
        playground.new_game("me", asked)


PLAYED = Playground()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["environment", "first", "second", "user", "slots", "pages", "x"]), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=150)
@given(asked=JSON)
def test_whatever_is_asked_is_done_or_answered(asked):
    game = PLAYED.new_game("me", {"environment": NEWS, "first": "you"})
    for act in (
        lambda: PLAYED.new_game("me", asked), lambda: PLAYED.duel(asked), lambda: PLAYED.step("me", game["id"], asked)
    ):  # fmt: skip
        try:
            act()
        except (Wrong, NotThere) as problem:
            assert str(problem)

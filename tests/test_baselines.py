"""Recommenders that do not learn, the search that tunes them, and the bounds they set."""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from scipy import stats

from baselines import bounds, learn, learning, processes, results, search, tune, tuned
from baselines.__main__ import main
from baselines.algorithms import DEFAULTS, TUNED, VIEWS
from baselines.heuristics import HEURISTICS, LinearRanker, RandomRecommender, heuristic, heuristics, tuned_linear_ranker
from baselines.intervals import mean_of, paired_p_value, ratio_of
from baselines.learning import Row
from baselines.oracles import MYOPIC, PrivilegedRecommender, best_query, expected_effects, reference
from baselines.recommender import EVALUATION_SEED, SEED_STRIDE, Evaluation, evaluate, make_lanes
from recgym.actions import VIEWS as ACTIONS
from recgym.actions import rows_at
from recgym.dynamics import Trust
from recgym.randomness import BatchRNG
from recgym.registration import DOMAINS
from recgym.testing import HashingEncoder, small_catalog

ENV_ID = "RecGym-Ecommerce-v0"
SMALL = {"catalog": small_catalog(), "encoder": HashingEncoder(), "embedding_dim": 8}
PRICES = ("trust", "trust_low", "readiness", "readiness_high", "inspired", "met", "click")
FAR_SIGHTED = PrivilegedRecommender(dict.fromkeys(PRICES, 0.5), "far-sighted")


def lanes(view: str, num_envs: int = 8, **settings):
    """A small shop, ready to be acted on."""
    env = make_lanes(ENV_ID, num_envs, action=view, **SMALL, **settings)
    env.reset(seed=5)
    return env


def shown_features(env, positions):
    """(num_envs, num_shown, num_features) of the candidates at some positions."""
    return np.take_along_axis(env.state["candidate_features"], positions[..., None], axis=1)


# Heuristics


@pytest.mark.parametrize("name", HEURISTICS)
def test_a_heuristic_shows_the_top_of_its_feature(name):
    [(feature, sign)] = HEURISTICS[name].items()
    env = lanes("slate")
    column = env.simulator.features.names.index(feature)
    env.step(env.action_space.sample())  # so that something was looked at, and "liked" is not the same for all
    worth = sign * env.state["candidate_features"][..., column]
    slates = heuristic(name, env).act(env, None)
    np.testing.assert_array_equal(
        np.take_along_axis(worth, slates, axis=1), -np.sort(-worth, axis=1)[:, : env.simulator.slate_size]
    )
    assert all(len(set(slate)) == len(slate) for slate in slates.tolist())


def test_the_heuristics_are_named_and_a_misspelt_one_is_told():
    env = lanes("slate")
    assert [one.name for one in heuristics(env)] == list(HEURISTICS)
    with pytest.raises(ValueError, match="unknown heuristic 'popullar'.*Did you mean 'popular'"):
        heuristic("popullar", env)


@pytest.mark.parametrize("view", ACTIONS)
def test_random_actions_are_valid_varied_and_reproducible(view):
    env = lanes(view)
    agents = (RandomRecommender(3), RandomRecommender(3))
    one, two = (np.stack([agent.act(env, None) for _ in range(20)]) for agent in agents)
    np.testing.assert_array_equal(one, two)
    assert all(env.action_space.contains(actions) for actions in one)
    assert np.unique(one).size > 15


def test_a_linear_ranker_shows_the_same_in_every_view_that_can_say_it():
    weights = np.random.default_rng(1).normal(size=9)
    found = {view: evaluate(LinearRanker(weights), make_lanes(ENV_ID, 20, action=view, **SMALL), 7)
             for view in ("slate", "sequential", "proto")}  # fmt: skip
    for view in ("sequential", "proto"):
        np.testing.assert_array_equal(found[view].returns, found["slate"].returns)
        np.testing.assert_array_equal(found[view].clicks, found["slate"].clicks)
    env = lanes("item")
    scores = env.state["candidate_features"] @ weights
    np.testing.assert_array_equal(LinearRanker(weights).act(env, None), scores.argmax(axis=1))


def test_a_ranker_without_weights_is_still_a_valid_query():
    env = lanes("proto")
    assert env.action_space.contains(LinearRanker(np.zeros(9)).act(env, None).copy())


# Evaluation


@pytest.mark.parametrize("view", ACTIONS)
def test_evaluation_counts_every_page_of_every_session_also_the_last(view):
    settings = {"action": view, "session_length": 12, **SMALL}
    found = evaluate(MYOPIC, make_lanes(ENV_ID, 40, **settings), seed=3)
    rewards = np.zeros(40)
    counts = np.zeros((5, 40))
    env = gymnasium.make_vec(ENV_ID, num_envs=1, autoreset_mode="Disabled", **settings)
    for lane in range(40):
        env.reset(seed=3 + lane)
        over = False
        while not over:
            _, reward, terminated, truncated, info = env.step(MYOPIC.act(env, None))
            rewards[lane] += reward[0]
            if "slate" in info:
                events = (info[name][0].sum() for name in ("clicked", "carted", "purchased"))
                counts[:, lane] += (1, (info["slate"][0] >= 0).sum(), *events)
            over = terminated[0] or truncated[0]
    np.testing.assert_array_equal(found.returns, rewards)
    np.testing.assert_array_equal(
        (found.lengths, found.impressions, found.clicks, found.saved, found.committed), counts
    )
    assert found.lengths.max() == 12
    assert found.impressions.sum() == found.lengths.sum() * env.simulator.slate_size


def test_a_slate_without_filling_counts_only_what_was_shown():
    env = make_lanes(ENV_ID, 5, action="item", fill="none", session_length=4, **SMALL)
    found = evaluate(heuristic("popular", env), env, 0)
    np.testing.assert_array_equal(found.impressions, found.lengths)


# Privileged policies


def test_expected_effects_are_the_means_of_simulated_pages():
    """Reward and trust of whole pages, against what happened, over users in many moods."""
    env = make_lanes(ENV_ID, 4000)
    env.reset(seed=0)
    simulator = env.simulator
    trust = simulator.part(Trust)
    surplus, drift, purchases = [], [], 0
    for _ in range(12):
        state, slates = env.state, FAR_SIGHTED.act(env, None)
        effects = {
            name: (np.take_along_axis(values, slates, axis=1) * simulator.response.examination).sum(axis=1)
            for name, values in expected_effects(simulator, state).items()
            if name in ("reward", "trust")
        }
        before = state["trust"].copy()
        _, reward, _, _, info = env.step(slates)
        inside = (before > 0.4) & (before < 0.7)  # one page does not push these to a bound of [0, 1]
        forgotten = trust.forgetting * (trust.neutral - before)
        told = info["_slate"]
        purchases += info["purchased"][told].sum()
        surplus.append((reward - effects["reward"])[told])
        drift.append((info["truth"]["trust"] - before - forgotten - effects["trust"])[told & inside])
    for differences in map(np.concatenate, (surplus, drift)):
        error = differences.std() / np.sqrt(len(differences))
        assert abs(differences.mean()) < 4 * error
    assert purchases > 1000


def test_without_prices_the_privileged_policy_shows_the_highest_expected_rewards():
    env = lanes("slate")
    rewards = expected_effects(env.simulator, env.state)["reward"]
    best = np.argsort(-rewards, axis=1, kind="stable")[:, : env.simulator.slate_size]
    np.testing.assert_array_equal(MYOPIC.act(env, None), best)
    assert not np.array_equal(FAR_SIGHTED.scores(env), MYOPIC.scores(env))


def worth_of_leads(env, scores):
    """(num_envs, num_candidates) what the slate of every lead is worth, by the chance with which users look at it."""
    num_envs, rng = len(scores), BatchRNG(np.arange(len(scores), dtype=np.uint64))
    worth = np.empty(scores.shape)
    for lead in range(env.simulator.num_candidates):
        shown = env.sessions.view.slates_by_lead(env.state, np.full(num_envs, lead))
        looked_at = env.simulator.response.respond(env.state, rows_at(env.state, shown), rng).examination
        worth[:, lead] = (np.take_along_axis(scores, shown, axis=1) * looked_at).sum(axis=1)
    return worth


@pytest.mark.parametrize("response", [None, "mnl", "cascade", "user_browsing"])
def test_best_lead_is_the_best_of_all_leads(response):
    """By the environment's own choice model."""
    env = lanes("item", 6, response=response)
    worth = worth_of_leads(env, FAR_SIGHTED.scores(env))
    np.testing.assert_array_equal(FAR_SIGHTED.act(env, None), worth.argmax(axis=1))


def test_best_lead_is_within_the_limits():
    """A client may not be shown everything, and the best slate of all often has such a lead."""
    env = make_lanes("RecGym-Finance-v0", 64, action="item")
    env.reset(seed=5)
    worth, allowed = worth_of_leads(env, MYOPIC.scores(env)), env.state["allowed"]
    assert not allowed[np.arange(64), worth.argmax(axis=1)].all()
    np.testing.assert_array_equal(MYOPIC.act(env, None), np.where(allowed, worth, -np.inf).argmax(axis=1))


def worth_of(queries, features, scores):
    """(num_queries,) what the three items that each query ranks first are worth on one page."""
    ranked = np.argsort(-(features @ queries.T), axis=0, kind="stable")[:3]
    return scores[ranked].sum(axis=0)


def test_best_query_says_what_is_linear_in_the_features():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(50, 20, 9)).astype(np.float32)
    direction = rng.normal(size=9)
    scores = features @ direction
    queries = best_query(features, scores)
    assert np.abs(queries).max() == 1.0
    reached = [worth_of(query[None], *page)[0] for query, *page in zip(queries, features, scores, strict=True)]
    best = np.sort(scores, axis=1)[:, -3:].sum(axis=1)
    assert np.sum(reached) > 0.999 * best.sum()


def test_best_query_comes_near_the_best_of_all_directions():
    rng = np.random.default_rng(1)
    features = rng.normal(size=(60, 20, 2)).astype(np.float32)
    scores = np.tanh(features @ (1.0, 0.6)) + 0.3 * rng.normal(size=(60, 20))
    angles = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    directions = np.stack((np.cos(angles), np.sin(angles)), axis=1)
    reached, best, middle = np.transpose([
        (worth_of(query[None], *page)[0], worth_of(directions, *page).max(), 3 * page[1].mean())
        for query, *page in zip(best_query(features, scores), features, scores, strict=True)
    ])  # fmt: skip
    assert (reached <= best + 1e-9).all()
    assert (reached - middle).sum() > 0.75 * (best - middle).sum()


# Search and what it found


def test_cross_entropy_finds_the_top_of_a_quadratic(monkeypatch):
    top, told = np.array([1.5, -2.0, 0.5]), []

    def quadratic(numbers, env, seed):
        told.append(seed)
        nothing = np.zeros(1, dtype=np.int64)
        return Evaluation(np.array([-((numbers - top) ** 2).sum()]), *[nothing] * 5)

    monkeypatch.setattr(search, "evaluate", quadratic)
    reports = []
    found = search.cross_entropy(lambda x: x, None, np.zeros(3), np.ones(3), generations=25, population=40, seed=4,
                                 report=lambda *report: reports.append(report))  # fmt: skip
    np.testing.assert_allclose(found, top, atol=0.05)
    assert len(reports) == len(told) == 25 * 40 and reports[-1][0] == 25
    assert sorted(set(told)) == [4 + search.SESSION_STRIDE * generation for generation in range(1, 26)]


def test_no_tuning_or_training_session_is_ever_evaluated():
    assert tune.SEED + search.SESSION_STRIDE * tune.GENERATIONS + tune.SESSIONS < EVALUATION_SEED
    assert max(one.get("num_envs", 1) for one in (DEFAULTS, *TUNED.values())) <= SEED_STRIDE
    assert SEED_STRIDE * 100 < EVALUATION_SEED


@pytest.mark.parametrize("view", ACTIONS)
@pytest.mark.parametrize("env_id", DOMAINS)
def test_every_domain_is_tuned(env_id, view):
    env = make_lanes(env_id, 50, action=view)
    agents = (RandomRecommender(), tuned_linear_ranker(env), reference(env_id, view))
    returns = [evaluate(agent, env, 77).mean for agent in agents]
    assert returns == sorted(returns)


@pytest.fixture
def empty_folder(tmp_path, monkeypatch):
    """Nothing is tuned; what a test tunes is kept for itself."""
    monkeypatch.setattr(tuned, "FOLDER", tmp_path)
    return tmp_path


def test_tune_writes_every_view_that_has_numbers_of_its_own(empty_folder, monkeypatch, capsys):
    monkeypatch.setattr(tune, "SESSIONS", 3)
    monkeypatch.setattr(tune, "GENERATIONS", 1)
    assert main(["tune", ENV_ID, "--action", "sequential"]) == 0
    path = empty_folder / f"{ENV_ID}.json"
    first = json.loads(path.read_text())
    assert list(first) == ["slate"] and set(first["slate"]["prices"]) == set(PRICES)
    assert reference(ENV_ID, "sequential").prices == first["slate"]["prices"]
    assert main(["tune", ENV_ID]) == 0
    both = json.loads(path.read_text())
    assert list(both) == ["slate", "item", "proto"] and both["slate"] == first["slate"]
    assert [one.name for one in empty_folder.iterdir()] == [path.name]
    assert str(path) in capsys.readouterr().out


def test_what_is_not_tuned_is_told_with_the_command_that_does_it(empty_folder, capsys):
    with pytest.raises(tuned.NotTuned, match=f"python -m baselines tune {ENV_ID} --action item"):
        reference(ENV_ID, "item")
    tuned.save(ENV_ID, "slate", {"prices": {"trsut": 1.0}, "linear": {"liked": 1.0}})
    with pytest.raises(tuned.NotTuned, match="expected 'linear' of liked, exposed, .*, found liked. Run"):
        tuned_linear_ranker(make_lanes(ENV_ID, 2))
    with pytest.raises(ValueError, match="expected some of click, trust, .*, got trsut"):
        reference(ENV_ID, "sequential").scores(lanes("sequential"))
    with pytest.raises(ValueError, match="gymnasium.make_vec"):
        env = lanes("slate")
        env.spec = None
        tuned_linear_ranker(env)
    assert main(["bounds", ENV_ID, "--episodes", "2", "--action", "proto"]) == 2
    assert f"Run: python -m baselines tune {ENV_ID} --action proto" in capsys.readouterr().err


@pytest.fixture
def own_shop(tmp_path, monkeypatch):
    """A module in the working folder, as somebody's own would be, that registers a small shop."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tune, "SESSIONS", 3)
    monkeypatch.setattr(tune, "GENERATIONS", 1)
    Path("own_shop.py").write_text(
        "import recgym\nfrom recgym.testing import HashingEncoder, small_catalog\n"
        'recgym.register("OwnShop-v0", "ecommerce", catalog=small_catalog(), encoder=HashingEncoder(8), '
        "embedding_dim=8)\n"
    )
    yield "own_shop:OwnShop-v0"
    gymnasium.registry.pop("OwnShop-v0", None)
    sys.modules.pop("own_shop", None)
    sys.path[:] = [place for place in sys.path if place != str(tmp_path)]


def test_the_gap_of_an_own_shop_is_measured_like_any_other(own_shop, capsys):
    assert main(["bounds", own_shop, "--action", "slate"]) == 2
    assert "Run: python -m baselines tune MODULE:OwnShop-v0 --action slate" in capsys.readouterr().err
    assert main(["tune", own_shop, "--action", "slate"]) == 0
    assert main(["bounds", own_shop, "--action", "slate", "--episodes", "4"]) == 0
    assert "Looking ahead is worth" in capsys.readouterr().out
    found = {str(path) for path in Path().rglob("*.json")}
    assert found == {"results/tuned/OwnShop-v0.json", "results/bounds/OwnShop-v0-bounds.json"}


def test_agents_are_trained_compared_and_watched_in_an_own_shop(own_shop, tmp_path, monkeypatch, capsys):
    """Other processes learn of it too."""
    assert main(["tune", own_shop, "--action", "slate"]) == 0
    assert main(["train", "popular", own_shop, "--save", "m.zip"]) == 0
    sizes = ["--seeds", "1", "--sessions", "2"]
    assert main(["run", "--envs", own_shop, "--algos", "popular", *sizes, "--out", "measured"]) == 0
    found = results.read_table(Path("measured") / "rows.csv")
    assert [(row["env_id"], row["baseline"], row["status"]) for row in found] == [
        ("OwnShop-v0", name, "measured") for name in ("popular", "random", "reference")]  # fmt: skip
    brief = Row("brief", "PPO", "slate", 64, {"num_envs": 2, "n_steps": 4, "batch_size": 8}, 0.5)
    monkeypatch.setattr(learn, "ROWS", [brief])
    monkeypatch.setattr(learning, "EPISODES", 4)
    monkeypatch.setattr(processes, "run", lambda function, calls, jobs: enumerate(function(*call) for call in calls))
    assert main(["learn", own_shop, "--seeds", "1", "--jobs", "1"]) == 0
    assert len(learning.load(Path("results/learning/OwnShop-v0-learning.csv"))) == 1
    assert main(["play", "m.zip", "--env", own_shop]) == 0
    assert main(["latency", "m.zip", "--env", own_shop, "--requests", "2"]) == 0
    gymnasium.registry.pop("OwnShop-v0")
    assert main(["play", "m.zip"]) == 2
    assert "If it is one of yours, name it beside the file: MODULE:OwnShop-v0" in capsys.readouterr().err


def test_what_is_measured_otherwise_does_not_replace_what_is_published(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["bounds", ENV_ID, "--action", "slate", "--episodes", "3"]) == 0
    assert [str(path) for path in Path().rglob("*.json")] == [f"results/bounds/{ENV_ID}-bounds.json"]


# Intervals


def test_intervals_of_known_answers():
    one = mean_of(np.array([1.0, 2.0, 3.0]))
    assert one.value == 2 and one.half_width == pytest.approx(stats.t.ppf(0.975, 2) / np.sqrt(3))
    assert np.isnan(mean_of(np.array([1.0])).half_width)
    below = np.array([1.0, 2.0, 5.0])
    exact = ratio_of(3 * below, below)
    assert (exact.value, exact.half_width) == (3, 0)
    assert (str(exact), str(one)) == ("3.000 ±0.000", "2.00 ±2.48")


def test_the_interval_of_a_ratio_covers_it_95_times_in_100():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(2000):
        below = rng.gamma(4.0, size=100)
        found = ratio_of(0.5 * below + rng.normal(size=100), below)
        covered += abs(found.value - 0.5) < found.half_width
    assert 0.93 < covered / 2000 < 0.97


# Bounds


def kept_rows(view, random):
    """A view as if random pages had returned something else."""
    return {**view, "rows": [row | {"return": random} if row["name"] == "random" else row for row in view["rows"]]}


def test_bounds_are_paired_reproducible_and_kept(tmp_path, capsys):
    command = ["bounds", ENV_ID, "--episodes", "30", "--out", str(tmp_path)]
    assert main([*command, "--action", "slate"]) == 0
    path = tmp_path / f"{ENV_ID}-bounds.json"
    first = path.read_bytes()
    assert main([*command, "--action", "slate"]) == 0 and path.read_bytes() == first
    assert main([*command, "--action", "item"]) == 0
    kept = json.loads(path.read_text())
    assert kept["views"]["slate"] == json.loads(first)["views"]["slate"] and list(kept["views"]) == ["slate", "item"]
    del kept["views"]["item"]
    views = kept.pop("views")
    assert kept == {"env_id": ENV_ID, "episodes": 30, "seed": EVALUATION_SEED}, "nothing that a rerun would change"
    rows = {row["name"]: row for row in views["slate"]["rows"]}
    assert (rows["random"]["score"], rows["random"]["score_half_width"]) == (0, 0)
    assert (rows[reference(ENV_ID, "slate").name]["score"]) == 1
    assert list(rows)[1:6] == list(HEURISTICS)
    out = capsys.readouterr().out
    assert "far-sighted reference (privileged)" in out and "Looking ahead is worth" in out
    path.write_text(json.dumps(kept | {"views": {"slate": kept_rows(views["slate"], random=9.0)}}))
    assert main([*command, "--action", "item"]) == 2
    assert "random pages returned 9.0000, and now" in capsys.readouterr().err
    assert main([*command[:3], "20", *command[4:], "--action", "proto"]) == 0
    assert list(json.loads(path.read_text())["views"]) == ["proto"], "views measured in another way do not stay"


def test_the_score_and_the_gap_are_what_they_say():
    known = bounds.measure(ENV_ID, "slate", 40)
    floor, far = known.random.returns, known.reference.returns
    near = known.evaluations[MYOPIC.name].returns
    assert known.score(known.evaluations[MYOPIC.name]).value == pytest.approx(
        (near.mean() - floor.mean()) / (far.mean() - floor.mean())
    )
    assert known.gap.share.value == pytest.approx(1 - near.mean() / far.mean())
    assert known.gap.p_value == pytest.approx(paired_p_value(far, near)) and known.gap.p_value < 0.05
    best = max(HEURISTICS, key=lambda name: known.evaluations[name].mean)
    assert known.best_heuristic == best


# The command line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bouns", ENV_ID], "Did you mean 'bounds'?"),
        (["bounds", "RecGym-Ecomerce-v0"], "Did you mean 'RecGym-Ecommerce-v0'?"),
        (["bounds", ENV_ID, "--action", "slat"], "Did you mean 'slate'?"),
        (["bounds", ENV_ID, "--episodes", "1"], "expected a whole number of at least 2, got '1'"),
        (["learn", ENV_ID, "--rows", "PPO-slat"], "Did you mean 'PPO-slate'?"),
        (["learn", ENV_ID, "--jobs", "0"], "expected a whole number of at least 1"),
        (["bounds", "RecGym-Boredom-v0", "--action", "proto"], "speak in slates: leave out --action"),
        (["tune"], "ID"),
        (["tune", "RecGym-Boredom-v0"], "is a published model"),
        (["train", "ppo", ENV_ID], "Did you mean 'PPO'?"),
        ([], "measure baselines on environments"),  # all commands, with what they do
    ],
)
def test_wrong_requests_end_with_2_and_say_what_is_wrong(arguments, message, capsys):
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert message in captured.err and not captured.out


def test_help_names_the_commands(capsys):
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"    {name} " in out for name in ("demo", "tune", "bounds", "learn"))


def test_settings_are_plain_data():
    assert json.loads(json.dumps(TUNED)) == {name: dict(settings) for name, settings in TUNED.items()}
    assert set(TUNED) <= set(VIEWS)
    assert set(itertools.chain(*VIEWS.values())) == set(ACTIONS)

"""The classics as environments: settings, candidates, users, what is observed and what `info` says."""

from __future__ import annotations

import itertools
import json

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines import registry
from baselines.classics import REFERENCE, budget_slates, policies
from baselines.oracles import MYOPIC
from baselines.recommender import EVALUATION_SEED, evaluate, make_lanes
from baselines.task import Task, Unsuitable
from recgym import rendering
from recgym.classics import Boredom, InterestEvolution, InterestExploration, LongTermSatisfaction
from recgym.classics.boredom_sparing import sparing_slates
from recgym.cli import main
from recgym.compiled import top
from recgym.registration import CLASSICS

IEV, IEX, LTS, BORED = CLASSICS
MODELS = {IEV: InterestEvolution, IEX: InterestExploration, LTS: LongTermSatisfaction, BORED: Boredom}


def played(env_id: str, steps: int, num_envs: int = 64, **kwargs):
    """An environment after some random slates, and its last observation and info."""
    env = gymnasium.make_vec(env_id, num_envs=num_envs, **kwargs)
    observation, info = env.reset(seed=0)
    env.action_space.seed(0)
    for _ in range(steps):
        observation, _, _, _, info = env.step(env.action_space.sample())
    return env, observation, info


# Settings


@pytest.mark.parametrize(
    ("env_id", "given", "words"),
    [
        (IEV, {"budget": -1}, ("budget", "at least 0.01", "-1")),
        (IEV, {"interest_step": 1.5}, ("interest_step", "from 0 to 1", "1.5")),
        (IEV, {"least_score": -0.5}, ("least_score", "at most -1", "-0.5")),
        (IEV, {"num_topics": 1}, ("num_topics", "at least 2", "1")),
        (IEV, {"slate_size": 11}, ("slate_size", "11", "10 candidates")),
        (IEV, {"variant": "recsim"}, ("variant", "'published'", "'recsim'")),
        (IEV, {"observation": "sequence"}, ("observation", "'flat', 'dict', 'latent'", "'sequence'")),
        (IEX, {"type_chances": (0.5, 0.6)}, ("type_chances", "sum to 1")),
        (IEX, {"type_chances": (0.2, 0.3, 0.5)}, ("affinity_log_mean", "3 rows")),
        (IEX, {"quality_log_mean": (0.5,)}, ("quality_log_mean", "row of 2 numbers")),
        (IEX, {"topic_chances": "half"}, ("topic_chances", "row of some numbers", "'half'")),
        (IEX, {"variant": "massappeal"}, ("Did you mean 'mass_appeal'?",)),
        (LTS, {"memory": 1.0}, ("memory", "from 0 to 0.999", "1.0")),
        (LTS, {"sensitivity": float("nan")}, ("sensitivity", "finite number", "nan")),
        (BORED, {"bores": "topics"}, ("bores", "'everything', 'topic'", "Did you mean 'topic'?")),
        (BORED, {"num_items": 99}, ("num_items", "at least 100", "99")),
        (BORED, {"relevance_slope": "steep"}, ("relevance_slope", "finite number", "'steep'")),
    ],
)
def test_wrong_constants_are_answered_with_what_was_expected(env_id, given, words):
    with pytest.raises(ValueError) as caught:
        gymnasium.make(env_id, **given)
    assert all(word in str(caught.value) for word in words), caught.value


def test_misspelt_constants_are_named_and_those_of_domains_are_unknown():
    with pytest.raises(TypeError, match="Did you mean 'sensitivity'"):
        gymnasium.make(LTS, sensitivty=0.1)
    for name, value in (("catalog", "shop.csv"), ("fusion", "linear"), ("live", True), ("search", "exact")):
        with pytest.raises(TypeError, match=f"unknown argument {name!r}"):
            gymnasium.make(IEV, **{name: value})


@pytest.mark.parametrize("env_id", CLASSICS)
def test_constants_reach_the_model_and_the_specification(env_id):
    for variant in MODELS[env_id].VARIANTS:
        env = gymnasium.make(env_id, variant=variant, session_length=7)
        assert env.unwrapped.simulator == MODELS[env_id](variant=variant, session_length=7)
        again = gymnasium.make(EnvSpec.from_json(json.loads(json.dumps(env.spec.to_json()))))
        assert again.unwrapped.simulator == env.unwrapped.simulator


def test_a_constant_that_is_given_comes_before_the_variants():
    assert LongTermSatisfaction().sensitivity == 0.01
    assert LongTermSatisfaction(variant="very_sensitive").sensitivity == 0.2
    assert LongTermSatisfaction(variant="very_sensitive", sensitivity=0.01).sensitivity == 0.01
    assert Boredom(variant="influence", memory=0.9).memory == 0.9


# Candidates and users


def test_candidates_of_interest_evolution_have_their_distribution():
    env, _, _ = played(IEV, 0, 20_000)
    topic, quality = env.state["topic"], env.state["quality"]
    counts = np.bincount(topic.ravel(), minlength=20)
    assert ((counts - 10_000) ** 2 / 10_000).sum() < 50  # chi-square, 19 degrees of freedom
    deviation = (quality - env.simulator.topic_quality[topic]) / 0.1
    assert abs(deviation.mean()) < 0.01 and deviation.std() == pytest.approx(1, abs=0.01)
    interests = env.state["interests"]
    assert abs(interests.mean()) < 0.01 and interests.std() == pytest.approx(1 / 3**0.5, abs=0.01)


def test_users_and_items_of_interest_exploration_have_their_distribution():
    env, _, _ = played(IEX, 0, 20_000)
    state = env.state
    assert (state["type"] == 0).mean() == pytest.approx(0.3, abs=0.012)
    logs = np.log(state["affinity"])
    for kind, means in enumerate(env.simulator.affinity_log_mean):
        assert logs[state["type"] == kind].mean(axis=0) == pytest.approx(means, abs=0.01)
    assert (state["topic"] == 0).mean() == pytest.approx(0.2, abs=0.005)
    for topic, mean in enumerate(env.simulator.quality_log_mean):
        log = np.log(state["quality"][state["topic"] == topic])
        assert (log.mean(), log.std()) == pytest.approx((mean, 0.1), abs=0.005)


def test_users_of_boredom_have_3_to_5_topics_and_candidates_differ():
    env, _, _ = played(BORED, 0, 4_000)
    taste = env.state["taste"]
    counts = (taste > 0).sum(axis=1)
    odds = np.array([120 * 0.4**3 * 0.6**7, 210 * 0.4**4 * 0.6**6, 252 * 0.4**5 * 0.6**5])
    assert np.bincount(counts, minlength=6)[3:] / 4_000 == pytest.approx(odds / odds.sum(), abs=0.03)
    assert np.linalg.norm(taste, axis=1) == pytest.approx(np.ones(4_000))
    assert all(len(set(row)) == 100 for row in env.state["item"].tolist())
    shown = np.bincount(env.state["item"].ravel(), minlength=1000)
    assert ((shown - 400) ** 2 / 400).sum() < 1200  # below the chi-square's mean + 4.5 deviations
    every, _, _ = played(BORED, 0, 2, num_candidates=1000)
    assert (every.state["item"] == np.arange(1000)).all()
    assert set(np.unique((env.simulator.items > 0).sum(axis=1))) == {2, 3}


# What is observed


@pytest.mark.parametrize("env_id", CLASSICS)
def test_flat_is_the_parts_side_by_side_and_latent_adds_the_truth(env_id):
    seen = {kind: played(env_id, 5, observation=kind)[1] for kind in ("flat", "dict", "latent")}
    model = MODELS[env_id]
    parts = np.concatenate([seen["dict"][part].reshape(64, -1) for part in model.OBSERVED], axis=1)
    np.testing.assert_array_equal(seen["flat"], parts)
    env = played(env_id, 5)[0]
    hidden = [env.state[name].reshape(64, -1).astype(np.float32) for name in model.HIDDEN]
    np.testing.assert_array_equal(seen["latent"], np.concatenate([seen["flat"], *hidden], axis=1))


def test_what_slateq_needs_of_interest_evolution_is_observed():
    """From the observation alone: each candidate's utility, the weight of no click,
    and the response to the last slate."""
    env, seen, info = played(IEV, 3, observation="dict")
    model, state = env.simulator, env.state
    utility = np.einsum("nt,nct->nc", seen["interests"], seen["candidates"])
    np.testing.assert_allclose(utility, model.utilities(state), atol=1e-6)
    weights, none = model.choice.weights(utility.astype(float), np.ones(utility.shape, dtype=bool))
    assert (none == model.no_click_weight).all() and (weights > 0).all()
    response = seen["response"]
    np.testing.assert_array_equal(response[..., 0], info["clicked"])
    np.testing.assert_array_equal(response[..., 1], info["watch_time"].astype(np.float32))
    np.testing.assert_array_equal(response[..., 2], info["quality"].astype(np.float32))
    np.testing.assert_array_equal(response[..., 3:].argmax(axis=2), info["topic"])
    assert info["clicked"].any() and not info["clicked"].all()


def test_histories_and_counts_are_those_of_the_session():
    env = gymnasium.make_vec(LTS, num_envs=5, observation="dict")
    env.reset(seed=0)
    env.action_space.seed(0)
    told = []
    for _ in range(13):
        seen, _, _, _, info = env.step(env.action_space.sample())
        told.append(np.stack([info["clickbait"][:, 0], np.log(info["engagement"][:, 0])], axis=1))
    np.testing.assert_allclose(seen["history"], np.stack(told[::-1][:10], axis=1), rtol=1e-5)
    env = gymnasium.make_vec(IEX, num_envs=5, observation="dict")
    env.reset(seed=0)
    counts = np.zeros((5, 2, 2))
    for _ in range(20):
        seen, _, _, _, info = env.step(env.action_space.sample())
        for topic in (0, 1):
            about = info["topic"] == topic
            counts[:, 0, topic] += about.sum(axis=1)
            counts[:, 1, topic] += (about & info["clicked"]).sum(axis=1)
    np.testing.assert_allclose(seen["counts"], counts / 10, rtol=1e-5)


def test_clicks_have_the_probability_that_the_truth_tells():
    for env_id in (IEV, IEX, BORED):
        _, _, info = played(env_id, 1, 20_000)
        chance, clicked = info["truth"]["probability"], info["clicked"]
        error = np.sqrt((chance * (1 - chance)).sum())
        assert abs(clicked.sum() - chance.sum()) < 4 * error
        assert clicked.sum() > 1000


def test_an_empty_slot_is_never_clicked_and_moves_nothing():
    for env_id in CLASSICS:
        env, _, info = played(env_id, 30, 32, action="item", fill="none")
        assert not info["clicked"][:, 1:].any() and (info["slate"][:, 1:] == -1).all()
        for name in env.simulator.ITEM:
            assert not info[name][:, 1:].any()


def test_a_session_of_interest_evolution_ends_when_the_budget_does():
    env = gymnasium.make(IEV, budget=9.0)
    env.reset(seed=0)
    total, over = 0.0, False
    while not over:
        _, reward, terminated, truncated, info = env.step(env.action_space.sample())
        total, over = total + reward, terminated or truncated
        assert terminated == (info["truth"]["budget"] <= 0) and not truncated
    assert info["reward_terms"] == {"watch_time": reward} and 0 < total < 60


# Policies


@pytest.mark.parametrize("env_id", CLASSICS)
def test_policies_show_the_same_in_both_views_that_can_say_it(env_id):
    for number, one in enumerate(policies(MODELS[env_id]())):
        found = []
        for view in ("slate", "sequential"):
            env = make_lanes(env_id, 20, action=view, session_length=8)
            found.append(evaluate(policies(env.simulator)[number], env, 3).returns)
        np.testing.assert_array_equal(*found)
        with pytest.raises(Unsuitable, match='action="slate"'):
            env = make_lanes(env_id, 2, action="item")
            env.reset(seed=0)
            one.act(env, None)


@pytest.mark.parametrize("env_id", CLASSICS)
def test_the_benchmarks_reference_and_myopic_are_those_of_the_classic(env_id, tmp_path):
    task = Task(env_id, "slate", steps=0, env_settings={"session_length": 8})
    for name in ("random", "myopic", "reference"):
        made = registry.find(name).train(task)
        registry.save(made, tmp_path / name, name, task)
        again = registry.load(tmp_path / name, task.lanes(1))
        found = [evaluate(one, task.lanes(20), EVALUATION_SEED).returns for one in (made, again)]
        if name != "random":  # which is reproducible only from its beginning
            np.testing.assert_array_equal(*found)
    with pytest.raises(Unsuitable, match='action="slate"'):
        registry.find("reference").train(Task(env_id, "proto", steps=0))
    with pytest.raises(Unsuitable, match="takes a domain"):
        registry.find("popular").train(task)


@settings(max_examples=20)
@given(st.integers(0, 2**31), st.floats(0, 3), st.booleans())
def test_budget_slates_are_the_best_of_all(seed, minute_value, none_counts):
    """Against all triples, with the expected value of the slate written out."""
    env = make_lanes(IEV, 1, num_candidates=6)
    env.reset(seed=seed)
    model, state = env.simulator, env.state
    left, weight = state["budget"][0], model.utilities(state)[0] + 1.0

    def worth(rows):
        rows = list(rows)
        after = left - 4.0 + model.extension * 4.0 * state["quality"][0, rows]
        none = minute_value * (left - 0.5) if none_counts else 0.0
        return (weight[rows] @ (4.0 + minute_value * after) + 2.0 * none) / (2.0 + weight[rows].sum())

    best = max(worth(rows) for rows in itertools.combinations(range(6), 3))
    assert worth(budget_slates(model, state, minute_value, none_counts)[0]) == pytest.approx(best, rel=1e-9)


def test_sparing_slates_hold_no_item_twice_and_spare_the_topic_that_was_clicked():
    env, _, _ = played(BORED, 6, 200)
    model, state = env.simulator, env.state
    found = sparing_slates(model, state)
    assert all(len(set(row)) == model.slate_size for row in found.tolist())
    tired = type(state)(state)
    tired["clicked_topics"] = np.full_like(state["clicked_topics"], 3)
    tired["clicked_steps"] = np.repeat(state["step"][:, None], model.recent_clicks, axis=1)
    chosen = sparing_slates(model, tired)
    relevant = np.take_along_axis(model.relevance(tired), chosen, axis=1) >= 0.5
    assert relevant.any() and not (relevant & (np.take_along_axis(tired["topic"], chosen, axis=1) == 3)).any()


@given(st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.0, -1.0]), min_size=1, max_size=12), st.data())
def test_top_is_a_stable_sort(scores, data):
    chosen = np.empty(data.draw(st.integers(1, len(scores))), dtype=np.int64)
    top(np.array(scores), chosen)
    assert chosen.tolist() == np.argsort(-np.array(scores), kind="stable")[: len(chosen)].tolist()


# Looking at them


@pytest.mark.parametrize("env_id", CLASSICS)
def test_sessions_are_drawn_as_text_and_pictures(env_id):
    for view, slates in (("slate", 12), ("item", 1)):
        frames, texts = [], []
        for mode, found in (("rgb_array", frames), ("ansi", texts)):
            env = gymnasium.make(env_id, render_mode=mode, action=view, **({"fill": "none"} if view == "item" else {}))
            env.reset(seed=1)
            env.action_space.seed(1)
            found.append(env.render())
            for _ in range(slates):
                env.step(env.action_space.sample())
            found.append(env.render())
        assert {(frame.shape, frame.dtype.name) for frame in frames} == {((720, 1280, 3), "uint8")}
        assert (frames[0] != frames[1]).any(axis=2).mean() > 0.01
        assert "no slate shown yet" in texts[0] and f"slate {slates}" in texts[1]
        assert ("(empty)" in texts[1]) == (view == "item")
        assert max(map(len, texts[1].splitlines())) <= 110


def test_the_last_page_tells_deeds_and_reward():
    env = gymnasium.make(IEV, render_mode="ansi").unwrapped
    env.reset(seed=3)
    trace = []
    while not trace or not trace[-1]["clicked"].any():
        _, reward, _, _, info = env.step(np.arange(3))
        trace.append(info | {"reward": reward})
    lines = rendering.last_page(env.sessions.setting, trace)
    [clicked] = [line for line in lines if "✓ clicked, watch time 4.0" in line]
    slot = int(info["clicked"].argmax())
    assert f"topic {info['topic'][slot] + 1}, quality {info['quality'][slot]:+.2f}" in clicked
    assert lines[-1].startswith("reward +4.000 = minutes watched")


@pytest.mark.parametrize("env_id", CLASSICS)
def test_commands_know_the_classics(env_id, capsys, monkeypatch):
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("?\n999\nhint\nall\n1\nq\n"))
    assert main(["play", env_id]) == 0
    out = capsys.readouterr().out
    assert "nor a source (all)" in out and "Your return" in out and "in 2 pages." in out
    assert main(["show", env_id]) == 0
    assert "Settings" in capsys.readouterr().out
    assert main(["show", env_id, "--realism"]) == 2
    assert "no real logs" in capsys.readouterr().err


def test_bounds_of_a_classic_measure_its_variants(tmp_path, capsys):
    from baselines.__main__ import main as baselines_main

    command = ["bounds", LTS, "--episodes", "5", "--out", str(tmp_path)]
    assert baselines_main(command) == 0
    found = json.loads((tmp_path / f"{LTS}-bounds.json").read_text())
    assert list(found["variants"]) == ["published", "sensitive", "very_sensitive"]
    names = [row["name"] for row in found["variants"]["sensitive"]["rows"]]
    assert names == ["random", "kale", MYOPIC.name, REFERENCE]
    assert found["variants"]["published"]["p_value"] == 1.0  # nothing but clickbait is optimal, and myopic
    assert baselines_main([*command, "--action", "proto"]) == 2
    assert "leave out --action" in capsys.readouterr().err

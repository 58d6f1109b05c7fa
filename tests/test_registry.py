"""Every baseline keeps the same promises, whatever it is."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from baselines import docs, registry
from baselines.files import write_json
from baselines.kinds import KINDS
from baselines.recommender import make_lanes
from baselines.registry import BASELINES, find
from baselines.task import Task, Unsuitable, require_domain
from recgym import ENVIRONMENTS
from recgym.actions import VIEWS as ACTIONS
from recgym.state import State
from recgym.testing import HashingEncoder, small_catalog

ENV_ID = "RecGym-Ecommerce-v0"
SMALL = {"catalog": small_catalog(), "encoder": HashingEncoder(), "embedding_dim": 8}
PAGES, LANES, SEED = 6, 5, 1_000_000
# What a service's own log knows of a session, and the slate in the making.
VISIBLE = {
    "allowed", "candidate_features", "candidates", "context", "days_away", "exposed", "history_events", "history_items",
    "interest_category", "interest_item", "liked", "need_pages", "page", "picked", "profile", "query", "query_category",
    "recent", "skipped", "step", "visit",
}  # fmt: skip
ON_POLICY, OFF_POLICY = {"num_envs": 2, "n_steps": 8}, {"num_envs": 1, "learning_starts": 20, "buffer_size": 1000}
# Settings that learn a little within 40 steps; the others do with their own.
TINY = {
    **dict.fromkeys(("PPO", "RecurrentPPO", "MaskablePPO", "TRPO"), {**ON_POLICY, "batch_size": 8}), "A2C": ON_POLICY,
    **dict.fromkeys(("DQN", "QRDQN", "SAC", "TD3", "DDPG", "TQC", "CrossQ"), OFF_POLICY),
    **dict.fromkeys(("slateq", "softmax-q", "reinforce", "wolpertinger"),
                    {"num_envs": 2, "length": 8, "batch_size": 8}),
    "gems": {"num_envs": 2, "learning_starts": 10, "buffer_size": 1000}, "ARS": {"num_envs": 1, "n_delta": 1},
    "lstm": {"epochs": 1}, "als": {"iterations": 2}, "bpr": {"iterations": 5},
}  # fmt: skip
# "random" draws anew for every batch; that it is reproducible is tested with the heuristics.
CASES = [(name, view) for name, baseline in BASELINES.items() for view in baseline.views if name != "random"]


def task(name: str, view: str, **changes) -> Task:
    steps = {"logs": 300, "rule": 0, "privileged": 0}.get(find(name).kind, 40)
    return Task(ENV_ID, view, **{"steps": steps, "settings": TINY.get(name, {}), "env_settings": SMALL, **changes})


@pytest.fixture(scope="module")
def trained():
    """Recommenders by name and view, trained once."""
    kept = {}

    def get(name: str, view: str):
        if (name, view) not in kept:
            kept[name, view] = find(name).train(task(name, view))
        return kept[name, view]

    return get


class Watched(State):
    """A state that remembers what was read."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.read: set[str] = set()

    def __getitem__(self, name: str):
        self.read.add(name)
        return super().__getitem__(name)


def run(recommender, env, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Actions and rewards of some steps, (steps, num_envs, ...)."""
    observations, _ = env.reset(seed=seed)
    actions, rewards = [], []
    for _ in range(PAGES * env.sessions.view.steps_per_slate):
        actions.append(recommender.act(env, observations))
        assert env.action_space.contains(np.array(actions[-1]).astype(env.action_space.dtype))
        observations, reward, *_ = env.step(actions[-1])
        rewards.append(reward)
    return np.stack(actions), np.stack(rewards)


@pytest.mark.parametrize(("name", "view"), CASES)
def test_a_batch_is_as_many_single_sessions(trained, name, view):
    """Also that every view which it claims works. Queries may differ in their last bits: networks multiply matrices."""
    recommender, many, one = trained(name, view), task(name, view).lanes(LANES), task(name, view).lanes(1)
    actions, rewards = run(recommender, many, SEED)
    for lane in range(LANES):
        alone, earned = run(recommender, one, SEED + lane)
        np.testing.assert_allclose(alone[:, 0], actions[:, lane], rtol=0, atol=2e-5 if view == "proto" else 0)
        np.testing.assert_array_equal(earned[:, 0], rewards[:, lane])


@pytest.mark.parametrize("name", BASELINES)
def test_what_is_saved_acts_the_same_when_it_is_loaded(trained, name, tmp_path):
    view = BASELINES[name].views[0]
    job = task(name, view)
    env = job.lanes(LANES)
    recommender = copy.deepcopy(trained(name, view)) if name == "random" else trained(name, view)
    registry.save(recommender, tmp_path / "kept", name, job)
    assert registry.about(tmp_path / "kept")["baseline"] == name
    loaded = registry.load(tmp_path / "kept", env)
    assert (loaded.name, loaded.privileged) == (recommender.name, recommender.privileged)
    fresh = BASELINES["random"].train(job) if name == "random" else recommender
    for one, two in zip(run(fresh, env, SEED), run(loaded, env, SEED), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.fixture(scope="module")
def elsewhere():
    """The same catalogue but for its ids, and another domain: names -> lanes under an action view."""
    strangers = replace(SMALL["catalog"], item_ids=tuple(f"stranger-{row}" for row in range(48)))
    return {
        "catalog": lambda view: make_lanes(ENV_ID, 2, action=view, **{**SMALL, "catalog": strangers}),
        "env_id": lambda view: make_lanes("RecGym-News-v0", 2, action=view),
    }


@pytest.mark.parametrize("what", ["catalog", "env_id"])
@pytest.mark.parametrize("name", BASELINES)
def test_items_and_environments_that_it_does_not_know_are_refused(trained, elsewhere, name, what, tmp_path):
    """As many items and features as it was trained with do not make them the same."""
    view = BASELINES[name].views[0]
    registry.save(trained(name, view), tmp_path, name, task(name, view))
    with pytest.raises(Unsuitable, match=f"trained with {what} .*Make the environment as it was, or train anew"):
        registry.load(tmp_path, elsewhere[what](view))


@pytest.fixture(scope="module")
def grown():
    """The catalogue in which every item has got a twin, behind all that were there when the baselines were trained."""
    old = SMALL["catalog"]
    twice = {name: np.tile(getattr(old, name), 2) for name in ("departments", "categories")}
    texts = {name: (*getattr(old, name), *getattr(old, name)) for name in ("titles", "texts")}
    attributes = {name: np.tile(values, 2) for name, values in old.attributes.items()}
    item_ids = (*old.item_ids, *map("twin-{}".format, old.item_ids))
    return replace(old, item_ids=item_ids, **twice, **texts, attributes=attributes)


@pytest.mark.parametrize("name", BASELINES)
def test_items_that_came_after_the_training(trained, grown, name):
    """Who goes by what an item is like shows a newcomer where its twin would be; who knows rows only says so.

    The privileged are told the hidden quality too, in which twins differ.
    """
    recommender, view = trained(name, BASELINES[name].views[0]), BASELINES[name].views[0]
    env = task(name, view, env_settings={**SMALL, "catalog": grown}).lanes(LANES)
    observations, _ = env.reset(seed=SEED)
    met, num_old = env.state["candidates"], SMALL["catalog"].num_items
    assert (met >= num_old).any() and (met < num_old).any()
    if BASELINES[name].kind == "logs":
        told = rf"{name}: knows items by their rows .* are {num_old}; got row \d+. Train it anew"
        with pytest.raises(Unsuitable, match=told):
            recommender.act(env, observations)
        return
    shown = (copy.deepcopy(recommender) if name == "random" else recommender).act(env, observations)
    assert env.action_space.contains(np.array(shown).astype(env.action_space.dtype))
    env.state = State({**env.state, "candidates": met % num_old})
    if not recommender.privileged:
        np.testing.assert_array_equal(recommender.act(env, observations), shown)


def test_features_of_other_names_are_refused(trained, tmp_path):
    """The weights of four domains have equal sizes, and mean other things."""
    registry.save(trained("linucb", "slate"), tmp_path, "linucb", task("linucb", "slate"))
    known = registry.about(tmp_path)
    write_json(tmp_path / registry.ABOUT, {**known, "features": ["freshness", *known["features"][1:]]})
    with pytest.raises(Unsuitable, match=r"trained with features \['freshness', .*the environment has \["):
        registry.load(tmp_path, task("linucb", "slate").lanes(1))


@pytest.mark.parametrize("name", BASELINES)
def test_only_privileged_ones_read_what_no_service_knows(trained, name):
    recommender = trained(name, BASELINES[name].views[0])
    env = task(name, BASELINES[name].views[0]).lanes(LANES)
    observations, _ = env.reset(seed=SEED)
    observations, *_ = env.step(recommender.act(env, observations))
    env.state = watched = Watched(env.state)
    recommender.act(env, observations)
    assert recommender.privileged == (BASELINES[name].kind == "privileged")
    assert bool(watched.read - VISIBLE) == recommender.privileged, watched.read - VISIBLE


@pytest.mark.parametrize("name", ["linucb", "thompson", "q-learning", "sarsa", "DQN", "lstm", "slateq", "reinforce"])
def test_training_is_reproducible_and_watching_it_changes_nothing(name, tmp_path):
    """The recommender that a task is told of may act while the training waits."""
    view = BASELINES[name].views[0]
    env, told = task(name, view).lanes(LANES), []

    def watch(steps, so_far):
        told.append(steps)
        if so_far is not None:
            run(so_far, env, SEED)

    plain = find(name).train(task(name, view, seed=3))
    watched = find(name).train(task(name, view, seed=3, progress=watch))
    other = find(name).train(task(name, view, seed=4))
    assert told and told == sorted(told) and told[-1] >= task(name, view).steps
    for recommender, folder in ((plain, "plain"), (watched, "watched"), (other, "other")):
        (tmp_path / folder).mkdir()
        recommender.save(tmp_path / folder)
    if name != "DQN":  # whose file holds the time
        plain, watched, other = (
            (tmp_path / folder / "recommender.npz").read_bytes() for folder in ("plain", "watched", "other")
        )
        assert plain == watched != other
        return
    for one, two in zip(run(plain, env, SEED), run(watched, env, SEED), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("env_id", ENVIRONMENTS)
def test_in_every_environment_a_baseline_acts_or_says_why_not(env_id):
    for name in ("random", "mmr", "myopic", "item-knn", "linucb", "q-learning"):
        job = Task(env_id, find(name).views[0], 200, settings=TINY.get(name, {}))
        try:
            recommender = find(name).train(job)
        except Unsuitable as reason:
            assert name in str(reason) and name != "random"
        else:
            run(recommender, job.lanes(3), SEED)


def test_what_has_no_history_is_told():
    env = task("linucb", "slate").lanes(1)
    env.sessions.setting = object()
    with pytest.raises(Unsuitable, match="linucb: RecGym-Ecommerce-v0 has no catalogue and no history"):
        require_domain(env, "linucb")


def test_the_list_is_well_formed():
    for name, baseline in BASELINES.items():
        assert (
            baseline.name == name and baseline.kind in KINDS and set(baseline.views) <= set(ACTIONS) and baseline.views
        )
        assert len(set(baseline.views)) == len(baseline.views)
        assert baseline.summary and not baseline.summary.endswith(".")
        assert (baseline.steps == 0) == (baseline.kind in ("rule", "privileged"))
        assert callable(baseline.method({}).train)
    assert {baseline.kind for baseline in BASELINES.values()} == set(KINDS)


def test_the_page_is_up_to_date():
    committed = (Path(__file__).resolve().parent.parent / docs.FOLDER / "baselines.md").read_text(encoding="utf-8")
    assert committed == docs.page(), "run: python -m baselines docs"
    assert all(f"| `{name}` | {baseline.summary} |" in committed for name, baseline in BASELINES.items())


def test_misspelt_names_views_and_settings_are_told():
    with pytest.raises(ValueError, match="unknown baseline 'linucd'; there are random, .*Did you mean 'linucb'"):
        find("linucd")
    with pytest.raises(ValueError, match="DQN takes action='item' or 'sequential', got 'items'.*Did you mean 'item'"):
        find("DQN").train(task("DQN", "items"))
    with pytest.raises(ValueError, match="linucb: unknown setting 'alfa'; there are .*Did you mean 'alpha'"):
        find("linucb").train(task("linucb", "slate", settings={"alfa": 1.0}))
    with pytest.raises(ValueError, match="popular: unknown setting 'x'"):
        find("popular").train(task("popular", "slate", settings={"x": 1.0}))


def test_tasks_are_checked():
    for seed in (-1, 1000):
        with pytest.raises(ValueError, match=f"seed: expected 0 to 999, got {seed}"):
            Task(ENV_ID, "slate", 0, seed=seed)
    with pytest.raises(ValueError, match="steps: expected 0 or more, got -1"):
        Task(ENV_ID, "slate", -1)
    assert Task(ENV_ID, "slate", 0, seed=999).first_session + 999 < SEED


def test_a_rule_without_its_feature_says_so():
    with pytest.raises(Unsuitable, match="cheapest: RecGym-News-v0 shows no relative_price"):
        find("cheapest").train(Task("RecGym-News-v0", "slate", 0))


def test_folders_are_checked(tmp_path):
    job = task("linucb", "slate")
    with pytest.raises(FileNotFoundError, match=r"found no baseline.json"):
        registry.load(tmp_path, job.lanes(1))
    registry.save(find("linucb").train(job), tmp_path, "linucb", job)
    with pytest.raises(Unsuitable, match="trained with view 'slate'; the environment has 'item'"):
        registry.load(tmp_path, task("linucb", "item").lanes(1))
    assert all(file.suffix in (".json", ".npz") for file in Path(tmp_path).iterdir())  # nothing is pickled

"""Stable-Baselines3 on RecGym: the same bits as its own DummyVecEnv, every algorithm, every view and observation."""

from __future__ import annotations

import warnings

import gymnasium
import numpy as np
import pytest
from stable_baselines3.common.env_checker import check_env
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv

from baselines.algorithms import TUNED, VIEWS
from baselines.recommender import evaluate, make_lanes
from baselines.sb3 import RecVecEnv, Trained, TrainedRecommender, algorithm_class, make_for, make_model, policy_for
from baselines.task import Task
from baselines.watching import EpisodeLog, LearningCurve
from recgym.actions import VIEWS as ACTIONS
from recgym.observation import KINDS
from recgym.registration import CLASSICS
from recgym.testing import HashingEncoder, small_catalog

ENV_ID = "RecGym-Ecommerce-v0"
SMALL = {"catalog": small_catalog(), "encoder": HashingEncoder(), "embedding_dim": 8, "session_length": 6}
TINY = {"policy_kwargs": {"net_arch": [8]}}
ON_POLICY = {"num_envs": 2, "n_steps": 32, **TINY}
OFF_POLICY = {"num_envs": 2, "learning_starts": 20, "batch_size": 16, "buffer_size": 500, **TINY}
SETTINGS = {
    "PPO": {**ON_POLICY, "batch_size": 16, "n_epochs": 2},
    "A2C": {**ON_POLICY, "n_steps": 8},
    "TRPO": {**ON_POLICY, "batch_size": 16},
    "RecurrentPPO": {**ON_POLICY, "batch_size": 16, "policy_kwargs": {"net_arch": [8], "lstm_hidden_size": 8}},
    "MaskablePPO": {**ON_POLICY, "batch_size": 16},
    **{name: OFF_POLICY for name in ("DQN", "QRDQN", "SAC", "TD3", "DDPG", "TQC", "CrossQ")},
    "ARS": {"n_delta": 2, "n_eval_episodes": 1, **TINY},
}
SMOKE = [
    *((name, "slate") for name in ("PPO", "A2C", "TRPO", "RecurrentPPO", "MaskablePPO")),
    *((name, view) for name in ("DQN", "QRDQN", "MaskablePPO") for view in ("item", "sequential")),
    *((name, "proto") for name in ("SAC", "TD3", "DDPG", "TQC", "CrossQ", "PPO", "ARS")),
    ("RecurrentPPO", "sequential"),
]


def parts(observations):
    """The arrays of a flat or a Dict observation, by name."""
    return observations if isinstance(observations, dict) else {"": observations}


def assert_same(one, two):
    """The same arrays, to the last bit and of the same types."""
    assert parts(one).keys() == parts(two).keys()
    for name, values in parts(one).items():
        assert values.dtype == parts(two)[name].dtype
        np.testing.assert_array_equal(values, parts(two)[name])


@pytest.mark.parametrize("observation", ["flat", "dict"])
@pytest.mark.parametrize("view", ACTIONS)
@pytest.mark.parametrize(
    "limit", [{"session_length": 15}, {"max_episode_steps": 3}], ids=["session_length", "max_episode_steps"]
)
def test_the_adapter_equals_sb3s_own_dummy_vec_env(view, observation, limit):
    """At a limit of Gymnasium's a user may be lost on the last step, which is both."""
    settings = {**SMALL, "action": view, "observation": observation, **limit}
    num_envs = 12
    singles = DummyVecEnv([lambda: Monitor(gymnasium.make(ENV_ID, **settings))] * num_envs)
    batch = RecVecEnv(gymnasium.make_vec(ENV_ID, num_envs=num_envs, autoreset_mode="SameStep", **settings), seed=3)
    singles.seed(3)
    assert batch.action_space == singles.action_space and batch.observation_space == singles.observation_space
    assert_same(batch.reset(), singles.reset())
    actions = gymnasium.vector.utils.batch_space(batch.action_space, num_envs)
    actions.seed(0)
    ends = {True: 0, False: 0}
    for _ in range(100 * singles.envs[0].unwrapped.sessions.view.steps_per_slate):
        chosen = actions.sample()
        (seen, rewards, dones, infos), expected = batch.step(chosen), singles.step(chosen)
        assert_same(seen, expected[0])
        assert_same(rewards, expected[1])
        assert_same(dones, expected[2])
        others = [info for info in expected[3] if "episode" in info]
        for info, other in zip((infos[i] for i in np.flatnonzero(dones)), others, strict=True):
            assert_same(info["terminal_observation"], other["terminal_observation"])
            assert info["TimeLimit.truncated"] == other["TimeLimit.truncated"]
            assert {**info["episode"], "t": 0} == {**other["episode"], "t": 0}
            ends[info["TimeLimit.truncated"]] += 1
    assert ends[True] > 20 and ends[False] > 0, "both kinds of ends have to be compared"


def test_seeding_the_adapter_starts_the_same_sessions_again():
    env = make_for("PPO", ENV_ID, num_envs=3, seed=7, **SMALL)
    first, second = env.reset(), env.reset()
    assert not np.array_equal(first, second)
    env.seed(7)
    assert_same(env.reset(), first)


def test_what_a_vec_env_has_to_answer():
    env = make_for("DQN", ENV_ID, num_envs=3, action="sequential", **SMALL)
    env.reset()
    masks = env.env_method("action_masks", indices=[0, 2])
    assert len(masks) == 2 and masks[0].shape == (20,) and masks[0].all()
    assert env.has_attr("action_masks") and not env.has_attr("nonsense")
    assert env.get_attr("num_envs") == [3, 3, 3]
    assert env.env_is_wrapped(Monitor) == [True] * 3 and env.env_is_wrapped(gymnasium.Wrapper, 1) == [False]
    with pytest.raises(NotImplementedError, match="make_for"):
        env.set_attr("num_envs", 4)
    env.close()


def test_errors_name_what_is_possible():
    with pytest.raises(ValueError, match="unknown algorithm 'PP0'; there are PPO, .*Did you mean 'PPO'"):
        make_for("PP0", ENV_ID)
    with pytest.raises(ValueError, match="SAC cannot take action='slate'; it takes 'proto'"):
        make_for("SAC", ENV_ID, action="slate")
    with pytest.raises(TypeError, match="Did you mean 'slate_size'"):
        make_for("PPO", ENV_ID, slate_sise=3)
    with pytest.raises(ValueError, match='autoreset_mode="SameStep"'):
        RecVecEnv(gymnasium.make_vec(ENV_ID, num_envs=2, **SMALL))
    with pytest.raises(TypeError, match="expected a RecGym vector environment.*got SyncVectorEnv"):
        RecVecEnv(gymnasium.make_vec("CartPole-v1", num_envs=2, vectorization_mode="sync"))


@pytest.mark.parametrize("algorithm", VIEWS)
def test_an_algorithm_takes_the_spaces_of_its_views(algorithm):
    """No more and no fewer: what VIEWS leaves out raises in the library itself."""
    for view in ACTIONS:
        env = RecVecEnv(gymnasium.make_vec(ENV_ID, num_envs=1, autoreset_mode="SameStep", action=view, **SMALL))
        make = lambda: algorithm_class(algorithm)(policy_for(algorithm, env.observation_space), env)  # noqa: B023, E731
        if view in VIEWS[algorithm]:
            make()
        else:
            with pytest.raises((AssertionError, ValueError, NotImplementedError)):
                make()


@pytest.mark.parametrize(("algorithm", "view"), SMOKE)
def test_every_algorithm_learns_acts_and_comes_back_from_its_file(algorithm, view, tmp_path):
    model = make_model(algorithm, ENV_ID, settings=SETTINGS[algorithm], action=view, **SMALL)
    untrained = {name: values.clone() for name, values in model.policy.state_dict().items()}
    model.learn(128)
    assert model.num_timesteps >= 128
    assert any((values != untrained[name]).any() for name, values in model.policy.state_dict().items())
    env = make_lanes(ENV_ID, 6, action=view, **SMALL)
    agent = TrainedRecommender(model, algorithm)
    found = evaluate(agent, env, 10**6)
    assert np.isfinite(found.returns).all() and found.lengths.max() <= 6
    np.testing.assert_array_equal(evaluate(agent, env, 10**6).returns, found.returns)
    model.save(tmp_path / "model.zip")
    again = TrainedRecommender(algorithm_class(algorithm).load(tmp_path / "model.zip"), algorithm)
    np.testing.assert_array_equal(evaluate(again, env, 10**6).returns, found.returns)


@pytest.mark.parametrize(
    ("algorithm", "view"), [("PPO", "slate"), ("DQN", "item"), ("MaskablePPO", "sequential"), ("SAC", "proto")]
)
@pytest.mark.parametrize("env_id", CLASSICS)
def test_learners_train_on_the_classics_in_every_view(env_id, algorithm, view):
    settings = {"action": view, "session_length": 6}
    model = make_model(algorithm, env_id, settings=SETTINGS[algorithm], **settings)
    model.learn(64)
    found = evaluate(TrainedRecommender(model, algorithm), make_lanes(env_id, 3, **settings), 10**6)
    assert np.isfinite(found.returns).all() and (found.lengths == 6).all()


@pytest.mark.parametrize("observation", ["flat", "dict", "latent"])
@pytest.mark.parametrize("env_id", CLASSICS)
def test_sb3s_own_checker_is_content_with_the_classics(env_id, observation):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_env(gymnasium.make(env_id, observation=observation))


def test_the_smoke_test_leaves_no_algorithm_out():
    assert {algorithm for algorithm, _ in SMOKE} == set(VIEWS)
    assert all(view in VIEWS[algorithm] for algorithm, view in SMOKE)


@pytest.mark.parametrize("algorithm", TUNED)
def test_the_committed_settings_are_accepted(algorithm):
    assert make_model(algorithm, ENV_ID, settings=TUNED[algorithm], **SMALL).n_envs == TUNED[algorithm]["num_envs"]


@pytest.mark.parametrize(
    ("algorithm", "observation"), [("PPO", "dict"), ("RecurrentPPO", "sequence"), ("SAC", "sequence")]
)
def test_dict_observations_reach_the_learner(algorithm, observation):
    model = make_model(algorithm, ENV_ID, settings=SETTINGS[algorithm], observation=observation, **SMALL)
    model.learn(64)
    view = VIEWS[algorithm][0]
    env = make_lanes(ENV_ID, 3, action=view, observation=observation, **SMALL)
    assert np.isfinite(evaluate(TrainedRecommender(model, algorithm), env, 0).returns).all()


def test_a_recurrent_policy_forgets_between_sessions_and_takes_any_number_of_lanes():
    model = make_model("RecurrentPPO", ENV_ID, settings=SETTINGS["RecurrentPPO"], action="sequential", **SMALL)
    agent = TrainedRecommender(model, "RecurrentPPO")
    alone = evaluate(agent, make_lanes(ENV_ID, 1, action="sequential", **SMALL), 4)
    among = evaluate(agent, make_lanes(ENV_ID, 5, action="sequential", **SMALL), 4)
    assert among.returns[0] == pytest.approx(alone.returns[0])


@pytest.mark.parametrize("observation", KINDS)
@pytest.mark.parametrize("view", ACTIONS)
def test_sb3s_own_checker_is_content(view, observation):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it takes every matrix for a picture
        check_env(gymnasium.make(ENV_ID, action=view, observation=observation, **SMALL))


# What is watched while it learns


def task(**watched) -> Task:
    return Task(ENV_ID, "item", 256, env_settings=SMALL, **watched)


def test_the_learning_curve_has_its_points_at_equal_distances():
    curve = LearningCurve(lambda agent: float(agent.model.num_timesteps), 256, points=4)
    Trained("PPO", **SETTINGS["PPO"]).train(task(progress=curve))
    assert curve.returns == curve.at == [64, 128, 192]


def test_the_episode_log_tells_of_every_tenth_session():
    lines = []
    log = EpisodeLog(lines.append, every=10)
    Trained("PPO", **SETTINGS["PPO"]).train(task(session=log))
    assert len(log.returns) == len(log.lengths) == len(log.ends) >= 256 // 6 - 2
    assert len(lines) == len(log.returns) // 10 and log.ends == sorted(log.ends) and log.ends[-1] <= 256
    assert " ".join(lines[0].split()) == (
        f"episode 10 reward {log.returns[9]:.2f} length {log.lengths[9]} "
        f"mean reward of the last 10: {np.mean(log.returns[:10]):.2f}"
    )
    assert set(log.lengths) <= set(range(1, 7))


@pytest.mark.parametrize("algorithm", ["PPO", "DQN", "SAC", "RecurrentPPO", "TQC"])
def test_a_saved_model_comes_back_without_a_pickle(algorithm, tmp_path, monkeypatch):
    view = VIEWS[algorithm][0]
    method = Trained(algorithm, **SETTINGS[algorithm])
    agent = method.train(Task(ENV_ID, view, 64, env_settings=SMALL))
    agent.save(tmp_path)
    env = make_lanes(ENV_ID, 6, action=view, **SMALL)
    known = evaluate(agent, env, 3)

    def forbidden(*arguments, **keywords):
        raise AssertionError("unpickled")

    monkeypatch.setattr("cloudpickle.loads", forbidden)
    np.testing.assert_array_equal(evaluate(method.load(tmp_path, env), env, 3).returns, known.returns)


@pytest.mark.parametrize("algorithm", ["ARS", "DQN", "SAC"])
def test_every_algorithm_tells_of_its_sessions(algorithm):
    log = EpisodeLog(lambda line: None)
    task = Task(ENV_ID, VIEWS[algorithm][0], 64, env_settings=SMALL, session=log)
    Trained(algorithm, **SETTINGS[algorithm]).train(task)
    assert len(log.returns) >= 64 // 6 - 2 and set(log.lengths) <= set(range(1, 7))

"""python -m baselines train, play and latency: one file holds a recommender, and foreign files are refused."""

from __future__ import annotations

import json
import pickle
import re
import zipfile
from pathlib import Path

import gymnasium
import numpy as np
import pytest

from baselines import latency, saved
from baselines.__main__ import main
from baselines.heuristics import heuristic
from baselines.interaction import interact
from baselines.recommender import EVALUATION_SEED, evaluate, make_lanes
from baselines.registry import BASELINES
from baselines.saved import MANIFEST, BadModel
from baselines.task import Task

ENV_ID = "RecGym-News-v0"


@pytest.fixture(scope="module")
def bandit(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("models") / "bandit.zip"
    assert (
        main(["train", "thompson", ENV_ID, "--save", str(path), "--steps", "300", "--seed", "3", "--view", "item"]) == 0
    )
    return path


@pytest.fixture(scope="module")
def deep(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("models") / "deep.zip"
    assert main(["train", "A2C", ENV_ID, "--save", str(path), "--steps", "200"]) == 0
    return path


def test_a_folder_to_save_in_is_told_before_the_training(tmp_path, capsys):
    assert main(["train", "PPO", ENV_ID, "--steps", "10000000", "--save", str(tmp_path)]) == 2
    assert "--save: expected a file such as" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main(["train", "PPO", ENV_ID, "--steps", "10000000", "--save", str(tmp_path / "file" / "m.zip")]) == 2
    assert "--save: nothing can be written to" in capsys.readouterr().err


def test_a_training_that_would_end_before_the_first_update_is_refused(tmp_path, capsys):
    assert main(["train", "DQN", ENV_ID, "--steps", "1000", "--save", str(tmp_path / "m.zip")]) == 2
    assert "DQN begins to learn after 5,000 (learning_starts), and only 1,000 are asked for" in capsys.readouterr().err


def test_every_session_is_told_with_its_reward_and_length(tmp_path, capsys):
    """The sessions that are told are those that a single environment with the same actions would have."""
    path = tmp_path / "m.zip"
    assert main(["train", "epsilon-greedy", ENV_ID, "--save", str(path), "--steps", "500"]) == 0
    out = capsys.readouterr().out
    told = re.findall(r"^episode +(\d+)   reward +(-?\d+\.\d\d)   length +(\d+)   mean reward", out, re.MULTILINE)
    assert [int(number) for number, _, _ in told] == list(range(1, len(told) + 1)) and len(told) >= 3
    heard: list[tuple[float, int]] = []
    taken: list[int] = []
    task = Task(
        ENV_ID, "slate", 500, progress=lambda steps, _: taken.append(steps),
        session=lambda steps, session_return, length: heard.append((session_return, length)),
    )  # fmt: skip
    BASELINES["epsilon-greedy"].train(task)
    assert [(f"{reward:.2f}", str(length)) for reward, length in heard] == [
        (reward, length) for _, reward, length in told
    ]
    assert 500 <= taken[-1] < 600  # in whole batches
    assert f"{taken[-1]:,} steps, {len(told)} sessions. Mean return of 200 held-out sessions" in out


def test_what_is_told_of_sessions_is_what_an_evaluation_finds():
    heard: list[tuple[int, float, int]] = []
    env = make_lanes(ENV_ID, 4, session_length=6)
    rule = heuristic("best rated", env)
    steps = interact(env, lambda _: rule.act(env, None), 60, 9, lambda *session: heard.append(session))
    rewards = [step.reward.sum() for step in steps]
    known = evaluate(rule, make_lanes(ENV_ID, 4, session_length=6), 9)
    first = sorted(heard[:4], key=lambda session: session[1])
    np.testing.assert_allclose([value for _, value, _ in first], np.sort(known.returns))
    assert sorted(length for _, _, length in heard[:4]) == sorted(known.lengths) and len(heard) >= 8
    assert sum(value for _, value, _ in heard) <= sum(rewards) + 1e-9
    assert all(steps <= 64 for steps, _, _ in heard) and heard == sorted(heard, key=lambda session: session[0])


@pytest.mark.parametrize("name", ["bandit", "deep"])
def test_a_file_gives_back_what_was_saved(name, request):
    path = request.getfixturevalue(name)
    about, env, recommender = saved.load(path, num_envs=5)
    expected = {"bandit": ("thompson", "item", 300, 3), "deep": ("A2C", BASELINES["A2C"].views[0], 200, 0)}
    assert (about.baseline, about.view, about.steps, about.seed) == expected[name] and about.env_id == ENV_ID
    assert about.versions["numpy"] == np.__version__
    again = BASELINES[about.baseline].train(Task(ENV_ID, about.view, about.steps, about.seed))
    known = evaluate(again, env, 7).returns
    np.testing.assert_array_equal(evaluate(recommender, env, 7).returns, known)


def changed(path: Path, target: Path, **files: str | bytes | None) -> Path:
    """A copy of a zip with other contents of some of its files, named with _ for every - and .;
    None for no such file."""
    with zipfile.ZipFile(path) as source:
        known = {re.sub(r"[-.]", "_", name): name for name in source.namelist()}
    names = {known[name]: content for name, content in files.items()}
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            if name not in names:
                copy.writestr(name, source.read(name))
        for name, text in names.items():
            if text is not None:
                copy.writestr(name, text)
    return target


@pytest.mark.parametrize(("files", "told"), [
    ({"recgym_model_json": None}, f"found no {MANIFEST}"),
    ({"recgym_model_json": '{"format": 99}'}, "expected format 2, found 99"),
    ({"recgym_model_json": "{"}, "not as `python -m baselines train` wrote it"),
    ({"baseline_json": None}, "found no baseline.json"),
    ({"baseline_json": '{"baseline": "thompson"}'}, "not as `python -m baselines train` wrote it"),
])  # fmt: skip
def test_files_that_were_tampered_with_are_refused(bandit, tmp_path, files, told):
    with pytest.raises(BadModel, match=re.escape(told)):
        saved.load(changed(bandit, tmp_path / "m.zip", **files), 1)


@pytest.mark.parametrize(("field", "value", "told"), [
    ("env_id", "CartPole-v1", "trained in 'CartPole-v1', which is not known here"),
    ("baseline", "magic", "'magic' is not known here"),
    ("settings", {"colour": "red"}, "cannot be loaded: thompson: unknown setting 'colour'"),
])  # fmt: skip
def test_models_of_what_is_not_known_are_refused(bandit, tmp_path, field, value, told):
    with zipfile.ZipFile(bandit) as packed:
        about = json.loads(packed.read("baseline.json"))
    with pytest.raises(BadModel, match=re.escape(told)):
        saved.load(changed(bandit, tmp_path / "m.zip", baseline_json=json.dumps(about | {field: value})), 1)


def test_foreign_files_are_refused(tmp_path, deep, capsys):
    text, missing, stable = tmp_path / "m.txt", tmp_path / "none.zip", tmp_path / "sb3.zip"
    text.write_text("PPO")
    with zipfile.ZipFile(deep) as packed:
        stable.write_bytes(packed.read("model.zip"))
    sneaky = tmp_path / "sneaky.zip"
    with zipfile.ZipFile(sneaky, "w") as packed:
        packed.writestr(MANIFEST, "{}")
        packed.writestr("../escape.txt", "")
    for path, told in ((text, "expected a zip file"), (missing, "no such file"),
                       (stable, "Stable-Baselines3's own file"), (sneaky, "without folders")):  # fmt: skip
        for command in ("play", "latency"):
            assert main([command, str(path)]) == 2
            assert told in capsys.readouterr().err
    assert not (tmp_path.parent / "escape.txt").exists()


class Harmful:
    """What runs code when it is unpickled."""

    def __reduce__(self):
        return Path.touch, (Path("harm.txt"),)


def test_a_model_that_would_run_code_is_refused(deep, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = tmp_path / "model.zip"
    with zipfile.ZipFile(deep) as packed:
        model.write_bytes(packed.read("model.zip"))
    changed(model, tmp_path / "harmful.zip", policy_pth=pickle.dumps(Harmful(), protocol=2))
    changed(deep, tmp_path / "m.zip", model_zip=(tmp_path / "harmful.zip").read_bytes())
    with pytest.raises(BadModel, match="cannot be loaded"):
        saved.load(tmp_path / "m.zip", 1)
    assert not (tmp_path / "harm.txt").exists()


def test_a_damaged_file_is_refused(bandit, tmp_path):
    content = bytearray(bandit.read_bytes())
    start = content.index(b"baseline.json") + len("baseline.json") + 4
    content[start : start + 8] = b"\0" * 8
    (tmp_path / "m.zip").write_bytes(bytes(content))
    with pytest.raises(BadModel):
        saved.load(tmp_path / "m.zip", 1)


def test_play_shows_the_pages_of_the_session_it_plays(bandit, capsys):
    assert main(["play", str(bandit), "--sessions", "2", "--seed", "1000005"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("thompson, trained for 300 steps")
    endings = re.findall(r"^return (-?\d+\.\d\d) in (\d+) pages: (.+)\.$", out, re.MULTILINE)
    _, env, recommender = saved.load(bandit, num_envs=2)
    known = evaluate(recommender, env, 1000005)
    assert [(value, pages) for value, pages, _ in endings] == [
        (f"{value:.2f}", str(length)) for value, length in zip(known.returns, known.lengths, strict=True)
    ]
    assert out.count("Hidden truth") == known.lengths.sum()


def test_a_reader_at_a_terminal_turns_the_pages(bandit, monkeypatch, capsys):
    answers = iter(["", "q"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda prompt: next(answers))
    assert main(["play", str(bandit)]) == 0
    assert capsys.readouterr().out.count("Hidden truth") == 2


def test_latency_counts_encoding_and_decision_of_every_request(bandit, monkeypatch):
    """With a clock that moves by known amounts."""
    _, env, recommender = saved.load(bandit, num_envs=1)
    now = 0.0

    def advancing(function, seconds):
        def wrapped(*arguments):
            nonlocal now
            now += seconds
            return function(*arguments)

        return wrapped

    monkeypatch.setattr(latency, "WARM_UP", 3)
    monkeypatch.setattr(latency.time, "perf_counter", lambda: now)
    monkeypatch.setattr(env.sessions, "observe", advancing(env.sessions.observe, 0.25))
    actor = type("Slow", (), {"act": staticmethod(advancing(recommender.act, 2.0))})()
    found = latency.measure(env, actor, 70)
    assert found.shape == (70, 3) and env.state is not None
    np.testing.assert_allclose(found, np.tile((0.25, 2.0, 2.25), (70, 1)))


def test_the_latency_command(deep, capsys):
    assert main(["latency", str(deep), "--requests", "20"]) == 0
    out = capsys.readouterr().out
    assert "20 requests, one at a time" in re.sub(r"\s+", " ", out) and "p50" in out and "p99" in out
    together = re.search(r"together +│ +(\d+\.\d+) +│ +(\d+\.\d+) +│ +(\d+\.\d+)", out)
    assert together and 0 < float(together[2]) <= float(together[3])


@pytest.mark.parametrize(("arguments", "told"), [
    (["PP0", ENV_ID, "--save", "m.zip"], "Did you mean 'PPO'"),
    (["PPO", "RecGym-Newz-v0", "--save", "m.zip"], "Did you mean 'RecGym-News-v0'"),
    (["SAC", ENV_ID, "--save", "m.zip", "--action", "item"], "SAC takes --action proto, got item"),
    (["PPO", ENV_ID, "--save", "m.zip", "--seed", "1000"], "expected 0 to 999, got 1000"),
    (["cheapest", ENV_ID, "--save", "m.zip"], "shows no relative_price"),
    (["PPO", ENV_ID], "required: --save"),
])  # fmt: skip
def test_bad_requests_are_told(arguments, told, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["train", *arguments]) == 2
    assert told in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_a_rule_is_saved_too(tmp_path):
    assert main(["train", "best-rated", ENV_ID, "--save", str(tmp_path / "new" / "m.zip")]) == 0
    about, env, recommender = saved.load(tmp_path / "new" / "m.zip", 3)
    env.reset(seed=EVALUATION_SEED)
    assert about.steps == 0 and isinstance(env.single_action_space, gymnasium.spaces.MultiDiscrete)
    assert recommender.act(env, None).shape == (3, env.simulator.slate_size)

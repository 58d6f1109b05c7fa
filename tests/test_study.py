"""python -m baselines study: its space, its search, who wins, and that what won is what is trained with."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from baselines import cells, run, tuned
from baselines.__main__ import main
from baselines.algorithms import DEFAULTS, TUNED, VIEWS
from baselines.files import BadTable
from baselines.recommender import EVALUATION_SEED, SEED_STRIDE
from baselines.registry import BASELINES
from baselines.run import SEEDS
from baselines.sb3 import algorithm_class, make_model
from baselines.study import page, search, space, trials
from baselines.study.search import Study
from baselines.study.space import SPACES
from baselines.study.trials import Trial
from baselines.versions import OtherRun

ENV_ID = "RecGym-News-v0"
TABLES = Path(__file__).resolve().parent.parent / trials.FOLDER


# The space


def test_every_algorithm_but_the_search_without_gradients_has_a_space():
    assert set(SPACES) == set(VIEWS) - {"ARS"}


@pytest.mark.parametrize("algorithm", SPACES)
def test_a_study_starts_from_the_committed_settings(algorithm):
    """The point says the same, completed by Stable-Baselines3's own values, and lies in the space."""
    first, committed = space.start(algorithm), TUNED.get(algorithm, DEFAULTS)
    found = space.settings(algorithm, first)
    assert {name: found[name] for name in committed if name != "policy_kwargs"}.items() <= dict(committed).items()
    assert committed.get("policy_kwargs", {}).items() <= found.get("policy_kwargs", {}).items()
    signature = inspect.signature(algorithm_class(algorithm)).parameters
    for name in found.keys() - committed.keys() - {"policy_kwargs"}:
        assert found[name] == signature[name].default
    widths = space.distributions(algorithm)
    assert all(widths[name]._contains(widths[name].to_internal_repr(value)) for name, value in first.items())
    assert space.rounded(algorithm, first) == first == json.loads(json.dumps(first))


@pytest.mark.parametrize("algorithm", SPACES)
def test_every_point_is_a_set_of_keyword_arguments(algorithm):
    """Other values than the first of everything, and the model has them."""
    widths = space.distributions(algorithm)
    point = {name: getattr(width, "high", None) or width.choices[-1] for name, width in widths.items()}
    model = make_model(algorithm, ENV_ID, settings={**space.settings(algorithm, point), **_small(algorithm)})
    assert model.n_envs == point["num_envs"] and model.gamma == point["gamma"]
    assert model.learning_rate == point["learning_rate"]
    if "rollout" in point:
        assert model.n_steps * model.n_envs == point["rollout"]
    if "width" in point:
        assert model.policy_kwargs["net_arch"] == [point["width"]] * 2


def _small(algorithm: str) -> dict:
    return {"buffer_size": 1000} if "buffer_size" in inspect.signature(algorithm_class(algorithm)).parameters else {}


def test_the_width_of_the_default_networks_is_what_the_library_makes():
    for algorithm in ("A2C", "DQN", "TRPO"):
        policy = make_model(algorithm, ENV_ID, settings={"num_envs": 1, **_small(algorithm)}).policy
        widths = {weights.shape[0] for name, weights in policy.named_parameters() if name.endswith("0.weight")}
        assert space.WIDTH in widths and max(widths) == space.WIDTH


# The search


def valued(best: float = 0.95, luck: float = 0.0) -> Callable[..., Trial]:
    """In place of a training: the return falls with the distance of gamma from `best`; `luck` is the first seed's."""

    def train(study: Study, planned: Trial, behind: Callable[[int, float], bool]) -> Trial:
        lucky = luck * (planned.seed == trials.SEEDS[0] and planned.number == 1)
        value = 20 - 100 * abs(planned.parameters["gamma"] - best) + lucky
        returns: list[float] = []
        for point in range(trials.POINTS):
            returns.append(round(value - (trials.POINTS - 1 - point), 4))
            if behind(point, returns[-1]):
                break
        return replace(planned, returns=tuple(returns), cpu_seconds=1.0)

    return train


@pytest.fixture(autouse=True)
def random_pages(monkeypatch):
    """Nothing is trained in most tests, so no sessions are needed either."""
    monkeypatch.setattr(search, "random_return", lambda study: 5.0)


def searched(folder: Path, train: Callable[..., Trial], points: int = 10) -> list[Trial]:
    study = Study(ENV_ID, "PPO", 900, points, trials.path(folder, ENV_ID, "PPO"))
    list(search.run(study, train))
    return trials.load(study.file, "PPO", 900)


def test_it_finds_what_is_better_and_gives_up_what_falls_behind(tmp_path):
    found = searched(tmp_path, valued(best=0.99))
    assert [trial.number for trial in trials.searched(found)] == list(range(10))
    assert dict(trials.searched(found)[0].parameters) == space.start("PPO")
    assert trials.winner(found).parameters["gamma"] == 0.99
    assert any(not trial.whole for trial in found) and all(trial.whole for trial in trials.finalists(found))
    assert len(found) == 10 + 2 * (1 + trials.FINALISTS)


def test_a_study_that_was_interrupted_is_the_same(tmp_path):
    whole = searched(tmp_path / "whole", valued(0.98))
    study = Study(ENV_ID, "PPO", 900, 10, trials.path(tmp_path, ENV_ID, "PPO"))
    for kept in (1, 6, 9):
        trainings = search.run(study, valued(0.98))
        for _ in range(kept - len(trials.load(study.file, "PPO"))):
            next(trainings)
        trainings.close()
    list(search.run(study, valued(0.98)))
    assert trials.load(study.file, "PPO") == whole
    assert list(search.run(study, valued(0.98))) == []  # nothing is left to do


def test_the_committed_settings_stay_where_nothing_beats_them(tmp_path, monkeypatch):
    monkeypatch.setattr(tuned, "SETTINGS", tmp_path / "algorithms.json")
    found = searched(tmp_path, valued(best=TUNED["PPO"]["gamma"]))
    assert trials.winner(found).number == 0 and len(found) == 10  # none did better in the search: nothing to decide
    trials.keep(ENV_ID, "PPO", found)
    assert tuned.settings("PPO", ENV_ID) == {}


def test_the_luck_of_the_seed_that_searched_does_not_count(tmp_path):
    """Trial 1 returns 30 more in the search only: it is a finalist, and loses."""
    found = searched(tmp_path, valued(best=0.95, luck=30.0))
    lucky = trials.searched(found)[1]
    assert lucky.parameters["gamma"] != 0.95 and trials.finalists(found) == [trials.searched(found)[0], lucky]
    assert trials.winner(found).number == 0 and trials.decisive(found, 0) > trials.decisive(found, 1)


def test_tables_of_another_study_are_refused(tmp_path, capsys):
    searched(tmp_path, valued(), points=2)
    file = trials.path(tmp_path, ENV_ID, "PPO")
    with pytest.raises(BadTable, match="expected trainings of 800 steps, found 900. Say --steps 900"):
        trials.load(file, "PPO", 800)
    file.write_text(file.read_text().replace('""gamma"": 0.95', '""gamma"": 0.94'))
    with pytest.raises(BadTable, match="expected the committed settings as trial 0"):
        trials.load(file, "PPO", 900)
    assert main(["study", ENV_ID, "--out", str(tmp_path)]) == 2
    assert "Say --steps 900" in capsys.readouterr().err


def test_trials_of_another_version_of_the_environment_are_refused(tmp_path, monkeypatch):
    study = Study(ENV_ID, "PPO", 900, 3, trials.path(tmp_path, ENV_ID, "PPO"))
    searched(tmp_path, valued(), points=2)
    monkeypatch.setattr(search, "random_return", lambda study: 5.1)
    told = "random pages returned 5.0000, and now 5.1000: the environment has changed. Move"
    with pytest.raises(OtherRun, match=told):
        next(search.run(study, valued()))


def test_no_session_and_no_seed_of_a_study_is_one_of_a_benchmark():
    assert min(trials.SEEDS) >= SEEDS
    trained = [range(SEED_STRIDE * seed, SEED_STRIDE * (seed + 1)) for seed in trials.SEEDS]
    validated = range(trials.VALIDATION_SEED, trials.VALIDATION_SEED + trials.SESSIONS)
    assert all(validated.start >= sessions.stop for sessions in trained) and validated.stop <= EVALUATION_SEED


def test_a_training_is_valued_three_times_and_is_the_same_again(tmp_path):
    study = Study(ENV_ID, "PPO", 1536, 2, tmp_path / "x.csv")
    planned = Trial(1, 900, 1536, (), 5.0, 0.0, {**space.start("PPO"), "rollout": 512})
    heard: list[float] = []
    first = search.training(study, planned, lambda point, value: bool(heard.append(value)))
    assert first.whole and list(first.returns) == heard and np.isfinite(heard).all() and first.cpu_seconds > 0
    again = search.training(study, planned, lambda point, value: point == 1)
    assert again.returns == first.returns[:2]


# What wins is used


def test_the_settings_found_are_those_trained_with_in_this_environment_only(tmp_path, monkeypatch):
    monkeypatch.setattr(tuned, "SETTINGS", tmp_path / "algorithms.json")
    before = {cell.env_id: cell for cell in run.plan([ENV_ID, "RecGym-Video-v0"], ["PPO"], 1) if cell.baseline == "PPO"}
    found = searched(tmp_path, valued(best=0.99))
    trials.keep(ENV_ID, "PPO", found)
    after = {cell.env_id: cell for cell in run.plan([ENV_ID, "RecGym-Video-v0"], ["PPO"], 1) if cell.baseline == "PPO"}
    assert after[ENV_ID].settings["gamma"] == 0.99 != before[ENV_ID].settings["gamma"]
    assert after[ENV_ID].config_hash != before[ENV_ID].config_hash
    assert after["RecGym-Video-v0"] == before["RecGym-Video-v0"]

    made = []
    monkeypatch.setattr("baselines.sb3.make_model", lambda *_, settings, **__: made.append(settings) or 1 / 0)
    for cell in (before[ENV_ID], after[ENV_ID]):  # a cell is trained with its own settings, whatever was found since
        with pytest.raises(ZeroDivisionError):
            cells.measure(replace(cell, sessions=2))
    assert [settings["gamma"] for settings in made] == [0.95, 0.99]


@pytest.mark.parametrize("file", sorted(TABLES.glob("*.csv")), ids=lambda file: file.stem)
def test_the_committed_settings_are_what_the_committed_trials_decided(file):
    env_id, _, algorithm = file.stem.rpartition("-")
    best = trials.winner(trials.load(file, algorithm))
    assert tuned.settings(algorithm, env_id) == (space.settings(algorithm, best.parameters) if best.number else {})


def test_every_setting_found_has_its_trials():
    found = json.loads(tuned.SETTINGS.read_text())
    assert all(trials.path(TABLES, env_id, algorithm).exists() for algorithm in found for env_id in found[algorithm])
    assert all(algorithm in BASELINES for algorithm in found)


# The command


def test_without_optuna_the_command_tells_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert main(["study", ENV_ID, "--out", str(tmp_path)]) == 2
    assert 'needs optuna. Install it with: pip install -e ".[study]"' in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_command_searches_decides_and_keeps(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tuned, "SETTINGS", tmp_path / "algorithms.json")
    monkeypatch.setattr(trials, "FOLDER", tmp_path)
    study = ["study", ENV_ID, "--trials", "8", "--out", str(tmp_path), "--algos"]
    monkeypatch.setattr(search, "training", valued(best=0.99))
    assert main([*study, "PPO"]) == 0
    assert tuned.settings("PPO", ENV_ID)["gamma"] > TUNED["PPO"]["gamma"]
    monkeypatch.setattr(search, "training", valued(best=TUNED["A2C"]["gamma"]))
    assert main([*study, "A2C"]) == 0
    assert tuned.settings("A2C", ENV_ID) == {}
    assert "unbeaten" in capsys.readouterr().out


def test_a_study_elsewhere_changes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tuned, "SETTINGS", tmp_path / "algorithms.json")
    monkeypatch.setattr(search, "training", valued(best=0.99))
    assert main(["study", ENV_ID, "--trials", "8", "--out", str(tmp_path)]) == 0
    assert not tuned.SETTINGS.exists() and "Nothing is trained with what was found" in capsys.readouterr().out


def test_an_unfinished_study_says_so_and_changes_nothing(tmp_path):
    found = searched(tmp_path, valued(best=0.99))
    assert page.row("PPO", ENV_ID, found)[4:6] == ("16.00", "20.00")
    unfinished = [trial for trial in found if trial.seed != trials.SEEDS[-1]]
    assert page.row("PPO", ENV_ID, unfinished)[4:6] == ("not finished", "")
    assert trials.winner(unfinished).number == 0

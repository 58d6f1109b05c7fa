"""Examples: each runs as a user would run it, with tiny settings, and its result can be wrong."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import gymnasium
import numpy as np
import pytest
from stable_baselines3 import PPO

from baselines.registry import BASELINES
from recgym.testing import HashingEncoder, check_determinism, check_keywords, check_rewards, check_vector_next_step

FOLDER = Path(__file__).resolve().parent.parent / "examples"
ELSEWHERE = {"10_rllib"}  # in an environment of its own: ./run test-ray
ENV_ID = "RecGym-Ecommerce-v0"


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_first_steps(capsys):
    example("01_first_steps").main(ENV_ID, pages=3)
    assert "page 1: clicked" in capsys.readouterr().out


@pytest.mark.slow
def test_train_and_save(tmp_path):
    mean_return = example("02_train_and_save").main(ENV_ID, steps=4096, path=tmp_path / "new" / "ppo.zip")
    assert np.isfinite(mean_return) and (tmp_path / "new" / "ppo.zip").exists()


@pytest.mark.slow
def test_compare():
    returns = example("03_compare").main(ENV_ID, steps=600, sessions=40)
    assert returns["far-sighted reference (privileged)"] > returns["best rated"] > returns["random"]
    assert {"PPO", "DQN"} < set(returns)


def test_own_catalogue(monkeypatch):
    monkeypatch.chdir(FOLDER.parent)
    total = example("04_own_catalogue").main("examples/tea_shop.csv", HashingEncoder(24), pages=4, embedding_dim=12)
    assert np.isfinite(total)


def test_own_catalogue_tells_what_is_wrong_with_a_file(tmp_path):
    path = tmp_path / "shop.csv"
    path.write_text("item_id,title,category,price\n1,Tea,Green,cheap\n")
    with pytest.raises(SystemExit, match="price"):
        example("04_own_catalogue").main(str(path), HashingEncoder(24), pages=1)


def test_own_response_and_reward():
    returns = example("05_own_response_and_reward").main(sessions=60)
    for users in ("as they are", "first glance"):
        assert returns[f"{users}, best rated"] > returns[f"{users}, random"]


def test_the_own_response_clicks_as_its_formula_says():
    model = example("05_own_response_and_reward").FirstGlance(further=0.4)
    rng = np.random.default_rng(0)
    utility, shown = np.tile([0.5, -0.2, 1.0], (100_000, 1)), np.tile([True, True, False], (100_000, 1))
    clicked = model.click(utility, shown, rng.random((100_000, model.num_uniforms(3))))
    np.testing.assert_allclose(clicked.mean(axis=0), model.probabilities(utility, shown)[0], atol=0.006)


@pytest.mark.slow
def test_own_agent():
    assert example("06_own_agent").main(ENV_ID, generations=3, population=8, sessions=40) > 0.3


def test_action_masks():
    assert example("07_action_masks").main(ENV_ID, steps=64, n_steps=64) == 0


def test_vector_environments():
    assert example("08_vector_environments").main(ENV_ID, num_envs=32, steps=70) > 0


def test_single_file_ppo():
    history = example("09_single_file_ppo").main(ENV_ID, steps=2048, num_envs=8, num_steps=64)
    assert len(history) == 4 and np.isfinite(history[-1])


@pytest.mark.slow
def test_rl_zoo3(tmp_path):
    """It has trained with the settings of the file: Stable-Baselines3 keeps them beside the numbers."""
    module = example("11_rl_zoo3")
    assert np.isfinite(module.main(ENV_ID, "PPO", steps=2048, folder=tmp_path))
    model = PPO.load(tmp_path / "ppo" / f"{ENV_ID}_1" / f"{ENV_ID}.zip", device="cpu")
    wanted = BASELINES["PPO"].settings_in(ENV_ID)
    assert all(getattr(model, name) == wanted[name] for name in ("n_steps", "batch_size", "gamma", "policy_kwargs"))
    assert model.n_envs == wanted["num_envs"]


def test_own_domain(monkeypatch):
    """It keeps the contract of every environment."""
    monkeypatch.chdir(FOLDER.parent)
    module, how = example("13_own_domain"), {"encoder": HashingEncoder(24), "embedding_dim": 12}
    assert module.main(**how) > 0
    how |= {"catalog": "examples/tea_shop.csv"}
    for check in (check_determinism, check_vector_next_step, check_rewards, check_keywords):
        check("TeaHouse-v0", **how)
    with pytest.raises(ValueError, match="'tea' has no built-in catalogue; pass catalog="):
        gymnasium.make("TeaHouse-v0")
    gymnasium.registry.pop("TeaHouse-v0")


@pytest.mark.parametrize(
    "scenario", ["nowhere:Shop", "recgym.scenarios.news:Olds", "recgym.scenarios.news:NewsReward", "Shop"]
)
def test_what_is_no_domain_is_told(scenario):
    with pytest.raises(ValueError, match="scenario: "):
        gymnasium.make("RecGym-News-v0", scenario=scenario)


@pytest.mark.filterwarnings("ignore:.*is set to None:UserWarning")
def test_minari(tmp_path, monkeypatch):
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    assert np.isfinite(example("12_minari").main(ENV_ID, sessions=6, epochs=5))
    assert (tmp_path / "recgym" / "example-v0").is_dir()


def test_every_example_is_short_and_tested():
    tested = set(re.findall(r'example\("(\w+)"\)', Path(__file__).read_text()))
    found = {path.stem for path in FOLDER.glob("[0-9]*.py")}
    assert found == tested | ELSEWHERE
    for path in FOLDER.glob("[0-9]*.py"):
        assert len(path.read_text().splitlines()) <= 90, path.name

"""rl_zoo3: its files say what the baselines are trained with."""

from __future__ import annotations

import pytest
import yaml

from baselines import zoo
from baselines.__main__ import main
from baselines.algorithms import VIEWS
from baselines.registry import find
from baselines.sb3 import make_for, policy_for
from recgym.registration import DOMAINS


def test_the_files_are_in_step_with_the_settings(tmp_path):
    assert main(["zoo", "--out", str(tmp_path)]) == 0
    written = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert written == {path.name: path.read_text() for path in zoo.FOLDER.iterdir()}, "run: python -m baselines zoo"
    assert set(written) == {f"{name}.yml" for name in zoo.NAMES.values()}


@pytest.mark.parametrize("algorithm", zoo.NAMES)
def test_a_file_says_everything_once_per_domain(algorithm):
    read = yaml.safe_load((zoo.FOLDER / f"{zoo.NAMES[algorithm]}.yml").read_text())
    assert list(read) == list(DOMAINS)
    for env_id, found in read.items():
        settings = find(algorithm).settings_in(env_id)
        renamed = {"num_envs": "n_envs", "action_noise": "noise_std"}
        assert all(found[renamed.get(name, name)] == value for name, value in settings.items() if name != "algorithm")
        assert found["env_kwargs"] == {"action": VIEWS[algorithm][0]} and found["n_timesteps"] == 200_000
        assert ("noise_type" in found) == ("action_noise" in settings)
    assert found["policy"] == policy_for(algorithm, make_for(algorithm, env_id).observation_space)

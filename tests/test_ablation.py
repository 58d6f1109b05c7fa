"""Holding a part of the users still: it does not move, the rest does, and the committed rows are of this version."""

from __future__ import annotations

import numpy as np
import pytest

from baselines import ablation
from baselines.__main__ import main
from baselines.bounds import measure
from baselines.files import read_json
from baselines.recommender import make_lanes
from recgym.dynamics import Trust
from recgym.registration import DOMAINS

ENV_ID = "RecGym-News-v0"


def test_what_is_held_still_does_not_move_and_the_rest_does():
    env = make_lanes(ENV_ID, 64, action="slate")
    env.sessions.simulator = ablation.held_still(env.simulator, "Trust")
    env.reset(seed=0)
    env.action_space.seed(0)
    before = env.simulator.part(Trust)
    for _ in range(5):
        state, going_on = env.state, ~env._over
        env.step(env.action_space.sample())
        assert np.array_equal(env.state["trust"][going_on], state["trust"][going_on])
    assert (env.state["satiation"] > 0).any()
    assert env.simulator.part(Trust) is before  # a planner still finds it


def test_without_a_part_held_still_it_is_the_gap_of_the_bounds():
    whole = dict(ablation.measure(ENV_ID, 40))[ablation.WHOLE]
    assert whole.gap == measure(ENV_ID, ablation.VIEW, 40).gap


def test_the_command_writes_a_row_for_every_part(tmp_path, capsys):
    assert main(["ablate", "--envs", ENV_ID, "--episodes", "20", "--out", str(tmp_path)]) == 0
    rows = read_json(ablation.path_of(ENV_ID, tmp_path))["held still"]
    assert list(rows) == ["", *ablation.parts(make_lanes(ENV_ID, 1).simulator)]
    assert {"Trust", "Leaning"} < set(rows) and not {"History", "Visits"} & set(rows)
    assert "Leaning" in capsys.readouterr().out


@pytest.mark.parametrize("env_id", DOMAINS)
def test_the_committed_rows_are_of_this_version(env_id):
    known = ablation.load(env_id)
    whole = known["held still"][ablation.WHOLE]
    committed = read_json(ablation.MEASUREMENTS / f"{env_id}-bounds.json")["views"][ablation.VIEW]
    assert whole["gap"] == pytest.approx(committed["gap"], abs=1e-3), f"run: python -m baselines ablate --envs {env_id}"
    assert list(known["held still"])[1:] == ablation.parts(make_lanes(env_id, 1).simulator)

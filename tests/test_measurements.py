"""No environment without a reason to use RL: the committed measurements, and that they are of this version."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from baselines import learning, results
from baselines.bounds import measure, measure_classic
from baselines.classics import variants
from baselines.documentation.measured import SEEN
from baselines.heuristics import HEURISTICS, LINEAR_TUNED
from baselines.oracles import MYOPIC, REFERENCE
from baselines.run import plan
from recgym.actions import VIEWS
from recgym.registration import CLASSICS, DOMAINS

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "measurements"


def measured(env_id: str) -> dict:
    return json.loads((FOLDER / f"{env_id}-bounds.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("env_id", DOMAINS)
def test_far_sight_pays_and_no_fixed_ranking_gets_there(env_id, view):
    facts, found = measured(env_id)["views"][view], measured(env_id)
    scores = {row["name"]: row["score"] for row in facts["rows"]}
    assert found["episodes"] >= 500
    assert facts["gap"] - facts["gap_half_width"] > 0.15 and facts["p_value"] < 0.001
    assert max(scores[name] for name in HEURISTICS if name in scores) <= 0.6
    assert scores[LINEAR_TUNED] <= 0.85
    assert scores["random"] == 0 < scores[MYOPIC.name] < 1


@pytest.mark.parametrize("env_id", DOMAINS)
def test_the_measurement_is_of_this_version(env_id):
    """The first of its sessions again: an environment that changed has to be measured anew."""
    rows = {row["name"]: row for row in measured(env_id)["views"]["slate"]["rows"]}
    again = measure(env_id, "slate", measured(env_id)["episodes"])
    for name in ("best rated", MYOPIC.name):
        assert again.evaluations[name].mean == pytest.approx(rows[name]["return"], abs=0.02), (
            f"run: python -m baselines bounds {env_id}"
        )


def test_an_algorithm_with_default_arguments_learns_what_the_domains_ask_for():
    """PPO from Stable-Baselines3, untuned: half of the way to the reference on eight domains,
    on six more than the policy that knows everything and does not look ahead."""
    rows = {env_id: learning.of_row(learning.load(FOLDER / f"{env_id}-learning.csv"), SEEN) for env_id in DOMAINS}
    assert SEEN.name == "PPO-proto" and all(rows.values())
    scores, myopic = (
        np.array([np.mean([float(record[name]) for record in records]) for records in rows.values()])
        for name in ("score", "myopic_score")
    )
    assert (scores >= 0.5).sum() >= 8, dict(zip(rows, scores, strict=True))
    assert (scores > myopic).sum() >= 6, dict(zip(rows, scores - myopic, strict=True))


NOTHING_TO_GAIN = {("RecGym-InterestExploration-v0", "published"), ("RecGym-LongTermSatisfaction-v0", "published")}


@pytest.mark.parametrize("env_id", CLASSICS)
def test_far_sight_pays_in_every_classic_but_where_the_published_constants_leave_nothing(env_id):
    found = measured(env_id)
    assert found["episodes"] >= 500 and tuple(found["variants"]) == variants(env_id)
    for name, facts in found["variants"].items():
        if (env_id, name) in NOTHING_TO_GAIN:
            assert abs(facts["gap"]) < 0.001
        else:
            assert facts["gap"] - facts["gap_half_width"] > 0.05 and facts["p_value"] < 0.001


@pytest.mark.parametrize("env_id", CLASSICS)
def test_the_measurement_of_a_classic_is_of_this_version(env_id):
    found = measured(env_id)
    name = variants(env_id)[-1]
    rows = {row["name"]: row for row in found["variants"][name]["rows"]}
    again = measure_classic(env_id, found["episodes"], variant=name)
    for policy in ("random", MYOPIC.name, REFERENCE):
        assert again.evaluations[policy].mean == pytest.approx(rows[policy]["return"], rel=1e-3), (
            f"run: python -m baselines bounds {env_id}"
        )


def test_the_benchmark_was_measured_with_the_settings_that_its_baselines_have_now():
    """What changes settings without measuring anew is noticed here; the rows say how long their trainings were."""
    rows = results.read_table(FOLDER / "benchmark" / results.FILES["rows"].name)
    env_ids, baselines = (list({row[name] for row in rows}) for name in ("env_id", "baseline"))
    now = {
        (cell.env_id, cell.baseline, cell.config_hash)
        for steps, sessions in {(row["steps"], row["sessions"]) for row in rows}
        for cell in plan(env_ids, baselines, 1, sessions, steps)
    }
    changed = {
        (row["env_id"], row["baseline"])
        for row in rows
        if (row["env_id"], row["baseline"], row["config_hash"]) not in now
    }
    assert not changed, "measure these cells anew: python -m baselines run"

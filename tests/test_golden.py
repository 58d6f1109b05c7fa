"""A stored fixed-seed trajectory per environment: integers exactly, floats closely.

Write them anew with `python -m tests.test_golden --write`, and raise the environment's version if it was released.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from recgym.registration import ENVIRONMENTS

FOLDER = Path(__file__).parent / "golden"
SEED, STEPS, STRIDE = 2024, 80, 23


def trajectory(env_id: str) -> dict[str, Any]:
    """80 steps of random actions, through ends of sessions of at most 60 slates;
    of the observations every 23rd element, another part each step."""
    length = gymnasium.make(env_id).unwrapped.sessions.session_length
    env = gymnasium.make(env_id, session_length=min(length, 60))
    rng = np.random.default_rng(SEED)  # not the action space's generator: Gymnasium may change that
    sizes = env.action_space.nvec
    deeds = env.unwrapped.simulator.events
    names = ("slate", deeds[0], "disappointed", *deeds[1:], "rating")
    steps = []

    def sample(observation: np.ndarray) -> list[float]:
        return [float(f"{value:.7g}") for value in observation[len(steps) % STRIDE :: STRIDE]]

    observation, _ = env.reset(seed=SEED)
    start = [float(f"{value:.7g}") for value in observation]
    for _ in range(STEPS):
        observation, reward, terminated, truncated, info = env.step(rng.integers(sizes))
        steps.append(
            {"integers": {name: np.asarray(info[name]).astype(int).tolist() for name in names if name in info},
             "ended": [int(terminated), int(truncated)],
             "reward": float(f"{reward:.9g}"),
             "observation": sample(observation)}
        )  # fmt: skip
        if terminated or truncated:
            env.reset()
    return {"seed": SEED, "start": start, "steps": steps}


def path_of(env_id: str) -> Path:
    return FOLDER / f"{env_id}.json"


def differences(expected: dict[str, Any], got: dict[str, Any]) -> list[str]:
    """What differs, in the order of time; empty if nothing does."""
    found = []

    def close(name: str, one: Any, two: Any) -> None:
        one, two = np.asarray(one, dtype=float), np.asarray(two, dtype=float)
        if one.shape != two.shape:
            found.append(f"{name}: shape {two.shape} instead of {one.shape}")
        elif not np.allclose(two, one, rtol=1e-5, atol=1e-6):
            worst = int(np.abs(two - one).argmax())
            found.append(f"{name}: {two.flat[worst]:g} instead of {one.flat[worst]:g}")

    close("observation of the first reset", expected["start"], got["start"])
    for number, (one, two) in enumerate(zip(expected["steps"], got["steps"], strict=True)):
        for name in one["integers"]:
            if one["integers"][name] != two["integers"].get(name):
                found.append(f"step {number}, {name}: {two['integers'].get(name)} instead of {one['integers'][name]}")
        if one["ended"] != two["ended"]:
            found.append(f"step {number}, (terminated, truncated): {two['ended']} instead of {one['ended']}")
        close(f"step {number}, reward", one["reward"], two["reward"])
        close(f"step {number}, observation", one["observation"], two["observation"])
    return found


@pytest.mark.parametrize("env_id", ENVIRONMENTS)
def test_the_trajectory_is_the_stored_one(env_id):
    found = differences(json.loads(path_of(env_id).read_text()), trajectory(env_id))
    assert not found, (
        f"{env_id} no longer gives its stored trajectory ({len(found)} differences, the first: {found[0]}). If that is "
        "meant, raise the environment's version (-v0 to -v1: results are not comparable any more) and write the new "
        "trajectory: python -m tests.test_golden --write"
    )


@pytest.mark.parametrize("env_id", ENVIRONMENTS)
def test_the_stored_trajectory_is_worth_comparing(env_id):
    stored = json.loads(path_of(env_id).read_text())
    assert len(stored["steps"]) == STEPS and len(stored["start"]) >= 40
    ends = np.array([step["ended"] for step in stored["steps"]])
    clicks = np.array([step["integers"]["clicked"] for step in stored["steps"]])
    assert ends.sum() >= 1 and clicks.sum() >= 10


def test_small_and_large_changes_are_told_apart():
    step = {"integers": {"slate": [1, 2]}, "ended": [0, 0], "reward": 0.5, "observation": [1.0, 2.0]}
    stored = {"seed": 0, "start": [0.1, 0.2], "steps": [step]}
    assert differences(stored, {**stored, "start": [0.1 + 1e-7, 0.2]}) == []
    changes = {
        "slate": {"integers": {"slate": [1, 3]}}, "terminated": {"ended": [1, 0]}, "reward": {"reward": 0.50002},
        "observation": {"observation": [1.0, 2.001]}, "shape": {"observation": [1.0]},
    }  # fmt: skip
    for word, change in changes.items():
        [difference] = differences(stored, {**stored, "steps": [{**step, **change}]})
        assert word in difference


def write() -> None:
    """Store the trajectories of all environments, and drop those of environments that are gone."""
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.json"):
        path.unlink()
    for env_id in ENVIRONMENTS:
        lines = trajectory(env_id)
        steps = ",\n".join(json.dumps(step) for step in lines.pop("steps"))
        path_of(env_id).write_text(f"{json.dumps(lines)[:-1]},\n\"steps\": [\n{steps}\n]}}\n")
        print(f"wrote {path_of(env_id).name}")


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        raise SystemExit("python -m tests.test_golden --write stores new trajectories; pytest compares them")
    write()

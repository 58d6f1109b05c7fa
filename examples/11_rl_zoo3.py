"""Train by rl_zoo3, with the settings that `python -m baselines zoo` has written for it, and let the agent recommend.

    pip install -e ".[zoo]"
    python examples/11_rl_zoo3.py --algorithm DQN --steps 200000

It only makes the command line; by hand it is, in the repository:

    python -m rl_zoo3.train --algo ppo --env RecGym-Ecommerce-v0 --gym-packages recgym \\
        --conf-file baselines/rl_zoo3/ppo.yml --env-kwargs "action:'proto'" -f results/zoo
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from baselines import zoo
from baselines.algorithms import VIEWS
from baselines.recommender import EVALUATION_SEED, evaluate, make_lanes
from baselines.sb3 import TrainedRecommender, algorithm_class


def command(env_id: str, algorithm: str, steps: int, folder: Path) -> list[str]:
    """The file has the action view too, but rl_zoo3 gives only what the command line says to its evaluations."""
    name = zoo.NAMES[algorithm]
    return [sys.executable, "-m", "rl_zoo3.train", "--algo", name, "--env", env_id, "--gym-packages", "recgym",
            "--conf-file", str(zoo.FOLDER / f"{name}.yml"), "--env-kwargs", f"action:{VIEWS[algorithm][0]!r}",
            "--n-timesteps", str(steps), "--eval-freq", str(max(steps // 4, 1)), "--eval-episodes", "2", "--seed", "0",
            "--log-folder", str(folder)]  # fmt: skip


def main(env_id: str, algorithm: str, steps: int, folder: Path) -> float:
    subprocess.run(command(env_id, algorithm, steps, folder), check=True)
    runs = folder / zoo.NAMES[algorithm]
    last = max(runs.glob(f"{env_id}_*"), key=lambda run: int(run.name.rpartition("_")[2]))
    model = algorithm_class(algorithm).load(last / f"{env_id}.zip", device="cpu")  # unpickles: only what you trained
    lanes = make_lanes(env_id, 200, action=VIEWS[algorithm][0])
    found = evaluate(TrainedRecommender(model, algorithm), lanes, EVALUATION_SEED)
    print(f"{last}: mean return {found.mean:.2f} ±{found.half_width:.2f} over 200 held-out sessions")
    return found.mean


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--env", default="RecGym-Ecommerce-v0")
    parser.add_argument("--algorithm", default="PPO", choices=zoo.NAMES)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--out", type=Path, default=Path("results/zoo"))
    options = parser.parse_args()
    main(options.env, options.algorithm, options.steps, options.out)

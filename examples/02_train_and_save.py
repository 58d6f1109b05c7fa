"""Train an agent of Stable-Baselines3, save it, load it, and let it recommend.

    python examples/02_train_and_save.py --steps 200000
"""

from __future__ import annotations

import argparse
from pathlib import Path

import gymnasium
from stable_baselines3 import PPO

import recgym  # noqa: F401 - registers the environments
from baselines.algorithms import TUNED
from baselines.sb3 import make_model


def main(env_id: str, steps: int, path: Path) -> float:
    model = make_model("PPO", env_id, settings=TUNED["PPO"], action="proto")
    model.learn(steps, progress_bar=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    model.save(path)

    agent, env = PPO.load(path, device="cpu"), gymnasium.make(env_id, action="proto")
    total, sessions = 0.0, 20
    for seed in range(sessions):
        observation, _ = env.reset(seed=1_000_000 + seed)
        over = False
        while not over:
            action, _ = agent.predict(observation, deterministic=True)
            observation, reward, terminated, truncated, _ = env.step(action)
            total += float(reward)
            over = terminated or truncated
    print(f"{path}: mean return {total / sessions:.2f} over {sessions} held-out sessions")
    return total / sessions


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--env", default="RecGym-Ecommerce-v0")
    parser.add_argument("--steps", type=int, default=200_000)
    parser.add_argument("--out", type=Path, default=Path("results/ppo.zip"))
    options = parser.parse_args()
    main(options.env, options.steps, options.out)

"""Action masks: a slate item by item, where no item can be taken twice.

    python examples/07_action_masks.py --steps 60000
"""

from __future__ import annotations

import argparse

import gymnasium
import numpy as np
from sb3_contrib import MaskablePPO

import recgym  # noqa: F401 - registers the environments


def main(env_id: str, steps: int, n_steps: int) -> int:
    """Slots in which the trained agent named an item that was already on the slate: none."""
    env = gymnasium.make(env_id, action="sequential")
    model = MaskablePPO("MlpPolicy", env, n_steps=n_steps, batch_size=min(64, n_steps), seed=0, device="cpu")
    model.learn(steps)
    replaced, pages = 0, 0
    observation, _ = env.reset(seed=1_000_000)
    over = False
    while not over:
        masks = env.unwrapped.action_masks()  # (num_candidates,) bool
        action, _ = model.predict(observation, action_masks=masks, deterministic=True)
        assert masks[int(np.asarray(action))]
        observation, _, terminated, truncated, info = env.step(action)
        replaced += info["replaced"]
        pages += "slate" in info  # it comes with the last slot
        over = terminated or truncated
    print(f"{pages} pages, {replaced} replaced items")
    return replaced


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--env", default="RecGym-Ecommerce-v0")
    parser.add_argument("--steps", type=int, default=60_000)
    parser.add_argument("--n-steps", type=int, default=2048)
    options = parser.parse_args()
    main(options.env, options.steps, options.n_steps)

"""First steps: a session by hand. What the agent sees, what it says, what comes back.

    python examples/01_first_steps.py
"""

from __future__ import annotations

import argparse

import gymnasium

import recgym  # noqa: F401 - registers the environments


def main(env_id: str, pages: int) -> None:
    env = gymnasium.make(env_id, render_mode="ansi")
    observation, _ = env.reset(seed=0)
    print(f"{env_id}: observation {observation.shape}, {env.action_space}")
    for page in range(1, pages + 1):
        # The most popular three of this page's candidates; an agent would look at the observation instead.
        features = env.unwrapped.state["candidate_features"][0]
        popularity = features[:, env.unwrapped.simulator.features.names.index("popularity")]
        action = (-popularity).argsort()[:3]
        observation, reward, terminated, truncated, info = env.step(action)
        terms = ", ".join(f"{name} {value:.2f}" for name, value in info["reward_terms"].items())
        print(f"page {page}: clicked {info['clicked'].tolist()}, reward {reward:.2f} (before weights: {terms})")
        if terminated or truncated:
            print("The user is gone." if terminated else "The session was cut.")
            break
    print(env.render())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--env", default="RecGym-Ecommerce-v0")
    parser.add_argument("--pages", type=int, default=8)
    options = parser.parse_args()
    main(options.env, options.pages)

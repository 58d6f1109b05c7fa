"""Compare two agents on the same held-out sessions, beside bounds of what can be reached.

    python examples/03_compare.py --steps 100000
"""

from __future__ import annotations

import argparse

from baselines.algorithms import TUNED
from baselines.bounds import measure
from baselines.intervals import mean_of
from baselines.recommender import EVALUATION_SEED, evaluate, make_lanes
from baselines.sb3 import TrainedRecommender, make_model


def main(env_id: str, steps: int, sessions: int) -> dict[str, float]:
    known = measure(env_id, "item", sessions)
    lanes = make_lanes(env_id, sessions, action="item")
    found = dict(known.evaluations)
    for algorithm in ("PPO", "DQN"):
        model = make_model(algorithm, env_id, settings=TUNED[algorithm], action="item").learn(steps)
        found[algorithm] = evaluate(TrainedRecommender(model, algorithm), lanes, EVALUATION_SEED)
    for name, evaluation in sorted(found.items(), key=lambda pair: pair[1].mean):
        print(f"{name:40} return {mean_of(evaluation.returns)}  score {known.score(evaluation)}")
    # The sessions are the same for both, so their difference is far better known than either mean.
    print("DQN - PPO per session:", mean_of(found["DQN"].returns - found["PPO"].returns))
    return {name: evaluation.mean for name, evaluation in found.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--env", default="RecGym-Ecommerce-v0")
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--sessions", type=int, default=300)
    options = parser.parse_args()
    main(options.env, options.steps, options.sessions)

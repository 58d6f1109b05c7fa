"""Your own agent without Stable-Baselines3: anything with `act` can be evaluated beside the rest.

A cross-entropy search over the weights of a ranking that depends on whether the user is searching.

    python examples/06_own_agent.py
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np

from baselines.bounds import measure
from baselines.recommender import EVALUATION_SEED, evaluate, make_lanes
from recgym.env import RecVectorEnv


@dataclass
class TwoRankings:
    """Ranks candidates by one weighting while the user searches and by another while they browse."""

    weights: np.ndarray  # (2, num_features)
    name: str = "two rankings"
    privileged: bool = False

    def act(self, env: RecVectorEnv, observations: dict[str, np.ndarray]) -> np.ndarray:
        """(num_envs, slate_size) positions of the best candidates, from what can be seen alone."""
        searching = observations["counters"][:, 0].astype(int)
        scores = np.einsum("nmf,nf->nm", observations["candidates"], self.weights[searching])
        return np.argsort(-scores, axis=1)[:, :3]


def search(env: RecVectorEnv, generations: int, population: int) -> TwoRankings:
    """The mean of the best fifth, again and again (Rubinstein & Kroese, 2004)."""
    rng = np.random.default_rng(0)
    shape = (2, len(env.simulator.features.names))
    mean, spread = np.zeros(shape), np.ones(shape)
    for generation in range(generations):
        tried = mean + spread * rng.normal(size=(population, *shape))
        returns = [evaluate(TwoRankings(weights), env, seed=10_000 * generation).mean for weights in tried]
        elite = tried[np.argsort(returns)[-max(population // 5, 2) :]]
        mean, spread = elite.mean(axis=0), elite.std(axis=0) + 0.03
        print(f"generation {generation + 1}: best return {max(returns):.2f}")
    return TwoRankings(mean)


def main(env_id: str, generations: int, population: int, sessions: int) -> float:
    agent = search(make_lanes(env_id, sessions, observation="dict"), generations, population)
    known = measure(env_id, "slate", sessions)
    score = known.score(evaluate(agent, make_lanes(env_id, sessions, observation="dict"), EVALUATION_SEED))
    print(f"{agent.name}: score {score} (0 is random, 1 the far-sighted reference)")
    return score.value


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--env", default="RecGym-Ecommerce-v0")
    parser.add_argument("--generations", type=int, default=10)
    parser.add_argument("--population", type=int, default=20)
    parser.add_argument("--sessions", type=int, default=200)
    options = parser.parse_args()
    main(options.env, options.generations, options.population, options.sessions)

"""Your own response model and reward: who clicks on what, and what the service is paid for.

    python examples/05_own_response_and_reward.py
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np

from baselines.heuristics import RandomRecommender, heuristic
from baselines.recommender import EVALUATION_SEED, evaluate, make_lanes
from recgym.choice import ChoiceModel


@dataclass(frozen=True)
class FirstGlance(ChoiceModel):
    """Users look at the first slot, and with probability `further` at the others too."""

    further: float = 0.2

    def num_uniforms(self, slate_size: int) -> int:
        return slate_size + 1  # one for each slot, one for looking further

    def click(self, utility: np.ndarray, shown: np.ndarray, u: np.ndarray) -> np.ndarray:
        attracted = shown & (u[:, :-1] < 1 / (1 + np.exp(-utility)))
        attracted[:, 1:] &= (u[:, -1] < self.further)[:, None]
        return attracted

    def probabilities(self, utility: np.ndarray, shown: np.ndarray) -> np.ndarray:
        chances = shown / (1 + np.exp(-utility))
        chances[:, 1:] *= self.further
        return chances

    def examined(self, utility: np.ndarray, shown: np.ndarray) -> np.ndarray:
        looks = shown.astype(float)
        looks[:, 1:] *= self.further
        return looks

    def best_slate(self, utility: np.ndarray, value: np.ndarray, slate_size: int) -> np.ndarray:
        """Slots differ in weight only, so the best items go first."""
        return np.argsort(-value / (1 + np.exp(-utility)), axis=1, kind="stable")[:, :slate_size]


def main(sessions: int) -> dict[str, float]:
    """Mean returns of two rules under three kinds of users."""
    returns = {}
    for name, response in (("as they are", None), ("cascade", "cascade"), ("first glance", FirstGlance())):
        # Purchases alone are paid, and a little for variety.
        env = make_lanes("RecGym-Ecommerce-v0", sessions, response=response,
                         reward={"click": 0.0, "cart": 0.0, "satisfaction": 0.0, "diversity": 0.02})  # fmt: skip
        for recommender in (RandomRecommender(), heuristic("best rated", env)):
            found = evaluate(recommender, env, EVALUATION_SEED)
            returns[f"{name}, {recommender.name}"] = found.mean
            print(f"{name:13} {recommender.name:11} return {found.mean:6.2f}, clicks {found.clicks.mean():5.2f}")
    return returns


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=500)
    main(parser.parse_args().sessions)
